// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";
import {
    Attestation,
    AttestationRecord,
    AttestationState,
    IAttestationRegistry,
    Outcome,
    SubjectKind
} from "../../src/interfaces/IAttestationRegistry.sol";
import {IDATClasses} from "../../src/interfaces/IDATClasses.sol";
import {IDATErrors} from "../../src/interfaces/IDATErrors.sol";
import {AttestationTest} from "./AttestationTest.sol";

/// @notice What is stated, and taken back.
contract AttestationRegistryTest is AttestationTest {
    function missing(bytes32 field) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IAttestationRegistry.AttestationRegistryMissing.selector, field);
    }

    function test_P31_WhoAttestsMaySendIt() public {
        Attestation memory attestation = statement();
        bytes32 id = registry.idOf(attestation);
        vm.expectEmit(address(registry));
        emit IAttestationRegistry.AttestationAdded(id, classId, attester, attestation);
        assertEq(add(attestation), id);
        AttestationRecord memory record = registry.recordOf(id);
        assertEq(record.attester, attester);
        assertEq(record.expireAt, START + 1 days);
        assertEq(record.issuedAt, START);
        assertEq(record.version, 1);
        assertEq(record.subjectId, classId);
        assertEq(uint256(record.subjectKind), uint256(SubjectKind.Class));
        assertEq(uint256(record.outcome), uint256(Outcome.None));
        assertFalse(record.revoked);
        assertEq(registry.token(), address(token));
    }

    function test_P31_AnyoneMayBringWhatIsSigned() public {
        Attestation memory attestation = tokenStatement();
        bytes memory signature = sign(attestation, attesterSecret);
        vm.prank(stranger);
        bytes32 id = registry.attest(attestation, signature);
        assertState(id, AttestationState.Valid);
        assertEq(registry.recordOf(id).attester, attester);
        assertEq(registry.recordOf(id).subjectId, tokenId);
    }

    function test_P31_TheIdIsTheTypedDigestOfAllFields() public view {
        Attestation memory attestation = verdictOn(keccak256("another"), Outcome.Refuted, 7);
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("Kedge AttestationRegistry"),
                keccak256("1"),
                block.chainid,
                address(registry)
            )
        );
        bytes memory words = bytes.concat(
            keccak256(
                "Attestation(uint8 subjectKind,uint256 subjectId,bytes32 attestationType,uint32 version,bytes32 statementHash,string uri,address attester,uint64 issuedAt,uint64 expireAt,bytes32 refersTo,uint8 outcome,bytes32 method)"
            ),
            abi.encode(uint256(0), classId, VERDICT, uint256(7), keccak256("report"), keccak256("ipfs://statement")),
            abi.encode(verifier, START, START + 1 days, keccak256("another"), uint256(2), REVIEW)
        );
        assertEq(registry.idOf(attestation), keccak256(abi.encodePacked(hex"1901", domain, keccak256(words))));
    }

    /// @dev packages/core/test/vectors/attestation.json.
    function test_P31_TheIdsAreThoseOfTheGoldenVectors() public {
        address place = 0xCf7Ed3AccA5a467e9e704C703E8D87F634fB0Fc9;
        deployCodeTo("AttestationRegistry", abi.encode(address(token)), place);
        Attestation memory attestation = Attestation({
            subjectKind: SubjectKind.Class,
            subjectId: 2,
            attestationType: LICENCE,
            version: 1,
            statementHash: 0xa7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7,
            uri: "ipfs://bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku",
            attester: 0x70997970C51812dc3A010C7d01b50e0d17dc79C8,
            issuedAt: 1_790_000_000,
            expireAt: 1_800_000_000,
            refersTo: 0,
            outcome: Outcome.None,
            method: 0
        });
        bytes32 id = IAttestationRegistry(place).idOf(attestation);
        assertEq(id, 0x563b1227315607a04ec4e7de7f64d58d73ce64e5fc8e0dac5aeee82ddd3ca91d);
        attestation.attestationType = VERDICT;
        attestation.version = 3;
        attestation.attester = 0x90F79bf6EB2c4f870365E785982E1f101E93b906;
        attestation.expireAt = 0;
        (attestation.refersTo, attestation.outcome, attestation.method) = (id, Outcome.Refuted, REVIEW);
        assertEq(
            IAttestationRegistry(place).idOf(attestation),
            0x8d9e1bd7f627a1d9f3e7b08cca3513e292ea48c7c24f2a4865cb048253ba1af9
        );
    }

    function testFuzz_P31_EveryFieldIsBound(uint8 field, uint256 other) public {
        Attestation memory attestation = tokenStatement();
        bytes memory signature = sign(attestation, attesterSecret);
        bytes32 before = registry.idOf(attestation);
        field = uint8(bound(field, 0, 10));
        bytes32 word = bytes32(other);
        if (field == 0) attestation.subjectKind = SubjectKind.Class;
        else if (field == 1) attestation.subjectId = other;
        else if (field == 2) attestation.attestationType = word;
        else if (field == 3) attestation.version = uint32(other);
        else if (field == 4) attestation.statementHash = word;
        else if (field == 5) attestation.uri = string(abi.encode(other));
        else if (field == 6) attestation.issuedAt = uint64(other);
        else if (field == 7) attestation.expireAt = uint64(other);
        else if (field == 8) attestation.refersTo = word;
        else if (field == 9) attestation.outcome = Outcome(bound(other, 1, 3));
        else attestation.method = word;
        // What is drawn may be what was there: 32 bits of a version in all of the draws.
        if (registry.idOf(attestation) == before) return assertEq(registry.attest(attestation, signature), before);
        refuseUnsigned(attestation, signature);
    }

    function test_P31_NothingIsAddedTwice() public {
        Attestation memory attestation = statement();
        bytes32 id = add(attestation);
        bytes memory exists = abi.encodeWithSelector(IAttestationRegistry.AttestationRegistryExists.selector, id);
        refuse(attestation, exists);
        bytes memory signature = sign(attestation, attesterSecret);
        vm.expectRevert(exists);
        registry.attest(attestation, signature);
        // Nor does it come back after it was revoked.
        vm.prank(attester);
        registry.revoke(id);
        vm.expectRevert(exists);
        registry.attest(attestation, signature);
    }

    function test_P31_TypeStatementAndVersionAreNeeded() public {
        Attestation memory attestation = statement();
        attestation.attestationType = 0;
        refuse(attestation, missing("attestationType"));
        attestation = statement();
        attestation.statementHash = 0;
        refuse(attestation, missing("statementHash"));
        attestation = statement();
        attestation.version = 0;
        refuse(attestation, missing("version"));
    }

    function test_P31_NothingIsDatedAhead() public {
        Attestation memory attestation = statement();
        attestation.issuedAt = uint64(START + 1);
        refuse(
            attestation,
            abi.encodeWithSelector(IAttestationRegistry.AttestationRegistryNotYetIssued.selector, START + 1, START)
        );
        vm.warp(START + 1);
        add(attestation);
    }

    function test_P31_AnExpiredAttestationIsNotAddedAndOneMayLastForEver() public {
        Attestation memory attestation = statement();
        vm.warp(attestation.expireAt + 1);
        refuse(
            attestation,
            abi.encodeWithSelector(
                IAttestationRegistry.AttestationRegistryExpired.selector, attestation.expireAt, attestation.expireAt + 1
            )
        );
        attestation.expireAt = 0;
        bytes32 id = add(attestation);
        vm.warp(START + 36_500 days);
        assertState(id, AttestationState.Valid);
    }

    function test_P31_AnAttestationIsValidInItsLastSecond() public {
        bytes32 id = add(statement());
        vm.warp(START + 1 days);
        assertState(id, AttestationState.Valid);
        vm.warp(START + 1 days + 1);
        assertState(id, AttestationState.Expired);
        assertState(keccak256("another"), AttestationState.Unknown);
    }

    function test_P31_TheSubjectExists() public {
        Attestation memory attestation = statement();
        attestation.subjectId = classId + 1;
        refuse(attestation, abi.encodeWithSelector(IDATClasses.ERC8028NonexistentClass.selector, classId + 1));
        attestation = tokenStatement();
        attestation.subjectId = tokenId + 1;
        refuse(attestation, abi.encodeWithSelector(IDATErrors.ERC8028NonexistentToken.selector, tokenId + 1));
        // The id of a class is no token, and bits beyond what an id has name nothing.
        attestation.subjectId = classId;
        refuse(attestation, abi.encodeWithSelector(IDATErrors.ERC8028NonexistentToken.selector, classId));
        attestation.subjectId = tokenId | 1 << 128;
        refuse(attestation, abi.encodeWithSelector(IDATErrors.ERC8028NonexistentToken.selector, tokenId | 1 << 128));
        attestation = statement();
        attestation.subjectId = classId | 1 << 128;
        refuse(attestation, abi.encodeWithSelector(IDATClasses.ERC8028NonexistentClass.selector, classId | 1 << 128));
    }

    function test_P31_OnlyTheAttesterRevokes() public {
        bytes32 id = add(statement());
        vm.prank(issuer);
        vm.expectRevert(
            abi.encodeWithSelector(IAttestationRegistry.AttestationRegistryNotAttester.selector, id, issuer, attester)
        );
        registry.revoke(id);
        vm.startPrank(attester);
        vm.expectEmit(address(registry));
        emit IAttestationRegistry.AttestationRevoked(id, attester);
        registry.revoke(id);
        assertState(id, AttestationState.Revoked);
        vm.expectRevert(abi.encodeWithSelector(IAttestationRegistry.AttestationRegistryRevoked.selector, id));
        registry.revoke(id);
        vm.expectRevert(
            abi.encodeWithSelector(IAttestationRegistry.AttestationRegistryUnknown.selector, bytes32("none"))
        );
        registry.revoke("none");
    }

    function test_P31_TheRegistryAnswersERC165() public view {
        IERC165 asked = IERC165(address(registry));
        assertTrue(asked.supportsInterface(0xc40b0372));
        assertTrue(asked.supportsInterface(type(IAttestationRegistry).interfaceId));
        assertTrue(asked.supportsInterface(0x01ffc9a7));
        assertFalse(asked.supportsInterface(0xffffffff));
        assertFalse(asked.supportsInterface(0x2c0b686c));
    }
}
