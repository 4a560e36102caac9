import {
  attestationFromAbi,
  attestationStateAt,
  BaseError,
  type Address,
  type Attestation,
  type attestationRegistryAbi,
  type AttestationState,
  type BlockRange,
  type Hex,
  type Page,
  type Verdict,
} from '@kedge/core';
import type { GetContractEventsReturnType } from 'viem';
import type { ChainReader, ReadClient } from '../client.js';
import { attestationRegistryOf, firstBlockOf } from '../contracts.js';
import { readEvents } from '../readEvents.js';
import { reading } from '../reading.js';
import { requireValues } from '../requireArguments.js';
import type { AttestationSubject } from './signAttestation.js';

export type GetAttestationsParameters = AttestationSubject & {
  /** Verifiers that the caller trusts, in any order. Without them nothing is said to be verified or not. */
  readonly trust?: readonly Address[];
  /** How many of them must confirm. Default 1. */
  readonly threshold?: number;
  /** Only what this account stated. */
  readonly attester?: Address;
  /** Where to look from; default the first one of the deployment. */
  readonly fromBlock?: bigint;
  /** What the page before said in `next`. */
  readonly after?: string;
  /** At most so many at once, up to 100; default 20. */
  readonly limit?: number;
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
    /** The newest twenty, oldest first, superseded ones included; and the last one of each trusted verifier. */
    readonly verdicts: readonly VerdictView[];
    readonly verdictCount: number;
    /** Of the trusted verifiers; absent where none was named. */
    readonly trusted?: {
      readonly confirming: number;
      readonly refuting: number;
      /** The contract's answer for these verifiers and this threshold. */
      readonly verified: boolean;
    };
  };

const pageLimit = { most: 100, usual: 20 } as const;
/** Anybody may give verdicts, so they are bounded as attestations are. */
const mostVerdicts = 20;
/** So many ids at most are looked for with one question. */
const mostTopics = 100;

/**
 * The attestations of a class or token with their verdicts, oldest first, and whether those whom the caller trusts confirm
 * them (P31): a page of them, because anyone may attest. All of a page is of one block.
 *
 * @throws BaseError `contract_missing` where the deployment is older, `subject_missing`, `threshold_invalid`,
 * `page_invalid`.
 *
 * @example
 * const { items, next } = await getAttestations(client, { classId: 1n, trust: [auditor] });
 */
export async function getAttestations(
  client: ReadClient,
  parameters: GetAttestationsParameters,
): Promise<Page<AttestationView>> {
  const { threshold = 1, trust } = parameters;
  if (!Number.isSafeInteger(threshold) || threshold < 1) {
    throw new BaseError(`${threshold} verifiers cannot agree.`, {
      code: 'threshold_invalid',
      hints: ['Give a whole number from 1 on.'],
    });
  }
  const subject: Partial<Record<'classId' | 'tokenId', bigint>> = parameters;
  if (subject.classId === undefined && subject.tokenId === undefined) {
    // A node that is asked for no subject answers for all.
    throw new BaseError('Attestations are of a class or of a token.', {
      code: 'subject_missing',
      hints: ['Give classId or tokenId.'],
    });
  }
  const part = partOf(parameters, firstBlockOf(client.deployment));
  const registry = attestationRegistryOf(client.deployment);
  const doing = 'read the attestations';
  requireValues(doing, [{ name: 'trust', type: 'address[]' }], [trust ?? []]);
  return reading(client, doing, async (chain) => {
    const verifiers = trust && [...new Set(trust.map((each) => each.toLowerCase() as Address))].toSorted();
    const block = await chain.getBlock();
    const at = { ...registry, blockNumber: block.number } as const;
    const { found, next } = await findAttestations(chain, at, parameters, part);
    const given = await findVerdicts(chain, at, found);
    const shown = new Map(found.map(({ args: { id } }) => [id, shownOf(given.get(id) ?? [], verifiers)]));
    const added = await findAdded(chain, at, [...shown.values()].flat());
    const stateOf = async ({ id, expireAt }: { readonly id: Hex; readonly expireAt: bigint }) => {
      const { revoked } = await chain.readContract({ ...at, functionName: 'recordOf', args: [id] });
      return attestationStateAt({ revoked, expireAt }, block.timestamp);
    };
    const items = await Promise.all(
      found.map(async ({ args: { id, attestation }, blockNumber, transactionHash }) => {
        const all = given.get(id) ?? [];
        const { verdict: _, ...stated } = attestationFromAbi(attestation);
        // Awaited together: what fails while another is awaited would be a rejection that nobody handles.
        const [state, trusted, verdicts] = await Promise.all([
          stateOf({ id, expireAt: stated.expireAt }),
          verifiers && tallyOf(chain, at, id, verifiers, threshold),
          Promise.all(shown.get(id)!.map((verdict) => viewOf(verdict, added, all, stateOf))),
        ]);
        return {
          id,
          state,
          blockNumber,
          transactionHash,
          ...stated,
          verdicts,
          verdictCount: all.length,
          ...(trusted === undefined ? {} : { trusted }),
        };
      }),
    );
    return { items, next };
  });
}

