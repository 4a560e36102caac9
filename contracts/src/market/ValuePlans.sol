// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {LotInfo, LotTerms} from "../interfaces/IDATLots.sol";
import {IValuePlans, Plan} from "../interfaces/IValuePlans.sol";
import {IValueSales} from "../interfaces/IValueSales.sol";
import {LotSeller} from "./LotSeller.sol";

contract ValuePlans is IValuePlans, LotSeller {
    uint32 private constant MAX_STEPS = 64;

    /// @dev One slot. `minUnits` is zero where the lot is not on sale.
    struct Sale {
        uint64 supply; // 64
        uint64 minUnits; // 128
        uint32 duration; // 160
        uint32 expireAt; // 192
        uint32 lotBefore; // 224: the step before in a schedule; 0: none
        bool exact; // 232
    }

    mapping(uint256 classId => mapping(uint32 lot => Sale)) private _sales;

    constructor(address token_) LotSeller(token_) {}

    /// @inheritdoc IValuePlans
    function openPlan(uint256 classId, uint32 lot, Plan calldata plan) external {
        _requireIssuer(classId);
        _requireSeller(classId, lot, TOKEN.lotInfo(classId, lot).terms.seller);
        _open(classId, lot, plan, _sales[classId][lot].lotBefore);
    }

    /// @inheritdoc IValuePlans
    function closePlan(uint256 classId, uint32 lot) external {
        _requireIssuer(classId);
        Sale storage sale = _sales[classId][lot];
        if (sale.minUnits == 0) revert ValueMarketNotListed(classId, lot);
        // Its place in a schedule stays.
        (sale.supply, sale.minUnits, sale.duration, sale.expireAt, sale.exact) = (0, 0, 0, 0, false);
        emit PlanClosed(classId, lot);
    }

    /// @inheritdoc IValuePlans
    function openSchedule(uint256 classId, uint32 firstLot, uint32 steps, Plan calldata plan) external {
        _requireIssuer(classId);
        if (steps < 2 || steps > MAX_STEPS) revert ValuePlansInvalidPlan("steps");
        LotInfo memory before = TOKEN.lotInfo(classId, firstLot);
        _requireSeller(classId, firstLot, before.terms.seller);
        _open(classId, firstLot, plan, 0);
        uint96 slope;
        for (uint32 lot = firstLot + 1; lot < firstLot + steps; ++lot) {
            LotInfo memory next = TOKEN.lotInfo(classId, lot);
            (uint96 price, uint96 priceBefore) = (next.terms.priceNumerator, before.terms.priceNumerator);
            if (price <= priceBefore || !_sameButPrice(before, next)) revert ValuePlansNotLinear(classId, lot);
            if (lot == firstLot + 1) slope = price - priceBefore;
            else if (price - priceBefore != slope) revert ValuePlansNotLinear(classId, lot);
            _open(classId, lot, plan, lot - 1);
            before = next;
        }
        emit ScheduleOpened(classId, firstLot, steps, slope);
    }

    /// @inheritdoc IValueSales
    function buy(uint256 classId, uint32 lot, uint64 units, address to, uint256 maxCost)
        external
        payable
        returns (uint256 tokenId, uint256 cost)
    {
        return _sellQuoted(classId, lot, units, to, _takeSupply(classId, lot, units), maxCost);
    }

    /// @inheritdoc IValuePlans
    function planOf(uint256 classId, uint32 lot) external view returns (Plan memory plan, uint32 lotBefore) {
        Sale storage sale = _sales[classId][lot];
        return (Plan(sale.supply, sale.minUnits, sale.exact, sale.duration, sale.expireAt), sale.lotBefore);
    }

    /// @inheritdoc IValuePlans
    function currentStep(uint256 classId, uint32 firstLot, uint32 steps)
        external
        view
        returns (uint32 lot, uint64 supply)
    {
        for (lot = firstLot; lot < firstLot + steps; ++lot) {
            Sale storage sale = _sales[classId][lot];
            if (sale.minUnits == 0) break;
            if (sale.supply >= sale.minUnits) return (lot, sale.supply);
        }
        return (0, 0);
    }

    function _open(uint256 classId, uint32 lot, Plan calldata plan, uint32 lotBefore) private {
        if (plan.minUnits == 0) revert ValuePlansInvalidPlan("minUnits");
        if (plan.expireAt != 0 && plan.expireAt < block.timestamp) revert ValuePlansInvalidPlan("expireAt");
        _sales[classId][lot] = Sale(plan.supply, plan.minUnits, plan.duration, plan.expireAt, lotBefore, plan.exact);
        emit PlanOpened(classId, lot, plan);
    }

    /// @dev Before the guard of the sale: nobody is called, and what follows fails with the whole.
    function _takeSupply(uint256 classId, uint32 lot, uint64 units) private returns (uint64) {
        Sale memory sale = _sales[classId][lot];
        if (sale.minUnits == 0) revert ValueMarketNotListed(classId, lot);
        if (sale.lotBefore != 0) {
            Sale storage before = _sales[classId][sale.lotBefore];
            if (before.minUnits == 0 || before.supply >= before.minUnits) {
                revert ValuePlansStepNotReached(classId, lot, sale.lotBefore, before.supply);
            }
        }
        if (sale.exact ? units != sale.minUnits : units < sale.minUnits) {
            revert ValuePlansWrongUnits(classId, lot, sale.minUnits, units);
        }
        if (units > sale.supply) revert ValueMarketSoldOut(classId, lot, sale.supply, units);
        // Checked above.
        unchecked {
            _sales[classId][lot].supply = sale.supply - units;
        }
        if (sale.duration == 0) return sale.expireAt;
        // No overflow: times of 64 and 32 bits. The token refuses what it cannot hold.
        uint256 end = block.timestamp + sale.duration;
        return sale.expireAt != 0 && sale.expireAt < end ? sale.expireAt : uint64(end);
    }

    function _requireSeller(uint256 classId, uint32 lot, address seller) private view {
        if (seller != address(this)) revert ValueMarketNotSeller(classId, lot, seller);
    }

    function _sameButPrice(LotInfo memory one, LotInfo memory other) private pure returns (bool) {
        (LotTerms memory a, LotTerms memory b) = (one.terms, other.terms);
        return a.asset == b.asset && a.priceDenominator == b.priceDenominator && a.operatorBps == b.operatorBps
            && a.refundable == b.refundable && a.expiredToClass == b.expiredToClass && a.seller == b.seller
            && one.policyVersion == other.policyVersion;
    }
}
