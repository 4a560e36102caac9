// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {Vm} from "forge-std/Vm.sol";
import {Contribution, IContributorRoots, RootTerms} from "../../src/interfaces/IContributorRoots.sol";
import {Trees} from "../helpers/Trees.sol";
import {ContributorsTest} from "./ContributorsTest.sol";

/// @notice What each contributor claims.
contract ContributorRootsClaimsTest is ContributorsTest {
    function refuse(Contribution memory contribution, bytes32[] memory path) private {
        bytes32 leaf = roots.leafOf(contribution.index, contribution.account, contribution.weight);
        vm.expectRevert(
            abi.encodeWithSelector(
                IContributorRoots.ContributorRootsWrongProof.selector, contribution.tokenId, contribution.epoch, leaf
            )
        );
        roots.claim(contribution, path, payable(contribution.account));
    }

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

    function test_R24_SettlingNothingIsNotTold() public {
        commit();
        settleUSD(classId, 100);
        roots.settle(share, address(usd));
        vm.recordLogs();
        assertEq(roots.settle(share, address(usd)), 0);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i = 0; i < logs.length; ++i) {
            assertNotEq(logs[i].topics[0], IContributorRoots.ContributorsSettled.selector);
        }
    }

    function test_L4_ClaimingTwicePaysOnce() public {
        commit();
        settleUSD(classId, 100);
        roots.settle(share, address(usd));
        assertEq(claim(1, 0, address(usd)), 75);
        vm.recordLogs();
        assertEq(claim(1, 0, address(usd)), 0);
        assertEq(vm.getRecordedLogs().length, 0);
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
