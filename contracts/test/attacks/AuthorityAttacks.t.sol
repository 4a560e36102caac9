// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IDATClasses, ParentTerms} from "../../src/interfaces/IDATClasses.sol";
import {IDATCore} from "../../src/interfaces/IDATCore.sol";
import {IDATErrors} from "../../src/interfaces/IDATErrors.sol";
import {SplitPart} from "../../src/interfaces/IDATLifecycle.sol";
import {LotTerms} from "../../src/interfaces/IDATLots.sol";
import {ClassOptions} from "../../src/interfaces/IDATOptions.sol";
import {Channel, IValueChannels} from "../../src/interfaces/IValueChannels.sol";
import {KedgeTest} from "../helpers/KedgeTest.sol";

/// @notice Attacks on value and on who may act for whom, by the names that docs/security/threat-model.md lists them under.
contract AuthorityAttacksTest is KedgeTest {
    uint256 private classId;
    uint256 private tokenId;

    function setUp() public override {
        super.setUp();
        classId = createClass();
        tokenId = mintValue(classId, holder, 100, uint64(START + 1 days));
    }

    function unauthorized(uint256 id) private {
        vm.expectRevert(abi.encodeWithSelector(IDATErrors.ERC8028Unauthorized.selector, id, operator));
    }

    function test_Attack_ExpiryBoundary() public {
        mintShare(classId, stranger, 1);
        uint256 share = mint(classId, holder, 0, 1, uint64(START + 1 days));
        vm.warp(START + 1 days);
        vm.prank(holder);
        core.recordUsage(tokenId, keccak256("calls"), 1);
        settleETH(classId, 10);
        assertEq(core.pendingRevenue(share, ETH), 5);
        vm.warp(START + 1 days + 1);
        vm.prank(holder);
        vm.expectRevert(abi.encodeWithSelector(IDATErrors.ERC8028Expired.selector, tokenId, START + 1 days));
        core.recordUsage(tokenId, keccak256("calls"), 1);
        settleETH(classId, 10);
        assertEq(core.pendingRevenue(share, ETH), 5);
    }

    /// @notice What was paid for a month is not moved to where it lasts for ever.
    function test_Attack_QuotaLaundering() public {
        LotTerms memory terms = lotTerms(ETH, 1, 1);
        terms.seller = address(this);
        uint32 lot = createLot(classId, terms);
        vm.deal(address(this), 20);
        uint256 month = token.mintFromLot{value: 10}(classId, lot, holder, 10, uint64(START + 30 days));
        uint256 perpetual = token.mintFromLot{value: 10}(classId, lot, holder, 10, 0);
        vm.startPrank(holder);
        vm.expectRevert(abi.encodeWithSelector(IDATErrors.DATOutlivesSource.selector, month, perpetual));
        core.transferValue(month, perpetual, 5);
        uint256[] memory from = new uint256[](1);
        from[0] = month;
        vm.expectRevert(abi.encodeWithSelector(IDATErrors.DATOutlivesSource.selector, month, perpetual));
        token.merge(from, perpetual);
        vm.expectRevert(abi.encodeWithSelector(IDATErrors.DATSameToken.selector, month));
        core.transferValue(month, month, 5);
        vm.stopPrank();
    }

    /// @notice The same for value that nothing backs, in a class that chose it (P22): not by moving, merging, splitting or locking.
    function test_Attack_QuotaLaunderingOfUnbackedValue() public {
        ClassOptions memory options;
        options.valueKeepsExpiry = true;
        vm.prank(issuer);
        classId = token.createClassWithOptions(classTerms(new ParentTerms[](0), address(0)), options);
        uint256 month = mintValue(classId, holder, 10, uint64(START + 30 days));
        uint256 perpetual = mintValue(classId, holder, 10, 0);
        vm.startPrank(holder);
        SplitPart[] memory parts = new SplitPart[](1);
        parts[0] = SplitPart(holder, 5, 0);
        uint256[] memory from = token.split(month, parts);
        for (uint256 i = 0; i < 2; ++i) {
            uint256 source = i == 0 ? month : from[0];
            vm.expectRevert(abi.encodeWithSelector(IDATErrors.DATOutlivesSource.selector, source, perpetual));
            core.transferValue(source, perpetual, 5);
        }
        vm.expectRevert(abi.encodeWithSelector(IDATErrors.DATOutlivesSource.selector, from[0], perpetual));
        token.merge(from, perpetual);
        Channel memory channel = channelTerms(month, 5);
        channel.deadline = uint64(START + 29 days + 1);
        vm.expectRevert(abi.encodeWithSelector(IValueChannels.ValueChannelsInvalidTerms.selector, bytes32("expireAt")));
        token.lock(month, 5, address(channels), abi.encode(channel));
        vm.stopPrank();
        vm.warp(START + 30 days + 1);
        vm.prank(holder);
        vm.expectRevert(abi.encodeWithSelector(IDATErrors.ERC8028Expired.selector, month, START + 30 days));
        core.recordUsage(month, keccak256("calls"), 1);
    }

    function test_Attack_PolicyRug() public {
        LotTerms memory terms = lotTerms(ETH, 7, 2);
        uint32 lot = createLot(classId, terms);
        openListing(classId, lot, 100, 0);
        uint256 bought = buy(holder, classId, lot, 10);
        (string memory uri, bytes32 hash) = token.policyOf(classId, 1);
        vm.startPrank(issuer);
        token.publishPolicy(classId, "ipfs://ten-times-dearer", keccak256("dearer"));
        core.updateClassMetadata(classId, "ipfs://other", keccak256("other"));
        vm.stopPrank();
        (string memory uriNow, bytes32 hashNow) = token.policyOf(classId, 1);
        assertEq(uriNow, uri);
        assertEq(hashNow, hash);
        assertEq(token.lotInfo(classId, lot).policyVersion, 1);
        assertEq(token.lotCostUp(classId, lot, 10), 35);
        vm.prank(holder);
        assertEq(token.refund(bought, 10, payable(holder)), 35);
    }

    /// @notice Class ids and owners chosen to meet in one word do not: every mapping has its own place.
    function test_Attack_UpgradeStorageCollision() public {
        uint256 second = createClass();
        uint256 tokenOfSecond = mintValue(second, holder, 7, 0);
        vm.startPrank(holder);
        token.approveUsage(classId, operator, 3, 0);
        core.approveForClass(second, operator, true);
        token.approve(operator, tokenId);
        vm.stopPrank();
        (uint64 ofToken,) = token.usageAllowance(holder, tokenId, operator);
        (uint64 ofSecond,) = token.usageAllowance(holder, second, operator);
        assertEq(uint256(ofToken) + ofSecond, 0);
        assertFalse(core.isApprovedForClass(holder, classId, operator));
        assertEq(token.getApproved(tokenOfSecond), address(0));
        assertEq(core.valueOf(tokenOfSecond), 7);
        assertEq(core.valueOf(tokenId), 100);
    }

    /// @notice There is no proxy, no initialiser and no owner; an extension at its own address changes nothing.
    function test_Attack_UninitialisedImplementation() public {
        string[3] memory parts =
            ["DataAnchoringTokenExtension", "DataAnchoringTokenSecondExtension", "DataAnchoringTokenThirdExtension"];
        for (uint256 i = 0; i < 3; ++i) {
            address alone = deployCode(parts[i], i == 2 ? bytes("") : abi.encode(address(1)));
            (bool created,) = alone.call(abi.encodeCall(IDATCore.createClass, ("", 0, 0, "")));
            (bool published,) = alone.call(abi.encodeCall(IDATClasses.publishPolicy, (1, "", 0)));
            (bool initialised,) = alone.call(abi.encodeWithSignature("initialize()"));
            assertFalse(created || published || initialised);
        }
        (bool again,) = address(token).call(abi.encodeWithSignature("initialize()"));
        assertFalse(again);
    }

    function test_Attack_OperatorApprovalPersistsAfterTransfer() public {
        vm.startPrank(holder);
        core.approveForClass(classId, operator, true);
        token.approveUsage(tokenId, operator, 50, 0);
        token.approve(operator, tokenId);
        core.transferToken(tokenId, stranger);
        vm.stopPrank();
        vm.startPrank(operator);
        unauthorized(tokenId);
        core.recordUsage(tokenId, keccak256("calls"), 1);
        unauthorized(tokenId);
        core.transferToken(tokenId, operator);
        vm.stopPrank();
        assertEq(token.getApproved(tokenId), address(0));
        assertEq(core.valueOf(tokenId), 100);
    }

    function test_Attack_CrossClassValueTransfer() public {
        uint256 elsewhere = mintValue(createClass(), holder, 1, 0);
        vm.prank(holder);
        vm.expectRevert(abi.encodeWithSelector(IDATErrors.ERC8028ClassMismatch.selector, tokenId, elsewhere));
        core.transferValue(tokenId, elsewhere, 1);
    }

    /// @notice Who was tricked into an approval of a whole class lost its value there, and what that was paid for with:
    /// the operator moves it to a token of its own and takes the refund. Tokens, locked units and revenue stay.
    function test_Attack_ApproveForAllPhishing() public {
        uint256 share = mintShare(classId, holder, 1);
        settleETH(classId, 10);
        uint32 lot = createLot(classId, lotTerms(ETH, 10, 1));
        openListing(classId, lot, 101, 0);
        uint256 bought = buy(holder, classId, lot, 100);
        uint256 own = buy(operator, classId, lot, 1);
        vm.prank(holder);
        core.approveForClass(classId, operator, true);
        vm.startPrank(operator);
        unauthorized(tokenId);
        core.transferToken(tokenId, operator);
        unauthorized(share);
        core.claim(share, ETH, payable(operator));
        unauthorized(tokenId);
        token.lock(tokenId, 1, address(channels), "");
        unauthorized(bought);
        token.refund(bought, 1, payable(operator));
        core.transferValue(bought, own, 100);
        assertEq(token.refund(own, 101, payable(operator)), 1010);
        vm.stopPrank();
        assertEq(operator.balance, 1010);
        assertEq(core.ownerOf(bought), holder);
        assertEq(core.claim(share, ETH, payable(holder)), 10);
    }

    /// @notice An allowance of units, which the draft does not have, is for use alone and ends where it was drawn.
    function test_Attack_AnAllowanceOfUseMovesNoValue() public {
        uint256 own = mintValue(classId, operator, 1, uint64(START + 1 days));
        vm.prank(holder);
        token.approveUsage(tokenId, operator, 5, 0);
        vm.startPrank(operator);
        unauthorized(tokenId);
        core.transferValue(tokenId, own, 1);
        core.recordUsage(tokenId, keccak256("calls"), 5);
        vm.expectRevert();
        core.recordUsage(tokenId, keccak256("calls"), 1);
        vm.stopPrank();
        assertEq(core.valueOf(tokenId), 95);
    }

    function test_Attack_UintCasting() public {
        vm.startPrank(issuer);
        vm.expectRevert(abi.encodeWithSelector(IDATErrors.DATValueTooLarge.selector, uint256(2) ** 64));
        core.mint(classId, holder, 2 ** 64, 0, 0);
        vm.expectRevert(abi.encodeWithSelector(IDATErrors.DATInvalidExpiry.selector, uint64(2) ** 32));
        core.mint(classId, holder, 1, 0, 2 ** 32);
        uint256 saturated = core.mint(classId, holder, 0, type(uint256).max, 0);
        vm.stopPrank();
        assertEq(core.shareRatioOf(saturated), type(uint32).max);
        uint256 lasting = mintValue(classId, holder, 0, uint64(START + 1 days));
        vm.startPrank(holder);
        vm.expectRevert(
            abi.encodeWithSelector(IDATErrors.ERC8028InsufficientValue.selector, tokenId, 100, uint256(2) ** 64 + 1)
        );
        core.recordUsage(tokenId, keccak256("calls"), 2 ** 64 + 1);
        vm.expectRevert(
            abi.encodeWithSelector(IDATErrors.ERC8028InsufficientValue.selector, tokenId, 100, uint256(2) ** 64 + 1)
        );
        core.transferValue(tokenId, lasting, 2 ** 64 + 1);
        vm.stopPrank();
        assertEq(core.valueOf(tokenId), 100);
    }

    /// @notice A block's time may lie by seconds: what that could gain is what the rate gives in them, and no more.
    function test_Attack_TimestampDrift() public {
        uint256 lasting = mintValue(classId, holder, 1000, 0);
        Channel memory channel = channelTerms(lasting, 1000);
        (channel.rate, channel.burst) = (2, 10);
        openChannel(channel);
        captureTo(channel, 1000);
        assertEq(capturedOf(channel), 10);
        vm.warp(START + 15);
        captureTo(channel, 1000);
        assertEq(capturedOf(channel), 40);
    }

    /// @notice While the chain stands still nobody captures and nobody closes; the grace is a day at least for that (R6).
    function test_Attack_SequencerDowntime() public {
        uint256 lasting = mintValue(classId, holder, 1000, 0);
        Channel memory channel = channelTerms(lasting, 100);
        channel.grace = 1 days;
        openChannel(channel);
        vm.warp(uint256(channel.deadline) + 23 hours);
        vm.prank(holder);
        vm.expectRevert();
        channels.close(channel);
        captureTo(channel, 60);
        assertEq(capturedOf(channel), 60);
        vm.warp(uint256(channel.deadline) + 1 days + 1);
        channels.close(channel);
        assertEq(core.valueOf(lasting), 940);
    }
}
