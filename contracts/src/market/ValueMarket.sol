// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuard} from "../base/ReentrancyGuard.sol";
import {IDataAnchoringToken} from "../interfaces/IDataAnchoringToken.sol";
import {IValueMarket, Listing} from "../interfaces/IValueMarket.sol";

contract ValueMarket is IValueMarket, ReentrancyGuard {
    using SafeERC20 for IERC20;

    IDataAnchoringToken private immutable TOKEN;

    mapping(uint256 classId => mapping(uint32 lot => Listing)) private _listings;

    constructor(address token_) {
        TOKEN = IDataAnchoringToken(token_);
    }

    /// @inheritdoc IValueMarket
    function openListing(uint256 classId, uint32 lot, uint64 supply, uint64 expireAt) external {
        _requireIssuer(classId);
        address seller = TOKEN.lotInfo(classId, lot).terms.seller;
        if (seller != address(this)) revert ValueMarketNotSeller(classId, lot, seller);
        _listings[classId][lot] = Listing(true, supply, expireAt);
        emit ListingOpened(classId, lot, supply, expireAt);
    }

    /// @inheritdoc IValueMarket
    function closeListing(uint256 classId, uint32 lot) external {
        _requireIssuer(classId);
        if (!_listings[classId][lot].open) revert ValueMarketNotListed(classId, lot);
        delete _listings[classId][lot];
        emit ListingClosed(classId, lot);
    }

    /// @inheritdoc IValueMarket
    /// @dev Who sends exactly what it costs needs no quote: the token takes that or refuses, and calls nobody.
    function buy(uint256 classId, uint32 lot, uint64 units, address to, uint256 maxCost)
        external
        payable
        nonReentrantView
        returns (uint256 tokenId, uint256 cost)
    {
        uint64 expireAt = _takeSupply(classId, lot, units);
        if (msg.value == 0 || msg.value > maxCost) return _buyQuoted(classId, lot, units, to, expireAt, maxCost);
        try TOKEN.mintFromLot{value: msg.value}(classId, lot, to, units, expireAt) returns (uint256 minted) {
            emit ValueBought(minted, msg.sender, to, units, address(0), msg.value);
            return (minted, msg.value);
        } catch {
            return _buyQuoted(classId, lot, units, to, expireAt, maxCost);
        }
    }

    /// @inheritdoc IValueMarket
    function listingOf(uint256 classId, uint32 lot) external view returns (Listing memory) {
        return _listings[classId][lot];
    }

    /// @inheritdoc IValueMarket
    function token() external view returns (address) {
        return address(TOKEN);
    }

    function _takeSupply(uint256 classId, uint32 lot, uint64 units) private returns (uint64 expireAt) {
        Listing storage listing = _listings[classId][lot];
        bool open;
        uint64 supply;
        (open, supply, expireAt) = (listing.open, listing.supply, listing.expireAt);
        if (!open) revert ValueMarketNotListed(classId, lot);
        if (units > supply) revert ValueMarketSoldOut(classId, lot, supply, units);
        // Checked above.
        unchecked {
            listing.supply = supply - units;
        }
    }

    /// @dev Pulls an ERC-20, or takes ETH and returns the surplus: each lets somebody else call.
    function _buyQuoted(uint256 classId, uint32 lot, uint64 units, address to, uint64 expireAt, uint256 maxCost)
        private
        nonReentrant
        returns (uint256 tokenId, uint256 cost)
    {
        address asset;
        (cost, asset) = TOKEN.lotQuoteUp(classId, lot, units);
        if (cost > maxCost) revert ValueMarketTooExpensive(cost, maxCost);
        if (asset == address(0) ? msg.value < cost : msg.value != 0) revert ValueMarketWrongPayment(cost, msg.value);

        if (asset == address(0)) {
            tokenId = TOKEN.mintFromLot{value: cost}(classId, lot, to, units, expireAt);
        } else {
            _pullExactly(IERC20(asset), cost);
            IERC20(asset).forceApprove(address(TOKEN), cost);
            tokenId = TOKEN.mintFromLot(classId, lot, to, units, expireAt);
        }
        emit ValueBought(tokenId, msg.sender, to, units, asset, cost);
        if (asset == address(0) && msg.value > cost) _returnSurplus(msg.value - cost);
    }

    function _requireIssuer(uint256 classId) private view {
        if (TOKEN.issuerOf(classId) != msg.sender) revert ValueMarketNotIssuer(classId, msg.sender);
    }

    function _pullExactly(IERC20 asset, uint256 cost) private {
        uint256 before = asset.balanceOf(address(this));
        asset.safeTransferFrom(msg.sender, address(this), cost);
        uint256 received = asset.balanceOf(address(this)) - before;
        if (received != cost) revert ValueMarketWrongPayment(cost, received);
    }

    function _returnSurplus(uint256 surplus) private {
        (bool paid,) = msg.sender.call{value: surplus}("");
        if (!paid) revert ValueMarketSurplusRefused(msg.sender, surplus);
    }
}
