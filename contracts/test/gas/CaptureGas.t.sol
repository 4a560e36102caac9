// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {LotTerms} from "../../src/interfaces/IDATLots.sol";
import {Channel, ReceiptAnchor, RoyaltyEdge} from "../../src/interfaces/IValueChannels.sol";
import {CaptureItem, encodeItems} from "../helpers/CaptureItems.sol";
import {KedgeTest} from "../helpers/KedgeTest.sol";

/// @notice Gas of a capture transaction of n channels of n holders in one backed lot, under snapshot: whole transaction.
/// forge-config: default.isolate = true
contract CaptureGasTest is KedgeTest {
    uint256 private classId;
    uint256 private root;
    uint32 private lot;
    Channel[] private open;

    function setUp() public override {
        super.setUp();
        root = createClass();
        classId = createClass(parent(root, 1000), address(0));
        mintShare(root, stranger, 1000);
        mintShare(classId, stranger, 1000);
        LotTerms memory terms = lotTerms(ETH, 1e9, 1);
        terms.operatorBps = 2000;
        lot = createLot(classId, terms);
        openListing(classId, lot, 1_000_000_000, 0);
        for (uint256 i = 0; i < 101; ++i) {
            Channel memory channel = channelTerms(0, 1_000_000);
            channel.holder = makeAddr(string.concat("holder ", vm.toString(i)));
            channel.tokenId = buy(channel.holder, classId, lot, 1_000_000);
            channel.rate = 1000;
            channel.burst = 1_000_000;
            channel.salt = keccak256(abi.encode(i));
            openChannel(channel);
            open.push(channel);
        }
        // The ledgers' slots are written once before anything is measured.
        batch(100, 1, 1000);
        token.collectRoyalty(classId, 0, ETH);
    }

    function batch(uint256 from, uint256 count, uint64 units) private {
        channels.capture(encodeItems(itemsOf(from, count, units)), new RoyaltyEdge[](0), new ReceiptAnchor[](0));
    }

    function itemsOf(uint256 from, uint256 count, uint64 units) private view returns (CaptureItem[] memory items) {
        items = new CaptureItem[](count);
        for (uint256 i = 0; i < count; ++i) {
            items[i] = voucherItem(open[from + i], units);
        }
    }

    function snapshotBatch(uint256 count, string memory name) private {
        batch(0, count, 1000);
        uint256 gas = vm.snapshotGasLastCall("capture", name);
        if (count > 1) vm.snapshotValue("capture", string.concat(name, ", each"), gas / count);
        assertEq(capturedOf(open[count - 1]), 1000);
    }

    function test_Capture1() public {
        snapshotBatch(1, "1 channel");
    }

    function test_Capture10() public {
        snapshotBatch(10, "10 channels");
    }

    function test_Capture100() public {
        snapshotBatch(100, "100 channels");
    }

    function snapshotUnsigned(uint256 count, string memory name) private {
        CaptureItem[] memory items = new CaptureItem[](count);
        for (uint256 i = 0; i < count; ++i) {
            items[i] = unsignedItem(open[i], 1000);
        }
        vm.prank(channelKey);
        capture(items);
        uint256 gas = vm.snapshotGasLastCall("capture", name);
        if (count > 1) vm.snapshotValue("capture", string.concat(name, ", each"), gas / count);
        assertEq(capturedOf(open[count - 1]), 1000);
    }

    function test_CaptureUnsigned1() public {
        snapshotUnsigned(1, "1 channel, sent by the key");
    }

    function test_CaptureUnsigned100() public {
        snapshotUnsigned(100, "100 channels, sent by the key");
    }

    function test_CaptureWithRoyaltyAndAnchor() public {
        RoyaltyEdge[] memory edges = new RoyaltyEdge[](1);
        edges[0] = RoyaltyEdge(classId, 0, ETH);
        ReceiptAnchor[] memory anchors = new ReceiptAnchor[](1);
        anchors[0] =
            ReceiptAnchor(1, 1, 20, keccak256("root"), "bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi");
        channels.capture(encodeItems(itemsOf(0, 10, 1000)), edges, anchors);
        vm.snapshotGasLastCall("capture", "10 channels, one edge, one anchor");
    }

    function test_CaptureStaleVoucher() public {
        batch(100, 1, 1000);
        vm.snapshotGasLastCall("capture", "a stale voucher");
    }
}
