// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {CaptureItem} from "../interfaces/IValueChannels.sol";
import {ChannelHash} from "./ChannelHash.sol";
import {LockUses} from "./LockCalls.sol";

/// @dev What there is to do for an item.
enum Finding {
    Due,
    NothingNew,
    NotOpen,
    TooLate,
    WrongSigner
}

/// @dev The items of a capture, read where they are in calldata. Each begins with the eleven words of its channel, and then
/// come units (0x160), receipt hash (0x180), seq (0x1a0) and the offset of its signature (0x1c0). Words of the channel are
/// taken as they are, for its id commits to them, and `onLock` checked them; the others are signed. So an item that points
/// astray is a channel that is not open or a voucher that nobody signed. Assembly, because this is done a hundred times in
/// a transaction; `CapturedItems.t.sol` holds it equal to the same in Solidity.
library CapturedItems {
    /// @dev Half the order of secp256k1: signatures with an `s` above it do not count.
    uint256 private constant HALF_ORDER = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0;

    /// @dev Writes the id of every item's channel, the EIP-712 digest of its terms, to `place` and on.
    function writeIds(CaptureItem[] calldata items, bytes32 domain, uint256 place) internal pure {
        bytes32 typehash = ChannelHash.CHANNEL_TYPEHASH;
        assembly ("memory-safe") {
            let free := mload(0x40)
            let end := add(items.offset, shl(5, items.length))
            for { let at := items.offset } lt(at, end) { at := add(at, 0x20) } {
                mstore(free, typehash)
                calldatacopy(add(free, 0x20), add(items.offset, calldataload(at)), 0x160)
                let structHash := keccak256(free, 0x180)
                mstore(free, shl(240, 0x1901))
                mstore(add(free, 2), domain)
                mstore(add(free, 0x22), structHash)
                mstore(place, keccak256(free, 0x42))
                place := add(place, 0x20)
            }
        }
    }

    /// @dev Looks at the item at `position`, whose channel's lock is in the three words at `state`: R6, R10 and R9, in this
    /// order. `rest` is what its lock shall come down to; `signer` is who signed: zero, which no channel has as its key,
    /// for a signature of the wrong length, a high `s` or no key at all. `r | s | v` and the 64 bytes of ERC-2098 count.
    function inspect(CaptureItem[] calldata items, uint256 position, bytes32 domain, bytes32 channelId, uint256 state)
        internal
        view
        returns (Finding finding, uint256 rest, address signer)
    {
        uint256 item;
        assembly ("memory-safe") {
            item := add(items.offset, calldataload(add(items.offset, shl(5, position))))
        }
        return inspect(item, domain, channelId, state);
    }

    function inspect(uint256 item, bytes32 domain, bytes32 channelId, uint256 state)
        private
        view
        returns (Finding finding, uint256 rest, address signer)
    {
        bytes32 typehash = ChannelHash.VOUCHER_TYPEHASH;
        uint256 half = HALF_ORDER;
        assembly ("memory-safe") {
            // Runs once.
            for {} 1 {} {
                if iszero(mload(state)) {
                    finding := 2
                    break
                }
                // No overflow here and below: terms and times have 64 bits at most.
                if gt(timestamp(), add(calldataload(add(item, 0xe0)), calldataload(add(item, 0x100)))) {
                    finding := 3
                    break
                }
                let units := and(calldataload(add(item, 0x160)), 0xffffffffffffffff)
                let free := mload(0x40)
                mstore(free, typehash)
                mstore(add(free, 0x20), channelId)
                mstore(add(free, 0x40), units)
                mstore(add(free, 0x60), calldataload(add(item, 0x180)))
                mstore(add(free, 0x80), and(calldataload(add(item, 0x1a0)), 0xffffffffffffffff))
                let digest := keccak256(free, 0xa0)
                mstore(free, shl(240, 0x1901))
                mstore(add(free, 2), domain)
                mstore(add(free, 0x22), digest)
                digest := keccak256(free, 0x42)

                {
                    let signature := add(item, calldataload(add(item, 0x1c0)))
                    let s := calldataload(add(signature, 0x40))
                    let v := byte(0, calldataload(add(signature, 0x60)))
                    let odd := sub(calldataload(signature), 64)
                    if iszero(odd) {
                        v := add(shr(255, s), 27)
                        s := shr(1, shl(1, s))
                    }
                    if iszero(or(gt(odd, 1), gt(s, half))) {
                        mstore(free, digest)
                        mstore(add(free, 0x20), v)
                        mstore(add(free, 0x40), calldataload(add(signature, 0x20)))
                        mstore(add(free, 0x60), s)
                        mstore(0, 0)
                        // Fails for lack of gas only; then the whole capture does.
                        if iszero(staticcall(gas(), 1, free, 0x80, 0, 0x20)) { revert(0, 0) }
                        signer := mload(0)
                    }
                }
                if iszero(eq(signer, calldataload(add(item, 0x60)))) {
                    finding := 4
                    break
                }

                // From here on `units` is what may be taken: what is signed, the cap, and the rate where there is one (R9).
                let cap := calldataload(add(item, 0x80))
                if gt(units, cap) { units := cap }
                let rate := calldataload(add(item, 0xa0))
                if rate {
                    let metered :=
                        add(calldataload(add(item, 0xc0)), mul(rate, sub(timestamp(), mload(add(state, 0x40)))))
                    if gt(units, metered) { units := metered }
                }
                rest := sub(cap, units)
                finding := iszero(lt(rest, mload(add(state, 0x20))))
                break
            }
        }
    }

    /// @dev `items[position].channel.operator`, of an item that is due.
    function operatorAt(CaptureItem[] calldata items, uint256 position) internal pure returns (address operator) {
        assembly ("memory-safe") {
            operator := calldataload(add(add(items.offset, calldataload(add(items.offset, shl(5, position)))), 0x40))
        }
    }

    /// @dev `emit ChannelCaptured(channelId, units, cap - rest, seq, receiptHash)` for `count` uses from `from` on, which
    /// were just consumed. Nothing for those that took nothing: another voucher of the channel took as much or more.
    function emitCaptured(CaptureItem[] calldata items, bytes32 topic, LockUses uses, uint256 from, uint256 count)
        internal
    {
        (uint256 use, uint256 indexes, uint256 units) = uses.placesOf(from);
        assembly ("memory-safe") {
            let data := mload(0x40)
            for { let end := add(units, shl(5, count)) } lt(units, end) {
                units := add(units, 0x20)
                indexes := add(indexes, 0x20)
                use := add(use, 0x40)
            } {
                if iszero(mload(units)) { continue }
                let item := add(items.offset, calldataload(add(items.offset, shl(5, mload(indexes)))))
                mstore(data, mload(units))
                mstore(add(data, 0x20), sub(calldataload(add(item, 0x80)), mload(add(use, 0x20))))
                mstore(add(data, 0x40), and(calldataload(add(item, 0x1a0)), 0xffffffffffffffff))
                mstore(add(data, 0x60), calldataload(add(item, 0x180)))
                log2(data, 0x80, topic, mload(use))
            }
        }
    }
}
