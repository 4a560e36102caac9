// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IDATErrors} from "../../src/interfaces/IDATErrors.sol";
import {IDATRevenue} from "../../src/interfaces/IDATRevenue.sol";
import {LotTerms} from "../../src/interfaces/IDATLots.sol";
import {Channel} from "../../src/interfaces/IValueChannels.sol";
import {KedgeTest} from "../helpers/KedgeTest.sol";

/// @notice Each law on its own, over all inputs.
contract LawsFuzzTest is KedgeTest {
    uint256 private constant MAX_AMOUNT = 2 ** 96;
    uint256 private constant MAX_SHARE = type(uint32).max;

    function testFuzz_L1_UnitsOfAClassAreConserved(uint64 value, uint64 locked, uint64 used, uint64 recorded) public {
        value = uint64(bound(value, 1, type(uint64).max));
        locked = uint64(bound(locked, 1, value));
        uint256 tokenId = mintValue(createClass(), holder, value, 0);
        Channel memory channel = channelTerms(tokenId, locked);
        openChannel(channel);
        captureTo(channel, used);
        uint64 captured = capturedOf(channel);
        recorded = uint64(bound(recorded, 0, value - locked));
        vm.prank(holder);
        core.recordUsage(tokenId, keccak256("calls"), recorded);
        assertEq(value, core.valueOf(tokenId) + (locked - captured) + captured + recorded);
        vm.prank(operator);
        channels.close(channel);
        assertEq(value, core.valueOf(tokenId) + captured + recorded);
    }

    function testFuzz_L2_CapturedIsSignedAndLocked(uint64 cap, uint64[5] calldata signed) public {
        cap = uint64(bound(cap, 1, type(uint64).max));
        uint256 tokenId = mintValue(createClass(), holder, type(uint64).max, 0);
        Channel memory channel = channelTerms(tokenId, cap);
        openChannel(channel);
        uint64 most;
        for (uint256 i = 0; i < signed.length; ++i) {
            captureTo(channel, signed[i]);
            if (signed[i] > most) most = signed[i];
            assertEq(capturedOf(channel), most < cap ? most : cap);
        }
    }

    struct Sale {
        uint96 numerator;
        uint64 denominator;
        uint64 amount;
        uint16 operatorBps;
        uint16 royaltyBps;
        uint64[3] steps;
    }

    function testFuzz_L3_ReleasedBackingIsSharedToTheWei(Sale memory sale) public {
        sale.amount = uint64(bound(sale.amount, 1, 1e9));
        uint256 parentId = createClass();
        uint256 classId = createClass(parent(parentId, uint16(bound(sale.royaltyBps, 0, 10_000))), address(0));
        uint256 parentShare = mintShare(parentId, stranger, 3);
        uint256 share = mintShare(classId, stranger, 7);
        uint256 tokenId = sellLot(classId, sale);
        uint256 deposit = address(token).balance;

        useInSteps(tokenId, sale);
        token.collectRoyalty(classId, 0, ETH);
        uint64 rest = uint64(core.valueOf(tokenId));
        if (rest != 0) {
            vm.prank(holder);
            token.refund(tokenId, rest, payable(holder));
        }
        token.collectRoyalty(classId, 0, ETH);
        core.claim(share, ETH, payable(stranger));
        core.claim(parentShare, ETH, payable(stranger));
        if (token.owedTo(operator, ETH) != 0) {
            vm.prank(operator);
            token.withdraw(ETH, payable(operator));
        }
        assertEq(token.revenueInfo(classId, ETH).backing, 0);
        assertEq(deposit, holder.balance + stranger.balance + operator.balance + address(token).balance);
        // One unit of dust for each of two shares, the edge, and the split between holders and parent.
        assertLt(address(token).balance, 4);
    }

    function sellLot(uint256 classId, Sale memory sale) private returns (uint256) {
        LotTerms memory terms =
            lotTerms(ETH, uint96(bound(sale.numerator, 1, 1e18)), uint64(bound(sale.denominator, 1, 1e18)));
        terms.operatorBps = uint16(bound(sale.operatorBps, 0, 10_000));
        uint32 lot = createLot(classId, terms);
        openListing(classId, lot, sale.amount, 0);
        return buy(holder, classId, lot, sale.amount);
    }

    function useInSteps(uint256 tokenId, Sale memory sale) private {
        Channel memory channel = channelTerms(tokenId, sale.amount);
        openChannel(channel);
        for (uint256 i = 0; i < sale.steps.length; ++i) {
            captureTo(channel, uint64(bound(sale.steps[i], 0, sale.amount)));
        }
        vm.prank(operator);
        channels.close(channel);
    }

    function testFuzz_L4_ClaimingTwicePaysOnce(uint256[3] memory amounts, uint256 mine, uint256 others) public {
        mine = bound(mine, 1, MAX_SHARE);
        others = bound(others, 1, MAX_SHARE);
        uint256 classId = createClass();
        uint256 share = mintShare(classId, holder, mine);
        mintShare(classId, stranger, others);
        uint256 total;
        for (uint256 i = 0; i < amounts.length; ++i) {
            amounts[i] = bound(amounts[i], 1, MAX_AMOUNT / 4);
            settleETH(classId, amounts[i]);
            total += amounts[i];
            core.claim(share, ETH, payable(holder));
            assertEq(core.claim(share, ETH, payable(holder)), 0);
            assertEq(core.pendingRevenue(share, ETH), 0);
        }
        // Claiming in between costs nothing either: the sum is the one a single claim would have paid.
        uint256 scaledIndex = (total << 48) / (mine + others);
        assertEq(holder.balance, mine * scaledIndex >> 48);
    }

    function testFuzz_L5_SettlingInPartsEqualsSettlingAtOnce(uint256 a, uint256 b, uint256[3] memory shares) public {
        a = bound(a, 1, MAX_AMOUNT / 2);
        b = bound(b, 1, MAX_AMOUNT / 2);
        uint256 apart = createClass();
        uint256 atOnce = createClass();
        uint256[3] memory left;
        uint256[3] memory right;
        for (uint256 i = 0; i < 3; ++i) {
            shares[i] = bound(shares[i], 1, MAX_SHARE);
            left[i] = mintShare(apart, holder, shares[i]);
            right[i] = mintShare(atOnce, holder, shares[i]);
        }
        settleUSD(apart, a);
        settleUSD(apart, b);
        settleUSD(atOnce, a + b);
        for (uint256 i = 0; i < 3; ++i) {
            // Less than one smallest unit apart, in whole units: equal.
            assertEq(core.pendingRevenue(left[i], address(usd)), core.pendingRevenue(right[i], address(usd)));
        }
    }

    function testFuzz_L5_RoyaltiesInPartsEqualRoyaltiesAtOnce(uint256 a, uint256 b, uint16 bps) public {
        a = bound(a, 1, MAX_AMOUNT / 2);
        b = bound(b, 1, MAX_AMOUNT / 2);
        bps = uint16(bound(bps, 0, 10_000));
        uint256 root = createClass();
        mintShare(root, stranger, 1);
        uint256 apart = createClass(parent(root, bps), address(0));
        uint256 atOnce = createClass(parent(root, bps), address(0));
        uint256 left = mintShare(apart, holder, 1);
        uint256 right = mintShare(atOnce, holder, 1);
        settleETH(apart, a);
        uint256 paidApart = token.collectRoyalty(apart, 0, ETH);
        settleETH(apart, b);
        paidApart += token.collectRoyalty(apart, 0, ETH);
        settleETH(atOnce, a + b);
        assertEq(paidApart, token.collectRoyalty(atOnce, 0, ETH));
        assertEq(core.pendingRevenue(left, ETH), core.pendingRevenue(right, ETH));
    }

    function testFuzz_L6_AShareEarnsNothingFromBeforeItEntered(uint256 before, uint256 later, uint256 mine, uint256 old)
        public
    {
        before = bound(before, 1, MAX_AMOUNT / 2);
        later = bound(later, 1, MAX_AMOUNT / 2);
        mine = bound(mine, 1, MAX_SHARE);
        old = bound(old, 1, MAX_SHARE);
        uint256 classId = createClass();
        uint256 first = mintShare(classId, stranger, old);
        settleETH(classId, before);
        settleUSD(classId, before);
        uint256 second = mintShare(classId, holder, mine);
        assertEq(core.pendingRevenue(second, ETH), 0);
        assertEq(core.pendingRevenue(second, address(usd)), 0);

        settleETH(classId, later);
        uint256 carry = (before << 48) % old;
        uint256 index = ((later << 48) + carry) / (mine + old);
        assertEq(core.pendingRevenue(second, ETH), mine * index >> 48);
        assertEq(core.pendingRevenue(second, address(usd)), 0);
        assertEq(core.pendingRevenue(first, ETH), old * ((before << 48) / old + index) >> 48);
    }

    /// @notice P2: frozen at its expiry exactly, whether anybody poked it or not.
    function testFuzz_L6_AShareEarnsNothingAfterItLeft(uint256 before, uint256 later, uint256 lasting, uint32 lapse)
        public
    {
        before = bound(before, 1, MAX_AMOUNT / 2);
        later = bound(later, 1, MAX_AMOUNT / 2);
        lasting = bound(lasting, 1, MAX_SHARE);
        lapse = uint32(bound(lapse, 1, 1000 days));
        uint64 expireAt = uint64(START + 1 days);
        uint256 classId = createClass();
        uint256 leaving = mint(classId, holder, 0, 1000, expireAt);
        uint256 staying = mintShare(classId, stranger, lasting);
        settleETH(classId, before);
        uint256 earned = core.pendingRevenue(leaving, ETH);
        assertEq(earned, 1000 * ((before << 48) / (1000 + lasting)) >> 48);

        vm.warp(uint256(expireAt) + lapse);
        assertEq(token.totalShareOf(classId), lasting);
        assertEq(core.pendingRevenue(leaving, ETH), earned);
        settleETH(classId, later);
        assertEq(core.pendingRevenue(leaving, ETH), earned);
        uint256 whole = before + later - earned;
        assertApproxEqAbs(core.pendingRevenue(staying, ETH), whole, 2);

        vm.prank(holder);
        assertEq(core.claim(leaving, ETH, payable(holder)), earned);
    }

    function testFuzz_L7_ExpiryEndsUsage(uint64 value, uint32 lapse) public {
        value = uint64(bound(value, 2, type(uint64).max));
        lapse = uint32(bound(lapse, 1, 1000 days));
        uint64 expireAt = uint64(START + 1 days);
        uint256 classId = createClass();
        uint256 tokenId = mintValue(classId, holder, value, expireAt);
        uint256 other = mintValue(classId, holder, 0, expireAt);
        uint256 lasting = mintValue(classId, holder, 5, 0);

        // P20: valid at equality.
        vm.warp(expireAt);
        vm.startPrank(holder);
        core.recordUsage(tokenId, keccak256("calls"), 1);
        core.transferValue(tokenId, other, 1);

        vm.warp(uint256(expireAt) + lapse);
        bytes memory reason = abi.encodeWithSelector(IDATErrors.ERC8028Expired.selector, tokenId, expireAt);
        vm.expectRevert(reason);
        core.recordUsage(tokenId, keccak256("calls"), 1);
        vm.expectRevert(reason);
        core.transferValue(tokenId, lasting, 1);
        vm.expectRevert(reason);
        core.transferValue(lasting, tokenId, 1);
        vm.expectRevert(reason);
        token.lock(tokenId, 1, address(channels), abi.encode(channelTerms(tokenId, 1)));
    }

    function testFuzz_L7_AllSharesExpired(uint256 amount, uint32 lapse) public {
        amount = bound(amount, 1, MAX_AMOUNT);
        lapse = uint32(bound(lapse, 1, 1000 days));
        uint256 classId = createClass();
        uint64 expireAt = uint64(START + 1 days);
        mint(classId, holder, 0, 5, expireAt);
        vm.warp(uint256(expireAt) + lapse);
        vm.deal(address(this), amount);
        vm.expectRevert(abi.encodeWithSelector(IDATRevenue.ERC8028NoActiveShare.selector, classId));
        core.settleRevenueETH{value: amount}(classId);
    }
}
