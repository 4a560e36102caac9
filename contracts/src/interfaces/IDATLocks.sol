// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

/// @notice What a lock shall come down to.
/// @param remaining Units that stay locked; what is more is spent.
struct LockUse {
    bytes32 lockId;
    uint64 remaining;
}

/// @notice A lock as read back; zeros when there is no such lock.
/// @param remaining Units still locked.
/// @param lockedAt Unix time.
struct LockInfo {
    uint256 tokenId;
    uint64 remaining;
    uint64 lockedAt;
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

    /// @notice Brings each lock down to `remaining` units: records what is more as usage by `operator` and releases the
    /// lot's backing for it. A lock that is already there or below is passed over, so a lock may be named twice.
    /// @param metricType The metric of every `UsageRecorded`.
    /// @return units What was spent of each.
    /// @dev Consecutive uses of one lot release its backing together, so `BackingReleased`, `OwedIncreased`,
    /// `RevenueSettled` and `RevenueAccrued` come once for them, after their `UsageRecorded`; the operator's cut is rounded
    /// down once. What is released in all does not depend on how uses are batched (R2).
    /// @dev Requirements: caller is the locks' module; no token that units are taken from has expired.
    function consumeLocks(LockUse[] calldata uses, bytes32 metricType, address operator)
        external
        returns (uint64[] memory units);

    /// @notice Returns what remains to the token, whoever owns it now, and ends the lock.
    /// @dev Requirements: caller is the module.
    function returnLock(bytes32 lockId) external returns (uint64 units);

    /// @notice Token, units that remain and time of locking; zeros when there is no such lock.
    function lockInfo(address module, bytes32 lockId)
        external
        view
        returns (uint256 tokenId, uint64 remaining, uint64 lockedAt);

    /// @notice `lockInfo` of many locks of one module.
    function lockInfos(address module, bytes32[] calldata lockIds) external view returns (LockInfo[] memory);
}
