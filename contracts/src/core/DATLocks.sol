// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {DATBacking} from "../base/DATBacking.sol";
import {IDATCore} from "../interfaces/IDATCore.sol";
import {IDATErrors} from "../interfaces/IDATErrors.sol";
import {IDATLocks, LockTake, LockUse} from "../interfaces/IDATLocks.sol";
import {ILockModule} from "../interfaces/ILockModule.sol";
import {Lock, packLock} from "../types/Lock.sol";
import {Token} from "../types/Token.sol";
import {TokenId} from "../types/TokenId.sol";

/// @title DATLocks: value in the hands of modules (R5, R6).
abstract contract DATLocks is DATBacking, IDATLocks {
    using SafeCast for uint256;

    /// @inheritdoc IDATLocks
    function lock(uint256 tokenId, uint64 units, address module, bytes calldata data)
        external
        nonReentrant
        returns (bytes32 lockId)
    {
        Token token = _requireOwner(tokenId, msg.sender);
        _requireUnexpired(tokenId, token.expireAt());
        if (units == 0) revert IDATErrors.DATZeroUnits();
        _takeValue(tokenId, token, units);
        // A module without code fails here. Its lock does not exist before it has answered, so it cannot spend it early.
        lockId = ILockModule(module)
            .onLock(msg.sender, tokenId, units, token.expireAt(), _isPolicyHashed(TokenId.wrap(tokenId)), data);
        mapping(bytes32 => Lock) storage locks = _locks[module];
        if (Lock.unwrap(locks[lockId]) != 0) revert DATLockExists(module, lockId);
        locks[lockId] = packLock(tokenId, units, block.timestamp.toUint32(), token.expireAt());
        emit ValueLocked(tokenId, module, lockId, units);
    }

    /// @inheritdoc IDATLocks
    function consumeLocks(LockUse[] calldata uses, bytes32 metricType, address operator)
        external
        returns (LockTake[] memory)
    {
        uint256 takes = _newTakes(uses.length);
        uint256 usage = _newUsage(metricType, operator);
        uint256 next;
        while (next < uses.length << 6) {
            uint256 lot;
            uint256 sum;
            bool expired;
            (next, lot, sum, expired) = _consumeRun(uses, next, takes, usage);
            if (expired) _revertExpired(uses[next >> 6].lockId);
            _releaseSpent(TokenId.wrap(lot << 32), sum, operator);
        }
        assembly {
            // Memory is not used afterwards: this ends the call.
            return(sub(takes, 0x40), add(0x40, shl(6, uses.length)))
        }
    }

    /// @inheritdoc IDATLocks
    function returnLock(bytes32 lockId) external returns (uint64 units) {
        mapping(bytes32 => Lock) storage locks = _locks[msg.sender];
        Lock record = locks[lockId];
        uint256 tokenId = record.tokenId();
        if (tokenId == 0) revert DATNonexistentLock(msg.sender, lockId);
        units = record.remaining();
        locks[lockId] = record.ended();
        _giveValue(tokenId, _tokens[tokenId], units);
        emit ValueUnlocked(tokenId, msg.sender, lockId, units);
    }

    /// @inheritdoc IDATLocks
    function lockInfo(address module, bytes32 lockId)
        external
        view
        returns (uint256 tokenId, uint64 remaining, uint64 lockedAt)
    {
        Lock record = _locks[module][lockId];
        if (record.tokenId() == 0) return (0, 0, 0);
        return (record.tokenId(), record.remaining(), record.lockedAt());
    }

    /// @dev Memory for a `LockTake[]` as it is returned: points at the first, after offset and length.
    function _newTakes(uint256 count) private pure returns (uint256 takes) {
        assembly ("memory-safe") {
            takes := add(mload(0x40), 0x40)
            mstore(sub(takes, 0x40), 0x20)
            mstore(sub(takes, 0x20), count)
            mstore(0x40, add(takes, shl(6, count)))
        }
    }

    /// @dev Memory for `_consumeRun`: the data of `UsageRecorded`, whose second word is to be filled in, its topic, and the
    /// slot of the caller's locks.
    function _newUsage(bytes32 metricType, address operator) private view returns (uint256 usage) {
        mapping(bytes32 => Lock) storage locks = _locks[msg.sender];
        bytes32 topic = IDATCore.UsageRecorded.selector;
        assembly ("memory-safe") {
            usage := mload(0x40)
            mstore(0x40, add(usage, 0xa0))
            mstore(usage, metricType)
            mstore(add(usage, 0x40), operator)
            mstore(add(usage, 0x60), topic)
            mstore(add(usage, 0x80), locks.slot)
        }
    }

    /// @dev Consumes uses of one lot, up to the first of another lot or of an expired token. `from` and `next` count bytes,
    /// 64 a use and 64 a take; `lot` is the lot's key, `sum` what was taken: fewer than 2^192 terms of 64 bits. Assembly,
    /// because this is done a hundred times in a transaction; `Locks.t.sol` holds it equal to the same in Solidity.
    function _consumeRun(LockUse[] calldata uses, uint256 from, uint256 takes, uint256 usage)
        private
        returns (uint256 next, uint256 lot, uint256 sum, bool expired)
    {
        next = from;
        assembly ("memory-safe") {
            mstore(0x20, mload(add(usage, 0x80)))
            for { let end := shl(6, uses.length) } lt(next, end) { next := add(next, 0x40) } {
                mstore(0, calldataload(add(uses.offset, next)))
                let slot := keccak256(0, 0x40)
                // Lock: remaining(64) | lockedAt(32) | expireAt(32) | tokenId(128)
                let record := sload(slot)

                // As `LockMeter.allowed`: burst(64) | rate(64) | cumulative(64) | cap(64).
                let meter := calldataload(add(add(uses.offset, next), 0x20))
                let taken := shr(192, meter)
                let units := and(shr(128, meter), 0xffffffffffffffff)
                if gt(units, taken) { units := taken }
                {
                    let rate := and(shr(64, meter), 0xffffffffffffffff)
                    if rate {
                        let age := sub(timestamp(), and(shr(64, record), 0xffffffff))
                        let metered := add(and(meter, 0xffffffffffffffff), mul(rate, age))
                        if gt(units, metered) { units := metered }
                    }
                }
                // Of `remaining`, as much shall be left as the cap is above what is allowed.
                {
                    let rest := sub(taken, units)
                    taken := and(record, 0xffffffffffffffff)
                    taken := mul(gt(taken, rest), sub(taken, rest))
                }
                mstore(add(takes, next), taken)
                mstore(add(add(takes, next), 0x20), units)
                if iszero(taken) { continue }

                {
                    let key := shr(160, record)
                    if xor(key, lot) {
                        if lot { break }
                        lot := key
                    }
                }
                // Valid at equality (P20), and for ever at 0, which one less makes the highest number.
                if lt(sub(and(shr(96, record), 0xffffffff), 1), sub(timestamp(), 1)) {
                    expired := 1
                    break
                }
                // What is taken is part of `remaining`, the lowest field, so nothing is borrowed from the next.
                sstore(slot, sub(record, taken))
                sum := add(sum, taken)
                mstore(add(usage, 0x20), taken)
                log2(usage, 0x60, mload(add(usage, 0x60)), shr(128, record))
            }
        }
    }

    function _revertExpired(bytes32 lockId) private view {
        Lock record = _locks[msg.sender][lockId];
        revert IDATErrors.ERC8028Expired(record.tokenId(), record.expireAt());
    }
}
