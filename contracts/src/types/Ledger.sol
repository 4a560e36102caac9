// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {Checkpoint} from "./Checkpoint.sol";
import {ClaimState} from "./ClaimState.sol";

/// @dev The revenue of one class in one asset.
struct Ledger {
    LedgerIndex index;
    LedgerBooks books;
    LedgerHeld held;
    mapping(uint256 position => Checkpoint) checkpoints;
    mapping(uint256 tokenId => ClaimState) claims;
    mapping(uint256 parentIndex => uint256 amount) collected;
}

/// @dev index(160) | carry(48) | lastEpoch(32): revenue per unit of share scaled by 2^48 and rounded down, what it could
/// not divide (scaled, too), and the epoch of the newest checkpoint.
type LedgerIndex is uint256;

using {index, carry, lastEpoch} for LedgerIndex global;

function packLedgerIndex(uint160 index_, uint48 carry_, uint32 lastEpoch_) pure returns (LedgerIndex) {
    return LedgerIndex.wrap(index_ | uint256(carry_) << 160 | uint256(lastEpoch_) << 208);
}

// The casts below keep exactly the bits of their field.

function index(LedgerIndex state) pure returns (uint160) {
    return uint160(LedgerIndex.unwrap(state));
}

function carry(LedgerIndex state) pure returns (uint48) {
    return uint48(LedgerIndex.unwrap(state) >> 160);
}

function lastEpoch(LedgerIndex state) pure returns (uint32) {
    return uint32(LedgerIndex.unwrap(state) >> 208);
}

/// @dev received(112) | claimed(112) | checkpointCount(32): revenue ever received; what was paid to holders or passed to
/// the beneficiary. `claimed` is a part of `received`, so adding to it cannot overflow.
type LedgerBooks is uint256;

using {received, claimed, checkpointCount, withReceived, plusClaimed, plusCheckpoint} for LedgerBooks global;

function received(LedgerBooks books) pure returns (uint112) {
    return uint112(LedgerBooks.unwrap(books));
}

function claimed(LedgerBooks books) pure returns (uint112) {
    return uint112(LedgerBooks.unwrap(books) >> 112);
}

function checkpointCount(LedgerBooks books) pure returns (uint32) {
    return uint32(LedgerBooks.unwrap(books) >> 224);
}

function withReceived(LedgerBooks books, uint112 received_) pure returns (LedgerBooks) {
    return LedgerBooks.wrap(LedgerBooks.unwrap(books) >> 112 << 112 | received_);
}

function plusClaimed(LedgerBooks books, uint256 amount) pure returns (LedgerBooks) {
    return LedgerBooks.wrap(LedgerBooks.unwrap(books) + (amount << 112));
}

/// @dev A checkpoint has an epoch of its own, of which there are fewer than 2^32.
function plusCheckpoint(LedgerBooks books) pure returns (LedgerBooks) {
    return LedgerBooks.wrap(LedgerBooks.unwrap(books) + (1 << 224));
}

/// @dev orphan(112) | backing(112): what waits for the next active shares (R20); the escrow of all lots in this asset.
type LedgerHeld is uint256;

using {orphan, backing, withOrphan, minusBacking, plusBacking} for LedgerHeld global;

function orphan(LedgerHeld held) pure returns (uint112) {
    return uint112(LedgerHeld.unwrap(held));
}

function backing(LedgerHeld held) pure returns (uint112) {
    return uint112(LedgerHeld.unwrap(held) >> 112);
}

function withOrphan(LedgerHeld held, uint112 orphan_) pure returns (LedgerHeld) {
    return LedgerHeld.wrap(LedgerHeld.unwrap(held) >> 112 << 112 | orphan_);
}

/// @dev The caller has checked that the sum has 112 bits.
function plusBacking(LedgerHeld held, uint256 amount) pure returns (LedgerHeld) {
    unchecked {
        return LedgerHeld.wrap(LedgerHeld.unwrap(held) + (amount << 112));
    }
}

/// @dev The class's backing is the sum of its lots' escrows, from one of which the caller takes `amount`.
function minusBacking(LedgerHeld held, uint256 amount) pure returns (LedgerHeld) {
    unchecked {
        return LedgerHeld.wrap(LedgerHeld.unwrap(held) - (amount << 112));
    }
}
