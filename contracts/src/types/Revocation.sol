// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

/// @dev One slot: a revocation that waits for the end of its appeal window, and lapses `window` later; `effectiveAt` is 0
/// when there is none.
struct Revocation {
    uint64 effectiveAt; // 64
    uint32 window; // 96
    bool appealed; // 104
}
