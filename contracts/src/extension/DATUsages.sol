// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IDATApprovals} from "../interfaces/IDATApprovals.sol";
import {IDATBatches} from "../interfaces/IDATBatches.sol";
import {IDATCore} from "../interfaces/IDATCore.sol";
import {IDATErrors} from "../interfaces/IDATErrors.sol";
import {Token} from "../types/Token.sol";
import {TokenId} from "../types/TokenId.sol";
import {UsageAllowance} from "../types/UsageAllowance.sol";
import {DATExtension} from "./DATExtension.sol";

/// @title DATUsages: usage recorded under scoped approvals (P13), and of many tokens at once (P29).
abstract contract DATUsages is DATExtension {
    /// @dev classId(8) | lot(4) | count(2)
    uint256 private constant RUN_LENGTH = 14;
    /// @dev serial(4) | amount(8)
    uint256 private constant USAGE_LENGTH = 12;

    /// @dev Reached from the core's own `recordUsage` only, where the caller is neither owner nor class operator.
    function recordUsage(uint256 tokenId, bytes32 metricType, uint256 amount) external onlyDelegated {
        _recordAllowed(tokenId, _requireToken(tokenId), metricType, amount);
    }

    function recordUsageBatch(bytes32 metricType, bytes calldata items) external onlyDelegated {
        uint256 usage = _newUsage(metricType);
        uint256 at;
        uint256 end;
        assembly ("memory-safe") {
            at := items.offset
            end := add(at, items.length)
        }
        while (at < end) {
            uint256 lotKey;
            uint256 runEnd;
            assembly ("memory-safe") {
                let head := calldataload(at)
                at := add(at, RUN_LENGTH)
                lotKey := shr(160, head)
                runEnd := add(at, mul(USAGE_LENGTH, and(shr(144, head), 0xffff)))
            }
            if (runEnd > end) revert IDATBatches.DATMalformedItems(items.length);
            while (at < runEnd) at = _recordSome(at, runEnd, lotKey, metricType, usage);
        }
    }

    /// @dev Records use that a scoped allowance of the owner pays for.
    function _recordAllowed(uint256 tokenId, Token token, bytes32 metricType, uint256 amount) private {
        _spendAllowance(tokenId, token.owner(), amount);
        _requireUnexpired(tokenId, token.expireAt());
        if (amount != 0) _takeValue(tokenId, token, amount);
        emit IDATCore.UsageRecorded(tokenId, metricType, amount, msg.sender);
        _releaseSpent(TokenId.wrap(tokenId), amount, address(0));
    }

    function _spendAllowance(uint256 tokenId, address owner, uint256 amount) private {
        uint64 ofToken = _unitsLeft(owner, tokenId);
        if (ofToken != 0 && ofToken >= amount) return _takeAllowance(owner, tokenId, ofToken, amount);
        uint256 classId = TokenId.wrap(tokenId).classId();
        uint64 ofClass = _unitsLeft(owner, classId);
        if (ofClass != 0 && ofClass >= amount) return _takeAllowance(owner, classId, ofClass, amount);
        if (ofToken == 0 && ofClass == 0) revert IDATErrors.ERC8028Unauthorized(tokenId, msg.sender);
        revert IDATApprovals.DATUsageAllowanceExceeded(
            tokenId, msg.sender, ofToken > ofClass ? ofToken : ofClass, amount
        );
    }

    function _takeAllowance(address owner, uint256 scope, uint64 units, uint256 amount) private {
        // The caller has checked amount <= units, so the cast keeps every bit, too.
        unchecked {
            units -= uint64(amount);
        }
        _usageAllowances[owner][scope][msg.sender].units = units;
        emit IDATApprovals.UsageAllowanceSpent(owner, scope, msg.sender, units);
    }

    /// @dev Zero when expired.
    function _unitsLeft(address owner, uint256 scope) private view returns (uint64) {
        UsageAllowance memory allowance = _usageAllowances[owner][scope][msg.sender];
        return allowance.expireAt == 0 || block.timestamp <= allowance.expireAt ? allowance.units : 0;
    }

    /// @dev Records the first of these uses, and those after it that need no other authority, up to `next`.
    function _recordSome(uint256 at, uint256 end, uint256 lotKey, bytes32 metricType, uint256 usage)
        private
        returns (uint256 next)
    {
        (uint256 tokenId, uint64 amount) = _usageAt(at, lotKey);
        Token token = _requireToken(tokenId);
        address owner = token.owner();
        TokenId id = TokenId.wrap(tokenId);
        if (msg.sender != owner && !_classOperators[owner][id.classId()][msg.sender]) {
            _recordAllowed(tokenId, token, metricType, amount);
            return at + USAGE_LENGTH;
        }
        _requireUnexpired(tokenId, token.expireAt());
        next = _recordRun(at, end, lotKey, token, usage);
        if (next == at) revert IDATErrors.ERC8028InsufficientValue(tokenId, token.value(), amount);
        if (msg.sender == owner) _reportSelf(at, next, lotKey);
        if (id.isBacked()) _releaseSpent(id, _sumOf(at, next), address(0));
    }

    function _usageAt(uint256 at, uint256 lotKey) private pure returns (uint256 tokenId, uint64 amount) {
        assembly ("memory-safe") {
            let item := calldataload(at)
            tokenId := or(shl(32, lotKey), shr(224, item))
            amount := and(shr(160, item), 0xffffffffffffffff)
        }
    }

    function _reportSelf(uint256 at, uint256 end, uint256 lotKey) private {
        for (; at < end; at += USAGE_LENGTH) {
            (uint256 tokenId,) = _usageAt(at, lotKey);
            emit IDATApprovals.UsageSelfReported(tokenId);
        }
    }

    /// @dev Fewer than 2^16 terms of 64 bits.
    function _sumOf(uint256 at, uint256 end) private pure returns (uint256 sum) {
        for (; at < end; at += USAGE_LENGTH) {
            (, uint64 amount) = _usageAt(at, 0);
            sum += amount;
        }
    }

    /// @dev Memory for `_recordRun`: the data of `UsageRecorded`, whose second word is to be filled in.
    function _newUsage(bytes32 metricType) private view returns (uint256 usage) {
        assembly ("memory-safe") {
            usage := mload(0x40)
            mstore(0x40, add(usage, 0x60))
            mstore(usage, metricType)
            mstore(add(usage, 0x40), caller())
        }
    }

    /// @dev Records uses of tokens with the owner and expiry of `token`, which is the first one's, up to the first that has
    /// others or not enough value. Assembly, because this is done a hundred times in a transaction; `Batches.t.sol` holds it
    /// equal to single calls.
    function _recordRun(uint256 at, uint256 end, uint256 lotKey, Token token, uint256 usage)
        private
        returns (uint256 next)
    {
        mapping(uint256 => Token) storage tokens = _tokens;
        bytes32 topic = IDATCore.UsageRecorded.selector;
        assembly ("memory-safe") {
            mstore(0x20, tokens.slot)
            lotKey := shl(32, lotKey)
            // Token: owner(160) | value(64) | expireAt(32), from the lowest bit.
            let valueMask := shl(160, 0xffffffffffffffff)
            token := or(token, valueMask)
            let amountPlace := add(usage, 0x20)
            for {} lt(at, end) { at := add(at, USAGE_LENGTH) } {
                let id := calldataload(at)
                // The amount is where a token has its value.
                let amount := and(id, valueMask)
                id := or(lotKey, shr(224, id))
                mstore(0, id)
                let slot := keccak256(0, 0x40)
                let found := sload(slot)
                if or(xor(or(found, valueMask), token), gt(amount, and(found, valueMask))) { break }
                // At most the value, so nothing is borrowed from the expiry.
                sstore(slot, sub(found, amount))
                mstore(amountPlace, shr(160, amount))
                log2(usage, 0x60, topic, id)
            }
            next := at
        }
    }
}
