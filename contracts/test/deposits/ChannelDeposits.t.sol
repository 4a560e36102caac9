// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ParentTerms} from "../../src/interfaces/IDATClasses.sol";
import {IDATErrors} from "../../src/interfaces/IDATErrors.sol";
import {IDATPolicies} from "../../src/interfaces/IDATPolicies.sol";
import {IDATRevenue} from "../../src/interfaces/IDATRevenue.sol";
import {ClassOptions} from "../../src/interfaces/IDATOptions.sol";
import {DepositTerms, IChannelDeposits, TransferAuthorization} from "../../src/interfaces/IChannelDeposits.sol";
import {Channel, ChannelMode, IValueChannels} from "../../src/interfaces/IValueChannels.sol";
import {IValueSales} from "../../src/interfaces/IValueSales.sol";
import {BlacklistAsset, FalseReturnAsset, FeeAsset, NoReturnAsset, ReentrantAsset} from "../helpers/Assets.sol";
import {AuthorizedAsset, WordWallet} from "../helpers/AuthorizedAsset.sol";
import {KedgeTest} from "../helpers/KedgeTest.sol";
import {EthRejecter} from "../helpers/Receivers.sol";

/// @dev What `ChannelDeposit` refuses with; declared again so that a change of it recompiles no test.
error ChannelDepositNotDeposits(address caller);

