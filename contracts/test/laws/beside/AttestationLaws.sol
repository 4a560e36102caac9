// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {
    Attestation,
    AttestationRecord,
    AttestationState,
    IAttestationRegistry,
    Outcome,
    SubjectKind
} from "../../../src/interfaces/IAttestationRegistry.sol";
import {IProofRegistry} from "../../../src/interfaces/IProofRegistry.sol";
import {Beside} from "./Beside.sol";

/// @notice Five people attest, judge, put proofs forward and revoke (P31).
contract AttestationLaws is Beside {
    struct Stated {
        bytes32 id;
        Attestation attestation;
        bool revoked;
    }

    bytes32 private constant VERDICT = keccak256("verdict");

    IAttestationRegistry internal registry;
    address[] internal signers;
    uint256[] internal secrets;
    uint256 internal classId;
    uint256[] internal tokens;
    Stated[] internal stated;
    /// @dev Position of the last verdict plus one.
    mapping(bytes32 id => mapping(address verifier => uint256)) internal lastOf;
    uint256 internal proofs;
    uint256 internal brought;
    uint256 internal superseded;
    uint256 internal revocations;

    function setUp() public override {
        super.setUp();
        registry = IAttestationRegistry(deployCode("AttestationRegistry", abi.encode(address(token))));
        for (uint256 i = 0; i < 5; ++i) {
            (address who, uint256 secret) = makeAddrAndKey(string.concat("signer ", vm.toString(i)));
            // Ascending by address, as those whom a reader trusts are listed.
            signers.push(who);
            secrets.push(secret);
            for (uint256 j = i; j > 0 && signers[j] < signers[j - 1]; --j) {
                (signers[j], signers[j - 1]) = (signers[j - 1], signers[j]);
                (secrets[j], secrets[j - 1]) = (secrets[j - 1], secrets[j]);
            }
        }
        classId = createClass();
        tokens.push(mintValue(classId, signers[0], 10, 0));
        tokens.push(mintValue(classId, signers[1], 10, 0));
        vm.prank(signers[0]);
        core.approveForClass(classId, operator, true);
    }

    function actions() external pure override returns (bytes4[] memory list) {
        list = new bytes4[](8);
        list[0] = this.warp.selector;
        list[1] = this.attest.selector;
        list[2] = this.addProof.selector;
        list[3] = this.judge.selector;
        list[4] = this.judge.selector;
        list[5] = this.revoke.selector;
        list[6] = this.forge.selector;
        list[7] = this.judge.selector;
    }

    function attest(uint256 who, uint256 about, uint256 life, uint256 way) external {
        add(statement(who, about, life), who % 5, way);
    }

    function addProof(uint256 who, uint256 about, uint256 life, uint256 by) external {
        Attestation memory a = statement(who, 1 + about % 2, life);
        // Now and then what somebody brought before.
        bool before = by / 16 % 4 == 0;
        if (before) add(a, who % 5, by / 64);
        bytes memory packed = registry.packProof(a, signed(a, who % 5));
        address owner = core.ownerOf(a.subjectId);
        address caller = by % 3 == 0 ? owner : by % 3 == 1 ? operator : signers[by % 5];
        bytes memory call = abi.encodeCall(IProofRegistry.addProof, (a.subjectId, a.attestationType, a.uri, packed));
        if (caller != owner && !(caller == operator && owner == signers[0])) {
            return trespass(caller, address(registry), call);
        }
        vm.prank(caller);
        (bool done,) = address(registry).call(call);
        assertTrue(done, "T5: the holder and its operator put proofs forward");
        assertTrue(registry.recordOf(registry.idOf(a)).putForward, "T5: and it is on record");
        trespass(caller, address(registry), call);
        ++proofs;
        if (before) return;
        stated.push();
        (stated[stated.length - 1].id, stated[stated.length - 1].attestation) = (registry.idOf(a), a);
    }

    function judge(uint256 which, uint256 who, uint256 how, uint256 life, uint256 way) external {
        if (stated.length == 0) return;
        Stated storage judged = stated[which % stated.length];
        Attestation memory v = statement(who, 0, life);
        (v.subjectKind, v.subjectId) = (judged.attestation.subjectKind, judged.attestation.subjectId);
        (v.attestationType, v.refersTo, v.method) = (VERDICT, judged.id, keccak256("audit"));
        v.outcome = Outcome(1 + how % 3);
        uint256 last = lastOf[judged.id][v.attester];
        uint32 version = last == 0 ? 0 : stated[last - 1].attestation.version;
        // Now and then one that comes too late.
        v.version = how / 3 % 5 == 0 ? uint32(how / 16 % (version + 1)) : version + 1 + uint32(how / 16 % 3);
        bool valid = v.version > version && v.attester != judged.attestation.attester
            && judged.attestation.outcome == Outcome.None;
        if (!valid) {
            trespass(v.attester, address(registry), abi.encodeCall(IAttestationRegistry.attest, (v, "")));
            return;
        }
        add(v, who % 5, way);
        lastOf[judged.id][v.attester] = stated.length;
        if (last != 0) ++superseded;
    }

    function revoke(uint256 which, uint256 who) external {
        if (stated.length == 0) return;
        Stated storage s = stated[which % stated.length];
        bytes memory call = abi.encodeCall(IAttestationRegistry.revoke, (s.id));
        if (who % 3 != 0) return trespass(s.revoked ? s.attestation.attester : stranger, address(registry), call);
        if (s.revoked) return;
        vm.prank(s.attestation.attester);
        registry.revoke(s.id);
        s.revoked = true;
        ++revocations;
    }

    /// @notice A stranger speaks for others, changes what they signed, and brings what is there already.
    function forge(uint256 who, uint256 about, uint256 life, uint256 way) external {
        Attestation memory a = statement(who, about, life);
        bytes memory signature = signed(a, who % 5);
        if (way % 6 == 0) a.version += 1;
        else if (way % 6 == 1) a.statementHash = keccak256("another");
        else if (way % 6 == 2) a.uri = "ipfs://another";
        else if (way % 6 == 3) a.attester = signers[(who % 5 + 1) % 5];
        else if (way % 6 == 4) a.expireAt += 1;
        else signature = "";
        trespass(stranger, address(registry), abi.encodeCall(IAttestationRegistry.attest, (a, signature)));
        if (stated.length == 0) return;
        a = stated[about % stated.length].attestation;
        trespass(a.attester, address(registry), abi.encodeCall(IAttestationRegistry.attest, (a, "")));
    }

    // Laws

    function checkT1WhatWasStatedStays() public view {
        for (uint256 i = 0; i < stated.length; ++i) {
            Attestation storage a = stated[i].attestation;
            AttestationRecord memory found = registry.recordOf(stated[i].id);
            assertEq(registry.idOf(a), stated[i].id, "T1: the id is the content");
            assertEq(found.attester, a.attester, "T1: attester");
            assertEq(found.subjectId, a.subjectId, "T1: subject");
            assertEq(uint256(found.subjectKind), uint256(a.subjectKind), "T1: kind");
            assertEq(found.version, a.version, "T1: version");
            assertEq(uint256(found.outcome), uint256(a.outcome), "T1: outcome");
            assertEq(found.issuedAt, a.issuedAt, "T1: issuedAt");
            assertEq(found.expireAt, a.expireAt, "T1: expireAt");
        }
    }

    function checkT2AStateIsOfTheAttesterAndTime() public view {
        for (uint256 i = 0; i < stated.length; ++i) {
            assertEq(uint256(registry.stateOf(stated[i].id)), uint256(stateOf(stated[i])), "T2: state");
        }
    }

    function checkT3OnlyAVerifiersLastVerdictCounts() public view {
        for (uint256 i = 0; i < stated.length; ++i) {
            for (uint256 v = 0; v < 5; ++v) {
                uint256 last = lastOf[stated[i].id][signers[v]];
                bytes32 expected = last == 0 ? bytes32(0) : stated[last - 1].id;
                assertEq(registry.verdictOf(stated[i].id, signers[v]), expected, "T3: the last verdict");
            }
        }
    }

    function checkT4VerifiedIsWhatTheTrustedSay() public view {
        for (uint256 i = 0; i < stated.length; ++i) {
            (uint256 confirming, uint256 refuting) = (0, 0);
            for (uint256 v = 0; v < 5; ++v) {
                uint256 last = lastOf[stated[i].id][signers[v]];
                if (last == 0 || stateOf(stated[last - 1]) != AttestationState.Valid) continue;
                Outcome outcome = stated[last - 1].attestation.outcome;
                if (outcome == Outcome.Confirmed) ++confirming;
                else if (outcome == Outcome.Refuted) ++refuting;
            }
            (uint256 foundConfirming, uint256 foundRefuting) = registry.tallyOf(stated[i].id, signers);
            assertEq(foundConfirming, confirming, "T4: confirming");
            assertEq(foundRefuting, refuting, "T4: refuting");
            bool valid = stateOf(stated[i]) == AttestationState.Valid;
            for (uint256 threshold = 1; threshold < 4; ++threshold) {
                bool verified = registry.isVerified(stated[i].id, signers, threshold);
                assertEq(verified, valid && confirming >= threshold, "T4: verified");
            }
        }
    }

    function checkAll() external view override {
        checkT1WhatWasStatedStays();
        checkT2AStateIsOfTheAttesterAndTime();
        checkT3OnlyAVerifiersLastVerdictCounts();
        checkT4VerifiedIsWhatTheTrustedSay();
    }

    function checkEverythingHappened() external view override {
        assertGt(proofs, 0, "proofs");
        assertGt(brought, 0, "brought by others");
        assertGt(superseded, 0, "superseded verdicts");
        assertGt(revocations, 0, "revoked");
        assertGt(trespasses, 0, "trespasses");
    }

    // Helpers

    function statement(uint256 who, uint256 about, uint256 life) private view returns (Attestation memory a) {
        a.subjectKind = about % 3 == 0 ? SubjectKind.Class : SubjectKind.Token;
        a.subjectId = about % 3 == 0 ? classId : tokens[about % 3 - 1];
        a.attestationType = keccak256("licence");
        a.version = 1;
        // No two are one.
        a.statementHash = keccak256(abi.encode(stated.length, trespasses));
        a.uri = "ipfs://statement";
        a.attester = signers[who % 5];
        a.issuedAt = uint64(block.timestamp - life / 4 % 100);
        a.expireAt = life % 2 == 0 ? 0 : uint64(block.timestamp + life / 512 % 5 days);
    }

    function signed(Attestation memory a, uint256 who) private view returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(secrets[who], registry.idOf(a));
        return abi.encodePacked(r, s, v);
    }

    function add(Attestation memory a, uint256 who, uint256 way) private {
        if (way % 2 == 0) {
            vm.prank(a.attester);
            stated.push();
            stated[stated.length - 1].id = registry.attest(a, "");
        } else {
            bytes memory signature = signed(a, who);
            stated.push();
            vm.prank(stranger);
            stated[stated.length - 1].id = registry.attest(a, signature);
            ++brought;
        }
        stated[stated.length - 1].attestation = a;
    }

    function stateOf(Stated storage s) private view returns (AttestationState) {
        if (s.revoked) return AttestationState.Revoked;
        uint64 expireAt = s.attestation.expireAt;
        return expireAt != 0 && block.timestamp > expireAt ? AttestationState.Expired : AttestationState.Valid;
    }
}
