// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

/// @dev index(160) | fraction(48): how far a token has claimed, and what it earned below one smallest unit (scaled). Both
/// zero: it has not claimed, and starts at the index of its entry. The fraction makes any sequence of claims pay exactly
/// what one claim at its end would.
type ClaimState is uint256;

using {index, fraction} for ClaimState global;

function packClaimState(uint160 index_, uint48 fraction_) pure returns (ClaimState) {
    return ClaimState.wrap(index_ | uint256(fraction_) << 160);
}

// The casts below keep exactly the bits of their field.

function index(ClaimState state) pure returns (uint160) {
    return uint160(ClaimState.unwrap(state));
}

function fraction(ClaimState state) pure returns (uint48) {
    return uint48(ClaimState.unwrap(state) >> 160);
}
