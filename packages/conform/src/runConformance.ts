import { BaseError, type Address } from '@kedge/core';
import { BaseError as ViemError, type LocalAccount, type PublicClient } from 'viem';
import { clausesOf } from './clauses/index.js';
import type { Clause, ClauseResult, Level, Profile } from './clause.js';
import { ClauseFailed, NotApplicable } from './outcome.js';
import { beginRun, findUnreturned, returnFunds, toActor, type Begun, type BrokenOff } from './lab/accounts.js';
import { revertOf } from './lab/chainCall.js';
import { createClock, type ClockOptions } from './lab/clock.js';
import { neverBehind } from './lab/neverBehind.js';
import { createSender, type Sender } from './lab/sender.js';
import type { Lab } from './lab/lab.js';
import { requireCode } from './requireCode.js';

export type ConformanceParameters = ClockOptions & {
  readonly publicClient: PublicClient;
  /** The contract that is tried. */
  readonly address: Address;
  /** Where the draft's optional proof registry is, when it is another contract. */
  readonly registry?: Address;
  /** Where its adapter for readers of ERC-3525 is, when it is another contract. */
  readonly adapter?: Address;
  /** Default `draft`. */
  readonly profile?: Profile;
  /** Pays for everything; what is left comes back to it. */
  readonly funder: LocalAccount;
  /** Who may create classes and mint, where not everybody may. */
  readonly owner?: LocalAccount;
  readonly onProgress?: (done: number, total: number, next: string) => void;
};

export type Counts = Readonly<Record<Level, { pass: number; fail: number; notApplicable: number; unchecked: number }>>;

export type ConformanceReport = {
  readonly chainId: number;
  readonly address: Address;
  readonly profile: Profile;
  /** No MUST fails, and none could not be reached. */
  readonly ok: boolean;
  /** Not `ok`, and only because the node failed: nothing speaks against the contract. */
  readonly nodeFailed: boolean;
  readonly counts: Counts;
  readonly results: readonly ClauseResult[];
  readonly transactions: number;
  /** What the funder paid in all, in wei of the chain's own coin; absent with `notReturned`. */
  readonly spent?: bigint;
  /** What came back of earlier runs that were broken off, in wei. */
  readonly recovered?: bigint;
  /** Why the throw-away accounts still hold something, where the node failed: the next run of the funder gives it back. */
  readonly notReturned?: string;
};

/**
 * Runs every clause of a profile against a deployed contract, as a black box: with throw-away accounts, helper contracts
 * and transactions, never with its source. It creates classes and tokens there, and on a development chain it moves the
 * clock.
 *
 * A node that fails leaves the clause unchecked, and the next is tried.
 *
 * @throws BaseError `no_code`, `insufficient_funds`; errors of the chain before the first clause as viem throws them.
 *
 * @example
 * const report = await runConformance({ publicClient, address, funder: account, profile: 'kedge' });
 */
export async function runConformance(parameters: ConformanceParameters): Promise<ConformanceReport> {
  const {
    publicClient,
    address,
    registry = address,
    adapter = address,
    profile = 'draft',
    funder,
    owner,
    onProgress,
  } = parameters;
  const client = neverBehind(publicClient);
  const chainId = await client.getChainId();
  for (const each of new Set([address, registry, adapter])) await requireCode(client, each, chainId);
  const sender = createSender(client, chainId);
  const where = { chainId, target: address };
  const begun = await beginRun(client, sender, funder, where);
  const { actors } = begun;
  const unreturned = await findUnreturned(client, funder, { ...where, run: begun.run });
  const lab: Lab = {
    client,
    sender,
    target: address,
    registry,
    adapter,
    actors,
    owner: owner === undefined ? undefined : toActor('owner', owner),
    clock: await createClock(client, parameters),
    answered: new Set(),
    refusals: new Map(),
    shared: new Map(),
    transactions: { count: 0 },
    made: { count: 0 },
    makers: new Map(),
  };
  const clauses = clausesOf(profile);
  const results: ClauseResult[] = [];
  let failures = 0;
  let closing: Closing;
  try {
    for (const [index, clause] of clauses.entries()) {
      onProgress?.(index, clauses.length, clause.id);
      if (failures >= failuresInARow) {
        const { check: _check, ...told } = clause;
        const detail = `not tried: the node failed for ${failures} clauses before it`;
        results.push({ ...told, ...unchecked, nodeFailed: true, detail });
        continue;
      }
      const result = await tryClause(lab, clause);
      failures = result.nodeFailed ? failures + 1 : 0;
      results.push(result);
    }
  } finally {
    closing = await closeAccounts(client, sender, funder.address, { begun, unreturned });
  }
  const counts = countsOf(results);
  const missed = results.filter(
    ({ level, status, isUnchecked }) => level === 'MUST' && (status === 'fail' || isUnchecked),
  );
  return {
    chainId,
    address,
    profile,
    ok: missed.length === 0,
    nodeFailed: missed.length > 0 && missed.every(({ nodeFailed }) => nodeFailed),
    counts,
    results,
    transactions: lab.transactions.count,
    ...closing,
  };
}

