// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IDATCore} from "../../src/interfaces/IDATCore.sol";
import {IDATErrors} from "../../src/interfaces/IDATErrors.sol";
import {IDATLifecycle, SplitPart} from "../../src/interfaces/IDATLifecycle.sol";
import {IDATLots} from "../../src/interfaces/IDATLots.sol";
import {IDATPolicies} from "../../src/interfaces/IDATPolicies.sol";
import {LotTerms} from "../../src/interfaces/IDATLots.sol";
import {ClassOptions} from "../../src/interfaces/IDATOptions.sol";
import {ParentTerms} from "../../src/interfaces/IDATClasses.sol";
import {KedgeTest} from "../helpers/KedgeTest.sol";

/// @notice Branches: Lifecycle.tree.
contract LifecycleTest is KedgeTest {
    uint64 private constant EXPIRY = uint64(START + 1 days);

    uint256 private classId;

    function setUp() public override {
        super.setUp();
        classId = createClass();
        vm.deal(address(this), 1 ether);
    }

    /// @dev Sold by this contract.
    function lotOf(address asset) private returns (uint32) {
        LotTerms memory terms = lotTerms(asset, 7, 2);
        terms.seller = address(this);
        return createLot(classId, terms);
    }

    function part(address to, uint64 units, uint32 share) private pure returns (SplitPart memory) {
        return SplitPart(to, units, share);
    }

    function split(uint256 tokenId, SplitPart memory a, SplitPart memory b) private returns (uint256, uint256) {
        SplitPart[] memory parts = new SplitPart[](2);
        (parts[0], parts[1]) = (a, b);
        vm.prank(holder);
        uint256[] memory ids = token.split(tokenId, parts);
        return (ids[0], ids[1]);
    }

    function refusedSplit(uint256 tokenId, SplitPart memory a, SplitPart memory b, bytes memory reason) private {
        SplitPart[] memory parts = new SplitPart[](2);
        (parts[0], parts[1]) = (a, b);
        vm.expectRevert(reason);
        vm.prank(holder);
        token.split(tokenId, parts);
    }

    function retire(uint256 tokenId) private {
        vm.prank(holder);
        token.retireShare(tokenId);
    }

    function noActiveShare(uint256 tokenId) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IDATLifecycle.DATNoActiveShare.selector, tokenId);
    }

    function test_P27_ATopUpKeepsTheLotsTerms() public {
        uint32 lot = lotOf(ETH);
        uint256 tokenId = token.mintFromLot{value: 4}(classId, lot, holder, 1, EXPIRY);
        vm.expectEmit(address(token));
        emit IDATLifecycle.ValueToppedUp(tokenId, 3, 11);
        token.topUp{value: 11}(tokenId, 3);
        assertEq(core.valueOf(tokenId), 4);
        assertEq(core.expireAtOf(tokenId), EXPIRY);
        assertEq(token.lotInfo(classId, lot).outstanding, 4);
        assertEq(token.lotInfo(classId, lot).escrow, 15);
        vm.prank(holder);
        assertEq(token.refund(tokenId, 4, payable(holder)), 14);

        uint256 inUSD = mintUSD();
        usd.mint(address(this), 7);
        usd.approve(address(token), 7);
        token.topUp(inUSD, 2);
        assertEq(core.valueOf(inUSD), 4);
        assertEq(token.revenueInfo(classId, address(usd)).backing, 14);
    }

    function mintUSD() private returns (uint256) {
        uint32 lot = lotOf(address(usd));
        usd.mint(address(this), 7);
        usd.approve(address(token), 7);
        return token.mintFromLot(classId, lot, holder, 2, 0);
    }

    function test_P27_AnUnbackedTopUpIsTheIssuers() public {
        uint256 tokenId = mintValue(classId, holder, 5, 0);
        vm.expectRevert(abi.encodeWithSelector(IDATLifecycle.DATNotToppedUpBy.selector, tokenId, address(this), issuer));
        token.topUp(tokenId, 1);
        vm.deal(issuer, 1);
        vm.startPrank(issuer);
        vm.expectRevert(abi.encodeWithSelector(IDATLots.DATWrongDeposit.selector, 0, 1));
        token.topUp{value: 1}(tokenId, 1);
        token.topUp(tokenId, 6);
        assertEq(core.valueOf(tokenId), 11);
        vm.expectRevert(abi.encodeWithSelector(IDATErrors.DATValueTooLarge.selector, 2 ** 64));
        token.topUp(tokenId, type(uint64).max - 10);
        token.publishPolicy(classId, "ipfs://next", keccak256("next"));
        vm.expectRevert(abi.encodeWithSelector(IDATPolicies.DATLotSuperseded.selector, classId, 1, 1, 2));
        token.topUp(tokenId, 1);
        vm.stopPrank();
    }

    function test_R25_NoTopUpOfASupersededLotOrAnExpiredToken() public {
        uint32 lot = lotOf(ETH);
        uint256 tokenId = token.mintFromLot{value: 4}(classId, lot, holder, 1, EXPIRY);
        vm.expectRevert(IDATErrors.DATZeroUnits.selector);
        token.topUp(tokenId, 0);
        vm.expectRevert(abi.encodeWithSelector(IDATErrors.ERC8028NonexistentToken.selector, 9));
        token.topUp(9, 1);
        vm.expectRevert(abi.encodeWithSelector(IDATLots.DATWrongDeposit.selector, 4, 3));
        token.topUp{value: 3}(tokenId, 1);
        vm.expectRevert(abi.encodeWithSelector(IDATLifecycle.DATNotToppedUpBy.selector, tokenId, holder, address(this)));
        vm.prank(holder);
        token.topUp(tokenId, 1);
        vm.prank(issuer);
        token.publishPolicy(classId, "ipfs://next", keccak256("next"));
        vm.expectRevert(abi.encodeWithSelector(IDATPolicies.DATLotSuperseded.selector, classId, lot, 1, 2));
        token.topUp{value: 4}(tokenId, 1);
        vm.warp(EXPIRY + 1);
        vm.expectRevert(abi.encodeWithSelector(IDATErrors.ERC8028Expired.selector, tokenId, EXPIRY));
        token.topUp{value: 4}(tokenId, 1);
    }

    function test_P27_BurnedBackingIsTheClasses() public {
        mintShare(classId, stranger, 1);
        uint256 tokenId = token.mintFromLot{value: 35}(classId, lotOf(ETH), holder, 10, EXPIRY);
        vm.startPrank(holder);
        vm.expectEmit(address(token));
        emit IDATLifecycle.ValueBurned(tokenId, 3, 10);
        token.burnValue(tokenId, 3);
        assertEq(core.valueOf(tokenId), 7);
        // The last one takes what rounding left.
        token.burnValue(tokenId, 7);
        assertEq(token.revenueInfo(classId, ETH).received, 35);
        assertEq(token.revenueInfo(classId, ETH).backing, 0);
        vm.expectRevert(abi.encodeWithSelector(IDATErrors.ERC8028InsufficientValue.selector, tokenId, 0, 1));
        token.burnValue(tokenId, 1);
        vm.expectRevert(IDATErrors.DATZeroUnits.selector);
        token.burnValue(tokenId, 0);
        vm.stopPrank();
        vm.expectRevert(abi.encodeWithSelector(IDATErrors.ERC8028Unauthorized.selector, tokenId, address(this)));
        token.burnValue(tokenId, 0);
        uint256 unbacked = mintValue(classId, holder, 5, EXPIRY);
        vm.prank(holder);
        token.burnValue(unbacked, 2);
        assertEq(core.valueOf(unbacked), 3);
        vm.warp(EXPIRY + 1);
        vm.expectRevert(abi.encodeWithSelector(IDATErrors.ERC8028Expired.selector, unbacked, EXPIRY));
        vm.prank(holder);
        token.burnValue(unbacked, 2);
    }

    function test_R22_ARetiredShareKeepsItsClaim() public {
        uint256 first = mint(classId, holder, 0, 1, EXPIRY);
        uint256 second = mint(classId, stranger, 0, 1, EXPIRY);
        settleETH(classId, 10);
        vm.prank(holder);
        assertEq(core.claim(first, ETH, payable(holder)), 5);
        settleETH(classId, 10);
        vm.expectRevert(abi.encodeWithSelector(IDATErrors.ERC8028Unauthorized.selector, first, address(this)));
        token.retireShare(first);
        vm.expectEmit(address(token));
        emit IDATLifecycle.ShareRetired(first, 1, 1);
        retire(first);
        assertEq(core.shareRatioOf(first), 0);
        assertEq(token.totalShareOf(classId), 1);
        settleETH(classId, 10);
        settleUSD(classId, 10);
        assertEq(core.pendingRevenue(first, ETH), 5);
        assertEq(core.pendingRevenue(first, address(usd)), 0);
        assertEq(core.pendingRevenue(second, ETH), 20);
        vm.expectRevert(noActiveShare(first));
        retire(first);
        vm.warp(EXPIRY + 1);
        token.syncExpired(classId);
        assertEq(token.totalShareOf(classId), 0);
        assertEq(core.claim(first, ETH, payable(holder)), 5);
        assertEq(core.claim(first, ETH, payable(holder)), 0);
        assertEq(core.claim(second, ETH, payable(stranger)), 20);
        assertEq(address(token).balance, 0);
    }

    function test_R22_WhatCannotBeRetired() public {
        uint256 plain = mintValue(classId, holder, 1, 0);
        vm.expectRevert(noActiveShare(plain));
        retire(plain);
        uint256 expiring = mint(classId, holder, 0, 1, EXPIRY);
        vm.warp(EXPIRY + 1);
        vm.expectRevert(noActiveShare(expiring));
        retire(expiring);
        vm.prank(issuer);
        uint256 delayed = token.createClassWithOptions(
            classTerms(new ParentTerms[](0), address(0)), ClassOptions(9, 0, 1 days, 0, 0, false, false, false)
        );
        uint256 waiting = mintShare(delayed, holder, 9);
        vm.expectRevert(noActiveShare(waiting));
        retire(waiting);
        vm.warp(block.timestamp + 3 days);
        settleETH(delayed, 9);
        // The cap and the delay do not concern a split.
        (uint256 a, uint256 b) = split(waiting, part(holder, 0, 4), part(stranger, 0, 5));
        settleETH(delayed, 9);
        assertEq(core.pendingRevenue(waiting, ETH), 9);
        assertEq(core.pendingRevenue(a, ETH), 4);
        assertEq(core.pendingRevenue(b, ETH), 5);
        retire(a);
        assertEq(token.totalShareOf(delayed), 5);
    }

    /// @notice R21: a moment in which nothing is left leaves the queue, from its beginning, middle and end.
    /// forge-config: default.fuzz.runs = 64
    function testFuzz_R21_AnEmptiedMomentIsFreeAgain(uint256 seed) public {
        uint256 lasting = mintShare(classId, stranger, 1);
        uint256[] memory ids = new uint256[](64);
        for (uint256 i = 0; i < 64; ++i) {
            ids[i] = mint(classId, holder, 0, 1, uint64(START + 1 days + uint256(keccak256(abi.encode(seed, i))) % 1e6));
        }
        uint256 left = 64;
        for (uint256 i = 0; i < 64; ++i) {
            if (uint256(keccak256(abi.encode(seed, i, "out"))) % 2 == 0) continue;
            retire(ids[i]);
            --left;
        }
        assertEq(token.totalShareOf(classId), left + 1);
        vm.warp(START + 1 days + uint256(keccak256(abi.encode(seed))) % 1e6);
        uint256 alive;
        for (uint256 i = 0; i < 64; ++i) {
            if (core.shareRatioOf(ids[i]) != 0 && core.expireAtOf(ids[i]) >= block.timestamp) ++alive;
        }
        assertEq(token.totalShareOf(classId), alive + 1);
        token.syncExpired(classId);
        assertEq(token.totalShareOf(classId), alive + 1);
        vm.warp(START + 100 days);
        settleETH(classId, 1);
        assertEq(core.pendingRevenue(lasting, ETH), 1);
        for (uint256 i = 0; i < 64; ++i) {
            mint(classId, holder, 0, 1, uint64(START + 200 days + i));
        }
    }

    function test_P27_ASplitKeepsLotExpiryAndInterval() public {
        uint256 tokenId = mint(classId, holder, 100, 10, EXPIRY);
        settleETH(classId, 50);
        uint256 firstNew = tokenId + 1;
        vm.expectEmit(address(token));
        emit IDATLifecycle.ShareRetired(tokenId, 10, 0);
        vm.expectEmit(address(token));
        emit IDATCore.Minted(firstNew, classId, stranger, 30, 4, EXPIRY);
        vm.expectEmit(address(token));
        emit IDATLifecycle.TokenSplit(tokenId, firstNew, 30, 4);
        (uint256 a, uint256 b) = split(tokenId, part(stranger, 30, 4), part(holder, 50, 6));
        assertEq(a, firstNew);
        assertEq(core.valueOf(tokenId), 20);
        assertEq(core.valueOf(a), 30);
        assertEq(core.ownerOf(a), stranger);
        assertEq(core.expireAtOf(b), EXPIRY);
        assertEq(token.lotOf(b), token.lotOf(tokenId));
        assertEq(core.shareRatioOf(tokenId), 0);
        assertEq(core.shareRatioOf(b), 6);
        assertEq(token.totalShareOf(classId), 10);
        settleETH(classId, 100);
        settleUSD(classId, 10);
        assertEq(core.pendingRevenue(tokenId, ETH), 50);
        assertEq(core.pendingRevenue(a, ETH), 40);
        assertEq(core.pendingRevenue(b, ETH), 60);
        assertEq(core.pendingRevenue(tokenId, address(usd)), 0);
        assertEq(core.pendingRevenue(b, address(usd)), 6);
        vm.warp(EXPIRY + 1);
        token.syncExpired(classId);
        assertEq(token.totalShareOf(classId), 0);
        refusedSplit(
            tokenId,
            part(holder, 1, 0),
            part(holder, 1, 0),
            abi.encodeWithSelector(IDATErrors.ERC8028Expired.selector, tokenId, EXPIRY)
        );
    }

    function test_P27_ASplitOfValueLeavesTheShare() public {
        uint256 tokenId = token.mintFromLot{value: 35}(classId, lotOf(ETH), holder, 10, 0);
        (uint256 a, uint256 b) = split(tokenId, part(holder, 3, 0), part(stranger, 7, 0));
        assertEq(core.valueOf(tokenId), 0);
        vm.startPrank(holder);
        assertEq(token.refund(a, 3, payable(holder)), 10);
        vm.stopPrank();
        vm.prank(stranger);
        assertEq(token.refund(b, 7, payable(stranger)), 24);
    }

    /// @notice Nobody can be sent tokens that hold nothing, one for each part.
    function test_P27_EveryPartOfASplitHoldsSomething() public {
        bytes memory nothing = abi.encodeWithSelector(IDATErrors.DATZeroUnits.selector);
        uint256 tokenId = mint(classId, holder, 10, 5, 0);
        refusedSplit(tokenId, part(stranger, 0, 0), part(stranger, 0, 0), nothing);
        refusedSplit(tokenId, part(holder, 1, 0), part(stranger, 0, 0), nothing);
        refusedSplit(tokenId, part(stranger, 0, 0), part(holder, 0, 5), nothing);
        assertEq(token.balanceOf(stranger), 0);
        (uint256 a, uint256 b) = split(tokenId, part(stranger, 0, 5), part(stranger, 1, 0));
        assertEq(core.shareRatioOf(a), 5);
        assertEq(core.valueOf(b), 1);
    }

    function test_R22_ASplitHandsAShareOfOneOver() public {
        uint256 tokenId = mint(classId, holder, 10, 1, 0);
        settleETH(classId, 50);
        (uint256 a,) = split(tokenId, part(stranger, 0, 1), part(holder, 1, 0));
        assertEq(core.shareRatioOf(tokenId), 0);
        assertEq(core.pendingRevenue(a, ETH), 0);
        settleETH(classId, 7);
        assertEq(core.pendingRevenue(a, ETH), 7);
        assertEq(core.pendingRevenue(tokenId, ETH), 50);
    }

    function test_R22_ASplitNeedsTheWholeShareAndTheValue() public {
        uint256 tokenId = mint(classId, holder, 10, 5, 0);
        refusedSplit(
            tokenId,
            part(holder, 0, 4),
            part(holder, 1, 0),
            abi.encodeWithSelector(IDATLifecycle.DATWrongParts.selector, tokenId, 4, 5)
        );
        refusedSplit(
            tokenId,
            part(holder, 5, 0),
            part(holder, 6, 0),
            abi.encodeWithSelector(IDATErrors.ERC8028InsufficientValue.selector, tokenId, 10, 11)
        );
        refusedSplit(
            tokenId,
            part(holder, type(uint64).max, 0),
            part(holder, type(uint64).max, 0),
            abi.encodeWithSelector(
                IDATErrors.ERC8028InsufficientValue.selector, tokenId, 10, 2 * uint256(type(uint64).max)
            )
        );
        uint256 plain = mintValue(classId, holder, 1, 0);
        refusedSplit(plain, part(holder, 0, 1), part(holder, 1, 0), noActiveShare(plain));
        vm.expectRevert(abi.encodeWithSelector(IDATErrors.ERC8028Unauthorized.selector, tokenId, address(this)));
        token.split(tokenId, new SplitPart[](0));
    }

    function test_P27_AMergeMovesAllValueAndNoShare() public {
        uint256 a = mint(classId, holder, 10, 5, 0);
        uint256 b = mintValue(classId, holder, 20, 0);
        uint256 target = mintValue(classId, holder, 1, 0);
        uint256[] memory from = new uint256[](2);
        (from[0], from[1]) = (a, b);
        vm.expectEmit(address(token));
        emit IDATCore.ValueTransferred(a, target, 10);
        vm.expectEmit(address(token));
        emit IDATCore.ValueTransferred(b, target, 20);
        vm.prank(holder);
        token.merge(from, target);
        assertEq(core.valueOf(target), 31);
        assertEq(core.valueOf(a) + core.valueOf(b), 0);
        assertEq(core.shareRatioOf(a), 5);
        assertEq(core.shareRatioOf(target), 0);
        vm.expectRevert(IDATErrors.DATZeroUnits.selector);
        vm.prank(holder);
        token.merge(from, target);
    }

    function test_P2_NothingIsMergedIntoATokenThatExpired() public {
        uint256[] memory from = new uint256[](1);
        from[0] = mintValue(classId, holder, 1, 0);
        uint256 target = mintValue(classId, holder, 1, EXPIRY);
        vm.warp(EXPIRY + 1);
        vm.expectRevert(abi.encodeWithSelector(IDATErrors.ERC8028Expired.selector, target, EXPIRY));
        vm.prank(holder);
        token.merge(from, target);
    }

    function test_P32_AMergeStaysInItsLot() public {
        uint256 target = mintValue(classId, holder, 1, 0);
        uint32 lot = lotOf(ETH);
        uint256 backed = token.mintFromLot{value: 4}(classId, lot, holder, 1, 0);
        uint256 brief = token.mintFromLot{value: 4}(classId, lot, holder, 1, EXPIRY);
        uint256[6] memory from = [
            backed,
            mintValue(createClass(), holder, 1, 0),
            mintValue(classId, stranger, 1, 0),
            target,
            mintValue(classId, holder, 1, EXPIRY),
            brief
        ];
        bytes[6] memory reasons = [
            abi.encodeWithSelector(IDATErrors.DATLotMismatch.selector, from[0], target),
            abi.encodeWithSelector(IDATErrors.ERC8028ClassMismatch.selector, from[1], target),
            abi.encodeWithSelector(IDATErrors.ERC8028Unauthorized.selector, from[2], holder),
            abi.encodeWithSelector(IDATErrors.DATSameToken.selector, target),
            abi.encodeWithSelector(IDATErrors.ERC8028Expired.selector, from[4], EXPIRY),
            abi.encodeWithSelector(IDATErrors.DATOutlivesSource.selector, brief, backed)
        ];
        uint256[] memory list = new uint256[](1);
        for (uint256 i = 6; i != 0; --i) {
            list[0] = from[i - 1];
            if (i == 5) vm.warp(EXPIRY + 1);
            vm.expectRevert(reasons[i - 1]);
            vm.prank(holder);
            token.merge(list, i == 6 ? backed : target);
        }
    }
}
