// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IOperatorBond} from "../../src/interfaces/IOperatorBond.sol";
import {Channel} from "../../src/interfaces/IValueChannels.sol";
import {FeeAsset} from "../helpers/Assets.sol";
import {BondTest} from "./BondTest.sol";

/// @notice What is posted, promised and released.
contract OperatorBondTest is BondTest {
    function test_R26_ABondIsWhatArrived() public {
        vm.deal(address(this), 100);
        vm.expectEmit(address(bond));
        emit IOperatorBond.BondPosted(operator, ETH, 60, 60);
        assertEq(bond.post{value: 60}(operator, ETH, 60), 60);
        bond.post{value: 40}(operator, ETH, 40);
        assertEq(bond.bondOf(operator, ETH).amount, 100);

        FeeAsset asset = new FeeAsset();
        asset.mint(address(this), 1000);
        asset.approve(address(bond), 1000);
        assertEq(bond.post(operator, address(asset), 1000), 990);
        assertEq(bond.bondOf(operator, address(asset)).amount, 990);
        assertEq(bond.token(), address(token));
        assertEq(bond.channels(), address(channels));
        (uint256 slashBps, uint256 reporterBps, uint256 window) = bond.terms();
        assertEq(slashBps, 5000);
        assertEq(reporterBps, 500);
        assertEq(window, WINDOW);
    }

    function test_R26_NothingIsNoBond() public {
        vm.deal(address(this), 100);
        vm.expectRevert(abi.encodeWithSelector(IOperatorBond.OperatorBondNothingPosted.selector, operator));
        bond.post(operator, ETH, 0);
        vm.expectRevert(abi.encodeWithSelector(IOperatorBond.OperatorBondNothingPosted.selector, address(0)));
        bond.post{value: 1}(address(0), ETH, 1);
        vm.expectRevert(abi.encodeWithSelector(IOperatorBond.OperatorBondWrongPayment.selector, 2, 1));
        bond.post{value: 1}(operator, ETH, 2);
        vm.expectRevert(abi.encodeWithSelector(IOperatorBond.OperatorBondWrongPayment.selector, 0, 1));
        bond.post{value: 1}(operator, address(usd), 2);
        vm.expectRevert(abi.encodeWithSelector(IOperatorBond.OperatorBondInvalidAsset.selector, stranger));
        bond.post(operator, stranger, 2);
    }

    function test_R26_APromiseIsNeverShortened() public {
        vm.startPrank(operator);
        vm.expectEmit(address(bond));
        emit IOperatorBond.BondCovers(operator, ETH, uint64(START + 90 days));
        bond.coverUntil(ETH, uint64(START + 90 days));
        vm.expectRevert(
            abi.encodeWithSelector(IOperatorBond.OperatorBondWrongPromise.selector, START + 90 days, START + 90 days)
        );
        bond.coverUntil(ETH, uint64(START + 90 days));
        vm.expectRevert(
            abi.encodeWithSelector(IOperatorBond.OperatorBondWrongPromise.selector, START + 90 days, type(uint64).max)
        );
        bond.coverUntil(ETH, type(uint64).max);
        // The last promise that leaves room for a window.
        bond.coverUntil(ETH, type(uint64).max - 7 days);
    }

    function test_R26_UnbondingOutlastsDeadlineGraceAndWindow() public {
        Channel memory channel = serve("a", 500);
        uint64 end = channel.deadline + channel.grace;
        assertFalse(bond.covers(channel, ETH));
        post(ETH, 1000);
        assertFalse(bond.covers(channel, ETH));
        vm.startPrank(operator);
        bond.coverUntil(ETH, end);
        assertTrue(bond.covers(channel, ETH));
        channel.deadline += 1;
        assertFalse(bond.covers(channel, ETH));

        vm.expectEmit(address(bond));
        emit IOperatorBond.UnbondingStarted(operator, ETH, uint64(end + WINDOW));
        assertEq(bond.startUnbonding(ETH), end + WINDOW);
        bytes memory unbonding =
            abi.encodeWithSelector(IOperatorBond.OperatorBondUnbonding.selector, operator, ETH, end + WINDOW);
        vm.expectRevert(unbonding);
        bond.startUnbonding(ETH);
        vm.expectRevert(unbonding);
        bond.coverUntil(ETH, end + 1);
        vm.warp(end + WINDOW);
        vm.expectRevert(abi.encodeWithSelector(IOperatorBond.OperatorBondTooEarly.selector, end + WINDOW));
        bond.release(ETH, payable(operator));
        vm.warp(end + WINDOW + 1);
        vm.expectEmit(address(bond));
        emit IOperatorBond.BondReleased(operator, ETH, stranger, 1000);
        assertEq(bond.release(ETH, payable(stranger)), 1000);
        assertEq(stranger.balance, 1000);
        vm.expectRevert(abi.encodeWithSelector(IOperatorBond.OperatorBondUnbonding.selector, operator, ETH, 0));
        bond.release(ETH, payable(operator));
        vm.expectRevert(abi.encodeWithSelector(IOperatorBond.OperatorBondNothingBonded.selector, operator, ETH));
        bond.startUnbonding(ETH);
    }

    function test_R26_TheSmallestBondCoversUntilItIsSlashed() public {
        Channel memory proven = serve("a", 50);
        Channel memory channel = serve("b", 50);
        post(ETH, 1);
        vm.prank(operator);
        bond.coverUntil(ETH, channel.deadline + channel.grace);
        assertTrue(bond.covers(channel, ETH));
        prove(proven, ETH);
        assertEq(bond.bondOf(operator, ETH).amount, 0);
        assertFalse(bond.covers(channel, ETH));
    }

    function test_R26_UnbondingWithoutAPromiseLastsAWindow() public {
        post(ETH, 1000);
        vm.startPrank(operator);
        assertEq(bond.startUnbonding(ETH), START + WINDOW);
        vm.expectEmit(address(bond));
        emit IOperatorBond.UnbondingCancelled(operator, ETH);
        bond.cancelUnbonding(ETH);
        vm.expectRevert(abi.encodeWithSelector(IOperatorBond.OperatorBondUnbonding.selector, operator, ETH, 0));
        bond.cancelUnbonding(ETH);
        vm.warp(START + 30 days);
        vm.expectRevert(abi.encodeWithSelector(IOperatorBond.OperatorBondUnbonding.selector, operator, ETH, 0));
        bond.release(ETH, payable(operator));
    }

    function test_R26_AnUnbondingBondIsSlashable() public {
        Channel memory channel = serve("a", 50);
        post(ETH, 1001);
        vm.prank(operator);
        bond.startUnbonding(ETH);
        vm.warp(START + 7 days);
        prove(channel, ETH);
        vm.warp(START + 7 days + 1);
        vm.prank(operator);
        assertEq(bond.release(ETH, payable(operator)), 500);
    }

    function test_R26_WhatIsNotThereIsNamed() public {
        vm.expectRevert(abi.encodeWithSelector(IOperatorBond.OperatorBondNothingToPay.selector, bytes32("x"), ETH));
        bond.payFraud(ETH, "x");
        vm.expectRevert(abi.encodeWithSelector(IOperatorBond.OperatorBondNothingToBurn.selector, operator, ETH, 1));
        bond.burn(operator, ETH, 1);
        assertFalse(bond.covers(channelTerms(1, 1), ETH));
    }
}
