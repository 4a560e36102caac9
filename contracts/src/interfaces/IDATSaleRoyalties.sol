// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

/// @title IDATSaleRoyalties: what a class asks of those who resell its tokens (ERC-2981).
/// @dev Warning: ERC-2981 tells markets what is asked. They pay it or do not; nothing here depends on it, and it has nothing
/// to do with the royalties of lineage, which are on-chain revenue (R19).
interface IDATSaleRoyalties {
    event SaleRoyaltySet(uint256 indexed classId, address indexed receiver, uint16 royaltyBps);

    /// @notice Thrown when more than a tenth of the price would be asked.
    error DATSaleRoyaltyTooHigh(uint256 royaltyBps, uint256 maximumBps);

    /// @notice Sets what `royaltyInfo` answers for all tokens of the class.
    /// @param receiver Zero: nothing is asked any more.
    /// @param royaltyBps Basis points of the price, 1,000 at most.
    /// @dev Requirements: caller is the issuer.
    function setSaleRoyalty(uint256 classId, address receiver, uint16 royaltyBps) external;
}
