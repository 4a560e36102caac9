// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {LockRequest} from "../interfaces/ILockModule.sol";
import {ChannelMode} from "../interfaces/IValueChannels.sol";
import {ChannelHash} from "./ChannelHash.sol";

/// @dev What terms a channel may have (R6, R7, R9, R10, R25): `ChannelHash.CHANNEL_LENGTH` bytes, the words of `Channel`
/// in their order, each looked at, so that what has stray bits is not the terms of a channel.
library ChannelTerms {
    uint256 internal constant MIN_GRACE = 1 days;

    // Where `ILockModule.onLock` finds the request, its first argument, and, as the token encodes its call, the terms.
    uint256 private constant REQUEST = 0x04;
    uint256 private constant TERMS = 0xe4;

    /// @dev Whether `faultIn` finds nothing, in one pass without a branch. `ChannelTerms.t.sol` holds them equal.
    function hold(LockRequest calldata, bytes calldata terms) internal view returns (bool) {
        uint256 fault;
        assembly ("memory-safe") {
            fault := or(xor(terms.offset, TERMS), xor(terms.length, 0x160))
            // holder, tokenId and cap are the request's; its last word is `policyHashed`.
            fault := or(fault, xor(calldataload(TERMS), calldataload(REQUEST)))
            fault := or(fault, xor(calldataload(add(TERMS, 0x20)), calldataload(add(REQUEST, 0x20))))
            fault := or(fault, xor(calldataload(add(TERMS, 0x80)), calldataload(add(REQUEST, 0x40))))
            fault := or(fault, iszero(calldataload(add(REQUEST, 0x80))))

            let operator := calldataload(add(TERMS, 0x40))
            let key := calldataload(add(TERMS, 0x60))
            fault := or(fault, or(shr(160, or(operator, key)), or(iszero(operator), iszero(key))))

            let rate := calldataload(add(TERMS, 0xa0))
            let deadline := calldataload(add(TERMS, 0xe0))
            fault := or(fault, shr(64, or(or(rate, calldataload(add(TERMS, 0xc0))), deadline)))
            fault := or(fault, iszero(gt(deadline, timestamp())))

            // From here on without overflow, or with a fault found above.
            let grace := calldataload(add(TERMS, 0x100))
            fault := or(fault, or(lt(grace, MIN_GRACE), shr(32, grace)))
            // No expiry is 0, which one less makes the highest number.
            fault := or(fault, lt(sub(calldataload(add(REQUEST, 0x60)), 1), sub(add(deadline, grace), 1)))

            let mode := calldataload(add(TERMS, 0x120))
            fault := or(fault, or(shr(1, mode), and(iszero(rate), mode)))
        }
        return fault == 0;
    }

    /// @dev The first term that cannot be honoured; zero when all can.
    function faultIn(LockRequest calldata request, bytes calldata terms) internal view returns (bytes32 field) {
        if (terms.length != ChannelHash.CHANNEL_LENGTH || !_isInPlace(terms)) return "length";
        uint256[11] memory words = abi.decode(terms, (uint256[11]));
        (uint256 rate, uint256 deadline, uint256 grace, uint256 mode) = (words[5], words[7], words[8], words[9]);
        if (words[0] != uint160(request.holder)) return "holder";
        if (words[1] != request.tokenId) return "tokenId";
        if (words[4] != request.units) return "cap";
        if (!_isAddress(words[2])) return "operator";
        if (!_isAddress(words[3])) return "channelKey";
        if (deadline <= block.timestamp || deadline > type(uint64).max) return "deadline";
        if (grace < MIN_GRACE || grace > type(uint32).max) return "grace";
        if (request.expireAt != 0 && deadline + grace > request.expireAt) return "expireAt";
        if (mode > uint256(type(ChannelMode).max)) return "mode";
        if (rate > type(uint64).max || (rate == 0 && mode == uint256(ChannelMode.Capped))) return "rate";
        if (words[6] > type(uint64).max) return "burst";
        if (!request.policyHashed) return "policyHash";
    }

    function _isInPlace(bytes calldata terms) private pure returns (bool inPlace) {
        assembly ("memory-safe") {
            inPlace := eq(terms.offset, TERMS)
        }
    }

    function _isAddress(uint256 word) private pure returns (bool) {
        return word != 0 && word <= type(uint160).max;
    }
}
