// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {LockMeter} from "../types/LockMeter.sol";

/// @notice What may be taken from a lock.
/// @param meter cap << 192 | cumulative << 128 | rate << 64 | burst: of the `cap` units that the lock began with, at most
/// `cumulative` since then, and at most burst + rate x seconds since then.
struct LockUse {
    bytes32 lockId;
    LockMeter meter;
}

/// @notice What was taken from a lock; zeros where nothing was.
/// @param units Now.
/// @param cumulative Since locking, by the use's `cap`.
struct LockTake {
    uint64 units;
    uint64 cumulative;
}

/// @title IDATLocks: value that one module may spend, and nobody else (R5, R6).
/// @notice The token knows no registry of modules: the holder names the module, the module names the lock.
interface IDATLocks {
    event ValueLocked(uint256 indexed tokenId, address indexed module, bytes32 indexed lockId, uint64 units);
    event ValueUnlocked(uint256 indexed tokenId, address indexed module, bytes32 indexed lockId, uint64 units);

    /// @notice Thrown when a module names a lock it does not have.
    error DATNonexistentLock(address module, bytes32 lockId);
    /// @notice Thrown when a module returns an id that it already used.
    error DATLockExists(address module, bytes32 lockId);

    /// @notice Takes `units` out of the token's value and gives them into the hands of `module`.
    /// @param data Passed to the module, which answers with the lock's id or reverts.
    /// @dev Requirements: caller is the holder; token not expired; 0 < `units` <= value; `module` is a contract.
    function lock(uint256 tokenId, uint64 units, address module, bytes calldata data) external returns (bytes32 lockId);

    /// @notice Takes from each lock what its use allows and was not taken before: records it as usage by `operator` and
    /// releases the lot's backing for it. Uses that allow nothing new, and ids that are no lock of the caller's, are passed
    /// over; so a lock may be named twice.
    /// @param metricType The metric of every `UsageRecorded`.
    /// @return takes What was taken of each.
    /// @dev Consecutive uses of one lot release its backing together, so `BackingReleased`, `OwedIncreased`,
    /// `RevenueSettled` and `RevenueAccrued` come once for them, after their `UsageRecorded`; the operator's cut is rounded
    /// down once. What is released in all does not depend on how uses are batched (R2).
    /// @dev Requirements: no token that units are taken from has expired. Never more is taken than the lock holds.
    function consumeLocks(LockUse[] calldata uses, bytes32 metricType, address operator)
        external
        returns (LockTake[] memory takes);

    /// @notice Returns what remains to the token, whoever owns it now, and ends the lock.
    /// @dev Requirements: caller is the module.
    function returnLock(bytes32 lockId) external returns (uint64 units);

    /// @notice Token, units that remain and time of locking. Of a lock that has ended: no token, the units that it returned,
    /// and the time of locking. Zeros when there never was such a lock.
    function lockInfo(address module, bytes32 lockId)
        external
        view
        returns (uint256 tokenId, uint64 units, uint64 lockedAt);
}
