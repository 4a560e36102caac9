import { BaseError, type Address } from '@kedge/core';
import type { PublicClient } from 'viem';
import { compareBooks, type Difference } from './compareBooks.js';
import { booksIn, holdersPartDown, liabilityOf, owedIn, type Books } from './books.js';
import { findDeployment, readHead, readLogs, readTail, tail, type Head } from './readLogs.js';
import { createViews, isRevert, type Sleep, type Views } from './readViews.js';
import { replay } from './replay.js';
import { requireCode } from '../requireCode.js';

export type AuditParameters = {
  readonly publicClient: PublicClient;
  readonly address: Address;
  /** The block of the deployment or one before; found by itself where the node keeps old state. */
  readonly fromBlock?: bigint;
  /** The assets that are looked at, zero address for ETH; without it all. Anyone can settle in an asset of their own. */
  readonly assets?: readonly Address[];
  readonly onProgress?: (what: string) => void;
  /** Waits before a node that failed is asked again; the default really does. */
  readonly sleep?: Sleep;
};

/** A class's money in one asset, as events tell it. */
export type AuditedLedger = {
  readonly classId: bigint;
  readonly asset: Address;
  readonly received: bigint;
  readonly claimed: bigint;
  readonly royaltiesReserved: bigint;
  readonly royaltiesPaid: bigint;
  readonly orphan: bigint;
  readonly backing: bigint;
  /** What the contract still owes for this class: to holders, parents, next shares, and behind unspent value. */
  readonly owed: bigint;
};

/** All that the contract owes and holds in one asset. */
export type AuditedAsset = {
  readonly asset: Address;
  /** For classes and to accounts, as events tell it. */
  readonly owed: bigint;
  /** What the asset itself, or the chain for ETH, says the contract has. Undefined where the asset's code fails. */
  readonly held?: bigint;
  /** `held - owed`: what nobody has a claim on. Below zero the contract is insolvent. */
  readonly surplus?: bigint;
};

export type AuditReport = {
  readonly chainId: number;
  readonly address: Address;
  readonly fromBlock: bigint;
  readonly toBlock: bigint;
  readonly events: number;
  readonly assets: readonly AuditedAsset[];
  readonly ledgers: readonly AuditedLedger[];
  /** The contract holds at least what it owes, in every asset that says what it holds. */
  readonly solvent: boolean;
  /** Assets that fail when they are asked what the contract holds, by us or by its own `solvency`: not all is known of them. */
  readonly unreadable: readonly Address[];
  /** Empty when events, storage and balances agree. */
  readonly differences: readonly Difference[];
};

/**
 * Works out from events alone what a Data Anchoring Token owes for every class and asset, and compares it with its views
 * and with what it really holds, all in one block.
 *
 * @throws BaseError `no_code`, `not_kedge`, `history_incomplete`, `events_unavailable`, `state_unavailable`,
 * `chain_reorganised`; other errors of the chain as viem throws them.
 *
 * @example
 * const { solvent, differences } = await auditSolvency({ publicClient, address });
 */
