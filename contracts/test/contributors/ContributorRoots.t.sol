// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IERC721Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuard} from "@openzeppelin/contracts/utils/ReentrancyGuard.sol";
import {ContributorVault} from "../../src/contributors/ContributorVault.sol";
import {Commitment, Contribution, IContributorRoots, RootTerms} from "../../src/interfaces/IContributorRoots.sol";
import {ParentTerms} from "../../src/interfaces/IDATClasses.sol";
import {ClassOptions} from "../../src/interfaces/IDATOptions.sol";
import {IDATRenewals} from "../../src/interfaces/IDATRenewals.sol";
import {IDATRevenue} from "../../src/interfaces/IDATRevenue.sol";
import {IDATRevocations} from "../../src/interfaces/IDATRevocations.sol";
import {
    BlacklistAsset,
    FalseReturnAsset,
    FeeAsset,
    NoReturnAsset,
    PlainAsset,
    ReentrantAsset,
    ShrinkingAsset
} from "../helpers/Assets.sol";
import {EthReenterer, EthRejecter} from "../helpers/Receivers.sol";
import {KedgeTest} from "../helpers/KedgeTest.sol";
import {Trees} from "../helpers/Trees.sol";

contract ContributorRootsTest is KedgeTest {
    struct Leaf {
        address account;
        uint64 weight;
    }

    IContributorRoots private roots;
    uint256 private classId;
    uint256 private share;
    address private ada = makeAddr("ada");
    address private bob = makeAddr("bob");
    address private cid = makeAddr("cid");

    // The leaves of each epoch: its proofs are made of them.
    mapping(uint32 epoch => Leaf[]) private leaves;

    function setUp() public override {
        super.setUp();
        roots = IContributorRoots(deployCode("ContributorRoots", abi.encode(address(token))));
        classId = createClass();
        // A power of two divides without a remainder, so amounts below are exact.
        share = mintShare(classId, holder, 1024);
        leaves[1].push(Leaf(ada, 3));
        leaves[1].push(Leaf(bob, 1));
        leaves[2].push(Leaf(bob, 1));
        leaves[2].push(Leaf(cid, 1));
    }

    function createClassWith(ClassOptions memory options) private returns (uint256) {
        vm.prank(issuer);
        return token.createClassWithOptions(classTerms(new ParentTerms[](0), address(0)), options);
    }

    function none() private pure returns (address[] memory) {
        return new address[](0);
    }

    function one(address asset) private pure returns (address[] memory assets) {
        assets = new address[](1);
        assets[0] = asset;
    }

    function hashesOf(uint32 epoch) private view returns (bytes32[] memory hashes) {
        hashes = new bytes32[](leaves[epoch].length);
        for (uint32 i = 0; i < hashes.length; ++i) {
            hashes[i] = roots.leafOf(i, leaves[epoch][i].account, leaves[epoch][i].weight);
        }
    }

    function termsOf(uint32 epoch) private view returns (RootTerms memory terms) {
        terms.root = Trees.rootOf(hashesOf(epoch));
        terms.cid = "bafy-leaves";
        for (uint256 i = 0; i < leaves[epoch].length; ++i) {
            terms.totalWeight += leaves[epoch][i].weight;
        }
    }

    function commit() private returns (address vault) {
        return commit(termsOf(1), none());
    }

    function commit(RootTerms memory terms, address[] memory assets) private returns (address vault) {
        vm.startPrank(holder);
        token.approve(address(roots), share);
        vault = roots.commit(share, terms, assets);
        vm.stopPrank();
    }

    function setRoot(uint32 epoch, address[] memory assets) private {
        RootTerms memory terms = termsOf(epoch);
        vm.prank(holder);
        assertEq(roots.setRoot(share, terms, assets), epoch);
    }

    function part(uint32 epoch, uint32 index, address asset) private view returns (Contribution memory) {
        Leaf storage leaf = leaves[epoch][index];
        return Contribution(share, epoch, asset, index, leaf.account, leaf.weight);
    }

    function claim(uint32 epoch, uint32 index, address asset) private returns (uint256) {
        address account = leaves[epoch][index].account;
        return roots.claim(part(epoch, index, asset), Trees.pathOf(hashesOf(epoch), index), payable(account));
    }

    // Commit

    function test_R24_CommittingMovesTheTokenToItsVaultAndSetsEpochOne() public {
        RootTerms memory terms = termsOf(1);
        vm.startPrank(holder);
        token.approve(address(roots), share);
        vm.expectEmit(true, false, true, true, address(roots));
        emit IContributorRoots.ContributorsCommitted(share, address(0), holder);
        vm.expectEmit(address(roots));
        emit IContributorRoots.ContributorRootSet(share, 1, terms.root, 4, "bafy-leaves");
        address vault = roots.commit(share, terms, none());
        vm.stopPrank();

        assertEq(core.ownerOf(share), vault);
        Commitment memory commitment = roots.commitmentOf(share);
        assertEq(commitment.vault, vault);
        assertEq(commitment.controller, holder);
        assertEq(commitment.pendingController, address(0));
        assertEq(commitment.epoch, 1);
        (bytes32 root, uint64 totalWeight) = roots.rootOf(share, 1);
        assertEq(root, terms.root);
        assertEq(totalWeight, 4);
        assertEq(roots.openEpochOf(share, ETH), 1);
        assertEq(roots.openEpochOf(share + 1, ETH), 0);
        assertEq(roots.token(), address(token));
    }

    function test_R24_CommittingIsIrreversible() public {
        commit();
        RootTerms memory terms = termsOf(1);
        vm.startPrank(holder);
        vm.expectRevert();
        core.transferToken(share, holder);
        vm.expectRevert();
        core.claim(share, ETH, payable(holder));
        Commitment memory commitment = roots.commitmentOf(share);
        vm.expectRevert(
            abi.encodeWithSelector(IContributorRoots.ContributorRootsNotOwner.selector, share, holder, commitment.vault)
        );
        roots.commit(share, terms, none());
        vm.stopPrank();
    }

    function test_R24_OnlyTheOwnerCommits() public {
        RootTerms memory terms = termsOf(1);
        vm.prank(holder);
        token.approve(address(roots), share);
        vm.prank(stranger);
        vm.expectRevert(
            abi.encodeWithSelector(IContributorRoots.ContributorRootsNotOwner.selector, share, stranger, holder)
        );
        roots.commit(share, terms, none());
    }

    function test_R24_OnlyAShareThatEarnsIsCommitted() public {
        RootTerms memory terms = termsOf(1);
        uint256 valueOnly = mintValue(classId, holder, 5, 0);
        uint64 expireAt = uint64(START + 1 days);
        uint256 brief = mint(classId, holder, 0, 1, expireAt);
        vm.warp(expireAt + 1);
        vm.startPrank(holder);
        vm.expectRevert(abi.encodeWithSelector(IContributorRoots.ContributorRootsNoShare.selector, valueOnly));
        roots.commit(valueOnly, terms, none());
        vm.expectRevert(
            abi.encodeWithSelector(IContributorRoots.ContributorRootsShareExpired.selector, brief, expireAt)
        );
        roots.commit(brief, terms, none());
        vm.stopPrank();
    }

    function test_P21_AShareThatOutlivesItsTokenIsCommitted() public {
        ClassOptions memory options;
        options.sharesOutliveExpiry = true;
        classId = createClassWith(options);
        share = mint(classId, holder, 0, 1, uint64(START + 1 days));
        vm.warp(START + 2 days);
        commit();
        settleETH(classId, 8);
        assertEq(roots.settle(share, ETH), 8);
    }

    /// @notice A stranger gives the token a unit so that it could not be committed, or so that the unit were lost.
    function test_R24_Attack_StrayValueNeitherBlocksACommitmentNorIsLost() public {
        uint256 dust = mintValue(classId, stranger, 2, 0);
        vm.prank(stranger);
        core.transferValue(dust, share, 1);
        commit();
        vm.prank(stranger);
        core.transferValue(dust, share, 1);
        uint256 mine = mintValue(classId, holder, 1, 0);
        vm.prank(stranger);
        vm.expectRevert(
            abi.encodeWithSelector(IContributorRoots.ContributorRootsNotController.selector, share, stranger, holder)
        );
        roots.moveValue(share, dust, 2);
        vm.prank(holder);
        roots.moveValue(share, mine, 2);
        assertEq(core.valueOf(mine), 3);
        assertEq(core.valueOf(share), 0);
    }

    function test_P27_TheControllerAppealsForTheVault() public {
        ClassOptions memory options;
        options.appealWindow = 2 days;
        classId = createClassWith(options);
        share = mintShare(classId, holder, 1024);
        RootTerms memory terms = termsOf(1);
        vm.prank(issuer);
        token.announceRevocation(share, "ipfs://reason");
        // Nobody is given a share that is about to be taken.
        vm.prank(holder);
        vm.expectRevert(
            abi.encodeWithSelector(IContributorRoots.ContributorRootsRevocationPending.selector, share, START + 2 days)
        );
        roots.commit(share, terms, none());
        vm.prank(issuer);
        token.withdrawRevocation(share);
        commit();
        vm.prank(issuer);
        token.announceRevocation(share, "ipfs://reason");
        vm.warp(START + 1 days);
        vm.prank(stranger);
        vm.expectRevert(
            abi.encodeWithSelector(IContributorRoots.ContributorRootsNotController.selector, share, stranger, holder)
        );
        roots.appealRevocation(share, "ipfs://statement");
        vm.expectEmit(address(token));
        emit IDATRevocations.RevocationAppealed(share, uint64(START + 3 days), "ipfs://statement");
        vm.prank(holder);
        roots.appealRevocation(share, "ipfs://statement");
        vm.expectRevert(abi.encodeWithSelector(IContributorRoots.ContributorRootsNotCommitted.selector, share + 1));
        roots.renewShare(share + 1, 5);
    }

    function test_P27_ACommittedShareIsRenewedForItsContributors() public {
        share = mint(classId, holder, 0, 1024, uint64(START + 10 days));
        address vault = commit();
        settleETH(classId, 2048);
        vm.prank(issuer);
        token.offerShareRenewal(share, uint64(START + 20 days));
        assertEq(roots.shareTokenOf(share), share);
        vm.prank(stranger);
        uint256 renewed = roots.renewShare(share, uint64(START + 20 days));
        assertEq(core.ownerOf(renewed), vault);
        assertEq(roots.shareTokenOf(share), renewed);
        vm.warp(START + 15 days);
        settleETH(classId, 1024);
        // Half of the class is this share: before, the other share was there, too.
        uint256 whole = roots.settle(share, ETH);
        assertEq(whole, core.pendingRevenue(share - 1, ETH));
        assertEq(claim(1, 0, ETH), whole * 3 / 4);
        assertEq(roots.settle(share, ETH), 0);
        // Again, and now the controller has nothing to do with it.
        vm.prank(issuer);
        token.offerShareRenewal(renewed, uint64(START + 30 days));
        settleETH(classId, 1024);
        vm.prank(holder);
        roots.renounceControl(share);
        uint256 last = roots.renewShare(share, uint64(START + 30 days));
        vm.warp(START + 25 days);
        settleETH(classId, 1024);
        // What was earned in between is there once anyone claims it.
        assertEq(roots.settle(share, ETH), core.pendingRevenue(share - 1, ETH) - whole - 512);
        assertEq(core.claim(renewed, ETH, payable(vault)), 512);
        assertEq(roots.settle(share, ETH), 512);
        assertEq(core.pendingRevenue(last, ETH), 0);
    }

    function test_R24_ARootAndAWeightAreNeeded() public {
        vm.startPrank(holder);
        token.approve(address(roots), share);
        bytes memory reason = abi.encodeWithSelector(IContributorRoots.ContributorRootsEmptyRoot.selector, share);
        vm.expectRevert(reason);
        roots.commit(share, RootTerms(0, 4, ""), none());
        vm.expectRevert(reason);
        roots.commit(share, RootTerms(keccak256("root"), 0, ""), none());
        vm.stopPrank();
    }

    function test_R24_WhatWasEarnedBeforeIsPaidToTheOneWhoCommits() public {
        settleETH(classId, 100);
        settleUSD(classId, 50);
        commit(termsOf(1), one(ETH));
        assertEq(holder.balance, 100);
        // What was not named belongs to the first root.
        assertEq(roots.settle(share, address(usd)), 50);
        assertEq(roots.settle(share, ETH), 0);
        (uint256 accrued,) = roots.accruedOf(share, 1, address(usd));
        assertEq(accrued, 50);
    }

    // Claims

    function test_R24_EachLeafClaimsItsPart() public {
        address vault = commit();
        settleETH(classId, 100);
        vm.expectEmit(address(roots));
        emit IContributorRoots.ContributorsSettled(share, 1, ETH, 100);
        assertEq(roots.settle(share, ETH), 100);
        assertEq(roots.claimableOf(part(1, 0, ETH)), 75);
        vm.expectEmit(address(roots));
        emit IContributorRoots.ContributionClaimed(share, ada, ETH, 1, 0, ada, 75);
        assertEq(claim(1, 0, ETH), 75);
        assertEq(claim(1, 1, ETH), 25);
        assertEq(ada.balance, 75);
        assertEq(bob.balance, 25);
        assertEq(vault.balance, 0);
        (uint256 accrued, uint256 claimed) = roots.accruedOf(share, 1, ETH);
        assertEq(accrued, 100);
        assertEq(claimed, 100);
    }

    function test_L4_ClaimingTwicePaysOnce() public {
        commit();
        settleUSD(classId, 100);
        roots.settle(share, address(usd));
        assertEq(claim(1, 0, address(usd)), 75);
        assertEq(claim(1, 0, address(usd)), 0);
        settleUSD(classId, 4);
        roots.settle(share, address(usd));
        assertEq(claim(1, 0, address(usd)), 3);
        assertEq(usd.balanceOf(ada), 78);
    }

    function test_R24_OnlyTheContributorChoosesWhereItIsPaid() public {
        commit();
        settleETH(classId, 100);
        roots.settle(share, ETH);
        Contribution memory contribution = part(1, 0, ETH);
        bytes32[] memory path = Trees.pathOf(hashesOf(1), 0);
        vm.prank(stranger);
        vm.expectRevert(abi.encodeWithSelector(IContributorRoots.ContributorRootsUnauthorized.selector, ada, stranger));
        roots.claim(contribution, path, payable(stranger));
        vm.prank(ada);
        roots.claim(contribution, path, payable(cid));
        assertEq(cid.balance, 75);
    }

    function test_R24_NoOtherLeafHasAProof() public {
        commit();
        settleETH(classId, 100);
        roots.settle(share, ETH);
        bytes32[] memory path = Trees.pathOf(hashesOf(1), 0);
        Contribution memory contribution = part(1, 0, ETH);
        contribution.weight = 4;
        refuse(contribution, path);
        contribution = part(1, 0, ETH);
        contribution.index = 1;
        refuse(contribution, path);
        contribution = part(1, 0, ETH);
        contribution.account = stranger;
        refuse(contribution, path);
        contribution = part(1, 0, ETH);
        contribution.epoch = 2;
        refuse(contribution, path);
        assertEq(roots.claimableOf(contribution), 0);
        contribution = part(1, 0, ETH);
        contribution.tokenId = share + 1;
        refuse(contribution, path);
        refuse(part(1, 0, ETH), new bytes32[](0));
    }

    function refuse(Contribution memory contribution, bytes32[] memory path) private {
        bytes32 leaf = roots.leafOf(contribution.index, contribution.account, contribution.weight);
        vm.expectRevert(
            abi.encodeWithSelector(
                IContributorRoots.ContributorRootsWrongProof.selector, contribution.tokenId, contribution.epoch, leaf
            )
        );
        roots.claim(contribution, path, payable(contribution.account));
    }

    function test_R24_LeavesInAllGetNeverMoreThanTheTokenAccrued() public {
        // The root says 4, its leaves weigh 7.
        leaves[1].push(Leaf(cid, 3));
        RootTerms memory terms = termsOf(1);
        terms.totalWeight = 4;
        commit(terms, none());
        uint256 other = mintShare(classId, stranger, 1024);
        settleETH(classId, 200);
        roots.settle(share, ETH);
        claim(1, 0, ETH);
        bytes32[] memory path = Trees.pathOf(hashesOf(1), 2);
        vm.expectRevert(
            abi.encodeWithSelector(IContributorRoots.ContributorRootsExhausted.selector, share, 1, ETH, 25, 75)
        );
        roots.claim(part(1, 2, ETH), path, payable(cid));
        // A later epoch has its own books.
        setRoot(2, one(ETH));
        settleETH(classId, 200);
        roots.settle(share, ETH);
        vm.expectRevert(
            abi.encodeWithSelector(IContributorRoots.ContributorRootsExhausted.selector, share, 1, ETH, 25, 75)
        );
        roots.claim(part(1, 2, ETH), path, payable(cid));
        assertEq(claim(2, 1, ETH), 50);
        assertEq(core.pendingRevenue(other, ETH), 200);
    }

    function test_R24_WhoMadeTheTokenPayDoesNotMatter() public {
        address vault = commit();
        settleETH(classId, 100);
        settleUSD(classId, 100);
        vm.startPrank(stranger);
        core.claim(share, ETH, payable(vault));
        core.claim(share, address(usd), payable(vault));
        vm.stopPrank();
        assertEq(roots.settle(share, ETH), 100);
        assertEq(roots.settle(share, address(usd)), 100);
        assertEq(claim(1, 1, ETH), 25);
        assertEq(claim(1, 1, address(usd)), 25);
    }

    function test_R24_TheVaultObeysNobodyElse() public {
        address vault = commit();
        settleETH(classId, 100);
        roots.settle(share, ETH);
        vm.startPrank(holder);
        bytes[5] memory calls = [
            abi.encodeCall(ContributorVault.pay, (ETH, payable(holder), 100)),
            abi.encodeCall(ContributorVault.collect, (core, share, ETH)),
            abi.encodeCall(ContributorVault.renewShare, (IDATRenewals(address(token)), share, 0)),
            abi.encodeCall(ContributorVault.appealRevocation, (IDATRevocations(address(token)), share, "")),
            abi.encodeCall(ContributorVault.moveValue, (core, share, share, 1))
        ];
        for (uint256 i; i < calls.length; ++i) {
            (bool done, bytes memory why) = vault.call(calls[i]);
            assertFalse(done);
            assertEq(why, abi.encodeWithSelector(ContributorVault.ContributorVaultNotRoots.selector, holder));
        }
        vm.stopPrank();
        assertEq(vault.balance, 100);
    }

    // Roots

    function test_R24_ANewRootKeepsWhatTheOldOneEarned() public {
        commit();
        settleETH(classId, 100);
        settleUSD(classId, 40);
        setRoot(2, one(ETH));
        assertEq(roots.openEpochOf(share, ETH), 2);
        assertEq(roots.openEpochOf(share, address(usd)), 1);
        settleETH(classId, 10);
        roots.settle(share, ETH);
        // Not named, so epoch 1 stayed open in it until now.
        roots.settle(share, address(usd));
        assertEq(roots.openEpochOf(share, address(usd)), 2);
        settleUSD(classId, 6);
        roots.settle(share, address(usd));
        assertEq(claim(1, 0, ETH), 75);
        assertEq(claim(1, 1, ETH), 25);
        assertEq(claim(2, 0, ETH), 5);
        assertEq(claim(2, 1, ETH), 5);
        assertEq(claim(1, 0, address(usd)), 30);
        assertEq(claim(1, 1, address(usd)), 10);
        assertEq(claim(2, 1, address(usd)), 3);
    }

    function test_R24_ASkippedRootTakesNothingFromTheOneBefore() public {
        commit();
        settleETH(classId, 100);
        setRoot(2, none());
        leaves[3].push(Leaf(stranger, 1));
        setRoot(3, none());
        roots.settle(share, ETH);
        (uint256 first,) = roots.accruedOf(share, 1, ETH);
        (uint256 second,) = roots.accruedOf(share, 2, ETH);
        (uint256 third,) = roots.accruedOf(share, 3, ETH);
        assertEq(first, 100);
        assertEq(second, 0);
        assertEq(third, 0);
        assertEq(roots.openEpochOf(share, ETH), 3);
        // A single leaf is the root.
        settleETH(classId, 7);
        roots.settle(share, ETH);
        assertEq(claim(3, 0, ETH), 7);
    }

    function test_R24_OnlyTheControllerSetsRoots() public {
        RootTerms memory terms = termsOf(2);
        vm.expectRevert(abi.encodeWithSelector(IContributorRoots.ContributorRootsNotCommitted.selector, share));
        roots.setRoot(share, terms, none());
        vm.expectRevert(abi.encodeWithSelector(IContributorRoots.ContributorRootsNotCommitted.selector, share));
        roots.settle(share, ETH);
        commit();
        vm.prank(stranger);
        vm.expectRevert(
            abi.encodeWithSelector(IContributorRoots.ContributorRootsNotController.selector, share, stranger, holder)
        );
        roots.setRoot(share, terms, none());
    }

    function test_R24_ATransferMovesOnlyTheRightToReRoot() public {
        commit();
        settleETH(classId, 100);
        vm.prank(holder);
        vm.expectEmit(address(roots));
        emit IContributorRoots.ControlTransferStarted(share, holder, stranger);
        roots.transferControl(share, stranger);
        vm.prank(operator);
        vm.expectRevert(
            abi.encodeWithSelector(
                IContributorRoots.ContributorRootsNotPendingController.selector, share, operator, stranger
            )
        );
        roots.acceptControl(share);
        vm.startPrank(stranger);
        vm.expectEmit(address(roots));
        emit IContributorRoots.ControlTransferred(share, holder, stranger);
        roots.acceptControl(share);
        roots.setRoot(share, termsOf(2), one(ETH));
        vm.stopPrank();
        assertEq(claim(1, 0, ETH) + claim(1, 1, ETH), 100);
        assertEq(roots.commitmentOf(share).controller, stranger);
        assertEq(roots.commitmentOf(share).pendingController, address(0));
        assertEq(stranger.balance, 0);
        vm.prank(holder);
        vm.expectRevert();
        roots.transferControl(share, holder);
    }

    function test_R24_ControlCanBeGivenUp() public {
        commit();
        vm.startPrank(holder);
        roots.transferControl(share, stranger);
        roots.renounceControl(share);
        RootTerms memory terms = termsOf(2);
        vm.expectRevert(
            abi.encodeWithSelector(IContributorRoots.ContributorRootsNotController.selector, share, holder, address(0))
        );
        roots.setRoot(share, terms, none());
        vm.stopPrank();
        vm.prank(stranger);
        vm.expectRevert();
        roots.acceptControl(share);
        settleETH(classId, 4);
        roots.settle(share, ETH);
        assertEq(claim(1, 0, ETH), 3);
    }

    // Hostile assets and receivers

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

    // Laws

    /// @notice R24: whatever is settled, re-rooted and claimed in whatever order, each epoch pays its leaves their parts to
    /// less than one unit each, and never more than it accrued.
    /// forge-config: default.fuzz.runs = 100
    function testFuzz_R24_EpochsAreExact(uint256 seed) public {
        commit();
        uint256[3] memory settled;
        uint32 epoch = 1;
        for (uint256 step = 0; step < 24; ++step) {
            seed = uint256(keccak256(abi.encode(seed)));
            uint256 action = seed % 4;
            if (action == 0) {
                uint256 amount = (seed >> 8) % 1e18 + 1;
                settleETH(classId, amount);
                settled[epoch] += roots.settle(share, ETH);
            } else if (action == 1 && epoch == 1) {
                setRoot(2, one(ETH));
                epoch = 2;
            } else {
                claim(uint32((seed >> 8) % epoch) + 1, uint32((seed >> 16) % 2), ETH);
            }
        }
        for (uint32 i = 1; i <= epoch; ++i) {
            claim(i, 0, ETH);
            claim(i, 1, ETH);
            (uint256 accrued, uint256 claimed) = roots.accruedOf(share, i, ETH);
            assertLe(claimed, accrued);
            assertLe(accrued - claimed, 2);
        }
        (uint256 first,) = roots.accruedOf(share, 1, ETH);
        (uint256 second,) = roots.accruedOf(share, 2, ETH);
        assertApproxEqAbs(first, settled[1], 1);
        assertApproxEqAbs(second, settled[2], 1);
        assertEq(ada.balance, first * 3 / 4);
        assertEq(bob.balance, first / 4 + second / 2);
        assertEq(cid.balance, second / 2);
    }

    /// @notice R24: 100,000 contributors of one token. Gas of a claim is under snapshot in `ContributorGas.t.sol`.
    function test_R24_AHundredThousandContributors() public {
        uint256 count = 100_000;
        bytes32[] memory hashes = new bytes32[](count);
        uint64 totalWeight;
        for (uint256 i = 0; i < count; ++i) {
            hashes[i] = Trees.contributorLeaf(uint32(i), address(uint160(i + 1_000_000)), uint64(i % 7 + 1));
            totalWeight += uint64(i % 7 + 1);
        }
        commit(RootTerms(Trees.rootOf(hashes), totalWeight, "bafy"), none());
        settleETH(classId, 1e6 * uint256(totalWeight));
        roots.settle(share, ETH);
        uint32[4] memory picked = [uint32(0), 1, 65_536, 99_999];
        for (uint256 i = 0; i < picked.length; ++i) {
            (uint32 index, uint64 weight) = (picked[i], uint64(picked[i] % 7 + 1));
            address account = address(uint160(index + 1_000_000));
            uint256 paid = roots.claim(
                Contribution(share, 1, ETH, index, account, weight), Trees.pathOf(hashes, index), payable(account)
            );
            assertEq(paid, 1e6 * uint256(weight));
            assertEq(account.balance, paid);
        }
    }

    function testFuzz_R24_LeavesAreHashedTwice(uint32 index, address account, uint64 weight) public view {
        bytes32 leaf = keccak256(bytes.concat(keccak256(abi.encode(index, account, weight))));
        assertEq(roots.leafOf(index, account, weight), leaf);
        assertEq(Trees.contributorLeaf(index, account, weight), leaf);
    }
}
