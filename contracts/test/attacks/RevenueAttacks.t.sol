// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IDATApprovals} from "../../src/interfaces/IDATApprovals.sol";
import {ClassOptions, IDATOptions} from "../../src/interfaces/IDATOptions.sol";
import {ParentTerms} from "../../src/interfaces/IDATClasses.sol";
import {IDATLots, LotTerms} from "../../src/interfaces/IDATLots.sol";
import {Channel} from "../../src/interfaces/IValueChannels.sol";
import {KedgeTest} from "../helpers/KedgeTest.sol";

/// @notice Attacks on revenue, by the names that docs/security/threat-model.md lists them under.
contract RevenueAttacksTest is KedgeTest {
    uint256 private classId;

    function setUp() public override {
        super.setUp();
        classId = createClass();
    }

    function test_Attack_RewardIndexRoundingAndDustTheft() public {
        uint256 mine = mintShare(classId, holder, 1);
        uint256 theirs = mintShare(classId, stranger, 2);
        // Settling in crumbs, and claiming after each, gains nothing: what did not divide waits.
        for (uint256 i = 0; i < 100; ++i) {
            settleETH(classId, 1);
            core.claim(mine, ETH, payable(holder));
        }
        assertEq(holder.balance, 33);
        assertEq(core.pendingRevenue(theirs, ETH), 66);
        assertEq(address(token).balance, 67);
        settleETH(classId, 2);
        assertEq(core.pendingRevenue(mine, ETH) + holder.balance, 34);
        assertEq(core.pendingRevenue(theirs, ETH), 68);
    }

    /// @notice Shares are weights that an issuer gives, not deposits that an index prices: there is nothing to inflate.
    function test_Attack_FirstDepositorShareInflation() public {
        uint256 first = mintShare(classId, stranger, 1);
        settleETH(classId, 1);
        // A donation past the books counts for nobody.
        vm.deal(address(token), address(token).balance + 1e24);
        usd.mint(address(token), 1e24);
        uint256 second = mintShare(classId, holder, 1_000_000);
        assertEq(core.shareRatioOf(second), 1_000_000);
        settleETH(classId, 1_000_001);
        settleUSD(classId, 1_000_001);
        assertEq(core.pendingRevenue(first, ETH), 2);
        assertEq(core.pendingRevenue(second, ETH), 1_000_000);
        assertEq(core.pendingRevenue(second, address(usd)), 1_000_000);
    }

    function test_Attack_JustInTimeShareBeforeSettlement() public {
        vm.prank(issuer);
        uint256 delayed = token.createClassWithOptions(
            classTerms(new ParentTerms[](0), address(0)), ClassOptions(0, 0, 1 days, 0, 0, false, false, false)
        );
        mintShare(delayed, holder, 1);
        vm.warp(START + 3 days);
        // Seen in the mempool: a settlement. A share minted just before it, of all the weight there is, waits.
        uint256 late = mintShare(delayed, stranger, type(uint32).max);
        settleETH(delayed, 100);
        assertEq(core.pendingRevenue(late, ETH), 0);
        // And one minted after it, in any class, has no part of it.
        uint256 after_ = mintShare(delayed, stranger, 5);
        assertEq(core.pendingRevenue(after_, ETH), 0);
    }

    /// @notice Tokens without weight, as many as anybody likes, dilute nobody; weight is the issuer's alone to give.
    function test_Attack_DustTokensInflatingTotalShare() public {
        uint256 share = mintShare(classId, holder, 1);
        for (uint256 i = 0; i < 50; ++i) {
            mint(classId, stranger, 1, 0, uint64(START + 1 days + i));
        }
        assertEq(token.totalShareOf(classId), 1);
        vm.prank(stranger);
        vm.expectRevert();
        core.mint(classId, stranger, 0, 1, 0);
        settleETH(classId, 10);
        assertEq(core.pendingRevenue(share, ETH), 10);
    }

    /// @notice A settlement and a claim cost the same among two holders and among two hundred.
    function test_Attack_UnboundedLoopOverHolders() public {
        uint256 share = mintShare(classId, holder, 1);
        mintShare(classId, stranger, 1);
        settleETH(classId, 1e18);
        uint256 few = gasOfSettlement() + gasOfClaim(share);
        for (uint256 i = 0; i < 200; ++i) {
            mintShare(classId, stranger, 1);
        }
        settleETH(classId, 1e18);
        uint256 many = gasOfSettlement() + gasOfClaim(share);
        assertLt(many, few + few / 10);
    }

    function gasOfSettlement() private returns (uint256 used) {
        vm.deal(address(this), 1e18);
        used = gasleft();
        core.settleRevenueETH{value: 1e18}(classId);
        used -= gasleft();
    }

    function gasOfClaim(uint256 share) private returns (uint256 used) {
        used = gasleft();
        core.claim(share, ETH, payable(holder));
        used -= gasleft();
    }

    /// @notice Usage that its owner records proves no demand: it is told apart, and it costs the value that was paid for.
    function test_Attack_SelfDealingUsage() public {
        LotTerms memory terms = lotTerms(ETH, 10, 1);
        terms.operatorBps = 10_000;
        uint32 lot = createLot(classId, terms);
        openListing(classId, lot, 100, 0);
        uint256 tokenId = buy(holder, classId, lot, 100);
        mintShare(classId, stranger, 1);
        vm.expectEmit(address(token));
        emit IDATApprovals.UsageSelfReported(tokenId);
        vm.prank(holder);
        core.recordUsage(tokenId, keccak256("inference_calls"), 100);
        // The backing went to the class, and no operator's cut came back to who made it up.
        assertEq(core.valueOf(tokenId), 0);
        assertEq(token.owedTo(holder, ETH), 0);
        assertEq(token.revenueInfo(classId, ETH).received, 1000);
    }

    /// @notice By a channel to itself a holder gets the operator's part back, of a lot without refunds, too. The class gets
    /// the rest, and what it cost to look popular is seen: one account is both holder and operator.
    function test_Attack_SelfDealingChannelTakesTheOperatorsPart() public {
        LotTerms memory terms = lotTerms(ETH, 10, 1);
        (terms.operatorBps, terms.refundable) = (2000, false);
        uint32 lot = createLot(classId, terms);
        openListing(classId, lot, 100, 0);
        uint256 tokenId = buy(holder, classId, lot, 100);
        vm.prank(holder);
        vm.expectRevert(abi.encodeWithSelector(IDATLots.DATNotRefundable.selector, tokenId));
        token.refund(tokenId, 100, payable(holder));
        Channel memory channel = channelTerms(tokenId, 100);
        channel.operator = holder;
        openChannel(channel);
        captureTo(channel, 100);
        assertEq(token.owedTo(holder, ETH), 200);
        assertEq(token.revenueInfo(classId, ETH).received, 800);
        vm.prank(holder);
        assertEq(token.withdraw(ETH, payable(holder)), 200);
        // Neither an allowance nor a channel gets out more than that part.
        assertEq(holder.balance, 200);
    }

    /// @notice Frozen shares and royalties protect what is settled. A lot may leave nothing to settle, and says so.
    function test_Attack_ALotThatGivesItsOperatorAll() public {
        uint256 child = createClass(parent(classId, 1000), address(0));
        uint256 share = mintShare(child, holder, 1);
        vm.prank(issuer);
        token.freezeShares(child);
        settleETH(child, 1000);
        LotTerms memory terms = lotTerms(ETH, 10, 1);
        terms.operatorBps = 10_000;
        uint32 lot = createLot(child, terms);
        openListing(child, lot, 100, 0);
        Channel memory channel = channelTerms(buy(holder, child, lot, 100), 100);
        channel.operator = issuer;
        openChannel(channel);
        captureTo(channel, 100);
        assertEq(token.owedTo(issuer, ETH), 1000, "all that the lot was sold for");
        assertEq(core.pendingRevenue(share, ETH), 900, "what was earned stays");
        assertEq(token.royaltyDue(child, 0, ETH), 100, "to the parent, too");
        assertEq(token.lotInfo(child, lot).terms.operatorBps, 10_000);
    }

    /// @notice The only share ends after the class was frozen: what is captured from then on is out of everybody's reach.
    function test_Attack_FrozenClassWhoseSharesHaveEnded() public {
        uint256 child = createClass(parent(classId, 1000), address(0));
        uint256 share = mint(child, holder, 0, 1, uint64(START + 1 days));
        vm.startPrank(issuer);
        token.offerShareRenewal(share, uint64(START + 2 days));
        token.freezeShares(child);
        vm.stopPrank();
        vm.prank(holder);
        vm.expectRevert(abi.encodeWithSelector(IDATOptions.DATSharesFrozen.selector, child, START));
        token.renewShare(share, uint64(START + 2 days));
        uint32 lot = createLot(child, lotTerms(ETH, 10, 1));
        openListing(child, lot, 100, 0);
        Channel memory channel = channelTerms(buy(holder, child, lot, 100), 100);
        openChannel(channel);
        vm.warp(START + 1 days + 1);
        captureTo(channel, 100);
        assertEq(token.revenueInfo(child, ETH).orphan, 900);
        assertEq(token.collectRoyalty(child, 0, ETH), 100, "parents are paid as ever");
        vm.prank(issuer);
        vm.expectRevert(abi.encodeWithSelector(IDATOptions.DATSharesFrozen.selector, child, START));
        core.mint(child, issuer, 0, 1, 0);
        assertEq(core.pendingRevenue(share, ETH), 0);
    }

    /// @notice The seller takes the revenue in front of the buyer: the buyer sees it in one view and reverts.
    function test_Attack_SaleWithPendingRevenueSniping() public {
        uint256 share = mintShare(classId, holder, 1);
        settleETH(classId, 500);
        assertEq(core.pendingRevenue(share, ETH), 500);
        vm.prank(holder);
        core.claim(share, ETH, payable(holder));
        // What the token is worth is read in the transaction that buys it.
        assertEq(core.pendingRevenue(share, ETH), 0);
        vm.prank(holder);
        core.transferToken(share, stranger);
        settleETH(classId, 7);
        vm.prank(holder);
        vm.expectRevert();
        core.claim(share, ETH, payable(holder));
        vm.prank(stranger);
        assertEq(core.claim(share, ETH, payable(stranger)), 7);
    }
}