type At = ReturnType<typeof attestationRegistryOf> & { readonly blockNumber: bigint };
type LogPlace = { readonly blockNumber: bigint; readonly logIndex: number };
type Part = { readonly fromBlock: bigint; readonly after: LogPlace | undefined; readonly limit: number };
type EventOf<name extends 'AttestationAdded' | 'VerdictGiven'> = GetContractEventsReturnType<
  typeof attestationRegistryAbi,
  name,
  true
>[number];
type Added = EventOf<'AttestationAdded'>;
type Given = EventOf<'VerdictGiven'>;

function partOf({ after, limit = pageLimit.usual, fromBlock }: GetAttestationsParameters, first: bigint): Part {
  const [, block, index] = /^(\d{1,20})-(\d{1,9})$/.exec(after ?? '') ?? [];
  const isLimit = Number.isSafeInteger(limit) && limit >= 1 && limit <= pageLimit.most;
  if (!isLimit || (after !== undefined && block === undefined)) {
    throw new BaseError('There is no such page of attestations.', {
      code: 'page_invalid',
      values: { after, limit },
      hints: [`Pass as after what the page before said in next, and a limit from 1 to ${pageLimit.most}.`],
    });
  }
  const place = block === undefined ? undefined : { blockNumber: BigInt(block), logIndex: Number(index) };
  return { fromBlock: place?.blockNumber ?? fromBlock ?? first, after: place, limit };
}

/** One more than the limit is looked for, to know whether there is a next page. */
async function findAttestations(
  chain: ChainReader,
  at: At,
  parameters: GetAttestationsParameters,
  { fromBlock, after, limit }: Part,
): Promise<{ readonly found: readonly Added[]; readonly next: string | null }> {
  const [kind, subjectId] = 'classId' in parameters ? ['class', parameters.classId] : ['token', parameters.tokenId];
  const { attester } = parameters;
  const isOfPage = ({ args, blockNumber, logIndex }: Added): boolean => {
    const { subjectKind, verdict } = attestationFromAbi(args.attestation);
    if (subjectKind !== kind || verdict !== undefined) return false;
    if (after === undefined || blockNumber > after.blockNumber) return true;
    return blockNumber === after.blockNumber && logIndex > after.logIndex;
  };
  const args = { subjectId, ...(attester === undefined ? {} : { attester }) };
  const range = { fromBlock, toBlock: at.blockNumber };
  const isEnough = (events: readonly Added[]): boolean => events.filter(isOfPage).length > limit;
  const found = (await readAdded(chain, at, args, range, isEnough)).filter(isOfPage);
  const page = found.slice(0, limit);
  const last = page.at(-1);
  return { found: page, next: found.length > limit ? `${last!.blockNumber}-${last!.logIndex}` : null };
}