error ReentrancyGuardReentrantCall();

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
contract ChannelDepositsTest is KedgeTest {
    bytes32 private constant SALT = keccak256("the channel that is continued");

    IChannelDeposits private deposits;
    AuthorizedAsset private aut;
    uint256 private classId;
    uint32 private lot;
    address private payer;
    uint256 private payerSecret;
    address private refundTo = makeAddr("refund address");

    function setUp() public override {
        super.setUp();
        deposits = IChannelDeposits(deployCode("ChannelDeposits", abi.encode(address(token), address(channels))));
        aut = new AuthorizedAsset();
        (payer, payerSecret) = makeAddrAndKey("payer");
        classId = createClass();
        lot = listLot(address(aut));
        aut.mint(payer, 1_000_000);
    }

    function listLot(address asset) private returns (uint32 made) {
        made = createLot(classId, lotTerms(asset, 100, 3));
        openListing(classId, made, 1000, 0);
    }

    function termsOf(uint32 lot_, address asset) private view returns (DepositTerms memory) {
        return DepositTerms({
            market: address(market),
            classId: classId,
            lot: lot_,
            asset: asset,
            holder: holder,
            refundTo: refundTo,
            operator: operator,
            channelKey: operator,
            rate: 7,
            burst: 9,
            deadline: uint64(START + 30 days),
            grace: 1 days,
            mode: ChannelMode.Capped,
            salt: SALT
        });
    }

    function terms() private view returns (DepositTerms memory) {
        return termsOf(lot, address(aut));
    }

    function pay(DepositTerms memory to, uint256 amount) private returns (address deposit) {
        deposit = deposits.depositOf(to);
        if (to.asset == ETH) vm.deal(deposit, deposit.balance + amount);
        else AuthorizedAsset(to.asset).mint(deposit, amount);
    }

    function authorize(DepositTerms memory to, uint256 value) private view returns (TransferAuthorization memory) {
        return authorize(deposits.depositOf(to), value);
    }

    function authorize(address to, uint256 value) private view returns (TransferAuthorization memory given) {
        given = TransferAuthorization(payer, value, 0, START + 1 hours, keccak256("nonce"), "");
        bytes32 digest = aut.digestOf(payer, to, value, given.validAfter, given.validBefore, given.nonce);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(payerSecret, digest);
        given.signature = abi.encodePacked(r, s, v);
    }

    function firstToken(uint32 lot_) private view returns (uint256) {
        return (classId << 64) | (uint256(lot_) << 32) | 1;
    }

    function channelOf(DepositTerms memory of_, uint256 tokenId, uint64 units) private view returns (Channel memory) {
        return Channel(
            deposits.depositOf(of_),
            tokenId,
            of_.operator,
            of_.channelKey,
            units,
            of_.rate,
            of_.burst,
            of_.deadline,
            of_.grace,
            of_.mode,
            of_.salt
        );
    }

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

    /// @dev A listing's expiry is its issuer's at any time; a deposit buys nothing that ends before its channel.
    function test_Attack_AListingMadeShorterInFrontOfASweepBuysNothing() public {
        pay(terms(), 1000);
        openListing(classId, lot, 1000, uint64(START));
        vm.expectRevert(abi.encodeWithSelector(IValueChannels.ValueChannelsInvalidTerms.selector, bytes32("expireAt")));
        deposits.sweep(terms());
        uint64 end = terms().deadline + terms().grace;
        openListing(classId, lot, 1000, end - 1);
        vm.expectRevert(abi.encodeWithSelector(IValueChannels.ValueChannelsInvalidTerms.selector, bytes32("expireAt")));
        deposits.sweep(terms());
        uint256 before = vm.snapshotState();
        refundsAll(1000);
        vm.revertToState(before);
        openListing(classId, lot, 1000, end);
        deposits.sweep(terms());
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

    function test_Attack_APaymentCannotBeTurnedToAnotherChannel() public {
        TransferAuthorization memory given = authorize(terms(), 1000);
        DepositTerms memory thief = terms();
        thief.holder = stranger;
        bytes memory reason = abi.encodeWithSelector(AuthorizedAsset.AuthorizationInvalid.selector, payer);
        vm.expectRevert(
            abi.encodeWithSelector(IChannelDeposits.ChannelDepositsNotPaid.selector, payer, given.nonce, reason)
        );
        deposits.payAndSweep(thief, given);
        given.value = 2000;
        vm.expectRevert(
            abi.encodeWithSelector(IChannelDeposits.ChannelDepositsNotPaid.selector, payer, given.nonce, reason)
        );
        deposits.payAndSweep(terms(), given);
    }

    function test_Attack_AnAuthorizationThatSomebodySentBeforeIsNoObstacle() public {
        TransferAuthorization memory given = authorize(terms(), 1000);
        sendBefore(given);
        (, uint64 units,) = deposits.payAndSweep(terms(), given);
        assertEq(units, 30);
        assertEq(aut.balanceOf(payer), 999_000, "paid once");
    }

    function test_Attack_TheSamePaymentTwiceBuysOnce() public {
        TransferAuthorization memory given = authorize(terms(), 1000);
        deposits.payAndSweep(terms(), given);
        address deposit = deposits.depositOf(terms());
        vm.expectRevert(abi.encodeWithSelector(IChannelDeposits.ChannelDepositsNothingToSweep.selector, deposit, 0));
        deposits.payAndSweep(terms(), given);
        assertEq(aut.balanceOf(payer), 999_000);
    }

    function test_Attack_ASweepBeforeThePayersOwnFindsTheSameChannel() public {
        TransferAuthorization memory given = authorize(terms(), 1000);
        sendBefore(given);
        vm.prank(stranger);
        (bytes32 channelId,,) = deposits.sweep(terms());
        assertEq(channelId, channels.channelIdOf(channelOf(terms(), firstToken(lot), 30)));
        assertEq(core.ownerOf(firstToken(lot)), holder);
    }

    function test_Attack_ADepositThatKeepsAFee() public {
        FeeAsset fee = new FeeAsset();
        DepositTerms memory of_ = termsOf(listLot(address(fee)), address(fee));
        address deposit = deposits.depositOf(of_);
        fee.mint(deposit, 1000);
        vm.expectRevert(abi.encodeWithSelector(IValueSales.ValueMarketWrongPayment.selector, 1000, 990));
        deposits.sweep(of_);
        vm.prank(refundTo);
        assertEq(deposits.refund(of_, address(fee)), 1000);
        assertEq(fee.balanceOf(refundTo), 990);
    }

    function test_Attack_ABlacklistedRefundAddressLeavesEverythingInPlace() public {
        BlacklistAsset asset = new BlacklistAsset();
        DepositTerms memory of_ = termsOf(listLot(address(asset)), address(asset));
        address deposit = deposits.depositOf(of_);
        asset.mint(deposit, 1000);
        asset.setBlacklisted(refundTo, true);
        vm.prank(refundTo);
        vm.expectRevert(abi.encodeWithSelector(BlacklistAsset.Blacklisted.selector, refundTo));
        deposits.refund(of_, address(asset));
        assertEq(asset.balanceOf(deposit), 1000);
        deposits.sweep(of_);
        assertEq(asset.balanceOf(deposit), 0);
    }

    function test_Attack_ARefundAddressThatRefusesEth() public {
        DepositTerms memory eth = termsOf(listLot(ETH), ETH);
        eth.refundTo = address(new EthRejecter());
        pay(eth, 20);
        vm.prank(eth.refundTo);
        vm.expectRevert(abi.encodeWithSelector(IDATRevenue.DATPaymentFailed.selector, eth.refundTo, 20));
        deposits.refund(eth, ETH);
    }

    function test_Attack_AssetsWithFalseAndWithoutReturnValue() public {
        FalseReturnAsset lying = new FalseReturnAsset();
        DepositTerms memory of_ = termsOf(listLot(address(lying)), address(lying));
        lying.mint(deposits.depositOf(of_), 1000);
        vm.expectRevert();
        deposits.sweep(of_);
        vm.prank(refundTo);
        vm.expectRevert();
        deposits.refund(of_, address(lying));
        lying.setHonest(true);
        deposits.sweep(of_);
        NoReturnAsset silent = new NoReturnAsset();
        of_ = termsOf(listLot(address(silent)), address(silent));
        silent.mint(deposits.depositOf(of_), 1010);
        (, uint64 units,) = deposits.sweep(of_);
        assertEq(units, 30);
        vm.prank(refundTo);
        assertEq(deposits.refund(of_, address(silent)), 10);
    }

    function test_Attack_ReentrancyThroughADepositedAsset() public {
        ReentrantAsset asset = new ReentrantAsset();
        DepositTerms memory of_ = termsOf(listLot(address(asset)), address(asset));
        asset.mint(deposits.depositOf(of_), 1000);
        asset.arm(address(deposits), abi.encodeCall(IChannelDeposits.sweep, (of_)));
        deposits.sweep(of_);
        assertTrue(asset.called());
        assertFalse(asset.succeeded());
        assertEq(asset.answer(), abi.encodeWithSelector(ReentrancyGuardReentrantCall.selector));
        of_.refundTo = address(asset);
        asset.mint(deposits.depositOf(of_), 1000);
        asset.arm(address(deposits), abi.encodeCall(IChannelDeposits.refund, (of_, address(asset))));
        deposits.sweep(of_);
        assertFalse(asset.succeeded());
    }

    function test_Attack_OnlyItsMakerMovesADeposit() public {
        address deposit = pay(terms(), 1034);
        deposits.sweep(terms());
        bytes[3] memory calls = [
            abi.encodeWithSignature("pay(address,address)", address(aut), stranger),
            abi.encodeWithSignature("withdrawBond(address,address,address)", stranger, stranger, stranger),
            abi.encodePacked(
                bytes4(
                    keccak256(
                        "open(address,address,(address,uint256,uint32,address,address,address,address,address,uint64,uint64,uint64,uint32,uint8,bytes32))"
                    )
                ),
                abi.encode(address(token), stranger, terms())
            )
        ];
        for (uint256 i = 0; i < calls.length; ++i) {
            vm.prank(stranger);
            (bool done, bytes memory reason) = deposit.call(calls[i]);
            assertFalse(done);
            assertEq(reason, abi.encodeWithSelector(ChannelDepositNotDeposits.selector, stranger));
        }
    }

    function test_R28_MoreThanAnyLotCanCostIsNoOverflow() public {
        DepositTerms memory of_ = termsOf(createLot(classId, lotTerms(address(usd), 1, 1)), address(usd));
        openListing(classId, of_.lot, type(uint64).max, 0);
        address deposit = deposits.depositOf(of_);
        usd.mint(deposit, type(uint256).max);
        (, uint64 units, uint256 spent) = deposits.sweep(of_);
        assertEq(units, type(uint64).max);
        assertEq(spent, type(uint64).max);
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

    function refundsAll(uint256 amount) private {
        vm.prank(stranger);
        vm.expectRevert(
            abi.encodeWithSelector(IChannelDeposits.ChannelDepositsTooEarly.selector, stranger, START + 30 days)
        );
        deposits.refund(terms(), address(aut));
        vm.prank(refundTo);
        assertEq(deposits.refund(terms(), address(aut)), amount);
        assertEq(aut.balanceOf(refundTo), amount);
    }

    function sendBefore(TransferAuthorization memory given) private {
        address deposit = deposits.depositOf(terms());
        vm.prank(stranger);
        aut.transferWithAuthorization(
            given.from, deposit, given.value, given.validAfter, given.validBefore, given.nonce, given.signature
        );
    }
}
