// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IDATCore} from "../../src/interfaces/IDATCore.sol";
import {IDATRevenue} from "../../src/interfaces/IDATRevenue.sol";
import {KedgeTest} from "../helpers/KedgeTest.sol";

/// @notice Branches: Revenue.tree, what concerns expiry.
contract ExpiryTest is KedgeTest {
    uint256 private classId;
    uint64 private constant DAY1 = uint64(START + 1 days);
    uint64 private constant DAY2 = uint64(START + 2 days);
    uint64 private constant DAY3 = uint64(START + 3 days);

    function setUp() public override {
        super.setUp();
        classId = createClass();
    }

    function share(uint256 ratio, uint64 expireAt) private returns (uint256) {
        return mint(classId, holder, 0, ratio, expireAt);
    }

    function claim(uint256 tokenId, address asset) private returns (uint256) {
        return core.claim(tokenId, asset, payable(holder));
    }

    function test_P2_ExpiredShareKeepsItsIndexExactly() public {
        uint256 expiring = share(1, DAY1);
        uint256 lasting = share(1, 0);
        settleETH(classId, 10);
        vm.warp(DAY1);
        settleETH(classId, 10);
        vm.warp(DAY1 + 1);
        // Nobody poked, nothing was settled: the current index is the one at its end.
        assertEq(core.pendingRevenue(expiring, ETH), 10);
        settleETH(classId, 10);
        assertEq(core.pendingRevenue(expiring, ETH), 10);
        assertEq(core.pendingRevenue(lasting, ETH), 20);
        // An asset that settles for the first time after its end.
        settleUSD(classId, 10);
        assertEq(core.pendingRevenue(expiring, address(usd)), 0);
        assertEq(core.pendingRevenue(lasting, address(usd)), 10);
        vm.warp(START + 3650 days);
        settleETH(classId, 1000);
        assertEq(claim(expiring, ETH), 10);
        assertEq(claim(expiring, ETH), 0);
        assertEq(claim(lasting, ETH), 1020);
        assertEq(address(token).balance, 0);
    }

    function test_P2_AClaimBetweenExpiryAndItsProcessing() public {
        uint256 expiring = share(3, DAY1);
        share(4, 0);
        settleETH(classId, 10);
        vm.warp(DAY1 + 1);
        uint256 before = core.pendingRevenue(expiring, ETH);
        assertEq(claim(expiring, ETH), before);
        settleETH(classId, 10);
        token.syncExpired(classId);
        assertEq(core.pendingRevenue(expiring, ETH), 0);
        assertEq(claim(expiring, ETH), 0);
        assertEq(before, 4);
    }

    function test_P2_SeveralAssetsFreezeAtTheSameInstant() public {
        uint256 a = share(1, DAY1);
        uint256 b = share(1, DAY2);
        uint256 c = share(2, 0);
        settleETH(classId, 40);
        vm.warp(DAY1 + 1);
        settleUSD(classId, 30); // processes day 1 for every asset
        vm.warp(DAY2 + 1);
        settleETH(classId, 50); // ETH sees both expiries only now
        assertEq(core.pendingRevenue(a, ETH), 10);
        assertEq(core.pendingRevenue(b, ETH), 10);
        assertEq(core.pendingRevenue(c, ETH), 20 + 50);
        assertEq(core.pendingRevenue(a, address(usd)), 0);
        assertEq(core.pendingRevenue(b, address(usd)), 10);
        assertEq(core.pendingRevenue(c, address(usd)), 20);
    }

    function test_P2_AShareThatLivesAndDiesBetweenSettlementsEarnsNothing() public {
        uint256 lasting = share(1, 0);
        settleETH(classId, 10);
        uint256 brief = share(99, uint64(block.timestamp + 5));
        vm.warp(block.timestamp + 6);
        assertEq(core.pendingRevenue(brief, ETH), 0);
        settleETH(classId, 10);
        assertEq(core.pendingRevenue(brief, ETH), 0);
        assertEq(core.pendingRevenue(brief, address(usd)), 0);
        assertEq(core.pendingRevenue(lasting, ETH), 20);
    }

    function test_P2_AShareMintedAfterAnUnprocessedExpiryStartsClean() public {
        uint256 gone = share(1, DAY1);
        settleETH(classId, 10);
        vm.warp(DAY1 + 1);
        uint256 fresh = share(1, DAY3);
        settleETH(classId, 10);
        assertEq(core.pendingRevenue(gone, ETH), 10);
        assertEq(core.pendingRevenue(fresh, ETH), 10);
    }

    function test_P3_SettlementTakesExpiredSharesOutFirst() public {
        share(1, DAY1);
        share(2, DAY1);
        share(4, DAY2);
        share(8, 0);
        assertEq(token.totalShareOf(classId), 15);
        vm.warp(DAY2 + 1);
        assertEq(token.totalShareOf(classId), 8);
        assertEq(token.classInfo(classId).totalShare, 8);
        vm.deal(address(this), 8);
        vm.expectEmit(address(token));
        emit IDATRevenue.SharesExpired(classId, DAY1, 3, 12);
        vm.expectEmit(address(token));
        emit IDATRevenue.SharesExpired(classId, DAY2, 4, 8);
        vm.expectEmit(address(token));
        emit IDATRevenue.RevenueAccrued(classId, ETH, 8, 8, 1 << 48, 8);
        core.settleRevenueETH{value: 8}(classId);
        assertEq(token.totalShareOf(classId), 8);
    }

    function test_P3_WhoPokesWhenDecidesNothing() public {
        uint256 expiring = share(1, DAY1);
        uint256 lasting = share(1, 0);
        settleETH(classId, 10);
        uint256 snapshot = vm.snapshotState();
        for (uint256 path = 0; path < 3; ++path) {
            vm.warp(DAY1 + 1);
            if (path == 1) token.syncExpired(classId);
            if (path == 2) token.observeExpiry(expiring);
            settleETH(classId, 10);
            assertEq(core.pendingRevenue(expiring, ETH), 5);
            assertEq(core.pendingRevenue(lasting, ETH), 15);
            vm.revertToState(snapshot);
        }
    }

    function test_P3_SyncIsANoOpWhenNothingIsDue() public {
        share(1, DAY1);
        vm.warp(DAY1);
        vm.recordLogs();
        token.syncExpired(classId);
        assertEq(vm.getRecordedLogs().length, 0);
        assertEq(token.totalShareOf(classId), 1);
        vm.warp(DAY1 + 1);
        token.syncExpired(classId);
        assertEq(vm.getRecordedLogs().length, 1);
        token.syncExpired(classId);
        assertEq(vm.getRecordedLogs().length, 0);
    }

    function test_P3_ExpiredIsEmittedOnceAToken() public {
        uint256 tokenId = share(1, DAY1);
        uint256 other = mintValue(classId, holder, 1, DAY1);
        token.observeExpiry(tokenId);
        vm.warp(DAY1 + 1);
        vm.expectEmit(address(token));
        emit IDATRevenue.SharesExpired(classId, DAY1, 1, 0);
        vm.expectEmit(address(token));
        emit IDATCore.Expired(tokenId);
        token.observeExpiry(tokenId);
        vm.expectEmit(address(token));
        emit IDATCore.Expired(other);
        claim(other, ETH);
        vm.recordLogs();
        token.observeExpiry(tokenId);
        token.observeExpiry(other);
        assertEq(vm.getRecordedLogs().length, 0);
    }

    function test_P3_AClaimTellsNoExpiryBeforeItHasCome() public {
        uint256 tokenId = share(1, DAY1);
        settleETH(classId, 10);
        vm.warp(DAY1);
        vm.recordLogs();
        assertEq(claim(tokenId, ETH), 10);
        assertEq(vm.getRecordedLogs().length, 1);
        vm.warp(DAY1 + 1);
        vm.expectEmit(address(token));
        emit IDATCore.Expired(tokenId);
        claim(tokenId, ETH);
    }

    /// @notice What was seen is kept in words of 256 tokens: those of the first, and one of the next.
    function test_P3_ExpiredIsEmittedOnceWhereverATokensBitIs() public {
        uint256[] memory ids = new uint256[](257);
        for (uint256 i = 0; i < ids.length; ++i) {
            ids[i] = mintValue(classId, holder, 1, DAY1);
        }
        vm.warp(DAY1 + 1);
        for (uint256 round = 0; round < 2; ++round) {
            vm.recordLogs();
            for (uint256 i = 0; i < ids.length; ++i) {
                token.observeExpiry(ids[i]);
            }
            assertEq(vm.getRecordedLogs().length, round == 0 ? ids.length : 0);
        }
    }

    function test_P21_WhatWasEarnedStaysClaimableForEver() public {
        uint256 tokenId = share(1, DAY1);
        settleETH(classId, 10);
        settleUSD(classId, 20);
        vm.warp(2 ** 33);
        share(1, 0);
        settleETH(classId, 10);
        assertEq(claim(tokenId, ETH), 10);
        assertEq(claim(tokenId, address(usd)), 20);
        assertEq(core.ownerOf(tokenId), holder);
        vm.prank(holder);
        core.transferToken(tokenId, stranger);
        assertEq(core.ownerOf(tokenId), stranger);
    }

    function test_R21_SixtyFourPendingExpiriesAtMost() public {
        // Out of order, so that the queue sorts.
        for (uint64 i = 0; i < 64; ++i) {
            share(1 + i, uint64(START + 1 + (uint256(i) * 37) % 64));
        }
        vm.expectRevert(abi.encodeWithSelector(IDATRevenue.DATTooManyExpiries.selector, classId, 64));
        vm.prank(issuer);
        core.mint(classId, holder, 0, 1, uint64(START + 100));
        // A known second, no share, and no expiry find room.
        share(1, uint64(START + 64));
        mintValue(classId, holder, 1, uint64(START + 100));
        share(1, 0);
        uint256 total = token.totalShareOf(classId);
        assertEq(total, 64 * 65 / 2 + 2);
        // What is past makes room.
        vm.warp(START + 2);
        share(1, uint64(START + 100));
        assertEq(token.totalShareOf(classId), total - 1 + 1);
        vm.warp(START + 101);
        settleETH(classId, 5);
        assertEq(token.totalShareOf(classId), 1);
    }

    function test_R21_EveryExpiryLeavesInItsTurn() public {
        uint256[] memory ids = new uint256[](64);
        for (uint64 i = 0; i < 64; ++i) {
            ids[i] = share(1, uint64(START + 1 + (uint256(i) * 29) % 64));
        }
        share(1, 0);
        for (uint256 second = 1; second <= 65; ++second) {
            vm.warp(START + second);
            assertEq(token.totalShareOf(classId), 66 - second);
            settleETH(classId, (66 - second) * 10);
        }
        for (uint64 i = 0; i < 64; ++i) {
            // Settled at seconds 1..expiry, ten for each share.
            assertEq(core.pendingRevenue(ids[i], ETH), 10 * (1 + (uint256(i) * 29) % 64));
        }
    }

    function test_R21_ABucketOfNowIsJoinedAndLeavesOnce() public {
        uint256 first = share(2, DAY1);
        vm.warp(DAY1);
        // At its own second the bucket is not processed, whatever is settled then.
        settleETH(classId, 10);
        uint256 second = share(3, DAY1);
        settleETH(classId, 10);
        vm.warp(DAY1 + 1);
        share(5, 0);
        settleETH(classId, 10);
        assertEq(core.pendingRevenue(first, ETH), 10 + 4);
        assertEq(core.pendingRevenue(second, ETH), 6);
        assertEq(token.totalShareOf(classId), 5);
    }

    /// @dev Shares of one unit each with random ends; every settlement is divided by hand among those alive.
    /// forge-config: default.fuzz.runs = 64
    function testFuzz_P2_AgainstALedgerOfEverySettlement(uint256 seed) public {
        uint256 count = 30;
        uint256[] memory ids = new uint256[](count);
        uint256[] memory ends = new uint256[](count);
        uint256[] memory expected = new uint256[](count);
        share(1, 0);
        for (uint256 i = 0; i < count; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            ends[i] = seed % 4 == 0 ? 0 : block.timestamp + (seed >> 8) % 12;
            ids[i] = share(1, uint64(ends[i]));
            if (seed % 3 == 0) vm.warp(block.timestamp + (seed >> 16) % 6);
            if (seed % 5 == 0) token.syncExpired(classId);
            if (seed % 2 == 0) {
                uint256 alive = 1;
                for (uint256 j = 0; j <= i; ++j) {
                    if (ends[j] == 0 || ends[j] >= block.timestamp) ++alive;
                }
                uint256 each = 1 + (seed >> 32) % 100;
                settleETH(classId, each * alive);
                for (uint256 j = 0; j <= i; ++j) {
                    if (ends[j] == 0 || ends[j] >= block.timestamp) expected[j] += each;
                }
            }
            if (seed % 7 == 0) {
                uint256 lucky = (seed >> 64) % (i + 1);
                assertEq(claim(ids[lucky], ETH), expected[lucky]);
                expected[lucky] = 0;
            }
        }
        for (uint256 j = 0; j < count; ++j) {
            assertEq(claim(ids[j], ETH), expected[j]);
        }
    }
}
