import {
  attestationDomain,
  attestationTypes,
  attestationToAbi,
  type Address,
  type Attestation,
  type Hex,
} from '@kedge/core';
import { encodePacked, keccak256, numberToHex, toHex, type Abi } from 'viem';
import { NotApplicable } from '../outcome.js';
import { proofAbi } from '../draftAbi.js';
import type { Actor } from './accounts.js';
import { valueToken } from './fixtures.js';
import { attempt, prepare, shared, succeed, type Call, type Done, type Lab } from './lab.js';

/** The arguments of the draft's `addProof`. */
export type Proof = {
  readonly tokenId: bigint;
  readonly proofType: Hex;
  readonly uri: string;
  readonly signature: Hex;
};

export const proofType = keccak256(toHex('TEE_REPORT'));
const uri = 'ipfs://conformance/proof';

export function addProofCall(lab: Lab, proof: Proof): Call {
  const args = [proof.tokenId, proof.proofType, proof.uri, proof.signature];
  return { name: 'addProof', args, abi: proofAbi as Abi, to: lab.registry };
}

/** Bytes that nobody signed. */
export const opaqueProof = (tokenId: bigint): Proof => ({ tokenId, proofType, uri, signature: '0x1234' });

/** A statement about a token that nobody made before, of alice's where nobody else is named. */
export async function newStatement(
  lab: Lab,
  tokenId: bigint,
  attester: Address = lab.actors.alice.address,
): Promise<Attestation> {
  const number = lab.made.count++;
  return {
    subjectKind: 'token',
    subjectId: tokenId,
    attestationType: proofType,
    version: 1,
    statementHash: keccak256(numberToHex(number, { size: 32 })),
    uri,
    attester,
    issuedAt: await lab.clock.now(),
    expireAt: 0n,
  };
}

/** The EIP-712 signature over a statement, for the registry unless another domain is named. */
export async function signStatement(
  lab: Lab,
  signer: Actor,
  statement: Attestation,
  other: { readonly chainId?: number; readonly verifyingContract?: Address } = {},
): Promise<Hex> {
  const chainId = await shared(lab, 'chain id', () => lab.client.getChainId());
  return signer.account.signTypedData({
    domain: attestationDomain({ chainId, verifyingContract: lab.registry, ...other }),
    types: attestationTypes,
    primaryType: 'Attestation',
    message: attestationToAbi(statement),
  });
}

/** A statement as a proof, in the form that the profile gives the draft's `signature` (P31). */
export function boundProof(statement: Attestation, signed: Hex): Proof {
  const { subjectId: tokenId, attestationType, attester, version, statementHash, issuedAt, expireAt } = statement;
  const signature = encodePacked(
    ['address', 'uint32', 'bytes32', 'uint64', 'uint64', 'bytes'],
    [attester, version, statementHash, issuedAt, expireAt, signed],
  );
  return { tokenId, proofType: attestationType, uri: statement.uri, signature };
}

/** A proof that was taken, and in which form: bytes that nobody signed, or a statement that somebody did. */
type AddedProof = {
  readonly proof: Proof;
  readonly form: 'opaque' | 'bound';
  readonly by: Actor;
  readonly done: Done;
};

/** A proof of alice's token, added by her, or by whoever may create classes; in the first form that is taken. */
export function addedProof(lab: Lab): Promise<AddedProof> {
  return shared(lab, 'proof', async () => {
    const tokenId = await valueToken(lab);
    const statement = await newStatement(lab, tokenId);
    const bound = boundProof(statement, await signStatement(lab, lab.actors.alice, statement));
    for (const by of [lab.actors.alice, ...(lab.owner === undefined ? [] : [lab.owner])]) {
      for (const [form, proof] of [['opaque', opaqueProof(tokenId)] as const, ['bound', bound] as const]) {
        const call = addProofCall(lab, proof);
        if ((await attempt(lab, by, call)).reverted) continue;
        return { proof, form, by, done: await prepare('no proof could be added', () => succeed(lab, by, call)) };
      }
    }
    const isUnchecked = lab.registry !== lab.target;
    throw new NotApplicable(
      isUnchecked
        ? 'could not be reached: the registry that was named takes no proof of ours'
        : 'the optional proof registry is not offered at this address, or not to the holder',
      { isUnchecked },
    );
  });
}
