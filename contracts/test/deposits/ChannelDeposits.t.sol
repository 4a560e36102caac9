// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ParentTerms} from "../../src/interfaces/IDATClasses.sol";
import {IDATErrors} from "../../src/interfaces/IDATErrors.sol";
import {IDATPolicies} from "../../src/interfaces/IDATPolicies.sol";
import {ClassOptions} from "../../src/interfaces/IDATOptions.sol";
import {DepositTerms, IChannelDeposits, TransferAuthorization} from "../../src/interfaces/IChannelDeposits.sol";
import {Channel, ChannelMode, IValueChannels} from "../../src/interfaces/IValueChannels.sol";
import {IValueSales} from "../../src/interfaces/IValueSales.sol";
import {WordWallet} from "../helpers/AuthorizedAsset.sol";
import {DepositsTest} from "./DepositsTest.sol";

/// @notice Takes half of the price, once.
contract HalfMarket {
    address private immutable TOKEN;
    IValueSales private immutable MARKET;
    IERC20 private immutable ASSET;

    constructor(address token, IValueSales market, IERC20 asset) {
        (TOKEN, MARKET, ASSET) = (token, market, asset);
    }

    function buy(uint256 classId, uint32 lot, uint64 units, address to, uint256 maxCost)
        external
        payable
        returns (uint256, uint256)
    {
        ASSET.transferFrom(msg.sender, address(this), maxCost / 2);
        ASSET.approve(address(MARKET), maxCost);
        return MARKET.buy(classId, lot, units, to, maxCost);
    }
}

/// @notice A bond that owes its caller.
contract OwingBond {
    address public asked;
    address public paidTo;

    function withdraw(address asset, address payable to) external returns (uint256) {
        (asked, paidTo) = (msg.sender, to);
        return asset == address(7) ? 5 : 0;
    }
}

