import { setTimeout as pause } from 'node:timers/promises';
import { BaseError, closeAll, type Hex, type ProtocolDomain } from '@kedge/core';
import type { OperatorKey } from '../../crypto/operatorKey.js';
import type { KeyAccounts } from '../../keys/keyAccounts.js';
import { reasonOf, type StructuredLog } from '../../structuredLog.js';
import type { RecoverVoucher } from '../../vouchers/voucherRecovery.js';
import { decodeBatchRecord } from '../batchRecord.js';
import { createChannelAccounts } from '../channelAccount.js';
import { ChannelsLostError } from '../channelsLostError.js';
import type { DurableHead, Ledger } from '../ledger.js';
import { createReceiptBatcher, type SignedBatch } from '../receiptBatcher.js';
import { recordTypes } from '../recordTypes.js';
import { receiptHashesOf, signedReceiptsOf } from '../signedReceipts.js';
import { createUnanchoredBatches } from '../unanchoredBatches.js';
import { aloneAt } from './aloneAt.js';
import { createChannelHolds } from './channelHolds.js';
import { commitBatch } from './commitBatch.js';
import { type Database, forCallers, openDatabase, sqlState } from './database.js';
import { forgetAnswers } from './forgetAnswers.js';
import { keepGatewayLease } from './gatewayLease.js';
import { prepareDatabase } from './prepareDatabase.js';
import { createSharedJournal } from './sharedJournal.js';
import { createSharedKeyUses } from './sharedKeyUses.js';
import { createSharedTables, readInto } from './sharedTables.js';

export type SharedLedgerOptions = {
  /** `postgres://…` */
  readonly url: string;
  readonly password: string | undefined;
  /** How long after its last sign of life others take over what a gateway served. */
  readonly leaseMs: number;
  readonly domain: ProtocolDomain;
  readonly operator: OperatorKey;
  readonly log: StructuredLog;
  readonly now: () => number;
  /** Calls that are served now. */
  readonly running: () => number;
  readonly onCommitted: (receipts: number) => void;
  /** A voucher of a channel that is served from now on, or may be captured. */
  readonly onVoucher: RecoverVoucher;
  /** Of keys with terms of their own. */
  readonly keyAccountOf: KeyAccounts['accountOf'];
  /** The keys with terms of their own that pay from a channel, or from one that it continues. */
  readonly keysOf: (channelId: Hex) => readonly string[];
  /** The channel that the keys of a channel were made for. */
  readonly rootOf: (channelId: Hex) => Hex;
  /** A channel is about to be served here that was not: what others recorded is read first. */
  readonly onHeld: () => Promise<void>;
};

const connections = 8;
// They go to the database as text, twice as long, within the time of one statement.
const mostAnswerBytes = 8 * 1024 * 1024;
// Longer than it takes to give up answers that a batch is kept with. Until then calls wait, after that they are refused.
const longestWriteLeases = 3;
// Calls that another gateway passes on by what it was told before.
const onTheirWayMs = 250;

/**
 * Opens the ledger that gateways with one operator key share in PostgreSQL. Reservations and numbering are in memory, as with
 * a log: a channel is served by one gateway at a time (R15), the one whose lease the database knows; and every batch is
 * written only if the database finds each of its channels still held by this run, at the receipt that it follows.
 * @throws BaseError `ledger_unreachable`, `log_foreign`.
 */
