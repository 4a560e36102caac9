import { BaseError, hashReceipt, type Hex, type ProtocolDomain, type SignedVoucher, zeroHash } from '@kedge/core';
import { keccak256 } from '../../crypto/hashers.js';
import type { OperatorKey } from '../../crypto/operatorKey.js';
import type { KeyAccounts } from '../../keys/keyAccounts.js';
import { reasonOf, type StructuredLog } from '../../structuredLog.js';
import { encodeTopUpRecord, topUpNameOf } from '../../topUps/topUpRecord.js';
import { encodeVoucherRecord } from '../../vouchers/voucherRecord.js';
import { decodeBatchRecord } from '../batchRecord.js';
import { type ChannelAccount, createChannelAccount } from '../channelAccount.js';
import { ChannelsLostError } from '../channelsLostError.js';
import type { BatchName } from '../ledgerIndex.js';
import type { ChannelElsewhere, DurableHead, Ledger } from '../openLedger.js';
import { recordTypes } from '../recordTypes.js';
import type { RecoverVoucher } from '../../vouchers/createVoucherBook.js';
import { createReceiptBatcher } from '../receiptBatcher.js';
import { signedReceiptsOf } from '../signedReceipts.js';
import { restoreWindows } from '../useWindows.js';
import { commitBatch } from './commitBatch.js';
import { bytesOf, hexOf, isTransient, ledgerUnavailable, openDatabase, type Row, sqlState } from './database.js';
import { keepGatewayLease } from './gatewayLease.js';
import { prepareDatabase } from './prepareDatabase.js';
import { raised } from './schema.js';
import { createSharedJournal } from './sharedJournal.js';

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

/** A channel that this run holds, or asks for. */
type Hold = {
  /** Of the lease, when the database last said that the channel is ours. -1: it is not. */
  confirmedIn: number;
  /** Receipts that were numbered are not in the ledger: the account is read anew, in a new epoch. */
  isBroken: boolean;
  /** How often that happened. */
  breaks: number;
  asking: Promise<ChannelElsewhere | undefined> | undefined;
};

// They go to the database as text, twice as long, within the time of one statement.
const mostAnswerBytes = 8 * 1024 * 1024;

/** Units that a key has spent from a channel, in the channel's epoch. */
type KeyUse = { readonly channelId: Hex; readonly key: string; readonly units: bigint; readonly epoch: bigint };

/**
 * Opens the ledger that gateways with one operator key share in PostgreSQL. Reservations and numbering are in memory, as with
 * a log: a channel is served by one gateway at a time (R15), the one whose lease the database knows; and every batch is
 * written only if the database finds each of its channels still held by this run, at the receipt that it follows.
 * @throws BaseError `ledger_unreachable`, `log_foreign`.
 */
