import {
  attestationFromAbi,
  attestationStateAt,
  BaseError,
  type Address,
  type Attestation,
  type AttestationState,
  type Hex,
  type Verdict,
} from '@kedge/core';
import type { ChainReader, ReadClient } from '../client.js';
import { attestationRegistryOf, firstBlockOf } from '../contracts.js';
import { readEvents } from '../readEvents.js';
import { reading } from '../reading.js';
import type { AttestationSubject } from './signAttestation.js';

export type GetAttestationsParameters = AttestationSubject & {
  /** Verifiers that the caller trusts, in any order. Without them nothing is said to be verified or not. */
  readonly trust?: readonly Address[];
  /** How many of them must confirm. Default 1. */
  readonly threshold?: number;
  /** Where to look from; default the first one of the deployment. */
  readonly fromBlock?: bigint;
};

type Recorded = {
  readonly id: Hex;
  readonly state: AttestationState;
  readonly blockNumber: bigint;
  readonly transactionHash: Hex;
};

/** A verdict as it stands now. */
export type VerdictView = Recorded &
  Omit<Attestation, 'verdict' | 'attester'> &
  Verdict & {
    readonly verifier: Address;
    /** Whether it is the verifier's last one: only that one counts, and only while it is valid. */
    readonly isLast: boolean;
  };

/** An attestation as it stands now. */
export type AttestationView = Recorded &
  Omit<Attestation, 'verdict'> & {
    /** Oldest first, superseded ones included. */
    readonly verdicts: readonly VerdictView[];
    /** Of the trusted verifiers; absent where none was named. */
    readonly trusted?: {
      readonly confirming: number;
      readonly refuting: number;
      /** The contract's answer for these verifiers and this threshold. */
      readonly verified: boolean;
    };
  };

/**
 * The attestations of a class or token with their verdicts, oldest first, and whether those whom the caller trusts confirm
 * them (P31). All of it is of one block.
 *
 * @throws BaseError `contract_missing` where the deployment is older.
 *
 * @example
 * const attestations = await getAttestations(client, { classId: 1n, trust: [auditor] });
 */
export async function getAttestations(
  client: ReadClient,
  parameters: GetAttestationsParameters,
): Promise<AttestationView[]> {
  const { fromBlock = firstBlockOf(client.deployment), threshold = 1, trust } = parameters;
  if (!Number.isSafeInteger(threshold) || threshold < 1) {
    throw new BaseError(`${threshold} verifiers cannot agree.`, {
      code: 'threshold_invalid',
      hints: ['Give a whole number from 1 on.'],
    });
  }
  const registry = attestationRegistryOf(client.deployment);
  const [kind, subjectId] = 'classId' in parameters ? ['class', parameters.classId] : ['token', parameters.tokenId];
  return reading(client, 'read the attestations', async (chain) => {
    const block = await chain.getBlock();
    const at = { ...registry, blockNumber: block.number } as const;
    const range = { fromBlock, toBlock: block.number } as const;
    const logs = await readEvents(chain, { ...registry, eventName: 'AttestationAdded', args: { subjectId }, ...range });
    const found = await Promise.all(
      logs.map(async ({ args, blockNumber, transactionHash }) => {
        const { revoked } = await chain.readContract({ ...at, functionName: 'recordOf', args: [args.id] });
        const attestation = attestationFromAbi(args.attestation);
        const state = attestationStateAt({ revoked, expireAt: attestation.expireAt }, block.timestamp);
        return { id: args.id, state, blockNumber, transactionHash, attestation };
      }),
    );
    const ofSubject = found.filter(({ attestation }) => attestation.subjectKind === kind);
    const verdicts = await Promise.all(
      ofSubject.flatMap(({ attestation: { verdict, attester: verifier, ...rest }, ...recorded }) =>
        verdict === undefined ? [] : [readVerdict(chain, at, { ...recorded, ...rest, ...verdict, verifier })],
      ),
    );
    const verifiers = trust && [...new Set(trust.map((each) => each.toLowerCase() as Address))].toSorted();
    return Promise.all(
      ofSubject.flatMap(({ attestation: { verdict, ...rest }, ...recorded }) =>
        verdict === undefined ? [withTally(chain, at, { ...recorded, ...rest }, verdicts, verifiers, threshold)] : [],
      ),
    );
  });
}

type At = ReturnType<typeof attestationRegistryOf> & { readonly blockNumber: bigint };

async function readVerdict(chain: ChainReader, at: At, verdict: Omit<VerdictView, 'isLast'>): Promise<VerdictView> {
  const args = [verdict.refersTo, verdict.verifier] as const;
  const last = await chain.readContract({ ...at, functionName: 'verdictOf', args });
  return { ...verdict, isLast: last === verdict.id };
}

async function withTally(
  chain: ChainReader,
  at: At,
  attestation: Omit<AttestationView, 'verdicts' | 'trusted'>,
  verdicts: readonly VerdictView[],
  verifiers: readonly Address[] | undefined,
  threshold: number,
): Promise<AttestationView> {
  const own = { ...attestation, verdicts: verdicts.filter(({ refersTo }) => refersTo === attestation.id) };
  if (verifiers === undefined) return own;
  const [[confirming, refuting], verified] = await Promise.all([
    chain.readContract({ ...at, functionName: 'tallyOf', args: [attestation.id, verifiers] }),
    chain.readContract({ ...at, functionName: 'isVerified', args: [attestation.id, verifiers, BigInt(threshold)] }),
  ]);
  return { ...own, trusted: { confirming: Number(confirming), refuting: Number(refuting), verified } };
}