export async function openSharedLedger(options: SharedLedgerOptions): Promise<Ledger> {
  const { operator, leaseMs, log } = options;
  const database = await openDatabase({ ...options, connections, timeoutMs: Math.max(leaseMs, 1_000) });
  const { epoch, since } = await startRun(database, options);
  const tables = createSharedTables(forCallers(database, log));
  // Time for a second beat, should the connection of the first be dead.
  const beats = await openDatabase({ ...options, connections: 1, timeoutMs: Math.max(Math.ceil(leaseMs / 2), 1_000) });
  const lease = keepGatewayLease({ database: beats, epoch, leaseMs, since, now: options.now, log });
  const stopForgetting = forgetAnswers(database, leaseMs, log);
  const journal = createSharedJournal(database);
  const accounts = createChannelAccounts(() => 0n);
  const keyUses = createSharedKeyUses({ ...options, tables, accounts });
  const unanchored = createUnanchoredBatches();
  let heads = new Map<Hex, DurableHead>();
  let writingSince: number | undefined;
  let noRoomUntil = 0;
  let flushes = 0;
  let seenTopUp = 0n;
  let announced: string | undefined;
  let closed = false;

  const write = async (batch: SignedBatch): Promise<void> => {
    writingSince = performance.now();
    try {
      const steps = await commitBatch(batch, {
        database,
        windowsOf: (channelId) => accounts.of(channelId).windows,
        isClosed: () => closed,
        log,
      });
      for (const [channelId, { units, last: seq, receiptHash }] of steps) {
        const account = accounts.of(channelId);
        if ((account.durable?.seq ?? 0n) < seq) account.durable = { units, seq, receiptHash };
      }
    } catch (error) {
      const lost = error instanceof ChannelsLostError ? error : undefined;
      if (hasNoRoom(error)) noRoomUntil = performance.now() + leaseMs;
      for (const { receipt } of batch.receipts) {
        if (lost === undefined || lost.has(receipt.channelId)) holds.breakHold(receipt.channelId, error);
      }
      throw error;
    } finally {
      writingSince = undefined;
    }
    flushes++;
    unanchored.add({ epoch, batch: batch.batch.batch });
    options.onCommitted(batch.receipts.length);
  };
  const batcher = createReceiptBatcher({ ...options, epoch, mostAnswerBytes, write });

  const recoverVoucher = (record: Buffer, units: bigint): void =>
    options.onVoucher(recordTypes.voucher, record, () => units);
  const readVouchers = async (channelId: Hex, units: bigint): Promise<void> => {
    for (const record of await tables.vouchersOf(channelId)) recoverVoucher(record, units);
  };
  const { reject } = batcher;
  const holds = createChannelHolds({ ...options, epoch, lease, tables, accounts, keyUses, readVouchers, reject });

  /** What all gateways together have made durable by now of these channels, of however many that ever were. */
  const refresh = async (channelIds: readonly Hex[]): Promise<void> => {
    await journal.refresh();
    heads = await tables.heads(channelIds);
    for (const { record, units } of await tables.capturableVouchers(channelIds)) recoverVoucher(record, units);
    unanchored.replace(await tables.unanchored());
  };

  return {
    epoch,
    isShared: true,
    accountOf: accounts.of,
    load: async (channelId) => {
      if (holds.isConfirmed(channelId)) return;
      const channel = await tables.channel(channelId);
      if (channel !== undefined && !holds.wasHeld(channelId)) readInto(accounts.of(channelId), channel);
      await readVouchers(channelId, channel?.head?.units ?? 0n);
    },
    isHeld: holds.isHeld,
    placeOf: holds.placeOf,
    commit: (input) => {
      const { channelId, key, units } = input;
      if (!holds.wasHeld(channelId)) return Promise.reject(new ChannelsLostError([channelId]));
      if (key !== undefined) keyUses.note(channelId, key.apiKeySha256, units);
      return batcher.commit(accounts.of(channelId), input);
    },
    receiptOf: async (channelId, seq) => {
      const record = await tables.batchOfReceipt(channelId, seq);
      if (record === undefined) return undefined;
      const all = signedReceiptsOf(decodeBatchRecord(record), operator.address);
      return all.find(({ receipt }) => receipt.channelId === channelId && receipt.seq === seq);
    },
    answers: {
      read: () => Promise.reject(new Error('Answers of a shared ledger are found by their key.')),
      find: tables.answer,
    },
    // What streams came to is not kept: one whose gateway is killed is not charged.
    keepVoucher: async (signed) => {
      for (const each of signed) await tables.keepVoucher(each);
    },
    keepTopUp: tables.keepTopUp,
    newTopUps: async () => {
      const found = await tables.topUpsAfter(seenTopUp);
      for (const { id } of found) if (id > seenTopUp) seenTopUp = id;
      return found.map(({ record }) => record);
    },
    failure: () => {
      if (!lease.isLive()) return lease.failure() ?? new Error('the lease has lapsed');
      const isStuck = writingSince !== undefined && performance.now() - writingSince > longestWriteLeases * leaseMs;
      if (isStuck) return new Error('a batch cannot be written');
      // One that is served then shows whether there is room again.
      return performance.now() < noRoomUntil ? new Error('the database found no room for a batch') : undefined;
    },
    flushCount: () => flushes,
    exclusively: (channelIds, work) =>
      aloneAt(database, 'capture', leaseMs, async () => {
        await refresh(channelIds);
        return work();
      }),
    inTurnToPay: (pay) => aloneAt(database, 'payment', leaseMs, pay),
    journal,
    usedUnits: tables.usedUnits,
    durableOf: (channelId) => newest(heads.get(channelId), accounts.known(channelId)?.durable),
    leavesOf: async (name) => {
      const record = await tables.batch(name);
      if (record === undefined) throw new Error(`The ledger has no batch ${name.batch} of epoch ${name.epoch}.`);
      const batch = decodeBatchRecord(record);
      return { root: batch.root, receiptHashes: receiptHashesOf(batch) };
    },
    unanchored: unanchored.names,
    // The journal did it in the database; this is what is known of it here.
    markAnchored: unanchored.markAnchored,
    markUnanchored: unanchored.markUnanchored,
    announce: async (url) => {
      announced = url;
      await tables.announce(epoch, url);
    },
    handOver: async (busy) => {
      await batcher.idle();
      const kept = holds.release((channelId) => busy?.has(options.rootOf(channelId)) === true);
      await tables.releaseChannels(epoch, kept);
      if (busy === undefined) await pause(onTheirWayMs);
    },
    close: async () => {
      closed = true;
      await batcher.idle();
      await stopForgetting();
      await lease.stop();
      try {
        await tables.endGateway(epoch);
      } catch (error) {
        log.warn('ledger_not_released', { url: announced, reason: reasonOf(error) });
      }
      await closeAll([beats.close, database.close]);
    },
  };
}

/** Begins a run: its epoch, and since when, by `performance.now()`, it has its lease. */
async function startRun(
  database: Database,
  { operator, domain, leaseMs }: SharedLedgerOptions,
): Promise<{ readonly epoch: bigint; readonly since: number }> {
  try {
    await prepareDatabase(database, operator, domain);
    const since = performance.now();
    return { epoch: await createSharedTables(database).startGateway(leaseMs), since };
  } catch (error) {
    await database.close();
    if (error instanceof BaseError) throw error;
    const state = sqlState(error);
    throw new BaseError('The gateway cannot open its ledger in PostgreSQL.', {
      code: 'ledger_unreachable',
      cause: error,
      values: { reason: reasonOf(error), ...(state === undefined ? {} : { sqlState: state }) },
      hints: ['Check that the server runs, and that the user of the ledger’s URL may create a schema in its database.'],
    });
  }
}

/** Whether the disk of the database is full, or broken. */
function hasNoRoom(error: unknown): boolean {
  const { cause } = error as { cause?: unknown };
  return cause !== undefined && /^(53100|58)/.test(sqlState(cause) ?? '');
}

function newest(a: DurableHead | undefined, b: DurableHead | undefined): DurableHead | undefined {
  return a === undefined || (b !== undefined && b.seq > a.seq) ? b : a;
}
