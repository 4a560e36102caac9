import type { Hex } from '@kedge/core';
import {
  createTransactionJournal,
  encodeTransaction,
  encodeTransactionEnd,
  type TransactionJournal,
} from '../../capture/transactionJournal.js';
import { isRetained } from '../../idempotency/createIdempotency.js';
import { decodeStoredAnswer, headOfStoredAnswer } from '../../idempotency/storedAnswer.js';
import { createKeyAccounts, encodeKeyUse } from '../../keys/keyAccounts.js';
import { decodeProgressRecord } from '../../vouchers/progressRecord.js';
import type { StrictAccount } from '../../vouchers/strictAccount.js';
import { createVoucherRecovery } from '../../vouchers/voucherRecovery.js';
import { encodeVoucherRecord } from '../../vouchers/voucherRecord.js';
import { createChannelAccounts } from '../channelAccount.js';
import type { Frame } from '../frame.js';
import type { LogRecord } from '../groupFrame.js';
import { type BatchName, createLedgerIndex, type LedgerIndex } from '../ledgerIndex.js';
import { createLedgerRecovery } from '../ledgerRecovery.js';
import { epochBytesOf } from '../logHeader.js';
import { recordTypes } from '../recordTypes.js';
import { createUnanchoredBatches } from '../unanchoredBatches.js';
import { encodeAccountRecord, encodeAnswerPlace, encodeUnanchored } from './checkpointRecords.js';

/** What a ledger would keep in memory, made of a checkpoint and of records of the log, to make the next checkpoint of. */
export type CheckpointState = {
  readonly read: (record: Frame, offset: number) => void;
  /** Of the batches that were read. */
  readonly index: LedgerIndex;
  /** When all is read: the records that make another ledger the same. */
  readonly records: () => Iterable<LogRecord>;
};

const namesInRecord = 100_000;

/**
 * @param now Milliseconds since 1970: answers that are retained no more are left out. A clock that is ahead forgets none: the newest
 * answer must be that much later, too.
 */
export function createCheckpointState(now: number): CheckpointState {
  const accounts = createChannelAccounts(() => 0n);
  const index = createLedgerIndex();
  const unanchored = createUnanchoredBatches();
  const journal = createTransactionJournal(() => Promise.reject(new Error('A checkpoint is made of what is written.')));
  const keys = createKeyAccounts();
  const vouchers = createVoucherRecovery();
  const progress = new Map<Hex, Buffer>();
  // In the order in which they were kept: the last for a key is the one that counts.
  const answers = new Map<string, { readonly at: number; readonly record: Buffer }>();
  let newestAt = 0;
  let header: Buffer | undefined;

  const recovery = createLedgerRecovery({
    accounts,
    index,
    unanchored,
    journal,
    onHeader: (payload) => (header = Buffer.from(payload)),
    onKeyUse: keys.recover,
    onVoucher: (type, payload, committedOf) => {
      vouchers.recover(type, payload, committedOf);
      if (type === recordTypes.progress) progress.set(decodeProgressRecord(payload).salt, Buffer.from(payload));
    },
    onReceipt: (salt) => {
      vouchers.settled(salt);
      progress.delete(salt);
    },
    onAnswer: (payload, place) => {
      const { channelId, keySha256, at } = decodeStoredAnswer(payload).head;
      const id = `${channelId}/${keySha256}`;
      answers.delete(id);
      answers.set(id, { at, record: encodeAnswerPlace(place, headOfStoredAnswer(payload)) });
      newestAt = Math.max(newestAt, at);
    },
  });

  function* records(): Iterable<LogRecord> {
    const { lastEpoch, topUps } = recovery.end();
    if (header !== undefined) yield [recordTypes.header, [header]];
    yield [recordTypes.epoch, [epochBytesOf(lastEpoch)]];
    for (const account of accounts.all()) yield [recordTypes.account, [encodeAccountRecord(account)]];
    // Before the vouchers, some of which pay for these only.
    for (const payload of progress.values()) yield [recordTypes.progress, [payload]];
    for (const account of vouchers.accounts.values()) yield* voucherRecords(account);
    for (const [apiKeySha256, units] of keys.all()) yield [recordTypes.keyUse, [encodeKeyUse(apiKeySha256, units)]];
    for (const payload of topUps) yield [recordTypes.topUp, [payload]];
    for (const { at, record } of answers.values()) {
      if (isRetained(at, Math.min(now, newestAt))) yield [recordTypes.answerPlace, [record]];
    }
    yield* transactionRecords(journal);
    yield* unanchoredRecords(unanchored.names());
  }

  return { read: recovery.read, index, records };
}

/** Those that came last are told last: so they come to be the last ones again. */
function* voucherRecords({ held, recent }: StrictAccount): Iterable<LogRecord> {
  for (const signed of [...held.filter((each) => !recent.includes(each)), ...recent]) {
    yield [recordTypes.voucher, [encodeVoucherRecord(signed)]];
  }
}

function* transactionRecords(journal: TransactionJournal): Iterable<LogRecord> {
  for (const entry of journal.entries()) {
    yield [recordTypes.transaction, [encodeTransaction(entry)]];
    if (entry.state !== 'sent') yield [recordTypes.transactionEnd, [encodeTransactionEnd(entry, entry.state, '')]];
  }
}

function* unanchoredRecords(names: readonly BatchName[]): Iterable<LogRecord> {
  for (let at = 0; at < names.length; at += namesInRecord) {
    yield [recordTypes.unanchored, [encodeUnanchored(names.slice(at, at + namesInRecord))]];
  }
}
