// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

/// @title IDATErrors: breaches of the draft's section 11, with their values.
interface IDATErrors {
    /// @notice Thrown when a token id names no token.
    error ERC8028NonexistentToken(uint256 tokenId);
    /// @notice Thrown when the caller may not act on the token.
    error ERC8028Unauthorized(uint256 tokenId, address caller);
    /// @notice Thrown when a usage or value operation meets an expired token.
    error ERC8028Expired(uint256 tokenId, uint64 expireAt);
    /// @notice Thrown when a token has less value than asked for.
    error ERC8028InsufficientValue(uint256 tokenId, uint256 value, uint256 needed);
    /// @notice Thrown when value would move between classes.
    error ERC8028ClassMismatch(uint256 fromTokenId, uint256 toTokenId);
    /// @notice Thrown when value would move between lots of a class (P32).
    error DATLotMismatch(uint256 fromTokenId, uint256 toTokenId);
    /// @notice Thrown when value would move to a token that outlives its own, and is backed or of a class that keeps expiries
    /// (P22).
    error DATOutlivesSource(uint256 fromTokenId, uint256 toTokenId);
    /// @notice Thrown when value would move from a token to itself (P9).
    error DATSameToken(uint256 tokenId);
    /// @notice Thrown when a token of a class without transfers would change hands.
    error DATNonTransferable(uint256 tokenId);
    /// @notice Thrown when an operation on zero units is asked for.
    error DATZeroUnits();
    /// @notice Thrown when a value exceeds 2^64 - 1 units.
    error DATValueTooLarge(uint256 value);
    /// @notice Thrown when a new token would be born expired, or expires after 2^32 - 1.
    error DATInvalidExpiry(uint64 expireAt);
    /// @notice Thrown when a revenue amount or ledger would exceed its range.
    error DATAmountTooLarge(uint256 amount);
    /// @notice Thrown when the extension is called at its own address instead of through the token.
    error DATDirectCall();
}
