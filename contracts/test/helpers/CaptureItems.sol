// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {Channel} from "../../src/interfaces/IValueChannels.sol";

/// @notice One item of a capture: a channel, its newest voucher (without the id, which is derived) and the signature, which
/// an unsigned one goes without.
struct CaptureItem {
    Channel channel;
    uint64 cumulativeUnits;
    bytes32 receiptHash;
    uint64 seq;
    bytes32 r;
    bytes32 vs;
    bool unsigned;
}

/// @notice Items as `IValueChannels.capture` takes them: consecutive ones with equal headers are a run.
function encodeItems(CaptureItem[] memory items) pure returns (bytes memory packed) {
    for (uint256 i = 0; i < items.length;) {
        bytes memory header = headerOf(items[i]);
        bytes memory run;
        uint16 count = 0;
        while (i < items.length && keccak256(headerOf(items[i])) == keccak256(header)) {
            run = bytes.concat(run, encodeItem(items[i]));
            ++count;
            ++i;
        }
        packed = bytes.concat(packed, header, abi.encodePacked(count), run);
    }
}

function headerOf(CaptureItem memory item) pure returns (bytes memory) {
    Channel memory channel = item.channel;
    uint8 kind = uint8(channel.mode) + (item.unsigned ? 128 : 0);
    return abi.encodePacked(channel.operator, channel.channelKey, channel.rate, channel.burst, channel.grace, kind);
}

function encodeItem(CaptureItem memory item) pure returns (bytes memory) {
    Channel memory channel = item.channel;
    return bytes.concat(
        abi.encodePacked(
            channel.holder, uint128(channel.tokenId), channel.deadline, channel.salt, channel.cap, item.cumulativeUnits
        ),
        abi.encodePacked(item.receiptHash, item.seq),
        item.unsigned ? bytes("") : abi.encodePacked(item.r, item.vs)
    );
}

function compactSignature(uint8 v, bytes32 r, bytes32 s) pure returns (bytes32, bytes32) {
    return (r, bytes32(uint256(s) | uint256(v - 27) << 255));
}