export async function openSharedLedger(options: SharedLedgerOptions): Promise<Ledger> {
  const { operator, domain, leaseMs, log } = options;
  const database = await openDatabase({ ...options, timeoutMs: Math.max(leaseMs, 1_000) });
  let since = 0;
  const epoch = await (async () => {
    try {
      await prepareDatabase(database, operator, domain);
      since = performance.now();
      const [row] = await database.query('kedge_start', 'select kedge_gateway.start_gateway($1) as epoch', [leaseMs]);
      return BigInt(row?.['epoch'] as number);
    } catch (error) {
      await database.close();
      if (error instanceof BaseError) throw error;
      throw new BaseError('The gateway cannot open its ledger in PostgreSQL.', {
        code: 'ledger_unreachable',
        cause: error,
        values: { reason: reasonOf(error), sqlState: sqlState(error) },
        hints: [
          'Check that the server runs, and that the user of the ledger’s URL may create a schema in its database.',
        ],
      });
    }
  })();
  const lease = keepGatewayLease({ database, epoch, leaseMs, since, now: options.now, log });
  const journal = createSharedJournal(database);
  const accounts = new Map<Hex, ChannelAccount>();
  const holds = new Map<Hex, Hold>();
  // Of what keys have spent, by channel and key: what their accounts have in them.
  const counted = new Map<string, bigint>();
  let heads = new Map<Hex, DurableHead>();
  let unanchored: BatchName[] = [];
  let flushes = 0;
  let closed = false;

  const accountOf = (channelId: Hex): ChannelAccount => {
    let account = accounts.get(channelId);
    if (account === undefined) accounts.set(channelId, (account = createChannelAccount(channelId, 0n)));
    return account;
  };
  const holdOf = (channelId: Hex): Hold => {
    let hold = holds.get(channelId);
    if (hold === undefined) {
      holds.set(channelId, (hold = { confirmedIn: -1, isBroken: false, breaks: 0, asking: undefined }));
    }
    return hold;
  };

  const isHeld = (hold: Hold): boolean => hold.confirmedIn === lease.generation() && lease.isLive();

  const batcher = createReceiptBatcher({
    epoch,
    operator,
    domain,
    running: options.running,
    mostAnswerBytes,
    write: async (batch) => {
      try {
        const steps = await commitBatch(batch, {
          database,
          windowsOf: (channelId) => accountOf(channelId).windows,
          isClosed: () => closed,
          log,
        });
        for (const [channelId, { units, last: seq, receiptHash }] of steps) {
          const account = accountOf(channelId);
          if ((account.durable?.seq ?? 0n) < seq) account.durable = { units, seq, receiptHash };
        }
      } catch (error) {
        const lost = error instanceof ChannelsLostError ? error : undefined;
        for (const { receipt } of batch.receipts) {
          if (lost === undefined || lost.has(receipt.channelId)) breakHold(receipt.channelId, error);
        }
        throw error;
      }
      flushes++;
      unanchored.push({ epoch, batch: batch.batch.batch });
      options.onCommitted(batch.receipts.length);
    },
  });

  const breakHold = (channelId: Hex, error: unknown): void => {
    const hold = holdOf(channelId);
    hold.confirmedIn = -1;
    hold.isBroken = true;
    hold.breaks++;
    batcher.reject(channelId, error);
  };

  const ask = async (channelId: Hex, hold: Hold): Promise<ChannelElsewhere | undefined> => {
    const generation = lease.generation();
    const { breaks } = hold;
    const rows = await database
      .query('kedge_hold', 'select * from kedge_gateway.hold_channel($1, $2, $3, $4)', [
        bytesOf(channelId),
        bytesOf(options.rootOf(channelId)),
        epoch,
        hold.isBroken,
      ])
      .catch((error: unknown) => {
        if (sqlState(error) === raised.lapsed || isTransient(error)) throw ledgerUnavailable(error);
        throw error;
      });
    const row = rows[0] ?? {};
    if (row['holder_epoch'] !== null) {
      breakHold(channelId, new ChannelsLostError([channelId]));
      return { url: (row['holder_url'] as string | null) ?? undefined };
    }
    await readVouchers(channelId, row);
    const keyUses = await readKeyUses(channelId);
    const channelEpoch = BigInt(row['channel_epoch'] as number);
    const account = accountOf(channelId);
    if (account.epoch !== channelEpoch) await options.onHeld();
    // Receipts that were numbered failed meanwhile: what was just found is not what the account says.
    if (hold.breaks !== breaks) return ask(channelId, hold);
    if (account.epoch !== channelEpoch) {
      batcher.reject(channelId, new ChannelsLostError([channelId]));
      // A key that the ledger does not know keeps what was counted here, which is at most too much.
      keyUses.forEach(takeKeyUse);
      readInto(account, row);
      account.epoch = channelEpoch;
      account.counter = 0n;
      log.info('channel_held', { channelId, epoch: channelEpoch });
    }
    hold.isBroken = false;
    hold.confirmedIn = generation;
    return undefined;
  };

  const readVouchers = async (channelId: Hex, channel: Row | undefined): Promise<void> => {
    const rows = await database.query(
      'kedge_vouchers',
      'select record from kedge_gateway.voucher where channel_id = $1 order by id',
      [bytesOf(channelId)],
    );
    for (const row of rows) recoverVoucher(row['record'], channel?.['units'] ?? '0');
  };
  const recoverVoucher = (record: unknown, units: unknown): void =>
    options.onVoucher(recordTypes.voucher, record as Buffer, () => BigInt(units as string));

  const keepVoucher = async (signed: SignedVoucher): Promise<void> => {
    const { channelId, cumulativeUnits } = signed.voucher;
    try {
      await database.query('kedge_keep_voucher', 'select kedge_gateway.keep_voucher($1, $2, $3)', [
        bytesOf(channelId),
        cumulativeUnits,
        encodeVoucherRecord(signed),
      ]);
    } catch (error) {
      log.warn('ledger_voucher_failed', { channelId, reason: reasonOf(error) });
      throw ledgerUnavailable(error);
    }
  };

  /** What the keys of a channel have spent, of each channel: a key pays from those that continue its own, too. */
  const readKeyUses = async (channelId: Hex): Promise<KeyUse[]> => {
    const rows = await database.query(
      'kedge_key_uses',
      `select u.channel_id, u.key_sha256, u.units, c.epoch
        from kedge_gateway.key_use u join kedge_gateway.channel c using (channel_id)
        where u.key_sha256 = any ($2)
          or u.key_sha256 in (select key_sha256 from kedge_gateway.key_use where channel_id = $1)`,
      [bytesOf(channelId), options.keysOf(channelId).map((key) => Buffer.from(key, 'hex'))],
    );
    return rows.map((row) => ({
      channelId: hexOf(row['channel_id']),
      key: (row['key_sha256'] as Buffer).toString('hex'),
      units: BigInt(row['units'] as string),
      epoch: BigInt(row['epoch'] as number),
    }));
  };

  const takeKeyUse = ({ channelId, key, units, epoch: channelEpoch }: KeyUse): void => {
    // Held here since: what was counted is what is recorded, and what is about to be.
    if (accounts.get(channelId)?.epoch === channelEpoch) return;
    const name = `${channelId}/${key}`;
    options.keyAccountOf(key).committedUnits += units - (counted.get(name) ?? 0n);
    counted.set(name, units);
  };

  const leavesOf: Ledger['leavesOf'] = async (name) => {
    const [row] = await database.query(
      'kedge_batch',
      'select record from kedge_gateway.batch where epoch = $1 and batch = $2',
      [name.epoch, name.batch],
    );
    if (row === undefined) throw new Error(`The ledger has no batch ${name.batch} of epoch ${name.epoch}.`);
    const { root, receipts } = decodeBatchRecord(row['record'] as Buffer);
    return { root, receiptHashes: receipts.map(({ receipt }) => hashReceipt(receipt, keccak256)) };
  };

  /** What all gateways together have made durable by now. */
  const refresh = async (): Promise<void> => {
    await journal.refresh();
    const rows = await database.query(
      'kedge_heads',
      'select channel_id, units, seq, receipt_hash from kedge_gateway.channel where seq > 0',
      [],
    );
    heads = new Map(rows.map((row) => [hexOf(row['channel_id']), headIn(row) as DurableHead]));
    const vouchers = await database.query(
      'kedge_capturable',
      `select distinct on (channel_id) record, c.units from kedge_gateway.voucher v join kedge_gateway.channel c using (channel_id)
        where v.units <= c.units order by channel_id, v.units desc`,
      [],
    );
    for (const row of vouchers) recoverVoucher(row['record'], row['units']);
    const names = await database.query(
      'kedge_unanchored',
      'select epoch, batch from kedge_gateway.batch where not anchored order by epoch, batch',
      [],
    );
    unanchored = names.map((row) => ({
      epoch: BigInt(row['epoch'] as number),
      batch: BigInt(row['batch'] as string),
    }));
  };

  /** No other gateway is at the same meanwhile. */
  const aloneAt = <T>(what: 'capture' | 'payment', work: () => Promise<T>): Promise<T> =>
    database.onConnection(async (query) => {
      // Given back with its connection, however that ends.
      await query('select pg_advisory_lock(hashtextextended($1, 0))', [`kedge_gateway ${what}`]);
      const result = await work();
      await query('select pg_advisory_unlock(hashtextextended($1, 0))', [`kedge_gateway ${what}`]);
      return result;
    });

  let seenTopUp = 0n;
  let announced: string | undefined;
  return {
    epoch,
    isShared: true,
    accountOf,
    load: async (channelId) => {
      if (holdOf(channelId).confirmedIn === lease.generation()) return;
      const [row] = await database.query(
        'kedge_channel',
        'select units, seq, receipt_hash, windows from kedge_gateway.channel where channel_id = $1',
        [bytesOf(channelId)],
      );
      if (row !== undefined && holdOf(channelId).confirmedIn === -1) readInto(accountOf(channelId), row);
      await readVouchers(channelId, row);
    },
    isHeld: (channelId) => isHeld(holdOf(channelId)),
    placeOf: (channelId) => {
      const hold = holdOf(channelId);
      if (isHeld(hold)) return undefined;
      hold.asking ??= ask(channelId, hold).finally(() => (hold.asking = undefined));
      return hold.asking;
    },
    commit: (input) => {
      const { channelId, key, units } = input;
      if (holdOf(channelId).confirmedIn === -1) return Promise.reject(new ChannelsLostError([channelId]));
      if (key !== undefined) {
        const name = `${channelId}/${key.apiKeySha256}`;
        counted.set(name, (counted.get(name) ?? 0n) + units);
      }
      return batcher.commit(accountOf(channelId), input);
    },
    receiptOf: async (channelId, seq) => {
      const [row] = await database.query(
        'kedge_receipt',
        `select b.record from kedge_gateway.receipts r join kedge_gateway.batch b on b.epoch = r.epoch and b.batch = r.batch
          where r.channel_id = $1 and r.first_seq <= $2 and r.last_seq >= $2 order by r.first_seq desc limit 1`,
        [bytesOf(channelId), seq],
      );
      if (row === undefined) return undefined;
      const all = signedReceiptsOf(decodeBatchRecord(row['record'] as Buffer), operator.address);
      return all.find(({ receipt }) => receipt.channelId === channelId && receipt.seq === seq);
    },
    answers: {
      read: () => Promise.reject(new Error('Answers of a shared ledger are found by their key.')),
      find: async (channelId, keySha256) => {
        const [row] = await database.query(
          'kedge_answer',
          `select payload from kedge_gateway.answer
            where channel_id = $1 and key_sha256 = $2 and at > clock_timestamp() - interval '26 hours'`,
          [bytesOf(channelId), Buffer.from(keySha256, 'hex')],
        );
        return row?.['payload'] as Buffer | undefined;
      },
    },
    // What streams came to is not kept: one whose gateway is killed is not charged.
    keepTopUp: (record) =>
      database.query('kedge_keep_top_up', 'select kedge_gateway.keep_top_up($1, $2)', [
        topUpNameOf(record),
        encodeTopUpRecord(record),
      ]),
    newTopUps: async () => {
      const rows = await database.query(
        'kedge_top_ups',
        'select id, record from kedge_gateway.top_up where id > $1 order by id',
        [seenTopUp],
      );
      for (const row of rows) {
        const id = BigInt(row['id'] as string);
        if (id > seenTopUp) seenTopUp = id;
      }
      return rows.map((row) => row['record'] as Buffer);
    },
    keepVoucher: async (signed) => {
      for (const each of signed) await keepVoucher(each);
    },
    failure: () => (lease.isLive() ? undefined : (lease.failure() ?? new Error('the lease has lapsed'))),
    flushCount: () => flushes,
    exclusively: (work) =>
      aloneAt('capture', async () => {
        await refresh();
        return work();
      }),
    inTurnToPay: (pay) => aloneAt('payment', pay),
    journal,
    durableOf: (channelId) => newest(heads.get(channelId), accounts.get(channelId)?.durable),
    leavesOf,
    unanchored: () => unanchored,
    markAnchored: ({ epoch: of, firstBatch, lastBatch }) => {
      // The journal did it in the database; this is what is known of it here.
      unanchored = unanchored.filter((name) => name.epoch !== of || name.batch < firstBatch || name.batch > lastBatch);
    },
    markUnanchored: ({ epoch: of, firstBatch, lastBatch }) => {
      for (let batch = firstBatch; batch <= lastBatch; batch++) unanchored.push({ epoch: of, batch });
      unanchored.sort((a, b) => Number(a.epoch - b.epoch) || Number(a.batch - b.batch));
    },
    announce: async (url) => {
      announced = url;
      await database.query('kedge_announce', 'update kedge_gateway.gateway set url = $2 where epoch = $1', [
        epoch,
        url,
      ]);
    },
    handOver: async () => {
      await batcher.idle();
      await database.query('kedge_hand_over', 'update kedge_gateway.channel set holder = null where holder = $1', [
        epoch,
      ]);
      for (const hold of holds.values()) hold.confirmedIn = -1;
    },
    close: async () => {
      closed = true;
      await batcher.idle();
      await lease.stop();
      try {
        await database.query(
          'kedge_end',
          `with released as (update kedge_gateway.channel set holder = null where holder = $1)
            update kedge_gateway.gateway set lease_until = '-infinity' where epoch = $1`,
          [epoch],
        );
      } catch (error) {
        log.warn('ledger_not_released', { url: announced, reason: reasonOf(error) });
      }
      await database.close();
    },
  };
}

function headIn(row: Row): DurableHead | undefined {
  if (row['seq'] === '0') return undefined;
  return {
    units: BigInt(row['units'] as string),
    seq: BigInt(row['seq'] as string),
    receiptHash: hexOf(row['receipt_hash']),
  };
}

/** Reservations stay as they are: the calls that hold them still run here. */
function readInto(account: ChannelAccount, row: Row): void {
  const head = headIn(row);
  account.durable = head;
  account.committedUnits = head?.units ?? 0n;
  account.lastSeq = head?.seq ?? 0n;
  account.lastReceiptHash = head?.receiptHash ?? zeroHash;
  restoreWindows(account.windows, row['windows']);
}

function newest(a: DurableHead | undefined, b: DurableHead | undefined): DurableHead | undefined {
  return a === undefined || (b !== undefined && b.seq > a.seq) ? b : a;
}
