// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {Channel} from "../interfaces/IValueChannels.sol";

/// @dev EIP-712 hashes of channels and vouchers. The assembly writes above the free memory pointer without moving it, so
/// that a batch of a hundred items does not pay for memory that grows; `ChannelHash.t.sol` holds it equal to `abi.encode`.
library ChannelHash {
    bytes32 internal constant CHANNEL_TYPEHASH = keccak256(
        "Channel(address holder,uint256 tokenId,address operator,address channelKey,uint64 cap,uint64 rate,uint64 burst,uint64 deadline,uint32 grace,uint8 mode,bytes32 salt)"
    );
    bytes32 internal constant VOUCHER_TYPEHASH =
        keccak256("Voucher(bytes32 channelId,uint64 cumulativeUnits,bytes32 receiptHash,uint64 seq)");

    /// @dev Of a channel's terms as ABI words.
    uint256 internal constant CHANNEL_LENGTH = 11 * 32;

    /// @dev EIP-712: keccak256(0x1901 | domain | structHash).
    function digest(bytes32 domain, bytes32 structHash) internal pure returns (bytes32 result) {
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(free, shl(240, 0x1901))
            mstore(add(free, 2), domain)
            mstore(add(free, 0x22), structHash)
            result := keccak256(free, 0x42)
        }
    }

    /// @dev Takes the eleven words as they are: terms with stray bits are another channel, which nobody opened.
    function ofCalldata(Channel calldata channel) internal pure returns (bytes32 structHash) {
        bytes32 typehash = CHANNEL_TYPEHASH;
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(free, typehash)
            calldatacopy(add(free, 0x20), channel, 0x160)
            structHash := keccak256(free, 0x180)
        }
    }

    function ofVoucher(bytes32 channelId, uint64 cumulativeUnits, bytes32 receiptHash, uint64 seq)
        internal
        pure
        returns (bytes32 structHash)
    {
        bytes32 typehash = VOUCHER_TYPEHASH;
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(free, typehash)
            mstore(add(free, 0x20), channelId)
            mstore(add(free, 0x40), and(cumulativeUnits, 0xffffffffffffffff))
            mstore(add(free, 0x60), receiptHash)
            mstore(add(free, 0x80), and(seq, 0xffffffffffffffff))
            structHash := keccak256(free, 0xa0)
        }
    }

    /// @dev `emit ChannelOpened(channelId, holder, operator, channel)` with the terms as they came, whose every word the
    /// caller has checked, and returns their digest from the call: the desk is the first memory and is not kept.
    function emitOpenedAndReturn(bytes calldata terms, bytes32 topic, bytes32 domain) internal {
        bytes32 typehash = CHANNEL_TYPEHASH;
        assembly {
            // 0x1901 | domain | structHash in the first three words, then the typehash and the terms.
            mstore(0, shl(240, 0x1901))
            mstore(2, domain)
            mstore(0x60, typehash)
            calldatacopy(0x80, terms.offset, 0x160)
            mstore(0x22, keccak256(0x60, 0x180))
            let channelId := keccak256(0, 0x42)
            log4(0x80, 0x160, topic, channelId, mload(0x80), mload(0xc0))
            mstore(0, channelId)
            return(0, 0x20)
        }
    }
}
