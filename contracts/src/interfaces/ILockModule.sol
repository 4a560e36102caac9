// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

/// @notice What a holder wants to lock.
/// @param units At least one; taken out of the token's value already.
/// @param expireAt The token's last valid second; 0 for ever.
/// @param policyHashed Whether the policy that the token's value was made under has a hash (R25).
struct LockRequest {
    address holder;
    uint256 tokenId;
    uint64 units;
    uint64 expireAt;
    bool policyHashed;
}

/// @title ILockModule: what a holder may lock value to.
interface ILockModule {
    /// @notice Called by the token while it locks. Returns an id never used before, or reverts with the reason.
    /// @dev Requirements for implementers: check that the caller is the token contract the module was made for.
    function onLock(LockRequest calldata request, bytes calldata data) external returns (bytes32 lockId);
}
