// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IDATClasses, ParentTerms} from "../../src/interfaces/IDATClasses.sol";
import {IDATCore} from "../../src/interfaces/IDATCore.sol";
import {LotTerms} from "../../src/interfaces/IDATLots.sol";
import {IDATRevenue, RevenueInfo} from "../../src/interfaces/IDATRevenue.sol";
import {KedgeTest} from "../helpers/KedgeTest.sol";
import {EthRejecter} from "../helpers/Receivers.sol";

/// @notice Branches: Royalties.tree.
contract RoyaltiesTest is KedgeTest {
    address private beneficiary = makeAddr("beneficiary");
    uint256 private grandparent;
    uint256 private parentId;
    uint256 private child;
    uint256 private childShare;

    function setUp() public override {
        super.setUp();
        grandparent = createClass();
        parentId = createClass(parent(grandparent, 2000), address(0));
        child = createClass(parent(parentId, 1000), address(0));
        childShare = mintShare(child, holder, 1);
    }

    function test_R19_ARoyaltyIsTheParentsWhenItIsCollected() public {
        uint256 early = mintShare(parentId, stranger, 1);
        settleETH(child, 1000);
        assertEq(core.pendingRevenue(childShare, ETH), 900);
        assertEq(core.pendingRevenue(early, ETH), 0);
        assertEq(token.royaltyDue(child, 0, ETH), 100);
        RevenueInfo memory info = token.revenueInfo(child, ETH);
        assertEq(info.royaltiesReserved, 100);
        assertEq(info.royaltiesPaid, 0);

        // A share that enters before the collection has its part.
        uint256 late = mintShare(parentId, operator, 1);
        vm.expectEmit(address(token));
        emit IDATRevenue.RoyaltyCollected(child, parentId, ETH, 0, 100);
        vm.expectEmit(address(token));
        emit IDATRevenue.RevenueAccrued(parentId, ETH, 100, 80, 40 << 48, 2);
        vm.prank(makeAddr("anyone"));
        assertEq(token.collectRoyalty(child, 0, ETH), 100);
        assertEq(core.pendingRevenue(early, ETH), 40);
        assertEq(core.pendingRevenue(late, ETH), 40);
        assertEq(token.royaltyDue(child, 0, ETH), 0);
        assertEq(token.revenueInfo(child, ETH).royaltiesPaid, 100);

        // Upwards, edge by edge.
        uint256 top = mintShare(grandparent, stranger, 1);
        assertEq(token.collectRoyalty(parentId, 0, ETH), 20);
        assertEq(core.pendingRevenue(top, ETH), 20);
        (uint256 owed, uint256 held) = token.solvency(ETH, 1, 3);
        assertEq(owed, 1000);
        assertEq(held, 1000);
    }

    function test_R19_NothingDueIsANoOp() public {
        vm.recordLogs();
        assertEq(token.collectRoyalty(child, 0, ETH), 0);
        settleETH(child, 9);
        vm.getRecordedLogs();
        assertEq(token.collectRoyalty(child, 0, ETH), 0);
        assertEq(vm.getRecordedLogs().length, 0);
        vm.expectRevert(abi.encodeWithSelector(IDATClasses.DATNonexistentParent.selector, child, 1));
        token.collectRoyalty(child, 1, ETH);
        vm.expectRevert(abi.encodeWithSelector(IDATClasses.DATNonexistentParent.selector, child, 1));
        token.royaltyDue(child, 1, ETH);
        vm.expectRevert(abi.encodeWithSelector(IDATClasses.ERC8028NonexistentClass.selector, 9));
        token.collectRoyalty(9, 0, ETH);
    }

    function test_R19_CollectedRoyaltiesAreNoSettlement() public {
        mintShare(parentId, stranger, 1);
        settleETH(child, 100);
        vm.recordLogs();
        token.collectRoyalty(child, 0, ETH);
        // RoyaltyCollected and RevenueAccrued: RevenueSettled tells only of money from outside.
        assertEq(vm.getRecordedLogs().length, 2);
    }

    function testFuzz_R19_SplitsDoNotDependOnTheParts(uint64[6] memory amounts, uint16 a, uint16 b) public {
        a = uint16(bound(a, 0, 10_000));
        b = uint16(bound(b, 0, 10_000 - a));
        ParentTerms[] memory parents = new ParentTerms[](2);
        (parents[0], parents[1]) = (ParentTerms(uint64(grandparent), a), ParentTerms(uint64(parentId), b));
        uint256 pieces = createClass(parents, address(0));
        uint256 whole = createClass(parents, address(0));
        uint256 piecesShare = mintShare(pieces, holder, 1);
        uint256 wholeShare = mintShare(whole, holder, 1);
        mintShare(grandparent, holder, 1);
        uint256 sum;
        for (uint256 i = 0; i < 6; ++i) {
            if (amounts[i] == 0) continue;
            sum += amounts[i];
            settleETH(pieces, amounts[i]);
            token.collectRoyalty(pieces, i % 2, ETH);
        }
        if (sum == 0) return;
        settleETH(whole, sum);
        assertEq(core.pendingRevenue(piecesShare, ETH), core.pendingRevenue(wholeShare, ETH));
        assertEq(core.pendingRevenue(wholeShare, ETH), sum * (10_000 - a - b) / 10_000);
        token.collectRoyalty(pieces, 0, ETH);
        token.collectRoyalty(pieces, 1, ETH);
        RevenueInfo memory info = token.revenueInfo(pieces, ETH);
        assertEq(info.royaltiesPaid, sum * a / 10_000 + sum * b / 10_000);
        assertLe(info.royaltiesPaid, info.royaltiesReserved);
        assertLe(info.royaltiesReserved - info.royaltiesPaid, 2);
        (uint256 owed, uint256 held) = token.solvency(ETH, 1, token.classCount());
        assertEq(owed, held);
    }

    function test_R19_AllOfTheRevenueMayBeRoyalty() public {
        uint256 classId = createClass(parent(grandparent, 10_000), address(0));
        uint256 share = mintShare(classId, holder, 1);
        settleETH(classId, 7);
        assertEq(core.pendingRevenue(share, ETH), 0);
        assertEq(token.collectRoyalty(classId, 0, ETH), 7);
    }

    function test_R20_OrphanRevenueTellsTheIndexThatStays() public {
        uint256 share = mintShare(parentId, holder, 2);
        settleETH(parentId, 10);
        vm.prank(holder);
        token.retireShare(share);
        settleETH(child, 1000);
        vm.expectEmit(address(token));
        emit IDATRevenue.RevenueAccrued(parentId, ETH, 100, 80, 4 << 48, 0);
        token.collectRoyalty(child, 0, ETH);
    }

    function test_R20_OrphanRevenueWaitsForTheNextShares() public {
        settleETH(child, 1000);
        vm.expectEmit(address(token));
        emit IDATRevenue.RevenueAccrued(parentId, ETH, 100, 80, 0, 0);
        token.collectRoyalty(child, 0, ETH);
        RevenueInfo memory info = token.revenueInfo(parentId, ETH);
        assertEq(info.orphan, 80);
        assertEq(info.received, 100);
        assertEq(info.royaltiesReserved, 20);
        (uint256 owed, uint256 held) = token.solvency(ETH, 1, 3);
        assertEq(owed, held);

        // Entering alone moves nothing; the next revenue takes it along.
        uint256 share = mintShare(parentId, stranger, 2);
        assertEq(core.pendingRevenue(share, ETH), 0);
        settleETH(parentId, 10);
        assertEq(core.pendingRevenue(share, ETH), 88);
        assertEq(token.revenueInfo(parentId, ETH).orphan, 0);
        settleETH(parentId, 10);
        assertEq(core.pendingRevenue(share, ETH), 96);
    }

    function test_R20_OrphansOfSeveralAssetsWaitApart() public {
        settleETH(child, 1000);
        settleUSD(child, 2000);
        token.collectRoyalty(child, 0, ETH);
        token.collectRoyalty(child, 0, address(usd));
        settleETH(child, 1000);
        token.collectRoyalty(child, 0, ETH);
        assertEq(token.revenueInfo(parentId, ETH).orphan, 160);
        assertEq(token.revenueInfo(parentId, address(usd)).orphan, 160);
        uint256 share = mintShare(parentId, stranger, 1);
        settleETH(parentId, 10);
        assertEq(core.pendingRevenue(share, ETH), 168);
        assertEq(token.revenueInfo(parentId, address(usd)).orphan, 160);
        settleUSD(parentId, 10);
        assertEq(core.pendingRevenue(share, address(usd)), 168);
        assertEq(token.revenueInfo(parentId, address(usd)).orphan, 0);
    }

    function test_R20_ABeneficiaryIsOwedWhatFindsNoShare() public {
        uint256 named = createClass(parent(grandparent, 1000), beneficiary);
        uint256 below = createClass(parent(named, 5000), address(0));
        mintShare(below, holder, 1);
        settleETH(below, 200);
        vm.expectEmit(address(token));
        emit IDATRevenue.OwedIncreased(beneficiary, ETH, 90);
        vm.expectEmit(address(token));
        emit IDATRevenue.RevenueAccrued(named, ETH, 100, 90, 0, 0);
        token.collectRoyalty(below, 0, ETH);
        assertEq(token.owedTo(beneficiary, ETH), 90);
        RevenueInfo memory info = token.revenueInfo(named, ETH);
        assertEq(info.orphan, 0);
        assertEq(info.claimed, 90);
        assertEq(token.royaltyDue(named, 0, ETH), 10);
        (uint256 owed, uint256 held) = token.solvency(ETH, 1, token.classCount());
        assertEq(owed, held);

        vm.expectEmit(address(token));
        emit IDATRevenue.Withdrawn(beneficiary, ETH, stranger, 90);
        vm.prank(beneficiary);
        assertEq(token.withdraw(ETH, payable(stranger)), 90);
        assertEq(stranger.balance, 90);
        assertEq(token.owedTo(beneficiary, ETH), 0);
        vm.prank(beneficiary);
        assertEq(token.withdraw(ETH, payable(stranger)), 0);
    }

    function test_R20_WhereParentsGetAllNothingIsOrphaned() public {
        address[2] memory beneficiaries = [beneficiary, address(0)];
        for (uint256 i; i < beneficiaries.length; ++i) {
            uint256 through = createClass(parent(grandparent, 10_000), beneficiaries[i]);
            uint256 below = createClass(parent(through, 5000), address(0));
            mintShare(below, holder, 1);
            settleETH(below, 200);
            vm.recordLogs();
            token.collectRoyalty(below, 0, ETH);
            // RoyaltyCollected and RevenueAccrued; nobody is owed a nothing.
            assertEq(vm.getRecordedLogs().length, 2);
            RevenueInfo memory info = token.revenueInfo(through, ETH);
            assertEq(info.received, 100);
            assertEq(info.orphan, 0);
            assertEq(info.claimed, 0);
            assertEq(token.owedTo(beneficiaries[i], ETH), 0);
            assertEq(token.collectRoyalty(through, 0, ETH), 100);
        }
        assertEq(token.revenueInfo(grandparent, ETH).orphan, 200);
    }

    function test_P7_AFailedWithdrawalStaysOwed() public {
        EthRejecter rejecter = new EthRejecter();
        uint256 named = createClass(new ParentTerms[](0), address(rejecter));
        uint256 below = createClass(parent(named, 5000), address(0));
        mintShare(below, holder, 1);
        settleETH(below, 200);
        token.collectRoyalty(below, 0, ETH);
        vm.expectRevert(abi.encodeWithSelector(IDATRevenue.DATPaymentFailed.selector, address(rejecter), 100));
        rejecter.act(address(token), abi.encodeCall(IDATRevenue.withdraw, (ETH, payable(address(rejecter)))));
        assertEq(token.owedTo(address(rejecter), ETH), 100);
        rejecter.act(address(token), abi.encodeCall(IDATRevenue.withdraw, (ETH, payable(stranger))));
        assertEq(stranger.balance, 100);
    }

    function test_R20_ReleasedBackingNeverWaitsForShares() public {
        uint256 classId = createClass();
        LotTerms memory terms = lotTerms(ETH, 1, 1);
        terms.seller = address(this);
        uint32 lot = createLot(classId, terms);
        vm.deal(address(this), 10);
        uint256 tokenId = token.mintFromLot{value: 10}(classId, lot, holder, 10, 0);
        vm.prank(holder);
        core.recordUsage(tokenId, keccak256("calls"), 4);
        assertEq(token.revenueInfo(classId, ETH).orphan, 4);
        assertEq(token.revenueInfo(classId, ETH).backing, 6);
        uint256 share = mintShare(classId, stranger, 1);
        vm.prank(holder);
        core.recordUsage(tokenId, keccak256("calls"), 1);
        assertEq(core.pendingRevenue(share, ETH), 5);
    }
}
