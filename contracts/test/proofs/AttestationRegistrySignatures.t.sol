// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {Attestation, AttestationState, IAttestationRegistry} from "../../src/interfaces/IAttestationRegistry.sol";
import {AttestationTest} from "./AttestationTest.sol";

/// @notice An attester that is a contract, and changes its mind about what it signed.
contract FickleAttester {
    bool public agrees = true;

    function setAgrees(bool agrees_) external {
        agrees = agrees_;
    }

    function revokeAt(IAttestationRegistry registry, bytes32 id) external {
        registry.revoke(id);
    }

    function isValidSignature(bytes32, bytes calldata) external view returns (bytes4) {
        return agrees ? this.isValidSignature.selector : bytes4(0);
    }
}

/// @notice Who signed what.
contract AttestationRegistrySignaturesTest is AttestationTest {
    uint256 private constant ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;

    function test_P31_ASignatureCountsOnOneChain() public {
        Attestation memory attestation = statement();
        bytes memory signature = sign(attestation, attesterSecret);
        vm.chainId(block.chainid + 1);
        refuseUnsigned(attestation, signature);
    }

    function test_P31_ASignatureCountsAtOneRegistry() public {
        Attestation memory attestation = statement();
        bytes memory signature = sign(attestation, attesterSecret);
        registry = deployRegistry();
        refuseUnsigned(attestation, signature);
    }

    function test_P31_AMalleableSignatureIsRefused() public {
        Attestation memory attestation = statement();
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(attesterSecret, registry.idOf(attestation));
        refuseUnsigned(attestation, abi.encodePacked(r, bytes32(ORDER - uint256(s)), v == 27 ? uint8(28) : uint8(27)));
    }

    function test_P31_NobodyAttestsForAnother() public {
        Attestation memory attestation = statement();
        refuseUnsigned(attestation, sign(attestation, verifierSecret));
        refuseUnsigned(attestation, "");
        refuseUnsigned(attestation, new bytes(65));
        attestation.attester = address(0);
        refuseUnsigned(attestation, new bytes(65));
        refuseUnsigned(attestation, "");
    }

    function test_P31_AContractMaySignAndItsMindIsAskedOnce() public {
        FickleAttester fickle = new FickleAttester();
        Attestation memory attestation = statement();
        attestation.attester = address(fickle);
        fickle.setAgrees(false);
        refuseUnsigned(attestation, "signature");
        fickle.setAgrees(true);
        bytes32 id = registry.attest(attestation, "signature");
        // What it says later changes nothing; it revokes what it stands by no more.
        fickle.setAgrees(false);
        assertState(id, AttestationState.Valid);
        fickle.revokeAt(registry, id);
        assertState(id, AttestationState.Revoked);
    }
}