/** After so many the node is taken for gone: the rest would wait for it one by one. */
const failuresInARow = 5;

type Closing = Required<Pick<ConformanceReport, 'spent' | 'recovered'>> | { readonly notReturned: string };

/** Sends what is left back to the funder, that of runs that were broken off, too. */
async function closeAccounts(
  client: PublicClient,
  sender: Sender,
  funder: Address,
  { begun, unreturned }: { readonly begun: Begun; readonly unreturned: readonly BrokenOff[] },
): Promise<Closing> {
  try {
    const spent = begun.paid - (await returnFunds(client, sender, funder, begun.actors));
    let recovered = 0n;
    for (const { actors: earlier, held } of unreturned) {
      // A run that goes on beside this one pays from its accounts all the time.
      if ((await client.getBalance({ address: earlier.creator.address })) !== held) continue;
      recovered += await returnFunds(client, sender, funder, earlier);
    }
    return { spent, recovered };
  } catch (error) {
    // What was found out is worth more than what is left of the money.
    return { notReturned: saidBy(error) };
  }
}

async function tryClause(lab: Lab, clause: Clause): Promise<ClauseResult> {
  const { check, ...told } = clause;
  try {
    const detail = (await check(lab)) ?? '';
    return { ...told, status: 'pass', isUnchecked: false, nodeFailed: false, detail };
  } catch (error) {
    if (error instanceof NotApplicable) {
      const { isUnchecked, message: detail } = error;
      return { ...told, status: 'notApplicable', isUnchecked, nodeFailed: false, detail };
    }
    if (error instanceof ClauseFailed) return failed(lab, told, error);
    if (!isOfNode(error)) throw error;
    if (isSpent(error)) return { ...told, ...unchecked, nodeFailed: false, detail: spent };
    const detail = `could not be checked: the node said: ${saidBy(error)}`;
    return { ...told, ...unchecked, nodeFailed: revertOf(error) === undefined, detail };
  }
}

/** A clause without how it is tried. */
type Told = Omit<Clause, 'check'>;

async function failed(lab: Lab, told: Told, error: ClauseFailed): Promise<ClauseResult> {
  const { message: detail, evidence } = error;
  const result = { ...told, status: 'fail', isUnchecked: false, nodeFailed: false, detail } as const;
  if (evidence?.kind !== 'call') return evidence === undefined ? result : { ...result, evidence };
  // The call shows it without its block, too.
  const block = await lab.client.getBlockNumber({ cacheTime: 0 }).catch(() => undefined);
  return { ...result, evidence: block === undefined ? evidence : { ...evidence, block } };
}

const unchecked = { status: 'notApplicable', isUnchecked: true } as const;

/** What viem throws of the way to the chain, and a transaction that the chain does not take up; the rest is a bug of ours. */
function isOfNode(error: unknown): boolean {
  return error instanceof ViemError || (error instanceof BaseError && error.kind === 'transient');
}

/** A contract that burns gas empties the accounts that try it: that is no fault of the node. */
function isSpent(error: unknown): boolean {
  return /insufficient funds/i.test(saidBy(error));
}

const spent = "could not be checked: the sender's account is empty: more gas was taken than a whole run is given";

/** Without the address, which may hold a key. */
function saidBy(error: unknown): string {
  if (error instanceof ViemError) return error.details || error.shortMessage;
  return error instanceof BaseError ? error.shortMessage : (error as Error).message;
}

function countsOf(results: readonly ClauseResult[]): Counts {
  const none = () => ({ pass: 0, fail: 0, notApplicable: 0, unchecked: 0 });
  const counts = { MUST: none(), SHOULD: none(), MAY: none() };
  for (const { level, status, isUnchecked } of results) {
    counts[level][status] += 1;
    if (isUnchecked) counts[level].unchecked += 1;
  }
  return counts;
}
