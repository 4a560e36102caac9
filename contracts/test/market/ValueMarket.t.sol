// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IDATCore} from "../../src/interfaces/IDATCore.sol";
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuard} from "@openzeppelin/contracts/utils/ReentrancyGuard.sol";
import {IDATErrors} from "../../src/interfaces/IDATErrors.sol";
import {IDATLots, LotTerms} from "../../src/interfaces/IDATLots.sol";
import {IValueMarket, Listing} from "../../src/interfaces/IValueMarket.sol";
import {IValueSales} from "../../src/interfaces/IValueSales.sol";
import {FalseReturnAsset, FeeAsset, NoReturnAsset, ReentrantAsset} from "../helpers/Assets.sol";
import {KedgeTest} from "../helpers/KedgeTest.sol";
import {EthReenterer, EthRejecter} from "../helpers/Receivers.sol";

contract ValueMarketTest is KedgeTest {
    uint256 private classId;
    uint32 private ethLot;
    uint32 private usdLot;
    uint64 private expireAt;

    function setUp() public override {
        super.setUp();
        expireAt = uint64(START + 90 days);
        classId = createClass();
        // 7/3 wei a unit: 10 units cost ceil(70/3) = 24 wei.
        ethLot = createLot(classId, lotTerms(ETH, 7, 3));
        usdLot = createLot(classId, lotTerms(address(usd), 7, 3));
        openListing(classId, ethLot, 1000, expireAt);
        openListing(classId, usdLot, 1000, expireAt);
    }

    function listLot(address asset) private returns (uint32 lot) {
        lot = createLot(classId, lotTerms(asset, 100, 1));
        openListing(classId, lot, 1000, 0);
    }

    function test_R1_OnlyTheIssuerLists() public {
        bytes memory reason = abi.encodeWithSelector(IValueSales.ValueMarketNotIssuer.selector, classId, stranger);
        vm.startPrank(stranger);
        vm.expectRevert(reason);
        market.openListing(classId, ethLot, 1, 0);
        vm.expectRevert(reason);
        market.closeListing(classId, ethLot);
    }

    function test_R1_ALotOfAnotherSellerIsNotListed() public {
        LotTerms memory terms = lotTerms(ETH, 1, 1);
        terms.seller = stranger;
        uint32 lot = createLot(classId, terms);
        vm.prank(issuer);
        vm.expectRevert(abi.encodeWithSelector(IValueSales.ValueMarketNotSeller.selector, classId, lot, stranger));
        market.openListing(classId, lot, 1, 0);
    }

    function test_R1_ListingsOpenChangeAndClose() public {
        vm.startPrank(issuer);
        vm.expectEmit(address(market));
        emit IValueMarket.ListingOpened(classId, ethLot, 5, 0);
        market.openListing(classId, ethLot, 5, 0);
        Listing memory listing = market.listingOf(classId, ethLot);
        assertTrue(listing.open);
        assertEq(listing.supply, 5);
        assertEq(listing.expireAt, 0);

        vm.expectEmit(address(market));
        emit IValueMarket.ListingClosed(classId, ethLot);
        market.closeListing(classId, ethLot);
        assertFalse(market.listingOf(classId, ethLot).open);

        bytes memory reason = abi.encodeWithSelector(IValueSales.ValueMarketNotListed.selector, classId, ethLot);
        vm.expectRevert(reason);
        market.closeListing(classId, ethLot);
        vm.expectRevert(reason);
        market.buy(classId, ethLot, 1, holder, 1 ether);
        vm.stopPrank();
        assertEq(market.token(), address(token));
    }

    function test_R2_BuyingBacksTheTokenInFull() public {
        vm.deal(holder, 24);
        uint256 expectedId = (classId << 64) | (uint256(ethLot) << 32) | 1;
        vm.expectEmit(address(token));
        emit IDATLots.ValueBacked(expectedId, 10, 24);
        vm.expectEmit(address(market));
        emit IValueSales.ValueBought(expectedId, holder, stranger, 10, ETH, 24);
        vm.prank(holder);
        (uint256 tokenId, uint256 cost) = market.buy{value: 24}(classId, ethLot, 10, stranger, 24);

        assertEq(tokenId, expectedId);
        assertEq(cost, 24);
        assertEq(core.ownerOf(tokenId), stranger);
        assertEq(core.valueOf(tokenId), 10);
        assertEq(core.expireAtOf(tokenId), expireAt);
        assertEq(market.listingOf(classId, ethLot).supply, 990);
        assertEq(token.lotInfo(classId, ethLot).escrow, 24);
        assertEq(address(token).balance, 24);
        assertEq(address(market).balance, 0);
    }

    function test_R2_BuyingWithAnErc20() public {
        uint256 tokenId = buy(holder, classId, usdLot, 10);
        assertEq(core.valueOf(tokenId), 10);
        assertEq(usd.balanceOf(address(token)), 24);
        assertEq(usd.balanceOf(address(market)), 0);
        assertEq(usd.allowance(address(market), address(token)), 0);
    }

    /// @notice Where the market asks for the price first: with another asset, and with more ETH than it costs.
    function test_R2_AQuotedSaleTellsWhatItCost() public {
        uint256 usdId = (classId << 64) | (uint256(usdLot) << 32) | 1;
        usd.mint(holder, 24);
        vm.deal(holder, 30);
        vm.startPrank(holder);
        usd.approve(address(market), 24);
        vm.expectEmit(address(market));
        emit IValueSales.ValueBought(usdId, holder, stranger, 10, address(usd), 24);
        market.buy(classId, usdLot, 10, stranger, 24);

        uint256 ethId = (classId << 64) | (uint256(ethLot) << 32) | 2;
        vm.expectEmit(address(market));
        emit IValueSales.ValueBought(ethId, holder, stranger, 10, ETH, 24);
        market.buy{value: 30}(classId, ethLot, 10, stranger, 30);
        assertEq(holder.balance, 6);
    }

    function test_P7_WhatSomebodyGaveTheMarketHindersNobody() public {
        usd.mint(address(market), 5);
        uint256 tokenId = buy(holder, classId, usdLot, 10);
        assertEq(core.valueOf(tokenId), 10);
        assertEq(usd.balanceOf(address(market)), 5);
    }

    /// @notice Not even in an asset that the token contract may move without an allowance.
    function test_P7_WhatSomebodyGaveTheMarketPaysForNobody() public {
        TrustingAsset asset = new TrustingAsset(address(token));
        uint32 lot = listLot(address(asset));
        asset.mint(address(market), 1000);
        asset.mint(holder, 1000);
        vm.startPrank(holder);
        asset.approve(address(market), 1000);
        (, uint256 cost) = market.buy(classId, lot, 10, holder, 1000);
        assertEq(cost, 1000);
        assertEq(asset.balanceOf(holder), 0);
        assertEq(asset.balanceOf(address(market)), 1000);
    }

    function test_R1_NoMoreThanTheSupply() public {
        buy(holder, classId, ethLot, 999);
        vm.expectRevert(abi.encodeWithSelector(IValueSales.ValueMarketSoldOut.selector, classId, ethLot, 1, 2));
        market.buy(classId, ethLot, 2, holder, 1 ether);
        buy(holder, classId, ethLot, 1);
        assertEq(market.listingOf(classId, ethLot).supply, 0);
    }

    function test_R2_NoUnitsNoPurchase() public {
        vm.expectRevert(IDATErrors.DATZeroUnits.selector);
        market.buy(classId, ethLot, 0, holder, 1 ether);
    }

    function test_R1_NotAboveWhatTheBuyerAllows() public {
        vm.deal(holder, 24);
        vm.prank(holder);
        vm.expectRevert(abi.encodeWithSelector(IValueSales.ValueMarketTooExpensive.selector, 24, 23));
        market.buy{value: 24}(classId, ethLot, 10, holder, 23);
    }

    function test_R2_TooLittleEther() public {
        vm.deal(holder, 24);
        vm.prank(holder);
        vm.expectRevert(abi.encodeWithSelector(IValueSales.ValueMarketWrongPayment.selector, 24, 23));
        market.buy{value: 23}(classId, ethLot, 10, holder, 24);
    }

    function test_R2_EtherForATokenPricedLot() public {
        vm.deal(holder, 24);
        vm.prank(holder);
        vm.expectRevert(abi.encodeWithSelector(IValueSales.ValueMarketWrongPayment.selector, 24, 1));
        market.buy{value: 1}(classId, usdLot, 10, holder, 24);
    }

    function testFuzz_R2_SurplusComesBack(uint64 units, uint64 surplus) public {
        units = uint64(bound(units, 1, 1000));
        uint256 cost = (uint256(units) * 7 + 2) / 3;
        vm.deal(holder, cost + surplus);
        vm.prank(holder);
        (, uint256 paid) = market.buy{value: cost + surplus}(classId, ethLot, units, holder, cost);
        assertEq(paid, cost);
        assertEq(holder.balance, surplus);
        assertEq(address(market).balance, 0);
        assertEq(address(token).balance, cost);
    }

    function test_P7_SurplusRefused() public {
        EthRejecter rejecter = new EthRejecter();
        vm.deal(address(this), 49);
        bytes memory purchase = abi.encodeCall(IValueSales.buy, (classId, ethLot, 10, holder, 24));
        vm.expectRevert(abi.encodeWithSelector(IValueSales.ValueMarketSurplusRefused.selector, address(rejecter), 1));
        rejecter.act{value: 25}(address(market), purchase);

        rejecter.act{value: 24}(address(market), purchase);
        assertEq(address(token).balance, 24);
    }

    function test_P7_SurplusReentered() public {
        EthReenterer buyer = new EthReenterer();
        bytes memory purchase = abi.encodeCall(IValueSales.buy, (classId, ethLot, 10, holder, 24));
        buyer.arm(address(market), purchase);
        vm.deal(address(this), 100);
        buyer.act{value: 100}(address(market), purchase);
        assertTrue(buyer.called());
        assertFalse(buyer.succeeded());
        assertEq(buyer.answer(), abi.encodeWithSelector(ReentrancyGuard.ReentrancyGuardReentrantCall.selector));
        assertEq(address(buyer).balance, 76);
        assertEq(market.listingOf(classId, ethLot).supply, 990);
    }

    /// @notice A sale for exactly what it costs calls nobody, and is refused all the same while another one does.
    function test_P7_SurplusSpentAtOnce() public {
        SurplusSpender buyer = new SurplusSpender();
        vm.deal(address(buyer), 48);
        buyer.buy(address(market), 48, abi.encodeCall(IValueSales.buy, (classId, ethLot, 10, holder, 24)));
        assertEq(buyer.answer(), abi.encodeWithSelector(ReentrancyGuard.ReentrancyGuardReentrantCall.selector));
        assertEq(address(buyer).balance, 24);
        assertEq(market.listingOf(classId, ethLot).supply, 990);
    }

    function test_P7_FeeOnTransferCannotBuy() public {
        FeeAsset asset = new FeeAsset();
        uint32 lot = listLot(address(asset));
        asset.mint(holder, 1000);
        vm.startPrank(holder);
        asset.approve(address(market), 1000);
        vm.expectRevert(abi.encodeWithSelector(IValueSales.ValueMarketWrongPayment.selector, 1000, 990));
        market.buy(classId, lot, 10, holder, 1000);
    }

    function test_P7_FalseReturnCannotBuy() public {
        FalseReturnAsset asset = new FalseReturnAsset();
        uint32 lot = listLot(address(asset));
        asset.mint(holder, 1000);
        vm.startPrank(holder);
        asset.approve(address(market), 1000);
        vm.expectRevert(abi.encodeWithSelector(SafeERC20.SafeERC20FailedOperation.selector, address(asset)));
        market.buy(classId, lot, 10, holder, 1000);
    }

    function test_P7_NoReturnBuys() public {
        NoReturnAsset asset = new NoReturnAsset();
        uint32 lot = listLot(address(asset));
        asset.mint(holder, 2000);
        vm.startPrank(holder);
        asset.approve(address(market), 2000);
        market.buy(classId, lot, 10, holder, 1000);
        market.buy(classId, lot, 10, holder, 1000);
        assertEq(asset.balanceOf(address(token)), 2000);
    }

    function test_P7_ReentrantAssetBuysOnce() public {
        ReentrantAsset asset = new ReentrantAsset();
        uint32 lot = listLot(address(asset));
        asset.mint(holder, 1000);
        vm.prank(holder);
        asset.approve(address(market), 1000);
        asset.arm(address(market), abi.encodeCall(IValueSales.buy, (classId, lot, 1, holder, 100)));
        vm.prank(holder);
        market.buy(classId, lot, 10, holder, 1000);
        assertTrue(asset.called());
        assertFalse(asset.succeeded());
        assertEq(market.listingOf(classId, lot).supply, 990);
    }

    function test_P7_AnAssetThatMintsWhileItIsPulledGetsASerialOfItsOwn() public {
        ReentrantAsset asset = new ReentrantAsset();
        uint32 lot = listLot(address(asset));
        asset.mint(holder, 1000);
        vm.prank(holder);
        asset.approve(address(market), 1000);
        vm.prank(issuer);
        token.transferIssuer(classId, address(asset));
        vm.prank(address(asset));
        token.acceptIssuer(classId);
        asset.arm(address(token), abi.encodeCall(IDATCore.mint, (classId, holder, 5, 0, 0)));
        vm.prank(holder);
        (uint256 bought,) = market.buy(classId, lot, 10, holder, 1000);
        assertTrue(asset.succeeded());
        uint256 minted = abi.decode(asset.answer(), (uint256));
        assertNotEq(uint32(bought), uint32(minted));
        assertEq(core.valueOf(bought), 10);
        assertEq(core.valueOf(minted), 5);
        vm.prank(address(asset));
        uint256 next = core.mint(classId, holder, 1, 0, 0);
        assertEq(uint32(next), uint32(bought) + 1);
    }

    /// @dev A listing's expiry is its issuer's at any time. Where expired value is the holder's, bringing it forward in front
    /// of a purchase takes nothing from the buyer, whether or not the lot refunds before expiry.
    function test_Attack_AShorterExpiryInFrontOfAPurchaseTakesNothingThatIsRefunded() public {
        LotTerms memory terms = lotTerms(ETH, 100, 1);
        terms.refundable = false;
        uint32 lot = createLot(classId, terms);
        mintShare(classId, issuer, 1);
        openListing(classId, lot, 1000, expireAt);
        openListing(classId, lot, 1000, uint64(START));
        uint256 tokenId = buy(holder, classId, lot, 10);
        vm.warp(START + 1);
        vm.expectRevert(abi.encodeWithSelector(IDATLots.DATNothingToSweep.selector, tokenId));
        token.sweepExpired(tokenId);
        vm.prank(holder);
        assertEq(token.refund(tokenId, 10, payable(holder)), 1000);
        assertEq(token.revenueInfo(classId, ETH).received, 0);
    }

    function testFuzz_R2_CostIsPriceTimesUnitsRoundedUp(uint96 numerator, uint64 denominator, uint64 units) public {
        numerator = uint96(bound(numerator, 1, 1e18));
        denominator = uint64(bound(denominator, 1, type(uint64).max));
        units = uint64(bound(units, 1, 1e9));
        uint32 lot = createLot(classId, lotTerms(ETH, numerator, denominator));
        openListing(classId, lot, type(uint64).max, 0);
        uint256 product = uint256(numerator) * units;
        uint256 cost = product / denominator + (product % denominator == 0 ? 0 : 1);
        vm.deal(holder, cost);
        vm.prank(holder);
        (, uint256 paid) = market.buy{value: cost}(classId, lot, units, holder, cost);
        assertEq(paid, cost);
        assertEq(token.lotInfo(classId, lot).escrow, cost);
    }
}

/// @notice Asks one spender for no allowance.
contract TrustingAsset is ERC20 {
    address private immutable TRUSTED;

    constructor(address trusted) ERC20("Trusting", "TRU") {
        TRUSTED = trusted;
    }

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function _spendAllowance(address owner, address spender, uint256 amount) internal override {
        if (spender != TRUSTED) super._spendAllowance(owner, spender, amount);
    }
}

/// @notice Buys, and buys the same again with the surplus that it receives.
contract SurplusSpender {
    bytes private _purchase;
    bytes public answer;

    function buy(address market, uint256 value, bytes calldata purchase) external {
        _purchase = purchase;
        (bool done,) = market.call{value: value}(purchase);
        require(done, "not bought");
    }

    receive() external payable {
        (, answer) = msg.sender.call{value: msg.value}(_purchase);
    }
}
