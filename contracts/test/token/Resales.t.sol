// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IERC721Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {ParentTerms} from "../../src/interfaces/IDATClasses.sol";
import {IDATCore} from "../../src/interfaces/IDATCore.sol";
import {IDATErrors} from "../../src/interfaces/IDATErrors.sol";
import {ClassOptions} from "../../src/interfaces/IDATOptions.sol";
import {IDATResale, PendingTerm, Resale} from "../../src/interfaces/IDATResale.sol";
import {IDATRevenue} from "../../src/interfaces/IDATRevenue.sol";
import {IDataAnchoringToken} from "../../src/interfaces/IDataAnchoringToken.sol";
import {BlacklistAsset} from "../helpers/Assets.sol";
import {KedgeTest} from "../helpers/KedgeTest.sol";
import {EthReenterer, EthRejecter, TokenReceiver} from "../helpers/Receivers.sol";
import {TestModule} from "./Modules.sol";

/// @notice Branches: Resales.tree.
contract ResalesTest is KedgeTest {
    address private immutable buyer = makeAddr("buyer");
    uint256 private classId;
    uint256 private tokenId;

    function setUp() public override {
        super.setUp();
        classId = createClass();
        tokenId = mint(classId, holder, 10, 300, 0);
        mintShare(classId, stranger, 100);
    }

    function list(address first, address second) private pure returns (address[] memory assets) {
        assets = new address[](2);
        (assets[0], assets[1]) = (first, second);
    }

    function list(address only) private pure returns (address[] memory assets) {
        assets = new address[](1);
        assets[0] = only;
    }

    function sell(address to, address[] memory assets) private returns (uint256[] memory) {
        return token.safeTransferWithClaim(holder, to, tokenId, assets, "data");
    }

    function test_P23_TheSellerIsPaidFirstAndTheBuyerEarnsFromThere() public {
        settleETH(classId, 1000);
        settleUSD(classId, 400);
        vm.expectEmit(address(token));
        emit IDATCore.Claimed(tokenId, holder, ETH, 750);
        vm.expectEmit(address(token));
        emit IDATCore.Claimed(tokenId, holder, address(usd), 300);
        vm.expectEmit(address(token));
        emit IDATCore.TransferToken(tokenId, holder, buyer);
        vm.expectEmit(address(token));
        emit IERC721.Transfer(holder, buyer, tokenId);
        vm.prank(holder);
        uint256[] memory amounts = sell(buyer, list(ETH, address(usd)));
        assertEq(amounts.length, 2);
        assertEq(amounts[0], 750);
        assertEq(amounts[1], 300);
        assertEq(holder.balance, 750);
        assertEq(usd.balanceOf(holder), 300);
        assertEq(core.ownerOf(tokenId), buyer);
        assertEq(core.valueOf(tokenId), 10);
        assertEq(token.balanceOf(holder), 0);
        assertEq(token.balanceOf(buyer), 1);
        assertEq(core.pendingRevenue(tokenId, ETH), 0);
        settleETH(classId, 1000);
        assertEq(core.pendingRevenue(tokenId, ETH), 750);
        vm.prank(buyer);
        assertEq(core.claim(tokenId, ETH, payable(buyer)), 750);
    }

    function test_P23_WhatIsNotNamedGoesAlongAndWhatIsNamedTwiceIsPaidOnce() public {
        settleETH(classId, 1000);
        settleUSD(classId, 400);
        vm.prank(holder);
        uint256[] memory amounts = sell(buyer, list(ETH, ETH));
        assertEq(amounts[0], 750);
        assertEq(amounts[1], 0);
        assertEq(holder.balance, 750);
        assertEq(core.pendingRevenue(tokenId, address(usd)), 300);
        // Without assets it is a safe transfer.
        vm.prank(buyer);
        assertEq(token.safeTransferWithClaim(buyer, stranger, tokenId, new address[](0), "").length, 0);
        assertEq(core.ownerOf(tokenId), stranger);
        assertEq(core.pendingRevenue(tokenId, address(usd)), 300);
    }

    function test_P23_AnApprovedMarketSellsAndTheSellerIsPaid() public {
        settleETH(classId, 1000);
        vm.prank(holder);
        token.approve(operator, tokenId);
        vm.prank(operator);
        sell(buyer, list(ETH));
        assertEq(holder.balance, 750);
        assertEq(operator.balance, 0);
        assertEq(token.getApproved(tokenId), address(0));
        vm.prank(buyer);
        token.setApprovalForAll(operator, true);
        settleETH(classId, 1000);
        vm.prank(operator);
        token.safeTransferWithClaim(buyer, holder, tokenId, list(ETH), "");
        assertEq(buyer.balance, 750);
    }

    function test_P23_WhoMayNotMoveItMovesAndPaysNothing() public {
        settleETH(classId, 1000);
        vm.prank(holder);
        core.approveForClass(classId, operator, true);
        address[3] memory callers = [stranger, operator, issuer];
        for (uint256 i; i < callers.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IDATErrors.ERC8028Unauthorized.selector, tokenId, callers[i]));
            vm.prank(callers[i]);
            sell(buyer, list(ETH));
        }
        vm.startPrank(holder);
        vm.expectRevert(abi.encodeWithSelector(IERC721Errors.ERC721IncorrectOwner.selector, buyer, tokenId, holder));
        token.safeTransferWithClaim(buyer, stranger, tokenId, list(ETH), "");
        vm.expectRevert(abi.encodeWithSelector(IERC721Errors.ERC721InvalidReceiver.selector, address(0)));
        sell(address(0), list(ETH));
        vm.expectRevert(abi.encodeWithSelector(IDATErrors.ERC8028NonexistentToken.selector, 9));
        token.safeTransferWithClaim(holder, buyer, 9, list(ETH), "");
        // A contract that knows no tokens.
        vm.expectRevert(abi.encodeWithSelector(IERC721Errors.ERC721InvalidReceiver.selector, address(usd)));
        sell(address(usd), list(ETH));
        vm.stopPrank();
        assertEq(holder.balance, 0);
        assertEq(core.pendingRevenue(tokenId, ETH), 750);
        assertEq(core.ownerOf(tokenId), holder);
    }

    function test_P23_ATokenThatStaysWithItsHolderIsNotSold() public {
        vm.prank(issuer);
        uint256 bound = token.createClassWithOptions(
            classTerms(new ParentTerms[](0), address(0)), ClassOptions(0, 0, 0, 0, 0, true, false, false)
        );
        uint256 id = mint(bound, holder, 5, 0, 0);
        vm.expectRevert(abi.encodeWithSelector(IDATErrors.DATNonTransferable.selector, id));
        vm.prank(holder);
        token.safeTransferWithClaim(holder, buyer, id, new address[](0), "");
        assertFalse(token.resaleOf(id, new address[](0)).transferable);
    }

    function test_P23_ASellerThatCannotBePaidLeavesTheAssetOut() public {
        EthRejecter seller = new EthRejecter();
        uint256 id = mintShare(classId, address(seller), 100);
        settleETH(classId, 500);
        bytes memory withETH =
            abi.encodeCall(IDATResale.safeTransferWithClaim, (address(seller), buyer, id, list(ETH), ""));
        vm.expectRevert(abi.encodeWithSelector(IDATRevenue.DATPaymentFailed.selector, address(seller), 100));
        seller.act(address(token), withETH);
        bytes memory without =
            abi.encodeCall(IDATResale.safeTransferWithClaim, (address(seller), buyer, id, new address[](0), ""));
        seller.act(address(token), without);
        vm.prank(buyer);
        assertEq(core.claim(id, ETH, payable(buyer)), 100);
    }

    function test_P23_ABlacklistedSellerHoldsUpOnlyTheSaleThatNamesTheAsset() public {
        BlacklistAsset asset = new BlacklistAsset();
        asset.mint(address(this), 400);
        asset.approve(address(token), 400);
        core.settleRevenueERC20(classId, address(asset), 400);
        asset.setBlacklisted(holder, true);
        vm.expectRevert(abi.encodeWithSelector(BlacklistAsset.Blacklisted.selector, holder));
        vm.prank(holder);
        sell(buyer, list(address(asset)));
        vm.prank(holder);
        sell(buyer, list(ETH));
        assertEq(core.pendingRevenue(tokenId, address(asset)), 300);
    }

    function test_P23_WhoIsPaidOrReceivesCannotCallBack() public {
        EthReenterer seller = new EthReenterer();
        uint256 id = mintShare(classId, address(seller), 100);
        settleETH(classId, 500);
        bytes memory again = abi.encodeCall(IDATCore.claim, (id, ETH, payable(address(seller))));
        seller.arm(address(token), again);
        TokenReceiver receiver = new TokenReceiver();
        receiver.arm(address(token), abi.encodeCall(IDATCore.claim, (id, ETH, payable(address(receiver)))));
        bytes memory sale =
            abi.encodeCall(IDATResale.safeTransferWithClaim, (address(seller), address(receiver), id, list(ETH), ""));
        seller.act(address(token), sale);
        assertTrue(seller.called());
        assertFalse(seller.succeeded());
        bytes memory refused = abi.encodeWithSelector(IDataAnchoringToken.ReentrancyGuardReentrantCall.selector);
        assertEq(seller.answer(), refused);
        assertTrue(receiver.called());
        assertEq(receiver.answer(), refused);
        assertEq(address(seller).balance, 100);
        assertEq(core.ownerOf(id), address(receiver));
    }

    function test_P23_TheSellerCannotMoveTheTokenAgainWhileItIsPaid() public {
        EthReenterer seller = new EthReenterer();
        uint256 id = mintShare(classId, address(seller), 100);
        settleETH(classId, 500);
        // Transfers are not guarded; by the time of the payment the token is the buyer's.
        seller.arm(address(token), abi.encodeCall(IDATCore.transferToken, (id, stranger)));
        seller.act(
            address(token),
            abi.encodeCall(IDATResale.safeTransferWithClaim, (address(seller), buyer, id, list(ETH), ""))
        );
        assertTrue(seller.called());
        assertFalse(seller.succeeded());
        assertEq(core.ownerOf(id), buyer);
    }

    function test_P23_AnExpiredTokenIsSoldWithWhatItEarned() public {
        uint256 id = mint(classId, holder, 0, 100, uint64(START + 10));
        settleETH(classId, 500);
        vm.warp(START + 11);
        vm.expectEmit(address(token));
        emit IDATCore.Expired(id);
        vm.prank(holder);
        assertEq(token.safeTransferWithClaim(holder, buyer, id, list(ETH), "")[0], 100);
        settleETH(classId, 400);
        assertEq(core.pendingRevenue(id, ETH), 0);
    }

    function test_P23_AViewSaysWhatTheBuyerGets() public {
        vm.expectRevert(abi.encodeWithSelector(IDATErrors.ERC8028NonexistentToken.selector, 9));
        token.resaleOf(9, new address[](0));
        settleETH(classId, 1000);
        settleUSD(classId, 400);
        Resale memory resale = token.resaleOf(tokenId, list(ETH, address(usd)));
        assertEq(resale.owner, holder);
        assertEq(resale.value, 10);
        assertEq(resale.shareRatio, 300);
        assertEq(resale.activateAt, 0);
        assertEq(resale.expireAt, 0);
        assertEq(resale.revokedAt, 0);
        assertEq(resale.policyVersion, 1);
        assertTrue(resale.transferable);
        assertEq(resale.pending.length, 2);
        assertEq(resale.pending[0], 750);
        assertEq(resale.pending[1], 300);
        // What the seller does before the sale, the buyer sees.
        vm.startPrank(holder);
        core.recordUsage(tokenId, "metric", 4);
        token.retireShare(tokenId);
        core.claim(tokenId, ETH, payable(holder));
        vm.stopPrank();
        resale = token.resaleOf(tokenId, list(ETH));
        assertEq(resale.value, 6);
        assertEq(resale.shareRatio, 0);
        assertEq(resale.pending[0], 0);
    }

    function test_P23_TheViewNamesWhatWillChangeTheToken() public {
        vm.prank(issuer);
        uint256 bound = token.createClassWithOptions(
            classTerms(new ParentTerms[](0), address(0)), ClassOptions(0, 0, 1 days, 0, 7 days, false, false, false)
        );
        uint64 expireAt = uint64(START + 365 days);
        uint256 id = mint(bound, holder, 5, 40, expireAt);
        vm.prank(issuer);
        token.publishPolicy(bound, "ipfs://2", keccak256("2"));
        uint32 lot = createLot(bound, lotTerms(ETH, 1, 1));
        openListing(bound, lot, 100, 0);
        uint256 backed = buy(holder, bound, lot, 20);
        vm.prank(issuer);
        token.announceRevocation(id, "reason");
        Resale memory resale = token.resaleOf(id, new address[](0));
        assertEq(resale.shareRatio, 40);
        assertEq(resale.activateAt, token.activateAtOf(id));
        assertGt(resale.activateAt, START);
        assertEq(resale.expireAt, expireAt);
        assertEq(resale.revokedAt, START + 7 days);
        assertEq(resale.policyVersion, 1);
        assertEq(token.resaleOf(backed, new address[](0)).policyVersion, 2);
        assertEq(token.resaleOf(backed, new address[](0)).value, 20);
        // A revocation that lapsed is none.
        vm.warp(START + 14 days + 1);
        assertEq(token.resaleOf(id, new address[](0)).revokedAt, 0);
    }

    function agreed(uint64 minValue, uint256 minETH, uint256 minUSD) private returns (bool done, bytes memory reason) {
        PendingTerm[] memory terms = new PendingTerm[](2);
        (terms[0], terms[1]) = (PendingTerm(ETH, minETH), PendingTerm(address(usd), minUSD));
        bytes memory call = abi.encodeCall(IDATResale.transferWithTerms, (holder, buyer, tokenId, minValue, terms));
        vm.prank(operator);
        return address(token).call(call);
    }

    function test_R30_ATokenIsSoldWithWhatWasAgreedToOrNotAtAll() public {
        settleETH(classId, 1000);
        settleUSD(classId, 400);
        vm.prank(holder);
        token.approve(operator, tokenId);
        (bool done, bytes memory reason) = agreed(11, 750, 300);
        assertFalse(done);
        assertEq(reason, abi.encodeWithSelector(IDATResale.DATLessValue.selector, tokenId, 10, 11));
        (done, reason) = agreed(10, 751, 300);
        assertEq(reason, abi.encodeWithSelector(IDATResale.DATLessPending.selector, tokenId, ETH, 750, 751));
        (done, reason) = agreed(10, 750, 301);
        assertEq(reason, abi.encodeWithSelector(IDATResale.DATLessPending.selector, tokenId, address(usd), 300, 301));
        // What the seller uses or claims in front of the sale.
        uint256 before = vm.snapshotState();
        vm.startPrank(holder);
        core.claim(tokenId, ETH, payable(holder));
        vm.stopPrank();
        (done, reason) = agreed(10, 750, 300);
        assertEq(reason, abi.encodeWithSelector(IDATResale.DATLessPending.selector, tokenId, ETH, 0, 750));
        vm.prank(holder);
        core.recordUsage(tokenId, "metric", 1);
        (done, reason) = agreed(10, 0, 300);
        assertEq(reason, abi.encodeWithSelector(IDATResale.DATLessValue.selector, tokenId, 9, 10));
        vm.revertToState(before);
        vm.expectEmit(address(token));
        emit IDATCore.TransferToken(tokenId, holder, buyer);
        (done,) = agreed(10, 750, 300);
        assertTrue(done);
        assertEq(core.ownerOf(tokenId), buyer);
        assertEq(token.getApproved(tokenId), address(0));
        assertEq(core.pendingRevenue(tokenId, ETH), 750);
    }

    function test_R30_TermsGiveNobodyARight() public {
        PendingTerm[] memory none;
        vm.expectRevert(abi.encodeWithSelector(IDATErrors.ERC8028Unauthorized.selector, tokenId, stranger));
        vm.prank(stranger);
        token.transferWithTerms(holder, stranger, tokenId, 0, none);
        vm.prank(holder);
        core.approveForClass(classId, stranger, true);
        vm.expectRevert(abi.encodeWithSelector(IDATErrors.ERC8028Unauthorized.selector, tokenId, stranger));
        vm.prank(stranger);
        token.transferWithTerms(holder, stranger, tokenId, 0, none);
        vm.startPrank(holder);
        vm.expectRevert(abi.encodeWithSelector(IERC721Errors.ERC721IncorrectOwner.selector, buyer, tokenId, holder));
        token.transferWithTerms(buyer, stranger, tokenId, 0, none);
        vm.expectRevert(abi.encodeWithSelector(IDATErrors.ERC8028NonexistentToken.selector, 9));
        token.transferWithTerms(holder, stranger, 9, 0, none);
        vm.expectRevert(abi.encodeWithSelector(IERC721Errors.ERC721InvalidReceiver.selector, address(0)));
        token.transferWithTerms(holder, address(0), tokenId, 0, none);
        token.transferWithTerms(holder, buyer, tokenId, 0, none);
        vm.stopPrank();
        assertEq(core.ownerOf(tokenId), buyer);
    }

    function test_R30_LockedUnitsAreNotAmongTheLeast() public {
        TestModule module = new TestModule(token);
        module.setNextId("lock");
        vm.startPrank(holder);
        token.lock(tokenId, 4, address(module), "");
        vm.expectRevert(abi.encodeWithSelector(IDATResale.DATLessValue.selector, tokenId, 6, 7));
        token.transferWithTerms(holder, buyer, tokenId, 7, new PendingTerm[](0));
        token.transferWithTerms(holder, buyer, tokenId, 6, new PendingTerm[](0));
        vm.stopPrank();
        assertEq(core.ownerOf(tokenId), buyer);
    }

    function test_R30_WhatARetiredShareEarnedGoesAlong() public {
        settleETH(classId, 1000);
        vm.prank(holder);
        token.retireShare(tokenId);
        settleETH(classId, 1000);
        vm.prank(holder);
        token.approve(operator, tokenId);
        (, bytes memory reason) = agreed(10, 751, 0);
        assertEq(reason, abi.encodeWithSelector(IDATResale.DATLessPending.selector, tokenId, ETH, 750, 751));
        (bool done,) = agreed(10, 750, 0);
        assertTrue(done);
        vm.prank(buyer);
        assertEq(core.claim(tokenId, ETH, payable(buyer)), 750);
    }

    function test_R30_ATokenThatStaysWithItsHolderHasNoTerms() public {
        vm.prank(issuer);
        uint256 bound = token.createClassWithOptions(
            classTerms(new ParentTerms[](0), address(0)), ClassOptions(0, 0, 0, 0, 0, true, false, false)
        );
        uint256 id = mint(bound, holder, 5, 0, 0);
        vm.expectRevert(abi.encodeWithSelector(IDATErrors.DATNonTransferable.selector, id));
        vm.prank(holder);
        token.transferWithTerms(holder, buyer, id, 5, new PendingTerm[](0));
    }

    function test_P23_TheInterfaceHasAnId() public view {
        assertTrue(token.supportsInterface(type(IDATResale).interfaceId));
    }
}
