// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

/// @notice A lot on sale at its fixed price.
/// @param supply Units still for sale.
/// @param expireAt Expiry of every token sold; 0 for none.
struct Listing {
    bool open;
    uint64 supply;
    uint64 expireAt;
}

/// @title IValueMarket: sells the value of lots that name it as their seller, at the lot's fixed price.
interface IValueMarket {
    event ListingOpened(uint256 indexed classId, uint32 indexed lot, uint64 supply, uint64 expireAt);
    event ListingClosed(uint256 indexed classId, uint32 indexed lot);
    event ValueBought(
        uint256 indexed tokenId, address indexed buyer, address indexed to, uint64 units, address asset, uint256 cost
    );

    /// @notice Thrown when the caller does not issue the class.
    error ValueMarketNotIssuer(uint256 classId, address caller);
    /// @notice Thrown when the lot names another seller.
    error ValueMarketNotSeller(uint256 classId, uint32 lot, address seller);
    /// @notice Thrown when the lot is not on sale.
    error ValueMarketNotListed(uint256 classId, uint32 lot);
    /// @notice Thrown when fewer units are left than asked for.
    error ValueMarketSoldOut(uint256 classId, uint32 lot, uint64 supply, uint64 units);
    /// @notice Thrown when the price is above what the buyer allows.
    error ValueMarketTooExpensive(uint256 cost, uint256 maxCost);
    /// @notice Thrown when the ETH sent does not cover the cost, or ETH is sent for a lot priced in a token.
    error ValueMarketWrongPayment(uint256 cost, uint256 sent);

    /// @notice Thrown when the caller does not take back the ETH it sent beyond the cost.
    error ValueMarketSurplusRefused(address caller, uint256 surplus);

    /// @notice The token contract whose lots are sold here.
    function token() external view returns (address);

    /// @notice Puts a lot on sale or changes its supply and expiry.
    /// @dev Requirements: caller is the issuer; the lot names this market as its seller.
    function openListing(uint256 classId, uint32 lot, uint64 supply, uint64 expireAt) external;

    function closeListing(uint256 classId, uint32 lot) external;

    /// @notice Buys `units` for `to`. ETH beyond the cost returns to the caller.
    function buy(uint256 classId, uint32 lot, uint64 units, address to, uint256 maxCost)
        external
        payable
        returns (uint256 tokenId, uint256 cost);

    function listingOf(uint256 classId, uint32 lot) external view returns (Listing memory);
}
