// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {ParentTerms} from "../../src/interfaces/IDATClasses.sol";
import {IDATClasses} from "../../src/interfaces/IDATClasses.sol";
import {IDATCore} from "../../src/interfaces/IDATCore.sol";
import {IDATErrors} from "../../src/interfaces/IDATErrors.sol";
import {IDATLifecycle} from "../../src/interfaces/IDATLifecycle.sol";
import {LotTerms} from "../../src/interfaces/IDATLots.sol";
import {ClassOptions, IDATOptions} from "../../src/interfaces/IDATOptions.sol";
import {IDATPolicies} from "../../src/interfaces/IDATPolicies.sol";
import {IDATRenewals} from "../../src/interfaces/IDATRenewals.sol";
import {IDATRevenue} from "../../src/interfaces/IDATRevenue.sol";
import {IDATRevocations} from "../../src/interfaces/IDATRevocations.sol";
import {Channel} from "../../src/interfaces/IValueChannels.sol";
import {KedgeTest} from "../helpers/KedgeTest.sol";

/// @notice Branches: Renewals.tree.
contract RenewalsTest is KedgeTest {
    uint64 private constant EXPIRY = uint64(START + 40 days);
    uint64 private constant LATER = uint64(START + 70 days);

    uint256 private classId;

    function setUp() public override {
        super.setUp();
        classId = createClass();
        vm.deal(address(this), 1 ether);
    }

    /// @dev Sold by this contract.
    function backed(bool refundable, bool expiredToClass) private returns (uint256 tokenId) {
        LotTerms memory terms = lotTerms(ETH, 1, 1);
        (terms.seller, terms.refundable, terms.expiredToClass) = (address(this), refundable, expiredToClass);
        return token.mintFromLot{value: 10}(classId, createLot(classId, terms), holder, 10, EXPIRY);
    }

    function offer(uint256 tokenId, uint64 expireAt) private {
        vm.prank(issuer);
        token.offerShareRenewal(tokenId, expireAt);
    }

    function renewShare(uint256 tokenId) private returns (uint256) {
        vm.prank(holder);
        return token.renewShare(tokenId, LATER);
    }

    function refused(uint256 tokenId, bytes memory reason) private {
        vm.expectRevert(reason);
        vm.prank(holder);
        token.renewShare(tokenId, LATER);
    }

    function invalid(uint64 expireAt) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IDATErrors.DATInvalidExpiry.selector, expireAt);
    }

    function test_P27_ARenewedTokenLivesOn() public {
        uint256 tokenId = backed(true, false);
        vm.warp(EXPIRY);
        vm.expectEmit(address(token));
        emit IDATRenewals.TokenRenewed(tokenId, EXPIRY, LATER);
        token.renew(tokenId, LATER);
        assertEq(core.expireAtOf(tokenId), LATER);
        assertEq(core.valueOf(tokenId), 10);
        assertEq(core.ownerOf(tokenId), holder);
        vm.warp(LATER);
        vm.prank(holder);
        core.recordUsage(tokenId, "metric", 4);
        vm.warp(LATER + 1);
        vm.prank(holder);
        vm.expectRevert(abi.encodeWithSelector(IDATErrors.ERC8028Expired.selector, tokenId, LATER));
        core.recordUsage(tokenId, "metric", 1);
        vm.prank(holder);
        assertEq(token.refund(tokenId, 6, payable(holder)), 6);
    }

    function test_P27_ALockKeepsTheExpiryThatItWasMadeWith() public {
        uint256 tokenId = backed(true, false);
        Channel memory channel = channelTerms(tokenId, 8);
        openChannel(channel);
        token.renew(tokenId, LATER);
        captureTo(channel, 3);
        // R6: deadline and grace end before the first expiry did.
        vm.warp(EXPIRY + 1);
        captureTo(channel, 5);
        assertEq(capturedOf(channel), 3);
        channels.close(channel);
        assertEq(core.valueOf(tokenId), 7);
    }

    function test_P27_AnUnbackedTokenIsRenewedByTheIssuer() public {
        uint256 tokenId = mintValue(classId, holder, 5, EXPIRY);
        vm.expectRevert(abi.encodeWithSelector(IDATRenewals.DATNotRenewedBy.selector, tokenId, holder, issuer));
        vm.prank(holder);
        token.renew(tokenId, LATER);
        vm.prank(issuer);
        token.renew(tokenId, LATER);
        assertEq(core.expireAtOf(tokenId), LATER);
    }

    function test_P27_NoRenewalAfterExpiryOrToAnEarlierOne() public {
        uint256 tokenId = backed(true, false);
        uint256 forEver = mintValue(classId, holder, 5, 0);
        vm.expectRevert(abi.encodeWithSelector(IDATErrors.ERC8028NonexistentToken.selector, 9));
        token.renew(9, LATER);
        vm.expectRevert(invalid(EXPIRY));
        token.renew(tokenId, EXPIRY);
        vm.expectRevert(invalid(0));
        token.renew(tokenId, 0);
        vm.expectRevert(invalid(2 ** 32));
        token.renew(tokenId, 2 ** 32);
        token.renew(tokenId, 2 ** 32 - 1);
        vm.expectRevert(invalid(LATER));
        vm.prank(issuer);
        token.renew(forEver, LATER);
        uint256 expired = mintValue(classId, holder, 5, EXPIRY);
        vm.warp(EXPIRY + 1);
        vm.expectRevert(abi.encodeWithSelector(IDATErrors.ERC8028Expired.selector, expired, EXPIRY));
        vm.prank(issuer);
        token.renew(expired, LATER);
    }

    function test_R25_NoRenewalOfASupersededLot() public {
        uint256 tokenId = backed(true, false);
        uint256 unbacked = mintValue(classId, holder, 5, EXPIRY);
        uint32 lot = token.lotOf(tokenId);
        vm.startPrank(issuer);
        token.publishPolicy(classId, "ipfs://next", keccak256("next"));
        vm.expectRevert(abi.encodeWithSelector(IDATPolicies.DATLotSuperseded.selector, classId, 1, 1, 2));
        token.renew(unbacked, LATER);
        vm.stopPrank();
        vm.expectRevert(abi.encodeWithSelector(IDATPolicies.DATLotSuperseded.selector, classId, lot, 1, 2));
        token.renew(tokenId, LATER);
    }

    /// @notice Else a seller could put off for ever what it owes at the expiry (P33).
    function test_P33_NobodyPutsOffARefundThatIsDueAtExpiry() public {
        uint256 tokenId = backed(false, false);
        vm.expectRevert(abi.encodeWithSelector(IDATRenewals.DATRenewalDelaysRefund.selector, tokenId));
        token.renew(tokenId, LATER);
        uint32 lot = token.lotOf(tokenId);
        vm.prank(issuer);
        token.openRefunds(classId, lot);
        token.renew(tokenId, LATER);
        token.renew(backed(false, true), LATER);
    }

    function test_R22_AShareIsNotRenewedInPlace() public {
        uint256 tokenId = mint(classId, holder, 5, 100, EXPIRY);
        vm.prank(issuer);
        vm.expectRevert(abi.encodeWithSelector(IDATRenewals.DATShareNotRenewed.selector, tokenId));
        token.renew(tokenId, LATER);
        offer(tokenId, LATER);
        renewShare(tokenId);
        // What is left in the old token is value only.
        vm.prank(issuer);
        token.renew(tokenId, LATER);
        assertEq(core.expireAtOf(tokenId), LATER);
    }

    function test_R22_ARenewedShareEndsAndBeginsAnew() public {
        uint256 tokenId = mint(classId, holder, 5, 300, EXPIRY);
        uint256 other = mintShare(classId, stranger, 700);
        settleETH(classId, 1000);
        offer(tokenId, LATER);
        assertEq(token.renewalOffer(tokenId), LATER);
        vm.expectEmit(address(token));
        emit IDATLifecycle.ShareRetired(tokenId, 300, 700);
        vm.expectEmit(address(token));
        emit IDATCore.Minted(tokenId + 2, classId, holder, 0, 300, LATER);
        vm.expectEmit(address(token));
        emit IDATRenewals.ShareRenewed(tokenId, tokenId + 2, 300, LATER);
        uint256 renewed = renewShare(tokenId);
        assertEq(renewed, tokenId + 2);
        assertEq(token.totalShareOf(classId), 1000);
        assertEq(core.shareRatioOf(tokenId), 0);
        assertEq(core.shareRatioOf(renewed), 300);
        assertEq(core.valueOf(tokenId), 5);
        assertEq(core.expireAtOf(tokenId), EXPIRY);
        settleETH(classId, 1000);
        vm.warp(EXPIRY + 1);
        settleETH(classId, 1000);
        assertEq(core.pendingRevenue(tokenId, ETH), 300);
        assertEq(core.pendingRevenue(renewed, ETH), 600);
        vm.warp(LATER + 1);
        assertEq(token.totalShareOf(classId), 700);
        settleETH(classId, 700);
        assertEq(core.pendingRevenue(renewed, ETH), 600);
        assertEq(core.pendingRevenue(other, ETH), 700 * 3 + 700);
        assertEq(token.renewalOffer(tokenId), 0);
    }

    function test_R22_OnlyWhatWasOfferedIsTaken() public {
        uint256 tokenId = mint(classId, holder, 0, 100, EXPIRY);
        refused(tokenId, abi.encodeWithSelector(IDATRenewals.DATRenewalNotOffered.selector, tokenId, LATER, 0));
        vm.expectRevert(abi.encodeWithSelector(IDATRenewals.DATRenewalNotOffered.selector, tokenId, 0, 0));
        vm.prank(holder);
        token.renewShare(tokenId, 0);
        offer(tokenId, LATER + 1);
        refused(tokenId, abi.encodeWithSelector(IDATRenewals.DATRenewalNotOffered.selector, tokenId, LATER, LATER + 1));
        vm.expectEmit(address(token));
        emit IDATRenewals.ShareRenewalOffered(tokenId, LATER);
        offer(tokenId, LATER);
        vm.expectRevert(abi.encodeWithSelector(IDATErrors.ERC8028Unauthorized.selector, tokenId, stranger));
        vm.prank(stranger);
        token.renewShare(tokenId, LATER);
        offer(tokenId, 0);
        refused(tokenId, abi.encodeWithSelector(IDATRenewals.DATRenewalNotOffered.selector, tokenId, LATER, 0));
    }

    function test_R22_OffersAreTheIssuersAndForShares() public {
        uint256 tokenId = mint(classId, holder, 0, 100, EXPIRY);
        vm.expectRevert(abi.encodeWithSelector(IDATClasses.DATNotIssuer.selector, classId, holder, issuer));
        vm.prank(holder);
        token.offerShareRenewal(tokenId, LATER);
        vm.startPrank(issuer);
        vm.expectRevert(invalid(EXPIRY));
        token.offerShareRenewal(tokenId, EXPIRY);
        vm.stopPrank();
        uint256 value = mintValue(classId, holder, 1, EXPIRY);
        vm.startPrank(issuer);
        vm.expectRevert(abi.encodeWithSelector(IDATLifecycle.DATNoActiveShare.selector, value));
        token.offerShareRenewal(value, LATER);
        vm.expectRevert(abi.encodeWithSelector(IDATErrors.ERC8028NonexistentToken.selector, 9));
        token.offerShareRenewal(9, LATER);
        vm.expectRevert(abi.encodeWithSelector(IDATErrors.ERC8028NonexistentToken.selector, 9));
        token.renewalOffer(9);
        vm.stopPrank();
    }

    function test_R22_NoRenewalOfAShareThatEnded() public {
        uint256 retired = mint(classId, holder, 0, 100, EXPIRY);
        uint256 tokenId = mint(classId, holder, 0, 100, EXPIRY);
        offer(retired, LATER);
        offer(tokenId, LATER);
        vm.prank(holder);
        token.retireShare(retired);
        refused(retired, abi.encodeWithSelector(IDATLifecycle.DATNoActiveShare.selector, retired));
        vm.warp(EXPIRY + 1);
        refused(tokenId, abi.encodeWithSelector(IDATErrors.ERC8028Expired.selector, tokenId, EXPIRY));
    }

    function test_P17_AFrozenClassRenewsNoShare() public {
        uint256 tokenId = mint(classId, holder, 0, 100, EXPIRY);
        offer(tokenId, LATER);
        vm.prank(issuer);
        token.freezeShares(classId);
        refused(tokenId, abi.encodeWithSelector(IDATOptions.DATSharesFrozen.selector, classId, START));
    }

    function test_P17_AShareIsRenewedUntilTheClassFreezes() public {
        uint32 frozenFrom = uint32(START + 10 days);
        vm.prank(issuer);
        classId = token.createClassWithOptions(
            classTerms(new ParentTerms[](0), address(0)), ClassOptions(0, frozenFrom, 0, 0, 0, false, false, false)
        );
        uint256 early = mint(classId, holder, 0, 100, EXPIRY);
        uint256 late = mint(classId, holder, 0, 100, EXPIRY);
        offer(early, LATER);
        offer(late, LATER);
        vm.warp(frozenFrom - 1);
        assertEq(core.expireAtOf(renewShare(early)), LATER);
        vm.warp(frozenFrom);
        refused(late, abi.encodeWithSelector(IDATOptions.DATSharesFrozen.selector, classId, frozenFrom));
    }

    function test_R22_AShareThatIsAboutToBeTakenIsNotRenewed() public {
        vm.prank(issuer);
        classId = token.createClassWithOptions(
            classTerms(new ParentTerms[](0), address(0)), ClassOptions(0, 0, 0, 0, 1 days, false, false, false)
        );
        uint256 tokenId = mint(classId, holder, 0, 100, EXPIRY);
        offer(tokenId, LATER);
        vm.prank(issuer);
        token.announceRevocation(tokenId, "ipfs://reason");
        refused(tokenId, abi.encodeWithSelector(IDATRevocations.DATRevocationPending.selector, tokenId, START + 1 days));
    }

    function test_P17_ARenewalNeedsNoRoomUnderTheCapAndDoesNotWait() public {
        vm.prank(issuer);
        classId = token.createClassWithOptions(
            classTerms(new ParentTerms[](0), address(0)), ClassOptions(100, 0, 1 days, 0, 0, false, false, false)
        );
        uint256 tokenId = mint(classId, holder, 0, 100, EXPIRY);
        offer(tokenId, LATER);
        refused(tokenId, abi.encodeWithSelector(IDATLifecycle.DATNoActiveShare.selector, tokenId));
        vm.warp(START + 3 days);
        uint256 renewed = renewShare(tokenId);
        settleETH(classId, 100);
        assertEq(core.pendingRevenue(renewed, ETH), 100);
        assertEq(token.activateAtOf(renewed), 0);
    }

    function test_R21_ARenewalNeedsRoomForItsExpiry() public {
        uint256 tokenId = mint(classId, holder, 0, 100, EXPIRY);
        uint256 alone = mint(classId, holder, 0, 100, EXPIRY + 1);
        mint(classId, holder, 0, 100, EXPIRY);
        for (uint64 i = 0; i < 62; ++i) {
            mint(classId, stranger, 0, 1, EXPIRY + 2 + i);
        }
        offer(tokenId, LATER);
        offer(alone, LATER);
        refused(tokenId, abi.encodeWithSelector(IDATRevenue.DATTooManyExpiries.selector, classId, 64));
        // The moment that nothing is left in makes room for the new one.
        renewShare(alone);
        renewShare(tokenId);
        vm.warp(LATER + 1);
        assertEq(token.totalShareOf(classId), 0);
    }

    /// @notice L6: however often a share is renewed, all its parts together earn what one share would have.
    function testFuzz_L6_RenewedSharesEarnAsOne(uint8 count, uint32 gap, uint64 amount) public {
        count = uint8(bound(count, 1, 12));
        gap = uint32(bound(gap, 1, 3 days));
        amount = uint64(bound(amount, 1, type(uint64).max));
        uint64 expireAt = uint64(block.timestamp) + gap;
        uint256 tokenId = mint(classId, holder, 0, 1, expireAt);
        mintShare(classId, stranger, 1);
        uint256 sum;
        for (uint256 i = 0; i < count; ++i) {
            settleETH(classId, 2 * uint256(amount));
            expireAt += gap;
            offer(tokenId, expireAt);
            vm.prank(holder);
            uint256 renewed = token.renewShare(tokenId, expireAt);
            sum += core.pendingRevenue(tokenId, ETH);
            tokenId = renewed;
            skip(gap);
        }
        settleETH(classId, 2 * uint256(amount));
        sum += core.pendingRevenue(tokenId, ETH);
        assertEq(sum, (uint256(count) + 1) * amount);
        skip(gap + 1);
        settleETH(classId, amount);
        assertEq(core.pendingRevenue(tokenId, ETH), amount);
    }
}
