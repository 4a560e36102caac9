// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

/// @dev One slot: tokenId(128) | remaining(64) | lockedAt(40). After the lock's end `lockedAt` stays, so that its id is
/// never used again.
type Lock is uint256;

using {tokenId, remaining, lockedAt, ended} for Lock global;

/// @dev Ids of existing tokens have 128 bits.
function packLock(uint256 tokenId_, uint64 units, uint40 lockedAt_) pure returns (Lock) {
    return Lock.wrap(tokenId_ | uint256(units) << 128 | uint256(lockedAt_) << 192);
}

// The casts below keep exactly the bits of their field.

function tokenId(Lock lock) pure returns (uint256) {
    return uint128(Lock.unwrap(lock));
}

function remaining(Lock lock) pure returns (uint64) {
    return uint64(Lock.unwrap(lock) >> 128);
}

function lockedAt(Lock lock) pure returns (uint40) {
    return uint40(Lock.unwrap(lock) >> 192);
}

function ended(Lock lock) pure returns (Lock) {
    return Lock.wrap(Lock.unwrap(lock) >> 192 << 192);
}
