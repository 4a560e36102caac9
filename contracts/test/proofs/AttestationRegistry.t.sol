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
import {IProofRegistry} from "../../src/interfaces/IProofRegistry.sol";
import {KedgeTest} from "../helpers/KedgeTest.sol";

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

contract AttestationRegistryTest is KedgeTest {
    uint256 private constant ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;
    bytes32 private constant LICENCE = keccak256("licence");
    bytes32 private constant VERDICT = keccak256("verdict");
    bytes32 private constant REVIEW = keccak256("document_review");

    IAttestationRegistry private registry;
    uint256 private classId;
    uint256 private tokenId;
    address private attester;
    uint256 private attesterSecret;
    address private verifier;
    uint256 private verifierSecret;

    function setUp() public override {
        super.setUp();
        registry = deployRegistry();
        (attester, attesterSecret) = makeAddrAndKey("attester");
        (verifier, verifierSecret) = makeAddrAndKey("verifier");
        classId = createClass();
        tokenId = mintValue(classId, holder, 1000, 0);
    }

    function deployRegistry() private returns (IAttestationRegistry) {
        return IAttestationRegistry(deployCode("AttestationRegistry", abi.encode(address(token))));
    }

    /// @dev Valid for a day, about the class.
    function statement() private view returns (Attestation memory attestation) {
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

    function tokenStatement() private view returns (Attestation memory attestation) {
        attestation = statement();
        attestation.subjectKind = SubjectKind.Token;
        attestation.subjectId = tokenId;
    }

    function verdictOn(bytes32 id, Outcome outcome, uint32 version) private view returns (Attestation memory verdict) {
        verdict = statement();
        verdict.attestationType = VERDICT;
        verdict.version = version;
        verdict.attester = verifier;
        verdict.statementHash = keccak256("report");
        verdict.refersTo = id;
        verdict.outcome = outcome;
        verdict.method = REVIEW;
    }

    function sign(Attestation memory attestation, uint256 secret) private view returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(secret, registry.idOf(attestation));
        return abi.encodePacked(r, s, v);
    }

    function add(Attestation memory attestation) private returns (bytes32) {
        vm.prank(attestation.attester);
        return registry.attest(attestation, "");
    }

    function refuse(Attestation memory attestation, bytes memory reason) private {
        vm.prank(attestation.attester);
        vm.expectRevert(reason);
        registry.attest(attestation, "");
    }

    function refuseUnsigned(Attestation memory attestation, bytes memory signature) private {
        bytes32 id = registry.idOf(attestation);
        vm.expectRevert(
            abi.encodeWithSelector(IAttestationRegistry.AttestationRegistryNotSigned.selector, id, attestation.attester)
        );
        registry.attest(attestation, signature);
    }

    function only(address one) private pure returns (address[] memory list) {
        list = new address[](1);
        list[0] = one;
    }

    /// @dev Ascending.
    function both(address one, address other) private pure returns (address[] memory list) {
        list = new address[](2);
        (list[0], list[1]) = one < other ? (one, other) : (other, one);
    }

    function assertState(bytes32 id, AttestationState state) private view {
        assertEq(uint256(registry.stateOf(id)), uint256(state));
    }

    // Attestations

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

    function missing(bytes32 field) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IAttestationRegistry.AttestationRegistryMissing.selector, field);
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

    // Hostile signatures

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

    // Revocation

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

    // Verdicts

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

    function otherSubject(bytes32 id, uint256 subjectId) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IAttestationRegistry.AttestationRegistryOtherSubject.selector, id, subjectId);
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

    // Verified is derived

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

    // The draft's addProof

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

    function test_P31_TheRegistryAnswersERC165() public view {
        IERC165 asked = IERC165(address(registry));
        assertTrue(asked.supportsInterface(0xc40b0372));
        assertTrue(asked.supportsInterface(type(IAttestationRegistry).interfaceId));
        assertTrue(asked.supportsInterface(0x01ffc9a7));
        assertFalse(asked.supportsInterface(0xffffffff));
        assertFalse(asked.supportsInterface(0x2c0b686c));
    }
}
