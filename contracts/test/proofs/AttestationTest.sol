// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {
    Attestation,
    AttestationState,
    IAttestationRegistry,
    Outcome,
    SubjectKind
} from "../../src/interfaces/IAttestationRegistry.sol";
import {KedgeTest} from "../helpers/KedgeTest.sol";

/// @notice An attester, a verifier, and what they state about a class and a token of it.
abstract contract AttestationTest is KedgeTest {
    bytes32 internal constant LICENCE = keccak256("licence");
    bytes32 internal constant VERDICT = keccak256("verdict");
    bytes32 internal constant REVIEW = keccak256("document_review");

    IAttestationRegistry internal registry;
    uint256 internal classId;
    uint256 internal tokenId;
    address internal attester;
    uint256 internal attesterSecret;
    address internal verifier;
    uint256 internal verifierSecret;

    function setUp() public override {
        super.setUp();
        registry = deployRegistry();
        (attester, attesterSecret) = makeAddrAndKey("attester");
        (verifier, verifierSecret) = makeAddrAndKey("verifier");
        classId = createClass();
        tokenId = mintValue(classId, holder, 1000, 0);
    }

    function deployRegistry() internal returns (IAttestationRegistry) {
        return IAttestationRegistry(deployCode("AttestationRegistry", abi.encode(address(token))));
    }

    /// @dev Valid for a day, about the class.
    function statement() internal view returns (Attestation memory attestation) {
        attestation.subjectKind = SubjectKind.Class;
        attestation.subjectId = classId;
        attestation.attestationType = LICENCE;
        attestation.version = 1;
        attestation.statementHash = keccak256("MIT");
        attestation.uri = "ipfs://statement";
        attestation.attester = attester;
        attestation.issuedAt = uint64(block.timestamp);
        attestation.expireAt = uint64(block.timestamp + 1 days);
    }

    function tokenStatement() internal view returns (Attestation memory attestation) {
        attestation = statement();
        attestation.subjectKind = SubjectKind.Token;
        attestation.subjectId = tokenId;
    }

    function verdictOn(bytes32 id, Outcome outcome, uint32 version) internal view returns (Attestation memory verdict) {
        verdict = statement();
        verdict.attestationType = VERDICT;
        verdict.version = version;
        verdict.attester = verifier;
        verdict.statementHash = keccak256("report");
        verdict.refersTo = id;
        verdict.outcome = outcome;
        verdict.method = REVIEW;
    }

    function sign(Attestation memory attestation, uint256 secret) internal view returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(secret, registry.idOf(attestation));
        return abi.encodePacked(r, s, v);
    }

    function add(Attestation memory attestation) internal returns (bytes32) {
        vm.prank(attestation.attester);
        return registry.attest(attestation, "");
    }

    function refuse(Attestation memory attestation, bytes memory reason) internal {
        vm.prank(attestation.attester);
        vm.expectRevert(reason);
        registry.attest(attestation, "");
    }

    function refuseUnsigned(Attestation memory attestation, bytes memory signature) internal {
        bytes32 id = registry.idOf(attestation);
        vm.expectRevert(
            abi.encodeWithSelector(IAttestationRegistry.AttestationRegistryNotSigned.selector, id, attestation.attester)
        );
        registry.attest(attestation, signature);
    }

    function assertState(bytes32 id, AttestationState state) internal view {
        assertEq(uint256(registry.stateOf(id)), uint256(state));
    }
}
