// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IValueMarket, Listing} from "../interfaces/IValueMarket.sol";
import {IValueSales} from "../interfaces/IValueSales.sol";
import {LotSeller} from "./LotSeller.sol";

contract ValueMarket is IValueMarket, LotSeller {
    mapping(uint256 classId => mapping(uint32 lot => Listing)) private _listings;

    constructor(address token_) LotSeller(token_) {}

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

    /// @inheritdoc IValueSales
    /// @dev Who sends exactly what it costs needs no quote: the token takes that or refuses, and calls nobody.
    function buy(uint256 classId, uint32 lot, uint64 units, address to, uint256 maxCost)
        external
        payable
        nonReentrantView
        returns (uint256 tokenId, uint256 cost)
    {
        uint64 expireAt = _takeSupply(classId, lot, units);
        if (msg.value == 0 || msg.value > maxCost) return _sellQuoted(classId, lot, units, to, expireAt, maxCost);
        try TOKEN.mintFromLot{value: msg.value}(classId, lot, to, units, expireAt) returns (uint256 minted) {
            emit ValueBought(minted, msg.sender, to, units, address(0), msg.value);
            return (minted, msg.value);
        } catch {
            return _sellQuoted(classId, lot, units, to, expireAt, maxCost);
        }
    }

    /// @inheritdoc IValueMarket
    function listingOf(uint256 classId, uint32 lot) external view returns (Listing memory) {
        return _listings[classId][lot];
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
}
