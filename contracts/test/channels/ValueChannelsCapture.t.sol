// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {Vm} from "forge-std/Vm.sol";
import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {IDATCore} from "../../src/interfaces/IDATCore.sol";
import {IDATLocks, LockUse} from "../../src/interfaces/IDATLocks.sol";
import {
    Channel,
    ChannelMode,
    IValueChannels,
    ReceiptAnchor,
    RoyaltyEdge
} from "../../src/interfaces/IValueChannels.sol";
import {packLockMeter} from "../../src/types/LockMeter.sol";
import {CaptureItem, encodeItems} from "../helpers/CaptureItems.sol";
import {OpenChannelTest} from "./OpenChannelTest.sol";

/// @notice What a capture takes, and of whose word.
contract ValueChannelsCaptureTest is OpenChannelTest {
    uint256 private constant N = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;

    function test_R8_CaptureTakesWhatWasSignedAndNotYetTaken() public {
        vm.expectEmit(address(token));
        emit IDATCore.UsageRecorded(tokenId, keccak256("units"), 30, operator);
        vm.expectEmit(address(channels));
        emit IValueChannels.ChannelCaptured(channelId, 30, 30, 1, keccak256("receipt"));
        captureTo(channel, 30);

        vm.expectEmit(address(channels));
        emit IValueChannels.ChannelCaptured(channelId, 12, 42, 1, keccak256("receipt"));
        captureTo(channel, 42);
        assertEq(capturedOf(channel), 42);
        assertEq(core.valueOf(tokenId), 900);
    }

    function test_R8_StaleOrRepeatedVoucherIsANoOp() public {
        captureTo(channel, 42);
        vm.recordLogs();
        captureTo(channel, 42);
        captureTo(channel, 30);
        captureTo(channel, 0);
        assertEq(vm.getRecordedLogs().length, 0);
        assertEq(capturedOf(channel), 42);
    }

    function test_R8_MoreSignedThanLockedTakesTheLock() public {
        captureTo(channel, type(uint64).max);
        assertEq(capturedOf(channel), 100);
        (bool open,, uint64 remaining, uint64 capturable) = channels.channelState(channel);
        assertTrue(open);
        assertEq(remaining, 0);
        assertEq(capturable, 0);
    }

    function test_R8_AnyoneRelaysAndTheOperatorIsTheActor() public {
        CaptureItem memory item = voucherItem(channel, 5);
        vm.expectEmit(address(token));
        emit IDATCore.UsageRecorded(tokenId, keccak256("units"), 5, operator);
        vm.prank(stranger);
        capture(item);
    }

    function test_R8_EachOperatorIsTheActorOfItsOwnItems() public {
        Channel memory other = channelTerms(tokenId, 50);
        other.operator = makeAddr("other operator");
        openChannel(other);
        CaptureItem[] memory items = new CaptureItem[](2);
        items[0] = voucherItem(channel, 5);
        items[1] = voucherItem(other, 7);
        vm.expectEmit(address(token));
        emit IDATCore.UsageRecorded(tokenId, keccak256("units"), 5, operator);
        vm.expectEmit(address(token));
        emit IDATCore.UsageRecorded(tokenId, keccak256("units"), 7, other.operator);
        capture(items);
    }

    function test_R8_TheReasonOfAFailureIsToldToTheLastByte() public {
        CaptureItem memory item = voucherItem(channel, 5);
        for (uint256 length = 0; length < 100; ++length) {
            bytes memory reason = new bytes(length);
            for (uint256 at = 0; at < length; ++at) {
                reason[at] = 0xff;
            }
            vm.mockCallRevert(address(token), abi.encodePacked(IDATLocks.consumeLocks.selector), reason);
            expectFailed(0, channelId, reason);
            capture(item);
        }
        vm.clearMockedCalls();
        capture(item);
        assertEq(capturedOf(channel), 5);
    }

    function test_R8_WhatFailsLeavesTheNextOperatorsItemsAsTheyAre() public {
        Channel memory other = channelTerms(tokenId, 50);
        other.operator = makeAddr("other operator");
        openChannel(other);
        CaptureItem[] memory items = new CaptureItem[](2);
        (items[0], items[1]) = (voucherItem(channel, 5), voucherItem(other, 7));
        LockUse[] memory uses = new LockUse[](1);
        uses[0] = LockUse(channelId, packLockMeter(channel.cap, 5, 0, type(uint64).max));
        bytes memory refused = abi.encodeCall(IDATLocks.consumeLocks, (uses, keccak256("units"), operator));
        bytes memory reason = abi.encodePacked(keccak256("a reason"), keccak256("of two words"));
        vm.mockCallRevert(address(token), refused, reason);
        expectFailed(0, channelId, reason);
        capture(items);
        assertEq(capturedOf(channel), 0);
        assertEq(capturedOf(other), 7);
    }

    function test_R8_UnknownChannelFails() public {
        Channel memory unknown = channelTerms(tokenId, 100);
        unknown.salt = bytes32(uint256(7));
        CaptureItem memory item = voucherItem(unknown, 10);
        bytes32 id = channels.channelIdOf(unknown);
        expectFailed(0, id, abi.encodeWithSelector(IValueChannels.ValueChannelsNotOpen.selector, id));
        capture(item);
    }

    function test_R8_ClosedChannelFails() public {
        vm.prank(operator);
        channels.close(channel);
        CaptureItem memory item = voucherItem(channel, 10);
        expectFailed(0, channelId, abi.encodeWithSelector(IValueChannels.ValueChannelsNotOpen.selector, channelId));
        capture(item);
    }

    function test_R6_CaptureWorksUntilDeadlinePlusGrace() public {
        uint256 end = uint256(channel.deadline) + channel.grace;
        vm.warp(end);
        captureTo(channel, 10);
        assertEq(capturedOf(channel), 10);

        vm.warp(end + 1);
        CaptureItem memory item = voucherItem(channel, 20);
        expectFailed(
            0,
            channelId,
            abi.encodeWithSelector(
                IValueChannels.ValueChannelsTooLate.selector, channelId, channel.deadline, channel.grace
            )
        );
        capture(item);
        assertEq(capturedOf(channel), 10);
    }

    function test_R10_AnotherKeysVoucherFails() public {
        (address other, uint256 secret) = makeAddrAndKey("another key");
        CaptureItem memory item = voucherItem(channel, 10, secret);
        expectFailed(0, channelId, wrongSigner(other));
        capture(item);
        assertEq(capturedOf(channel), 0);
    }

    /// @dev Most high numbers do not fit beside `v`; of those that do, none counts.
    function testFuzz_R10_HighSFails(uint256 s) public {
        CaptureItem memory item = voucherItem(channel, 10);
        item.vs = item.vs >> 255 << 255 | bytes32(bound(s, N / 2 + 1, type(uint256).max >> 1));
        expectFailed(0, channelId, wrongSigner(address(0)));
        capture(item);
    }

    function testFuzz_R10_NoKeysSignatureFails(bytes32 r, bytes32 vs) public {
        CaptureItem memory item = voucherItem(channel, 10);
        (item.r, item.vs) = (r, vs);
        bytes32 s = vs << 1 >> 1;
        address signer =
            uint256(s) > N / 2 ? address(0) : ecrecover(digestOf(item), 27 + uint8(uint256(vs) >> 255), r, s);
        expectFailed(0, channelId, wrongSigner(signer));
        capture(item);
    }

    /// @notice Whatever is cut off or added, nothing is captured that was not signed or sent by the key.
    function testFuzz_R8_MalformedItemsRevertOrAreNotOpen(uint256 length, bytes calldata tail, bool unsigned) public {
        CaptureItem[] memory items = new CaptureItem[](2);
        items[0] = voucherItem(channel, 10);
        items[1] = voucherItem(channel, 20);
        // Of one run: between two runs a cut leaves a whole message.
        (items[0].unsigned, items[1].unsigned) = (unsigned, unsigned);
        if (unsigned) vm.startPrank(channelKey);
        bytes memory packed = encodeItems(items);
        length = bound(length, 1, packed.length - 1);
        assembly ("memory-safe") {
            mstore(packed, length)
        }
        vm.expectRevert(IValueChannels.ValueChannelsMalformedItems.selector);
        channels.capture(packed, new RoyaltyEdge[](0), new ReceiptAnchor[](0));
        assertEq(capturedOf(channel), 0);

        try channels.capture(tail, new RoyaltyEdge[](0), new ReceiptAnchor[](0)) {
            assertEq(capturedOf(channel), 0);
        } catch (bytes memory reason) {
            assertEq(reason, abi.encodeWithSelector(IValueChannels.ValueChannelsMalformedItems.selector));
        }
    }

    function test_R7_VoucherOfAnotherChannelFails() public {
        Channel memory other = channelTerms(tokenId, 100);
        other.salt = bytes32(uint256(1));
        openChannel(other);
        CaptureItem memory item = voucherItem(other, 10);
        item.channel = channel;
        vm.recordLogs();
        capture(item);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        assertEq(logs.length, 1);
        assertEq(logs[0].topics[0], IValueChannels.CaptureFailed.selector);
        assertEq(capturedOf(channel), 0);
        assertEq(capturedOf(other), 0);
    }

    function test_R9_RateBoundsWhatIsTaken() public {
        Channel memory metered = channelTerms(tokenId, 100);
        metered.mode = ChannelMode.Capped;
        metered.rate = 2;
        metered.burst = 5;
        openChannel(metered);

        captureTo(metered, 90);
        assertEq(capturedOf(metered), 5);
        vm.warp(block.timestamp + 10);
        (,,, uint64 capturable) = channels.channelState(metered);
        assertEq(capturable, 20);
        captureTo(metered, 90);
        assertEq(capturedOf(metered), 25);
        vm.warp(block.timestamp + 1 days);
        captureTo(metered, 90);
        assertEq(capturedOf(metered), 90);
        captureTo(metered, 200);
        assertEq(capturedOf(metered), 100);
    }

    function testFuzz_R9_CapturedNeverPassesTheRate(
        uint64 rate,
        uint64 burst,
        uint64 cap,
        uint64 signed,
        uint32 elapsed
    ) public {
        Channel memory metered = channelTerms(tokenId, 0);
        metered.cap = uint64(bound(cap, 1, 900));
        metered.rate = rate;
        metered.burst = burst;
        openChannel(metered);
        elapsed = uint32(bound(elapsed, 0, 31 days));
        vm.warp(START + elapsed);
        captureTo(metered, signed);

        uint256 allowed = rate == 0 ? type(uint256).max : uint256(burst) + uint256(rate) * elapsed;
        uint256 expected = signed < metered.cap ? signed : metered.cap;
        assertEq(capturedOf(metered), expected < allowed ? expected : allowed);
    }

    function test_R6_TransferDoesNotTouchTheLock() public {
        vm.prank(holder);
        core.transferToken(tokenId, stranger);
        captureTo(channel, 10);
        assertEq(capturedOf(channel), 10);
        vm.prank(operator);
        channels.close(channel);
        assertEq(IERC721(address(token)).ownerOf(tokenId), stranger);
        assertEq(core.valueOf(tokenId), 990);
    }

    /// @notice A relayer that gives too little gas can make an item fail, and nothing else: the next capture takes it.
    function testFuzz_R8_LittleGasLosesNothing(uint256 gas) public {
        CaptureItem[] memory items = new CaptureItem[](1);
        items[0] = voucherItem(channel, 10);
        bytes memory call =
            abi.encodeCall(IValueChannels.capture, (encodeItems(items), new RoyaltyEdge[](0), new ReceiptAnchor[](0)));
        (bool done,) = address(channels).call{gas: bound(gas, 0, 100_000)}(call);
        uint64 captured = capturedOf(channel);
        assertTrue(captured == 0 || captured == 10);
        if (captured == 10) assertTrue(done);
        assertEq(core.valueOf(tokenId), 900);
        capture(items);
        assertEq(capturedOf(channel), 10);
    }

    function test_R16_RootsAreAnchoredInTheCallersName() public {
        ReceiptAnchor[] memory anchors = new ReceiptAnchor[](2);
        anchors[0] = ReceiptAnchor(3, 10, 12, keccak256("root"), "bafy");
        anchors[1] = ReceiptAnchor(4, 13, 13, keccak256("another root"), "");
        vm.expectEmit(address(channels));
        emit IValueChannels.ReceiptsAnchored(stranger, keccak256("root"), 3, 10, 12, "bafy");
        vm.expectEmit(address(channels));
        emit IValueChannels.ReceiptsAnchored(stranger, keccak256("another root"), 4, 13, 13, "");
        vm.prank(stranger);
        channels.capture("", new RoyaltyEdge[](0), anchors);
    }

    function test_R29_CaptureTakesNoEther() public {
        vm.deal(address(this), 1);
        (bool taken,) = address(channels).call{value: 1}(
            abi.encodeCall(IValueChannels.capture, ("", new RoyaltyEdge[](0), new ReceiptAnchor[](0)))
        );
        assertFalse(taken);
    }
}
