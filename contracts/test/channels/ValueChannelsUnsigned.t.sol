// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IDATCore} from "../../src/interfaces/IDATCore.sol";
import {Channel, ChannelMode, IValueChannels} from "../../src/interfaces/IValueChannels.sol";
import {CaptureItem} from "../helpers/CaptureItems.sol";
import {OpenChannelTest} from "./OpenChannelTest.sol";

/// @notice Items that the channel key sends itself, without a signature.
contract ValueChannelsUnsignedTest is OpenChannelTest {
    function test_R10_WhatTheChannelKeySendsNeedsNoSignature() public {
        vm.expectEmit(address(token));
        emit IDATCore.UsageRecorded(tokenId, keccak256("units"), 30, operator);
        vm.expectEmit(address(channels));
        emit IValueChannels.ChannelCaptured(channelId, 30, 30, 1, keccak256("receipt"));
        vm.prank(channelKey);
        capture(unsignedItem(channel, 30));
        assertEq(capturedOf(channel), 30);
    }

    /// @notice Nobody else's transaction is the channel key's word: not the operator's, not the holder's.
    function testFuzz_R10_WhatAnotherSendsUnsignedFails(address sender) public {
        vm.assume(sender != channelKey);
        expectFailed(0, channelId, wrongSigner(sender));
        vm.prank(sender);
        capture(unsignedItem(channel, 30));
        assertEq(capturedOf(channel), 0);
    }

    function test_R8_UnsignedItemsAreCumulativeAndIdempotent() public {
        vm.startPrank(channelKey);
        capture(unsignedItem(channel, 42));
        vm.recordLogs();
        capture(unsignedItem(channel, 42));
        capture(unsignedItem(channel, 30));
        assertEq(vm.getRecordedLogs().length, 0);
        capture(unsignedItem(channel, type(uint64).max));
        assertEq(capturedOf(channel), 100);
    }

    function test_R6_UnsignedItemsWorkUntilDeadlinePlusGrace() public {
        vm.startPrank(channelKey);
        uint256 end = uint256(channel.deadline) + channel.grace;
        vm.warp(end);
        capture(unsignedItem(channel, 10));
        assertEq(capturedOf(channel), 10);

        vm.warp(end + 1);
        bytes4 tooLate = IValueChannels.ValueChannelsTooLate.selector;
        expectFailed(0, channelId, abi.encodeWithSelector(tooLate, channelId, channel.deadline, channel.grace));
        capture(unsignedItem(channel, 20));
        assertEq(capturedOf(channel), 10);
    }

    /// @notice A grace longer than all time so far is no reason to be late.
    function test_R6_ALongGraceIsNeverTooLate() public {
        Channel memory long = channelTerms(tokenId, 50);
        long.grace = type(uint32).max;
        openChannel(long);
        vm.startPrank(channelKey);
        capture(unsignedItem(long, 10));
        vm.warp(uint256(long.deadline) + long.grace);
        capture(unsignedItem(long, 20));
        assertEq(capturedOf(long), 20);
        vm.warp(block.timestamp + 1);
        capture(unsignedItem(long, 30));
        assertEq(capturedOf(long), 20);
    }

    /// @notice Signed and unsigned runs side by side; an unsigned one of a key that does not send fails, and nothing else.
    function test_R8_UnsignedItemsFailAlone() public {
        CaptureItem[] memory items = new CaptureItem[](4);
        items[0] = unsignedItem(channel, 10);
        Channel memory second = channelTerms(tokenId, 50);
        second.channelKey = stranger;
        bytes32 secondId = openChannel(second);
        items[1] = unsignedItem(second, 20);
        Channel memory third = channelTerms(tokenId, 60);
        bytes32 thirdId = openChannel(third);
        items[2] = voucherItem(third, 30);
        items[3] = unsignedItem(channel, 15);

        expectFailed(
            1,
            secondId,
            abi.encodeWithSelector(IValueChannels.ValueChannelsWrongSigner.selector, secondId, channelKey, stranger)
        );
        vm.expectEmit(address(channels));
        emit IValueChannels.ChannelCaptured(channelId, 10, 10, 1, keccak256("receipt"));
        vm.expectEmit(address(channels));
        emit IValueChannels.ChannelCaptured(thirdId, 30, 30, 1, keccak256("receipt"));
        vm.expectEmit(address(channels));
        emit IValueChannels.ChannelCaptured(channelId, 5, 15, 1, keccak256("receipt"));
        vm.prank(channelKey);
        capture(items);
        assertEq(capturedOf(channel), 15);
        assertEq(capturedOf(second), 0);
        assertEq(capturedOf(third), 30);
    }

    /// @notice An unsigned item names the terms that were opened, or a channel that is not open.
    function test_R7_UnsignedItemsOfOtherTermsAreNotOpen() public {
        CaptureItem memory item = unsignedItem(channel, 10);
        item.channel.cap += 1;
        bytes32 id = channels.channelIdOf(item.channel);
        expectFailed(0, id, abi.encodeWithSelector(IValueChannels.ValueChannelsNotOpen.selector, id));
        vm.prank(channelKey);
        capture(item);
    }

    function test_R9_TheRateBoundsUnsignedItems() public {
        Channel memory metered = channelTerms(tokenId, 100);
        (metered.mode, metered.rate, metered.burst) = (ChannelMode.Capped, 2, 5);
        openChannel(metered);
        vm.startPrank(channelKey);
        capture(unsignedItem(metered, 90));
        assertEq(capturedOf(metered), 5);
        vm.warp(block.timestamp + 10);
        capture(unsignedItem(metered, 90));
        assertEq(capturedOf(metered), 25);
    }
}
