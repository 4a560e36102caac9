// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuard} from "@openzeppelin/contracts/utils/ReentrancyGuard.sol";
import {IDATCore} from "../../src/interfaces/IDATCore.sol";
import {IDATLots, LotTerms} from "../../src/interfaces/IDATLots.sol";
import {IDATRevenue} from "../../src/interfaces/IDATRevenue.sol";
import {Channel} from "../../src/interfaces/IValueChannels.sol";
import {BlacklistAsset, FalseReturnAsset, FeeAsset, NoReturnAsset, ReentrantAsset} from "../helpers/Assets.sol";
import {KedgeTest} from "../helpers/KedgeTest.sol";
import {EthReenterer, EthRejecter} from "../helpers/Receivers.sol";

/// @notice P7: hostile assets and receivers in settle, claim, refund and withdraw. Purchases: ValueMarket.t.sol.
contract HostileAssetsTest is KedgeTest {
    uint256 private classId;
    uint256 private share;

    bytes private reentered = abi.encodeWithSelector(ReentrancyGuard.ReentrancyGuardReentrantCall.selector);

    function setUp() public override {
        super.setUp();
        classId = createClass();
        share = mintShare(classId, holder, 1);
    }

    /// @notice Ten units at 100 each from a lot that this contract sells, with a fifth for the operator.
    function sell(address asset, address to) private returns (uint256 tokenId) {
        LotTerms memory terms = lotTerms(asset, 100, 1);
        terms.seller = address(this);
        terms.operatorBps = 2000;
        uint32 lot = createLot(classId, terms);
        if (asset == ETH) vm.deal(address(this), 1000);
        return token.mintFromLot{value: asset == ETH ? 1000 : 0}(classId, lot, to, 10, 0);
    }

    function serve(uint256 tokenId, address owner, address operator_, uint64 amount) private {
        Channel memory channel = channelTerms(tokenId, 10);
        channel.holder = owner;
        channel.operator = operator_;
        openChannel(channel);
        captureTo(channel, amount);
        vm.prank(operator_);
        channels.close(channel);
    }

    // Fee on transfer.

    function test_P7_SettlingCreditsWhatArrives() public {
        FeeAsset asset = new FeeAsset();
        asset.mint(address(this), 1000);
        asset.approve(address(token), 1000);
        vm.expectEmit(address(token));
        emit IDATCore.RevenueSettled(classId, address(asset), 990);
        core.settleRevenueERC20(classId, address(asset), 1000);
        assertEq(core.pendingRevenue(share, address(asset)), 990);
        assertEq(token.revenueInfo(classId, address(asset)).received, 990);

        vm.prank(holder);
        assertEq(core.claim(share, address(asset), payable(holder)), 990);
        assertEq(asset.balanceOf(address(token)), 0);
    }

    function test_P7_ADepositArrivesInFullOrNotAtAll() public {
        FeeAsset asset = new FeeAsset();
        LotTerms memory terms = lotTerms(address(asset), 100, 1);
        terms.seller = address(this);
        uint32 lot = createLot(classId, terms);
        asset.mint(address(this), 1000);
        asset.approve(address(token), 1000);
        vm.expectRevert(abi.encodeWithSelector(IDATLots.DATWrongDeposit.selector, 1000, 990));
        token.mintFromLot(classId, lot, holder, 10, 0);
    }

    // No return value, and false.

    function test_P7_NoReturnValueIsFine() public {
        NoReturnAsset asset = new NoReturnAsset();
        asset.mint(address(this), 2000);
        asset.approve(address(token), 2000);
        core.settleRevenueERC20(classId, address(asset), 1000);
        uint256 tokenId = sell(address(asset), holder);
        serve(tokenId, holder, operator, 5);

        core.claim(share, address(asset), payable(holder));
        assertEq(asset.balanceOf(holder), 1000 + 400);
        vm.prank(operator);
        assertEq(token.withdraw(address(asset), payable(operator)), 100);
        vm.prank(holder);
        assertEq(token.refund(tokenId, 5, payable(holder)), 500);
        assertEq(asset.balanceOf(address(token)), 0);
    }

    function test_P7_FalseIsAFailure() public {
        FalseReturnAsset asset = new FalseReturnAsset();
        bytes memory failed = abi.encodeWithSelector(SafeERC20.SafeERC20FailedOperation.selector, address(asset));
        asset.mint(address(this), 2000);
        asset.approve(address(token), 2000);
        vm.expectRevert(failed);
        core.settleRevenueERC20(classId, address(asset), 1000);

        asset.setHonest(true);
        core.settleRevenueERC20(classId, address(asset), 1000);
        uint256 tokenId = sell(address(asset), holder);
        serve(tokenId, holder, operator, 5);
        asset.setHonest(false);

        vm.expectRevert(failed);
        core.claim(share, address(asset), payable(holder));
        vm.prank(operator);
        vm.expectRevert(failed);
        token.withdraw(address(asset), payable(operator));
        vm.prank(holder);
        vm.expectRevert(failed);
        token.refund(tokenId, 5, payable(holder));

        // Nothing was written off: honest again, everybody is paid.
        asset.setHonest(true);
        assertEq(core.claim(share, address(asset), payable(holder)), 1400);
        vm.prank(operator);
        assertEq(token.withdraw(address(asset), payable(operator)), 100);
        vm.prank(holder);
        assertEq(token.refund(tokenId, 5, payable(holder)), 500);
    }

    // No asset at all.

    function test_P7_AssetsMustBeContracts() public {
        vm.expectRevert(abi.encodeWithSelector(IDATRevenue.DATInvalidAsset.selector, ETH));
        core.settleRevenueERC20(classId, ETH, 1);
        vm.expectRevert(abi.encodeWithSelector(IDATRevenue.DATInvalidAsset.selector, stranger));
        core.settleRevenueERC20(classId, stranger, 1);
    }

    // Blacklists: one bad claimant blocks nobody.

    function test_P7_ABlacklistedHolderBlocksNobody() public {
        BlacklistAsset asset = new BlacklistAsset();
        uint256 otherShare = mintShare(classId, stranger, 1);
        asset.mint(address(this), 2000);
        asset.approve(address(token), 2000);
        core.settleRevenueERC20(classId, address(asset), 1000);
        uint256 tokenId = sell(address(asset), holder);
        asset.setBlacklisted(holder, true);
        asset.setBlacklisted(operator, true);

        serve(tokenId, holder, operator, 5);
        bytes memory reason = abi.encodeWithSelector(BlacklistAsset.Blacklisted.selector, holder);
        vm.expectRevert(reason);
        core.claim(share, address(asset), payable(holder));
        vm.prank(holder);
        vm.expectRevert(reason);
        token.refund(tokenId, 5, payable(holder));
        vm.prank(operator);
        vm.expectRevert(abi.encodeWithSelector(BlacklistAsset.Blacklisted.selector, operator));
        token.withdraw(address(asset), payable(operator));

        assertEq(core.claim(otherShare, address(asset), payable(stranger)), 700);
        // The listed choose another recipient.
        vm.prank(holder);
        assertEq(core.claim(share, address(asset), payable(stranger)), 700);
        vm.prank(holder);
        assertEq(token.refund(tokenId, 5, payable(stranger)), 500);
        vm.prank(operator);
        assertEq(token.withdraw(address(asset), payable(stranger)), 100);
        assertEq(asset.balanceOf(address(token)), 0);
    }

    // Accounts that take no ETH.

    function test_P7_ARejecterBlocksNobody() public {
        EthRejecter rejecter = new EthRejecter();
        uint256 badShare = mintShare(classId, address(rejecter), 1);
        uint256 tokenId = sell(ETH, holder);
        serve(tokenId, holder, address(rejecter), 5);
        settleETH(classId, 1000);

        vm.expectRevert(abi.encodeWithSelector(IDATRevenue.DATPaymentFailed.selector, address(rejecter), 700));
        core.claim(badShare, ETH, payable(address(rejecter)));
        vm.expectRevert(abi.encodeWithSelector(IDATRevenue.DATPaymentFailed.selector, address(rejecter), 100));
        rejecter.act(address(token), abi.encodeCall(IDATRevenue.withdraw, (ETH, payable(address(rejecter)))));

        assertEq(core.claim(share, ETH, payable(holder)), 700);
        rejecter.act(address(token), abi.encodeCall(IDATCore.claim, (badShare, ETH, payable(stranger))));
        assertEq(stranger.balance, 700);
        rejecter.act(address(token), abi.encodeCall(IDATRevenue.withdraw, (ETH, payable(stranger))));
        assertEq(stranger.balance, 800);
    }

    // Reentrancy.

    function test_P7_ReenteringClaim() public {
        EthReenterer thief = new EthReenterer();
        uint256 owned = mintShare(classId, address(thief), 1);
        settleETH(classId, 1000);
        bytes memory claim = abi.encodeCall(IDATCore.claim, (owned, ETH, payable(address(thief))));
        thief.arm(address(token), claim);
        thief.act(address(token), claim);
        assertRefused(thief);
        assertEq(address(thief).balance, 500);
    }

    function test_P7_ReenteringRefund() public {
        EthReenterer thief = new EthReenterer();
        uint256 tokenId = sell(ETH, address(thief));
        bytes memory refund = abi.encodeCall(IDATLots.refund, (tokenId, 5, payable(address(thief))));
        thief.arm(address(token), refund);
        thief.act(address(token), refund);
        assertRefused(thief);
        assertEq(address(thief).balance, 500);
        assertEq(core.valueOf(tokenId), 5);
    }

    function test_P7_ReenteringWithdraw() public {
        EthReenterer thief = new EthReenterer();
        serve(sell(ETH, holder), holder, address(thief), 10);
        bytes memory withdraw = abi.encodeCall(IDATRevenue.withdraw, (ETH, payable(address(thief))));
        thief.arm(address(token), withdraw);
        thief.act(address(token), withdraw);
        assertRefused(thief);
        assertEq(address(thief).balance, 200);
    }

    /// @notice A claim may not be used to move the settlement it is paid from either.
    function test_P7_ReenteringAcrossFunctions() public {
        EthReenterer thief = new EthReenterer();
        uint256 owned = mintShare(classId, address(thief), 1);
        settleETH(classId, 1000);
        bytes[5] memory calls = [
            abi.encodeCall(IDATCore.settleRevenueETH, (classId)),
            abi.encodeCall(IDATRevenue.collectRoyalty, (classId, 0, ETH)),
            abi.encodeCall(IDATRevenue.withdraw, (ETH, payable(address(thief)))),
            abi.encodeCall(IDATLots.sweepExpired, (owned)),
            abi.encodeCall(IDATCore.claim, (share, ETH, payable(holder)))
        ];
        for (uint256 i = 0; i < calls.length; ++i) {
            thief.arm(address(token), calls[i]);
            thief.act(address(token), abi.encodeCall(IDATCore.claim, (owned, ETH, payable(address(thief)))));
            assertRefused(thief);
            settleETH(classId, 1000);
        }
    }

    function test_P7_ReentrantAssetSettlesOnce() public {
        ReentrantAsset asset = new ReentrantAsset();
        asset.mint(address(this), 2000);
        asset.approve(address(token), 2000);
        asset.mint(address(asset), 1000);
        vm.prank(address(asset));
        asset.approve(address(token), 1000);
        // Settling inside a settlement would count the inner amount twice by balance delta.
        asset.arm(address(token), abi.encodeCall(IDATCore.settleRevenueERC20, (classId, address(asset), 1000)));
        core.settleRevenueERC20(classId, address(asset), 2000);
        assertTrue(asset.called());
        assertFalse(asset.succeeded());
        assertEq(asset.answer(), reentered);
        assertEq(token.revenueInfo(classId, address(asset)).received, 2000);
        assertEq(asset.balanceOf(address(token)), 2000);
    }

    function assertRefused(EthReenterer thief) private view {
        assertTrue(thief.called());
        assertFalse(thief.succeeded());
        assertEq(thief.answer(), reentered);
    }
}
