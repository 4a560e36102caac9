// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {Test} from "forge-std/Test.sol";
import {ChannelHash} from "../../src/channels/ChannelHash.sol";
import {Channel, ChannelMode} from "../../src/interfaces/IValueChannels.sol";

/// @notice The assembly of ChannelHash equals `abi.encode` (R7).
contract ChannelHashTest is Test {
    function ofCalldata(Channel calldata channel) external pure returns (bytes32) {
        return ChannelHash.ofCalldata(channel);
    }

    function testFuzz_R7_CalldataHashEqualsAbiEncode(Channel memory channel, bool capped) public view {
        channel.mode = capped ? ChannelMode.Capped : ChannelMode.Strict;
        bytes32 expected = keccak256(abi.encode(ChannelHash.CHANNEL_TYPEHASH, channel));
        assertEq(this.ofCalldata(channel), expected);
        assertEq(ChannelHash.ofMemory(channel), expected);
    }

    function testFuzz_R7_VoucherHashEqualsAbiEncode(bytes32 id, uint64 units, bytes32 receiptHash, uint64 seq)
        public
        pure
    {
        assertEq(
            ChannelHash.ofVoucher(id, units, receiptHash, seq),
            keccak256(abi.encode(ChannelHash.VOUCHER_TYPEHASH, id, units, receiptHash, seq))
        );
    }
}
