// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

/// @notice Who shares a token's revenue during one epoch.
/// @param root Merkle root over the leaves; see `IContributorRoots.leafOf`.
/// @param totalWeight What the leaves' weights sum to. A leaf earns weight / totalWeight.
/// @param cid Where the leaves are in the content store, so that each contributor can make its proof.
struct RootTerms {
    bytes32 root;
    uint64 totalWeight;
    string cid;
}

/// @notice One leaf's claim.
/// @param epoch Roots of a token count from 1.
/// @param asset Zero address: ETH.
/// @param index Position of the leaf among the leaves: two leaves of one account stay apart.
struct Contribution {
    uint256 tokenId;
    uint32 epoch;
    address asset;
    uint32 index;
    address account;
    uint64 weight;
}

/// @notice A committed token. All zeros: not committed.
/// @param vault Owns the token, for ever.
/// @param controller May set the next root, appeal and move value; zero: nobody may, ever.
/// @param epoch Number of roots so far.
struct Commitment {
    address vault;
    address controller;
    address pendingController;
    uint32 epoch;
}

/// @title IContributorRoots: the revenue of one share token for many contributors, by Merkle proof (R24).
/// @notice Committing is irreversible: a vault of its own owns the token from then on, and what the token earns goes to
/// leaves only. What is left to the one who committed is the right to re-root, which may be handed on or given up.
/// @dev Every root is an epoch. In each asset it lasts from the first settlement here after it was set to the first one
/// after the next was set: what is settled belongs to the epoch that was open in that asset, and then the newest is.
/// Anyone may settle at any time, so whoever is in a new root needs nobody's leave to begin earning.
interface IContributorRoots {
    event ContributorsCommitted(uint256 indexed tokenId, address indexed vault, address indexed controller);
    event ContributorRootSet(
        uint256 indexed tokenId, uint32 indexed epoch, bytes32 root, uint64 totalWeight, string cid
    );
    /// @notice `amount` arrived and belongs to the leaves of `epoch`.
    event ContributorsSettled(uint256 indexed tokenId, uint32 indexed epoch, address indexed asset, uint256 amount);
    event ContributionClaimed(
        uint256 indexed tokenId,
        address indexed account,
        address indexed asset,
        uint32 epoch,
        uint32 index,
        address to,
        uint256 amount
    );
    /// @notice The share of the committed `tokenId` goes on in `newTokenId`.
    event ContributorsRenewed(uint256 indexed tokenId, uint256 indexed newTokenId, uint64 expireAt);
    event ControlTransferStarted(
        uint256 indexed tokenId, address indexed controller, address indexed pendingController
    );
    event ControlTransferred(uint256 indexed tokenId, address indexed previousController, address indexed controller);

    /// @notice Thrown when the caller does not own the token that it commits.
    error ContributorRootsNotOwner(uint256 tokenId, address caller, address owner);
    /// @notice Thrown when the token has no share, so that it would never earn.
    error ContributorRootsNoShare(uint256 tokenId);
    /// @notice Thrown when the token's share ended with the token.
    error ContributorRootsShareExpired(uint256 tokenId, uint64 expireAt);
    /// @notice Thrown when the issuer announced that it would take the token's share.
    error ContributorRootsRevocationPending(uint256 tokenId, uint64 effectiveAt);
    /// @notice Thrown when a root or its total weight is zero.
    error ContributorRootsEmptyRoot(uint256 tokenId);
    /// @notice Thrown when the token was not committed.
    error ContributorRootsNotCommitted(uint256 tokenId);
    /// @notice Thrown when the caller may not set roots of the token.
    error ContributorRootsNotController(uint256 tokenId, address caller, address controller);
    /// @notice Thrown when the caller was not offered the right to re-root.
    error ContributorRootsNotPendingController(uint256 tokenId, address caller, address pendingController);
    /// @notice Thrown when a proof does not lead to the root of its epoch.
    error ContributorRootsWrongProof(uint256 tokenId, uint32 epoch, bytes32 leaf);
    /// @notice Thrown when somebody else than the contributor chooses where its part is paid.
    error ContributorRootsUnauthorized(address account, address caller);
    /// @notice Thrown when leaves that weigh more than their root's total have taken all that the epoch accrued.
    error ContributorRootsExhausted(uint256 tokenId, uint32 epoch, address asset, uint256 left, uint256 asked);

