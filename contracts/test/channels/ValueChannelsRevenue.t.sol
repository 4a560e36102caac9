// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {ParentTerms, IDATClasses} from "../../src/interfaces/IDATClasses.sol";
import {LotTerms} from "../../src/interfaces/IDATLots.sol";
import {Channel, IValueChannels, ReceiptAnchor, RoyaltyEdge} from "../../src/interfaces/IValueChannels.sol";
import {CaptureItem, encodeItems} from "../helpers/CaptureItems.sol";
import {OpenChannelTest} from "./OpenChannelTest.sol";

/// @notice Where the money goes that a capture releases.
contract ValueChannelsRevenueTest is OpenChannelTest {
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
}
