// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {Commitment, IContributorRoots, RootTerms} from "../../src/interfaces/IContributorRoots.sol";
import {ClassOptions} from "../../src/interfaces/IDATOptions.sol";
import {ContributorsTest} from "./ContributorsTest.sol";

/// @notice Giving a share to its contributors.
contract ContributorRootsTest is ContributorsTest {
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

    function test_P2_AShareIsCommittedUntilItsLastSecond() public {
        uint64 expireAt = uint64(START + 1 days);
        share = mint(classId, holder, 0, 1, expireAt);
        vm.warp(expireAt);
        commit();
        settleETH(classId, 1025);
        assertEq(roots.settle(share, ETH), 1);
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
}
