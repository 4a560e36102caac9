// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {LotInfo, LotTerms} from "../../../src/interfaces/IDATLots.sol";
import {IValuePlans, Plan} from "../../../src/interfaces/IValuePlans.sol";
import {IValueSales} from "../../../src/interfaces/IValueSales.sol";
import {Beside} from "./Beside.sol";

/// @notice A tier, a subscription and a schedule of three steps, opened, closed, changed and bought (R1, R25).
contract PlanLaws is Beside {
    struct Lot {
        uint32 lot;
        uint256 asset;
        uint256 numerator;
        uint256 denominator;
        /// @dev Of `lots`, the step before; none where it is its own.
        uint256 before;
        Plan plan;
        uint256 sold;
        uint256 paid;
    }

    struct Bought {
        uint256 tokenId;
        address to;
        uint64 units;
        uint64 expireAt;
    }

    IValuePlans internal plans;
    uint256 internal classId;
    Lot[] internal lots;
    Bought[] internal bought;
    mapping(address account => uint256[2]) internal budget;
    uint256 internal passes;
    uint256 internal steps;

    function setUp() public override {
        super.setUp();
        plans = IValuePlans(deployCode("ValuePlans", abi.encode(address(token))));
        classId = createClass();
        addLot(0, 100, 3);
        addLot(1, 1_000_003, 7);
        // The schedule.
        addLot(0, 10, 7);
        addLot(0, 15, 7);
        addLot(0, 20, 7);
    }

    function actions() external pure override returns (bytes4[] memory list) {
        list = new bytes4[](9);
        list[0] = this.warp.selector;
        list[1] = this.openPlan.selector;
        list[2] = this.closePlan.selector;
        list[3] = this.openSchedule.selector;
        list[4] = this.buyUnits.selector;
        list[5] = this.buyUnits.selector;
        list[6] = this.buyUnits.selector;
        list[7] = this.sneak.selector;
        list[8] = this.buyUnits.selector;
    }

    function openPlan(uint256 which, uint256 seed) external {
        which %= lots.length;
        lots[which].plan = aPlan(seed);
        vm.prank(issuer);
        plans.openPlan(classId, lots[which].lot, lots[which].plan);
    }

    function closePlan(uint256 which, uint256 seldom) external {
        which %= lots.length;
        if (seldom % 4 != 0 || lots[which].plan.minUnits == 0) return;
        vm.prank(issuer);
        plans.closePlan(classId, lots[which].lot);
        lots[which].plan = Plan(0, 0, false, 0, 0);
    }

    function openSchedule(uint256 seed) external {
        Plan memory plan = aPlan(seed);
        vm.prank(issuer);
        plans.openSchedule(classId, lots[2].lot, 3, plan);
        for (uint256 i = 2; i < 5; ++i) {
            lots[i].plan = plan;
            lots[i].before = i == 2 ? 2 : i - 1;
        }
    }

    function buyUnits(uint256 which, uint256 who, uint256 unitsSeed, uint256 surplus) external {
        which %= lots.length;
        Lot storage lot = lots[which];
        uint64 units = unitsOf(lot.plan, unitsSeed);
        bool valid = isSold(which, units);
        (bool done, bytes memory answer) = tryToBuy(lot, units, aPerson(who), lot.asset == 0 ? surplus % 50 : 0);
        assertEq(done, valid, "S4: bought where the plan sells, and nowhere else");
        if (!done) {
            ++trespasses;
            return;
        }
        (uint256 tokenId, uint256 asked) = abi.decode(answer, (uint256, uint256));
        assertEq(asked, priceUp(lot, units), "S3: the lot's price");
        lot.plan.supply -= units;
        lot.sold += units;
        lot.paid += asked;
        budget[aPerson(who)][lot.asset] -= asked;
        bought.push(Bought(tokenId, aPerson(who), units, expiryOf(lot.plan)));
        if (lot.plan.exact) ++passes;
        if (lot.before != which) ++steps;
    }

    function tryToBuy(Lot storage lot, uint64 units, address buyer, uint256 surplus)
        private
        returns (bool, bytes memory)
    {
        uint256 cost = priceUp(lot, units);
        give(assets[lot.asset], buyer, cost + surplus);
        budget[buyer][lot.asset] += cost + surplus;
        vm.prank(buyer);
        usd.approve(address(plans), cost);
        bytes memory call = abi.encodeCall(IValueSales.buy, (classId, lot.lot, units, buyer, cost));
        vm.prank(buyer);
        return address(plans).call{value: lot.asset == 0 ? cost + surplus : 0}(call);
    }

    function isSold(uint256 which, uint64 units) private view returns (bool) {
        Lot storage lot = lots[which];
        uint64 expireAt = expiryOf(lot.plan);
        bool reached = lot.before == which || soldOut(lots[lot.before]);
        return
            lot.plan.minUnits != 0 && reached && units <= lot.plan.supply
                && (expireAt == 0 || expireAt >= block.timestamp);
    }

    /// @notice A stranger opens, closes, pays too little and takes less than is sold.
    function sneak(uint256 which, uint256 seed) external {
        Lot storage lot = lots[which % lots.length];
        Plan memory plan = aPlan(seed);
        trespass(stranger, address(plans), abi.encodeCall(IValuePlans.openPlan, (classId, lot.lot, plan)));
        trespass(stranger, address(plans), abi.encodeCall(IValuePlans.closePlan, (classId, lot.lot)));
        trespass(stranger, address(plans), abi.encodeCall(IValuePlans.openSchedule, (classId, lots[2].lot, 3, plan)));
        // Nothing is paid.
        uint64 units = unitsOf(lot.plan, seed);
        trespass(
            stranger,
            address(plans),
            abi.encodeCall(IValueSales.buy, (classId, lot.lot, units, stranger, type(uint256).max))
        );
        if (lot.plan.minUnits < 2) return;
        uint256 cost = priceUp(lot, lot.plan.minUnits - 1);
        give(assets[lot.asset], stranger, cost);
        vm.startPrank(stranger);
        usd.approve(address(plans), cost);
        (bool done,) = address(plans).call{value: lot.asset == 0 ? cost : 0}(
            abi.encodeCall(IValueSales.buy, (classId, lot.lot, lot.plan.minUnits - 1, stranger, cost))
        );
        usd.approve(address(plans), 0);
        assertFalse(done, "S4: fewer than the plan sells");
        if (lot.asset == 0) payable(issuer).transfer(cost);
        else usd.transfer(issuer, cost);
        vm.stopPrank();
    }

    // Laws

    function checkS1APlanSellsItsSupply() public view {
        for (uint256 i = 0; i < lots.length; ++i) {
            (Plan memory plan, uint32 lotBefore) = plans.planOf(classId, lots[i].lot);
            assertEq(abi.encode(plan), abi.encode(lots[i].plan), "S1: offered less sold");
            assertEq(lotBefore, lots[i].before == i ? 0 : lots[lots[i].before].lot, "S1: its place in the schedule");
            assertEq(token.lotInfo(classId, lots[i].lot).outstanding, lots[i].sold, "S1: what is sold is minted");
        }
    }

    function checkS2TheSellerKeepsNothing() public view {
        for (uint256 asset = 0; asset < 2; ++asset) {
            assertEq(held(assets[asset], address(plans)), 0, "S2: money");
        }
        assertEq(usd.allowance(address(plans), address(token)), 0, "S2: allowance");
        assertEq(token.balanceOf(address(plans)), 0, "S2: tokens");
    }

    function checkS3ALotIsBackedByWhatWasPaid() public view {
        uint256[2] memory sum;
        for (uint256 i = 0; i < lots.length; ++i) {
            LotInfo memory info = token.lotInfo(classId, lots[i].lot);
            assertEq(info.escrow, lots[i].paid, "S3: escrow");
            assertEq(info.terms.priceNumerator, lots[i].numerator, "S3: a price is a lot's");
            sum[lots[i].asset] += lots[i].paid;
        }
        for (uint256 asset = 0; asset < 2; ++asset) {
            assertEq(held(assets[asset], address(token)), sum[asset], "S3: to the wei");
            for (uint256 i = 0; i < people.length; ++i) {
                assertEq(held(assets[asset], people[i]), budget[people[i]][asset], "S3: the surplus came back");
            }
        }
    }

    function checkS4AStepIsSoldAfterTheOneBefore() public view {
        if (lots[3].before == 3) return;
        (uint32 lot, uint64 supply) = plans.currentStep(classId, lots[2].lot, 3);
        for (uint256 i = 2; i < 5; ++i) {
            Plan storage plan = lots[i].plan;
            if (plan.minUnits == 0) break;
            if (plan.supply < plan.minUnits) continue;
            assertEq(lot, lots[i].lot, "S4: the first step that is left");
            assertEq(supply, plan.supply, "S4: what is left of it");
            return;
        }
        assertEq(lot, 0, "S4: all is sold");
    }

    function checkS5WhatWasBoughtStays() public view {
        for (uint256 i = 0; i < bought.length; ++i) {
            Bought storage b = bought[i];
            assertEq(core.ownerOf(b.tokenId), b.to, "S5: holder");
            assertEq(core.valueOf(b.tokenId), b.units, "S5: units");
            assertEq(core.expireAtOf(b.tokenId), b.expireAt, "S5: the term that was bought");
        }
        assertEq(token.balanceOf(stranger), 0, "S5: a stranger gains nothing");
    }

    function checkAll() external view override {
        checkS1APlanSellsItsSupply();
        checkS2TheSellerKeepsNothing();
        checkS3ALotIsBackedByWhatWasPaid();
        checkS4AStepIsSoldAfterTheOneBefore();
        checkS5WhatWasBoughtStays();
    }

    function checkEverythingHappened() external view override {
        for (uint256 i = 0; i < 3; ++i) {
            assertGt(lots[i].sold, 0, "sold");
        }
        assertGt(passes, 0, "passes");
        assertGt(steps, 0, "later steps");
        assertGt(trespasses, 0, "trespasses");
    }

    // Helpers

    function addLot(uint256 asset, uint96 numerator, uint64 denominator) private {
        LotTerms memory terms = lotTerms(assets[asset], numerator, denominator);
        terms.seller = address(plans);
        uint32 lot = createLot(classId, terms);
        lots.push(Lot(lot, asset, numerator, denominator, lots.length, Plan(0, 0, false, 0, 0), 0, 0));
    }

    function aPlan(uint256 seed) private view returns (Plan memory) {
        uint32 expireAt = seed / 16 % 3 == 0 ? uint32(block.timestamp + seed / 64 % 20 days) : 0;
        uint32 duration = seed / 4 % 2 == 0 ? 0 : uint32(1 + seed / 256 % 10 days);
        return Plan(uint64(seed / 1024 % 100), uint64(1 + seed / 4096 % 12), seed % 3 == 0, duration, expireAt);
    }

    /// @dev Mostly what the plan sells.
    function unitsOf(Plan memory plan, uint256 seed) private pure returns (uint64) {
        if (plan.minUnits == 0) return uint64(1 + seed % 5);
        if (plan.exact) return plan.minUnits;
        return plan.minUnits + uint64(seed % (plan.supply + 2));
    }

    function expiryOf(Plan memory plan) private view returns (uint64) {
        if (plan.duration == 0) return plan.expireAt;
        uint64 end = uint64(block.timestamp + plan.duration);
        return plan.expireAt != 0 && plan.expireAt < end ? plan.expireAt : end;
    }

    function soldOut(Lot storage lot) private view returns (bool) {
        return lot.plan.minUnits != 0 && lot.plan.supply < lot.plan.minUnits;
    }

    function priceUp(Lot storage lot, uint256 units) private view returns (uint256) {
        return (units * lot.numerator + lot.denominator - 1) / lot.denominator;
    }
}
