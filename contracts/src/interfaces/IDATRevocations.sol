// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

/// @title IDATRevocations: taking a token's value and share back, with a reason and time for an appeal (P27).
/// @notice Only in classes that bound themselves to an appeal window at creation. Until a revocation is carried out the
/// holder keeps everything: may use, refund and transfer. What the token earned is never touched, nor are locked units;
/// nobody gains by it, for backing goes to the holder.
interface IDATRevocations {
    /// @notice The issuer wants to revoke the token from `effectiveAt` on, one appeal window from now.
    event RevocationAnnounced(uint256 indexed tokenId, uint64 effectiveAt, string reason);
    /// @notice The holder objects: the window begins anew, once.
    event RevocationAppealed(uint256 indexed tokenId, uint64 effectiveAt, string statement);
    event RevocationWithdrawn(uint256 indexed tokenId);
    /// @notice `units` and `share` ended; `amount` of the lot's asset, the units' backing, is owed to `holder`.
    event TokenRevoked(uint256 indexed tokenId, address indexed holder, uint64 units, uint256 share, uint256 amount);

    /// @notice Thrown when a class did not bind itself to an appeal window.
    error DATNotRevocable(uint256 classId);
    /// @notice Thrown when a revocation comes without a reason.
    error DATNoReason();
    /// @notice Thrown when a revocation of the token is announced and has not lapsed.
    error DATRevocationPending(uint256 tokenId, uint64 effectiveAt);
    /// @notice Thrown when no revocation of the token is announced, or the announced one has lapsed.
    error DATNothingRevoked(uint256 tokenId);
    /// @notice Thrown when a revocation's appeal window is still open.
    error DATAppealRunning(uint256 tokenId, uint64 effectiveAt);
    /// @notice Thrown when a holder appeals twice, or too late.
    error DATNoAppeal(uint256 tokenId);

    /// @notice Announces that a token is to be revoked, and why.
    /// @param reason Text or URI, for the holder and for everybody.
    /// @dev Requirements: caller is the issuer; the class has an appeal window; the token has not expired, or has a share
    /// that outlives that (P21); no other revocation of it is pending; the reason is not empty.
    function announceRevocation(uint256 tokenId, string calldata reason) external;

    /// @notice Objects, and begins the window anew, so that the issuer has to hear it.
    /// @param statement Text or URI.
    /// @dev Requirements: caller is the holder; a revocation is pending, is not effective yet and was not appealed before.
    function appealRevocation(uint256 tokenId, string calldata statement) external;

    /// @notice Gives a revocation up.
    /// @dev Requirements: caller is the issuer; a revocation is pending.
    function withdrawRevocation(uint256 tokenId) external;

    /// @notice Carries a revocation out: ends the token's share (R22) and takes all units that are not locked. Unbacked ones
    /// vanish; the backing of the others is owed to the holder, who withdraws it.
    /// @dev Requirements: caller is the issuer; the window is over, for no longer than another window, after which the
    /// revocation lapses; the token has not expired, or has a share that outlives that; its share does not wait to enter (P17).
    function revoke(uint256 tokenId) external;

    /// @notice When the pending revocation becomes effective, and whether its holder appealed; zeros when none is pending.
    function revocationOf(uint256 tokenId) external view returns (uint64 effectiveAt, bool appealed);
}
