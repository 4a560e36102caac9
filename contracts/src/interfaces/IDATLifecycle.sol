// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

/// @notice One of the tokens that a token is split into.
/// @param units Value that moves to it.
/// @param share Its part of the share; the parts sum to the whole share, or are all zero.
struct SplitPart {
    address to;
    uint64 units;
    uint32 share;
}

/// @title IDATLifecycle: topping up, burning, splitting and merging (P27, R22).
/// @notice A token is never destroyed: what it earned stays claimable for ever, by whoever holds it.
interface IDATLifecycle {
    /// @notice Units were added to a token of the same lot; `deposit` = ceil(price x units), 0 for unbacked ones.
    event ValueToppedUp(uint256 indexed tokenId, uint64 units, uint256 deposit);
    /// @notice Units were destroyed by their holder; their backing, `revenue`, is the class's.
    event ValueBurned(uint256 indexed tokenId, uint64 units, uint256 revenue);
    /// @notice The token's share left the class's total for ever. What it earned before stays claimable.
    event ShareRetired(uint256 indexed tokenId, uint256 share, uint256 totalShare);
    /// @notice `newTokenId` was split off, in the same lot and with the same expiry; companion of its `Minted`.
    event TokenSplit(uint256 indexed tokenId, uint256 indexed newTokenId, uint64 units, uint256 share);

    /// @notice Thrown when a token has no share that is active.
    error DATNoActiveShare(uint256 tokenId);
    /// @notice Thrown when the parts of a share do not sum to it.
    error DATWrongParts(uint256 tokenId, uint256 parts, uint256 share);
    /// @notice Thrown when the caller may not add units to the token's lot.
    error DATNotToppedUpBy(uint256 tokenId, address caller, address seller);

    /// @notice Adds units to a token, on the terms of its lot. Whoever may mint from the lot may top up: its seller, or, for
    /// an unbacked token, the issuer.
    /// @dev Requirements: the token is not expired; its lot's policy is the current one (R25); `units` > 0; the deposit
    /// arrives in full.
    function topUp(uint256 tokenId, uint64 units) external payable;

    /// @notice Destroys unlocked units. Their backing becomes revenue of the class; see `refund` for how to get it back.
    /// @dev Requirements: caller is the holder; the token is not expired; 0 < `units` <= value.
    function burnValue(uint256 tokenId, uint64 units) external;

    /// @notice Ends the token's share for ever (R22): it earns nothing from now on, and keeps what it earned.
    /// @dev Requirements: caller is the holder; the share is active: it has entered, and neither ended nor expired.
    function retireShare(uint256 tokenId) external;

    /// @notice Splits units and the share off into new tokens of the same lot and expiry. The token keeps the rest of its
    /// value and all that it earned; where shares are given, its share ends and theirs begin in the same instant (R22) and
    /// end as it would have, so that the class's total does not change, its cap and freeze do not matter, and nobody waits for
    /// an activation.
    /// @dev Requirements: caller is the holder; the token is not expired; every part has units or a share; the units sum to
    /// at most its value; the shares sum to its active share and no revocation is pending, or they are all zero; where the
    /// class has no transfers, all parts are the caller's.
    function split(uint256 tokenId, SplitPart[] calldata parts) external returns (uint256[] memory tokenIds);

    /// @notice Moves all value of the given tokens to one of the same lot: `transferValue` for each. Shares stay (R22).
    /// @dev Requirements: caller is the holder of all of them; those of `transferValue`.
    function merge(uint256[] calldata fromTokenIds, uint256 toTokenId) external;
}
