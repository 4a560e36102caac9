// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IContributorRoots, RootTerms} from "../../src/interfaces/IContributorRoots.sol";
import {ClassOptions} from "../../src/interfaces/IDATOptions.sol";
import {IDATRenewals} from "../../src/interfaces/IDATRenewals.sol";
import {IDATRevocations} from "../../src/interfaces/IDATRevocations.sol";
import {ContributorsTest} from "./ContributorsTest.sol";

/// @notice What is left to the controller: later roots, and the care of the share.
contract ContributorRootsControlTest is ContributorsTest {
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
        // The newest token of the class is the next.
        vm.expectEmit(address(roots));
        emit IContributorRoots.ContributorsRenewed(share, share + 1, uint64(START + 20 days));
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
        // What was earned in between is settled, too.
        assertEq(roots.settle(share, ETH), core.pendingRevenue(share - 1, ETH) - whole);
        assertEq(core.pendingRevenue(renewed, ETH), 0);
        assertEq(core.pendingRevenue(last, ETH), 0);
    }

    function test_R24_ASecondRenewalKeepsWhatTheOldRootEarned() public {
        share = mint(classId, holder, 0, 1024, uint64(START + 10 days));
        address vault = commit();
        uint256 first = renew(share, uint64(START + 20 days));
        // Earned under root 1: half of it is this share's.
        settleETH(classId, 2048);
        assertEq(core.pendingRevenue(first, ETH), 1024);
        renew(first, uint64(START + 30 days));
        setRoot(2, one(ETH));
        core.claim(first, ETH, payable(vault));
        assertEq(roots.settle(share, ETH), 0);
        (uint256 old,) = roots.accruedOf(share, 1, ETH);
        (uint256 next,) = roots.accruedOf(share, 2, ETH);
        assertEq(old, 1024);
        assertEq(next, 0);
    }

    function test_R24_AShareIsRenewedAsOftenAsSettlementsCanFollow() public {
        share = mint(classId, holder, 0, 1024, uint64(START + 1 days));
        commit();
        uint256 last = share;
        for (uint64 i = 1; i <= 256; ++i) {
            last = renew(last, uint64(START + 1 days + i));
        }
        vm.prank(issuer);
        token.offerShareRenewal(last, uint64(START + 2 days));
        vm.expectRevert(abi.encodeWithSelector(IContributorRoots.ContributorRootsTooManyRenewals.selector, share, 256));
        roots.renewShare(share, uint64(START + 2 days));
        settleETH(classId, 2048);
        // In an asset that is new to it: all tokens are asked.
        uint256 before = gasleft();
        assertEq(roots.settle(share, ETH), 1024);
        assertLt(before - gasleft(), 12_000_000);
        before = gasleft();
        roots.settle(share, ETH);
        assertLt(before - gasleft(), 60_000);
    }

    function renew(uint256 tokenId, uint64 expireAt) private returns (uint256) {
        vm.prank(issuer);
        token.offerShareRenewal(tokenId, expireAt);
        return roots.renewShare(share, expireAt);
    }

    function test_R24_TheVaultObeysNobodyElse() public {
        address vault = commit();
        settleETH(classId, 100);
        roots.settle(share, ETH);
        vm.startPrank(holder);
        bytes[5] memory calls = [
            abi.encodeWithSignature("pay(address,address,uint256)", ETH, holder, 100),
            abi.encodeWithSignature("collect(address,uint256,address)", core, share, ETH),
            abi.encodeWithSignature("renewShare(address,uint256,uint64)", token, share, 0),
            abi.encodeWithSignature("appealRevocation(address,uint256,string)", token, share, ""),
            abi.encodeWithSignature("moveValue(address,uint256,uint256,uint256)", core, share, share, 1)
        ];
        for (uint256 i; i < calls.length; ++i) {
            (bool done, bytes memory why) = vault.call(calls[i]);
            assertFalse(done);
            assertEq(why, abi.encodeWithSignature("ContributorVaultNotRoots(address)", holder));
        }
        vm.stopPrank();
        assertEq(vault.balance, 100);
    }

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
        vm.expectRevert(
            abi.encodeWithSelector(
                IContributorRoots.ContributorRootsNotController.selector, share, address(this), holder
            )
        );
        roots.renounceControl(share);
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
}
