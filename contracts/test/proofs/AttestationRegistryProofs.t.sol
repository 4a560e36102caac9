// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {
    Attestation,
    AttestationState,
    IAttestationRegistry,
    Outcome
} from "../../src/interfaces/IAttestationRegistry.sol";
import {IDATErrors} from "../../src/interfaces/IDATErrors.sol";
import {IProofRegistry} from "../../src/interfaces/IProofRegistry.sol";
import {AttestationTest} from "./AttestationTest.sol";

/// @notice The draft's `addProof`.
contract AttestationRegistryProofsTest is AttestationTest {
    function proofOf(Attestation memory attestation, uint256 secret) private view returns (bytes memory) {
        return registry.packProof(attestation, sign(attestation, secret));
    }

    function addProof(address sender, bytes memory proof) private {
        vm.prank(sender);
        IProofRegistry(address(registry)).addProof(tokenId, LICENCE, "ipfs://statement", proof);
    }

    function test_P31_AddProofIsTheDraftsAndStoresAnAttestation() public {
        Attestation memory attestation = tokenStatement();
        bytes memory proof = proofOf(attestation, attesterSecret);
        bytes32 id = registry.idOf(attestation);
        vm.expectEmit(address(registry));
        emit IAttestationRegistry.AttestationAdded(id, tokenId, attester, attestation);
        vm.expectEmit(address(registry));
        emit IProofRegistry.ProofAdded(tokenId, LICENCE, "ipfs://statement", proof);
        addProof(holder, proof);
        assertState(id, AttestationState.Valid);
        assertEq(IProofRegistry.addProof.selector, bytes4(0xc40b0372));
        assertTrue(registry.recordOf(id).putForward);
        vm.expectRevert(abi.encodeWithSelector(IAttestationRegistry.AttestationRegistryExists.selector, id));
        addProof(holder, proof);
    }

    /// @notice A stranger copies the holder's proof out of the pool and brings it by `attest` first.
    function test_P31_Attack_NobodyKeepsAHolderFromPuttingAProofForward() public {
        Attestation memory attestation = tokenStatement();
        bytes memory proof = proofOf(attestation, attesterSecret);
        bytes memory signature = sign(attestation, attesterSecret);
        vm.prank(stranger);
        bytes32 id = registry.attest(attestation, signature);
        assertFalse(registry.recordOf(id).putForward);
        vm.expectEmit(address(registry));
        emit IProofRegistry.ProofAdded(tokenId, LICENCE, "ipfs://statement", proof);
        vm.recordLogs();
        addProof(holder, proof);
        // The attestation itself is not told of twice.
        assertEq(vm.getRecordedLogs().length, 1);
        assertTrue(registry.recordOf(id).putForward);
        vm.expectRevert(abi.encodeWithSelector(IAttestationRegistry.AttestationRegistryExists.selector, id));
        addProof(holder, proof);
        assertState(id, AttestationState.Valid);
    }

    function test_P31_WhatIsOverIsNotPutForward() public {
        Attestation memory attestation = tokenStatement();
        bytes32 id = add(attestation);
        vm.prank(attester);
        registry.revoke(id);
        bytes memory proof = proofOf(attestation, attesterSecret);
        vm.expectRevert(abi.encodeWithSelector(IAttestationRegistry.AttestationRegistryRevoked.selector, id));
        addProof(holder, proof);
        attestation.expireAt = uint64(block.timestamp + 1);
        add(attestation);
        vm.warp(block.timestamp + 2);
        proof = proofOf(attestation, attesterSecret);
        vm.expectRevert(
            abi.encodeWithSelector(
                IAttestationRegistry.AttestationRegistryExpired.selector, attestation.expireAt, block.timestamp
            )
        );
        addProof(holder, proof);
    }

    function test_P31_AProofIsPutForwardByOwnerOrOperator() public {
        bytes memory proof = proofOf(tokenStatement(), attesterSecret);
        bytes memory unauthorized = abi.encodeWithSelector(
            IAttestationRegistry.AttestationRegistryUnauthorized.selector, tokenId, operator, holder
        );
        vm.expectRevert(unauthorized);
        addProof(operator, proof);
        // The operator of another class of the holder, and one whom somebody else approved.
        uint256 otherClass = createClass();
        vm.prank(holder);
        core.approveForClass(otherClass, operator, true);
        vm.prank(stranger);
        core.approveForClass(classId, operator, true);
        vm.expectRevert(unauthorized);
        addProof(operator, proof);
        vm.prank(holder);
        core.approveForClass(classId, operator, true);
        addProof(operator, proof);
    }

    function test_P31_AProofIsSignedEvenWhereTheAttesterCalls() public {
        Attestation memory attestation = tokenStatement();
        attestation.attester = holder;
        bytes memory proof = registry.packProof(attestation, "");
        bytes32 id = registry.idOf(attestation);
        vm.expectRevert(abi.encodeWithSelector(IAttestationRegistry.AttestationRegistryNotSigned.selector, id, holder));
        addProof(holder, proof);
    }

    function test_P31_AProofIsBoundToItsTokenTypeAndUri() public {
        Attestation memory attestation = tokenStatement();
        bytes memory proof = proofOf(attestation, attesterSecret);
        vm.startPrank(holder);
        attestation.attestationType = keccak256("integrity");
        bytes32 id = registry.idOf(attestation);
        vm.expectRevert(
            abi.encodeWithSelector(IAttestationRegistry.AttestationRegistryNotSigned.selector, id, attester)
        );
        IProofRegistry(address(registry)).addProof(tokenId, keccak256("integrity"), "ipfs://statement", proof);
        attestation = tokenStatement();
        attestation.uri = "ipfs://another";
        id = registry.idOf(attestation);
        vm.expectRevert(
            abi.encodeWithSelector(IAttestationRegistry.AttestationRegistryNotSigned.selector, id, attester)
        );
        IProofRegistry(address(registry)).addProof(tokenId, LICENCE, "ipfs://another", proof);
    }

    function testFuzz_P31_AShortProofIsRefused(uint8 length) public {
        length = uint8(bound(length, 0, 71));
        vm.expectRevert(abi.encodeWithSelector(IAttestationRegistry.AttestationRegistryShortProof.selector, length, 72));
        addProof(holder, new bytes(length));
    }

    function test_P31_AProofOfAnUnknownTokenIsRefused() public {
        vm.expectRevert(abi.encodeWithSelector(IDATErrors.ERC8028NonexistentToken.selector, 5));
        IProofRegistry(address(registry)).addProof(5, LICENCE, "", "");
    }

    function test_P31_NoProofIsAVerdict() public {
        Attestation memory attestation = tokenStatement();
        attestation.attestationType = VERDICT;
        bytes memory proof = proofOf(attestation, attesterSecret);
        vm.prank(holder);
        vm.expectRevert(
            abi.encodeWithSelector(
                IAttestationRegistry.AttestationRegistryNoVerdict.selector, bytes32(0), Outcome.None, bytes32(0)
            )
        );
        IProofRegistry(address(registry)).addProof(tokenId, VERDICT, "ipfs://statement", proof);
    }
}
