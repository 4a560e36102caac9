// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IDATLocks, LockUse} from "../../src/interfaces/IDATLocks.sol";
import {Channel, IValueChannels} from "../../src/interfaces/IValueChannels.sol";
import {packLockMeter} from "../../src/types/LockMeter.sol";
import {KedgeTest} from "../helpers/KedgeTest.sol";

contract ValueChannelsCloseTest is KedgeTest {
    uint256 private tokenId;
    Channel private channel;
    bytes32 private channelId;

    function setUp() public override {
        super.setUp();
        tokenId = mintValue(createClass(), holder, 1000, uint64(START + 31 days));
        channel = channelTerms(tokenId, 100);
        channelId = openChannel(channel);
        captureTo(channel, 40);
    }

    function test_R6_OperatorClosesAtAnyTime() public {
        vm.expectEmit(address(token));
        emit IDATLocks.ValueUnlocked(tokenId, address(channels), channelId, 60);
        vm.expectEmit(address(channels));
        emit IValueChannels.ChannelClosed(channelId, 40, 60);
        vm.prank(operator);
        assertEq(channels.close(channel), 60);

        assertEq(core.valueOf(tokenId), 960);
        (uint256 lockedToken, uint64 returned,) = token.lockInfo(address(channels), channelId);
        assertEq(lockedToken, 0);
        assertEq(returned, 60);
    }

    function test_R6_OthersCloseOnlyAfterDeadlinePlusGrace() public {
        uint256 end = uint256(channel.deadline) + channel.grace;
        vm.warp(end);
        vm.expectRevert(
            abi.encodeWithSelector(
                IValueChannels.ValueChannelsTooEarly.selector, channelId, channel.deadline, channel.grace
            )
        );
        vm.prank(holder);
        channels.close(channel);

        // The token has expired by then; what was locked comes back to it all the same.
        vm.warp(end + 1);
        vm.prank(stranger);
        assertEq(channels.close(channel), 60);
        assertEq(core.valueOf(tokenId), 960);
    }

    function test_R6_TheRestGoesToWhoeverOwnsTheToken() public {
        vm.prank(holder);
        core.transferToken(tokenId, stranger);
        vm.prank(operator);
        channels.close(channel);
        assertEq(core.ownerOf(tokenId), stranger);
        assertEq(core.valueOf(tokenId), 960);
    }

    function test_R8_ClosingTwiceReverts() public {
        vm.startPrank(operator);
        channels.close(channel);
        vm.expectRevert(abi.encodeWithSelector(IValueChannels.ValueChannelsNotOpen.selector, channelId));
        channels.close(channel);
    }

    function test_R6_AFullyCapturedChannelCloses() public {
        captureTo(channel, 100);
        vm.prank(operator);
        assertEq(channels.close(channel), 0);
        assertEq(core.valueOf(tokenId), 900);
        assertClosed(100);
    }

    function test_R26_WhatWasCapturedIsKnownAfterTheEnd() public {
        vm.prank(operator);
        channels.close(channel);
        assertClosed(40);
        vm.warp(uint256(channel.deadline) + channel.grace + 1);
        assertClosed(40);
    }

    function assertClosed(uint64 expected) private view {
        (bool open, uint64 captured, uint64 remaining, uint64 capturable) = channels.channelState(channel);
        assertFalse(open);
        assertEq(captured, expected);
        assertEq(uint256(remaining) + capturable, 0);
    }

    function test_R5_OnlyTheModuleTakesOrReturns() public {
        bytes memory reason = abi.encodeWithSelector(IDATLocks.DATNonexistentLock.selector, holder, channelId);
        vm.startPrank(holder);
        assertEq(token.consumeLocks(usesOf(100), keccak256("units"), holder)[0].units, 0);
        vm.expectRevert(reason);
        token.returnLock(channelId);
    }

    function usesOf(uint64 cumulative) private view returns (LockUse[] memory uses) {
        uses = new LockUse[](1);
        uses[0] = LockUse(channelId, packLockMeter(100, cumulative, 0, type(uint64).max));
    }

    function test_R5_TheModuleNeverTakesMoreThanTheLock() public {
        vm.startPrank(address(channels));
        assertEq(token.consumeLocks(usesOf(39), keccak256("units"), operator)[0].units, 0);
        assertEq(token.consumeLocks(usesOf(100), keccak256("units"), operator)[0].units, 60);
        assertEq(token.consumeLocks(usesOf(100), keccak256("units"), operator)[0].units, 0);
        assertEq(core.valueOf(tokenId), 900);
    }

    function test_R8_StateOfAChannelThatNeverWasOpenIsZeros() public view {
        Channel memory unknown = channel;
        unknown.salt = bytes32(uint256(9));
        (bool open, uint64 captured, uint64 remaining, uint64 capturable) = channels.channelState(unknown);
        assertFalse(open);
        assertEq(uint256(captured) + remaining + capturable, 0);
    }

    function test_R6_NothingIsCapturableAfterTheGrace() public {
        (bool open, uint64 captured, uint64 remaining, uint64 capturable) = channels.channelState(channel);
        assertTrue(open);
        assertEq(captured, 40);
        assertEq(remaining, 60);
        assertEq(capturable, 60);

        vm.warp(uint256(channel.deadline) + channel.grace + 1);
        (open, captured, remaining, capturable) = channels.channelState(channel);
        assertTrue(open);
        assertEq(remaining, 60);
        assertEq(capturable, 0);
    }
}
