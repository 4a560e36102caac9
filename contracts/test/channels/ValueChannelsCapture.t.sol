// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {Vm} from "forge-std/Vm.sol";
import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {ParentTerms} from "../../src/interfaces/IDATClasses.sol";
import {IDATCore} from "../../src/interfaces/IDATCore.sol";
import {IDATErrors} from "../../src/interfaces/IDATErrors.sol";
import {IDATLocks, LockUse} from "../../src/interfaces/IDATLocks.sol";
import {IDATLots, LotTerms} from "../../src/interfaces/IDATLots.sol";
import {IDATClasses} from "../../src/interfaces/IDATClasses.sol";
import {
    Channel,
    ChannelMode,
    IValueChannels,
    ReceiptAnchor,
    RoyaltyEdge
} from "../../src/interfaces/IValueChannels.sol";
import {packLockMeter} from "../../src/types/LockMeter.sol";
import {CaptureItem, encodeItems} from "../helpers/CaptureItems.sol";
import {KedgeTest} from "../helpers/KedgeTest.sol";

contract ValueChannelsCaptureTest is KedgeTest {
    uint256 private constant N = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;

    uint256 private classId;
    uint256 private tokenId;
    Channel private channel;
    bytes32 private channelId;

    function setUp() public override {
        super.setUp();
        classId = createClass();
        tokenId = mintValue(classId, holder, 1000, 0);
        channel = channelTerms(tokenId, 100);
        channelId = openChannel(channel);
    }

    function expectFailed(uint256 index, bytes32 id, bytes memory reason) private {
        vm.expectEmit(address(channels));
        emit IValueChannels.CaptureFailed(index, id, reason);
    }

    function wrongSigner(address signer) private view returns (bytes memory) {
        return abi.encodeWithSelector(IValueChannels.ValueChannelsWrongSigner.selector, channelId, signer, channelKey);
    }

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

    function test_R8_ItemsFailAlone() public {
        Channel memory second = channelTerms(tokenId, 50);
        Channel memory third = channelTerms(tokenId, 60);
        openChannel(second);
        openChannel(third);
        CaptureItem[] memory items = new CaptureItem[](4);
        items[0] = voucherItem(channel, 10);
        (address other, uint256 secret) = makeAddrAndKey("another key");
        items[1] = voucherItem(second, 20, secret);
        items[2] = voucherItem(channelTerms(tokenId, 51), 1);
        items[3] = voucherItem(third, 30);

        bytes32 secondId = channels.channelIdOf(second);
        expectFailed(
            1,
            secondId,
            abi.encodeWithSelector(IValueChannels.ValueChannelsWrongSigner.selector, secondId, other, channelKey)
        );
        bytes32 unknownId = channels.channelIdOf(items[2].channel);
        expectFailed(2, unknownId, abi.encodeWithSelector(IValueChannels.ValueChannelsNotOpen.selector, unknownId));
        capture(items);
        assertEq(capturedOf(channel), 10);
        assertEq(capturedOf(second), 0);
        assertEq(capturedOf(third), 30);
    }

    function test_R8_OneChannelTwiceInABatchTakesTheNewest() public {
        CaptureItem[] memory items = new CaptureItem[](3);
        items[0] = voucherItem(channel, 10);
        items[1] = voucherItem(channel, 25);
        items[2] = voucherItem(channel, 20);
        capture(items);
        assertEq(capturedOf(channel), 25);
    }

    /// @dev Channels over two lots of one class, a lot of another and unbacked value; two of them on one token.
    function mixedChannels(uint96 price, uint64 denominator, uint16 operatorBps)
        private
        returns (Channel[] memory mixed, uint256 other)
    {
        other = createClass();
        mintShare(classId, stranger, 3);
        mintShare(other, stranger, 7);
        uint256[5] memory ids;
        for (uint256 i = 0; i < 3; ++i) {
            LotTerms memory terms = lotTerms(ETH, uint96(price + i), denominator);
            terms.operatorBps = operatorBps;
            uint256 class = i == 2 ? other : classId;
            uint32 lot = createLot(class, terms);
            openListing(class, lot, type(uint64).max, 0);
            ids[i] = buy(holder, class, lot, 1000);
            if (i == 0) ids[4] = buy(holder, class, lot, 1000);
        }
        ids[3] = tokenId;
        mixed = new Channel[](6);
        for (uint256 i = 0; i < 6; ++i) {
            mixed[i] = channelTerms(ids[i % 5], 400);
            mixed[i].salt = bytes32(i + 1);
            if (i == 2) mixed[i].operator = stranger;
            openChannel(mixed[i]);
        }
    }

    struct Books {
        uint256 backing;
        uint256 revenue;
        uint256 cuts;
        bytes32 captured;
    }

    function booksOf(Channel[] memory mixed, uint256 other) private view returns (Books memory books) {
        books.backing = uint256(token.revenueInfo(classId, ETH).backing) + token.revenueInfo(other, ETH).backing;
        books.revenue = uint256(token.revenueInfo(classId, ETH).received) + token.revenueInfo(other, ETH).received;
        books.cuts = token.owedTo(operator, ETH) + token.owedTo(stranger, ETH);
        uint64[] memory captured = new uint64[](mixed.length);
        for (uint256 i = 0; i < mixed.length; ++i) {
            captured[i] = capturedOf(mixed[i]);
        }
        books.captured = keccak256(abi.encode(captured));
    }

    /// @notice Channels may repeat, lots and operators alternate: what is released is the same in one batch and one by one,
    /// and operator's cut and revenue are the same up to rounding the cut down once a release (R3).
    /// forge-config: default.fuzz.runs = 64
    function testFuzz_R2_ABatchReleasesWhatSinglesDo(
        uint96 price,
        uint64 denominator,
        uint16 operatorBps,
        uint8[12] memory which,
        uint16[12] memory signed
    ) public {
        (Channel[] memory mixed, uint256 other) = mixedChannels(
            uint96(bound(price, 1, 1e18)), uint64(bound(denominator, 1, 1e6)), uint16(bound(operatorBps, 0, 10_000))
        );
        CaptureItem[] memory items = new CaptureItem[](12);
        for (uint256 i = 0; i < 12; ++i) {
            items[i] = voucherItem(mixed[which[i] % 6], signed[i] % 500);
        }
        uint256 held = booksOf(mixed, other).backing;
        uint256 start = vm.snapshotState();
        capture(items);
        Books memory batch = booksOf(mixed, other);
        assertTrue(vm.revertToState(start));
        for (uint256 i = 0; i < 12; ++i) {
            capture(items[i]);
        }
        Books memory singles = booksOf(mixed, other);

        assertEq(batch.captured, singles.captured);
        assertEq(batch.backing, singles.backing);
        assertEq(batch.cuts + batch.revenue, held - batch.backing);
        assertEq(singles.cuts + singles.revenue, held - singles.backing);
        assertGe(batch.cuts, singles.cuts);
        assertLe(batch.cuts - singles.cuts, 12);
    }

    function test_R2_OneReleaseForConsecutiveUsesOfALot() public {
        (Channel[] memory mixed,) = mixedChannels(1e9, 1, 1000);
        CaptureItem[] memory items = new CaptureItem[](3);
        items[0] = voucherItem(mixed[0], 10);
        items[1] = voucherItem(mixed[5], 20);
        items[2] = voucherItem(mixed[4], 30);
        vm.recordLogs();
        capture(items);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        uint256 releases;
        for (uint256 i = 0; i < logs.length; ++i) {
            if (logs[i].topics[0] == IDATLots.BackingReleased.selector) ++releases;
        }
        assertEq(releases, 1);
        // Each 3 of: UsageRecorded, ChannelCaptured; one of: OwedIncreased, BackingReleased, RevenueSettled, RevenueAccrued.
        assertEq(logs.length, 10);
    }

    function test_R8_OneChannelTwiceInABatchIsExact() public {
        CaptureItem[] memory items = new CaptureItem[](3);
        items[0] = voucherItem(channel, 10);
        items[1] = voucherItem(channel, 25);
        items[2] = voucherItem(channel, 20);
        vm.expectEmit(address(channels));
        emit IValueChannels.ChannelCaptured(channelId, 10, 10, 1, keccak256("receipt"));
        vm.expectEmit(address(channels));
        emit IValueChannels.ChannelCaptured(channelId, 15, 25, 1, keccak256("receipt"));
        vm.recordLogs();
        capture(items);
        // Twice UsageRecorded and ChannelCaptured, and nothing for the third.
        assertEq(vm.getRecordedLogs().length, 4);
        assertEq(capturedOf(channel), 25);
    }

    /// @notice Revenue beyond the range of a class's books fails its items only, though the batch was one call.
    function test_R8_AnItemTheTokenRefusesFailsAlone() public {
        (Channel[] memory mixed, uint256 other) = mixedChannels(1e9, 1, 0);
        settleETH(classId, type(uint112).max - 5e9);
        CaptureItem[] memory items = new CaptureItem[](3);
        items[0] = voucherItem(mixed[0], 5);
        items[1] = voucherItem(mixed[4], 10);
        mixed[2].operator = operator;
        mixed[2].salt = bytes32("same operator");
        openChannel(mixed[2]);
        items[2] = voucherItem(mixed[2], 20);

        vm.expectEmit(address(channels));
        emit IValueChannels.ChannelCaptured(channels.channelIdOf(mixed[0]), 5, 5, 1, keccak256("receipt"));
        expectFailed(
            1,
            channels.channelIdOf(mixed[4]),
            abi.encodeWithSelector(IDATErrors.DATAmountTooLarge.selector, uint256(type(uint112).max) + 10e9)
        );
        vm.expectEmit(address(channels));
        emit IValueChannels.ChannelCaptured(channels.channelIdOf(mixed[2]), 20, 20, 1, keccak256("receipt"));
        capture(items);
        assertEq(capturedOf(mixed[0]), 5);
        assertEq(capturedOf(mixed[4]), 0);
        assertEq(capturedOf(mixed[2]), 20);
        assertEq(token.revenueInfo(other, ETH).received, 20 * (1e9 + 2));
    }

    function testFuzz_R8_LittleGasInABatchLosesNothing(uint256 gas) public {
        Channel memory second = channelTerms(tokenId, 50);
        openChannel(second);
        CaptureItem[] memory items = new CaptureItem[](2);
        items[0] = voucherItem(channel, 10);
        items[1] = voucherItem(second, 20);
        bytes memory call =
            abi.encodeCall(IValueChannels.capture, (encodeItems(items), new RoyaltyEdge[](0), new ReceiptAnchor[](0)));
        (bool done,) = address(channels).call{gas: bound(gas, 0, 150_000)}(call);
        uint64 first = capturedOf(channel);
        assertTrue(first == 0 || first == 10);
        assertTrue(capturedOf(second) == 0 || capturedOf(second) == 20);
        if (first + capturedOf(second) != 0) assertTrue(done);
        capture(items);
        assertEq(capturedOf(channel), 10);
        assertEq(capturedOf(second), 20);
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

    function test_R3_CapturePaysTheOperatorAndTheClass() public {
        mintShare(classId, stranger, 1);
        LotTerms memory terms = lotTerms(ETH, 10, 1);
        terms.operatorBps = 2500;
        uint32 lot = createLot(classId, terms);
        openListing(classId, lot, 1000, 0);
        uint256 bought = buy(holder, classId, lot, 100);
        Channel memory backed = channelTerms(bought, 100);
        openChannel(backed);

        captureTo(backed, 40);
        assertEq(token.owedTo(operator, ETH), 100);
        assertEq(token.revenueInfo(classId, ETH).received, 300);
        assertEq(token.revenueInfo(classId, ETH).backing, 600);
    }

    /// @notice What rounding up the deposits left over is the class's, even where the operator takes everything else.
    function test_R2_TheResidueIsNoOperatorsCut() public {
        LotTerms memory terms = lotTerms(ETH, 1, 2);
        terms.operatorBps = 10_000;
        uint32 lot = createLot(classId, terms);
        openListing(classId, lot, 3, 0);
        Channel[] memory backed = new Channel[](3);
        for (uint256 i = 0; i < 3; ++i) {
            backed[i] = channelTerms(buy(holder, classId, lot, 1), 1);
            openChannel(backed[i]);
        }
        captureTo(backed[0], 1);
        captureTo(backed[1], 1);
        assertEq(token.owedTo(operator, ETH), 1);
        assertEq(token.revenueInfo(classId, ETH).backing, 2);

        // Three units cost floor(3/2) = 1, and three deposits of ceil(1/2) = 1 came in.
        captureTo(backed[2], 1);
        assertEq(token.owedTo(operator, ETH), 1);
        assertEq(token.revenueInfo(classId, ETH).backing, 0);
        assertEq(token.revenueInfo(classId, ETH).received, 2);
    }

    function test_R19_CaptureCollectsItsEdgesAndAFailingEdgeUndoesNothing() public {
        uint256 child = createClass(parent(classId, 2000), address(0));
        mintShare(classId, stranger, 1);
        mintShare(child, stranger, 1);
        uint32 lot = createLot(child, lotTerms(ETH, 10, 1));
        openListing(child, lot, 1000, 0);
        uint256 bought = buy(holder, child, lot, 100);
        Channel memory backed = channelTerms(bought, 100);
        openChannel(backed);

        CaptureItem[] memory items = new CaptureItem[](1);
        items[0] = voucherItem(backed, 50);
        RoyaltyEdge[] memory edges = new RoyaltyEdge[](2);
        edges[0] = RoyaltyEdge(child, 1, ETH);
        edges[1] = RoyaltyEdge(child, 0, ETH);
        vm.expectEmit(address(channels));
        emit IValueChannels.RoyaltyFailed(
            0, child, 1, ETH, abi.encodeWithSelector(IDATClasses.DATNonexistentParent.selector, child, 1)
        );
        channels.capture(encodeItems(items), edges, new ReceiptAnchor[](0));

        assertEq(capturedOf(backed), 50);
        assertEq(token.revenueInfo(child, ETH).received, 500);
        assertEq(token.revenueInfo(classId, ETH).received, 100);
        assertEq(token.royaltyDue(child, 0, ETH), 0);
    }

    function test_R19_ACaptureOfNothingWalksEdgesInTheirOrder() public {
        uint256 left = createClass(parent(classId, 5000), address(0));
        uint256 right = createClass(parent(classId, 1000), address(0));
        ParentTerms[] memory both = new ParentTerms[](2);
        both[0] = ParentTerms(uint64(left), 4000);
        both[1] = ParentTerms(uint64(right), 2000);
        uint256 child = createClass(both, address(0));
        mintShare(child, stranger, 1);
        settleETH(child, 10_000);

        // Upside down, what a class was paid is due to its parents later.
        RoyaltyEdge[] memory edges = new RoyaltyEdge[](4);
        edges[0] = RoyaltyEdge(left, 0, ETH);
        edges[1] = RoyaltyEdge(right, 0, ETH);
        edges[2] = RoyaltyEdge(child, 0, ETH);
        edges[3] = RoyaltyEdge(child, 1, ETH);
        vm.prank(stranger);
        channels.capture("", edges, new ReceiptAnchor[](0));
        assertEq(token.revenueInfo(left, ETH).received, 4000);
        assertEq(token.revenueInfo(classId, ETH).received, 0);
        // Children first, it arrives at once.
        settleETH(child, 10_000);
        (edges[0], edges[1], edges[2], edges[3]) = (edges[2], edges[3], edges[0], edges[1]);
        vm.prank(stranger);
        channels.capture("", edges, new ReceiptAnchor[](0));
        assertEq(token.revenueInfo(classId, ETH).received, 4400);
        assertEq(token.royaltyDue(left, 0, ETH) + token.royaltyDue(right, 0, ETH), 0);
    }

    function test_R20_CaptureGoesOnWithoutActiveShares() public {
        uint32 lot = createLot(classId, lotTerms(ETH, 10, 1));
        openListing(classId, lot, 1000, 0);
        uint256 bought = buy(holder, classId, lot, 100);
        Channel memory backed = channelTerms(bought, 100);
        openChannel(backed);
        captureTo(backed, 50);
        assertEq(token.revenueInfo(classId, ETH).orphan, 500);
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
