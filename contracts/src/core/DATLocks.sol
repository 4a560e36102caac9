// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {DATBacking} from "../base/DATBacking.sol";
import {IDATCore} from "../interfaces/IDATCore.sol";
import {IDATErrors} from "../interfaces/IDATErrors.sol";
import {IDATLocks, LockTake, LockUse} from "../interfaces/IDATLocks.sol";
import {ILockModule} from "../interfaces/ILockModule.sol";
import {Lock} from "../types/Lock.sol";
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
        // Takes the units, or finds, without a branch, that something is wrong with that.
        uint256 expireAt;
        uint256 fault;
        assembly ("memory-safe") {
            // _tokens[tokenId], whose place is hashed once.
            mstore(0, tokenId)
            mstore(0x20, _tokens.slot)
            let slot := keccak256(0, 0x40)
            // Token: owner(160) | value(64) | expireAt(32)
            let token := sload(slot)
            expireAt := shr(224, token)
            fault := or(shl(96, xor(token, caller())), gt(units, and(shr(160, token), 0xffffffffffffffff)))
            // Valid at equality (P20), and for ever at 0, which one less makes the highest number.
            fault := or(fault, lt(sub(expireAt, 1), sub(timestamp(), 1)))
            fault := or(fault, or(iszero(units), shr(32, timestamp())))
            // What is taken is part of the value, so nothing is borrowed from its neighbour.
            if iszero(fault) { sstore(slot, sub(token, shl(160, units))) }
        }
        if (fault != 0) _refuseToLock(tokenId, units);
        // A module without code fails here. Its lock does not exist before it has answered, so it cannot spend it early.
        lockId = _askModule(module, tokenId, units, expireAt, data);
        bytes32 topic = ValueLocked.selector;
        uint256 before;
        assembly ("memory-safe") {
            // _locks[module][lockId], whose place is hashed once.
            mstore(0, module)
            mstore(0x20, _locks.slot)
            mstore(0x20, keccak256(0, 0x40))
            mstore(0, lockId)
            let slot := keccak256(0, 0x40)
            before := sload(slot)
            // Ids of existing tokens have 128 bits, and the time was looked at. Undone below where the id is not new.
            sstore(slot, or(or(units, shl(64, timestamp())), or(shl(96, expireAt), shl(128, tokenId))))
            // emit ValueLocked(tokenId, module, lockId, units)
            mstore(0, units)
            log4(0, 0x20, topic, tokenId, module, lockId)
        }
        if (before != 0) revert DATLockExists(module, lockId);
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
        if (!record.isOpen()) revert DATNonexistentLock(msg.sender, lockId);
        uint256 tokenId = record.tokenId();
        units = record.remaining();
        locks[lockId] = record.ended();
        _giveValue(tokenId, _tokens[tokenId], units);
        emit ValueUnlocked(tokenId, msg.sender, lockId, units);
    }

    /// @inheritdoc IDATLocks
    function lockInfo(address module, bytes32 lockId)
        external
        view
        returns (uint256 tokenId, uint64 units, uint64 lockedAt)
    {
        Lock record = _locks[module][lockId];
        if (record.isOpen()) return (record.tokenId(), record.remaining(), record.lockedAt());
        return (0, record.returned(), record.lockedAt());
    }

    /// @dev Names what `lock` has found.
    function _refuseToLock(uint256 tokenId, uint64 units) private view {
        (Token token,) = _requireOwn(tokenId);
        _requireUnexpired(tokenId, token.expireAt());
        if (units == 0) revert IDATErrors.DATZeroUnits();
        // Locks keep time in 32 bits.
        block.timestamp.toUint32();
        revert IDATErrors.ERC8028InsufficientValue(tokenId, token.value(), units);
    }

    /// @dev `ILockModule(module).onLock(LockRequest(msg.sender, tokenId, units, expireAt, policyHashed), data)`, straight from
    /// calldata. `Locks.t.sol` sees what arrives.
    function _askModule(address module, uint256 tokenId, uint256 units, uint256 expireAt, bytes calldata data)
        private
        returns (bytes32 lockId)
    {
        bytes4 selector = ILockModule.onLock.selector;
        bool policyHashed = _isPolicyHashed(TokenId.wrap(tokenId));
        assembly ("memory-safe") {
            let place := mload(0x40)
            mstore(place, selector)
            mstore(add(place, 0x04), caller())
            mstore(add(place, 0x24), tokenId)
            mstore(add(place, 0x44), units)
            mstore(add(place, 0x64), expireAt)
            mstore(add(place, 0x84), policyHashed)
            mstore(add(place, 0xa4), 0xc0)
            mstore(add(place, 0xc4), data.length)
            calldatacopy(add(place, 0xe4), data.offset, data.length)
            // Zeros up to a whole word.
            mstore(add(add(place, 0xe4), data.length), 0)
            let size := add(0xe4, and(add(data.length, 0x1f), not(0x1f)))
            if iszero(call(gas(), module, 0, place, size, 0, 0x20)) {
                returndatacopy(place, 0, returndatasize())
                revert(place, returndatasize())
            }
            // An address without code answers nothing.
            if lt(returndatasize(), 0x20) { revert(0, 0) }
            lockId := mload(0)
        }
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
        assembly ("memory-safe") {
            // Where the take of a use is, beyond the use.
            takes := sub(takes, uses.offset)
            let use := add(uses.offset, from)
            mstore(0x20, mload(add(usage, 0x80)))
            for { let end := add(uses.offset, shl(6, uses.length)) } lt(use, end) { use := add(use, 0x40) } {
                mstore(0, calldataload(use))
                let slot := keccak256(0, 0x40)
                // Lock: remaining(64) | lockedAt(32) | expireAt(32) | tokenId(128)
                let record := sload(slot)

                // As `LockMeter.allowed`: burst(64) | rate(64) | cumulative(64) | cap(64).
                let meter := calldataload(add(use, 0x20))
                let units := sub(timestamp(), and(shr(64, record), 0xffffffff))
                units := add(and(meter, 0xffffffffffffffff), mul(and(shr(64, meter), 0xffffffffffffffff), units))
                {
                    let cumulative := and(shr(128, meter), 0xffffffffffffffff)
                    if lt(cumulative, units) { units := cumulative }
                }
                meter := shr(192, meter)
                if lt(meter, units) { units := meter }

                // Of `remaining`, as much shall be left as the cap is above what is allowed.
                let taken := and(record, 0xffffffffffffffff)
                meter := sub(meter, units)
                if iszero(gt(taken, meter)) {
                    mstore(add(takes, use), 0)
                    mstore(add(add(takes, use), 0x20), 0)
                    continue
                }
                taken := sub(taken, meter)
                mstore(add(takes, use), taken)
                mstore(add(add(takes, use), 0x20), units)

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
            next := sub(use, uses.offset)
        }
    }

    function _revertExpired(bytes32 lockId) private view {
        Lock record = _locks[msg.sender][lockId];
        revert IDATErrors.ERC8028Expired(record.tokenId(), record.expireAt());
    }
}
