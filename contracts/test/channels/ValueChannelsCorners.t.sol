// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {Vm} from "forge-std/Vm.sol";
import {LotTerms} from "../../src/interfaces/IDATLots.sol";
import {Channel, ChannelMode, IValueChannels} from "../../src/interfaces/IValueChannels.sol";
import {CaptureItem, compactSignature} from "../helpers/CaptureItems.sol";
import {KedgeTest} from "../helpers/KedgeTest.sol";

/// @notice Where one fault hides behind another: terms with stray bits, and batches in which everything goes wrong at once.
contract ValueChannelsCornersTest is KedgeTest {
    uint256 private classId;
    uint256 private tokenId;
    Channel private channel;

    function setUp() public override {
        super.setUp();
        classId = createClass();
        tokenId = mintValue(classId, holder, 1000, 0);
        channel = channelTerms(tokenId, 100);
    }

    function expectInvalid(bytes memory data, bytes32 field) private {
        vm.prank(holder);
        vm.expectRevert(abi.encodeWithSelector(IValueChannels.ValueChannelsInvalidTerms.selector, field));
        token.lock(tokenId, 100, address(channels), data);
    }

    function test_R7_TermsAreElevenWords() public {
        bytes memory terms = abi.encode(channel);
        expectInvalid(bytes.concat(terms, bytes1(0)), "length");
        expectInvalid(bytes.concat(terms, bytes32(0)), "length");
        assembly {
            mstore(terms, 0x15f)
        }
        expectInvalid(terms, "length");
        expectInvalid("", "length");
    }

    /// @notice Each word by itself too large, in a channel that is otherwise valid, is what the error names.
    function test_R7_TheWordThatDoesNotFitIsNamed() public {
        bytes32[11] memory fields = [
            bytes32("holder"),
            "tokenId",
            "operator",
            "channelKey",
            "cap",
            "rate",
            "burst",
            "deadline",
            "grace",
            "mode",
            ""
        ];
        channel.rate = 5;
        channel.mode = ChannelMode.Capped;
        for (uint256 i = 0; i < 10; ++i) {
            uint256[11] memory words = abi.decode(abi.encode(channel), (uint256[11]));
            words[i] |= 1 << 200;
            expectInvalid(abi.encode(words), fields[i]);
        }
        openChannel(channel);
    }

    function test_R9_CappedNamesTheRateOnlyWhereItHasNone() public {
        channel.mode = ChannelMode.Capped;
        expectInvalid(abi.encode(channel), "rate");
        channel.rate = 1;
        uint256[11] memory words = abi.decode(abi.encode(channel), (uint256[11]));
        words[6] = 1 << 64;
        expectInvalid(abi.encode(words), "burst");
    }

    // Captures.

    bytes32[] private seen;

    /// @notice The events of the channels, as the hash of their topics and data each.
    function captureAndList(CaptureItem[] memory items) private {
        vm.recordLogs();
        capture(items);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        delete seen;
        for (uint256 i = 0; i < logs.length; ++i) {
            if (logs[i].emitter == address(channels)) seen.push(hashOf(logs[i].topics, logs[i].data));
        }
    }

    function hashOf(bytes32[] memory topics, bytes memory data) private pure returns (bytes32) {
        return keccak256(abi.encode(topics, data));
    }

    function failed(uint256 index, bytes32 id, bytes memory reason) private pure returns (bytes32) {
        bytes32[] memory topics = new bytes32[](3);
        (topics[0], topics[1], topics[2]) = (IValueChannels.CaptureFailed.selector, bytes32(index), id);
        return hashOf(topics, abi.encode(reason));
    }

    function captured(CaptureItem memory item, uint64 amount) private view returns (bytes32) {
        bytes32[] memory topics = new bytes32[](2);
        (topics[0], topics[1]) = (IValueChannels.ChannelCaptured.selector, channels.channelIdOf(item.channel));
        return hashOf(topics, abi.encode(amount, item.cumulativeUnits, item.seq, item.receiptHash));
    }

    function item(Channel memory channel_, uint64 cumulative, uint64 seq)
        private
        view
        returns (CaptureItem memory made)
    {
        made = unsignedItem(channel_, cumulative);
        made.unsigned = false;
        // Numbers fill their eight bytes, as an epoch that begins at the clock does.
        (made.seq, made.receiptHash) = (seq | 0xFF << 56, keccak256(abi.encode("receipt", seq)));
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(channelKeySecret, digestOf(made));
        (made.r, made.vs) = compactSignature(v, r, s);
    }

    function opened(uint256 tokenId_, uint32 grace, uint256 salt) private returns (Channel memory made) {
        made = channelTerms(tokenId_, 50);
        (made.grace, made.salt) = (grace, bytes32(salt));
        openChannel(made);
    }

    /// @dev Revenue of the class has room for four units at a price of 1e9, so that using ten is refused by the token.
    function aTokenThatIsRefused() private returns (uint256) {
        LotTerms memory terms = lotTerms(ETH, 1e9, 1);
        uint32 lot = createLot(classId, terms);
        openListing(classId, lot, 1000, 0);
        uint256 bought = buy(holder, classId, lot, 1000);
        mintShare(classId, stranger, 1);
        settleETH(classId, type(uint112).max - 5e9);
        return bought;
    }

    /// @notice One by one after the token refused the whole: in three runs of one operator, each item has its own end.
    function test_R8_EachItemHasItsOwnEndInABatchThatIsRefused() public {
        uint256 bought = aTokenThatIsRefused();
        CaptureItem[] memory items = new CaptureItem[](7);
        Channel memory stale = opened(tokenId, 1 days, 1);
        captureTo(stale, 9);
        items[0] = item(stale, 9, 1);
        items[1] = item(opened(bought, 1 days, 2), 10, 2);
        items[2] = item(channelTerms(tokenId, 49), 3, 3);
        items[3] = item(opened(tokenId, 2 days, 3), 20, 4);
        items[4] = voucherItem(opened(tokenId, 2 days, 4), 30, 0xBAD);
        items[5] = item(opened(tokenId, 2 days, 5), 40, 6);
        items[6] = item(opened(tokenId, 3 days, 6), 50, 7);
        captureAndList(items);

        bytes32[] memory ids = new bytes32[](7);
        for (uint256 i = 0; i < 7; ++i) {
            ids[i] = channels.channelIdOf(items[i].channel);
        }
        bytes4 wrong = IValueChannels.ValueChannelsWrongSigner.selector;
        assertEq(seen.length, 6);
        // Found while the items were read.
        assertEq(seen[0], failed(4, ids[4], abi.encodeWithSelector(wrong, ids[4], vm.addr(0xBAD), channelKey)));
        // Nothing of the stale one: it is open and has nothing new.
        bytes memory tooLarge = abi.encodeWithSignature("DATAmountTooLarge(uint256)", uint256(type(uint112).max) + 5e9);
        assertEq(seen[1], failed(1, ids[1], tooLarge));
        assertEq(
            seen[2], failed(2, ids[2], abi.encodeWithSelector(IValueChannels.ValueChannelsNotOpen.selector, ids[2]))
        );
        assertEq(seen[3], captured(items[3], 20));
        assertEq(seen[4], captured(items[5], 40));
        assertEq(seen[5], captured(items[6], 50));
    }

    function test_R8_OfTwoItemsTheGoodOneIsCaptured() public {
        uint256 bought = aTokenThatIsRefused();
        CaptureItem[] memory items = new CaptureItem[](2);
        items[0] = item(opened(bought, 1 days, 1), 10, 1);
        items[1] = item(opened(tokenId, 1 days, 2), 20, 2);
        captureAndList(items);
        assertEq(seen.length, 2);
        assertEq(seen[1], captured(items[1], 20));
        items[0] = item(items[1].channel, 30, 3);
        items[1] = item(opened(bought, 1 days, 3), 10, 4);
        delete seen;
        captureAndList(items);
        assertEq(seen.length, 2);
        assertEq(seen[0], captured(items[0], 10));
    }

    /// @notice What two would release together is the reason of neither.
    function test_R8_EachItemIsRefusedForItsOwnReason() public {
        uint256 bought = aTokenThatIsRefused();
        CaptureItem[] memory items = new CaptureItem[](2);
        items[0] = item(opened(bought, 1 days, 1), 10, 1);
        items[1] = item(opened(bought, 1 days, 2), 12, 2);
        captureAndList(items);
        assertEq(seen.length, 2);
        for (uint256 i = 0; i < 2; ++i) {
            uint256 revenue = uint256(type(uint112).max) - 5e9 + items[i].cumulativeUnits * 1e9;
            bytes memory tooLarge = abi.encodeWithSignature("DATAmountTooLarge(uint256)", revenue);
            assertEq(seen[i], failed(i, channels.channelIdOf(items[i].channel), tooLarge));
        }
    }

    /// @notice An operator's items are written over those of the one before, of which there were more.
    function test_R8_WhatAnEarlierOperatorLeftIsInNoEvent() public {
        uint256 bought = aTokenThatIsRefused();
        CaptureItem[] memory items = new CaptureItem[](9);
        for (uint64 i = 0; i < 9; ++i) {
            Channel memory made = channelTerms(i == 7 ? bought : tokenId, 50);
            made.operator = i < 6 ? operator : i == 6 ? stranger : issuer;
            made.salt = bytes32(uint256(i) + 10);
            assertTrue(openChannel(made)[0] != 0, "its first byte would be seen");
            items[i] = item(made, 10 + i, i);
        }
        captureAndList(items);
        assertEq(seen.length, 9);
        for (uint256 i = 0; i < 9; ++i) {
            // One by one, because the one before it is refused.
            if (i != 7) assertEq(seen[i], captured(items[i], items[i].cumulativeUnits));
        }
    }

    /// @notice The zeros behind the items are not a run of no operator.
    function test_R8_NothingFollowsTheLastRun() public {
        channel.operator = address(0);
        CaptureItem[] memory items = new CaptureItem[](1);
        items[0] = voucherItem(channel, 10);
        bytes32 id = channels.channelIdOf(channel);
        captureAndList(items);
        assertEq(seen.length, 1);
        assertEq(seen[0], failed(0, id, abi.encodeWithSelector(IValueChannels.ValueChannelsNotOpen.selector, id)));
    }

    /// @notice Which of two faults is told: the channel that is not there comes before whoever signed.
    function test_R8_AChannelThatIsNotOpenHasNoSigner() public {
        CaptureItem[] memory items = new CaptureItem[](1);
        items[0] = voucherItem(channel, 10, 0xBAD);
        bytes32 id = channels.channelIdOf(channel);
        captureAndList(items);
        assertEq(seen.length, 1);
        assertEq(seen[0], failed(0, id, abi.encodeWithSelector(IValueChannels.ValueChannelsNotOpen.selector, id)));
    }

    function capturable() private view returns (uint64 units) {
        (,,, units) = channels.channelState(channel);
    }

    function test_R6_TheLastSecondIsNotTooLate() public {
        openChannel(channel);
        bytes32 id = channels.channelIdOf(channel);
        CaptureItem[] memory items = new CaptureItem[](1);
        items[0] = voucherItem(channel, 10, 0xBAD);
        uint256 end = uint256(channel.deadline) + channel.grace;
        vm.warp(end);
        assertEq(capturable(), 100);
        captureAndList(items);
        bytes4 wrong = IValueChannels.ValueChannelsWrongSigner.selector;
        assertEq(seen[0], failed(0, id, abi.encodeWithSelector(wrong, id, vm.addr(0xBAD), channelKey)));
        vm.warp(end + 1);
        assertEq(capturable(), 0);
        captureAndList(items);
        bytes4 late = IValueChannels.ValueChannelsTooLate.selector;
        assertEq(seen[0], failed(0, id, abi.encodeWithSelector(late, id, channel.deadline, channel.grace)));
    }

    /// @notice After a split both chains go on: the one with the new id opens and captures channels of its own.
    function test_R7_AChainThatSplitsGoesOn() public {
        openChannel(channel);
        CaptureItem[] memory items = new CaptureItem[](1);
        items[0] = voucherItem(channel, 10);
        vm.chainId(block.chainid + 1);
        bytes32 id = channels.channelIdOf(channel);
        captureAndList(items);
        assertEq(seen.length, 1);
        assertEq(seen[0], failed(0, id, abi.encodeWithSelector(IValueChannels.ValueChannelsNotOpen.selector, id)));

        assertEq(openChannel(channel), id);
        captureTo(channel, 20);
        assertEq(capturedOf(channel), 20);
        items[0] = unsignedItem(channel, 30);
        vm.prank(channelKey);
        capture(items);
        assertEq(capturedOf(channel), 30);
    }
}
