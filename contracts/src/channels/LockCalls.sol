// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IDATLocks} from "../interfaces/IDATLocks.sol";

/// @dev `IDATLocks.lockInfos` and `consumeLocks` for a whole capture without a copy: what is sent is written where it is
/// sent from, and what comes back is read where it arrived. `LockCalls.t.sol` holds them equal to Solidity's own calls.
/// Positions are below the capacity that the memory was made with.

/// @dev Points at the length of a `bytes32[]` in memory, before which there is room for the head of the call.
type LockIds is uint256;

/// @dev Points at the first `LockInfo`, three words each.
type LockStates is uint256;

/// @dev Points at the first `LockUse`, two words each. Before it there is room for the head of the call; after the last,
/// for the answer.
type LockUses is uint256;

using {first, lockIdOf, read} for LockIds global;
using {at} for LockStates global;
using {setUse, lockIdAt, itemIndexAt, consume, placesOf} for LockUses global;

function newLockIds(uint256 capacity) pure returns (LockIds ids) {
    assembly ("memory-safe") {
        ids := add(mload(0x40), 0x60)
        mstore(ids, capacity)
        mstore(0x40, add(add(ids, 0x20), shl(5, capacity)))
    }
}

/// @dev Where the first id is.
function first(LockIds ids) pure returns (uint256 place) {
    assembly ("memory-safe") {
        place := add(ids, 0x20)
    }
}

function lockIdOf(LockIds ids, uint256 position) pure returns (bytes32 lockId) {
    assembly ("memory-safe") {
        lockId := mload(add(add(ids, 0x20), shl(5, position)))
    }
}

/// @dev Of the locks of this contract. Every id has been put.
function read(LockIds ids, address token) view returns (LockStates states) {
    bytes4 selector = IDATLocks.lockInfos.selector;
    assembly ("memory-safe") {
        let count := mload(ids)
        mstore(sub(ids, 0x20), 0x40)
        mstore(sub(ids, 0x40), address())
        // The data begins with the last four bytes of this word.
        mstore(sub(ids, 0x60), shr(224, selector))
        let answer := mload(0x40)
        let size := add(0x40, mul(0x60, count))
        mstore(0x40, add(answer, size))
        let done := staticcall(gas(), token, sub(ids, 0x44), add(0x64, shl(5, count)), answer, size)
        if iszero(and(done, eq(returndatasize(), size))) { revert(0, 0) }
        states := add(answer, 0x40)
    }
}

/// @dev Where the state of the lock at `position` is.
function at(LockStates states, uint256 position) pure returns (uint256 place) {
    assembly ("memory-safe") {
        place := add(states, mul(0x60, position))
    }
}

function newLockUses(uint256 capacity) pure returns (LockUses uses) {
    assembly ("memory-safe") {
        uses := add(mload(0x40), 0xe0)
        // Of which item each use is, and then the answer.
        let indexes := add(uses, shl(6, capacity))
        let answer := add(indexes, shl(5, capacity))
        mstore(sub(uses, 0xe0), indexes)
        mstore(sub(uses, 0xc0), answer)
        mstore(0x40, add(add(answer, 0x40), shl(5, capacity)))
    }
}

function setUse(LockUses uses, uint256 position, bytes32 lockId, uint256 remaining, uint256 itemIndex) pure {
    assembly ("memory-safe") {
        let place := add(uses, shl(6, position))
        mstore(place, lockId)
        mstore(add(place, 0x20), remaining)
        mstore(add(mload(sub(uses, 0xe0)), shl(5, position)), itemIndex)
    }
}

function itemIndexAt(LockUses uses, uint256 position) pure returns (uint256 itemIndex) {
    assembly ("memory-safe") {
        itemIndex := mload(add(mload(sub(uses, 0xe0)), shl(5, position)))
    }
}

function lockIdAt(LockUses uses, uint256 position) pure returns (bytes32 lockId) {
    assembly ("memory-safe") {
        lockId := mload(add(uses, shl(6, position)))
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
        let size := add(0x40, shl(5, count))
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

/// @dev After `consume` from `from` on: where the first of its uses, of its items' indexes and of the units taken are.
function placesOf(LockUses uses, uint256 from) pure returns (uint256 use, uint256 indexes, uint256 units) {
    assembly ("memory-safe") {
        use := add(uses, shl(6, from))
        indexes := add(mload(sub(uses, 0xe0)), shl(5, from))
        units := add(mload(sub(uses, 0xc0)), 0x40)
    }
}
