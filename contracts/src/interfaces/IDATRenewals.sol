// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

/// @title IDATRenewals: a later expiry, before the old one has come (P27, R22).
interface IDATRenewals {
    /// @notice The token is valid up to and including `expireAt`. Its locks keep the expiry that they were made with.
    event TokenRenewed(uint256 indexed tokenId, uint64 previousExpireAt, uint64 expireAt);
    /// @notice The token's holder may have its share until `expireAt`; 0: no more.
    event ShareRenewalOffered(uint256 indexed tokenId, uint64 expireAt);
    /// @notice The share ended in `tokenId` and began in `newTokenId` in the same instant; companion of `ShareRetired`.
    event ShareRenewed(uint256 indexed tokenId, uint256 indexed newTokenId, uint256 share, uint64 expireAt);

    /// @notice Thrown when the caller may not renew tokens of the lot.
    error DATNotRenewedBy(uint256 tokenId, address caller, address seller);
    /// @notice Thrown when a token with a share would be renewed in place: see `renewShare`.
    error DATShareNotRenewed(uint256 tokenId);
    /// @notice Thrown when a renewal is offered for a share that its token's expiry does not end (P21).
    error DATShareOutlivesExpiry(uint256 tokenId);
    /// @notice Thrown when a renewal would put off the refund that the lot allows at expiry only.
    error DATRenewalDelaysRefund(uint256 tokenId);
    /// @notice Thrown when the issuer did not offer this expiry.
    error DATRenewalNotOffered(uint256 tokenId, uint64 expireAt, uint64 offeredExpireAt);

    /// @notice Makes a token without a share valid for longer, on the terms of its lot. Whoever may mint from the lot may:
    /// its seller, or, for an unbacked token, the issuer.
    /// @dev Requirements: the token expires and has not expired; `expireAt` is later, and below 2^32; its lot's policy is the
    /// current one (R25); the token has no share, or one that outlives its expiry (P21); the lot does not refund at expiry only, so that nobody can put off what is
    /// due to the holder.
    function renew(uint256 tokenId, uint64 expireAt) external;

    /// @notice Offers a later expiry for a token's share. A new offer replaces it; 0 withdraws it.
    /// @dev Requirements: caller is the issuer; the token expires, has not expired and has a share that ends with it;
    /// `expireAt` is later, and below 2^32.
    function offerShareRenewal(uint256 tokenId, uint64 expireAt) external;

    /// @notice Ends the token's share and begins it anew, with the same weight and the offered expiry, in a new token of the
    /// same lot, without value (R22). The old token keeps its value, its expiry and all that it earned; the class's total
    /// does not change.
    /// @dev Requirements: caller is the holder; the share is active; `expireAt` is what was offered; the class's shares are
    /// not frozen (P17); no revocation is pending; there is room for the expiry (R21).
    function renewShare(uint256 tokenId, uint64 expireAt) external returns (uint256 newTokenId);

    /// @notice The expiry that is offered for the token's share; 0: none.
    function renewalOffer(uint256 tokenId) external view returns (uint64);
}
