// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

/// @title IDATLocks: value that one module may spend, and nobody else (R5, R6).
/// @notice The token knows no registry of modules: the holder names the module, the module names the lock.
interface IDATLocks {
    event ValueLocked(uint256 indexed tokenId, address indexed module, bytes32 indexed lockId, uint64 units);
    event ValueUnlocked(uint256 indexed tokenId, address indexed module, bytes32 indexed lockId, uint64 units);

    /// @notice Thrown when a module names a lock it does not have.
    error DATNonexistentLock(address module, bytes32 lockId);
    /// @notice Thrown when a module returns an id that it already used.
    error DATLockExists(address module, bytes32 lockId);
    /// @notice Thrown when a module would take more than is locked.
    error DATLockExceeded(address module, bytes32 lockId, uint64 remaining, uint64 units);

    /// @notice Takes `units` out of the token's value and gives them into the hands of `module`.
    /// @param data Passed to the module, which answers with the lock's id or reverts.
    /// @dev Requirements: caller is the holder; token not expired; 0 < `units` <= value; `module` is a contract.
    function lock(uint256 tokenId, uint64 units, address module, bytes calldata data) external returns (bytes32 lockId);

    /// @notice Spends locked units: records usage by `operator` and releases the lot's backing for them.
    /// @dev Requirements: caller is the module; token not expired; `units` <= what remains.
    function consumeLock(bytes32 lockId, uint64 units, bytes32 metricType, address operator) external;

    /// @notice Returns what remains to the token, whoever owns it now, and ends the lock.
    /// @dev Requirements: caller is the module.
    function returnLock(bytes32 lockId) external returns (uint64 units);

    /// @notice Token, units that remain and time of locking; zeros when there is no such lock.
    function lockInfo(address module, bytes32 lockId)
        external
        view
        returns (uint256 tokenId, uint64 remaining, uint64 lockedAt);
}
