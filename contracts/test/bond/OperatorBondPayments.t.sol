// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IOperatorBond, SignedReceipt, SlashWindow} from "../../src/interfaces/IOperatorBond.sol";
import {Channel} from "../../src/interfaces/IValueChannels.sol";
import {BondTest} from "./BondTest.sol";

/// @notice What a proven fraud costs, and who gets it.
contract OperatorBondPaymentsTest is BondTest {
    function test_R26_HolderGetsTheCapturedBackingReporterFivePercentTheRestBurns() public {
        Channel memory channel = serve("a", 50);
        post(ETH, 20_000);
        prove(channel, ETH);
        bytes32 channelId = channels.channelIdOf(channel);
        bytes memory open = abi.encodeWithSelector(IOperatorBond.OperatorBondWindowOpen.selector, START + WINDOW);
        // In its first second and in its last.
        for (uint256 i = 0; i < 2; ++i) {
            vm.warp(START + i * WINDOW);
            vm.expectRevert(open);
            bond.payFraud(ETH, channelId);
            vm.expectRevert(open);
            bond.burn(operator, ETH, 1);
        }
        vm.warp(START + WINDOW + 1);
        vm.expectEmit(address(bond));
        emit IOperatorBond.FraudPaid(channelId, ETH, holder, 500, reporter, 500);
        bond.payFraud(ETH, channelId);
        bytes memory paid = abi.encodeWithSelector(IOperatorBond.OperatorBondNothingToPay.selector, channelId, ETH);
        vm.expectRevert(paid);
        bond.payFraud(ETH, channelId);
        vm.expectEmit(address(bond));
        emit IOperatorBond.BondBurned(operator, ETH, 1, 9000);
        assertEq(bond.burn(operator, ETH, 1), 9000);
        vm.expectRevert(abi.encodeWithSelector(IOperatorBond.OperatorBondNothingToBurn.selector, operator, ETH, 1));
        bond.burn(operator, ETH, 1);
        assertEq(bond.owedTo(holder, ETH), 500);
        vm.expectEmit(address(bond));
        emit IOperatorBond.DuesWithdrawn(holder, ETH, stranger, 500);
        vm.prank(holder);
        bond.withdraw(ETH, payable(stranger));
        vm.prank(reporter);
        bond.withdraw(ETH, payable(reporter));
        assertEq(stranger.balance, 500);
        assertEq(reporter.balance, 500);
        assertEq(burned.balance, 9000);
        assertEq(address(bond).balance, 10_000);
        vm.prank(holder);
        assertEq(bond.withdraw(ETH, payable(holder)), 0);
    }

    function test_R26_ProofsOfOneWindowArePaidProRata() public {
        Channel memory one = serve("a", 300);
        Channel memory two = serve("b", 100);
        Channel memory idle = serve("c", 0);
        post(ETH, 4000);
        prove(one, ETH);
        vm.warp(START + WINDOW);
        assertEq(prove(two, ETH), 1);
        assertEq(prove(idle, ETH), 1);
        assertEq(bond.bondOf(operator, ETH).amount, 2000);
        vm.warp(START + WINDOW + 1);
        // The pot is 2,000: 100 for reporters, 1,900 for claims of 4,000.
        (uint256 oneAmount, uint256 oneReporter) = pay(one, ETH);
        (uint256 twoAmount, uint256 twoReporter) = pay(two, ETH);
        (uint256 idleAmount, uint256 idleReporter) = pay(idle, ETH);
        assertEq(oneAmount, 1425);
        assertEq(twoAmount, 475);
        assertEq(idleAmount, 0);
        assertEq(oneReporter, uint256(100) * 3001 / 4003);
        assertEq(twoReporter, uint256(100) * 1001 / 4003);
        assertEq(idleReporter, 0);
        assertEq(bond.burn(operator, ETH, 1), 0);
        // After the window the next proof opens another, over what is left.
        assertEq(prove(serve("d", 10), ETH), 2);
        assertEq(bond.windowOf(operator, ETH, 2).pot, 1000);
    }

    /// @dev Proven over next to nothing, an operator would otherwise have a week in which no bond of it is slashed, and
    /// channels that are proven in it never could be again.
    function test_R26_ABondPostedWhileAWindowIsOpenIsSlashedToo() public {
        Channel memory first = serve("a", 0);
        Channel memory second = serve("b", 300);
        Channel memory third = serve("c", 100);
        post(ETH, 1);
        prove(first, ETH);
        assertEq(bond.bondOf(operator, ETH).amount, 0);
        post(ETH, 10_000);
        vm.warp(START + WINDOW);
        (SignedReceipt memory one, SignedReceipt memory other) = pairOf(second);
        vm.expectEmit(address(bond));
        emit IOperatorBond.SlashWindowOpened(operator, ETH, 1, 5001, 5000, uint64(START + WINDOW));
        assertEq(bond.proveFraud(second, ETH, one, other), 1);
        assertEq(bond.bondOf(operator, ETH).amount, 5000);
        // Nothing was posted since: nothing more is taken.
        vm.recordLogs();
        prove(third, ETH);
        assertEq(vm.getRecordedLogs().length, 2);
        SlashWindow memory window = bond.windowOf(operator, ETH, 1);
        assertEq(window.pot, 5001);
        assertEq(window.claims, 4000);
        assertEq(window.proofs, 3);
        assertEq(window.endsAt, START + WINDOW);
        vm.warp(START + WINDOW + 1);
        (uint256 holderAmount,) = pay(second, ETH);
        assertEq(holderAmount, 3000);
        // 250 for reporters, 4,751 for claims of 4,000.
        assertEq(bond.burn(operator, ETH, 1), 751);
    }

    function test_R26_WhatIsReleasedMeanwhileIsNotSlashed() public {
        Channel memory first = serve("a", 0);
        Channel memory second = serve("b", 300);
        post(ETH, 1000);
        vm.prank(operator);
        bond.startUnbonding(ETH);
        vm.warp(START + WINDOW);
        prove(first, ETH);
        vm.warp(START + WINDOW + 1);
        vm.prank(operator);
        assertEq(bond.release(ETH, payable(operator)), 500);
        assertEq(prove(second, ETH), 1);
        assertEq(bond.windowOf(operator, ETH, 1).pot, 500);
        assertEq(bond.bondOf(operator, ETH).amount, 0);
    }

    function test_R26_AProvenChannelIsNotCoveredAnyMore() public {
        Channel memory proven = serve("a", 50);
        Channel memory other = serve("b", 50);
        post(ETH, 1000);
        vm.prank(operator);
        bond.coverUntil(ETH, proven.deadline + proven.grace);
        assertTrue(bond.covers(proven, ETH));
        prove(proven, ETH);
        assertFalse(bond.covers(proven, ETH));
        assertTrue(bond.covers(other, ETH));
    }

    function test_R26_UnbackedValueHasNoBacking() public {
        Channel memory channel = channelTerms(mintValue(classId, holder, 100, 0), 100);
        openChannel(channel);
        captureTo(channel, 60);
        post(ETH, 2000);
        prove(channel, ETH);
        assertEq(bond.proofOf(ETH, channels.channelIdOf(channel)).backing, 0);
    }

    /// @notice R26: of what was slashed nobody gets more than a claim, reporters never more than 5 %, and what is paid and
    /// burned is the pot, to less than two smallest units a proof.
    /// forge-config: default.fuzz.runs = 100
    function testFuzz_R26_APotPaysOutNoMoreThanItself(uint128 amount, uint64[4] memory captured) public {
        amount = uint128(bound(amount, 1, 1e24));
        post(ETH, amount);
        Channel[4] memory proven;
        for (uint256 i = 0; i < 4; ++i) {
            captured[i] = uint64(bound(captured[i], 0, 1000));
            proven[i] = serve(bytes32(i), captured[i]);
            prove(proven[i], ETH);
        }
        uint256 pot = bond.windowOf(operator, ETH, 1).pot;
        assertEq(bond.bondOf(operator, ETH).amount + pot, amount);
        vm.warp(START + WINDOW + 1);
        uint256 toHolders;
        uint256 toReporters;
        for (uint256 i = 0; i < 4; ++i) {
            (uint256 holderAmount, uint256 reporterAmount) = pay(proven[i], ETH);
            assertLe(holderAmount, uint256(captured[i]) * 10);
            toHolders += holderAmount;
            toReporters += reporterAmount;
        }
        assertLe(toReporters * 20, pot);
        uint256 paid = toHolders + toReporters + bond.burn(operator, ETH, 1);
        assertLe(paid, pot);
        assertLt(pot - paid, 8);
    }
}
