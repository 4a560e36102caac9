// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

using {isPending} for Revocation global;

/// @dev One slot: a revocation that waits for the end of its appeal window, and lapses `window` later; `effectiveAt` is 0
/// when there is none.
struct Revocation {
    uint64 effectiveAt; // 64
    uint32 window; // 96
    bool appealed; // 104
}

/// @dev Not carried out and not lapsed.
function isPending(Revocation memory revocation) view returns (bool) {
    return revocation.effectiveAt != 0 && block.timestamp <= uint256(revocation.effectiveAt) + revocation.window;
}
