import { BaseError, type Address } from '@kedge/core';
import type { LocalAccount, PublicClient } from 'viem';
import { clausesOf } from './clauses/index.js';
import { ClauseFailed, NotApplicable, type Clause, type ClauseResult, type Level, type Profile } from './clause.js';
import { deriveActors, fundActors, returnFunds, toActor } from './lab/accounts.js';
import { createClock, type ClockOptions } from './lab/clock.js';
import { createSender } from './lab/sender.js';
import type { Lab } from './lab/lab.js';

export type ConformanceParameters = ClockOptions & {
  readonly publicClient: PublicClient;
  /** The contract that is tried. */
  readonly address: Address;
  /** Where the draft's optional proof registry is, when it is another contract. */
  readonly registry?: Address;
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
  readonly counts: Counts;
  readonly results: readonly ClauseResult[];
  readonly transactions: number;
  /** What the funder paid in all, in wei of the chain's own coin. */
  readonly spent: bigint;
};

/**
 * Runs every clause of a profile against a deployed contract, as a black box: with throw-away accounts, helper contracts
 * and transactions, never with its source. It creates classes and tokens there, and on a development chain it moves the
 * clock.
 *
 * @throws BaseError `no_code`, `insufficient_funds`; errors of the chain as viem throws them.
 *
 * @example
 * const report = await runConformance({ publicClient, address, funder, profile: 'kedge' });
 */
export async function runConformance(parameters: ConformanceParameters): Promise<ConformanceReport> {
  const {
    publicClient: client,
    address,
    registry = address,
    profile = 'draft',
    funder,
    owner,
    onProgress,
  } = parameters;
  const chainId = await client.getChainId();
  for (const each of new Set([address, registry])) await requireCode(client, each, chainId);
  const sender = createSender(client, chainId);
  const actors = await deriveActors(client, funder, { chainId, target: address });
  const before = await client.getBalance({ address: funder.address });
  await fundActors(sender, funder, actors);
  const lab: Lab = {
    client,
    sender,
    target: address,
    registry,
    actors,
    owner: owner === undefined ? undefined : toActor('owner', owner),
    clock: await createClock(client, parameters),
    answered: new Set(),
    refusals: new Map(),
    shared: new Map(),
    transactions: { count: 0 },
    statements: { count: 0 },
  };
  const clauses = clausesOf(profile);
  const results: ClauseResult[] = [];
  try {
    for (const [index, clause] of clauses.entries()) {
      onProgress?.(index, clauses.length, clause.id);
      results.push(await tryClause(lab, clause));
    }
  } finally {
    await returnFunds(client, sender, funder.address, actors);
  }
  const after = await client.getBalance({ address: funder.address });
  const counts = countsOf(results);
  return {
    chainId,
    address,
    profile,
    ok: counts.MUST.fail === 0 && counts.MUST.unchecked === 0,
    counts,
    results,
    transactions: lab.transactions.count,
    spent: before - after,
  };
}

async function requireCode(client: PublicClient, address: Address, chainId: number): Promise<void> {
  const code = await client.getCode({ address });
  if (code !== undefined && code !== '0x') return;
  throw new BaseError(`There is no contract at ${address} on chain ${chainId}.`, {
    code: 'no_code',
    hints: ['Check the address, and that the RPC is of the chain you mean.'],
  });
}

async function tryClause(lab: Lab, clause: Clause): Promise<ClauseResult> {
  const { check, ...told } = clause;
  try {
    const detail = (await check(lab)) ?? '';
    return { ...told, status: 'pass', isUnchecked: false, detail };
  } catch (error) {
    if (error instanceof NotApplicable) {
      const { isUnchecked, message: detail } = error;
      return { ...told, status: 'notApplicable', isUnchecked, detail };
    }
    if (!(error instanceof ClauseFailed)) throw error;
    const { message: detail, evidence } = error;
    const failed = { ...told, status: 'fail', isUnchecked: false, detail } as const;
    if (evidence?.kind !== 'call') return evidence === undefined ? failed : { ...failed, evidence };
    return { ...failed, evidence: { ...evidence, block: await lab.client.getBlockNumber({ cacheTime: 0 }) } };
  }
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
