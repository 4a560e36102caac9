// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IDATErrors} from "../../src/interfaces/IDATErrors.sol";
import {LotTerms} from "../../src/interfaces/IDATLots.sol";
import {IDATPolicies} from "../../src/interfaces/IDATPolicies.sol";
import {IValuePlans, Plan} from "../../src/interfaces/IValuePlans.sol";
import {IValueSales} from "../../src/interfaces/IValueSales.sol";
import {FeeAsset, ReentrantAsset} from "../helpers/Assets.sol";
import {KedgeTest} from "../helpers/KedgeTest.sol";
import {EthRejecter} from "../helpers/Receivers.sol";

contract ValuePlansTest is KedgeTest {
    IValuePlans private plans;
    uint256 private classId;

    function setUp() public override {
        super.setUp();
        plans = IValuePlans(deployCode("ValuePlans", abi.encode(address(token))));
        classId = createClass();
        vm.deal(holder, 1e24);
    }

    function lotAt(address asset, uint96 price) private returns (uint32) {
        LotTerms memory terms = lotTerms(asset, price, 1);
        terms.seller = address(plans);
        return createLot(classId, terms);
    }

    function open(uint32 lot, Plan memory plan) private {
        vm.prank(issuer);
        plans.openPlan(classId, lot, plan);
    }

    /// @dev `steps` lots from 100 wei on, 10 more each.
    function ladder(uint32 steps) private returns (uint32 firstLot) {
        firstLot = lotAt(ETH, 100);
        for (uint32 i = 1; i < steps; ++i) {
            lotAt(ETH, 100 + i * 10);
        }
    }

    function take(uint32 lot, uint64 units) private returns (uint256 tokenId, uint256 cost) {
        uint256 price = token.lotCostUp(classId, lot, units);
        vm.prank(holder);
        return plans.buy{value: price}(classId, lot, units, holder, price);
    }

    function refuse(uint32 lot, uint64 units, bytes memory reason) private {
        uint256 price = token.lotCostUp(classId, lot, units);
        vm.prank(holder);
        vm.expectRevert(reason);
        plans.buy{value: price}(classId, lot, units, holder, price);
    }

    // Plans

    function test_R1_PlansOpenChangeAndClose() public {
        uint32 lot = lotAt(ETH, 100);
        Plan memory plan = Plan(1000, 10, false, 30 days, uint32(START + 90 days));
        vm.startPrank(issuer);
        vm.expectEmit(address(plans));
        emit IValuePlans.PlanOpened(classId, lot, plan);
        plans.openPlan(classId, lot, plan);
        (Plan memory found, uint32 lotBefore) = plans.planOf(classId, lot);
        assertEq(abi.encode(found), abi.encode(plan));
        assertEq(lotBefore, 0);
        vm.expectEmit(address(plans));
        emit IValuePlans.PlanClosed(classId, lot);
        plans.closePlan(classId, lot);
        (found,) = plans.planOf(classId, lot);
        assertEq(abi.encode(found), abi.encode(Plan(0, 0, false, 0, 0)));
        bytes memory closed = abi.encodeWithSelector(IValueSales.ValueMarketNotListed.selector, classId, lot);
        vm.expectRevert(closed);
        plans.closePlan(classId, lot);
        vm.stopPrank();
        refuse(lot, 10, closed);
        assertEq(plans.token(), address(token));
    }

    function test_R1_OnlyTheIssuerSellsAndOnlyItsOwnLots() public {
        uint32 lot = ladder(2);
        Plan memory plan = Plan(1000, 1, false, 0, 0);
        bytes memory reason = abi.encodeWithSelector(IValueSales.ValueMarketNotIssuer.selector, classId, stranger);
        vm.startPrank(stranger);
        vm.expectRevert(reason);
        plans.openPlan(classId, lot, plan);
        vm.expectRevert(reason);
        plans.closePlan(classId, lot);
        vm.expectRevert(reason);
        plans.openSchedule(classId, lot, 2, plan);
        vm.stopPrank();
        uint32 other = createLot(classId, lotTerms(ETH, 1, 1));
        vm.startPrank(issuer);
        reason = abi.encodeWithSelector(IValueSales.ValueMarketNotSeller.selector, classId, other, address(market));
        vm.expectRevert(reason);
        plans.openPlan(classId, other, plan);
        vm.expectRevert(reason);
        plans.openSchedule(classId, other, 2, plan);
    }

    function test_R1_APlanThatSellsNothingIsRefused() public {
        uint32 lot = lotAt(ETH, 100);
        vm.startPrank(issuer);
        vm.expectRevert(abi.encodeWithSelector(IValuePlans.ValuePlansInvalidPlan.selector, bytes32("minUnits")));
        plans.openPlan(classId, lot, Plan(1000, 0, false, 0, 0));
        vm.expectRevert(abi.encodeWithSelector(IValuePlans.ValuePlansInvalidPlan.selector, bytes32("expireAt")));
        plans.openPlan(classId, lot, Plan(1000, 1, false, 0, uint32(START - 1)));
        // Valid at equality (P20).
        plans.openPlan(classId, lot, Plan(1000, 1, false, 0, uint32(START)));
        (Plan memory plan,) = plans.planOf(classId, lot);
        assertEq(plan.expireAt, START);
    }

    // Tiers, subscriptions, passes

    function test_R1_ATierSellsItsUnitsOrMoreAtItsOwnPrice() public {
        uint32 small = lotAt(ETH, 100);
        uint32 large = lotAt(ETH, 80);
        open(small, Plan(10_000, 1, false, 0, 0));
        open(large, Plan(10_000, 1000, false, 0, 0));
        (, uint256 cost) = take(small, 10);
        assertEq(cost, 1000);
        refuse(large, 999, abi.encodeWithSelector(IValuePlans.ValuePlansWrongUnits.selector, classId, large, 1000, 999));
        (uint256 tokenId, uint256 largeCost) = take(large, 1000);
        assertEq(largeCost, 80_000);
        // Refunded at what was paid for it, not at the other tier's price.
        vm.prank(holder);
        assertEq(token.refund(tokenId, 1000, payable(holder)), 80_000);
        open(large, Plan(1500, 1000, false, 0, 0));
        take(large, 1000);
        refuse(large, 1000, abi.encodeWithSelector(IValueSales.ValueMarketSoldOut.selector, classId, large, 500, 1000));
    }

    function test_R1_ASubscriptionLastsFromItsPurchase() public {
        uint32 lot = lotAt(ETH, 100);
        open(lot, Plan(10_000, 1, false, 30 days, 0));
        (uint256 first,) = take(lot, 10);
        vm.warp(START + 10 days);
        (uint256 second,) = take(lot, 10);
        assertEq(core.expireAtOf(first), START + 30 days);
        assertEq(core.expireAtOf(second), START + 40 days);
        open(lot, Plan(10_000, 1, false, 30 days, uint32(START + 20 days)));
        (uint256 third,) = take(lot, 10);
        assertEq(core.expireAtOf(third), START + 20 days);
        open(lot, Plan(10_000, 1, false, 0, uint32(START + 20 days)));
        (uint256 fourth,) = take(lot, 10);
        assertEq(core.expireAtOf(fourth), START + 20 days);
        // The end of a plan is the end of its sale.
        vm.warp(START + 20 days + 1);
        refuse(lot, 10, abi.encodeWithSelector(IDATErrors.DATInvalidExpiry.selector, START + 20 days));
    }

    function test_R1_APassIsSoldWhole() public {
        uint32 lot = lotAt(ETH, 100);
        open(lot, Plan(3, 1, true, 365 days, 0));
        refuse(lot, 2, abi.encodeWithSelector(IValuePlans.ValuePlansWrongUnits.selector, classId, lot, 1, 2));
        (uint256 pass,) = take(lot, 1);
        assertEq(core.valueOf(pass), 1);
        assertEq(core.expireAtOf(pass), START + 365 days);
    }

    // Schedules

    function test_R1_AScheduleSellsStepAfterStep() public {
        uint32 lot = ladder(3);
        vm.prank(issuer);
        vm.expectEmit(address(plans));
        emit IValuePlans.ScheduleOpened(classId, lot, 3, 10);
        plans.openSchedule(classId, lot, 3, Plan(1000, 5, false, 0, 0));
        (uint32 current, uint64 left) = plans.currentStep(classId, lot, 3);
        assertEq(current, lot);
        assertEq(left, 1000);
        bytes memory reason =
            abi.encodeWithSelector(IValuePlans.ValuePlansStepNotReached.selector, classId, lot + 1, lot, 1000);
        refuse(lot + 1, 10, reason);
        (uint256 first, uint256 firstCost) = take(lot, 997);
        assertEq(firstCost, 99_700);
        // Three units cannot be bought any more, so the next step is reached.
        (current, left) = plans.currentStep(classId, lot, 3);
        assertEq(current, lot + 1);
        (uint256 second, uint256 secondCost) = take(lot + 1, 1000);
        assertEq(secondCost, 110_000);
        take(lot + 2, 1000);
        (current, left) = plans.currentStep(classId, lot, 3);
        assertEq(current, 0);
        assertEq(left, 0);
        // Each step is refunded at its own price, and nothing comes back on sale.
        vm.startPrank(holder);
        assertEq(token.refund(first, 997, payable(holder)), 99_700);
        assertEq(token.refund(second, 1000, payable(holder)), 110_000);
        vm.stopPrank();
        (Plan memory plan, uint32 lotBefore) = plans.planOf(classId, lot + 1);
        assertEq(plan.supply, 0);
        assertEq(lotBefore, lot);
    }

    function test_R1_AStepIsCurrentWhileItsLeastCanBeBought() public {
        uint32 lot = ladder(2);
        vm.prank(issuer);
        plans.openSchedule(classId, lot, 2, Plan(10, 5, false, 0, 0));
        take(lot, 5);
        (uint32 current, uint64 left) = plans.currentStep(classId, lot, 2);
        assertEq(current, lot);
        assertEq(left, 5);
        take(lot, 5);
        (current, left) = plans.currentStep(classId, lot, 2);
        assertEq(current, lot + 1);
        assertEq(left, 10);
    }

    function test_R1_WhereAllStepsAreSoldNoneIsCurrent() public {
        uint32 lot = ladder(3);
        vm.prank(issuer);
        plans.openSchedule(classId, lot, 3, Plan(10, 1, false, 0, 0));
        take(lot, 10);
        take(lot + 1, 10);
        // The third is on sale, and not asked for.
        (uint32 current, uint64 left) = plans.currentStep(classId, lot, 2);
        assertEq(current, 0);
        assertEq(left, 0);
    }

    function test_R1_AnothersLotIsNoStep() public {
        uint32 lot = lotAt(ETH, 100);
        createLot(classId, lotTerms(ETH, 110, 1));
        vm.prank(issuer);
        vm.expectRevert(abi.encodeWithSelector(IValuePlans.ValuePlansNotLinear.selector, classId, lot + 1));
        plans.openSchedule(classId, lot, 2, Plan(1000, 1, false, 0, 0));
    }

    function test_R1_AClosedStepIsNotReachedThrough() public {
        uint32 lot = ladder(2);
        vm.startPrank(issuer);
        plans.openSchedule(classId, lot, 2, Plan(10, 1, false, 0, 0));
        plans.closePlan(classId, lot);
        vm.stopPrank();
        refuse(
            lot + 1, 1, abi.encodeWithSelector(IValuePlans.ValuePlansStepNotReached.selector, classId, lot + 1, lot, 0)
        );
        (uint32 current,) = plans.currentStep(classId, lot, 2);
        assertEq(current, 0);
        // Its place stays when it is opened again on its own.
        open(lot, Plan(1, 1, false, 0, 0));
        open(lot + 1, Plan(5, 1, false, 0, 0));
        refuse(
            lot + 1, 1, abi.encodeWithSelector(IValuePlans.ValuePlansStepNotReached.selector, classId, lot + 1, lot, 1)
        );
        take(lot, 1);
        take(lot + 1, 1);
    }

    function test_R1_AScheduleIsLinearAndOfOneKind() public {
        Plan memory plan = Plan(1000, 1, false, 0, 0);
        uint32 lot = ladder(3);
        lotAt(ETH, 131); // 3: not 130
        lotAt(ETH, 131); // 4: no rise
        lotAt(address(usd), 141); // 5: another asset
        vm.prank(issuer);
        token.publishPolicy(classId, "ipfs://policy", keccak256("policy 2"));
        lotAt(address(usd), 151); // 6: another policy
        vm.startPrank(issuer);
        bytes memory steps = abi.encodeWithSelector(IValuePlans.ValuePlansInvalidPlan.selector, bytes32("steps"));
        vm.expectRevert(steps);
        plans.openSchedule(classId, lot, 1, plan);
        vm.expectRevert(steps);
        plans.openSchedule(classId, lot, 65, plan);
        for (uint32 i = 3; i < 7; ++i) {
            uint32 from = i == 3 ? lot : lot + i - 1;
            vm.expectRevert(abi.encodeWithSelector(IValuePlans.ValuePlansNotLinear.selector, classId, lot + i));
            plans.openSchedule(classId, from, lot + i + 1 - from, plan);
        }
    }

    function test_R1_AStepHasEveryTermOfTheOneBefore() public {
        for (uint256 i = 0; i < 4; ++i) {
            uint32 lot = lotAt(ETH, 100);
            LotTerms memory terms = lotTerms(ETH, 110, 1);
            terms.seller = address(plans);
            if (i == 0) terms.priceDenominator = 2;
            if (i == 1) terms.operatorBps = 1;
            if (i == 2) terms.refundable = false;
            if (i == 3) terms.expiredToClass = true;
            createLot(classId, terms);
            vm.prank(issuer);
            vm.expectRevert(abi.encodeWithSelector(IValuePlans.ValuePlansNotLinear.selector, classId, lot + 1));
            plans.openSchedule(classId, lot, 2, Plan(1000, 1, false, 0, 0));
        }
    }

    function test_R1_AScheduleMayHaveSixtyFourSteps() public {
        uint32 lot = ladder(64);
        vm.prank(issuer);
        plans.openSchedule(classId, lot, 64, Plan(1000, 1, false, 0, 0));
        (, uint32 lotBefore) = plans.planOf(classId, lot + 63);
        assertEq(lotBefore, lot + 62);
    }

    function testFuzz_R1_AScheduleCostsTheSumOfItsSteps(uint64[4] memory bought) public {
        uint32 lot = ladder(4);
        vm.prank(issuer);
        plans.openSchedule(classId, lot, 4, Plan(1000, 1, false, 0, 0));
        uint256 paid;
        uint256 expected;
        for (uint256 i = 0; i < bought.length; ++i) {
            (uint32 current, uint64 left) = plans.currentStep(classId, lot, 4);
            uint64 units = uint64(bound(bought[i], 1, left));
            (, uint256 cost) = take(current, units);
            paid += cost;
            expected += uint256(units) * (100 + 10 * uint256(current - lot));
        }
        assertEq(paid, expected);
        assertEq(address(token).balance, paid);
        assertEq(address(plans).balance, 0);
    }

    // Price lock

    /// @notice R25: of a tier, a subscription and a schedule alike, what was bought keeps rates, price and refund when the
    /// price is raised tenfold under a new policy, and nothing more is sold at the old price.
    function test_R25_PriceLockHoldsForEveryPlan() public {
        uint32 tier = lotAt(ETH, 80);
        uint32 subscription = lotAt(ETH, 90);
        uint32 first = ladder(2);
        open(tier, Plan(10_000, 100, false, 0, 0));
        open(subscription, Plan(10_000, 1, false, 30 days, 0));
        vm.prank(issuer);
        plans.openSchedule(classId, first, 2, Plan(100, 1, false, 0, 0));
        uint256[4] memory bought;
        uint32[4] memory lots = [tier, subscription, first, first + 1];
        uint256[4] memory costs;
        for (uint256 i = 0; i < 4; ++i) {
            (bought[i], costs[i]) = take(lots[i], 100);
        }

        vm.prank(issuer);
        token.publishPolicy(classId, "ipfs://tenfold", keccak256("tenfold"));
        uint32 dear = lotAt(ETH, 800);
        open(dear, Plan(10_000, 1, false, 0, 0));
        for (uint256 i = 0; i < 4; ++i) {
            (uint32 version, bytes32 policyHash) = token.policyOfToken(bought[i]);
            assertEq(version, 1);
            assertEq(policyHash, keccak256("policy"));
            vm.prank(holder);
            assertEq(token.refund(bought[i], 100, payable(holder)), costs[i]);
        }
        refuse(tier, 100, abi.encodeWithSelector(IDATPolicies.DATLotSuperseded.selector, classId, tier, 1, 2));
        (, uint256 cost) = take(dear, 100);
        assertEq(cost, 80_000);
    }

    // Payment

    function test_R1_NotAboveWhatTheBuyerAllows() public {
        uint32 lot = lotAt(ETH, 100);
        open(lot, Plan(1000, 1, false, 0, 0));
        vm.prank(holder);
        vm.expectRevert(abi.encodeWithSelector(IValueSales.ValueMarketTooExpensive.selector, 1000, 999));
        plans.buy{value: 1000}(classId, lot, 10, holder, 999);
    }

    function test_P7_SurplusComesBackOrTheSaleFails() public {
        uint32 lot = lotAt(ETH, 100);
        open(lot, Plan(1000, 1, false, 0, 0));
        uint256 before = holder.balance;
        vm.prank(holder);
        plans.buy{value: 1500}(classId, lot, 10, holder, 1000);
        assertEq(before - holder.balance, 1000);
        EthRejecter rejecter = new EthRejecter();
        vm.deal(address(this), 1500);
        vm.expectRevert(abi.encodeWithSelector(IValueSales.ValueMarketSurplusRefused.selector, address(rejecter), 500));
        rejecter.act{value: 1500}(address(plans), abi.encodeCall(IValueSales.buy, (classId, lot, 10, holder, 1000)));
    }

    function test_P7_NobodyIsCalledForASurplusOfNothing() public {
        uint32 lot = lotAt(ETH, 100);
        open(lot, Plan(1000, 1, false, 0, 0));
        EthRejecter rejecter = new EthRejecter();
        vm.deal(address(this), 1000);
        rejecter.act{value: 1000}(address(plans), abi.encodeCall(IValueSales.buy, (classId, lot, 10, holder, 1000)));
        assertEq(address(token).balance, 1000);
    }

    function test_P7_FeeOnTransferCannotBuy() public {
        FeeAsset asset = new FeeAsset();
        uint32 lot = lotAt(address(asset), 100);
        open(lot, Plan(1000, 1, false, 0, 0));
        asset.mint(holder, 1000);
        vm.startPrank(holder);
        asset.approve(address(plans), 1000);
        vm.expectRevert(abi.encodeWithSelector(IValueSales.ValueMarketWrongPayment.selector, 1000, 990));
        plans.buy(classId, lot, 10, holder, 1000);
    }

    function test_P7_AReentrantAssetBuysOnce() public {
        ReentrantAsset asset = new ReentrantAsset();
        uint32 lot = lotAt(address(asset), 100);
        open(lot, Plan(1000, 1, false, 0, 0));
        asset.mint(holder, 1000);
        vm.prank(holder);
        asset.approve(address(plans), 1000);
        asset.arm(address(plans), abi.encodeCall(IValueSales.buy, (classId, lot, 1, holder, 100)));
        vm.prank(holder);
        plans.buy(classId, lot, 10, holder, 1000);
        assertTrue(asset.called());
        assertFalse(asset.succeeded());
        (Plan memory plan,) = plans.planOf(classId, lot);
        assertEq(plan.supply, 990);
    }
}
