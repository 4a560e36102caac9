// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

/// @dev index(160) | epoch(32): the index before the first settlement of an epoch. Epochs without one have none.
type Checkpoint is uint256;

using {index, epoch} for Checkpoint global;

function packCheckpoint(uint160 index_, uint32 epoch_) pure returns (Checkpoint) {
    return Checkpoint.wrap(index_ | uint256(epoch_) << 160);
}

// The casts below keep exactly the bits of their field.

function index(Checkpoint checkpoint) pure returns (uint160) {
    return uint160(Checkpoint.unwrap(checkpoint));
}

function epoch(Checkpoint checkpoint) pure returns (uint32) {
    return uint32(Checkpoint.unwrap(checkpoint) >> 160);
}
