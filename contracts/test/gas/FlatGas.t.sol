// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {MintItem} from "../../src/interfaces/IDATBatches.sol";
import {ParentTerms} from "../../src/interfaces/IDATClasses.sol";
import {KedgeTest} from "../helpers/KedgeTest.sol";

/// @notice What a settlement costs depends neither on how many hold shares of a class nor on how many parents it has: two
/// classes that differ in nothing else cost the same, to the unit of gas, each in its own transaction.
/// forge-config: default.isolate = true
/// forge-config: deep.isolate = true
/// forge-config: coverage.isolate = true
contract FlatGasTest is KedgeTest {
    uint256 private constant HOLDERS = 10_000;
    uint256 private constant BATCH = 1000;
    uint16 private constant BPS = 1600;

    function setUp() public override {
        super.setUp();
        vm.deal(address(this), 1000 ether);
        usd.mint(address(this), 1e15);
        usd.approve(address(token), type(uint256).max);
    }

    /// @notice Every share has its own holder, and all weigh the same together.
    function shareOut(uint256 classId, uint256 holders) private returns (uint256 first) {
        first = mint(classId, address(0x1000000), 0, HOLDERS - holders + 1, 0);
        for (uint256 done = 1; done < holders;) {
            uint256 count = holders - done < BATCH ? holders - done : BATCH;
            MintItem[] memory items = new MintItem[](count);
            for (uint256 i = 0; i < count; ++i) {
                items[i] = MintItem(address(uint160(0x1000000 + done + i)), 0, 1, 0);
            }
            vm.prank(issuer);
            token.mintBatch(classId, items);
            done += count;
        }
        assertEq(token.totalShareOf(classId), HOLDERS);
        assertEq(token.classInfo(classId).tokenCount, holders);
    }

    function used() private view returns (uint256) {
        return vm.lastCallGas().gasTotalUsed;
    }

    /// @notice First and later settlements, in both kinds of assets; and what one holder's claims of them cost.
    function costsOf(uint256 classId, uint256 share) private returns (uint256[8] memory costs) {
        for (uint256 i = 0; i < 2; ++i) {
            core.settleRevenueETH{value: 1 ether}(classId);
            costs[i] = used();
            core.settleRevenueERC20(classId, address(usd), 1e6);
            costs[2 + i] = used();
            core.claim(share, ETH, payable(address(0x1000000)));
            costs[4 + i] = used();
            core.claim(share, address(usd), payable(address(0x1000000)));
            costs[6 + i] = used();
        }
    }

    /// @notice What is first for the contract or the claimant is over, and what it holds never falls to zero again.
    function warmUp(uint256 classId) private {
        costsOf(classId, mint(classId, address(0x1000000), 0, 1, 0));
        core.settleRevenueERC20(classId, address(usd), 1e6);
    }

    function assertEqual(uint256[8] memory a, uint256[8] memory b) private pure {
        for (uint256 i = 0; i < 8; ++i) {
            assertGt(a[i], 21_000);
            assertEq(a[i], b[i]);
        }
    }

    /// @notice R19 too: what a parent is paid costs the same to hand to all its holders.
    function test_P3_P4_ASettlementCostsTheSameFor1And10000Holders() public {
        warmUp(createClass());
        uint256[2] memory classIds = [createClass(), createClass()];
        uint256 first = shareOut(classIds[0], 1);
        uint256 second = shareOut(classIds[1], HOLDERS);
        uint256[2] memory children =
            [createClass(parent(classIds[0], BPS), address(0)), createClass(parent(classIds[1], BPS), address(0))];
        assertEqual(costsOf(classIds[0], first), costsOf(classIds[1], second));

        uint256[2] memory collected;
        for (uint256 i = 0; i < 2; ++i) {
            mintShare(children[i], holder, 1);
            core.settleRevenueETH{value: 1 ether}(children[i]);
            token.collectRoyalty(children[i], 0, ETH);
            collected[i] = used();
        }
        assertEq(token.revenueInfo(classIds[0], ETH).received, token.revenueInfo(classIds[1], ETH).received);
        assertGt(collected[0], 21_000);
        assertEq(collected[0], collected[1]);
    }

    function test_R19_ASettlementCostsTheSameFor1And16Parents() public {
        uint256 first;
        ParentTerms[] memory parents = new ParentTerms[](16);
        for (uint256 i = 0; i < 16; ++i) {
            uint256 classId = createClass();
            if (i == 0) first = classId;
            parents[i] = ParentTerms(uint64(classId), BPS / 16);
        }
        warmUp(createClass(parent(first, BPS), address(0)));
        uint256 one = createClass(parent(first, BPS), address(0));
        uint256 sixteen = createClass(parents, address(0));
        assertEq(token.classInfo(one).royaltyBps, token.classInfo(sixteen).royaltyBps);
        assertEq(token.parentsOf(sixteen).length, 16);
        assertEqual(costsOf(one, shareOut(one, 1)), costsOf(sixteen, shareOut(sixteen, 1)));
        for (uint256 i = 0; i < 16; ++i) {
            assertEq(token.royaltyDue(sixteen, i, ETH), uint256(2 ether) * BPS / 16 / 10_000);
        }
    }
}
