// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IDATRevenue} from "../../src/interfaces/IDATRevenue.sol";
import {DepositTerms, IChannelDeposits, TransferAuthorization} from "../../src/interfaces/IChannelDeposits.sol";
import {IValueChannels} from "../../src/interfaces/IValueChannels.sol";
import {IValueSales} from "../../src/interfaces/IValueSales.sol";
import {BlacklistAsset, FalseReturnAsset, FeeAsset, NoReturnAsset, ReentrantAsset} from "../helpers/Assets.sol";
import {AuthorizedAsset} from "../helpers/AuthorizedAsset.sol";
import {EthRejecter} from "../helpers/Receivers.sol";
import {DepositsTest} from "./DepositsTest.sol";

/// @dev What `ChannelDeposit` refuses with; declared again so that a change of it recompiles no test.
error ChannelDepositNotDeposits(address caller);

error ReentrancyGuardReentrantCall();

/// @notice Hostile assets and hostile senders.
contract ChannelDepositsAttacksTest is DepositsTest {
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
        asset.mint(deposits.depositOf(of_), 1000);
        TransferAuthorization memory given = TransferAuthorization(payer, 0, 0, START + 1, 0, "");
        asset.arm(address(deposits), abi.encodeCall(IChannelDeposits.payAndSweep, (of_, given)));
        deposits.sweep(of_);
        assertTrue(asset.called());
        assertEq(asset.answer(), abi.encodeWithSelector(ReentrancyGuardReentrantCall.selector));
        of_.refundTo = address(asset);
        asset.mint(deposits.depositOf(of_), 1000);
        asset.arm(address(deposits), abi.encodeCall(IChannelDeposits.refund, (of_, address(asset))));
        deposits.sweep(of_);
        assertTrue(asset.called());
        assertEq(asset.answer(), abi.encodeWithSelector(ReentrancyGuardReentrantCall.selector));
        asset.mint(deposits.depositOf(of_), 1000);
        asset.arm(address(deposits), abi.encodeCall(IChannelDeposits.withdrawBond, (of_, stranger, address(asset))));
        deposits.sweep(of_);
        assertTrue(asset.called());
        assertEq(asset.answer(), abi.encodeWithSelector(ReentrancyGuardReentrantCall.selector));
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

    function sendBefore(TransferAuthorization memory given) private {
        address deposit = deposits.depositOf(terms());
        vm.prank(stranger);
        aut.transferWithAuthorization(
            given.from, deposit, given.value, given.validAfter, given.validBefore, given.nonce, given.signature
        );
    }
}
