// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {ParentTerms} from "../../src/interfaces/IDATClasses.sol";
import {IDATClasses} from "../../src/interfaces/IDATClasses.sol";
import {IDATCore} from "../../src/interfaces/IDATCore.sol";
import {IDATErrors} from "../../src/interfaces/IDATErrors.sol";
import {IDATLots, LotInfo, LotTerms} from "../../src/interfaces/IDATLots.sol";
import {ClassOptions} from "../../src/interfaces/IDATOptions.sol";
import {IDATPolicies} from "../../src/interfaces/IDATPolicies.sol";
import {Channel} from "../../src/interfaces/IValueChannels.sol";
import {KedgeTest} from "../helpers/KedgeTest.sol";

/// @notice Branches: Policies.tree.
contract PoliciesTest is KedgeTest {
    bytes32 private constant METRIC = keccak256("inference_calls");

    uint256 private classId;

    function setUp() public override {
        super.setUp();
        classId = createClass();
        mintShare(classId, stranger, 1);
    }

    function publish(uint256 id, bytes32 hash) private returns (uint32) {
        vm.prank(issuer);
        return token.publishPolicy(id, "ipfs://next", hash);
    }

    function lotAt(uint96 price) private returns (uint32 lot) {
        LotTerms memory terms = lotTerms(ETH, price, 1);
        terms.operatorBps = 1000;
        lot = createLot(classId, terms);
        openListing(classId, lot, 1000, 0);
    }

    /// @notice R1, R25, L10: the price is raised tenfold; what was bought keeps price, rates and refund.
    function test_R25_L10_ATenfoldPriceTouchesNothingBought() public {
        uint32 lot = lotAt(10);
        uint256 bought = buy(holder, classId, lot, 100);
        Channel memory channel = channelTerms(bought, 50);
        openChannel(channel);
        assertFalse(token.isSuperseded(classId, lot));

        publish(classId, keccak256("next"));
        uint32 dear = lotAt(100);
        assertTrue(token.isSuperseded(classId, lot));
        assertFalse(token.isSuperseded(classId, dear));

        (uint32 version, bytes32 hash) = token.policyOfToken(bought);
        assertEq(version, 1);
        assertEq(hash, keccak256("policy"));
        captureTo(channel, 20);
        // 20 units at 10, of which a tenth is the operator's.
        assertEq(token.owedTo(operator, ETH), 20);
        assertEq(token.revenueInfo(classId, ETH).received, 180);
        vm.startPrank(holder);
        core.recordUsage(bought, METRIC, 10);
        assertEq(token.revenueInfo(classId, ETH).received, 280);
        assertEq(token.refund(bought, 40, payable(holder)), 400);
        vm.stopPrank();
        // New value costs ten times as much, and does not mix with the old.
        uint256 later = buy(holder, classId, dear, 1);
        (version, hash) = token.policyOfToken(later);
        assertEq(version, 2);
        assertEq(hash, keccak256("next"));
        assertEq(token.lotInfo(classId, dear).escrow, 100);
        vm.prank(operator);
        channels.close(channel);
        vm.prank(holder);
        vm.expectRevert(abi.encodeWithSelector(IDATErrors.DATLotMismatch.selector, bought, later));
        core.transferValue(bought, later, 1);
    }

    function test_R25_ASupersededLotTakesNoNewSale() public {
        uint32 lot = lotAt(10);
        buy(holder, classId, lot, 1);
        publish(classId, keccak256("next"));
        bytes memory reason = abi.encodeWithSelector(IDATPolicies.DATLotSuperseded.selector, classId, lot, 1, 2);
        vm.deal(holder, 1000);
        vm.startPrank(holder);
        vm.expectRevert(reason);
        market.buy{value: 10}(classId, lot, 1, holder, 10);
        vm.expectRevert(reason);
        market.buy{value: 20}(classId, lot, 1, holder, 10);
        vm.stopPrank();
        vm.expectRevert(abi.encodeWithSelector(IDATLots.DATNonexistentLot.selector, classId, 7));
        token.isSuperseded(classId, 7);
    }

    /// @notice R25: an operator that was compromised is removed; it can do nothing from then on, and refunds are open.
    function test_R25_RemovingAnOperatorActsAtOnceAndOpensRefunds() public {
        LotTerms memory terms = lotTerms(ETH, 10, 1);
        terms.refundable = false;
        uint32 lot = createLot(classId, terms);
        openListing(classId, lot, 1000, 0);
        uint256 bought = buy(holder, classId, lot, 100);
        vm.startPrank(holder);
        core.approveForClass(classId, operator, true);
        token.approveUsage(bought, operator, 100, 0);
        vm.stopPrank();
        vm.prank(operator);
        core.recordUsage(bought, METRIC, 1);

        vm.startPrank(holder);
        core.approveForClass(classId, operator, false);
        token.approveUsage(bought, operator, 0, 0);
        vm.expectRevert(abi.encodeWithSelector(IDATLots.DATNotRefundable.selector, bought));
        token.refund(bought, 1, payable(holder));
        vm.stopPrank();
        vm.expectRevert(abi.encodeWithSelector(IDATErrors.ERC8028Unauthorized.selector, bought, operator));
        vm.prank(operator);
        core.recordUsage(bought, METRIC, 1);

        vm.expectEmit(address(token));
        emit IDATPolicies.RefundsOpened(classId, lot);
        vm.prank(issuer);
        token.openRefunds(classId, lot);
        LotInfo memory info = token.lotInfo(classId, lot);
        terms.refundable = true;
        assertEq(abi.encode(info.terms), abi.encode(terms));
        assertEq(info.policyVersion, 1);
        vm.prank(holder);
        assertEq(token.refund(bought, 99, payable(holder)), 990);
    }

    function test_R25_OnlyTheIssuerOpensRefundsOnce() public {
        uint32 lot = lotAt(10);
        vm.expectRevert(abi.encodeWithSelector(IDATClasses.DATNotIssuer.selector, classId, stranger, issuer));
        vm.prank(stranger);
        token.openRefunds(classId, lot);
        vm.startPrank(issuer);
        vm.expectRevert(abi.encodeWithSelector(IDATLots.DATNonexistentLot.selector, classId, 1));
        token.openRefunds(classId, 1);
        vm.expectRevert(abi.encodeWithSelector(IDATPolicies.DATRefundsOpen.selector, classId, lot));
        token.openRefunds(classId, lot);
        vm.stopPrank();
    }

    function noticed() private returns (uint256 id) {
        vm.prank(issuer);
        return token.createClassWithOptions(
            classTerms(new ParentTerms[](0), address(0)), ClassOptions(0, 0, 0, 7 days, 0, false, false, false)
        );
    }

    function test_P18_ANoticePeriodIsKept() public {
        uint256 id = noticed();
        vm.expectEmit(address(token));
        emit IDATPolicies.PolicyAnnounced(id, 2, "ipfs://next", keccak256("next"), uint64(START + 7 days));
        assertEq(publish(id, keccak256("next")), 2);
        assertEq(token.classInfo(id).policyVersion, 1);
        (string memory uri, bytes32 hash, uint64 effectiveAt) = token.announcedPolicy(id);
        assertEq(uri, "ipfs://next");
        assertEq(hash, keccak256("next"));
        assertEq(effectiveAt, START + 7 days);
        uint256 old = mintValue(id, holder, 1, 0);

        vm.warp(START + 7 days - 1);
        vm.expectRevert(abi.encodeWithSelector(IDATPolicies.DATNoticeRunning.selector, id, START + 7 days));
        token.activatePolicy(id);
        vm.warp(START + 7 days);
        vm.expectEmit(address(token));
        emit IDATCore.ClassPolicyUpdated(id, "ipfs://next");
        vm.expectEmit(address(token));
        emit IDATClasses.PolicyPublished(id, 2, "ipfs://next", keccak256("next"));
        vm.prank(stranger);
        assertEq(token.activatePolicy(id), 2);
        assertEq(token.classInfo(id).policyVersion, 2);
        (, hash) = token.policyOf(id, 2);
        assertEq(hash, keccak256("next"));
        (uint32 version,) = token.policyOfToken(old);
        assertEq(version, 1);
        (version,) = token.policyOfToken(mintValue(id, holder, 1, 0));
        assertEq(version, 2);
        vm.expectRevert(abi.encodeWithSelector(IDATPolicies.DATNothingAnnounced.selector, id));
        token.activatePolicy(id);
        (uri,, effectiveAt) = token.announcedPolicy(id);
        assertEq(bytes(uri).length + effectiveAt, 0);
    }

    function test_P18_AnotherAnnouncementStartsAnew() public {
        uint256 id = noticed();
        publish(id, keccak256("next"));
        vm.warp(START + 6 days);
        vm.prank(issuer);
        core.updateClassPolicy(id, "ipfs://literal");
        vm.warp(START + 7 days);
        vm.expectRevert(abi.encodeWithSelector(IDATPolicies.DATNoticeRunning.selector, id, START + 13 days));
        token.activatePolicy(id);
        vm.warp(START + 13 days);
        token.activatePolicy(id);
        (string memory uri, bytes32 hash) = token.policyOf(id, 2);
        assertEq(uri, "ipfs://literal");
        assertEq(hash, bytes32(0));
        vm.expectRevert(abi.encodeWithSelector(IDATClasses.DATNotIssuer.selector, id, stranger, issuer));
        vm.prank(stranger);
        token.publishPolicy(id, "ipfs://next", 0);
    }

    function test_P18_WithoutANoticePeriodAPolicyActsAtOnce() public {
        publish(classId, keccak256("next"));
        assertEq(token.classInfo(classId).policyVersion, 2);
        vm.expectRevert(abi.encodeWithSelector(IDATPolicies.DATNothingAnnounced.selector, classId));
        token.activatePolicy(classId);
        vm.expectRevert(abi.encodeWithSelector(IDATClasses.ERC8028NonexistentClass.selector, 99));
        token.announcedPolicy(99);
    }
}
