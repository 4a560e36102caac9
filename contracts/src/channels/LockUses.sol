// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IDATLocks} from "../interfaces/IDATLocks.sol";

/// @dev The uses of a capture, written where they are sent from, and what was taken, read where it arrived: a call of
/// `IDATLocks.consumeLocks` without a copy. `LockUses.t.sol` holds it equal to Solidity's own call.
///
/// Points at the first `LockUse`, two words each. Before it there is room for the head of the call; after the last there
/// is a word for each use that says which item it is of, and then the answer. Positions are below the capacity that the
/// memory was made with.
type LockUses is uint256;

using {lockIdAt, itemAt, consume, placesOf} for LockUses global;

function newLockUses(uint256 capacity) pure returns (LockUses uses) {
    assembly ("memory-safe") {
        uses := add(mload(0x40), 0xe0)
        let items := add(uses, shl(6, capacity))
        let answer := add(items, shl(5, capacity))
        mstore(sub(uses, 0xe0), items)
        mstore(sub(uses, 0xc0), answer)
        mstore(0x40, add(add(answer, 0x40), shl(6, capacity)))
    }
}

function lockIdAt(LockUses uses, uint256 position) pure returns (bytes32 lockId) {
    assembly ("memory-safe") {
        lockId := mload(add(uses, shl(6, position)))
    }
}

function itemAt(LockUses uses, uint256 position) pure returns (uint256 item) {
    assembly ("memory-safe") {
        item := mload(add(mload(sub(uses, 0xe0)), shl(5, position)))
    }
}

/// @dev Consumes `count` uses from `from` on; the uses before it are forgotten. Where it fails, the reason is in the
/// return data.
function consume(LockUses uses, address token, uint256 from, uint256 count, bytes32 metricType, address operator)
    returns (bool done)
{
    bytes4 selector = IDATLocks.consumeLocks.selector;
    assembly ("memory-safe") {
        let place := add(uses, shl(6, from))
        let answer := mload(sub(uses, 0xc0))
        let size := add(0x40, shl(6, count))
        // The data begins with the last four bytes of this word.
        mstore(sub(place, 0xa0), shr(224, selector))
        mstore(sub(place, 0x80), 0x60)
        mstore(sub(place, 0x60), metricType)
        mstore(sub(place, 0x40), operator)
        mstore(sub(place, 0x20), count)
        done := call(gas(), token, 0, sub(place, 0x84), add(0x84, shl(6, count)), answer, size)
        if and(done, iszero(eq(returndatasize(), size))) { revert(0, 0) }
    }
}

/// @dev After `consume` from `from` on: where the first of its uses, of its items and of the takes are.
function placesOf(LockUses uses, uint256 from) pure returns (uint256 use, uint256 items, uint256 takes) {
    assembly ("memory-safe") {
        use := add(uses, shl(6, from))
        items := add(mload(sub(uses, 0xe0)), shl(5, from))
        takes := add(mload(sub(uses, 0xc0)), 0x40)
    }
}
