// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {Attestation} from "../interfaces/IAttestationRegistry.sol";

/// @dev EIP-712 hash of attestations, equal to that of @kedge/core: a golden vector holds both.
library AttestationHash {
    bytes32 internal constant ATTESTATION_TYPEHASH = keccak256(
        "Attestation(uint8 subjectKind,uint256 subjectId,bytes32 attestationType,uint32 version,bytes32 statementHash,string uri,address attester,uint64 issuedAt,uint64 expireAt,bytes32 refersTo,uint8 outcome,bytes32 method)"
    );

    function ofAttestation(Attestation memory attestation) internal pure returns (bytes32) {
        // In two parts, which are words and so join without gaps: more arguments than the stack holds.
        bytes memory head = abi.encode(
            ATTESTATION_TYPEHASH,
            attestation.subjectKind,
            attestation.subjectId,
            attestation.attestationType,
            attestation.version,
            attestation.statementHash,
            keccak256(bytes(attestation.uri))
        );
        bytes memory tail = abi.encode(
            attestation.attester,
            attestation.issuedAt,
            attestation.expireAt,
            attestation.refersTo,
            attestation.outcome,
            attestation.method
        );
        return keccak256(bytes.concat(head, tail));
    }
}
