// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {IERC721Metadata} from "@openzeppelin/contracts/token/ERC721/extensions/IERC721Metadata.sol";
import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";
import {IDATErrors} from "../../src/interfaces/IDATErrors.sol";
import {IERC3525, IERC3525Adapter, IERC3525Receiver} from "../../src/interfaces/IERC3525Adapter.sol";
import {KedgeTest} from "../helpers/KedgeTest.sol";
import {EthRejecter} from "../helpers/Receivers.sol";

/// @notice Announces that it takes value, and answers what it was told to.
contract ValueReceiver is IERC3525Receiver, IERC165 {
    bytes4 private immutable ANSWER;
    bytes public received;

    constructor(bytes4 answer) {
        ANSWER = answer;
    }

    function onERC3525Received(address by, uint256 from, uint256 to, uint256 value, bytes calldata data)
        external
        returns (bytes4)
    {
        received = abi.encode(msg.sender, by, from, to, value, data);
        return ANSWER;
    }

    function supportsInterface(bytes4 id) external pure returns (bool) {
        return id == 0x009ce20b || id == 0x01ffc9a7;
    }
}

contract ERC3525AdapterTest is KedgeTest {
    IERC3525Adapter private adapter;
    uint256 private classId;
    uint256 private from;
    uint256 private to;

    function setUp() public override {
        super.setUp();
        adapter = IERC3525Adapter(deployCode("ERC3525Adapter", abi.encode(address(token))));
        classId = createClass();
        from = mintValue(classId, holder, 100, 0);
        to = mintValue(classId, stranger, 1, 0);
    }

    function approveClass() private {
        vm.prank(holder);
        core.approveForClass(classId, address(adapter), true);
    }

    function test_P30_SlotIsTheClassAndValueTheSpendableUnits() public view {
        assertEq(adapter.slotOf(from), classId);
        assertEq(adapter.balanceOf(from), 100);
        assertEq(adapter.valueDecimals(), 0);
        assertEq(adapter.ownerOf(from), holder);
        assertEq(adapter.balanceOf(holder), 1);
        assertEq(adapter.name(), "Kedge");
        assertEq(adapter.symbol(), "DAT");
        assertEq(adapter.tokenURI(from), "ipfs://metadata");
        assertEq(adapter.token(), address(token));
    }

    function test_P30_AnswersToTheIdsOfErc3525() public view {
        assertEq(type(IERC3525).interfaceId, bytes4(0xd5358140));
        assertTrue(adapter.supportsInterface(0xd5358140));
        assertTrue(adapter.supportsInterface(type(IERC721).interfaceId));
        assertTrue(adapter.supportsInterface(type(IERC721Metadata).interfaceId));
        assertTrue(adapter.supportsInterface(type(IERC165).interfaceId));
        assertFalse(adapter.supportsInterface(0xffffffff));
    }

    function test_P30_TheHolderMovesValue() public {
        vm.prank(holder);
        vm.expectRevert(abi.encodeWithSelector(IDATErrors.ERC8028Unauthorized.selector, from, address(adapter)));
        adapter.transferFrom(from, to, 10);
        approveClass();
        vm.expectEmit(address(adapter));
        emit IERC3525.TransferValue(from, to, 10);
        vm.prank(holder);
        adapter.transferFrom(from, to, 10);
        assertEq(adapter.balanceOf(from), 90);
        assertEq(adapter.balanceOf(to), 11);
    }

    function test_P30_AMoveOfATokenIsToldHereToo() public {
        vm.startPrank(holder);
        token.approve(address(adapter), from);
        vm.expectEmit(address(adapter));
        emit IERC721.Transfer(holder, stranger, from);
        IERC721(address(adapter)).transferFrom(holder, stranger, from);
        assertEq(core.ownerOf(from), stranger);
    }

    function test_P30_AReceiverThatAsksForItIsToldOfValue() public {
        assertEq(type(IERC3525Receiver).interfaceId, bytes4(0x009ce20b));
        approveClass();
        ValueReceiver receiver = new ValueReceiver(0x009ce20b);
        uint256 its = mintValue(classId, address(receiver), 1, 0);
        vm.prank(holder);
        adapter.approve(from, operator, 10);
        vm.prank(operator);
        adapter.transferFrom(from, its, 10);
        assertEq(receiver.received(), abi.encode(address(adapter), operator, from, its, 10, ""));
        assertEq(adapter.balanceOf(its), 11);
        // Whoever announces nothing is not asked: a contract without ERC-165 takes value as an account does.
        uint256 mute = mintValue(classId, address(new EthRejecter()), 1, 0);
        vm.prank(holder);
        adapter.transferFrom(from, mute, 10);
        assertEq(adapter.balanceOf(mute), 11);
    }

    function test_P30_AReceiverMayRefuseValue() public {
        approveClass();
        ValueReceiver receiver = new ValueReceiver(0x009ce20c);
        uint256 its = mintValue(classId, address(receiver), 1, 0);
        vm.prank(holder);
        vm.expectRevert(abi.encodeWithSelector(IERC3525Adapter.ERC3525AdapterRefused.selector, address(receiver), its));
        adapter.transferFrom(from, its, 10);
        assertEq(adapter.balanceOf(from), 100);
    }

    /// @notice What the interface warns of: the adapter hears of no transfer but its own.
    function test_P13_AnAllowanceIsItsOwnersAgainWhenTheTokenComesBack() public {
        approveClass();
        vm.startPrank(holder);
        adapter.approve(from, operator, 50);
        core.transferToken(from, stranger);
        vm.stopPrank();
        assertEq(adapter.allowance(from, operator), 0);
        vm.prank(stranger);
        core.transferToken(from, holder);
        assertEq(adapter.allowance(from, operator), 50);
        vm.prank(holder);
        adapter.approve(from, operator, 0);
        assertEq(adapter.allowance(from, operator), 0);
    }

    function test_P13_AnOperatorMovesWhatItIsAllowedToAndNoMore() public {
        approveClass();
        vm.expectEmit(address(adapter));
        emit IERC3525.ApprovalValue(from, operator, 15);
        vm.prank(holder);
        adapter.approve(from, operator, 15);
        assertEq(adapter.allowance(from, operator), 15);
        vm.startPrank(operator);
        adapter.transferFrom(from, to, 10);
        assertEq(adapter.allowance(from, operator), 5);
        vm.expectRevert(
            abi.encodeWithSelector(IERC3525Adapter.ERC3525AdapterInsufficientAllowance.selector, from, operator, 5, 6)
        );
        adapter.transferFrom(from, to, 6);
        vm.expectRevert(abi.encodeWithSelector(IERC3525Adapter.ERC3525AdapterUnauthorized.selector, from, operator));
        adapter.approve(from, operator, 100);
        vm.stopPrank();
        // The class approval is the adapter's: it lets nobody in.
        vm.prank(stranger);
        vm.expectRevert(
            abi.encodeWithSelector(IERC3525Adapter.ERC3525AdapterInsufficientAllowance.selector, from, stranger, 0, 1)
        );
        adapter.transferFrom(from, to, 1);
    }

    function test_P13_TheHighestAllowanceIsNoLimit() public {
        approveClass();
        vm.prank(holder);
        adapter.approve(from, operator, type(uint256).max);
        vm.prank(operator);
        adapter.transferFrom(from, to, 100);
        assertEq(adapter.allowance(from, operator), type(uint256).max);
    }

    function test_P13_ANewHolderBeginsWithoutAllowances() public {
        approveClass();
        vm.startPrank(holder);
        adapter.approve(from, operator, 50);
        core.transferToken(from, stranger);
        vm.stopPrank();
        vm.prank(stranger);
        core.approveForClass(classId, address(adapter), true);
        assertEq(adapter.allowance(from, operator), 0);
        vm.prank(operator);
        vm.expectRevert(
            abi.encodeWithSelector(IERC3525Adapter.ERC3525AdapterInsufficientAllowance.selector, from, operator, 0, 1)
        );
        adapter.transferFrom(from, to, 1);
    }

    function test_P30_WhoMayMoveATokenMovesItsValue() public {
        approveClass();
        vm.prank(holder);
        token.approve(operator, from);
        vm.prank(operator);
        adapter.transferFrom(from, to, 10);
        vm.prank(holder);
        token.setApprovalForAll(stranger, true);
        vm.startPrank(stranger);
        adapter.transferFrom(from, to, 10);
        adapter.approve(from, issuer, 3);
        vm.stopPrank();
        assertEq(adapter.balanceOf(from), 80);
        assertEq(adapter.allowance(from, issuer), 3);
        assertEq(adapter.getApproved(from), operator);
        assertTrue(adapter.isApprovedForAll(holder, stranger));
    }

    function test_R1_ValueDoesNotMoveBetweenLotsOfOneSlot() public {
        approveClass();
        vm.prank(issuer);
        token.publishPolicy(classId, "ipfs://policy", keccak256("policy 2"));
        uint256 other = mintValue(classId, stranger, 1, 0);
        assertEq(adapter.slotOf(other), adapter.slotOf(from));
        vm.prank(holder);
        vm.expectRevert(abi.encodeWithSelector(IDATErrors.DATLotMismatch.selector, from, other));
        adapter.transferFrom(from, other, 1);
    }

    function test_P30_WhatItCannotDoItSays() public {
        vm.startPrank(holder);
        vm.expectRevert(abi.encodeWithSelector(IERC3525Adapter.ERC3525AdapterCannotMint.selector, from, stranger));
        adapter.transferFrom(from, stranger, 10);
        bytes memory atToken =
            abi.encodeWithSelector(IERC3525Adapter.ERC3525AdapterApproveAtToken.selector, address(token));
        vm.expectRevert(atToken);
        adapter.approve(stranger, from);
        vm.expectRevert(atToken);
        adapter.setApprovalForAll(stranger, true);
    }

    function test_P30_TokensMoveWhereTheirHolderApprovedIt() public {
        vm.startPrank(holder);
        vm.expectRevert(abi.encodeWithSelector(IDATErrors.ERC8028Unauthorized.selector, from, address(adapter)));
        adapter.transferFrom(holder, stranger, from);
        token.setApprovalForAll(address(adapter), true);
        vm.stopPrank();
        bytes memory refused =
            abi.encodeWithSelector(IERC3525Adapter.ERC3525AdapterUnauthorized.selector, from, stranger);
        vm.startPrank(stranger);
        vm.expectRevert(refused);
        adapter.transferFrom(holder, stranger, from);
        vm.expectRevert(refused);
        adapter.safeTransferFrom(holder, stranger, from);
        vm.stopPrank();
        EthRejecter noReceiver = new EthRejecter();
        vm.startPrank(holder);
        vm.expectRevert();
        adapter.safeTransferFrom(holder, address(noReceiver), from);
        vm.expectEmit(address(adapter));
        emit IERC721.Transfer(holder, operator, from);
        adapter.safeTransferFrom(holder, operator, from, "data");
        vm.stopPrank();
        assertEq(core.ownerOf(from), operator);
        vm.startPrank(operator);
        token.setApprovalForAll(address(adapter), true);
        adapter.transferFrom(operator, holder, from);
        vm.stopPrank();
        assertEq(core.ownerOf(from), holder);
    }

    function testFuzz_P13_AllowancesNeverAddUpToMoreThanWasAllowed(uint64 allowed, uint64[5] memory moves) public {
        uint256 rich = mintValue(classId, holder, type(uint64).max, 0);
        approveClass();
        vm.prank(holder);
        adapter.approve(rich, operator, allowed);
        uint256 moved;
        vm.startPrank(operator);
        for (uint256 i = 0; i < moves.length; ++i) {
            uint256 value = bound(moves[i], 1, type(uint64).max / 8);
            try adapter.transferFrom(rich, to, value) {
                moved += value;
            } catch {
                assertGt(moved + value, allowed);
            }
        }
        assertLe(moved, allowed);
        assertEq(adapter.allowance(rich, operator), allowed - moved);
        assertEq(adapter.balanceOf(rich), type(uint64).max - moved);
    }
}
