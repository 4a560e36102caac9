// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IDATLocks} from "../interfaces/IDATLocks.sol";

/// @dev The uses of a capture, written where they are sent from, and what was taken, read where it arrived: a call of
/// `IDATLocks.consumeLocks` without a copy. `LockUses.t.sol` holds it equal to Solidity's own call.
///
/// Points at the first `LockUse`, two words each. Before it there is room for the head of the call; after the last comes
/// the answer, whose place is told before the first call. Positions are below the capacity that the memory was made with.
type LockUses is uint256;

using {lockIdAt, answerAt, consume, placeOf, takesOf} for LockUses global;

function newLockUses(uint256 capacity) pure returns (LockUses uses) {
    assembly ("memory-safe") {
        uses := add(mload(0x40), 0xc0)
        mstore(0x40, add(add(uses, 0x40), shl(7, capacity)))
    }
}

function lockIdAt(LockUses uses, uint256 position) pure returns (bytes32 lockId) {
    assembly ("memory-safe") {
        lockId := mload(add(uses, shl(6, position)))
    }
}

/// @dev Answers go to `place`, which is behind the last use: memory that is not needed is not paid for.
function answerAt(LockUses uses, uint256 place) pure {
    assembly ("memory-safe") {
        mstore(sub(uses, 0xc0), place)
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
        let size := add(0x40, shl(6, count))
        // The data begins with the last four bytes of this word.
        mstore(sub(place, 0xa0), shr(224, selector))
        mstore(sub(place, 0x80), 0x60)
        mstore(sub(place, 0x60), metricType)
        mstore(sub(place, 0x40), operator)
        mstore(sub(place, 0x20), count)
        done := call(gas(), token, 0, sub(place, 0x84), add(0x24, add(size, 0x20)), mload(sub(uses, 0xc0)), size)
        if and(done, iszero(eq(returndatasize(), size))) { revert(0, 0) }
    }
}

/// @dev Where the use at `position` is.
function placeOf(LockUses uses, uint256 position) pure returns (uint256 place) {
    assembly ("memory-safe") {
        place := add(uses, shl(6, position))
    }
}

/// @dev Where, after `consume`, the `LockTake` of its first use is, two words as each.
function takesOf(LockUses uses) pure returns (uint256 takes) {
    assembly ("memory-safe") {
        takes := add(mload(sub(uses, 0xc0)), 0x40)
    }
}
