import { attestationRegistryAbi, attestationToAbi, type Attestation, type Hex } from '@kedge/core';
import { encodeEventTopics, isAddressEqual, keccak256, toHex, type Abi } from 'viem';
import type { Clause } from '../../clause.js';
import { ClauseFailed } from '../../outcome.js';
import { valueToken } from '../../lab/fixtures.js';
import { read, refuse, same, shows, succeed, type Call, type Lab } from '../../lab/lab.js';
import { addedProof, addProofCall, boundProof, newStatement, signStatement } from '../../lab/proofs.js';
import { supports } from '../optional.js';

const registry = (lab: Lab, name: string, ...args: readonly unknown[]): Call => ({
  name,
  args,
  abi: attestationRegistryAbi as Abi,
  to: lab.registry,
});

/** ERC-165 id of IAttestationRegistry. */
const interfaceId = '0x7aca2f0b';
const method = keccak256(toHex('reproduction'));

/** A verdict of the operator's on a statement, as the registry takes it from its verifier. */
async function verdictOn(lab: Lab, id: Hex, statement: Attestation, outcome: 'confirmed' | 'refuted', version: number) {
  return attestationToAbi({
    ...statement,
    attestationType: keccak256(toHex('verdict')),
    version,
    statementHash: keccak256(toHex(`report ${version}`)),
    attester: lab.actors.operator.address,
    issuedAt: await lab.clock.now(),
    verdict: { refersTo: id, outcome, method },
  });
}

/** P31, where a proof registry is there. */
export const attestationClauses: readonly Clause[] = [
  {
    id: 'P31',
    section: 'P31',
    level: 'MUST',
    words: 'Typed, domain-bound, versioned attestations',
    note: 'Tried through addProof. A statement is signed as EIP-712 struct Attestation in the domain "Kedge AttestationRegistry".',
    check: async (lab) => {
      const { by } = await addedProof(lab);
      const { alice, bob } = lab.actors;
      const tokenId = await valueToken(lab);
      const statement = await newStatement(lab, tokenId);
      const signed = await signStatement(lab, alice, statement);
      const chainId = await lab.client.getChainId();
      const refused = async (what: string, signature: Hex, changed: Partial<Attestation> = {}): Promise<void> => {
        await refuse(lab, by, addProofCall(lab, boundProof({ ...statement, ...changed }, signature)), what);
      };
      await refused('another type was signed', signed, { attestationType: `0x${'11'.repeat(32)}` });
      await refused('another version was signed', signed, { version: 2 });
      await refused('another statement was signed', signed, { statementHash: `0x${'22'.repeat(32)}` });
      await refused('somebody else signed it', await signStatement(lab, bob, statement));
      await refused(
        'it was signed for another chain',
        await signStatement(lab, alice, statement, { chainId: chainId + 1 }),
      );
      const elsewhere = await signStatement(lab, alice, statement, { verifyingContract: alice.address });
      await refused('it was signed for another registry', elsewhere);
      const unversioned = { ...statement, version: 0 };
      await refused('it has no version', await signStatement(lab, alice, unversioned), unversioned);
      const call = addProofCall(lab, boundProof(statement, signed));
      await succeed(lab, by, call);
      await refuse(lab, by, call, 'it was added before');
    },
  },
  {
    id: 'P31.verdicts',
    section: 'P31',
    level: 'MUST',
    words: 'a verdict names who verified and how; `verified` is derived, never set',
    note: 'Where there is a registry, it has the functions of IAttestationRegistry.',
    check: async (lab) => {
      const { by } = await addedProof(lab);
      const { operator, bob } = lab.actors;
      const tokenId = await valueToken(lab);
      const statement = await newStatement(lab, tokenId);
      const signed = await signStatement(lab, lab.actors.alice, statement);
      const offered = await supports(lab, interfaceId, lab.registry);
      same(offered.value, true, `supportsInterface(${interfaceId}), IAttestationRegistry,`, offered.evidence);
      await succeed(lab, by, addProofCall(lab, boundProof(statement, signed)));
      const id = await read<Hex>(lab, registry(lab, 'idOf', attestationToAbi(statement)));
      const verified = (verifier: Hex) => registry(lab, 'isVerified', id, [verifier], 1n);
      await shows(lab, verified(operator.address), false, 'isVerified before any verdict');
      const given = await verdictOn(lab, id, statement, 'confirmed', 1);
      const { receipt, evidence } = await succeed(lab, operator, registry(lab, 'attest', given, '0x'));
      const confirmed = 'isVerified for who trusts the verifier that confirms it';
      await shows(lab, verified(operator.address), true, confirmed, evidence);
      await shows(lab, verified(bob.address), false, 'isVerified for who trusts somebody else', evidence);
      const args = { attestationId: id, verifier: operator.address };
      const topics = encodeEventTopics({ abi: attestationRegistryAbi, eventName: 'VerdictGiven', args });
      const told = receipt.logs.some(
        (log) =>
          isAddressEqual(log.address, lab.registry) &&
          topics.slice(0, 3).every((topic, index) => log.topics[index] === topic) &&
          log.data.endsWith(method.slice(2)),
      );
      if (!told) throw new ClauseFailed('VerdictGiven does not name the verifier and the method', evidence);
      const refuted = await verdictOn(lab, id, statement, 'refuted', 2);
      const second = await succeed(lab, operator, registry(lab, 'attest', refuted, '0x'));
      const after = 'isVerified after the verifier refuted it';
      await shows(lab, verified(operator.address), false, after, second.evidence);
    },
  },
];
