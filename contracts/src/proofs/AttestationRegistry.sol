// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";
import {
    Attestation,
    AttestationRecord,
    AttestationState,
    IAttestationRegistry,
    Outcome,
    SubjectKind
} from "../interfaces/IAttestationRegistry.sol";
import {IDATClasses} from "../interfaces/IDATClasses.sol";
import {IDATCore} from "../interfaces/IDATCore.sol";
import {IProofRegistry} from "../interfaces/IProofRegistry.sol";
import {AttestationHash} from "./AttestationHash.sol";

contract AttestationRegistry is IAttestationRegistry, IProofRegistry, IERC165, EIP712 {
    using AttestationHash for Attestation;

    bytes32 private constant VERDICT = keccak256("verdict");
    /// @dev Attester, version, statement hash, issuedAt and expireAt, packed.
    uint256 private constant PROOF_HEAD = 72;

    IDATCore private immutable TOKEN;

    mapping(bytes32 id => AttestationRecord) private _records;
    mapping(bytes32 id => mapping(address verifier => bytes32 verdictId)) private _verdicts;

    constructor(address token_) EIP712("Kedge AttestationRegistry", "1") {
        TOKEN = IDATCore(token_);
    }

    /// @inheritdoc IAttestationRegistry
    function attest(Attestation calldata attestation, bytes calldata signature) external returns (bytes32 id) {
        id = idOf(attestation);
        if (msg.sender != attestation.attester) _requireSigned(id, attestation.attester, signature);
        _add(id, attestation);
    }

    /// @inheritdoc IProofRegistry
    function addProof(uint256 tokenId, bytes32 proofType, string calldata uri, bytes calldata signature) external {
        address owner = TOKEN.ownerOf(tokenId);
        if (msg.sender != owner && !TOKEN.isApprovedForClass(owner, TOKEN.classOf(tokenId), msg.sender)) {
            revert AttestationRegistryUnauthorized(tokenId, msg.sender, owner);
        }
        if (signature.length < PROOF_HEAD) revert AttestationRegistryShortProof(signature.length, PROOF_HEAD);
        Attestation memory attestation;
        attestation.subjectKind = SubjectKind.Token;
        attestation.subjectId = tokenId;
        attestation.attestationType = proofType;
        attestation.uri = uri;
        attestation.attester = address(bytes20(signature[:20]));
        attestation.version = uint32(bytes4(signature[20:24]));
        attestation.statementHash = bytes32(signature[24:56]);
        attestation.issuedAt = uint64(bytes8(signature[56:64]));
        attestation.expireAt = uint64(bytes8(signature[64:PROOF_HEAD]));
        bytes32 id = _hashTypedDataV4(attestation.ofAttestation());
        _requireSigned(id, attestation.attester, signature[PROOF_HEAD:]);
        AttestationRecord storage record = _records[id];
        // Whoever brought the attestation before the holder did cannot keep the holder from standing by it.
        if (record.attester == address(0)) _add(id, attestation);
        else if (record.putForward) revert AttestationRegistryExists(id);
        else if (record.revoked) revert AttestationRegistryRevoked(id);
        else if (_isOver(record.expireAt)) revert AttestationRegistryExpired(record.expireAt, block.timestamp);
        record.putForward = true;
        emit ProofAdded(tokenId, proofType, uri, signature);
    }

    /// @inheritdoc IAttestationRegistry
    function revoke(bytes32 id) external {
        AttestationRecord storage record = _records[id];
        address attester = record.attester;
        if (attester == address(0)) revert AttestationRegistryUnknown(id);
        if (msg.sender != attester) revert AttestationRegistryNotAttester(id, msg.sender, attester);
        if (record.revoked) revert AttestationRegistryRevoked(id);
        record.revoked = true;
        emit AttestationRevoked(id, attester);
    }

    /// @inheritdoc IAttestationRegistry
    function token() external view returns (address) {
        return address(TOKEN);
    }

    /// @inheritdoc IAttestationRegistry
    function idOf(Attestation calldata attestation) public view returns (bytes32) {
        return _hashTypedDataV4(attestation.ofAttestation());
    }

    /// @inheritdoc IAttestationRegistry
    function packProof(Attestation calldata attestation, bytes calldata signature)
        external
        pure
        returns (bytes memory)
    {
        return abi.encodePacked(
            attestation.attester,
            attestation.version,
            attestation.statementHash,
            attestation.issuedAt,
            attestation.expireAt,
            signature
        );
    }

    /// @inheritdoc IAttestationRegistry
    function recordOf(bytes32 id) external view returns (AttestationRecord memory) {
        return _records[id];
    }

    /// @inheritdoc IAttestationRegistry
    function stateOf(bytes32 id) public view returns (AttestationState) {
        AttestationRecord storage record = _records[id];
        if (record.attester == address(0)) return AttestationState.Unknown;
        if (record.revoked) return AttestationState.Revoked;
        return _isOver(record.expireAt) ? AttestationState.Expired : AttestationState.Valid;
    }

    /// @inheritdoc IAttestationRegistry
    function verdictOf(bytes32 id, address verifier) external view returns (bytes32 verdictId) {
        return _verdicts[id][verifier];
    }

    /// @inheritdoc IAttestationRegistry
    function tallyOf(bytes32 id, address[] calldata verifiers)
        public
        view
        returns (uint256 confirming, uint256 refuting)
    {
        address before = address(0);
        for (uint256 i = 0; i < verifiers.length; ++i) {
            address verifier = verifiers[i];
            if (verifier <= before) revert AttestationRegistryUnsorted(before, verifier);
            before = verifier;
            bytes32 verdictId = _verdicts[id][verifier];
            if (stateOf(verdictId) != AttestationState.Valid) continue;
            Outcome outcome = _records[verdictId].outcome;
            if (outcome == Outcome.Confirmed) ++confirming;
            else if (outcome == Outcome.Refuted) ++refuting;
        }
    }

    /// @inheritdoc IAttestationRegistry
    function isVerified(bytes32 id, address[] calldata verifiers, uint256 threshold) external view returns (bool) {
        if (threshold == 0) revert AttestationRegistryZeroThreshold();
        (uint256 confirming,) = tallyOf(id, verifiers);
        return confirming >= threshold && stateOf(id) == AttestationState.Valid;
    }

    /// @inheritdoc IERC165
    function supportsInterface(bytes4 interfaceId) external pure returns (bool) {
        return interfaceId == type(IERC165).interfaceId || interfaceId == type(IProofRegistry).interfaceId
            || interfaceId == type(IAttestationRegistry).interfaceId;
    }

    /// @dev Everything but who may add it.
    function _add(bytes32 id, Attestation memory attestation) private {
        if (_records[id].attester != address(0)) revert AttestationRegistryExists(id);
        if (attestation.attestationType == 0) revert AttestationRegistryMissing("attestationType");
        if (attestation.statementHash == 0) revert AttestationRegistryMissing("statementHash");
        if (attestation.version == 0) revert AttestationRegistryMissing("version");
        (uint64 issuedAt, uint64 expireAt) = (attestation.issuedAt, attestation.expireAt);
        if (issuedAt > block.timestamp) revert AttestationRegistryNotYetIssued(issuedAt, block.timestamp);
        if (_isOver(expireAt)) revert AttestationRegistryExpired(expireAt, block.timestamp);
        _requireSubject(attestation.subjectKind, attestation.subjectId);
        bool isVerdict = attestation.outcome != Outcome.None;
        if (
            isVerdict != (attestation.attestationType == VERDICT) || isVerdict != (attestation.refersTo != 0)
                || isVerdict != (attestation.method != 0)
        ) {
            revert AttestationRegistryNoVerdict(attestation.refersTo, attestation.outcome, attestation.method);
        }
        if (isVerdict) _supersede(id, attestation);
        _records[id] = AttestationRecord({
            attester: attestation.attester,
            expireAt: expireAt,
            outcome: attestation.outcome,
            revoked: false,
            // Ids of classes that exist have at most 64 bits, and those of tokens 128.
            subjectId: uint128(attestation.subjectId),
            issuedAt: issuedAt,
            version: attestation.version,
            subjectKind: attestation.subjectKind,
            putForward: false
        });
        emit AttestationAdded(id, attestation.subjectId, attestation.attester, attestation);
    }

    /// @dev Versions are signed, so nobody puts a verifier's verdicts into another order by bringing them in it.
    function _supersede(bytes32 id, Attestation memory verdict) private {
        bytes32 refersTo = verdict.refersTo;
        AttestationRecord storage record = _records[refersTo];
        address attester = record.attester;
        if (attester == address(0)) revert AttestationRegistryUnknown(refersTo);
        if (record.outcome != Outcome.None) revert AttestationRegistryVerdictOnVerdict(refersTo);
        if (record.subjectId != verdict.subjectId || record.subjectKind != verdict.subjectKind) {
            revert AttestationRegistryOtherSubject(refersTo, verdict.subjectId);
        }
        address verifier = verdict.attester;
        if (verifier == attester) revert AttestationRegistryOwnVerdict(refersTo, attester);
        bytes32 last = _verdicts[refersTo][verifier];
        uint32 version = _records[last].version;
        if (verdict.version <= version) revert AttestationRegistrySuperseded(last, version, verdict.version);
        _verdicts[refersTo][verifier] = id;
        emit VerdictGiven(refersTo, verifier, id, verdict.outcome, verdict.method);
    }

    function _requireSigned(bytes32 id, address attester, bytes calldata signature) private view {
        if (!SignatureChecker.isValidSignatureNowCalldata(attester, id, signature)) {
            revert AttestationRegistryNotSigned(id, attester);
        }
    }

    /// @dev The token says that there is no such class or token.
    function _requireSubject(SubjectKind kind, uint256 subjectId) private view {
        if (kind == SubjectKind.Class) IDATClasses(address(TOKEN)).classInfo(subjectId);
        else TOKEN.ownerOf(subjectId);
    }

    function _isOver(uint64 expireAt) private view returns (bool) {
        return expireAt != 0 && block.timestamp > expireAt;
    }
}
