// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

/// @notice What an attestation speaks of.
enum SubjectKind {
    Class,
    Token
}

/// @notice What a verdict says. None: the attestation is no verdict.
enum Outcome {
    None,
    Confirmed,
    Refuted,
    Undecided
}

/// @notice What became of an attestation.
enum AttestationState {
    Unknown,
    Valid,
    Expired,
    Revoked
}

/// @notice A statement of somebody about a class or a token. Its id is its EIP-712 digest.
/// @param attestationType keccak-256 of the type's label; of "verdict" in verdicts and nowhere else.
/// @param version From 1. In verdicts it orders those of one verifier on one attestation; elsewhere it is the attester's.
/// @param statementHash keccak-256 of the statement's bytes.
/// @param uri Where the statement is; empty: it is handed over in another way.
/// @param attester Who states it, and signs it or sends it.
/// @param issuedAt Unix seconds, not in the future.
/// @param expireAt Last second at which it is valid; 0 for ever.
/// @param refersTo The attestation that a verdict is about; zero where this is no verdict.
/// @param outcome None where this is no verdict.
/// @param method How a verdict was reached: keccak-256 of the method's label; zero where this is no verdict.
struct Attestation {
    SubjectKind subjectKind;
    uint256 subjectId;
    bytes32 attestationType;
    uint32 version;
    bytes32 statementHash;
    string uri;
    address attester;
    uint64 issuedAt;
    uint64 expireAt;
    bytes32 refersTo;
    Outcome outcome;
    bytes32 method;
}

/// @notice What is stored of an attestation: what the views need. All else is in the event and in the id.
/// @param attester Zero: unknown.
/// @param putForward Whether the token's holder, or its operator, put it forward by `addProof`.
struct AttestationRecord {
    // slot 0
    address attester;
    uint64 expireAt;
    Outcome outcome;
    bool revoked;
    // slot 1
    uint128 subjectId;
    uint64 issuedAt;
    uint32 version;
    SubjectKind subjectKind;
    bool putForward;
}

/// @title IAttestationRegistry: typed statements about classes and tokens, and what verifiers say of them (P31).
/// @notice Anyone attests, so an attestation is worth what its attester is to the reader. Nothing here is ever marked as
/// verified: a reader names the verifiers that it trusts and how many must agree, and `isVerified` counts their verdicts.
/// @dev Nobody owns or administers this contract. It has no rights at the token.
interface IAttestationRegistry {
    event AttestationAdded(
        bytes32 indexed id, uint256 indexed subjectId, address indexed attester, Attestation attestation
    );
    /// @notice Companion of `AttestationAdded` for verdicts.
    event VerdictGiven(
        bytes32 indexed attestationId,
        address indexed verifier,
        bytes32 indexed verdictId,
        Outcome outcome,
        bytes32 method
    );
    event AttestationRevoked(bytes32 indexed id, address indexed attester);

