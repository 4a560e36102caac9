// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

/// @notice What changes hands with a token.
/// @param value Units that are not locked; what comes back from locks follows the token.
/// @param shareRatio Weight of the share that earns, or will; 0 when it has none or it ended.
/// @param activateAt Last second before the share earns; 0 when it never waited (P17).
/// @param expireAt Last second of the token; 0: none.
/// @param revokedAt When an announced revocation may be carried out; 0: none is announced (P27).
/// @param policyVersion The version that value was made under (P18).
/// @param transferable False for a token that stays with its holder (ERC-5192).
/// @param shareOutlivesExpiry True for a share that goes on earning after `expireAt` (P21).
/// @param pending Unclaimed revenue in each of the assets that were asked for, which goes along unless the seller is paid first.
struct Resale {
    address owner;
    uint64 value;
    uint32 shareRatio;
    uint64 activateAt;
    uint64 expireAt;
    uint64 revokedAt;
    uint32 policyVersion;
    bool transferable;
    bool shareOutlivesExpiry;
    uint256[] pending;
}

/// @notice The least unclaimed revenue in one asset that a buyer agreed to.
struct PendingTerm {
    address asset;
    uint256 minPending;
}

/// @title IDATResale: selling a token on (P23, R30).
interface IDATResale {
    /// @notice Thrown when a token holds less than its buyer agreed to.
    error DATLessValue(uint256 tokenId, uint256 value, uint256 minValue);
    /// @notice Thrown when less revenue goes along with a token than its buyer agreed to.
    error DATLessPending(uint256 tokenId, address asset, uint256 pending, uint256 minPending);

    /// @notice Moves a token as ERC-721's `transferFrom` does, or not at all where less goes along than was agreed to: what
    /// its holder uses, locks or claims before the sale is not sold.
    /// @param minValue Least units, without locked ones.
    /// @param minPending Least unclaimed revenue, for each asset that is named; the asset is not called.
    /// @dev Requirements: those of `transferFrom`. The terms do not speak of the share, which its holder may retire or split
    /// off: a buyer's contract reads `resaleOf` in the same transaction.
    function transferWithTerms(
        address from,
        address to,
        uint256 tokenId,
        uint64 minValue,
        PendingTerm[] calldata minPending
    ) external;

    /// @notice Claims the token's revenue in every asset of `assets` for `from`, and then moves the token, or does nothing.
    /// @dev Requirements: those of ERC-721's `safeTransferFrom`; `from` accepts each payment. Whoever leaves an asset out leaves
    /// its revenue to the buyer. Emits `Claimed` for each asset before the transfer's events.
    /// @return amounts What `from` was paid, in the order of `assets`.
    function safeTransferWithClaim(
        address from,
        address to,
        uint256 tokenId,
        address[] calldata assets,
        bytes calldata data
    ) external returns (uint256[] memory amounts);

    /// @notice What whoever takes the token over now gets with it.
    function resaleOf(uint256 tokenId, address[] calldata assets) external view returns (Resale memory);
}
