// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

/// @dev One slot, everything that a use of the lock reads or writes: remaining(64) | lockedAt(32) | expireAt(32) |
/// tokenId(128), from the lowest bit. `expireAt` is the token's when it was locked. After the lock's end nothing remains;
/// `lockedAt` and `expireAt` stay, so that its id is never used again, and the units that it returned stand where the token
/// id was: 64 bits, and every token's class is above them.
type Lock is uint256;

using {remaining, lockedAt, expireAt, tokenId, isOpen, returned, ended} for Lock global;

// The casts below keep exactly the bits of their field.

function remaining(Lock lock) pure returns (uint64) {
    return uint64(Lock.unwrap(lock));
}

function lockedAt(Lock lock) pure returns (uint32) {
    return uint32(Lock.unwrap(lock) >> 64);
}

function expireAt(Lock lock) pure returns (uint32) {
    return uint32(Lock.unwrap(lock) >> 96);
}

function tokenId(Lock lock) pure returns (uint256) {
    return Lock.unwrap(lock) >> 128;
}

function isOpen(Lock lock) pure returns (bool) {
    return Lock.unwrap(lock) >> 192 != 0;
}

/// @dev Of a lock that has ended.
function returned(Lock lock) pure returns (uint64) {
    return uint64(Lock.unwrap(lock) >> 128);
}

function ended(Lock lock) pure returns (Lock) {
    return Lock.wrap(Lock.unwrap(lock) & uint256(type(uint64).max) << 64 | uint256(lock.remaining()) << 128);
}