    /// @notice Thrown when an attestation was added before, or put forward before: its id is its content.
    error AttestationRegistryExists(bytes32 id);
    /// @notice Thrown when no attestation has the id.
    error AttestationRegistryUnknown(bytes32 id);
    /// @notice Thrown when an attestation has no type, no statement or no version; `field` names which.
    error AttestationRegistryMissing(bytes32 field);
    /// @notice Thrown when an attestation is dated ahead of the block.
    error AttestationRegistryNotYetIssued(uint64 issuedAt, uint256 timestamp);
    /// @notice Thrown when an attestation comes after its expiry.
    error AttestationRegistryExpired(uint64 expireAt, uint256 timestamp);
    /// @notice Thrown when neither the attester sends the attestation nor its signature is over it.
    error AttestationRegistryNotSigned(bytes32 id, address attester);
    /// @notice Thrown when only some of reference, outcome, method and the type "verdict" are there: a verdict has all.
    error AttestationRegistryNoVerdict(bytes32 refersTo, Outcome outcome, bytes32 method);
    /// @notice Thrown when a verdict names another subject than what it is about.
    error AttestationRegistryOtherSubject(bytes32 refersTo, uint256 subjectId);
    /// @notice Thrown when a verdict is about a verdict: who disagrees gives a verdict on the attestation itself.
    error AttestationRegistryVerdictOnVerdict(bytes32 refersTo);
    /// @notice Thrown when a verdict is the attester's own.
    error AttestationRegistryOwnVerdict(bytes32 refersTo, address attester);
    /// @notice Thrown when the verifier's verdict of that version, or a later one, is there already.
    error AttestationRegistrySuperseded(bytes32 verdictId, uint32 version, uint32 given);
    /// @notice Thrown when the caller did not make the attestation that it revokes.
    error AttestationRegistryNotAttester(bytes32 id, address caller, address attester);
    /// @notice Thrown when an attestation was revoked before.
    error AttestationRegistryRevoked(bytes32 id);
    /// @notice Thrown when the caller of `addProof` is neither the token's owner nor its operator for the class.
    error AttestationRegistryUnauthorized(uint256 tokenId, address caller, address owner);
    /// @notice Thrown when the draft's `signature` is shorter than what it must begin with.
    error AttestationRegistryShortProof(uint256 length, uint256 minimum);
    /// @notice Thrown when trusted verifiers do not ascend by address: nobody is counted twice.
    error AttestationRegistryUnsorted(address before, address verifier);
    /// @notice Thrown when no verifier would have to agree.
    error AttestationRegistryZeroThreshold();

    /// @notice Adds an attestation or a verdict.
    /// @param signature The attester's over the id, as an account or by ERC-1271; ignored where the attester is the caller.
    /// @dev Requirements: the subject exists; type, statement and version are there; issued and not expired. A verdict refers
    /// to an attestation of somebody else about the same subject, which is no verdict, and has a higher version than the
    /// verifier's last one on it.
    /// Warning: a contract's signature counts when it is brought. What it says later changes nothing; it may `revoke`.
    /// Warning: who has a signature may bring it until it expires. To take it back, bring it and revoke it.
    function attest(Attestation calldata attestation, bytes calldata signature) external returns (bytes32 id);

    /// @notice Ends an attestation or a verdict, for ever. An earlier verdict of the same verifier does not come back.
    /// @dev Requirements: caller is the attester.
    function revoke(bytes32 id) external;

    /// @notice The token contract whose classes and tokens are spoken of.
    function token() external view returns (address);

    /// @notice EIP-712 digest under the domain "Kedge AttestationRegistry", version "1", the chain and this contract. Whoever
    /// is handed an attestation as data binds it by this to what the other views say.
    function idOf(Attestation calldata attestation) external view returns (bytes32);

    /// @notice What `addProof` takes as `signature`.
    function packProof(Attestation calldata attestation, bytes calldata signature) external pure returns (bytes memory);

    /// @notice All zeros: unknown.
    function recordOf(bytes32 id) external view returns (AttestationRecord memory);

    function stateOf(bytes32 id) external view returns (AttestationState);

    /// @notice The last verdict of a verifier on an attestation, revoked and expired ones included; zero: none.
    function verdictOf(bytes32 id, address verifier) external view returns (bytes32 verdictId);

    /// @notice How many of the named verifiers confirm and refute an attestation by verdicts that are valid now.
    /// @param verifiers Ascending by address.
    function tallyOf(bytes32 id, address[] calldata verifiers)
        external
        view
        returns (uint256 confirming, uint256 refuting);

    /// @notice Whether an attestation is valid now, and at least `threshold` of the named verifiers confirm it.
    /// @param verifiers Those that the caller trusts, ascending by address.
    /// @dev A refutation does not outweigh confirmations: look at `tallyOf`.
    function isVerified(bytes32 id, address[] calldata verifiers, uint256 threshold) external view returns (bool);
}