/// @notice Branches: ChannelDeposits.tree.
contract ChannelDepositsTest is DepositsTest {
    function test_R28_AnyoneSweepsADepositIntoItsChannel() public {
        address deposit = pay(terms(), 1010);
        Channel memory expected = channelOf(terms(), firstToken(lot), 30);
        bytes32 expectedId = channels.channelIdOf(expected);
        vm.expectEmit(address(deposits));
        emit IChannelDeposits.DepositSwept(deposit, expectedId, operator, expected, 1000);
        vm.prank(stranger);
        (bytes32 channelId, uint64 units, uint256 spent) = deposits.sweep(terms());
        assertEq(channelId, expectedId);
        assertEq(units, 30);
        assertEq(spent, 1000);
        assertEq(core.ownerOf(expected.tokenId), holder);
        assertEq(core.valueOf(expected.tokenId), 0);
        (bool open,, uint64 remaining,) = channels.channelState(expected);
        assertTrue(open);
        assertEq(remaining, 30);
        assertEq(aut.balanceOf(deposit), 10, "less than a unit's price stays");
        assertEq(aut.allowance(deposit, address(market)), 0);
        assertEq(deposits.token(), address(token));
        assertEq(deposits.channels(), address(channels));
    }

    function test_R28_WhatIsLeftCountsForTheNextSweep() public {
        pay(terms(), 1010);
        (bytes32 first,,) = deposits.sweep(terms());
        address deposit = pay(terms(), 24);
        (bytes32 second, uint64 units, uint256 spent) = deposits.sweep(terms());
        assertTrue(first != second);
        assertEq(units, 1);
        assertEq(spent, 34);
        assertEq(aut.balanceOf(deposit), 0);
    }

    /// @notice A token holds 64 bits of units: what would buy more buys as many, and the rest stays.
    function test_R28_MoreThanATokenHoldsBuysAsManyAsItHolds() public {
        uint64 most = type(uint64).max;
        uint32 cheap = createLot(classId, lotTerms(address(aut), 1, 1000));
        openListing(classId, cheap, most, 0);
        uint256 cost = token.lotCostUp(classId, cheap, most);
        address deposit = pay(termsOf(cheap, address(aut)), cost + 1);
        (, uint64 units, uint256 spent) = deposits.sweep(termsOf(cheap, address(aut)));
        assertEq(units, most);
        assertEq(spent, cost);
        assertEq(aut.balanceOf(deposit), 1);
    }

    function test_R28_TheRestOfTheChannelReturnsToTheHoldersToken() public {
        pay(terms(), 1000);
        deposits.sweep(terms());
        Channel memory opened = channelOf(terms(), firstToken(lot), 30);
        vm.prank(operator);
        channels.close(opened);
        assertEq(core.valueOf(opened.tokenId), 30);
        vm.prank(holder);
        assertEq(token.refund(opened.tokenId, 30, payable(holder)), 1000);
    }

    function test_R28_EthIsSweptAndRefunded() public {
        DepositTerms memory eth = termsOf(listLot(ETH), ETH);
        address deposit = pay(eth, 167);
        (, uint64 units, uint256 spent) = deposits.sweep(eth);
        assertEq(units, 5);
        assertEq(spent, 167);
        vm.deal(address(this), 20);
        (bool sent,) = deposit.call{value: 20}("");
        assertTrue(sent);
        vm.expectEmit(address(deposits));
        emit IChannelDeposits.DepositRefunded(deposit, ETH, refundTo, 20);
        vm.prank(refundTo);
        assertEq(deposits.refund(eth, ETH), 20);
        assertEq(refundTo.balance, 20);
    }

    function test_R28_EveryWordIsInTheAddress() public {
        address deposit = deposits.depositOf(terms());
        for (uint256 i = 0; i < 14; ++i) {
            DepositTerms memory other = terms();
            if (i == 0) other.market = stranger;
            if (i == 1) other.classId = 99;
            if (i == 2) other.lot = lot + 1;
            if (i == 3) other.asset = stranger;
            if (i == 4) other.holder = stranger;
            if (i == 5) other.refundTo = stranger;
            if (i == 6) other.operator = stranger;
            if (i == 7) other.channelKey = stranger;
            if (i == 8) other.rate = 8;
            if (i == 9) other.burst = 8;
            if (i == 10) other.deadline = 8;
            if (i == 11) other.grace = 8;
            if (i == 12) other.mode = ChannelMode.Strict;
            if (i == 13) other.salt = bytes32(0);
            assertTrue(deposits.depositOf(other) != deposit);
        }
    }

    function test_R28_NothingToSweep() public {
        address deposit = pay(terms(), 33);
        vm.expectRevert(abi.encodeWithSelector(IChannelDeposits.ChannelDepositsNothingToSweep.selector, deposit, 33));
        deposits.sweep(terms());
        DepositTerms memory other = termsOf(lot, address(usd));
        pay(other, 1000);
        vm.expectRevert(
            abi.encodeWithSelector(IChannelDeposits.ChannelDepositsWrongAsset.selector, address(aut), address(usd))
        );
        deposits.sweep(other);
    }

    function test_R28_ASupersededLotIsRefundedToTheRefundAddressOnly() public {
        pay(terms(), 1000);
        vm.prank(issuer);
        token.publishPolicy(classId, "ipfs://next", keccak256("next"));
        vm.expectRevert(abi.encodeWithSelector(IDATPolicies.DATLotSuperseded.selector, classId, lot, 1, 2));
        deposits.sweep(terms());
        refundsAll(1000);
        // The new lot's deposit is another address, and another channel.
        DepositTerms memory next = termsOf(listLot(address(aut)), address(aut));
        pay(next, 1000);
        deposits.sweep(next);
    }

    function test_R28_WhatTheMarketDoesNotSellIsRefunded() public {
        pay(terms(), 100_000);
        vm.expectRevert(abi.encodeWithSelector(IValueSales.ValueMarketSoldOut.selector, classId, lot, 1000, 3000));
        deposits.sweep(terms());
        vm.prank(issuer);
        market.closeListing(classId, lot);
        vm.expectRevert(abi.encodeWithSelector(IValueSales.ValueMarketNotListed.selector, classId, lot));
        deposits.sweep(terms());
        refundsAll(100_000);
    }

    function test_R28_AfterTheDeadlineAnyoneRefunds() public {
        address deposit = pay(terms(), 1000);
        vm.warp(START + 30 days);
        vm.prank(stranger);
        vm.expectRevert(
            abi.encodeWithSelector(IChannelDeposits.ChannelDepositsTooEarly.selector, stranger, START + 30 days)
        );
        deposits.refund(terms(), address(aut));
        vm.expectRevert(abi.encodeWithSelector(IValueChannels.ValueChannelsInvalidTerms.selector, bytes32("deadline")));
        deposits.sweep(terms());
        vm.warp(START + 30 days + 1);
        vm.prank(stranger);
        assertEq(deposits.refund(terms(), address(aut)), 1000);
        assertEq(aut.balanceOf(refundTo), 1000);
        assertEq(aut.balanceOf(deposit), 0);
        vm.expectRevert(
            abi.encodeWithSelector(IChannelDeposits.ChannelDepositsNothingToRefund.selector, deposit, address(aut))
        );
        deposits.refund(terms(), address(aut));
    }

    function test_R28_AnotherAssetThatWasSentByMistakeIsRefunded() public {
        usd.mint(deposits.depositOf(terms()), 12);
        vm.prank(refundTo);
        assertEq(deposits.refund(terms(), address(usd)), 12);
        assertEq(usd.balanceOf(refundTo), 12);
    }

    function test_R28_TokensThatStayAreNotSoldIntoChannels() public {
        vm.prank(issuer);
        classId = token.createClassWithOptions(
            classTerms(new ParentTerms[](0), address(0)), ClassOptions(0, 0, 0, 0, 0, true, false, false)
        );
        lot = listLot(address(aut));
        pay(terms(), 1000);
        vm.expectRevert(abi.encodeWithSelector(IDATErrors.DATNonTransferable.selector, firstToken(lot) | 1 << 31));
        deposits.sweep(terms());
        refundsAll(1000);
    }

    function test_R28_AMarketThatTakesLessLeavesTheRest() public {
        DepositTerms memory other = terms();
        HalfMarket half = new HalfMarket(address(token), market, aut);
        aut.mint(address(half), 500);
        other.market = address(half);
        address deposit = pay(other, 1000);
        (, uint64 units, uint256 spent) = deposits.sweep(other);
        assertEq(units, 30);
        assertEq(spent, 500);
        assertEq(aut.balanceOf(deposit), 500);
        assertEq(aut.allowance(deposit, address(half)), 0);
    }

    function test_R28_ATransferByAuthorizationIsSweptInOne() public {
        vm.prank(stranger);
        (bytes32 channelId, uint64 units, uint256 spent) = deposits.payAndSweep(terms(), authorize(terms(), 1000));
        assertEq(channelId, channels.channelIdOf(channelOf(terms(), firstToken(lot), 30)));
        assertEq(units, 30);
        assertEq(spent, 1000);
        assertEq(aut.balanceOf(payer), 999_000);
    }

    function test_R28_AContractPaysByItsOwnSignature() public {
        WordWallet wallet = new WordWallet(keccak256("open sesame"));
        aut.mint(address(wallet), 1000);
        TransferAuthorization memory given =
            TransferAuthorization(address(wallet), 1000, 0, START + 1, keccak256("nonce"), "open sesame");
        (, uint64 units,) = deposits.payAndSweep(terms(), given);
        assertEq(units, 30);
        assertEq(aut.balanceOf(address(wallet)), 0);
    }

    /// @notice Assets of EIP-3009 as it was written first know no other form.
    function test_R28_ASignatureOf65BytesIsPassedAsVRAndS() public {
        TransferAuthorization memory given = authorize(terms(), 1000);
        vm.mockCallRevert(
            address(aut),
            abi.encodeWithSignature("transferWithAuthorization(address,address,uint256,uint256,uint256,bytes32,bytes)"),
            "no such function"
        );
        (, uint64 units,) = deposits.payAndSweep(terms(), given);
        assertEq(units, 30);
    }

    /// @notice What the asset says of a nonce matters only where it refused.
    function test_R28_AnAssetThatForgetsNoncesIsPaid() public {
        TransferAuthorization memory given = authorize(terms(), 1000);
        vm.mockCall(address(aut), abi.encodeCall(aut.authorizationState, (payer, given.nonce)), abi.encode(false));
        (, uint64 units,) = deposits.payAndSweep(terms(), given);
        assertEq(units, 30);
    }

    function test_R28_APaymentThatFailsCostsNothing() public {
        TransferAuthorization memory given = authorize(terms(), 1000);
        vm.prank(issuer);
        market.closeListing(classId, lot);
        vm.expectRevert(abi.encodeWithSelector(IValueSales.ValueMarketNotListed.selector, classId, lot));
        deposits.payAndSweep(terms(), given);
        assertEq(aut.balanceOf(payer), 1_000_000);
        assertFalse(aut.authorizationState(payer, given.nonce));
        openListing(classId, lot, 1000, 0);
        deposits.payAndSweep(terms(), given);
        assertTrue(aut.authorizationState(payer, given.nonce));
    }

    function test_R28_WhatTheBondOwesGoesToTheRefundAddress() public {
        OwingBond bond = new OwingBond();
        vm.expectRevert(
            abi.encodeWithSelector(IChannelDeposits.ChannelDepositsUnauthorized.selector, address(this), refundTo)
        );
        deposits.withdrawBond(terms(), address(bond), address(7));
        vm.prank(refundTo);
        assertEq(deposits.withdrawBond(terms(), address(bond), address(7)), 5);
        assertEq(bond.asked(), deposits.depositOf(terms()));
        assertEq(bond.paidTo(), refundTo);
    }

    function test_R28_MoreThanAnyLotCanCostIsNoOverflow() public {
        DepositTerms memory of_ = termsOf(createLot(classId, lotTerms(address(usd), 1, 3)), address(usd));
        openListing(classId, of_.lot, type(uint64).max, 0);
        address deposit = deposits.depositOf(of_);
        usd.mint(deposit, type(uint256).max);
        (, uint64 units, uint256 spent) = deposits.sweep(of_);
        assertEq(units, type(uint64).max);
        assertEq(spent, type(uint64).max / 3);
        assertEq(usd.balanceOf(deposit), type(uint256).max - spent);
    }

    /// @notice Every smallest unit that is paid is spent on units or refundable, and the most units are bought.
    function testFuzz_R28_Conservation(uint96 numerator, uint64 denominator, uint128 first, uint128 second) public {
        numerator = uint96(bound(numerator, 1, 1e24));
        denominator = uint64(bound(denominator, 1, 1e12));
        uint32 fuzzed = createLot(classId, lotTerms(address(usd), numerator, denominator));
        openListing(classId, fuzzed, type(uint64).max, 0);
        DepositTerms memory of_ = termsOf(fuzzed, address(usd));
        uint256 unitPrice = (uint256(numerator) + denominator - 1) / denominator;
        // What the token books of one deposit fits in 96 bits.
        uint256 most = uint256(numerator) * 1e18 / denominator + unitPrice;
        if (most > 1e28) most = 1e28;
        uint256[2] memory paid = [bound(first, unitPrice, most), bound(second, unitPrice, most)];
        address deposit = deposits.depositOf(of_);
        uint256 spentInAll;
        for (uint256 i = 0; i < 2; ++i) {
            usd.mint(deposit, paid[i]);
            uint256 held = usd.balanceOf(deposit);
            (, uint64 units, uint256 spent) = deposits.sweep(of_);
            spentInAll += spent;
            assertEq(spent, token.lotCostUp(classId, fuzzed, units));
            assertGt(token.lotCostUp(classId, fuzzed, units + 1), held);
        }
        uint256 left = usd.balanceOf(deposit);
        if (left != 0) {
            vm.prank(refundTo);
            deposits.refund(of_, address(usd));
        }
        assertEq(spentInAll + usd.balanceOf(refundTo), paid[0] + paid[1]);
        assertEq(usd.balanceOf(address(token)), spentInAll);
        assertEq(usd.balanceOf(deposit), 0);
    }
}
