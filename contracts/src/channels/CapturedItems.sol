// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {ChannelHash} from "./ChannelHash.sol";
import {LockUses} from "./LockUses.sol";

/// @dev The items of a capture, read where they are in calldata, as `IValueChannels.capture` describes them: runs, each a
/// header and its items. All words of a channel are under its id, which only `onLock` gives to a lock; the others are
/// signed. So an item that points astray is a channel that is not open or a voucher that nobody signed.
///
/// Assembly, because this is done a hundred times in a transaction; `CapturedItems.t.sol` holds it equal to the same in
/// Solidity. It works on a desk at a fixed place, the first in memory, where what does not change is written once.
library CapturedItems {
    // A header: operator(20) | channelKey(20) | rate(8) | burst(8) | grace(4) | unsigned(1 bit) | mode(7 bits) | count(2)
    uint256 internal constant HEADER_LENGTH = 63;
    uint256 private constant KIND = 60;

    // An item: holder(20) | tokenId(16) | deadline(8) | salt(32) | cap(8) | cumulativeUnits(8) | receiptHash(32) | seq(8),
    // and in a signed run | signature(64). Cap to signature are read below at these offsets.
    uint256 internal constant UNSIGNED_LENGTH = 132;
    uint256 internal constant SIGNED_LENGTH = 196;
    uint256 internal constant USE_LENGTH = 64;
    uint256 private constant CAP = 76;
    uint256 private constant UNITS = 84;
    uint256 private constant RECEIPT_HASH = 92;
    uint256 private constant SEQ = 124;
    uint256 private constant SIGNATURE = 132;

    // The desk. First the words that make a channel's struct hash,
    uint256 private constant DESK = 0x80;
    uint256 private constant HOLDER = 0xa0;
    uint256 private constant TOKEN_ID = 0xc0;
    uint256 private constant OPERATOR = 0xe0;
    uint256 private constant CHANNEL_KEY = 0x100;
    uint256 private constant CHANNEL_CAP = 0x120;
    uint256 private constant RATE = 0x140;
    uint256 private constant BURST = 0x160;
    uint256 private constant DEADLINE = 0x180;
    uint256 private constant GRACE = 0x1a0;
    uint256 private constant MODE = 0x1c0;
    uint256 private constant SALT = 0x1e0;
    // those of a voucher's,
    uint256 private constant VOUCHER = 0x200;
    uint256 private constant CHANNEL_ID = 0x220;
    uint256 private constant VOUCHER_UNITS = 0x240;
    uint256 private constant VOUCHER_SEQ = 0x280;
    // 0x1901 | domain | struct hash,
    uint256 private constant PREIMAGE = 0x2a0;
    uint256 private constant STRUCT_HASH = 0x2c2;
    // digest, v, r and s for ecrecover,
    uint256 private constant DIGEST = 0x300;
    uint256 private constant V = 0x320;
    uint256 private constant R = 0x340;
    uint256 private constant S = 0x360;
    // and the data of `ChannelCaptured`: units, capturedUnits, seq, receiptHash.
    uint256 private constant CAPTURED = 0x380;
    uint256 private constant CAPTURED_SEQ = 0x3c0;
    uint256 private constant CAPTURED_HASH = 0x3e0;
    uint256 private constant DESK_END = 0x400;

    /// @dev Half the order of secp256k1: signatures with an `s` above it do not count (R10).
    uint256 private constant HALF_ORDER = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0;

    /// @dev Takes the first memory of the call for the desk. Fails where something else is there already.
    function openDesk(bytes32 domain) internal pure {
        bytes32 channelTypehash = ChannelHash.CHANNEL_TYPEHASH;
        bytes32 voucherTypehash = ChannelHash.VOUCHER_TYPEHASH;
        uint256 free;
        assembly ("memory-safe") {
            free := mload(0x40)
        }
        assert(free == DESK);
        assembly ("memory-safe") {
            mstore(0x40, DESK_END)
            // Zeros, also to the left of what has fewer bytes than a word.
            calldatacopy(DESK, calldatasize(), sub(DESK_END, DESK))
            mstore(DESK, channelTypehash)
            mstore(VOUCHER, voucherTypehash)
            mstore(PREIMAGE, shl(240, 0x1901))
            mstore(add(PREIMAGE, 2), domain)
        }
    }

    function startOf(bytes calldata items) internal pure returns (uint256 at) {
        assembly ("memory-safe") {
            at := items.offset
        }
    }

    function operatorAt(uint256 at) internal pure returns (address operator) {
        assembly ("memory-safe") {
            operator := shr(96, calldataload(at))
        }
    }

    /// @dev Puts the run that begins at `at` on the desk. Places are in calldata. `runEnd` is beyond the items' where there
    /// are not as many bytes as the run says.
    function openRun(uint256 at) internal pure returns (uint256 item, uint256 itemLength, uint256 runEnd) {
        (item, itemLength, runEnd) = extentOf(at);
        assembly ("memory-safe") {
            calldatacopy(add(OPERATOR, 12), at, 20)
            calldatacopy(add(CHANNEL_KEY, 12), add(at, 20), 20)
            calldatacopy(add(RATE, 24), add(at, 40), 8)
            calldatacopy(add(BURST, 24), add(at, 48), 8)
            calldatacopy(add(GRACE, 28), add(at, 56), 4)
            mstore(MODE, and(shr(248, calldataload(add(at, KIND))), 0x7f))
        }
    }

    /// @dev The run that begins at `at`: its first item, the length of each, and its end.
    function extentOf(uint256 at) internal pure returns (uint256 item, uint256 itemLength, uint256 runEnd) {
        assembly ("memory-safe") {
            // unsigned(1) | mode(7) | count(16)
            let kind := shr(232, calldataload(add(at, KIND)))
            item := add(at, HEADER_LENGTH)
            itemLength := sub(SIGNED_LENGTH, shl(6, shr(23, kind)))
            runEnd := add(item, mul(and(kind, 0xffff), itemLength))
        }
    }

    /// @dev Turns the run's items from `item` on into uses from the place `use` on, up to the first that is too late (R6) or
    /// not its channel key's word (R10). `signer` is whose word that one is: who recovers from its signature, zero for a
    /// high `s` or no key at all; or, without signatures, who sends the transaction.
    function scan(uint256 item, uint256 itemLength, uint256 runEnd, uint256 use)
        internal
        view
        returns (uint256 next, uint256 nextUse, address signer)
    {
        next = item;
        nextUse = use;
        signer = msg.sender;
        assembly ("memory-safe") {
            // LockMeter: burst(64) | rate(64) | cumulative(64) | cap(64). No rate is no limit (R9).
            let rateAndBurst := 0xffffffffffffffff
            if mload(RATE) { rateAndBurst := or(shl(64, mload(RATE)), mload(BURST)) }
            // The earliest deadline that is not too late: below zero where the grace is long.
            let earliest := sub(timestamp(), mload(GRACE))
            for {} lt(next, runEnd) { next := add(next, itemLength) } {
                calldatacopy(add(HOLDER, 12), next, 20)
                calldatacopy(add(TOKEN_ID, 16), add(next, 20), 16)
                calldatacopy(add(DEADLINE, 24), add(next, 36), 8)
                calldatacopy(SALT, add(next, 44), 32)
                calldatacopy(add(CHANNEL_CAP, 24), add(next, CAP), 8)
                mstore(STRUCT_HASH, keccak256(DESK, 0x180))
                mstore(CHANNEL_ID, keccak256(PREIMAGE, 0x42))

                if eq(itemLength, SIGNED_LENGTH) {
                    // Units and, in the next word, receipt hash.
                    calldatacopy(add(VOUCHER_UNITS, 24), add(next, UNITS), 40)
                    calldatacopy(add(VOUCHER_SEQ, 24), add(next, SEQ), 8)
                    mstore(STRUCT_HASH, keccak256(VOUCHER, 0xa0))
                    mstore(DIGEST, keccak256(PREIMAGE, 0x42))

                    // ERC-2098: r | (v - 27) << 255 | s
                    calldatacopy(R, add(next, SIGNATURE), 64)
                    let s := mload(S)
                    mstore(V, add(shr(255, s), 27))
                    s := and(s, 0x7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff)
                    mstore(S, s)
                    mstore(0, 0)
                    // Where it fails for lack of gas, too little is left for anything else.
                    pop(staticcall(gas(), 1, DIGEST, 0x80, 0, 0x20))
                    signer := mul(mload(0), iszero(gt(s, HALF_ORDER)))
                }
                if or(slt(mload(DEADLINE), earliest), xor(signer, mload(CHANNEL_KEY))) { break }

                mstore(nextUse, mload(CHANNEL_ID))
                // Cap and units are side by side, as in the meter.
                mstore(add(nextUse, 0x20), rateAndBurst)
                calldatacopy(add(nextUse, 0x20), add(next, CAP), 16)
                nextUse := add(nextUse, 0x40)
            }
        }
    }

    /// @dev Of the item that `scan` ended at.
    function scanned() internal pure returns (bytes32 channelId, address channelKey, uint64 deadline, uint32 grace) {
        assembly ("memory-safe") {
            channelId := mload(CHANNEL_ID)
            channelKey := mload(CHANNEL_KEY)
            deadline := mload(DEADLINE)
            grace := mload(GRACE)
        }
    }

    /// @dev A use that takes nothing, so that uses and items stay side by side.
    function putBlank(uint256 use) internal pure returns (uint256 nextUse) {
        assembly ("memory-safe") {
            mstore(use, 0)
            mstore(add(use, 0x20), 0)
            nextUse := add(use, 0x40)
        }
    }

    /// @dev The item at `position`, counted from the run that begins at `at`.
    function itemAt(uint256 at, uint256 position) internal pure returns (uint256) {
        while (true) {
            (uint256 item, uint256 itemLength, uint256 runEnd) = extentOf(at);
            uint256 count = (runEnd - item) / itemLength;
            if (position < count) return item + position * itemLength;
            position -= count;
            at = runEnd;
        }
    }

    /// @dev `emit ChannelCaptured(channelId, units, capturedUnits, seq, receiptHash)` for the items of the runs from `at` to
    /// `end`, whose uses were just consumed. `missed`: nothing was taken of some.
    function emitCaptured(bytes32 topic, LockUses uses, uint256 at, uint256 end) internal returns (bool missed) {
        uint256 use = uses.placeOf(0);
        uint256 takes = uses.takesOf();
        // Where the take of a use is, beyond the use.
        unchecked {
            takes -= use;
        }
        while (at < end) {
            uint256 item;
            uint256 itemLength;
            (item, itemLength, at) = extentOf(at);
            assembly ("memory-safe") {
                for {} lt(item, at) {
                    item := add(item, itemLength)
                    use := add(use, 0x40)
                } {
                    let take := add(takes, use)
                    if iszero(mload(take)) {
                        missed := 1
                        continue
                    }
                    mcopy(CAPTURED, take, 0x40)
                    calldatacopy(add(CAPTURED_SEQ, 24), add(item, SEQ), 8)
                    calldatacopy(CAPTURED_HASH, add(item, RECEIPT_HASH), 32)
                    log2(CAPTURED, 0x80, topic, mload(use))
                }
            }
        }
    }

    /// @dev The same of one item, whose use alone was just consumed.
    function emitCapturedOne(bytes32 topic, LockUses uses, bytes32 channelId, uint256 item) internal {
        uint256 take = uses.takesOf();
        assembly ("memory-safe") {
            mcopy(CAPTURED, take, 0x40)
            calldatacopy(add(CAPTURED_SEQ, 24), add(item, SEQ), 8)
            calldatacopy(CAPTURED_HASH, add(item, RECEIPT_HASH), 32)
            if mload(take) { log2(CAPTURED, 0x80, topic, channelId) }
        }
    }
}
