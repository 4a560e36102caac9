// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {ParentTerms} from "../../src/interfaces/IDATClasses.sol";
import {MintItem} from "../../src/interfaces/IDATBatches.sol";
import {IDATErrors} from "../../src/interfaces/IDATErrors.sol";
import {IDATLifecycle, SplitPart} from "../../src/interfaces/IDATLifecycle.sol";
import {ClassOptions, IDATOptions} from "../../src/interfaces/IDATOptions.sol";
import {IDATRenewals} from "../../src/interfaces/IDATRenewals.sol";
import {IDATRevocations} from "../../src/interfaces/IDATRevocations.sol";
import {Channel} from "../../src/interfaces/IValueChannels.sol";
import {KedgeTest} from "../helpers/KedgeTest.sol";

/// @notice Branches: ExpiryOptions.tree.
contract ExpiryOptionsTest is KedgeTest {
    uint64 private constant DAY1 = uint64(START + 1 days);
    uint64 private constant DAY2 = uint64(START + 2 days);
    uint32 private constant WINDOW = 1 days;

    /// @dev Its value keeps its expiry.
    uint256 private keeping;
    /// @dev Its shares outlive expiry.
    uint256 private outliving;

    function setUp() public override {
        super.setUp();
        keeping = classWith(ClassOptions(0, 0, 0, 0, 0, false, true, false));
        outliving = classWith(ClassOptions(0, 0, 0, 0, WINDOW, false, false, true));
    }

    function classWith(ClassOptions memory options) private returns (uint256 classId) {
        vm.expectEmit(address(token));
        emit IDATOptions.ClassOptionsFixed(token.classCount() + 1, options);
        vm.prank(issuer);
        classId = token.createClassWithOptions(classTerms(new ParentTerms[](0), address(0)), options);
        assertEq(abi.encode(token.classOptions(classId)), abi.encode(options));
    }

    function one(uint256 tokenId) private pure returns (uint256[] memory list) {
        list = new uint256[](1);
        list[0] = tokenId;
    }

    function share(uint256 ratio, uint64 expireAt) private returns (uint256) {
        return mint(outliving, holder, 0, ratio, expireAt);
    }

    function claim(uint256 tokenId, address asset) private returns (uint256) {
        return core.claim(tokenId, asset, payable(core.ownerOf(tokenId)));
    }

    // P22

    function test_P22_UnbackedValueKeepsItsExpiry() public {
        uint256 month = mintValue(keeping, holder, 10, DAY1);
        uint256[2] memory longer = [mintValue(keeping, holder, 10, DAY1 + 1), mintValue(keeping, holder, 10, 0)];
        vm.startPrank(holder);
        core.approveForClass(keeping, operator, true);
        for (uint256 i = 0; i < 2; ++i) {
            bytes memory reason = abi.encodeWithSelector(IDATErrors.DATOutlivesSource.selector, month, longer[i]);
            vm.expectRevert(reason);
            core.transferValue(month, longer[i], 1);
            vm.expectRevert(reason);
            token.merge(one(month), longer[i]);
            vm.startPrank(operator);
            vm.expectRevert(reason);
            core.transferValue(month, longer[i], 1);
            vm.startPrank(holder);
        }
        assertEq(core.valueOf(month), 10);
    }

    function test_P22_ValueMovesToAnEqualOrEarlierExpiry() public {
        uint256 early = mintValue(keeping, holder, 1, DAY1);
        uint256 same = mintValue(keeping, stranger, 1, DAY1);
        uint256 late = mintValue(keeping, holder, 1, DAY2);
        uint256 never = mintValue(keeping, holder, 3, 0);
        vm.startPrank(holder);
        core.transferValue(never, late, 1);
        core.transferValue(never, early, 1);
        token.merge(one(late), early);
        assertEq(core.valueOf(early), 4);
        core.transferValue(early, same, 4);
        assertEq(core.valueOf(same), 5);
        token.merge(one(never), early);
        assertEq(core.valueOf(early), 1);
    }

    function test_P22_IsForTheClassesThatChoseIt() public {
        // Without any option, and with others.
        uint256[2] memory free = [createClass(), outliving];
        for (uint256 i = 0; i < 2; ++i) {
            uint256 source = mintValue(free[i], holder, 10, DAY1);
            uint256 never = mintValue(free[i], holder, 0, 0);
            vm.startPrank(holder);
            core.transferValue(source, never, 4);
            token.merge(one(source), never);
            vm.stopPrank();
            assertEq(core.valueOf(never), 10);
        }
    }

    function test_P22_NoOtherMoveMakesValueLiveLonger() public {
        uint256 source = mintValue(keeping, holder, 10, DAY2);
        SplitPart[] memory parts = new SplitPart[](1);
        parts[0] = SplitPart(stranger, 4, 0);
        vm.prank(holder);
        uint256 part = token.split(source, parts)[0];
        assertEq(core.expireAtOf(part), DAY2);
        assertEq(core.valueOf(part), 4);

        Channel memory channel = channelTerms(source, 6);
        channel.deadline = DAY1;
        openChannel(channel);
        vm.prank(channel.operator);
        channels.close(channel);
        assertEq(core.valueOf(source), 6);

        // By whoever may mint, who could as well mint anew.
        vm.startPrank(issuer);
        token.topUp(source, 1);
        token.renew(source, DAY2 + 1);
        assertEq(core.expireAtOf(source), DAY2 + 1);
        assertEq(core.valueOf(source), 7);
    }

    // P21

    function test_P21_AShareOutlivesItsExpiry() public {
        uint256 expiring = share(1, DAY1);
        uint256 lasting = share(1, 0);
        settleETH(outliving, 10);
        vm.warp(DAY1 + 1);
        token.syncExpired(outliving);
        settleETH(outliving, 10);
        settleUSD(outliving, 30);
        assertEq(token.totalShareOf(outliving), 2);
        for (uint256 i = 0; i < 2; ++i) {
            uint256 tokenId = i == 0 ? expiring : lasting;
            assertEq(core.pendingRevenue(tokenId, ETH), 10);
            assertEq(claim(tokenId, ETH), 10);
            assertEq(claim(tokenId, address(usd)), 15);
        }
        vm.warp(START + 3650 days);
        settleETH(outliving, 4);
        assertEq(claim(expiring, ETH), 2);
        // Only its use has ended.
        vm.prank(holder);
        vm.expectRevert(abi.encodeWithSelector(IDATErrors.ERC8028Expired.selector, expiring, DAY1));
        core.recordUsage(expiring, "metric", 0);
    }

    function test_P21_ABatchMintsSharesThatOutliveExpiry() public {
        MintItem[] memory items = new MintItem[](2);
        items[0] = MintItem(holder, 5, 3, DAY1);
        items[1] = MintItem(holder, 5, 0, DAY1);
        vm.prank(issuer);
        uint256[] memory ids = token.mintBatch(outliving, items);
        vm.warp(DAY1 + 1);
        settleETH(outliving, 9);
        assertEq(core.pendingRevenue(ids[0], ETH), 9);
        assertEq(core.pendingRevenue(ids[1], ETH), 0);
    }

    function test_P21_SharesOfOtherClassesEndWithTheirExpiry() public {
        uint256 other = createClass();
        uint256 tokenId = mint(other, holder, 0, 1, DAY1);
        mintShare(other, stranger, 1);
        vm.warp(DAY1 + 1);
        settleETH(other, 10);
        assertEq(core.pendingRevenue(tokenId, ETH), 0);
    }

    function test_P21_R21_AShareWithoutAnEndNeedsNoMoment() public {
        for (uint64 i = 0; i < 70; ++i) {
            share(1, DAY1 + i);
        }
        vm.warp(DAY1 + 70);
        settleETH(outliving, 70);
        assertEq(token.totalShareOf(outliving), 70);
    }

    function test_P21_P17_AShareMayEnterAfterItsTokensExpiry() public {
        uint256 waiting = classWith(ClassOptions(0, 0, 1 days, 0, 0, false, false, true));
        uint64 activateAt = uint64((START + 2 days) / 1 days * 1 days);
        // Expires before it enters; when it enters, which ends others' moments; and never.
        uint256[3] memory ids = [
            mint(waiting, holder, 0, 1, DAY1 - 1),
            mint(waiting, holder, 0, 1, activateAt),
            mint(waiting, holder, 0, 1, 0)
        ];
        vm.warp(activateAt + 1);
        settleETH(waiting, 30);
        settleETH(waiting, 30);
        for (uint256 i = 0; i < 3; ++i) {
            assertEq(token.activateAtOf(ids[i]), activateAt);
            assertEq(core.pendingRevenue(ids[i], ETH), 20);
        }
        assertEq(claim(ids[1], ETH), 20);
        settleETH(waiting, 3);
        assertEq(claim(ids[1], ETH), 1);
    }

    function test_P21_AShareThatOutlivesIsSoldAndRetired() public {
        uint256 tokenId = share(2, DAY1);
        uint256 other = share(1, 0);
        vm.warp(DAY1 + 1);
        settleETH(outliving, 30);
        assertTrue(token.resaleOf(tokenId, new address[](0)).shareOutlivesExpiry);
        address[] memory assets = new address[](1);
        vm.prank(holder);
        token.safeTransferWithClaim(holder, stranger, tokenId, assets, "");
        assertEq(holder.balance, 20);
        settleETH(outliving, 30);
        vm.expectEmit(address(token));
        emit IDATLifecycle.ShareRetired(tokenId, 2, 1);
        vm.prank(stranger);
        token.retireShare(tokenId);
        assertFalse(token.resaleOf(tokenId, new address[](0)).shareOutlivesExpiry);
        assertEq(token.totalShareOf(outliving), 1);
        settleETH(outliving, 30);
        assertEq(claim(tokenId, ETH), 20);
        assertEq(claim(other, ETH), 50);
        vm.prank(stranger);
        vm.expectRevert(abi.encodeWithSelector(IDATLifecycle.DATNoActiveShare.selector, tokenId));
        token.retireShare(tokenId);
    }

    function test_P21_PartsOfAShareOutliveExpiryToo() public {
        uint256 tokenId = share(3, DAY1);
        SplitPart[] memory parts = new SplitPart[](2);
        parts[0] = SplitPart(holder, 0, 1);
        parts[1] = SplitPart(stranger, 0, 2);
        settleETH(outliving, 3);
        vm.prank(holder);
        uint256[] memory ids = token.split(tokenId, parts);
        vm.warp(DAY1 + 1);
        settleETH(outliving, 9);
        assertEq(core.pendingRevenue(tokenId, ETH), 3);
        assertEq(core.pendingRevenue(ids[0], ETH), 3);
        assertEq(core.pendingRevenue(ids[1], ETH), 6);
        assertEq(core.shareRatioOf(ids[1]), 2);
        // What has expired is not divided any more, and goes as a whole.
        parts[1].share = 1;
        vm.prank(stranger);
        vm.expectRevert(abi.encodeWithSelector(IDATErrors.ERC8028Expired.selector, ids[1], DAY1));
        token.split(ids[1], parts);
    }

    function test_P21_APartWithoutAShareEndsWithItsExpiry() public {
        uint256 tokenId = mint(outliving, holder, 5, 3, DAY1);
        SplitPart[] memory parts = new SplitPart[](2);
        parts[0] = SplitPart(holder, 2, 0);
        parts[1] = SplitPart(holder, 0, 3);
        vm.prank(holder);
        uint256[] memory ids = token.split(tokenId, parts);
        vm.warp(DAY1 + 1);
        vm.expectRevert(abi.encodeWithSelector(IDATErrors.ERC8028Expired.selector, ids[0], DAY1));
        vm.prank(issuer);
        token.announceRevocation(ids[0], "reason");
    }

    function test_P21_R22_ThereIsNothingToRenewInSuchAShare() public {
        uint256 tokenId = mint(outliving, holder, 5, 3, DAY1);
        vm.startPrank(issuer);
        vm.expectRevert(abi.encodeWithSelector(IDATRenewals.DATShareOutlivesExpiry.selector, tokenId));
        token.offerShareRenewal(tokenId, DAY2);
        token.offerShareRenewal(tokenId, 0);
        // Its value has an expiry, which is renewed beside it.
        token.renew(tokenId, DAY2);
        vm.stopPrank();
        vm.prank(holder);
        vm.expectRevert(abi.encodeWithSelector(IDATRenewals.DATRenewalNotOffered.selector, tokenId, DAY2, 0));
        token.renewShare(tokenId, DAY2);
        vm.warp(DAY2);
        settleETH(outliving, 3);
        vm.prank(holder);
        core.recordUsage(tokenId, "metric", 5);
        vm.warp(DAY2 + 1);
        settleETH(outliving, 3);
        assertEq(core.pendingRevenue(tokenId, ETH), 6);
    }

    function test_P21_P27_RevocationTakesAShareThatOutlives() public {
        uint256 tokenId = mint(outliving, holder, 5, 3, DAY1);
        uint256 other = mint(outliving, holder, 5, 1, DAY1);
        vm.warp(DAY2);
        settleETH(outliving, 8);
        vm.startPrank(issuer);
        token.announceRevocation(tokenId, "reason");
        vm.warp(DAY2 + WINDOW);
        vm.expectEmit(address(token));
        emit IDATLifecycle.ShareRetired(tokenId, 3, 1);
        vm.expectEmit(address(token));
        emit IDATRevocations.TokenRevoked(tokenId, holder, 5, 3, 0);
        token.revoke(tokenId);
        vm.stopPrank();
        settleETH(outliving, 8);
        assertEq(claim(tokenId, ETH), 6);
        assertEq(claim(other, ETH), 10);
        // The rest has expired.
        vm.prank(issuer);
        vm.expectRevert(abi.encodeWithSelector(IDATErrors.ERC8028Expired.selector, tokenId, DAY1));
        token.announceRevocation(tokenId, "reason");
    }
}
