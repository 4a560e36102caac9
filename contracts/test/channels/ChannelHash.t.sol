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

    /// @dev Channel with its mode as a bool: the fuzzer would draw modes that do not exist.
    struct Terms {
        address holder;
        uint256 tokenId;
        address operator;
        address channelKey;
        uint64 cap;
        uint64 rate;
        uint64 burst;
        uint64 deadline;
        uint32 grace;
        bool mode;
        bytes32 salt;
    }

    function test_R7_TheTypesAreThoseOfEIP712() public pure {
        assertEq(
            ChannelHash.CHANNEL_TYPEHASH,
            keccak256(
                "Channel(address holder,uint256 tokenId,address operator,address channelKey,uint64 cap,uint64 rate,uint64 burst,uint64 deadline,uint32 grace,uint8 mode,bytes32 salt)"
            )
        );
        assertEq(
            ChannelHash.VOUCHER_TYPEHASH,
            keccak256("Voucher(bytes32 channelId,uint64 cumulativeUnits,bytes32 receiptHash,uint64 seq)")
        );
    }

    function testFuzz_R7_CalldataHashEqualsAbiEncode(Terms memory terms) public view {
        Channel memory channel = abi.decode(abi.encode(terms), (Channel));
        assertEq(channel.mode == ChannelMode.Capped, terms.mode);
        bytes32 expected = keccak256(abi.encode(ChannelHash.CHANNEL_TYPEHASH, channel));
        assertEq(this.ofCalldata(channel), expected);
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

    /// @notice Bits above a number, which a cast leaves where they are, are not hashed.
    function testFuzz_R7_VoucherHashIsOfTheNumbersAlone(bytes32 id, uint256 units, bytes32 receiptHash, uint256 seq)
        public
        pure
    {
        // The casts drop what the masks do.
        bytes32 hash = ChannelHash.ofVoucher(id, uint64(units), receiptHash, uint64(seq));
        (units, seq) = (units & type(uint64).max, seq & type(uint64).max);
        assertEq(hash, keccak256(abi.encode(ChannelHash.VOUCHER_TYPEHASH, id, units, receiptHash, seq)));
    }

    function testFuzz_R7_DigestEqualsAbiEncodePacked(bytes32 domain, bytes32 structHash) public pure {
        assertEq(ChannelHash.digest(domain, structHash), keccak256(abi.encodePacked(hex"1901", domain, structHash)));
    }
}
