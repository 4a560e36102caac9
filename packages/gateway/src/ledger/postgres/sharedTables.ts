import { type Hex, type SignedVoucher, zeroHash } from '@kedge/core';
import { encodeTopUpRecord, topUpNameOf, type TopUpRecord } from '../../topUps/topUpRecord.js';
import { encodeVoucherRecord } from '../../vouchers/voucherRecord.js';
import type { ChannelAccount } from '../channelAccount.js';
import type { ChannelElsewhere, DurableHead } from '../ledger.js';
import type { BatchName } from '../ledgerIndex.js';
import { restoreWindows } from '../useWindows.js';
import { bytesOf, type Database, hexOf, type Row } from './database.js';

/** A channel as the database has it. */
export type ChannelRow = {
  /** Undefined: no receipt of it is durable. */
  readonly head: DurableHead | undefined;
  readonly windows: unknown;
};

/** A channel that was asked for: it is another gateway's, or this run's in the named epoch. */
export type HeldChannel =
  | { readonly elsewhere: ChannelElsewhere }
  | { readonly elsewhere: undefined; readonly channelEpoch: bigint; readonly channel: ChannelRow };

/** Units that a key has spent from a channel, in the channel's epoch. */
export type KeyUse = {
  readonly channelId: Hex;
  readonly key: string;
  readonly units: bigint;
  readonly epoch: bigint;
};

/** A voucher's record, and how many units of its channel are durable. */
export type VoucherRow = { readonly record: Buffer; readonly units: bigint };

/** What gateways read and write one by one in the tables of `schema.ts`. Batches are written by `commitBatch`. */
export type SharedTables = {
  /** A new run's epoch, with a lease of `leaseMs`. */
  readonly startGateway: (leaseMs: number) => Promise<bigint>;
  /** @param isBroken The account is read anew, in a new epoch. */
  readonly holdChannel: (channelId: Hex, root: Hex, epoch: bigint, isBroken: boolean) => Promise<HeldChannel>;
  readonly channel: (channelId: Hex) => Promise<ChannelRow | undefined>;
  readonly vouchersOf: (channelId: Hex) => Promise<Buffer[]>;
  /** Of each of these channels the highest voucher that its receipts cover. */
  readonly capturableVouchers: (channelIds: readonly Hex[]) => Promise<VoucherRow[]>;
  readonly keepVoucher: (signed: SignedVoucher) => Promise<unknown>;
  /** What the keys of a channel have spent, of each channel: a key pays from those that continue its own, too. */
  readonly keyUses: (channelId: Hex, keys: readonly string[]) => Promise<KeyUse[]>;
  /** The newest receipt of each of these channels that has one. */
  readonly heads: (channelIds: readonly Hex[]) => Promise<Map<Hex, DurableHead>>;
  /** Of every channel that has a receipt. */
  readonly usedUnits: () => Promise<Map<Hex, bigint>>;
  readonly unanchored: () => Promise<BatchName[]>;
  readonly batch: (name: BatchName) => Promise<Buffer | undefined>;
  readonly batchOfReceipt: (channelId: Hex, seq: bigint) => Promise<Buffer | undefined>;
  readonly answer: (channelId: Hex, keySha256: string) => Promise<Buffer | undefined>;
  readonly keepTopUp: (record: TopUpRecord) => Promise<unknown>;
  readonly topUpsAfter: (id: bigint) => Promise<{ readonly id: bigint; readonly record: Buffer }[]>;
  readonly announce: (epoch: bigint, url: string) => Promise<unknown>;
  /** Others may hold the run's channels from now on, but for these. */
  readonly releaseChannels: (epoch: bigint, kept: readonly Hex[]) => Promise<unknown>;
  /** The same, and its lease ends. */
  readonly endGateway: (epoch: bigint) => Promise<unknown>;
};

