// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {Attestation, IAttestationRegistry, Outcome, SubjectKind} from "../../src/interfaces/IAttestationRegistry.sol";
import {KedgeTest} from "../helpers/KedgeTest.sol";

/// @notice Gas of attestations, each call in its own transaction, under snapshot (P31).
/// forge-config: default.isolate = true
contract AttestationGasTest is KedgeTest {
    function test_P31_WhatAttestationsCost() public {
        IAttestationRegistry registry =
            IAttestationRegistry(deployCode("AttestationRegistry", abi.encode(address(token))));
        (address attester, uint256 secret) = makeAddrAndKey("attester");
        Attestation memory attestation;
        attestation.subjectKind = SubjectKind.Class;
        attestation.subjectId = createClass();
        attestation.attestationType = keccak256("licence");
        attestation.version = 1;
        attestation.statementHash = keccak256("MIT");
        attestation.uri = "ipfs://bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy";
        attestation.attester = attester;
        attestation.issuedAt = uint64(START);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(secret, registry.idOf(attestation));
        bytes32 id = registry.attest(attestation, abi.encodePacked(r, s, v));
        vm.snapshotGasLastCall("attestations", "attest, signed");

        attestation.attestationType = keccak256("verdict");
        attestation.attester = holder;
        attestation.refersTo = id;
        attestation.outcome = Outcome.Confirmed;
        attestation.method = keccak256("document_review");
        vm.startPrank(holder);
        registry.attest(attestation, "");
        vm.snapshotGasLastCall("attestations", "verdict, first of its verifier");
        attestation.version = 2;
        bytes32 verdictId = registry.attest(attestation, "");
        vm.snapshotGasLastCall("attestations", "verdict, later");
        registry.revoke(verdictId);
        vm.snapshotGasLastCall("attestations", "revoke");
    }
}
