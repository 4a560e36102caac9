// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

/// @dev One slot: units(64) | expireAt(64). `units` are left; `expireAt` is the last valid second, 0 for ever.
struct UsageAllowance {
    uint64 units;
    uint64 expireAt;
}
