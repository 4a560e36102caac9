// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {Vm} from "forge-std/Vm.sol";
import {IDATErrors} from "../../src/interfaces/IDATErrors.sol";
import {IDATLots, LotTerms} from "../../src/interfaces/IDATLots.sol";
import {Channel, IValueChannels, ReceiptAnchor, RoyaltyEdge} from "../../src/interfaces/IValueChannels.sol";
import {CaptureItem, encodeItems} from "../helpers/CaptureItems.sol";
import {OpenChannelTest} from "./OpenChannelTest.sol";

/// @notice Several items in one capture.
contract ValueChannelsBatchesTest is OpenChannelTest {
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

    /// @notice Items of several operators are sent on apart, and counted together.
    function test_R8_AFailureIsNamedByItsPlaceAmongAllOperators() public {
        Channel memory second = channelTerms(tokenId, 50);
        second.operator = stranger;
        bytes32 secondId = openChannel(second);
        Channel memory third = channelTerms(tokenId, 60);
        third.operator = issuer;
        bytes32 thirdId = openChannel(third);
        CaptureItem[] memory items = new CaptureItem[](3);
        items[0] = voucherItem(channel, 10);
        (address other, uint256 secret) = makeAddrAndKey("another key");
        items[1] = voucherItem(second, 20, secret);
        items[2] = voucherItem(third, 30, secret);
        bytes4 wrong = IValueChannels.ValueChannelsWrongSigner.selector;
        expectFailed(1, secondId, abi.encodeWithSelector(wrong, secondId, other, channelKey));
        expectFailed(2, thirdId, abi.encodeWithSelector(wrong, thirdId, other, channelKey));
        capture(items);
        assertEq(capturedOf(channel), 10);
        assertEq(capturedOf(second), 0);
        assertEq(capturedOf(third), 0);
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
}
