import type { Hex, ProtocolDomain } from '@kedge/core';
import type { OperatorKey } from '../crypto/operatorKey.js';
import type { KeyAccounts } from '../keys/keyAccounts.js';
import { createChannelAccounts } from '../ledger/channelAccount.js';
import { maxPayloadBytes } from '../ledger/frame.js';
import { foreignBatchOf } from '../ledger/foreignBatch.js';
import type { ServingLedger } from '../ledger/ledger.js';
import type { KeptRecord } from '../ledger/openLedger.js';
import { createReceiptBatcher } from '../ledger/receiptBatcher.js';
import { recordTypes } from '../ledger/recordTypes.js';
import { copyWindows } from '../ledger/useWindows.js';
import { encodeTopUpRecord } from '../topUps/topUpRecord.js';
import { decodeProgressRecord, encodeProgressRecord } from '../vouchers/progressRecord.js';
import type { RecoverVoucher } from '../vouchers/voucherRecovery.js';
import { encodeVoucherRecord } from '../vouchers/voucherRecord.js';
import type { Link } from './createLink.js';
import { ownerOf } from './ownerOf.js';
import type { KeeperProcedures, WorkerStart } from './procedures.js';

/** What a worker learns while it serves. */
export type WorkerSurroundings = {
  /** Where the workers are reached. */
  readonly placeOf: (worker: number) => string | undefined;
  /** Why the log cannot be written. */
  readonly logFailure: () => string | undefined;
};

/**
 * The ledger of one worker: reserving, numbering, chaining and signing are here, as with a log; each batch is one message to
 * the process that has the log, which writes it. A channel is served by one worker for as long as the gateway runs, so what
 * is in memory here is true for its channels. A worker that is started again has another epoch (R15).
 */
export async function openWorkerLedger(options: {
  readonly start: WorkerStart;
  readonly link: Link<KeeperProcedures>;
  readonly surroundings: WorkerSurroundings;
  readonly domain: ProtocolDomain;
  readonly operator: OperatorKey;
  readonly rootOf: (channelId: Hex) => Hex;
  readonly keyAccountOf: KeyAccounts['accountOf'];
  /** A voucher that is on disk, or the progress of a stream, by the type of its record. */
  readonly onVoucher: RecoverVoucher;
  readonly onReceipt?: ((salt: Hex) => void) | undefined;
  readonly running: () => number;
  readonly onCommitted: (receipts: number) => void;
}): Promise<ServingLedger> {
  const { link, surroundings, onVoucher } = options;
  const { epoch, index, workers, interrupted, keyUses } = options.start;
  const accounts = createChannelAccounts(() => epoch);
  // Channels that receipts were numbered of here: nobody else knows more of them.
  const written = new Set<Hex>();
  const windowed = new Set<Hex>();
  const progress = new Set<Hex>();
  let seenTopUps = 0;

  const load = async (channelId: Hex): Promise<void> => {
    if (written.has(channelId)) return;
    const { head, windows, vouchers } = await link.call('standingOf', channelId);
    for (const record of vouchers) onVoucher(recordTypes.voucher, bufferOf(record), () => head?.units ?? 0n);
    if (written.has(channelId) || head === undefined) return;
    const account = accounts.of(channelId);
    account.durable = head;
    account.committedUnits = head.units;
    account.lastSeq = head.seq;
    account.lastReceiptHash = head.receiptHash;
    copyWindows(account.windows, windows);
  };

  for (const [apiKeySha256, units] of keyUses) options.keyAccountOf(apiKeySha256).committedUnits = units;
  // Before the vouchers, some of which pay for these only.
  for (const record of interrupted) {
    const payload = bufferOf(record);
    onVoucher(recordTypes.progress, payload, (channelId) => accounts.of(channelId).committedUnits);
    progress.add(decodeProgressRecord(payload).salt);
  }
  for (const record of interrupted) await load(decodeProgressRecord(bufferOf(record)).channelId);

  const batcher = createReceiptBatcher({
    epoch,
    operator: options.operator,
    domain: options.domain,
    running: options.running,
    // Of the log that another process writes.
    mostAnswerBytes: maxPayloadBytes / 2,
    write: async (batch) => {
      const foreign = foreignBatchOf(
        batch,
        (channelId) => (windowed.has(channelId) ? accounts.of(channelId).windows : undefined),
        (salt) => progress.delete(salt),
      );
      await link.call('keepBatch', foreign);
      for (const { channelId, units, lastSeq: seq, receiptHash } of foreign.steps) {
        accounts.of(channelId).durable = { units, seq, receiptHash };
      }
      for (const salt of foreign.settled) options.onReceipt?.(salt);
      options.onCommitted(batch.receipts.length);
    },
  });

  return {
    epoch,
    isShared: true,
    accountOf: accounts.of,
    load,
    isHeld: (channelId) => ownerOf(options.rootOf(channelId), workers) === index,
    placeOf: (channelId) => {
      const owner = ownerOf(options.rootOf(channelId), workers);
      return owner === index ? undefined : Promise.resolve({ url: surroundings.placeOf(owner) });
    },
    commit: (input) => {
      written.add(input.channelId);
      if (input.hasWindows) windowed.add(input.channelId);
      return batcher.commit(accounts.of(input.channelId), input);
    },
    receiptOf: (channelId, seq) => link.call('receiptOf', { channelId, seq }),
    answers: {
      read: () => Promise.reject(new Error('Answers that another process keeps are found by their key.')),
      find: async (channelId, keySha256) => {
        const found = await link.call('answerOf', { channelId, keySha256 });
        return found === undefined ? undefined : bufferOf(found);
      },
    },
    keepVoucher: async (signed, inputs) => {
      for (const { salt } of inputs) progress.add(salt);
      const records = inputs.map((input): KeptRecord => [recordTypes.progress, encodeProgressRecord(input)]);
      const vouchers = signed.map((each): KeptRecord => [recordTypes.voucher, encodeVoucherRecord(each)]);
      await link.call('keepRecords', [...records, ...vouchers]);
    },
    keepTopUp: (record) => link.call('keepRecords', [[recordTypes.topUp, encodeTopUpRecord(record)]]),
    newTopUps: async () => {
      const found = await link.call('topUpsAfter', seenTopUps);
      seenTopUps = found.seen;
      return found.payloads;
    },
    failure: surroundings.logFailure,
    // Of the process that writes.
    flushCount: () => 0,
    announce: nothing,
    handOver: batcher.idle,
    close: batcher.idle,
  };
}

const nothing = (): Promise<void> => Promise.resolve();

/** The same bytes. */
function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