    /// @notice Thrown when a share was renewed as often as settlements can follow.
    error ContributorRootsTooManyRenewals(uint256 tokenId, uint256 most);

    /// @notice Gives a share token to its contributors, for ever. Epoch 1 is the given root.
    /// @param assets What the token earned in these is paid to the caller first; what it earned in others goes to epoch 1.
    /// @dev Requirements: caller owns the token and has approved this contract for it; it has a share, which has not expired
    /// and is not about to be revoked. Value that the token has, or is given later, is the controller's: `moveValue`.
    function commit(uint256 tokenId, RootTerms calldata terms, address[] calldata assets)
        external
        returns (address vault);

    /// @notice Sets the next root. What was earned under earlier roots stays theirs.
    /// @param assets Settled now: the earlier epoch ends in them here. In others it ends at their next settlement.
    /// @dev Requirements: caller is the controller.
    function setRoot(uint256 tokenId, RootTerms calldata terms, address[] calldata assets)
        external
        returns (uint32 epoch);

    /// @notice Brings in what the token has earned in `asset`. Anyone may call.
    function settle(uint256 tokenId, address asset) external returns (uint256 amount);

    /// @notice Pays a leaf what it earned in one epoch and asset and has not received yet: of what was settled,
    /// floor(accrued x weight / totalWeight) less what it claimed before.
    /// @dev Requirements: caller is the contributor, or `to` is.
    function claim(Contribution calldata contribution, bytes32[] calldata proof, address payable to)
        external
        returns (uint256 amount);

    /// @notice Takes the renewal of the share that the issuer offered to the vault: the share goes on in a new token of the
    /// vault, and all of that token's revenue is settled as this one's. Anyone may call: contributors only gain.
    /// @dev Requirements: those of the token's `renewShare`.
    /// @dev At most 256 times. What each of the vault's tokens earned is settled with the newest one's.
    function renewShare(uint256 tokenId, uint64 expireAt) external returns (uint256 newTokenId);

    /// @notice Objects to a revocation in the vault's name.
    /// @dev Requirements: caller is the controller; those of the token's `appealRevocation`.
    function appealRevocation(uint256 tokenId, string calldata statement) external;

    /// @notice Moves value of the committed token to another token. Contributors have no part in value.
    /// @dev Requirements: caller is the controller; those of `transferValue`.
    function moveValue(uint256 tokenId, uint256 toTokenId, uint256 value) external;

    /// @notice Offers the right to re-root; it moves only when accepted. Zero withdraws the offer.
    function transferControl(uint256 tokenId, address newController) external;

    function acceptControl(uint256 tokenId) external;

    /// @notice Gives up the right to re-root, to appeal and to move value: the newest root is the last.
    function renounceControl(uint256 tokenId) external;

    /// @notice The token contract.
    function token() external view returns (address);

    function commitmentOf(uint256 tokenId) external view returns (Commitment memory);

    /// @notice The token of the vault that has the committed token's share: itself, until it was renewed.
    function shareTokenOf(uint256 tokenId) external view returns (uint256);

    /// @notice Zeros when there is no such epoch.
    function rootOf(uint256 tokenId, uint32 epoch) external view returns (bytes32 root, uint64 totalWeight);

    /// @notice What was settled into an epoch, and the part of it that was claimed.
    function accruedOf(uint256 tokenId, uint32 epoch, address asset)
        external
        view
        returns (uint256 accrued, uint256 claimed);

    /// @notice The epoch that the next settlement in `asset` belongs to.
    function openEpochOf(uint256 tokenId, address asset) external view returns (uint32);

    /// @notice What `claim` would pay if the leaf is under its root.
    function claimableOf(Contribution calldata contribution) external view returns (uint256);

    /// @notice keccak256(keccak256(abi.encode(index, account, weight))): hashed twice, so that no inner node is a leaf.
    function leafOf(uint32 index, address account, uint64 weight) external pure returns (bytes32);
}