export function createSharedTables({ query }: Pick<Database, 'query'>): SharedTables {
  const recordIn = ([row]: readonly Row[]): Buffer | undefined => row?.['record'] as Buffer | undefined;
  return {
    startGateway: async (leaseMs) => {
      const [row] = await query('kedge_start', 'select kedge_gateway.start_gateway($1) as epoch', [leaseMs]);
      return BigInt(row?.['epoch'] as number);
    },
    holdChannel: async (channelId, root, epoch, isBroken) => {
      const [row = {}] = await query('kedge_hold', 'select * from kedge_gateway.hold_channel($1, $2, $3, $4)', [
        bytesOf(channelId),
        bytesOf(root),
        epoch,
        isBroken,
      ]);
      if (row['holder_epoch'] !== null) {
        return { elsewhere: { url: (row['holder_url'] as string | null) ?? undefined } };
      }
      return {
        elsewhere: undefined,
        channelEpoch: BigInt(row['channel_epoch'] as number),
        channel: channelIn(row),
      };
    },
    channel: async (channelId) => {
      const [row] = await query(
        'kedge_channel',
        'select units, seq, receipt_hash, windows from kedge_gateway.channel where channel_id = $1',
        [bytesOf(channelId)],
      );
      return row === undefined ? undefined : channelIn(row);
    },
    vouchersOf: async (channelId) => {
      const rows = await query(
        'kedge_vouchers',
        'select record from kedge_gateway.voucher where channel_id = $1 order by id',
        [bytesOf(channelId)],
      );
      return rows.map((row) => row['record'] as Buffer);
    },
    capturableVouchers: async (channelIds) => {
      const rows = await query(
        'kedge_capturable',
        `select v.record, c.units from kedge_gateway.channel c cross join lateral (
            select record from kedge_gateway.voucher t
              where t.channel_id = c.channel_id and t.units <= c.units order by t.units desc limit 1
          ) v where c.channel_id = any ($1)`,
        [channelIds.map(bytesOf)],
      );
      return rows.map((row) => ({ record: row['record'] as Buffer, units: BigInt(row['units'] as string) }));
    },
    keepVoucher: (signed) =>
      query('kedge_keep_voucher', 'select kedge_gateway.keep_voucher($1, $2, $3)', [
        bytesOf(signed.voucher.channelId),
        signed.voucher.cumulativeUnits,
        encodeVoucherRecord(signed),
      ]),
    keyUses: async (channelId, keys) => {
      const rows = await query(
        'kedge_key_uses',
        `select u.channel_id, u.key_sha256, u.units, c.epoch
          from kedge_gateway.key_use u join kedge_gateway.channel c using (channel_id)
          where u.key_sha256 = any ($2 || array(select key_sha256 from kedge_gateway.key_use where channel_id = $1))`,
        [bytesOf(channelId), keys.map((key) => Buffer.from(key, 'hex'))],
      );
      return rows.map((row) => ({
        channelId: hexOf(row['channel_id']),
        key: (row['key_sha256'] as Buffer).toString('hex'),
        units: BigInt(row['units'] as string),
        epoch: BigInt(row['epoch'] as number),
      }));
    },
    heads: async (channelIds) => {
      const rows = await query(
        'kedge_heads',
        'select channel_id, units, seq, receipt_hash from kedge_gateway.channel where channel_id = any ($1) and seq > 0',
        [channelIds.map(bytesOf)],
      );
      return new Map(rows.map((row) => [hexOf(row['channel_id']), headIn(row) as DurableHead]));
    },
    usedUnits: async () => {
      const rows = await query('kedge_used', 'select channel_id, units from kedge_gateway.channel where seq > 0', []);
      return new Map(rows.map((row) => [hexOf(row['channel_id']), BigInt(row['units'] as string)]));
    },
    unanchored: async () => {
      const rows = await query(
        'kedge_unanchored',
        'select epoch, batch from kedge_gateway.batch where not anchored order by epoch, batch',
        [],
      );
      return rows.map((row) => ({ epoch: BigInt(row['epoch'] as number), batch: BigInt(row['batch'] as string) }));
    },
    batch: async ({ epoch, batch }) =>
      recordIn(
        await query('kedge_batch', 'select record from kedge_gateway.batch where epoch = $1 and batch = $2', [
          epoch,
          batch,
        ]),
      ),
    batchOfReceipt: async (channelId, seq) =>
      recordIn(
        await query(
          'kedge_receipt',
          `select b.record from (
              select epoch, batch, last_seq from kedge_gateway.receipts
                where channel_id = $1 and first_seq <= $2 order by first_seq desc limit 1
            ) r join kedge_gateway.batch b on b.epoch = r.epoch and b.batch = r.batch where r.last_seq >= $2`,
          [bytesOf(channelId), seq],
        ),
      ),
    answer: async (channelId, keySha256) => {
      const [row] = await query(
        'kedge_answer',
        `select payload from kedge_gateway.answer
          where channel_id = $1 and key_sha256 = $2 and at > clock_timestamp() - interval '26 hours'`,
        [bytesOf(channelId), Buffer.from(keySha256, 'hex')],
      );
      return row?.['payload'] as Buffer | undefined;
    },
    keepTopUp: (record) =>
      query('kedge_keep_top_up', 'select kedge_gateway.keep_top_up($1, $2)', [
        topUpNameOf(record),
        encodeTopUpRecord(record),
      ]),
    topUpsAfter: async (id) => {
      const rows = await query(
        'kedge_top_ups',
        'select id, record from kedge_gateway.top_up where id > $1 order by id',
        [id],
      );
      return rows.map((row) => ({ id: BigInt(row['id'] as string), record: row['record'] as Buffer }));
    },
    announce: (epoch, url) =>
      query('kedge_announce', 'update kedge_gateway.gateway set url = $2 where epoch = $1', [epoch, url]),
    releaseChannels: (epoch, kept) =>
      query(
        'kedge_hand_over',
        'update kedge_gateway.channel set holder = null where holder = $1 and channel_id <> all ($2)',
        [epoch, kept.map(bytesOf)],
      ),
    endGateway: (epoch) =>
      query(
        'kedge_end',
        `with released as (update kedge_gateway.channel set holder = null where holder = $1)
          update kedge_gateway.gateway set lease_until = '-infinity' where epoch = $1`,
        [epoch],
      ),
  };
}

/** Reservations stay as they are: the calls that hold them still run here. */
export function readInto(account: ChannelAccount, { head, windows }: ChannelRow): void {
  account.durable = head;
  account.committedUnits = head?.units ?? 0n;
  account.lastSeq = head?.seq ?? 0n;
  account.lastReceiptHash = head?.receiptHash ?? zeroHash;
  restoreWindows(account.windows, windows);
}

function channelIn(row: Row): ChannelRow {
  return { head: headIn(row), windows: row['windows'] };
}

function headIn(row: Row): DurableHead | undefined {
  if (row['seq'] === '0') return undefined;
  return {
    units: BigInt(row['units'] as string),
    seq: BigInt(row['seq'] as string),
    receiptHash: hexOf(row['receipt_hash']),
  };
}
