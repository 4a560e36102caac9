import type { Abi } from 'viem';
import type { Clause } from '../clause.js';
import { proofAbi } from '../draftAbi.js';
import type { Actor } from '../lab/accounts.js';
import { offChain, valueToken } from '../lab/fixtures.js';
import { emitted } from '../lab/events.js';
import { attempt, refuse, type Lab } from '../lab/lab.js';
import { addedProof, addProofCall, boundProof, newStatement, opaqueProof, signStatement } from '../lab/proofs.js';
import { approvedOperator } from './approvals.js';

const section = '9';

/** Whoever adds proofs tries bytes that nobody signed, then a signature over another statement. */
async function refuseUnsigned(lab: Lab): Promise<void> {
  const { by } = await addedProof(lab);
  const tokenId = await valueToken(lab);
  await refuse(lab, by, addProofCall(lab, opaqueProof(tokenId)), 'its signature is bytes that nobody signed');
  const statement = await newStatement(lab, tokenId);
  const signed = await signStatement(lab, lab.actors.alice, { ...statement, uri: 'ipfs://conformance/another' });
  await refuse(lab, by, addProofCall(lab, boundProof(statement, signed)), 'its signature is over another URI');
}

/** Section 9, and what the security considerations say of it. */
export const proofClauses: readonly Clause[] = [
  {
    id: 'D9.emits',
    section,
    level: 'MAY',
    words: 'event ProofAdded(uint256 indexed tokenId, bytes32 proofType, string uri, bytes signature);',
    note: 'The registry is at the address that is tried, or at the one that is named beside it.',
    check: async (lab) => {
      const { proof, done } = await addedProof(lab);
      emitted(lab, done, 'ProofAdded', proof, proofAbi as Abi, lab.registry);
    },
  },
  {
    id: 'D9.uri',
    section,
    level: 'SHOULD',
    words: '`uri` SHOULD reference proof blob',
    check: async (lab) => {
      await addedProof(lab);
      return offChain('what a URI leads to');
    },
  },
  {
    id: 'D9.signature',
    section,
    level: 'SHOULD',
    words: '`signature` SHOULD bind submitter authorization',
    note: 'Bytes that nobody signed, and a signature over another URI, are refused. Statements are signed in the form of P31.',
    check: refuseUnsigned,
  },
  {
    id: 'D9.access',
    section,
    level: 'MAY',
    words: 'Access MAY be restricted to owner/approved operator/DAO controller',
    check: async (lab) => {
      const { proof } = await addedProof(lab);
      await approvedOperator(lab);
      const { operator, stranger } = lab.actors;
      const statement = await newStatement(lab, proof.tokenId);
      const proofs = [
        opaqueProof(proof.tokenId),
        boundProof(statement, await signStatement(lab, lab.actors.alice, statement)),
      ];
      const may = async (actor: Actor): Promise<string> => {
        for (const each of proofs) if (!(await attempt(lab, actor, addProofCall(lab, each))).reverted) return 'may';
        return 'may not';
      };
      return `an approved operator ${await may(operator)} add a proof, a stranger ${await may(stranger)}`;
    },
  },
  {
    id: 'DS.spoofing',
    section: 'Security',
    level: 'SHOULD',
    words: 'If Proof Registry is used, bind submitter authorization and commitments',
    note: 'Advice without a keyword. A stranger adds no proof that nobody signed, nor one that names another token, type or URI than was signed.',
    check: async (lab) => {
      await addedProof(lab);
      const { alice, stranger } = lab.actors;
      const [tokenId, other] = [await valueToken(lab), await valueToken(lab)];
      await refuse(
        lab,
        stranger,
        addProofCall(lab, opaqueProof(tokenId)),
        'nobody signed the proof, and a stranger sent it',
      );
      const statement = await newStatement(lab, tokenId);
      const proof = boundProof(statement, await signStatement(lab, alice, statement));
      for (const [changed, what] of [
        [{ tokenId: other }, 'another token'],
        [{ proofType: `0x${'11'.repeat(32)}` }, 'another type'],
        [{ uri: 'ipfs://conformance/another' }, 'another URI'],
      ] as const) {
        await refuse(lab, stranger, addProofCall(lab, { ...proof, ...changed }), `what was signed names ${what}`);
      }
    },
  },
];
