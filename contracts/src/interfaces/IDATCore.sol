// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

/// @title IDATCore: the draft's consolidated interface (ERC-8028, section 15), function for function and event for event.
/// @notice ERC-165 id 0x2c0b686c (the draft fixes none; this is the XOR of its 19 selectors).
/// @dev What the draft leaves open is decided in docs/specs/erc-8028-profile.md; decisions are cited here as P1-P33.
interface IDATCore {
    event ClassCreated(uint256 indexed classId, string metadataURI, bytes32 integrityHash);
    event ClassPolicyUpdated(uint256 indexed classId, string policyURI);
    event MetadataUpdated(uint256 indexed classId, string metadataURI, bytes32 integrityHash);
    event Minted(
        uint256 indexed tokenId, uint256 indexed classId, address to, uint256 value, uint256 shareRatio, uint64 expireAt
    );
    event TransferToken(uint256 indexed tokenId, address indexed from, address indexed to);
    event ValueTransferred(uint256 indexed fromTokenId, uint256 indexed toTokenId, uint256 value);
    event Expired(uint256 indexed tokenId);
    event UsageRecorded(uint256 indexed tokenId, bytes32 metricType, uint256 amount, address actor);
    event RevenueSettled(uint256 indexed classId, address indexed asset, uint256 amount);
    event Claimed(uint256 indexed tokenId, address indexed to, address indexed asset, uint256 amount);
    event ApprovalForClass(address indexed owner, uint256 indexed classId, address indexed operator, bool approved);

    /// @notice Metadata, its commitment, the decimals of the class's units and the URI of its current policy.
    function getClassMeta(uint256 classId)
        external
        view
        returns (string memory metadataURI, bytes32 integrityHash, uint8 unitDecimals, string memory policyURI);

    /// @notice The class of an existing token.
    function classOf(uint256 tokenId) external view returns (uint256);

    /// @notice Spendable units of a token: what is locked in channels is not counted (R6).
    function valueOf(uint256 tokenId) external view returns (uint256);

    /// @notice The stored revenue weight of a token, saturated at 2^32 - 1 (P10).
    function shareRatioOf(uint256 tokenId) external view returns (uint256);

    /// @notice Last second at which the token is valid; 0 for ever (P20).
    function expireAtOf(uint256 tokenId) external view returns (uint64);

    function ownerOf(uint256 tokenId) external view returns (address);

    /// @notice What `claim` would pay for this token in `asset` (zero address: ETH), in the asset's smallest unit.
    function pendingRevenue(uint256 tokenId, address asset) external view returns (uint256);

    /// @notice Creates a class whose issuer is the caller (P16). Kind unspecified, no parents, policy without a hash.
    function createClass(
        string calldata metadataURI,
        bytes32 integrityHash,
        uint8 unitDecimals,
        string calldata policyURI
    ) external returns (uint256 classId);

    /// @dev Requirements: caller is the issuer.
    function updateClassMetadata(uint256 classId, string calldata metadataURI, bytes32 integrityHash) external;

    /// @notice Publishes a new policy version without a hash: it cannot back value or channels (R25).
    /// @dev Requirements: caller is the issuer.
    function updateClassPolicy(uint256 classId, string calldata policyURI) external;

    /// @notice Mints into the unbacked lot of the current policy version (R1).
    /// @dev Requirements: caller is the issuer; `value` < 2^64; `expireAt` < 2^32 and not in the past.
    function mint(uint256 classId, address to, uint256 value, uint256 shareRatio, uint64 expireAt)
        external
        returns (uint256 tokenId);

    /// @notice Moves a token, its value and its pending revenue. Class approval never moves a token (R30).
    /// @dev Requirements: caller is the owner, or approved in the sense of ERC-721.
    function transferToken(uint256 tokenId, address to) external;

    function approveForClass(uint256 classId, address operator, bool approved) external;

    function isApprovedForClass(address owner, uint256 classId, address operator) external view returns (bool);

    /// @notice Moves units between two tokens of one lot (P9, P32).
    function transferValue(uint256 fromTokenId, uint256 toTokenId, uint256 value) external;

    /// @notice Records use and takes exactly `amount` units from the token (hard quota).
    function recordUsage(uint256 tokenId, bytes32 metricType, uint256 amount) external;

    function settleRevenueETH(uint256 classId) external payable;

    /// @dev Credits what arrived, not what was asked for (P7).
    function settleRevenueERC20(uint256 classId, address asset, uint256 amount) external;

    /// @notice Pays a token's pending revenue. The owner chooses `to`; anyone else may only pay the owner (P11).
    function claim(uint256 tokenId, address asset, address payable to) external returns (uint256 amountClaimed);
}
