// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IValueSales} from "./IValueSales.sol";

/// @notice How a lot is sold. Its price, its refunds and its rates are the lot's, which nobody changes (R1).
/// @param supply Units still for sale.
/// @param minUnits Fewest units of one purchase: what makes a lot a tier. At least 1.
/// @param exact Whether a purchase is of exactly `minUnits`: a pass, or one term of a subscription.
/// @param duration Seconds that a token sold is valid, from its purchase: a subscription. 0: for ever.
/// @param expireAt Last second of every token sold, whenever it is bought; 0: none. The earlier of both counts.
struct Plan {
    uint64 supply;
    uint64 minUnits;
    bool exact;
    uint32 duration;
    uint32 expireAt;
}

/// @title IValuePlans: sells the value of lots in tiers, as subscriptions and passes, and on a linear schedule.
/// @notice Every price is a lot's. So whatever is bought keeps the price and the rates it was bought at, is backed by what
/// was paid for it, and is refunded on the terms of its lot, however the plan was called and whatever comes after (R1, R25).
interface IValuePlans is IValueSales {
    event PlanOpened(uint256 indexed classId, uint32 indexed lot, Plan plan);
    event PlanClosed(uint256 indexed classId, uint32 indexed lot);
    /// @notice `steps` lots from `firstLot` on are sold one after the other, each with the plan of its `PlanOpened`. A unit of
    /// step k costs priceNumerator + k x slope, over the lots' denominator.
    event ScheduleOpened(uint256 indexed classId, uint32 indexed firstLot, uint32 steps, uint96 slope);

    /// @notice Thrown when a plan cannot be sold; `field` names the offending part.
    error ValuePlansInvalidPlan(bytes32 field);
    /// @notice Thrown when a lot of a schedule does not continue the one before: other terms, or not the same slope.
    error ValuePlansNotLinear(uint256 classId, uint32 lot);
    /// @notice Thrown when fewer units are bought than the plan sells, or not exactly those of a pass.
    error ValuePlansWrongUnits(uint256 classId, uint32 lot, uint64 minUnits, uint64 units);
    /// @notice Thrown when the step before is not sold out.
    error ValuePlansStepNotReached(uint256 classId, uint32 lot, uint32 lotBefore, uint64 left);

    /// @notice Puts a lot on sale under a plan, or changes its plan. A lot of a schedule stays in its place.
    /// @dev Requirements: caller is the issuer; the lot names this contract as its seller; `minUnits` > 0.
    function openPlan(uint256 classId, uint32 lot, Plan calldata plan) external;

    /// @notice Ends the sale of a lot. The steps after it are not reached until it is opened and sold out.
    function closePlan(uint256 classId, uint32 lot) external;

    /// @notice Puts consecutive lots on sale one after the other, each under `plan`: a linear bonding schedule in steps. A
    /// purchase is within one step; `maxCost` of `buy` guards against those who bought before.
    /// @dev Requirements: caller is the issuer; 2 to 64 lots, each with this contract as seller; all have the same terms and
    /// policy but for `priceNumerator`, which rises by the same amount from each to the next.
    function openSchedule(uint256 classId, uint32 firstLot, uint32 steps, Plan calldata plan) external;

    /// @notice Zeros where the lot is not on sale. `lotBefore`: the step that must be sold out first; 0: none.
    function planOf(uint256 classId, uint32 lot) external view returns (Plan memory plan, uint32 lotBefore);

    /// @notice The step of a schedule that is on sale, and what is left of it. Zeros when all is sold.
    function currentStep(uint256 classId, uint32 firstLot, uint32 steps)
        external
        view
        returns (uint32 lot, uint64 supply);
}
