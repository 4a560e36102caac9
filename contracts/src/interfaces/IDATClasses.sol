// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

/// @notice What a class anchors.
enum ClassKind {
    Unspecified,
    Dataset,
    Model,
    Agent
}

/// @notice One lineage edge as given at creation.
/// @param classId The parent.
/// @param royaltyBps Basis points of the child's revenue that become the parent's (R19).
struct ParentTerms {
    uint64 classId;
    uint16 royaltyBps;
}

/// @notice Everything a class fixes at creation beside what the draft names.
/// @param beneficiary Receives revenue that finds no active share; zero: it waits for the next active shares (R20).
/// @param policyHash keccak-256 of the policy's canonical JSON; zero: the policy cannot back value (R25).
struct ClassTerms {
    string metadataURI;
    bytes32 integrityHash;
    uint8 unitDecimals;
    string policyURI;
    bytes32 policyHash;
    ClassKind kind;
    address beneficiary;
    ParentTerms[] parents;
}

/// @notice A lineage edge as stored. `accepted` is set by the parent's issuer and changes no money.
struct Parent {
    uint64 classId;
    uint16 royaltyBps;
    bool accepted;
}

/// @notice A class as read back.
struct ClassInfo {
    address issuer;
    address pendingIssuer;
    ClassKind kind;
    uint8 unitDecimals;
    uint32 policyVersion;
    uint32 lotCount;
    uint32 tokenCount;
    uint64 totalShare;
    uint16 royaltyBps;
    address beneficiary;
}

/// @title IDATClasses: kinds, issuers, policy versions and lineage of classes.
interface IDATClasses {
    /// @notice Companion of `ClassCreated` (P28). Policy version 1 is `policyURI` with `policyHash`.
    event ClassConfigured(
        uint256 indexed classId,
        address indexed issuer,
        ClassKind kind,
        uint8 unitDecimals,
        address beneficiary,
        string policyURI,
        bytes32 policyHash
    );
    event ParentLinked(uint256 indexed classId, uint256 indexed parentId, uint256 parentIndex, uint16 royaltyBps);
    event ParentAccepted(uint256 indexed classId, uint256 indexed parentId, uint256 parentIndex);
    /// @notice Companion of `ClassPolicyUpdated`.
    event PolicyPublished(uint256 indexed classId, uint32 indexed policyVersion, string policyURI, bytes32 policyHash);
    event IssuerTransferStarted(uint256 indexed classId, address indexed issuer, address indexed pendingIssuer);
    event IssuerTransferred(uint256 indexed classId, address indexed previousIssuer, address indexed issuer);

    /// @notice Thrown when a class id names no class.
    error ERC8028NonexistentClass(uint256 classId);
    /// @notice Thrown when the caller is not the class's issuer.
    error DATNotIssuer(uint256 classId, address caller, address issuer);
    /// @notice Thrown when the caller was not offered the issuer role.
    error DATNotPendingIssuer(uint256 classId, address caller, address pendingIssuer);
    /// @notice Thrown when a class names more than 16 parents.
    error DATTooManyParents(uint256 count, uint256 maximum);
    /// @notice Thrown when the parents' royalties sum to more than 10,000 basis points.
    error DATRoyaltiesTooHigh(uint256 sumBps, uint256 maximumBps);
    /// @notice Thrown when an edge names a parent twice.
    error DATDuplicateParent(uint256 parentId);
    /// @notice Thrown when a class has no edge at that index.
    error DATNonexistentParent(uint256 classId, uint256 parentIndex);
    /// @notice Thrown when the caller does not issue the parent class of the edge.
    error DATNotParentIssuer(uint256 parentId, address caller);

    /// @notice Creates a class with everything it can fix. The caller becomes its issuer.
    /// @dev Requirements: at most 16 distinct existing parents; royalties sum to at most 10,000 basis points.
    /// Parents are older than their children, so lineage has no cycles.
    function createClassWithTerms(ClassTerms calldata terms) external returns (uint256 classId);

    /// @notice Publishes the next policy version. Lots and tokens keep the version they were made under (L10).
    /// @dev Requirements: caller is the issuer.
    function publishPolicy(uint256 classId, string calldata policyURI, bytes32 policyHash)
        external
        returns (uint32 policyVersion);

    /// @notice Offers the issuer role; it moves only when accepted (P16). Zero withdraws the offer.
    function transferIssuer(uint256 classId, address newIssuer) external;

    function acceptIssuer(uint256 classId) external;

    /// @notice The parent's issuer marks an edge as accepted.
    function acceptParent(uint256 classId, uint256 parentIndex) external;

    function classInfo(uint256 classId) external view returns (ClassInfo memory);

    /// @notice Number of classes; ids run from 1.
    function classCount() external view returns (uint256);

    function issuerOf(uint256 classId) external view returns (address);

    function policyOf(uint256 classId, uint32 policyVersion)
        external
        view
        returns (string memory policyURI, bytes32 policyHash);

    function parentsOf(uint256 classId) external view returns (Parent[] memory);
}
