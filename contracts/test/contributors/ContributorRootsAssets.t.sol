// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuard} from "@openzeppelin/contracts/utils/ReentrancyGuard.sol";
import {Contribution, IContributorRoots} from "../../src/interfaces/IContributorRoots.sol";
import {IDATLifecycle} from "../../src/interfaces/IDATLifecycle.sol";
import {IDATRevenue} from "../../src/interfaces/IDATRevenue.sol";
import {
    BlacklistAsset,
    FalseReturnAsset,
    FeeAsset,
    NoReturnAsset,
    ReentrantAsset,
    ShrinkingAsset
} from "../helpers/Assets.sol";
import {EthReenterer, EthRejecter} from "../helpers/Receivers.sol";
import {Trees} from "../helpers/Trees.sol";
import {ContributorsTest} from "./ContributorsTest.sol";

/// @notice Hostile assets and receivers.
contract ContributorRootsAssetsTest is ContributorsTest {
    function test_P7_FeeOnTransferCreditsWhatArrived() public {
        FeeAsset asset = new FeeAsset();
        commit();
        asset.mint(address(this), 10_000);
        asset.approve(address(token), 10_000);
        core.settleRevenueERC20(classId, address(asset), 10_000);
        // 1 % on the way into the token, 1 % on the way to the vault.
        assertEq(roots.settle(share, address(asset)), 9801);
        assertEq(claim(1, 1, address(asset)), 2450);
        assertEq(claim(1, 0, address(asset)), 7350);
    }

    function test_Attack_AShareIsGivenAwayWhileItIsCommitted() public {
        EthReenterer owner = new EthReenterer();
        share = mintShare(classId, address(owner), 1024);
        settleETH(classId, 2048);
        owner.act(address(token), abi.encodeWithSignature("approve(address,uint256)", address(roots), share));
        // When the owner is paid, before the token arrives.
        owner.arm(address(token), abi.encodeCall(IDATLifecycle.retireShare, (share)));
        bytes memory commitment = abi.encodeCall(roots.commit, (share, termsOf(1), one(ETH)));
        vm.expectRevert(abi.encodeWithSelector(IContributorRoots.ContributorRootsNoShare.selector, share));
        owner.act(address(roots), commitment);
    }

    function test_P7_NoReturnPays() public {
        NoReturnAsset asset = new NoReturnAsset();
        commit();
        asset.mint(address(this), 100);
        asset.approve(address(token), 100);
        core.settleRevenueERC20(classId, address(asset), 100);
        roots.settle(share, address(asset));
        assertEq(claim(1, 0, address(asset)), 75);
    }

    function test_P7_FalseReturnPaysNobodyAndLosesNothing() public {
        FalseReturnAsset asset = new FalseReturnAsset();
        commit();
        asset.setHonest(true);
        asset.mint(address(this), 100);
        asset.approve(address(token), 100);
        core.settleRevenueERC20(classId, address(asset), 100);
        roots.settle(share, address(asset));
        asset.setHonest(false);
        bytes32[] memory path = Trees.pathOf(hashesOf(1), 0);
        vm.expectRevert(abi.encodeWithSelector(SafeERC20.SafeERC20FailedOperation.selector, address(asset)));
        roots.claim(part(1, 0, address(asset)), path, payable(ada));
        asset.setHonest(true);
        assertEq(claim(1, 0, address(asset)), 75);
    }

    function test_P7_ABlacklistedContributorBlocksNobody() public {
        BlacklistAsset asset = new BlacklistAsset();
        commit();
        asset.mint(address(this), 100);
        asset.approve(address(token), 100);
        core.settleRevenueERC20(classId, address(asset), 100);
        roots.settle(share, address(asset));
        asset.setBlacklisted(ada, true);
        bytes32[] memory path = Trees.pathOf(hashesOf(1), 0);
        vm.expectRevert(abi.encodeWithSelector(BlacklistAsset.Blacklisted.selector, ada));
        roots.claim(part(1, 0, address(asset)), path, payable(ada));
        assertEq(claim(1, 1, address(asset)), 25);
    }

    function test_P7_AShrinkingAssetBringsNothingUntilItMadeUpForIt() public {
        ShrinkingAsset asset = new ShrinkingAsset();
        address vault = commit();
        asset.mint(address(this), 200);
        asset.approve(address(token), 200);
        core.settleRevenueERC20(classId, address(asset), 100);
        roots.settle(share, address(asset));
        asset.shrink(vault, 40);
        core.settleRevenueERC20(classId, address(asset), 30);
        assertEq(roots.settle(share, address(asset)), 0);
        core.settleRevenueERC20(classId, address(asset), 20);
        assertEq(roots.settle(share, address(asset)), 10);
    }

    function test_P7_AReentrantAssetClaimsOnce() public {
        ReentrantAsset asset = new ReentrantAsset();
        commit();
        asset.mint(address(this), 100);
        asset.approve(address(token), 100);
        core.settleRevenueERC20(classId, address(asset), 100);
        bytes32[] memory path = Trees.pathOf(hashesOf(1), 0);
        bytes memory again = abi.encodeCall(IContributorRoots.claim, (part(1, 0, address(asset)), path, payable(ada)));
        asset.arm(address(roots), again);
        roots.settle(share, address(asset));
        assertFalse(asset.succeeded());
        asset.arm(address(roots), again);
        claim(1, 0, address(asset));
        assertTrue(asset.called());
        assertFalse(asset.succeeded());
        assertEq(asset.answer(), abi.encodeWithSelector(ReentrancyGuard.ReentrancyGuardReentrantCall.selector));
        assertEq(asset.balanceOf(ada), 75);
    }

    function test_P7_AContributorThatRefusesEtherBlocksNobody() public {
        EthRejecter rejecter = new EthRejecter();
        leaves[1].push(Leaf(address(rejecter), 4));
        commit();
        settleETH(classId, 80);
        roots.settle(share, ETH);
        bytes32[] memory path = Trees.pathOf(hashesOf(1), 2);
        vm.expectRevert(abi.encodeWithSelector(IDATRevenue.DATPaymentFailed.selector, address(rejecter), 40));
        roots.claim(part(1, 2, ETH), path, payable(address(rejecter)));
        assertEq(claim(1, 0, ETH), 30);
        // It can name who takes it.
        rejecter.act(address(roots), abi.encodeCall(IContributorRoots.claim, (part(1, 2, ETH), path, payable(cid))));
        assertEq(cid.balance, 40);
    }

    function test_P7_AnOwnerThatIsPaidWhileItCommitsReentersNothing() public {
        EthReenterer owner = new EthReenterer();
        leaves[1].push(Leaf(address(owner), 4));
        commit();
        uint256 own = mintShare(classId, address(owner), 1024);
        owner.act(address(token), abi.encodeCall(token.approve, (address(roots), own)));
        settleETH(classId, 160);
        roots.settle(share, ETH);
        bytes32[] memory path = Trees.pathOf(hashesOf(1), 2);
        bytes memory claimed = abi.encodeCall(IContributorRoots.claim, (part(1, 2, ETH), path, payable(address(owner))));
        owner.arm(address(roots), claimed);
        owner.act(address(roots), abi.encodeCall(IContributorRoots.commit, (own, termsOf(1), one(ETH))));
        assertEq(address(owner).balance, 80);
        assertTrue(owner.called());
        assertFalse(owner.succeeded());
        assertEq(owner.answer(), abi.encodeWithSelector(ReentrancyGuard.ReentrancyGuardReentrantCall.selector));
        // What it was refused it may claim later.
        owner.act(address(roots), claimed);
        assertEq(address(owner).balance, 120);
    }

    function test_P7_AContributorThatReentersIsPaidOnce() public {
        EthReenterer reenterer = new EthReenterer();
        leaves[1].push(Leaf(address(reenterer), 4));
        commit();
        settleETH(classId, 80);
        roots.settle(share, ETH);
        bytes32[] memory path = Trees.pathOf(hashesOf(1), 2);
        Contribution memory contribution = part(1, 2, ETH);
        reenterer.arm(
            address(roots), abi.encodeCall(IContributorRoots.claim, (contribution, path, payable(address(reenterer))))
        );
        roots.claim(contribution, path, payable(address(reenterer)));
        assertTrue(reenterer.called());
        assertFalse(reenterer.succeeded());
        assertEq(address(reenterer).balance, 40);
    }

    function test_P7_AContributorThatIsPaidNeitherSetsARootNorRenews() public {
        EthReenterer reenterer = new EthReenterer();
        leaves[1].push(Leaf(address(reenterer), 4));
        uint64 later = uint64(START + 20 days);
        share = mint(classId, holder, 0, 1024, uint64(START + 10 days));
        commit();
        vm.prank(holder);
        roots.transferControl(share, address(reenterer));
        reenterer.act(address(roots), abi.encodeCall(IContributorRoots.acceptControl, (share)));
        vm.prank(issuer);
        token.offerShareRenewal(share, later);
        bytes[2] memory calls = [
            abi.encodeCall(IContributorRoots.setRoot, (share, termsOf(2), none())),
            abi.encodeCall(IContributorRoots.renewShare, (share, later))
        ];
        for (uint256 i = 0; i < calls.length; ++i) {
            settleETH(classId, 160);
            roots.settle(share, ETH);
            reenterer.arm(address(roots), calls[i]);
            assertEq(claim(1, 2, ETH), 40);
            assertTrue(reenterer.called());
            assertEq(reenterer.answer(), abi.encodeWithSelector(ReentrancyGuard.ReentrancyGuardReentrantCall.selector));
            reenterer.act(address(roots), calls[i]);
        }
    }
}
