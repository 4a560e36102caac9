// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IValueSales} from "./IValueSales.sol";

/// @notice A lot on sale at its fixed price.
/// @param supply Units still for sale.
/// @param expireAt Expiry of every token sold; 0 for none.
struct Listing {
    bool open;
    uint64 supply;
    uint64 expireAt;
}

/// @title IValueMarket: sells the value of lots that name it as their seller, at the lot's fixed price.
interface IValueMarket is IValueSales {
    event ListingOpened(uint256 indexed classId, uint32 indexed lot, uint64 supply, uint64 expireAt);
    event ListingClosed(uint256 indexed classId, uint32 indexed lot);

    /// @notice Puts a lot on sale or changes its supply and expiry.
    /// @dev Requirements: caller is the issuer; the lot names this market as its seller.
    function openListing(uint256 classId, uint32 lot, uint64 supply, uint64 expireAt) external;

    function closeListing(uint256 classId, uint32 lot) external;

    function listingOf(uint256 classId, uint32 lot) external view returns (Listing memory);
}