export async function auditSolvency(parameters: AuditParameters): Promise<AuditReport> {
  const { publicClient: client, address, onProgress, sleep = reallySleep } = parameters;
  onProgress?.('asking for the contract');
  const chainId = await client.getChainId();
  const begun = await client.getBlockNumber({ cacheTime: 0 });
  await requireCode(client, address, chainId);
  await requireKedge(createViews(client, address, begun, sleep), address);
  onProgress?.('looking for the deployment');
  const deployed = await findDeployment(client, address, begun);
  const fromBlock = parameters.fromBlock ?? deployed ?? 0n;
  const onLogs = (block: bigint, last: bigint, count: number): void =>
    onProgress?.(`read events up to block ${block} of ${last}: ${count}`);
  const firstEnd = begun - tail;
  const logs = await readLogs(client, { address, fromBlock, toBlock: firstEnd, onProgress: onLogs });
  // Most nodes keep the state of few blocks, and a long history takes long to read: views are asked about the newest now.
  const toBlock = maxOf(await client.getBlockNumber({ cacheTime: 0 }), begun);
  const head = await readHead(client, toBlock, sleep);
  logs.push(
    ...(await readLogs(client, { address, fromBlock: maxOf(fromBlock, firstEnd + 1n), toBlock: toBlock - tail })),
    ...(await readTail(client, { address, fromBlock: maxOf(fromBlock, toBlock - tail + 1n) }, head, sleep)),
  );
  const views = createViews(client, address, toBlock, sleep);
  const all = replay(logs);
  const books = parameters.assets === undefined ? all : booksIn(all, parameters.assets);
  if (deployed !== undefined && fromBlock > deployed)
    throw incomplete(fromBlock, `It was deployed in block ${deployed}.`, earlier);
  const classCount = await views.classCount();
  if (deployed === undefined && BigInt(books.classes.size) < classCount) {
    const found = `Events name ${books.classes.size} of ${classCount} classes.`;
    throw incomplete(fromBlock, found, ...(fromBlock > 0n ? [earlier] : []), otherNode);
  }
  const { differences, held, unreadable } = await compareBooks(books, views, { classCount, onProgress });
  await requireSameChain(client, head, sleep);
  const assets = [...books.assets].map((asset): AuditedAsset => {
    const owed = owedIn(books, asset);
    const has = held.get(asset);
    return { asset, owed, ...(has === undefined ? {} : { held: has, surplus: has - owed }) };
  });
  return {
    chainId,
    address,
    fromBlock,
    toBlock,
    events: logs.length,
    assets,
    ledgers: ledgersOf(books),
    solvent: assets.every(({ surplus = 0n }) => surplus >= 0n),
    unreadable,
    differences,
  };
}

const reallySleep: Sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** What was read before and after a reorganisation does not belong together, and would look like a fault of the contract. */
async function requireSameChain(client: PublicClient, head: Head, sleep: Sleep): Promise<void> {
  const { hash } = await readHead(client, head.number, sleep);
  if (hash === head.hash) return;
  throw new BaseError('The chain was reorganised while it was read.', {
    code: 'chain_reorganised',
    kind: 'transient',
    values: { block: head.number, hash: head.hash, now: hash },
    hints: ['Nothing was found out about the contract: run it again.'],
  });
}

function maxOf(one: bigint, other: bigint): bigint {
  return one > other ? one : other;
}

function ledgersOf(books: Books): AuditedLedger[] {
  return [...books.ledgers.values()].map((ledger) => {
    const { classId, asset, received, claimed, royaltiesPaid, orphan, backing } = ledger;
    const royaltyBps = books.classes.get(classId)?.royaltyBps ?? 0n;
    const royaltiesReserved = received - holdersPartDown(received, royaltyBps);
    const owed = liabilityOf(ledger);
    return { classId, asset, received, claimed, royaltiesReserved, royaltiesPaid, orphan, backing, owed };
  });
}

async function requireKedge(views: Views, address: Address): Promise<void> {
  try {
    await views.classCount();
    await views.solvency(1n, 0n);
    if (await views.isDraft()) return;
  } catch (error) {
    if (!isRevert(error)) throw error;
    throw notKedge(address, error);
  }
  throw notKedge(address);
}

function notKedge(address: Address, cause?: unknown): BaseError {
  return new BaseError(`The contract at ${address} does not answer as a Data Anchoring Token of Kedge does.`, {
    code: 'not_kedge',
    hints: [
      "The draft's own events do not tell enough to audit a contract: this one needs Kedge's companion events.",
      'kedge conform tries any implementation of ERC-8028.',
    ],
    cause,
  });
}

const earlier = 'Name the block of the deployment, or leave the block out.';
const otherNode = 'A node may keep only those of newer blocks: ask one that keeps all, such as an archive node.';

function incomplete(fromBlock: bigint, ...hints: readonly string[]): BaseError {
  const message =
    fromBlock === 0n
      ? 'The node does not give all events of the contract.'
      : `The contract has events from before block ${fromBlock}.`;
  return new BaseError(message, { code: 'history_incomplete', hints });
}