/** The verdicts on each attestation, oldest first. */
async function findVerdicts(chain: ChainReader, at: At, found: readonly Added[]): Promise<Map<Hex, Given[]>> {
  const given = new Map<Hex, Given[]>();
  if (found.length === 0) return given;
  const range = { fromBlock: found[0]!.blockNumber, toBlock: at.blockNumber };
  for (const event of await readGiven(chain, at, { attestationId: found.map(({ args }) => args.id) }, range)) {
    const all = given.get(event.args.attestationId) ?? [];
    all.push(event);
    given.set(event.args.attestationId, all);
  }
  return given;
}

/** The last verdict of a verifier: the contract takes them in the order of their versions only. */
function isLast({ args: { verdictId, verifier } }: Given, all: readonly Given[]): boolean {
  return all.findLast(({ args }) => args.verifier === verifier)!.args.verdictId === verdictId;
}

function shownOf(all: readonly Given[], verifiers: readonly Address[] = []): Given[] {
  const isTrusted = ({ args: { verifier } }: Given): boolean => verifiers.includes(verifier.toLowerCase() as Address);
  const trusted = all.slice(0, -mostVerdicts).filter((given) => isTrusted(given) && isLast(given, all));
  return [...trusted, ...all.slice(-mostVerdicts)];
}

/** What the verdicts say in full, by their ids. */
async function findAdded(chain: ChainReader, at: At, verdicts: readonly Given[]): Promise<Map<Hex, Added>> {
  const added = new Map<Hex, Added>();
  for (let start = 0; start < verdicts.length; start += mostTopics) {
    const some = verdicts.slice(start, start + mostTopics);
    const blocks = some.map(({ blockNumber }) => blockNumber).toSorted((a, b) => (a < b ? -1 : 1));
    const range = { fromBlock: blocks[0]!, toBlock: blocks.at(-1)! };
    const args = { id: some.map(({ args: { verdictId } }) => verdictId) };
    for (const event of await readAdded(chain, at, args, range)) added.set(event.args.id, event);
  }
  return added;
}

async function viewOf(
  given: Given,
  added: ReadonlyMap<Hex, Added>,
  all: readonly Given[],
  stateOf: (recorded: { readonly id: Hex; readonly expireAt: bigint }) => Promise<AttestationState>,
): Promise<VerdictView> {
  const event = added.get(given.args.verdictId);
  if (event === undefined) {
    throw new BaseError('The node knows of a verdict and not of what it says.', {
      code: 'chain_error',
      kind: 'transient',
      values: { verdictId: given.args.verdictId },
      hints: ['Ask again: one node behind the RPC URL may not have all blocks yet.'],
    });
  }
  const { args, blockNumber, transactionHash } = event;
  const { id } = args;
  const { verdict, attester: verifier, ...stated } = attestationFromAbi(args.attestation);
  const state = await stateOf({ id, expireAt: stated.expireAt });
  return { id, state, blockNumber, transactionHash, ...stated, ...verdict!, verifier, isLast: isLast(given, all) };
}

async function tallyOf(
  chain: ChainReader,
  at: At,
  id: Hex,
  verifiers: readonly Address[],
  threshold: number,
): Promise<NonNullable<AttestationView['trusted']>> {
  const [[confirming, refuting], verified] = await Promise.all([
    chain.readContract({ ...at, functionName: 'tallyOf', args: [id, verifiers] }),
    chain.readContract({ ...at, functionName: 'isVerified', args: [id, verifiers, BigInt(threshold)] }),
  ]);
  return { confirming: Number(confirming), refuting: Number(refuting), verified };
}

function readAdded(
  chain: ChainReader,
  { address, abi }: At,
  args: { readonly id?: readonly Hex[]; readonly subjectId?: bigint; readonly attester?: Address },
  range: BlockRange,
  isEnough: (events: readonly Added[]) => boolean = () => false,
): Promise<readonly Added[]> {
  return readEvents(chain, { address, abi, eventName: 'AttestationAdded', args, ...range, isEnough });
}

function readGiven(
  chain: ChainReader,
  { address, abi }: At,
  args: { readonly attestationId: readonly Hex[] },
  range: BlockRange,
): Promise<readonly Given[]> {
  return readEvents(chain, { address, abi, eventName: 'VerdictGiven', args, ...range });
}
