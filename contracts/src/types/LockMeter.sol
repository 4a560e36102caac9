// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

/// @dev How far a module takes a lock down, in one word: burst(64) | rate(64) | cumulative(64) | cap(64), from the lowest
/// bit. Of `cap` units, what the lock began with, at most `cumulative` are taken since the beginning, and at most
/// burst + rate x seconds since locking (R9); the highest burst is no limit.
type LockMeter is uint256;

using {allowed} for LockMeter global;

function packLockMeter(uint64 cap, uint64 cumulative, uint64 rate, uint64 burst) pure returns (LockMeter) {
    return LockMeter.wrap(burst | uint256(rate) << 64 | uint256(cumulative) << 128 | uint256(cap) << 192);
}

/// @dev Units that may have been taken `age` seconds after locking; at most the cap.
function allowed(LockMeter meter, uint256 age) pure returns (uint64) {
    // The casts keep exactly the bits of their field.
    uint64 cap = uint64(LockMeter.unwrap(meter) >> 192);
    uint64 units = uint64(LockMeter.unwrap(meter) >> 128);
    uint256 rate = uint64(LockMeter.unwrap(meter) >> 64);
    if (units > cap) units = cap;
    // No overflow: 64 bits, and 64 times 40 at most.
    unchecked {
        uint256 metered = uint64(LockMeter.unwrap(meter)) + rate * age;
        // Less than `units`, which has 64 bits.
        return metered < units ? uint64(metered) : units;
    }
}
