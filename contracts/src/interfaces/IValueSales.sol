// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

/// @title IValueSales: what every contract that sells the value of lots has in common.
interface IValueSales {
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

    /// @notice Buys `units` for `to`, at the lot's price. ETH beyond the cost returns to the caller.
    /// @param maxCost Most that the caller pays, in smallest units of the lot's asset.
    function buy(uint256 classId, uint32 lot, uint64 units, address to, uint256 maxCost)
        external
        payable
        returns (uint256 tokenId, uint256 cost);
}
