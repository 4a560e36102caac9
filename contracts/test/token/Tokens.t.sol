// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IERC721Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {IDATClasses} from "../../src/interfaces/IDATClasses.sol";
import {IDATCore} from "../../src/interfaces/IDATCore.sol";
import {IDATErrors} from "../../src/interfaces/IDATErrors.sol";
import {LotTerms} from "../../src/interfaces/IDATLots.sol";
import {IDATRevenue} from "../../src/interfaces/IDATRevenue.sol";
import {KedgeTest} from "../helpers/KedgeTest.sol";

/// @notice Branches: Tokens.tree.
contract TokensTest is KedgeTest {
    bytes32 private constant METRIC = keccak256("inference_calls");
    uint64 private constant EXPIRY = uint64(START + 1 days);
    /// @dev Where the token keeps the mapping of class shares; its slot begins with the total.
    uint256 private constant CLASS_SHARES_SLOT = 11;

    uint256 private classId;

    function setUp() public override {
        super.setUp();
        classId = createClass();
    }

    function test_R1_TheIdHoldsClassLotAndSerial() public {
        vm.prank(issuer);
        core.updateClassPolicy(classId, "ipfs://2");
        uint256 tokenId = (classId << 64) | (2 << 32) | 1;
        vm.expectEmit(address(token));
        emit IDATCore.Minted(tokenId, classId, holder, 10, 7, EXPIRY);
        vm.expectEmit(address(token));
        emit IDATCore.TransferToken(tokenId, address(0), holder);
        vm.expectEmit(address(token));
        emit IERC721.Transfer(address(0), holder, tokenId);
        assertEq(mint(classId, holder, 10, 7, EXPIRY), tokenId);

        assertEq(core.classOf(tokenId), classId);
        assertEq(token.lotOf(tokenId), 2);
        assertEq(core.valueOf(tokenId), 10);
        assertEq(core.shareRatioOf(tokenId), 7);
        assertEq(core.expireAtOf(tokenId), EXPIRY);
        assertEq(core.ownerOf(tokenId), holder);
        assertEq(token.balanceOf(holder), 1);
        (uint32 version, bytes32 hash) = token.policyOfToken(tokenId);
        assertEq(version, 2);
        assertEq(hash, bytes32(0));
        assertEq(mint(classId, holder, 0, 0, 0), tokenId + 1);
        assertEq(token.classInfo(classId).tokenCount, 2);
    }

    function test_P16_OnlyTheIssuerMints() public {
        vm.expectRevert(abi.encodeWithSelector(IDATClasses.DATNotIssuer.selector, classId, stranger, issuer));
        vm.prank(stranger);
        core.mint(classId, stranger, 1, 1, 0);
    }

    function test_R1_ValuesHaveSixtyFourBits() public {
        assertEq(core.valueOf(mintValue(classId, holder, type(uint64).max, 0)), type(uint64).max);
        vm.expectRevert(abi.encodeWithSelector(IDATErrors.DATValueTooLarge.selector, 2 ** 64));
        vm.prank(issuer);
        core.mint(classId, holder, 2 ** 64, 0, 0);
    }

    function test_P20_NobodyIsBornExpired() public {
        vm.startPrank(issuer);
        vm.expectRevert(abi.encodeWithSelector(IDATErrors.DATInvalidExpiry.selector, START - 1));
        core.mint(classId, holder, 1, 1, uint64(START - 1));
        vm.expectRevert(abi.encodeWithSelector(IDATErrors.DATInvalidExpiry.selector, 2 ** 32));
        core.mint(classId, holder, 1, 1, 2 ** 32);
        core.mint(classId, holder, 1, 1, uint64(START));
        core.mint(classId, holder, 1, 1, 2 ** 32 - 1);
    }

    function test_P12_NobodyIsNoHolder() public {
        vm.expectRevert(abi.encodeWithSelector(IERC721Errors.ERC721InvalidReceiver.selector, address(0)));
        vm.prank(issuer);
        core.mint(classId, address(0), 1, 0, 0);
    }

    function test_P10_WeightsSaturateAndTheStoredOneIsEmitted() public {
        uint256 tokenId = (classId << 64) | (1 << 32) | 1;
        vm.expectEmit(address(token));
        emit IDATCore.Minted(tokenId, classId, holder, 0, type(uint32).max, 0);
        mint(classId, holder, 0, type(uint256).max, 0);
        assertEq(core.shareRatioOf(tokenId), type(uint32).max);
        assertEq(token.totalShareOf(classId), type(uint32).max);
        assertEq(core.shareRatioOf(mint(classId, holder, 0, type(uint32).max, 0)), type(uint32).max);
    }

    function test_P10_TheTotalHasFortyEightBits() public {
        // 65,536 saturated weights fit, one more does not; the slot is set near its end instead of minting them all.
        uint256 count = 65_536;
        bytes32 slot = keccak256(abi.encode(classId, CLASS_SHARES_SLOT));
        vm.store(address(token), slot, bytes32(count * type(uint32).max));
        assertEq(token.totalShareOf(classId), count * type(uint32).max);
        mint(classId, holder, 0, count - 1, 0);
        assertEq(token.totalShareOf(classId), type(uint48).max);
        vm.expectRevert(abi.encodeWithSelector(IDATRevenue.DATTotalShareTooHigh.selector, classId, 2 ** 48));
        vm.prank(issuer);
        core.mint(classId, holder, 0, 1, 0);
    }

    function test_P19_ValueAndShareAreIndependent() public {
        uint256 usage = mint(classId, holder, 100, 0, 0);
        uint256 share = mint(classId, holder, 0, 100, 0);
        settleETH(classId, 1 ether);
        assertEq(core.pendingRevenue(usage, ETH), 0);
        assertEq(core.pendingRevenue(share, ETH), 1 ether);
        vm.prank(holder);
        core.transferValue(usage, share, 60);
        assertEq(core.shareRatioOf(usage), 0);
        assertEq(core.shareRatioOf(share), 100);
        vm.prank(holder);
        core.recordUsage(share, METRIC, 60);
        assertEq(core.shareRatioOf(share), 100);
        assertEq(core.pendingRevenue(share, ETH), 1 ether);
    }

    function test_R1_WhatDoesNotExistAnswersNothing() public {
        // The last one differs from an existing token only in bits that no id has.
        uint256[3] memory missing = [uint256(0), (classId << 64) | (1 << 32) | 2, 0];
        missing[2] = mintValue(classId, holder, 1, 0) | (1 << 128);
        for (uint256 i = 0; i < missing.length; ++i) {
            bytes[] memory calls = new bytes[](14);
            calls[0] = abi.encodeCall(IDATCore.classOf, (missing[i]));
            calls[1] = abi.encodeCall(IDATCore.valueOf, (missing[i]));
            calls[2] = abi.encodeCall(IDATCore.shareRatioOf, (missing[i]));
            calls[3] = abi.encodeCall(IDATCore.expireAtOf, (missing[i]));
            calls[4] = abi.encodeCall(IDATCore.ownerOf, (missing[i]));
            calls[5] = abi.encodeCall(IDATCore.pendingRevenue, (missing[i], ETH));
            calls[6] = abi.encodeCall(IDATCore.transferToken, (missing[i], stranger));
            calls[7] = abi.encodeCall(IDATCore.recordUsage, (missing[i], METRIC, 0));
            calls[8] = abi.encodeCall(IDATCore.claim, (missing[i], ETH, payable(stranger)));
            calls[9] = abi.encodeWithSignature("lotOf(uint256)", missing[i]);
            calls[10] = abi.encodeWithSignature("policyOfToken(uint256)", missing[i]);
            calls[11] = abi.encodeWithSignature("tokenURI(uint256)", missing[i]);
            calls[12] = abi.encodeWithSignature("getApproved(uint256)", missing[i]);
            calls[13] = abi.encodeWithSignature("observeExpiry(uint256)", missing[i]);
            for (uint256 j = 0; j < calls.length; ++j) {
                (bool done, bytes memory reason) = address(token).call(calls[j]);
                assertFalse(done);
                assertEq(reason, abi.encodeWithSelector(IDATErrors.ERC8028NonexistentToken.selector, missing[i]));
            }
        }
    }

    function test_P9_ValueDoesNotMoveToItself() public {
        uint256 tokenId = mintValue(classId, holder, 10, 0);
        vm.expectRevert(abi.encodeWithSelector(IDATErrors.DATSameToken.selector, tokenId));
        vm.prank(holder);
        core.transferValue(tokenId, tokenId, 1);
    }

    function test_P9_ValueMovesWithinALot() public {
        uint256 from = mintValue(classId, holder, 10, 0);
        uint256 to = mintValue(classId, stranger, 1, EXPIRY);
        vm.expectEmit(address(token));
        emit IDATCore.ValueTransferred(from, to, 4);
        vm.prank(holder);
        core.transferValue(from, to, 4);
        assertEq(core.valueOf(from), 6);
        assertEq(core.valueOf(to), 5);
        // The draft's text lets unbacked value move to a token that outlives it (P22 is opt-in).
        vm.prank(stranger);
        core.transferValue(to, from, 5);
        assertEq(core.valueOf(from), 11);
    }

    function test_P9_BothTokensExist() public {
        uint256 tokenId = mintValue(classId, holder, 10, 0);
        vm.startPrank(holder);
        vm.expectRevert(abi.encodeWithSelector(IDATErrors.ERC8028NonexistentToken.selector, tokenId + 1));
        core.transferValue(tokenId, tokenId + 1, 1);
        vm.expectRevert(abi.encodeWithSelector(IDATErrors.ERC8028NonexistentToken.selector, tokenId + 1));
        core.transferValue(tokenId + 1, tokenId, 1);
    }

    function test_P32_ValueStaysInItsClassAndLot() public {
        uint256 from = mintValue(classId, holder, 10, 0);
        uint256 otherClass = mintValue(createClass(), holder, 0, 0);
        vm.prank(issuer);
        core.updateClassPolicy(classId, "ipfs://2");
        uint256 otherLot = mintValue(classId, holder, 0, 0);
        vm.startPrank(holder);
        vm.expectRevert(abi.encodeWithSelector(IDATErrors.ERC8028ClassMismatch.selector, from, otherClass));
        core.transferValue(from, otherClass, 1);
        vm.expectRevert(abi.encodeWithSelector(IDATErrors.DATLotMismatch.selector, from, otherLot));
        core.transferValue(from, otherLot, 1);
    }

    function test_P11_OnlyHolderAndClassOperatorMoveValue() public {
        uint256 from = mintValue(classId, holder, 10, 0);
        uint256 to = mintValue(classId, stranger, 0, 0);
        vm.prank(stranger);
        vm.expectRevert(abi.encodeWithSelector(IDATErrors.ERC8028Unauthorized.selector, from, stranger));
        core.transferValue(from, to, 1);
        vm.prank(holder);
        token.approve(stranger, from);
        vm.prank(stranger);
        vm.expectRevert(abi.encodeWithSelector(IDATErrors.ERC8028Unauthorized.selector, from, stranger));
        core.transferValue(from, to, 1);
        vm.prank(holder);
        core.approveForClass(classId, stranger, true);
        vm.prank(stranger);
        core.transferValue(from, to, 1);
        assertEq(core.valueOf(to), 1);
    }

    function test_P9_ZeroAndTooMuchDoNotMove() public {
        uint256 from = mintValue(classId, holder, 10, 0);
        uint256 to = mintValue(classId, holder, type(uint64).max, 0);
        vm.startPrank(holder);
        vm.expectRevert(IDATErrors.DATZeroUnits.selector);
        core.transferValue(from, to, 0);
        vm.expectRevert(abi.encodeWithSelector(IDATErrors.ERC8028InsufficientValue.selector, from, 10, 11));
        core.transferValue(from, to, 11);
        vm.expectRevert(
            abi.encodeWithSelector(IDATErrors.ERC8028InsufficientValue.selector, from, 10, type(uint256).max)
        );
        core.transferValue(from, to, type(uint256).max);
        vm.expectRevert(abi.encodeWithSelector(IDATErrors.DATValueTooLarge.selector, uint256(type(uint64).max) + 1));
        core.transferValue(from, to, 1);
    }

    function test_P20_ValidAtEqualityExpiredAfterIt() public {
        uint256 a = mintValue(classId, holder, 10, EXPIRY);
        uint256 b = mintValue(classId, holder, 10, 0);
        vm.warp(EXPIRY);
        vm.startPrank(holder);
        core.recordUsage(a, METRIC, 1);
        core.transferValue(a, b, 1);
        core.transferValue(b, a, 1);
        vm.warp(EXPIRY + 1);
        bytes memory reason = abi.encodeWithSelector(IDATErrors.ERC8028Expired.selector, a, EXPIRY);
        vm.expectRevert(reason);
        core.recordUsage(a, METRIC, 1);
        vm.expectRevert(reason);
        core.recordUsage(a, METRIC, 0);
        vm.expectRevert(reason);
        core.transferValue(a, b, 1);
        vm.expectRevert(reason);
        core.transferValue(b, a, 1);
        vm.expectRevert(reason);
        token.lock(a, 1, address(channels), "");
        assertEq(core.valueOf(a), 9);
        assertEq(core.ownerOf(a), holder);
    }

    function test_R1_BackedValueDoesNotOutliveItsSource() public {
        LotTerms memory terms = lotTerms(ETH, 1, 1);
        terms.seller = address(this);
        uint32 lot = createLot(classId, terms);
        vm.deal(address(this), 1 ether);
        uint256 early = token.mintFromLot{value: 10}(classId, lot, holder, 10, EXPIRY);
        uint256 late = token.mintFromLot{value: 10}(classId, lot, holder, 10, EXPIRY + 1);
        uint256 never = token.mintFromLot{value: 10}(classId, lot, holder, 10, 0);
        vm.startPrank(holder);
        vm.expectRevert(abi.encodeWithSelector(IDATErrors.DATOutlivesSource.selector, early, late));
        core.transferValue(early, late, 1);
        vm.expectRevert(abi.encodeWithSelector(IDATErrors.DATOutlivesSource.selector, early, never));
        core.transferValue(early, never, 1);
        core.transferValue(never, late, 1);
        core.transferValue(late, early, 1);
        assertEq(core.valueOf(early), 11);
    }

    function test_P25_P26_UsageTakesExactlyTheAmountAndKeepsTheLabelsHash() public {
        uint256 tokenId = mintValue(classId, holder, 10, 0);
        vm.expectEmit(address(token));
        emit IDATCore.UsageRecorded(tokenId, keccak256("inference_calls"), 4, holder);
        vm.prank(holder);
        core.recordUsage(tokenId, METRIC, 4);
        assertEq(core.valueOf(tokenId), 6);
        vm.expectEmit(address(token));
        emit IDATCore.UsageRecorded(tokenId, METRIC, 0, holder);
        vm.prank(holder);
        core.recordUsage(tokenId, METRIC, 0);
        assertEq(core.valueOf(tokenId), 6);
    }

    function test_P26_UsageNeverTakesMoreThanThereIs() public {
        uint256 tokenId = mintValue(classId, holder, 10, 0);
        vm.startPrank(holder);
        vm.expectRevert(abi.encodeWithSelector(IDATErrors.ERC8028InsufficientValue.selector, tokenId, 10, 11));
        core.recordUsage(tokenId, METRIC, 11);
        // Low bits that would pass if they were cut off.
        vm.expectRevert(abi.encodeWithSelector(IDATErrors.ERC8028InsufficientValue.selector, tokenId, 10, 2 ** 64 + 1));
        core.recordUsage(tokenId, METRIC, 2 ** 64 + 1);
    }

    function test_P11_OnlyHolderAndClassOperatorRecordUsage() public {
        uint256 tokenId = mintValue(classId, holder, 10, 0);
        uint256 otherClass = createClass();
        vm.startPrank(holder);
        core.approveForClass(otherClass, operator, true);
        token.setApprovalForAll(stranger, true);
        vm.stopPrank();
        address[3] memory outsiders = [operator, stranger, issuer];
        for (uint256 i = 0; i < 3; ++i) {
            vm.prank(outsiders[i]);
            vm.expectRevert(abi.encodeWithSelector(IDATErrors.ERC8028Unauthorized.selector, tokenId, outsiders[i]));
            core.recordUsage(tokenId, METRIC, 1);
        }
        vm.expectEmit(address(token));
        emit IDATCore.ApprovalForClass(holder, classId, operator, true);
        vm.prank(holder);
        core.approveForClass(classId, operator, true);
        assertTrue(core.isApprovedForClass(holder, classId, operator));
        assertFalse(core.isApprovedForClass(holder, classId, stranger));
        assertFalse(core.isApprovedForClass(operator, classId, operator));
        vm.expectEmit(address(token));
        emit IDATCore.UsageRecorded(tokenId, METRIC, 1, operator);
        vm.prank(operator);
        core.recordUsage(tokenId, METRIC, 1);

        vm.expectEmit(address(token));
        emit IDATCore.ApprovalForClass(holder, classId, operator, false);
        vm.prank(holder);
        core.approveForClass(classId, operator, false);
        vm.prank(operator);
        vm.expectRevert(abi.encodeWithSelector(IDATErrors.ERC8028Unauthorized.selector, tokenId, operator));
        core.recordUsage(tokenId, METRIC, 1);
    }

    function test_R1_ManyMintsOfABatchLandInTheCurrentPolicy() public {
        uint256 before = mintValue(classId, holder, 1, 0);
        vm.prank(issuer);
        token.publishPolicy(classId, "ipfs://2", keccak256("2"));
        uint256 afterwards = mintValue(classId, holder, 1, 0);
        (uint32 version, bytes32 hash) = token.policyOfToken(before);
        assertEq(version, 1);
        assertEq(hash, keccak256("policy"));
        (version, hash) = token.policyOfToken(afterwards);
        assertEq(version, 2);
        assertEq(hash, keccak256("2"));
    }
}
