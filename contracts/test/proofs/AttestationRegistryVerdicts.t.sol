// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {Attestation, IAttestationRegistry, Outcome, SubjectKind} from "../../src/interfaces/IAttestationRegistry.sol";
import {AttestationTest} from "./AttestationTest.sol";

/// @notice What verifiers found, and what follows from it.
contract AttestationRegistryVerdictsTest is AttestationTest {
    function only(address one) private pure returns (address[] memory list) {
        list = new address[](1);
        list[0] = one;
    }

    /// @dev Ascending.
    function both(address one, address other) private pure returns (address[] memory list) {
        list = new address[](2);
        (list[0], list[1]) = one < other ? (one, other) : (other, one);
    }

    function otherSubject(bytes32 id, uint256 subjectId) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IAttestationRegistry.AttestationRegistryOtherSubject.selector, id, subjectId);
    }

    function test_P31_AVerdictNamesWhoVerifiedAndHow() public {
        bytes32 id = add(statement());
        Attestation memory verdict = verdictOn(id, Outcome.Confirmed, 1);
        bytes32 verdictId = registry.idOf(verdict);
        vm.expectEmit(address(registry));
        emit IAttestationRegistry.VerdictGiven(id, verifier, verdictId, Outcome.Confirmed, REVIEW);
        vm.expectEmit(address(registry));
        emit IAttestationRegistry.AttestationAdded(verdictId, classId, verifier, verdict);
        registry.attest(verdict, sign(verdict, verifierSecret));
        assertEq(registry.verdictOf(id, verifier), verdictId);
        assertEq(uint256(registry.recordOf(verdictId).outcome), uint256(Outcome.Confirmed));
        assertEq(registry.verdictOf(id, stranger), 0);
    }

    function test_P31_AVerdictHasReferenceOutcomeMethodAndType() public {
        bytes32 id = add(statement());
        for (uint256 left = 0; left < 4; ++left) {
            Attestation memory verdict = verdictOn(id, Outcome.Confirmed, 1);
            if (left == 0) verdict.refersTo = 0;
            if (left == 1) verdict.outcome = Outcome.None;
            if (left == 2) verdict.method = 0;
            if (left == 3) verdict.attestationType = LICENCE;
            refuse(
                verdict,
                abi.encodeWithSelector(
                    IAttestationRegistry.AttestationRegistryNoVerdict.selector,
                    verdict.refersTo,
                    verdict.outcome,
                    verdict.method
                )
            );
        }
    }

    function test_P31_AVerdictIsOnAnAttestationOfSomebodyElse() public {
        bytes32 id = add(statement());
        Attestation memory verdict = verdictOn(keccak256("another"), Outcome.Confirmed, 1);
        refuse(
            verdict,
            abi.encodeWithSelector(IAttestationRegistry.AttestationRegistryUnknown.selector, keccak256("another"))
        );
        verdict = verdictOn(id, Outcome.Confirmed, 1);
        verdict.attester = attester;
        refuse(
            verdict, abi.encodeWithSelector(IAttestationRegistry.AttestationRegistryOwnVerdict.selector, id, attester)
        );
    }

    function test_P31_AVerdictIsAboutTheSubjectOfWhatItJudges() public {
        bytes32 id = add(statement());
        Attestation memory verdict = verdictOn(id, Outcome.Confirmed, 1);
        verdict.subjectId = createClass();
        refuse(verdict, otherSubject(id, verdict.subjectId));
        verdict.subjectKind = SubjectKind.Token;
        verdict.subjectId = tokenId;
        refuse(verdict, otherSubject(id, tokenId));
        // A class and a token of one number are two subjects. No token has a class's number, so the record is set by hand.
        bytes32 slot = bytes32(uint256(keccak256(abi.encode(id, uint256(2)))) + 1);
        bytes32 kindOfToken = bytes32(uint256(1) << 224);
        vm.store(address(registry), slot, vm.load(address(registry), slot) | kindOfToken);
        assertEq(uint256(registry.recordOf(id).subjectKind), uint256(SubjectKind.Token));
        refuse(verdictOn(id, Outcome.Confirmed, 1), otherSubject(id, classId));
    }

    /// @dev Ids are digests of content, so no verdict can name one that names it; what is left is refused.
    function test_P31_NoVerdictIsAboutAVerdict() public {
        bytes32 id = add(statement());
        bytes32 verdictId = add(verdictOn(id, Outcome.Confirmed, 1));
        Attestation memory onVerdict = verdictOn(verdictId, Outcome.Refuted, 1);
        onVerdict.attester = stranger;
        refuse(
            onVerdict,
            abi.encodeWithSelector(IAttestationRegistry.AttestationRegistryVerdictOnVerdict.selector, verdictId)
        );
    }

    function test_P31_ALaterVerdictSupersedesTheVerifiersEarlierOne() public {
        bytes32 id = add(statement());
        add(verdictOn(id, Outcome.Confirmed, 1));
        assertTrue(registry.isVerified(id, only(verifier), 1));
        bytes32 later = add(verdictOn(id, Outcome.Refuted, 2));
        assertEq(registry.verdictOf(id, verifier), later);
        assertFalse(registry.isVerified(id, only(verifier), 1));
        (uint256 confirming, uint256 refuting) = registry.tallyOf(id, only(verifier));
        assertEq(confirming, 0);
        assertEq(refuting, 1);
    }

    /// @notice Who holds an old signature cannot put it after the newer one.
    function test_P31_VerdictsCountInTheirSignersOrder() public {
        bytes32 id = add(statement());
        Attestation memory earlier = verdictOn(id, Outcome.Confirmed, 1);
        Attestation memory twin = verdictOn(id, Outcome.Undecided, 2);
        bytes memory signature = sign(earlier, verifierSecret);
        bytes memory twinSignature = sign(twin, verifierSecret);
        bytes32 later = add(verdictOn(id, Outcome.Refuted, 2));
        vm.startPrank(stranger);
        vm.expectRevert(
            abi.encodeWithSelector(IAttestationRegistry.AttestationRegistrySuperseded.selector, later, 2, 1)
        );
        registry.attest(earlier, signature);
        vm.expectRevert(
            abi.encodeWithSelector(IAttestationRegistry.AttestationRegistrySuperseded.selector, later, 2, 2)
        );
        registry.attest(twin, twinSignature);
        assertEq(registry.verdictOf(id, verifier), later);
    }

    function test_P31_ARevokedVerdictCountsNotAndNoEarlierOneComesBack() public {
        bytes32 id = add(statement());
        add(verdictOn(id, Outcome.Confirmed, 1));
        bytes32 later = add(verdictOn(id, Outcome.Confirmed, 2));
        vm.prank(verifier);
        registry.revoke(later);
        assertFalse(registry.isVerified(id, only(verifier), 1));
        assertEq(registry.verdictOf(id, verifier), later);
        Attestation memory again = verdictOn(id, Outcome.Confirmed, 3);
        add(again);
        assertTrue(registry.isVerified(id, only(verifier), 1));
    }

    function test_P31_VerifiedIsWhatTheReadersVerifiersSay() public {
        bytes32 id = add(statement());
        assertFalse(registry.isVerified(id, only(verifier), 1));
        add(verdictOn(id, Outcome.Confirmed, 1));
        Attestation memory second = verdictOn(id, Outcome.Confirmed, 1);
        second.attester = stranger;
        add(second);
        assertTrue(registry.isVerified(id, only(verifier), 1));
        assertTrue(registry.isVerified(id, both(verifier, stranger), 2));
        assertFalse(registry.isVerified(id, both(verifier, stranger), 3));
        // Who is not named does not count, and nobody at all is no verifier.
        assertFalse(registry.isVerified(id, only(issuer), 1));
        assertFalse(registry.isVerified(id, new address[](0), 1));
    }

    function test_P31_UndecidedIsNeitherAndARefutationIsShown() public {
        bytes32 id = add(statement());
        add(verdictOn(id, Outcome.Undecided, 1));
        Attestation memory second = verdictOn(id, Outcome.Refuted, 1);
        second.attester = stranger;
        add(second);
        (uint256 confirming, uint256 refuting) = registry.tallyOf(id, both(verifier, stranger));
        assertEq(confirming, 0);
        assertEq(refuting, 1);
        assertFalse(registry.isVerified(id, both(verifier, stranger), 1));
    }

    function test_P31_NothingExpiredOrRevokedIsVerified() public {
        Attestation memory attestation = statement();
        attestation.expireAt = uint64(START + 2 days);
        bytes32 id = add(attestation);
        add(verdictOn(id, Outcome.Confirmed, 1));
        vm.warp(START + 1 days);
        assertTrue(registry.isVerified(id, only(verifier), 1));
        // The verdict has expired, the attestation has not.
        vm.warp(START + 1 days + 1);
        assertFalse(registry.isVerified(id, only(verifier), 1));
        Attestation memory lasting = verdictOn(id, Outcome.Confirmed, 2);
        lasting.expireAt = 0;
        add(lasting);
        assertTrue(registry.isVerified(id, only(verifier), 1));
        uint256 snapshot = vm.snapshotState();
        vm.warp(START + 2 days + 1);
        assertFalse(registry.isVerified(id, only(verifier), 1));
        vm.revertToState(snapshot);
        vm.prank(attester);
        registry.revoke(id);
        assertFalse(registry.isVerified(id, only(verifier), 1));
    }

    function test_P31_NoVerifierIsCountedTwice() public {
        bytes32 id = add(statement());
        add(verdictOn(id, Outcome.Confirmed, 1));
        address[] memory twice = new address[](2);
        (twice[0], twice[1]) = (verifier, verifier);
        vm.expectRevert(
            abi.encodeWithSelector(IAttestationRegistry.AttestationRegistryUnsorted.selector, verifier, verifier)
        );
        registry.isVerified(id, twice, 2);
        vm.expectRevert(
            abi.encodeWithSelector(IAttestationRegistry.AttestationRegistryUnsorted.selector, address(0), address(0))
        );
        registry.tallyOf(id, only(address(0)));
        vm.expectRevert(abi.encodeWithSelector(IAttestationRegistry.AttestationRegistryZeroThreshold.selector));
        registry.isVerified(id, new address[](0), 0);
    }

    function testFuzz_P31_VerifiedEqualsACount(uint256 outcomes, uint256 revoked, uint8 count, uint8 threshold) public {
        bytes32 id = add(statement());
        count = uint8(bound(count, 1, 12));
        uint256 needed = bound(threshold, 1, 12);
        address[] memory verifiers = new address[](count);
        uint256 expected = 0;
        for (uint256 i = 0; i < count; ++i) {
            verifiers[i] = address(uint160(1_000_000 + i));
            Outcome outcome = Outcome((outcomes >> 2 * i) % 4);
            if (outcome == Outcome.None) continue;
            Attestation memory verdict = verdictOn(id, outcome, 1);
            verdict.attester = verifiers[i];
            bytes32 verdictId = add(verdict);
            if ((revoked >> i) % 2 == 1) {
                vm.prank(verifiers[i]);
                registry.revoke(verdictId);
            } else if (outcome == Outcome.Confirmed) {
                ++expected;
            }
        }
        (uint256 confirming,) = registry.tallyOf(id, verifiers);
        assertEq(confirming, expected);
        assertEq(registry.isVerified(id, verifiers, needed), expected >= needed);
    }
}
