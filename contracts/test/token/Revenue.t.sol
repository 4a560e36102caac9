// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IDATClasses} from "../../src/interfaces/IDATClasses.sol";
import {IDATCore} from "../../src/interfaces/IDATCore.sol";
import {IDATErrors} from "../../src/interfaces/IDATErrors.sol";
import {LotTerms} from "../../src/interfaces/IDATLots.sol";
import {IDATRevenue, RevenueInfo} from "../../src/interfaces/IDATRevenue.sol";
import {BlacklistAsset, FeeAsset, PlainAsset} from "../helpers/Assets.sol";
import {KedgeTest} from "../helpers/KedgeTest.sol";
import {EthRejecter, EthReenterer} from "../helpers/Receivers.sol";

/// @notice Branches: Revenue.tree (settlements and claims; expiry is in Expiry.t.sol).
contract RevenueTest is KedgeTest {
    uint256 private classId;

    function setUp() public override {
        super.setUp();
        classId = createClass();
    }

    function claim(uint256 tokenId, address asset) private returns (uint256) {
        return core.claim(tokenId, asset, payable(core.ownerOf(tokenId)));
    }

    function test_P1_ANewShareHasNoPartOfPastRevenue() public {
        uint256 early = mintShare(classId, holder, 100);
        settleETH(classId, 1 ether);
        uint256 late = mintShare(classId, stranger, 300);
        assertEq(core.pendingRevenue(late, ETH), 0);
        settleETH(classId, 4 ether);
        assertEq(core.pendingRevenue(early, ETH), 2 ether);
        assertEq(core.pendingRevenue(late, ETH), 3 ether);
    }

    function test_P1_EntryCountsForEveryAssetWithoutALoop() public {
        uint256 first = mintShare(classId, holder, 1);
        settleETH(classId, 10);
        uint256 second = mintShare(classId, holder, 1);
        // USD has seen no settlement before the second share, ETH none between the second and the third.
        settleUSD(classId, 20);
        uint256 third = mintShare(classId, holder, 2);
        settleETH(classId, 40);
        uint256 fourth = mintShare(classId, holder, 4);
        settleUSD(classId, 80);
        uint256 fifth = mintShare(classId, holder, 8);

        assertEq(core.pendingRevenue(first, ETH), 10 + 10);
        assertEq(core.pendingRevenue(second, ETH), 10);
        assertEq(core.pendingRevenue(third, ETH), 20);
        assertEq(core.pendingRevenue(fourth, ETH), 0);
        assertEq(core.pendingRevenue(first, address(usd)), 10 + 10);
        assertEq(core.pendingRevenue(second, address(usd)), 10 + 10);
        assertEq(core.pendingRevenue(third, address(usd)), 20);
        assertEq(core.pendingRevenue(fourth, address(usd)), 40);
        assertEq(core.pendingRevenue(fifth, address(usd)), 0);
        settleUSD(classId, 16);
        assertEq(core.pendingRevenue(fifth, address(usd)), 8);
    }

    /// @dev Against a ledger of every settlement, with mints between them, for two assets that settle at their own times.
    /// forge-config: default.fuzz.runs = 64
    function testFuzz_P4_CheckpointsFindEveryEntry(uint256 seed) public {
        uint256 count = 24;
        uint256[] memory ids = new uint256[](count);
        uint256[] memory ratios = new uint256[](count);
        uint256[2][] memory expected = new uint256[2][](count);
        uint256 total;
        for (uint256 i = 0; i < count; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            ratios[i] = 1 << (seed % 8);
            ids[i] = mintShare(classId, holder, ratios[i]);
            total += ratios[i];
            for (uint256 a = 0; a < 2; ++a) {
                uint256 times = (seed >> (8 + 8 * a)) % 3;
                for (uint256 k = 0; k < times; ++k) {
                    uint256 part = 1 + (seed >> 32) % 1000;
                    if (a == 0) settleETH(classId, part * total);
                    else settleUSD(classId, part * total);
                    for (uint256 j = 0; j <= i; ++j) {
                        expected[j][a] += part * ratios[j];
                    }
                }
            }
            if (seed >> 254 == 0) {
                assertEq(claim(ids[i / 2], ETH), expected[i / 2][0]);
                expected[i / 2][0] = 0;
            }
        }
        for (uint256 j = 0; j < count; ++j) {
            assertEq(claim(ids[j], ETH), expected[j][0]);
            assertEq(claim(ids[j], address(usd)), expected[j][1]);
        }
        assertEq(address(token).balance, 0);
        assertEq(usd.balanceOf(address(token)), 0);
    }

    function test_P5_SmallAmountsAndLargeTotalsLoseNothing() public {
        uint256 a = mintShare(classId, holder, type(uint32).max);
        uint256 b = mintShare(classId, stranger, type(uint32).max);
        uint256 c = mintShare(classId, operator, 1);
        // One smallest unit at a time.
        for (uint256 i = 0; i < 100; ++i) {
            settleUSD(classId, 1);
        }
        uint256 sum = claim(a, address(usd)) + claim(b, address(usd)) + claim(c, address(usd));
        assertApproxEqAbs(sum, 100, 3);
        RevenueInfo memory info = token.revenueInfo(classId, address(usd));
        assertEq(info.received, 100);
        assertEq(info.claimed, sum);
        assertLt(info.carry, 2 ** 48);
        // index x total + carry is every settled unit, to the last bit.
        assertEq(info.index * (2 * uint256(type(uint32).max) + 1) + info.carry, 100 << 48);
    }

    function testFuzz_P5_TheCarryKeepsWhatDoesNotDivide(uint32 shareA, uint32 shareB, uint96[8] memory amounts) public {
        shareA = uint32(bound(shareA, 1, type(uint32).max));
        shareB = uint32(bound(shareB, 1, type(uint32).max));
        uint256 a = mintShare(classId, holder, shareA);
        uint256 b = mintShare(classId, holder, shareB);
        uint256 total = uint256(shareA) + shareB;
        uint256 settled;
        for (uint256 i = 0; i < 8; ++i) {
            if (amounts[i] == 0) continue;
            settleETH(classId, amounts[i]);
            settled += amounts[i];
            RevenueInfo memory info = token.revenueInfo(classId, ETH);
            assertEq(info.index * total + info.carry, settled << 48);
            assertLt(info.carry, total);
        }
        assertApproxEqAbs(core.pendingRevenue(a, ETH), settled * shareA / total, 1);
        uint256 paid = core.pendingRevenue(a, ETH) + core.pendingRevenue(b, ETH);
        assertLe(paid, settled);
        assertGe(paid + 2, settled);
    }

    function testFuzz_P4_PiecesOfAClaimSumToTheWhole(uint32 share, uint32 other, uint64[6] memory amounts) public {
        uint256 pieces = mintShare(classId, holder, bound(share, 1, type(uint32).max));
        uint256 whole = mintShare(classId, holder, bound(share, 1, type(uint32).max));
        mintShare(classId, holder, bound(other, 1, type(uint32).max));
        uint256 sum;
        for (uint256 i = 0; i < 6; ++i) {
            if (amounts[i] != 0) settleETH(classId, amounts[i]);
            sum += claim(pieces, ETH);
            assertEq(claim(pieces, ETH), 0);
        }
        assertEq(sum, claim(whole, ETH));
    }

    function test_P5_TheLargestAmountsFit() public {
        uint256 tokenId = mintShare(classId, holder, 1);
        vm.deal(address(this), type(uint256).max);
        core.settleRevenueETH{value: type(uint112).max}(classId);
        assertEq(core.pendingRevenue(tokenId, ETH), type(uint112).max);
        assertEq(claim(tokenId, ETH), type(uint112).max);
        vm.expectRevert(abi.encodeWithSelector(IDATErrors.DATAmountTooLarge.selector, 2 ** 112));
        core.settleRevenueETH{value: 1}(classId);
    }

    function test_P6_SettlingWithoutActiveSharesReverts() public {
        vm.deal(address(this), 10);
        bytes memory reason = abi.encodeWithSelector(IDATRevenue.ERC8028NoActiveShare.selector, classId);
        vm.expectRevert(reason);
        core.settleRevenueETH{value: 1}(classId);
        usd.mint(address(this), 1);
        usd.approve(address(token), 1);
        vm.expectRevert(reason);
        core.settleRevenueERC20(classId, address(usd), 1);
        mint(classId, holder, 1, 1, uint64(START));
        core.settleRevenueETH{value: 1}(classId);
        vm.warp(START + 1);
        vm.expectRevert(reason);
        core.settleRevenueETH{value: 1}(classId);
    }

    function test_P28_SettlementsTellEverything() public {
        mintShare(classId, holder, 3);
        vm.deal(address(this), 10);
        vm.expectEmit(address(token));
        emit IDATCore.RevenueSettled(classId, ETH, 10);
        vm.expectEmit(address(token));
        emit IDATRevenue.RevenueAccrued(classId, ETH, 10, 10, (uint256(10) << 48) / 3, 3);
        core.settleRevenueETH{value: 10}(classId);
        RevenueInfo memory info = token.revenueInfo(classId, ETH);
        assertEq(info.index, (uint256(10) << 48) / 3);
        assertEq(info.carry, (uint256(10) << 48) % 3);
        assertEq(info.received, 10);
        assertEq(info.royaltiesReserved + info.royaltiesPaid + info.claimed + info.orphan + info.backing, 0);
    }

    function test_P7_BadSettlementsRevert() public {
        mintShare(classId, holder, 1);
        vm.expectRevert(IDATRevenue.DATZeroAmount.selector);
        core.settleRevenueETH(classId);
        vm.expectRevert(IDATRevenue.DATZeroAmount.selector);
        core.settleRevenueERC20(classId, address(usd), 0);
        vm.expectRevert(abi.encodeWithSelector(IDATRevenue.DATInvalidAsset.selector, address(0)));
        core.settleRevenueERC20(classId, address(0), 1);
        vm.expectRevert(abi.encodeWithSelector(IDATRevenue.DATInvalidAsset.selector, stranger));
        core.settleRevenueERC20(classId, stranger, 1);
        bytes memory missing = abi.encodeWithSelector(IDATClasses.ERC8028NonexistentClass.selector, 9);
        vm.deal(address(this), 1);
        vm.expectRevert(missing);
        core.settleRevenueETH{value: 1}(9);
        usd.mint(address(this), 1);
        usd.approve(address(token), 1);
        vm.expectRevert(missing);
        core.settleRevenueERC20(9, address(usd), 1);
    }

    function test_P7_WhatArrivesIsCredited() public {
        uint256 tokenId = mintShare(classId, holder, 1);
        FeeAsset fee = new FeeAsset();
        fee.mint(address(this), 1000);
        fee.approve(address(token), 1000);
        vm.expectEmit(address(token));
        emit IDATCore.RevenueSettled(classId, address(fee), 990);
        core.settleRevenueERC20(classId, address(fee), 1000);
        assertEq(core.pendingRevenue(tokenId, address(fee)), 990);
    }

    function test_P8_ClassesDoNotShareMoney() public {
        uint256 other = createClass();
        uint256 a = mintShare(classId, holder, 1);
        uint256 b = mintShare(other, stranger, 1);
        settleETH(classId, 7);
        settleETH(other, 5);
        assertEq(core.pendingRevenue(a, ETH), 7);
        assertEq(core.pendingRevenue(b, ETH), 5);
        (uint256 owed, uint256 held) = token.solvency(ETH, 1, 2);
        assertEq(owed, 12);
        assertEq(held, 12);
        claim(a, ETH);
        (owed, held) = token.solvency(ETH, 1, 2);
        assertEq(owed, 5);
        assertEq(held, 5);
        (owed,) = token.solvency(ETH, 1, 1);
        assertEq(owed, 0);
        (owed, held) = token.solvency(address(usd), 1, 2);
        assertEq(owed + held, 0);
    }

    function test_P11_TheOwnerChoosesWhereTo() public {
        uint256 tokenId = mintShare(classId, holder, 1);
        settleETH(classId, 7);
        settleUSD(classId, 9);
        vm.expectEmit(address(token));
        emit IDATCore.Claimed(tokenId, stranger, ETH, 7);
        vm.prank(holder);
        assertEq(core.claim(tokenId, ETH, payable(stranger)), 7);
        assertEq(stranger.balance, 7);
        vm.prank(holder);
        assertEq(core.claim(tokenId, address(usd), payable(stranger)), 9);
        assertEq(usd.balanceOf(stranger), 9);
    }

    function test_P11_AnyoneElseOnlyPaysTheOwner() public {
        uint256 tokenId = mintShare(classId, holder, 1);
        settleETH(classId, 7);
        vm.startPrank(holder);
        core.approveForClass(classId, operator, true);
        token.approve(operator, tokenId);
        token.setApprovalForAll(operator, true);
        vm.stopPrank();
        vm.startPrank(operator);
        vm.expectRevert(abi.encodeWithSelector(IDATErrors.ERC8028Unauthorized.selector, tokenId, operator));
        core.claim(tokenId, ETH, payable(operator));
        assertEq(core.claim(tokenId, ETH, payable(holder)), 7);
        assertEq(holder.balance, 7);
    }

    function test_P11_NobodyIsPaidNothing() public {
        uint256 tokenId = mintShare(classId, holder, 1);
        settleETH(classId, 7);
        vm.expectRevert(abi.encodeWithSelector(IDATRevenue.DATPaymentFailed.selector, address(0), 7));
        vm.prank(holder);
        core.claim(tokenId, ETH, payable(address(0)));
        assertEq(core.pendingRevenue(tokenId, ETH), 7);
    }

    function test_L4_ClaimingTwicePaysOnce() public {
        uint256 tokenId = mintShare(classId, holder, 1);
        settleETH(classId, 7);
        assertEq(claim(tokenId, ETH), 7);
        vm.expectEmit(address(token));
        emit IDATCore.Claimed(tokenId, holder, ETH, 0);
        assertEq(claim(tokenId, ETH), 0);
        assertEq(token.revenueInfo(classId, ETH).claimed, 7);
    }

    function test_P7_NobodyIsCalledToBePaidWhatIsNotOwed() public {
        EthRejecter rejecter = new EthRejecter();
        vm.recordLogs();
        bytes memory answer =
            rejecter.act(address(token), abi.encodeCall(IDATRevenue.withdraw, (ETH, payable(address(rejecter)))));
        assertEq(abi.decode(answer, (uint256)), 0);
        assertEq(vm.getRecordedLogs().length, 0);
    }

    function test_P7_OneBadClaimantBlocksNobody() public {
        EthRejecter rejecter = new EthRejecter();
        uint256 bad = mintShare(classId, address(rejecter), 1);
        uint256 good = mintShare(classId, holder, 1);
        settleETH(classId, 8);
        vm.expectRevert(abi.encodeWithSelector(IDATRevenue.DATPaymentFailed.selector, address(rejecter), 4));
        core.claim(bad, ETH, payable(address(rejecter)));
        assertEq(core.pendingRevenue(bad, ETH), 4);
        assertEq(claim(good, ETH), 4);
        rejecter.act(address(token), abi.encodeCall(IDATCore.claim, (bad, ETH, payable(stranger))));
        assertEq(stranger.balance, 4);

        BlacklistAsset listed = new BlacklistAsset();
        listed.mint(address(this), 8);
        listed.approve(address(token), 8);
        core.settleRevenueERC20(classId, address(listed), 8);
        listed.setBlacklisted(address(rejecter), true);
        vm.expectRevert(abi.encodeWithSelector(BlacklistAsset.Blacklisted.selector, address(rejecter)));
        core.claim(bad, address(listed), payable(address(rejecter)));
        assertEq(claim(good, address(listed)), 4);
    }

    function test_P7_AClaimSeesItsEffectsWhenItPays() public {
        EthReenterer thief = new EthReenterer();
        uint256 tokenId = mintShare(classId, address(thief), 1);
        settleETH(classId, 8);
        thief.arm(address(token), abi.encodeCall(IDATCore.claim, (tokenId, ETH, payable(address(thief)))));
        assertEq(claim(tokenId, ETH), 8);
        assertFalse(thief.succeeded());
        assertEq(thief.answer(), abi.encodeWithSignature("ReentrancyGuardReentrantCall()"));
        settleETH(classId, 8);
        thief.arm(address(token), abi.encodeCall(IDATCore.pendingRevenue, (tokenId, ETH)));
        claim(tokenId, ETH);
        assertEq(thief.answer(), abi.encode(0));
    }

    function test_P7_TheGuardIsOneForCoreAndExtension() public {
        EthReenterer thief = new EthReenterer();
        uint256 tokenId = mintShare(classId, address(thief), 1);
        LotTerms memory terms = lotTerms(ETH, 1, 1);
        terms.seller = address(this);
        uint32 lot = createLot(classId, terms);
        vm.deal(address(this), 1);
        uint256 backed = token.mintFromLot{value: 1}(classId, lot, address(thief), 1, 0);
        bytes[] memory calls = new bytes[](6);
        calls[0] = abi.encodeCall(IDATRevenue.withdraw, (ETH, payable(address(thief))));
        calls[1] = abi.encodeCall(IDATRevenue.collectRoyalty, (classId, 0, ETH));
        calls[2] = abi.encodeWithSignature("refund(uint256,uint64,address)", tokenId, 1, thief);
        calls[3] = abi.encodeWithSignature("sweepExpired(uint256)", tokenId);
        calls[4] = abi.encodeCall(IDATCore.settleRevenueETH, (classId));
        calls[5] = abi.encodeCall(IDATCore.recordUsage, (backed, 0, 1));
        for (uint256 i = 0; i < calls.length; ++i) {
            settleETH(classId, 8);
            thief.arm(address(token), calls[i]);
            claim(tokenId, ETH);
            assertTrue(thief.called());
            assertFalse(thief.succeeded());
            assertEq(thief.answer(), abi.encodeWithSignature("ReentrancyGuardReentrantCall()"));
        }
    }

    function test_P4_ManyCheckpointsAreSearched() public {
        uint256[] memory ids = new uint256[](70);
        for (uint256 i = 0; i < 70; ++i) {
            ids[i] = mintShare(classId, holder, 1);
            settleETH(classId, (i + 1) * 10);
        }
        for (uint256 i = 0; i < 70; ++i) {
            assertEq(core.pendingRevenue(ids[i], ETH), (70 - i) * 10);
        }
    }
}
