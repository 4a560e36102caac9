// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuard} from "../../src/base/ReentrancyGuard.sol";
import {LotTerms} from "../../src/interfaces/IDATLots.sol";
import {IOperatorBond, SignedReceipt} from "../../src/interfaces/IOperatorBond.sol";
import {Channel} from "../../src/interfaces/IValueChannels.sol";
import {BlacklistAsset, FalseReturnAsset, NoReturnAsset, ReentrantAsset} from "../helpers/Assets.sol";
import {EthReenterer, EthRejecter} from "../helpers/Receivers.sol";
import {BondTest} from "./BondTest.sol";

/// @notice Hostile assets and receivers.
contract OperatorBondAssetsTest is BondTest {
    function test_P7_AHolderThatRefusesEtherBlocksNobody() public {
        EthRejecter rejecter = new EthRejecter();
        post(ETH, 2000);
        Channel memory channel = serve("a", 50);
        (SignedReceipt memory first, SignedReceipt memory second) = pairOf(channel);
        rejecter.act(address(bond), abi.encodeCall(IOperatorBond.proveFraud, (channel, ETH, first, second)));
        vm.warp(START + WINDOW + 1);
        pay(channel, ETH);
        bytes memory toItself = abi.encodeCall(IOperatorBond.withdraw, (ETH, payable(address(rejecter))));
        vm.expectRevert(abi.encodeWithSelector(IOperatorBond.OperatorBondPaymentFailed.selector, address(rejecter), 50));
        rejecter.act(address(bond), toItself);
        vm.expectRevert(abi.encodeWithSelector(IOperatorBond.OperatorBondPaymentFailed.selector, address(0), 50));
        rejecter.act(address(bond), abi.encodeCall(IOperatorBond.withdraw, (ETH, payable(address(0)))));
        vm.prank(holder);
        assertEq(bond.withdraw(ETH, payable(holder)), 500);
        rejecter.act(address(bond), abi.encodeCall(IOperatorBond.withdraw, (ETH, payable(stranger))));
        assertEq(stranger.balance, 50);
    }

    function test_P7_NobodyIsCalledToBePaidNothing() public {
        EthRejecter rejecter = new EthRejecter();
        bytes memory answer =
            rejecter.act(address(bond), abi.encodeCall(IOperatorBond.withdraw, (ETH, payable(address(rejecter)))));
        assertEq(abi.decode(answer, (uint256)), 0);
    }

    function test_P7_AReenteringReporterIsPaidOnce() public {
        EthReenterer reenterer = new EthReenterer();
        post(ETH, 2000);
        Channel memory channel = serve("a", 50);
        (SignedReceipt memory first, SignedReceipt memory second) = pairOf(channel);
        reenterer.act(address(bond), abi.encodeCall(IOperatorBond.proveFraud, (channel, ETH, first, second)));
        vm.warp(START + WINDOW + 1);
        pay(channel, ETH);
        bytes memory again = abi.encodeCall(IOperatorBond.withdraw, (ETH, payable(address(reenterer))));
        reenterer.arm(address(bond), again);
        reenterer.act(address(bond), again);
        assertTrue(reenterer.called());
        assertFalse(reenterer.succeeded());
        assertEq(address(reenterer).balance, 50);
    }

    function test_P7_AnAssetThatReentersWhilePostedCountsOnce() public {
        ReentrantAsset asset = new ReentrantAsset();
        asset.mint(address(this), 100);
        asset.approve(address(bond), 100);
        asset.arm(address(bond), abi.encodeCall(IOperatorBond.post, (operator, address(asset), 0)));
        assertEq(bond.post(operator, address(asset), 100), 100);
        assertTrue(asset.called());
        assertFalse(asset.succeeded());
    }

    function test_P7_NothingIsProvenNorRaisedWhileABondIsOnItsWay() public {
        post(ETH, 1000);
        Channel memory channel = serve("a", 50);
        (SignedReceipt memory first, SignedReceipt memory second) = pairOf(channel);
        ReentrantAsset asset = new ReentrantAsset();
        asset.mint(address(this), 200);
        asset.approve(address(bond), 200);
        bytes[2] memory calls = [
            abi.encodeCall(IOperatorBond.proveFraud, (channel, ETH, first, second)),
            abi.encodeCall(IOperatorBond.raiseClaim, (channel, ETH))
        ];
        for (uint256 i; i < calls.length; ++i) {
            asset.arm(address(bond), calls[i]);
            bond.post(operator, address(asset), 100);
            assertTrue(asset.called());
            assertEq(asset.answer(), abi.encodeWithSelector(ReentrancyGuard.ReentrancyGuardReentrantCall.selector));
        }
    }

    function test_P7_NoBondIsReleasedWhileAnotherIsOnItsWay() public {
        ReentrantAsset asset = new ReentrantAsset();
        asset.mint(address(this), 200);
        asset.approve(address(bond), 200);
        bond.post(address(asset), address(asset), 100);
        vm.prank(address(asset));
        bond.startUnbonding(address(asset));
        vm.warp(START + WINDOW + 1);
        asset.arm(address(bond), abi.encodeCall(IOperatorBond.release, (address(asset), payable(stranger))));
        assertEq(bond.post(operator, address(asset), 100), 100);
        assertTrue(asset.called());
        assertEq(asset.answer(), abi.encodeWithSelector(ReentrancyGuard.ReentrancyGuardReentrantCall.selector));
        assertEq(asset.balanceOf(address(bond)), 200);
    }

    /// @notice Else what is burned meanwhile would be missing from what arrived.
    function test_P7_NothingIsBurnedWhileABondIsOnItsWay() public {
        ReentrantAsset asset = new ReentrantAsset();
        asset.mint(address(this), 300);
        asset.approve(address(bond), 300);
        bond.post(operator, address(asset), 200);
        prove(serve("a", 50), address(asset));
        vm.warp(START + WINDOW + 1);
        asset.arm(address(bond), abi.encodeCall(IOperatorBond.burn, (operator, address(asset), 1)));
        assertEq(bond.post(operator, address(asset), 100), 100);
        assertTrue(asset.called());
        assertEq(asset.answer(), abi.encodeWithSelector(ReentrancyGuard.ReentrancyGuardReentrantCall.selector));
        assertEq(bond.burn(operator, address(asset), 1), 95);
    }

    function test_P7_FalseReturnAndNoReturn() public {
        FalseReturnAsset liar = new FalseReturnAsset();
        liar.mint(address(this), 100);
        liar.approve(address(bond), 100);
        vm.expectRevert(abi.encodeWithSelector(SafeERC20.SafeERC20FailedOperation.selector, address(liar)));
        bond.post(operator, address(liar), 100);
        NoReturnAsset mute = new NoReturnAsset();
        mute.mint(address(this), 100);
        mute.approve(address(bond), 100);
        assertEq(bond.post(operator, address(mute), 100), 100);
        vm.prank(operator);
        bond.startUnbonding(address(mute));
        vm.warp(START + WINDOW + 1);
        vm.prank(operator);
        bond.release(address(mute), payable(operator));
        assertEq(mute.balanceOf(operator), 100);
    }

    function test_P7_AnAssetThatRefusesToBurnBlocksNobody() public {
        BlacklistAsset asset = new BlacklistAsset();
        asset.setBlacklisted(burned, true);
        LotTerms memory terms = lotTerms(address(asset), 10, 1);
        uint32 other = createLot(classId, terms);
        openListing(classId, other, 1000, 0);
        asset.mint(holder, 1000);
        vm.startPrank(holder);
        asset.approve(address(market), 1000);
        (uint256 tokenId,) = market.buy(classId, other, 100, holder, 1000);
        vm.stopPrank();
        Channel memory channel = channelTerms(tokenId, 100);
        openChannel(channel);
        captureTo(channel, 20);
        asset.mint(address(this), 2000);
        asset.approve(address(bond), 2000);
        bond.post(operator, address(asset), 2000);
        prove(channel, address(asset));
        vm.warp(START + WINDOW + 1);
        vm.expectRevert(abi.encodeWithSelector(BlacklistAsset.Blacklisted.selector, burned));
        bond.burn(operator, address(asset), 1);
        pay(channel, address(asset));
        vm.prank(holder);
        assertEq(bond.withdraw(address(asset), payable(holder)), 200);
        vm.prank(operator);
        bond.startUnbonding(address(asset));
    }
}
