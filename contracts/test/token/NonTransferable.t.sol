// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {Vm} from "forge-std/Vm.sol";
import {MintItem} from "../../src/interfaces/IDATBatches.sol";
import {ParentTerms} from "../../src/interfaces/IDATClasses.sol";
import {IDATErrors} from "../../src/interfaces/IDATErrors.sol";
import {SplitPart} from "../../src/interfaces/IDATLifecycle.sol";
import {ClassOptions} from "../../src/interfaces/IDATOptions.sol";
import {IERC5192} from "../../src/interfaces/IERC5192.sol";
import {KedgeTest} from "../helpers/KedgeTest.sol";

/// @notice Branches: NonTransferable.tree.
contract NonTransferableTest is KedgeTest {
    uint256 private classId;
    uint256 private tokenId;

    function setUp() public override {
        super.setUp();
        vm.prank(issuer);
        classId = token.createClassWithOptions(
            classTerms(new ParentTerms[](0), address(0)), ClassOptions(0, 0, 0, 0, 0, true, false, false)
        );
        tokenId = mint(classId, holder, 10, 300, 0);
    }

    function stays(uint256 id) private {
        vm.expectRevert(abi.encodeWithSelector(IDATErrors.DATNonTransferable.selector, id));
    }

    function test_ERC5192_TokensSayThatTheyStay() public {
        assertEq(type(IERC5192).interfaceId, bytes4(0xb45a3c0e));
        assertTrue(token.supportsInterface(0xb45a3c0e));
        assertTrue(token.locked(tokenId));
        assertFalse(token.locked(mintValue(createClass(), holder, 1, 0)));
        vm.expectEmit(address(token));
        emit IERC5192.Locked(tokenId + 1);
        assertEq(mintValue(classId, holder, 1, 0), tokenId + 1);
        MintItem[] memory items = new MintItem[](1);
        items[0] = MintItem(holder, 1, 1, 0);
        vm.expectEmit(address(token));
        emit IERC5192.Locked(tokenId + 2);
        vm.prank(issuer);
        token.mintBatch(classId, items);
        uint32 lot = createLot(classId, lotTerms(ETH, 1, 1));
        openListing(classId, lot, 9, 0);
        assertTrue(token.locked(buy(holder, classId, lot, 9)));
        assertEq(token.classInfo(classId).tokenCount, 4);
        vm.expectRevert(abi.encodeWithSelector(IDATErrors.ERC8028NonexistentToken.selector, 9));
        token.locked(9);
    }

    function test_ERC5192_NoTokenChangesHands() public {
        vm.startPrank(holder);
        stays(tokenId);
        core.transferToken(tokenId, stranger);
        stays(tokenId);
        token.transferFrom(holder, stranger, tokenId);
        stays(tokenId);
        token.safeTransferFrom(holder, stranger, tokenId);
        stays(tokenId);
        token.safeTransferFrom(holder, stranger, tokenId, "data");
        token.approve(stranger, tokenId);
        vm.stopPrank();
        vm.prank(stranger);
        stays(tokenId);
        token.transferFrom(holder, stranger, tokenId);
    }

    function test_ERC5192_ASplitStaysWithTheHolder() public {
        SplitPart[] memory parts = new SplitPart[](2);
        (parts[0], parts[1]) = (SplitPart(holder, 1, 100), SplitPart(stranger, 1, 200));
        stays(tokenId);
        vm.prank(holder);
        token.split(tokenId, parts);
        parts[1].to = holder;
        vm.prank(holder);
        uint256[] memory ids = token.split(tokenId, parts);
        assertTrue(token.locked(ids[1]));
    }

    function test_ERC5192_WhatMovesIsNotCalledLocked() public {
        uint256 other = createClass();
        vm.recordLogs();
        mintValue(other, holder, 1, 0);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i = 0; i < logs.length; ++i) {
            assertNotEq(logs[i].topics[0], IERC5192.Locked.selector);
        }
    }

    /// @notice The bit is part of the id, and of nothing else: use, revenue and batches are as ever.
    function test_ERC5192_EverythingElseIsAsEver() public {
        assertEq(core.classOf(tokenId), classId);
        assertEq(token.lotOf(tokenId), 1);
        settleETH(classId, 300);
        assertEq(core.pendingRevenue(tokenId, ETH), 300);
        vm.startPrank(holder);
        token.recordUsageBatch("metric", abi.encodePacked(uint96(tokenId >> 32), uint16(1), uint32(tokenId), uint64(4)));
        assertEq(core.valueOf(tokenId), 6);
        core.claim(tokenId, ETH, payable(holder));
        vm.stopPrank();
        assertEq(holder.balance, 300);
    }
}
