// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {FraudProof, IOperatorBond, SignedReceipt, SlashWindow} from "../../src/interfaces/IOperatorBond.sol";
import {Channel} from "../../src/interfaces/IValueChannels.sol";
import {BondTest} from "./BondTest.sol";

/// @notice What is captured after a proof.
contract OperatorBondLateCapturesTest is BondTest {
    function raise(Channel memory channel, address asset) private returns (uint32) {
        vm.prank(stranger);
        return bond.raiseClaim(channel, asset);
    }

    function test_R26_WhatWasCapturedBeforeTheEndOfAChannelCounts() public {
        Channel memory some = serve("a", 50);
        Channel memory all = serve("b", 1000);
        Channel memory none = serve("c", 0);
        Channel memory never = serve("d", 50);
        never.salt = "never opened";
        post(ETH, 20_000);
        vm.startPrank(operator);
        channels.close(some);
        channels.close(all);
        channels.close(none);
        vm.stopPrank();
        prove(some, ETH);
        prove(all, ETH);
        prove(none, ETH);
        bytes32 neverOpened = channels.channelIdOf(never);
        (SignedReceipt memory first, SignedReceipt memory second) = pairOf(never);
        vm.expectRevert(abi.encodeWithSelector(IOperatorBond.OperatorBondNeverOpened.selector, neverOpened));
        bond.proveFraud(never, ETH, first, second);
        assertEq(bond.proofOf(ETH, channels.channelIdOf(some)).backing, 500);
        assertEq(bond.proofOf(ETH, channels.channelIdOf(all)).backing, 10_000);
        assertEq(bond.proofOf(ETH, channels.channelIdOf(none)).backing, 0);
    }

    /// @notice An operator signs two receipts, proves itself before it has captured anything, and captures then.
    function test_R26_Attack_AnEarlyProofOfOnesOwnSparesNothing() public {
        Channel memory channel = serve("a", 0);
        bytes32 channelId = channels.channelIdOf(channel);
        post(ETH, 40_000);
        (SignedReceipt memory first, SignedReceipt memory second) = pairOf(channel);
        vm.prank(operator);
        bond.proveFraud(channel, ETH, first, second);
        bytes memory nothing =
            abi.encodeWithSelector(IOperatorBond.OperatorBondNothingToRaise.selector, channelId, ETH, 0);
        vm.expectRevert(nothing);
        bond.raiseClaim(channel, ETH);
        captureTo(channel, 700);
        vm.warp(START + WINDOW);
        vm.expectEmit(address(bond));
        emit IOperatorBond.ClaimRaised(channelId, operator, ETH, 1, 7000);
        assertEq(raise(channel, ETH), 1);
        nothing = abi.encodeWithSelector(IOperatorBond.OperatorBondNothingToRaise.selector, channelId, ETH, 7000);
        vm.expectRevert(nothing);
        bond.raiseClaim(channel, ETH);
        SlashWindow memory window = bond.windowOf(operator, ETH, 1);
        assertEq(window.claims, 7000);
        assertEq(window.proofs, 1);
        assertEq(window.pot, 20_000);
        captureTo(channel, 800);
        raise(channel, ETH);
        assertEq(bond.proofOf(ETH, channelId).reporter, operator);
        vm.warp(START + WINDOW + 1);
        vm.expectRevert(abi.encodeWithSelector(IOperatorBond.OperatorBondNothingToRaise.selector, channelId, ETH, 8000));
        bond.raiseClaim(channel, ETH);
        (uint256 holderAmount,) = pay(channel, ETH);
        assertEq(holderAmount, 8000);
        assertEq(bond.burn(operator, ETH, 1), 11_000);
    }

    /// @notice It proves itself in the last second of a window, and captures when that has ended.
    function test_R26_Attack_WhatIsCapturedAfterTheWindowSlashesAnew() public {
        Channel memory channel = serve("a", 0);
        bytes32 channelId = channels.channelIdOf(channel);
        post(ETH, 40_000);
        prove(serve("b", 0), ETH);
        vm.warp(START + WINDOW);
        prove(channel, ETH);
        captureTo(channel, 100);
        raise(channel, ETH);
        vm.warp(START + WINDOW + 1);
        captureTo(channel, 1000);
        vm.expectEmit(address(bond));
        emit IOperatorBond.FraudPaid(channelId, ETH, holder, 1000, reporter, uint256(1000) * 1001 / 1002);
        vm.expectEmit(address(bond));
        emit IOperatorBond.SlashWindowOpened(operator, ETH, 2, 10_000, 10_000, uint64(START + 2 * WINDOW + 1));
        vm.expectEmit(address(bond));
        emit IOperatorBond.FraudProven(channelId, operator, ETH, 2, holder, stranger, 9000);
        assertEq(raise(channel, ETH), 2);
        FraudProof memory proof = bond.proofOf(ETH, channelId);
        assertEq(proof.backing, 9000);
        assertEq(proof.claimed, 10_000);
        assertFalse(proof.paid);
        assertEq(proof.reporter, stranger);
        // Within the second window nothing more is to be claimed, and nothing twice.
        vm.expectRevert(
            abi.encodeWithSelector(IOperatorBond.OperatorBondNothingToRaise.selector, channelId, ETH, 10_000)
        );
        bond.raiseClaim(channel, ETH);
        vm.warp(START + 2 * WINDOW + 2);
        (uint256 holderAmount, uint256 reporterAmount) = pay(channel, ETH);
        assertEq(holderAmount, 9000);
        assertEq(reporterAmount, 500);
        assertEq(bond.owedTo(holder, ETH), 10_000);
        vm.expectRevert(abi.encodeWithSelector(IOperatorBond.OperatorBondNothingToPay.selector, channelId, ETH));
        bond.payFraud(ETH, channelId);
    }

    function test_R26_OfAPaidProofTheRestIsClaimed() public {
        Channel memory channel = serve("a", 100);
        post(ETH, 40_000);
        prove(channel, ETH);
        vm.warp(START + WINDOW + 1);
        pay(channel, ETH);
        captureTo(channel, 101);
        vm.recordLogs();
        assertEq(raise(channel, ETH), 2);
        // A window and a proof; nothing is paid again.
        assertEq(vm.getRecordedLogs().length, 2);
        assertEq(bond.owedTo(holder, ETH), 1000);
    }

    function test_R26_OnlyAProvenClaimIsRaised() public {
        Channel memory channel = serve("a", 100);
        bytes32 channelId = channels.channelIdOf(channel);
        post(ETH, 2000);
        vm.expectRevert(abi.encodeWithSelector(IOperatorBond.OperatorBondNotProven.selector, channelId, ETH));
        bond.raiseClaim(channel, ETH);
        vm.prank(operator);
        bond.startUnbonding(ETH);
        prove(channel, ETH);
        vm.warp(START + WINDOW + 1);
        vm.prank(operator);
        bond.release(ETH, payable(operator));
        captureTo(channel, 200);
        // Nothing is left to slash, and what was due stays due.
        vm.expectRevert(abi.encodeWithSelector(IOperatorBond.OperatorBondNothingBonded.selector, operator, ETH));
        bond.raiseClaim(channel, ETH);
        (uint256 holderAmount,) = pay(channel, ETH);
        assertEq(holderAmount, 950);
    }
}
