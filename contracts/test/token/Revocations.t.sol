// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {Vm} from "forge-std/Vm.sol";
import {IDATClasses, ParentTerms} from "../../src/interfaces/IDATClasses.sol";
import {IDATErrors} from "../../src/interfaces/IDATErrors.sol";
import {IDATLifecycle, SplitPart} from "../../src/interfaces/IDATLifecycle.sol";
import {LotTerms} from "../../src/interfaces/IDATLots.sol";
import {ClassOptions, IDATOptions} from "../../src/interfaces/IDATOptions.sol";
import {IDATRevenue} from "../../src/interfaces/IDATRevenue.sol";
import {IDATRevocations} from "../../src/interfaces/IDATRevocations.sol";
import {Channel} from "../../src/interfaces/IValueChannels.sol";
import {KedgeTest} from "../helpers/KedgeTest.sol";
import {EthReenterer} from "../helpers/Receivers.sol";

/// @notice Branches: Revocations.tree.
contract RevocationsTest is KedgeTest {
    uint32 private constant WINDOW = 7 days;
    uint64 private constant EFFECTIVE = uint64(START + WINDOW);

    uint256 private classId;
    uint256 private tokenId;

    function setUp() public override {
        super.setUp();
        classId = classWith(WINDOW, 0);
        tokenId = mint(classId, holder, 10, 300, 0);
    }

    function classWith(uint32 window, uint32 delay) private returns (uint256) {
        vm.prank(issuer);
        return token.createClassWithOptions(
            classTerms(new ParentTerms[](0), address(0)), ClassOptions(0, 0, delay, 0, window, false, false, false)
        );
    }

    function announce(uint256 id) private {
        vm.prank(issuer);
        token.announceRevocation(id, "ipfs://reason");
    }

    function refuse(bytes memory reason) private {
        vm.expectRevert(reason);
        vm.prank(issuer);
    }

    function notIssuer() private view returns (bytes memory) {
        return abi.encodeWithSelector(IDATClasses.DATNotIssuer.selector, classId, stranger, issuer);
    }

    function nothing(uint256 id) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IDATRevocations.DATNothingRevoked.selector, id);
    }

    function pending(uint256 id, uint64 effectiveAt, bool appealed) private view {
        (uint64 effectiveAtNow, bool appealedNow) = token.revocationOf(id);
        assertEq(effectiveAtNow, effectiveAt);
        assertEq(appealedNow, appealed);
    }

    function test_P27_ARevocationWaitsForItsWindow() public {
        uint256 other = mintShare(classId, stranger, 700);
        settleETH(classId, 1000);
        pending(tokenId, 0, false);
        vm.expectEmit(address(token));
        emit IDATRevocations.RevocationAnnounced(tokenId, EFFECTIVE, "ipfs://reason");
        announce(tokenId);
        pending(tokenId, EFFECTIVE, false);
        // The holder keeps everything until then.
        vm.prank(holder);
        core.recordUsage(tokenId, "metric", 4);
        settleETH(classId, 1000);
        vm.warp(EFFECTIVE - 1);
        refuse(abi.encodeWithSelector(IDATRevocations.DATAppealRunning.selector, tokenId, EFFECTIVE));
        token.revoke(tokenId);
        vm.warp(EFFECTIVE);
        vm.expectEmit(address(token));
        emit IDATLifecycle.ShareRetired(tokenId, 300, 700);
        vm.expectEmit(address(token));
        emit IDATRevocations.TokenRevoked(tokenId, holder, 6, 300, 0);
        vm.prank(issuer);
        token.revoke(tokenId);
        assertEq(core.valueOf(tokenId), 0);
        assertEq(core.shareRatioOf(tokenId), 0);
        assertEq(core.ownerOf(tokenId), holder);
        assertEq(token.totalShareOf(classId), 700);
        pending(tokenId, 0, false);
        settleETH(classId, 700);
        // L7: what was earned before stays the holder's.
        assertEq(core.pendingRevenue(tokenId, ETH), 600);
        assertEq(core.pendingRevenue(other, ETH), 2100);
        refuse(nothing(tokenId));
        token.revoke(tokenId);
    }

    function test_P27_BackingGoesToTheHolder() public {
        LotTerms memory terms = lotTerms(ETH, 7, 2);
        terms.refundable = false;
        uint32 lot = createLot(classId, terms);
        openListing(classId, lot, 100, 0);
        uint256 bought = buy(holder, classId, lot, 9);
        announce(bought);
        vm.warp(EFFECTIVE);
        vm.expectEmit(address(token));
        emit IDATRevocations.TokenRevoked(bought, holder, 9, 0, 31);
        vm.prank(issuer);
        token.revoke(bought);
        assertEq(token.owedTo(holder, ETH), 31);
        assertEq(token.lotInfo(classId, lot).outstanding, 0);
        assertEq(token.lotInfo(classId, lot).escrow, 0);
        // R2: ceil(31.5) was paid; what rounding leaves is the class's.
        assertEq(token.revenueInfo(classId, ETH).received, 1);
        vm.prank(holder);
        token.withdraw(ETH, payable(holder));
        assertEq(holder.balance, 31);
        (uint256 owed, uint256 held) = token.solvency(ETH, 1, classId);
        assertEq(owed, held);
    }

    function test_P27_TheLastUnitAndItsBackingGoBack() public {
        LotTerms memory terms = lotTerms(ETH, 1, 1);
        uint32 lot = createLot(classId, terms);
        openListing(classId, lot, 100, 0);
        uint256 bought = buy(holder, classId, lot, 1);
        announce(bought);
        vm.warp(EFFECTIVE);
        vm.expectEmit(address(token));
        emit IDATRevenue.OwedIncreased(holder, ETH, 1);
        vm.expectEmit(address(token));
        emit IDATRevocations.TokenRevoked(bought, holder, 1, 0, 1);
        vm.prank(issuer);
        token.revoke(bought);
        assertEq(core.valueOf(bought), 0);
        assertEq(token.owedTo(holder, ETH), 1);
    }

    function test_P27_NobodyIsOwedBackingThatRoundsToNothing() public {
        uint32 lot = createLot(classId, lotTerms(ETH, 1, 2));
        openListing(classId, lot, 100, 0);
        uint256 bought = buy(holder, classId, lot, 1);
        announce(bought);
        vm.warp(EFFECTIVE);
        vm.recordLogs();
        vm.prank(issuer);
        token.revoke(bought);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i = 0; i < logs.length; ++i) {
            assertNotEq(logs[i].topics[0], IDATRevenue.OwedIncreased.selector);
        }
        assertEq(core.valueOf(bought), 0);
    }

    function test_R6_LockedUnitsAreNotRevoked() public {
        Channel memory channel = channelTerms(tokenId, 8);
        openChannel(channel);
        announce(tokenId);
        vm.warp(EFFECTIVE);
        vm.prank(issuer);
        token.revoke(tokenId);
        captureTo(channel, 5);
        assertEq(capturedOf(channel), 5);
        vm.prank(operator);
        channels.close(channel);
        assertEq(core.valueOf(tokenId), 3);
    }

    function test_P27_AnAppealBeginsTheWindowAnewOnce() public {
        vm.expectRevert(nothing(tokenId));
        vm.prank(holder);
        token.appealRevocation(tokenId, "why");
        announce(tokenId);
        vm.expectRevert(abi.encodeWithSelector(IDATErrors.ERC8028Unauthorized.selector, tokenId, stranger));
        vm.prank(stranger);
        token.appealRevocation(tokenId, "why");
        vm.warp(EFFECTIVE - 1);
        vm.expectEmit(address(token));
        emit IDATRevocations.RevocationAppealed(tokenId, EFFECTIVE - 1 + WINDOW, "why");
        vm.prank(holder);
        token.appealRevocation(tokenId, "why");
        pending(tokenId, EFFECTIVE - 1 + WINDOW, true);
        vm.expectRevert(abi.encodeWithSelector(IDATRevocations.DATNoAppeal.selector, tokenId));
        vm.prank(holder);
        token.appealRevocation(tokenId, "why");
        vm.warp(EFFECTIVE + 1);
        refuse(abi.encodeWithSelector(IDATRevocations.DATAppealRunning.selector, tokenId, EFFECTIVE - 1 + WINDOW));
        token.revoke(tokenId);
        vm.warp(EFFECTIVE - 1 + WINDOW);
        vm.prank(issuer);
        token.revoke(tokenId);
    }

    function test_P27_NoAppealOnceTheWindowIsOver() public {
        announce(tokenId);
        vm.warp(EFFECTIVE);
        vm.expectRevert(abi.encodeWithSelector(IDATRevocations.DATNoAppeal.selector, tokenId));
        vm.prank(holder);
        token.appealRevocation(tokenId, "why");
    }

    /// @notice Else an issuer could announce all revocations in advance, and have the power at once.
    function test_P27_ARevocationLapses() public {
        announce(tokenId);
        vm.warp(EFFECTIVE + WINDOW);
        pending(tokenId, EFFECTIVE, false);
        refuse(abi.encodeWithSelector(IDATRevocations.DATRevocationPending.selector, tokenId, EFFECTIVE));
        token.announceRevocation(tokenId, "again");
        vm.warp(EFFECTIVE + WINDOW + 1);
        pending(tokenId, 0, false);
        refuse(nothing(tokenId));
        token.revoke(tokenId);
        announce(tokenId);
        pending(tokenId, EFFECTIVE + 2 * WINDOW + 1, false);
    }

    function test_P27_TheIssuerMayThinkBetterOfIt() public {
        announce(tokenId);
        vm.expectRevert(notIssuer());
        vm.prank(stranger);
        token.withdrawRevocation(tokenId);
        vm.expectEmit(address(token));
        emit IDATRevocations.RevocationWithdrawn(tokenId);
        vm.prank(issuer);
        token.withdrawRevocation(tokenId);
        pending(tokenId, 0, false);
        refuse(nothing(tokenId));
        token.withdrawRevocation(tokenId);
    }

    function test_P27_OnlyTheIssuerWithAReasonWhereTheClassSaidSo() public {
        vm.expectRevert(notIssuer());
        vm.prank(stranger);
        token.announceRevocation(tokenId, "reason");
        refuse(abi.encodeWithSelector(IDATRevocations.DATNoReason.selector));
        token.announceRevocation(tokenId, "");
        refuse(abi.encodeWithSelector(IDATErrors.ERC8028NonexistentToken.selector, 9));
        token.announceRevocation(9, "reason");
        vm.expectRevert(abi.encodeWithSelector(IDATErrors.ERC8028NonexistentToken.selector, 9));
        token.revocationOf(9);
        uint256 safe = mintValue(createClass(), holder, 1, 0);
        refuse(abi.encodeWithSelector(IDATRevocations.DATNotRevocable.selector, classId + 1));
        token.announceRevocation(safe, "reason");
        announce(tokenId);
        vm.warp(EFFECTIVE);
        vm.expectRevert(notIssuer());
        vm.prank(stranger);
        token.revoke(tokenId);
    }

    function test_P21_WhatExpiredIsNotRevoked() public {
        uint256 brief = mint(classId, holder, 1, 1, uint64(START + 1 days));
        uint256 longer = mint(classId, holder, 1, 1, EFFECTIVE + 1);
        announce(longer);
        vm.warp(START + 1 days + 1);
        refuse(abi.encodeWithSelector(IDATErrors.ERC8028Expired.selector, brief, START + 1 days));
        token.announceRevocation(brief, "reason");
        vm.warp(EFFECTIVE + 2);
        refuse(abi.encodeWithSelector(IDATErrors.ERC8028Expired.selector, longer, EFFECTIVE + 1));
        token.revoke(longer);
    }

    function test_R22_AShareDoesNotLeaveATokenThatIsAboutToLoseIt() public {
        announce(tokenId);
        SplitPart[] memory parts = new SplitPart[](1);
        parts[0] = SplitPart(holder, 0, 300);
        vm.expectRevert(abi.encodeWithSelector(IDATRevocations.DATRevocationPending.selector, tokenId, EFFECTIVE));
        vm.prank(holder);
        token.split(tokenId, parts);
        // Value may.
        parts[0] = SplitPart(holder, 10, 0);
        vm.prank(holder);
        token.split(tokenId, parts);
        // And so may the token, with what hangs over it.
        vm.prank(holder);
        core.transferToken(tokenId, stranger);
        vm.warp(EFFECTIVE);
        vm.expectEmit(address(token));
        emit IDATRevocations.TokenRevoked(tokenId, stranger, 0, 300, 0);
        vm.prank(issuer);
        token.revoke(tokenId);
    }

    function test_P17_AShareThatWaitsIsRevokedOnceItHasEntered() public {
        classId = classWith(1 days, 30 days);
        uint256 waits = mint(classId, holder, 1, 1, 0);
        announce(waits);
        vm.warp(START + 1 days);
        refuse(abi.encodeWithSelector(IDATLifecycle.DATNoActiveShare.selector, waits));
        token.revoke(waits);
        vm.warp(START + 32 days);
        announce(waits);
        skip(1 days);
        vm.prank(issuer);
        token.revoke(waits);
        assertEq(token.totalShareOf(classId), 0);
    }

    function test_P27_AWindowIsADayToAYear() public {
        vm.expectRevert(abi.encodeWithSelector(IDATOptions.DATInvalidOption.selector, bytes32("appealWindow")));
        classWith(1 days - 1, 0);
        vm.expectRevert(abi.encodeWithSelector(IDATOptions.DATInvalidOption.selector, bytes32("appealWindow")));
        classWith(365 days + 1, 0);
        classWith(1 days, 0);
        classWith(365 days, 0);
    }

    function test_P27_NothingIsTakenBackWhileSomebodyIsPaid() public {
        EthReenterer thief = new EthReenterer();
        vm.prank(issuer);
        token.transferIssuer(classId, address(thief));
        vm.prank(address(thief));
        token.acceptIssuer(classId);
        uint256 owned = abi.decode(
            thief.act(address(token), abi.encodeCall(core.mint, (classId, address(thief), 5, 1, 0))), (uint256)
        );
        thief.act(address(token), abi.encodeCall(token.announceRevocation, (owned, "ipfs://reason")));
        settleETH(classId, 602);
        vm.warp(EFFECTIVE);
        thief.arm(address(token), abi.encodeCall(token.revoke, (owned)));
        core.claim(owned, ETH, payable(address(thief)));
        assertTrue(thief.called());
        assertFalse(thief.succeeded());
        assertEq(thief.answer(), abi.encodeWithSignature("ReentrancyGuardReentrantCall()"));
        assertEq(core.valueOf(owned), 5);
    }

    function test_R21_TheNextExpiryIsFoundAfterARevocation() public {
        uint256 first = mint(classId, holder, 0, 1, uint64(START + 60 days));
        mint(classId, holder, 0, 2, uint64(START + 61 days));
        uint256 third = mint(classId, holder, 0, 4, uint64(START + 62 days));
        announce(first);
        vm.warp(EFFECTIVE);
        vm.prank(issuer);
        token.revoke(first);
        vm.warp(START + 61 days + 1);
        settleETH(classId, 304);
        assertEq(core.pendingRevenue(third, ETH), 4);
    }

    function test_R21_TheExpiryOfARevokedShareMakesRoom() public {
        uint256 expiring = mint(classId, holder, 0, 1, uint64(START + 60 days));
        for (uint64 i = 0; i < 63; ++i) {
            mint(classId, holder, 0, 1, uint64(START + 61 days) + i);
        }
        announce(expiring);
        vm.warp(EFFECTIVE);
        vm.prank(issuer);
        token.revoke(expiring);
        mint(classId, holder, 0, 1, uint64(START + 90 days));
        vm.warp(START + 91 days);
        assertEq(token.totalShareOf(classId), 300);
    }
}
