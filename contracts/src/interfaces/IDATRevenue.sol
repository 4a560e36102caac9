// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

/// @notice The revenue ledger of one class in one asset (law L3). All amounts in the asset's smallest unit.
/// @param index Revenue per unit of share since the beginning, scaled by 2^48, rounded down; the rest is in `carry`.
/// @param carry Scaled by 2^48: what the last settlements could not divide. Always below one smallest unit.
/// @param received Revenue ever received by the class: settled, released from backing, and collected from children.
/// @param royaltiesReserved Part of `received` set aside for parents: received - floor(received x (1 - royalties)).
/// @param royaltiesPaid Part of the reserve that parents collected.
/// @param claimed Paid out to holders, or passed to the beneficiary (R20).
/// @param orphan Held for the next active shares (R20).
/// @param backing Escrow behind unspent value, over all lots.
struct RevenueInfo {
    uint160 index;
    uint48 carry;
    uint112 received;
    uint112 royaltiesReserved;
    uint112 royaltiesPaid;
    uint112 claimed;
    uint112 orphan;
    uint112 backing;
}

/// @title IDATRevenue: royalties, orphan revenue, expiry of shares and solvency (P3, P8, R19-R21).
interface IDATRevenue {
    /// @notice Companion of `RevenueSettled` for every way revenue arrives (P28).
    /// @param amount What arrived. @param toHolders Its part for holders. @param index The index after it.
    /// @param totalShare Active share that divided it; 0 when it became orphan or went to the beneficiary.
    event RevenueAccrued(
        uint256 indexed classId,
        address indexed asset,
        uint256 amount,
        uint256 toHolders,
        uint256 index,
        uint256 totalShare
    );
    event RoyaltyCollected(
        uint256 indexed classId, uint256 indexed parentId, address indexed asset, uint256 parentIndex, uint256 amount
    );
    /// @notice Shares that expired at `expireAt` left the class's total.
    event SharesExpired(uint256 indexed classId, uint64 expireAt, uint256 shareRemoved, uint256 totalShare);
    /// @notice An amount that `account` may withdraw: an operator's cut, or a beneficiary's orphan revenue.
    event OwedIncreased(address indexed account, address indexed asset, uint256 amount);
    event Withdrawn(address indexed account, address indexed asset, address indexed to, uint256 amount);

    /// @notice Thrown when revenue is settled while no share is active.
    error ERC8028NoActiveShare(uint256 classId);
    /// @notice Thrown when a settlement brings nothing.
    error DATZeroAmount();
    /// @notice Thrown when the ERC-20 path is given the zero address or an address without code.
    error DATInvalidAsset(address asset);
    /// @notice Thrown when a class would hold more than 64 distinct pending share expiries (R21).
    error DATTooManyExpiries(uint256 classId, uint256 maximum);
    /// @notice Thrown when the total share of a class would exceed 2^48 - 1.
    error DATTotalShareTooHigh(uint256 classId, uint256 totalShare);
    /// @notice Thrown when an ETH payment is refused by its recipient.
    error DATPaymentFailed(address to, uint256 amount);

    /// @notice Moves what a child owes on one edge into the parent's revenue. Anyone may call; cascades upwards edge by edge.
    /// @return amount Zero when nothing is due.
    function collectRoyalty(uint256 classId, uint256 parentIndex, address asset) external returns (uint256 amount);

    /// @notice What `collectRoyalty` would move.
    function royaltyDue(uint256 classId, uint256 parentIndex, address asset) external view returns (uint256);

    /// @notice Removes every share of the class that has expired. Settlements do it by themselves (P3).
    function syncExpired(uint256 classId) external;

    /// @notice Emits `Expired` for an expired token, once. Anyone may call; a no-op otherwise.
    function observeExpiry(uint256 tokenId) external;

    /// @notice Withdraws what is owed to the caller in `asset`.
    function withdraw(address asset, address payable to) external returns (uint256 amount);

    function owedTo(address account, address asset) external view returns (uint256);

    function revenueInfo(uint256 classId, address asset) external view returns (RevenueInfo memory);

    /// @notice Active share of the class now: expired shares are not counted, poked or not.
    function totalShareOf(uint256 classId) external view returns (uint256);

    /// @notice What the contract owes in `asset` to the classes `firstClass..lastClass` (bounded by the caller) and to all
    /// accounts, and what it holds. Over all classes, `held` >= `owed`.
    function solvency(address asset, uint256 firstClass, uint256 lastClass)
        external
        view
        returns (uint256 owed, uint256 held);
}
