import type { Hex } from '@kedge/core';
import type { BatchRange, TransactionJournal } from '../capture/transactionJournal.js';
import type { RecoverVoucher } from '../vouchers/voucherRecovery.js';
import { createHashNames, readBatchUse, saltAt, wordsOf } from './batchRecord.js';
import type { ChannelAccount, ChannelAccounts } from './channelAccount.js';
import { decodeAnswerPlace, decodeUnanchored, readAccountRecord } from './checkpoint/checkpointRecords.js';
import type { Frame } from './frame.js';
import type { LogPlace, LedgerIndex } from './ledgerIndex.js';
import type { DurableHead } from './ledger.js';
import { recordTypes } from './recordTypes.js';
import { hashWords } from './sealReceipt.js';
import { type UnanchoredBatches, withoutRanges } from './unanchoredBatches.js';
import { noteUse } from './useWindows.js';

/** What a log says at opening beside what it says of accounts, batches and transactions. */
export type RecoveredLog = {
  readonly hasHeader: boolean;
  /** 0: there was none. */
  readonly lastEpoch: bigint;
  readonly topUps: Buffer[];
};

/** Who takes what a log says beside its receipts. */
export type RecoverySinks = {
  /** A stored answer, or the begin of one without its body, and where the whole is in the log. */
  readonly onAnswer: (payload: Buffer, place: LogPlace) => void;
  /** A voucher, or what a stream came to when there was one. */
  readonly onVoucher: RecoverVoucher;
  /** What a key spent. */
  readonly onKeyUse: (payload: Buffer) => void;
  /** Receipts by their salt: those that come after the progress of a stream. */
  readonly onReceipt?: ((salt: Hex) => void) | undefined;
};

export type LedgerRecovery = {
  readonly read: (record: Frame, offset: number) => void;
  /** When all is read. */
  readonly end: () => RecoveredLog;
};

/** Reads the records of a checkpoint and of a log, one after another, into what the ledger keeps in memory. */
export function createLedgerRecovery(
  context: RecoverySinks & {
    readonly onHeader: (payload: Buffer) => void;
    readonly accounts: ChannelAccounts;
    readonly index: Pick<LedgerIndex, 'add'>;
    readonly unanchored: UnanchoredBatches;
    readonly journal: Pick<TransactionJournal, 'recover'>;
  },
): LedgerRecovery {
  const { accounts, index, unanchored, journal } = context;
  const lastWords = new Map<Hex, Buffer>();
  const channelIdAt = createHashNames();
  // By the transaction that was confirmed.
  const anchored = new Map<Hex, readonly BatchRange[]>();
  const topUps: Buffer[] = [];
  let lastEpoch = 0n;
  let hasHeader = false;
  let hasProgress = false;

  const readBatch = (payload: Buffer, offset: number): void => {
    const { epoch, batch, receipts } = readBatchUse(payload, channelIdAt);
    index.add({ epoch, batch, receipts }, { offset, length: payload.length });
    unanchored.add({ epoch, batch });
    for (const receipt of receipts) {
      const { channelId, seq, units, cumulativeUnits, issuedAt } = receipt;
      const account = accounts.of(channelId);
      account.committedUnits = cumulativeUnits;
      account.lastSeq = seq;
      noteUse(account.windows, units, Number(issuedAt));
      copyWords(lastWords, channelId, wordsOf(payload, receipt));
      if (hasProgress) context.onReceipt?.(saltAt(payload, receipt));
    }
  };

  const readTransaction = (type: number, payload: Buffer): void => {
    const ended = journal.recover(type, payload);
    if (ended?.state === 'confirmed' || ended?.state === 'settled') anchored.set(ended.hash, ended.anchors);
    // A checkpoint does not name what was anchored by then.
    else if (ended !== undefined && anchored.delete(ended.hash)) ended.anchors.forEach(unanchored.markUnanchored);
  };

  return {
    read: ({ type, payload }, offset) => {
      if (type === recordTypes.header) {
        context.onHeader(payload);
        hasHeader = true;
      } else if (type === recordTypes.epoch) lastEpoch = BigInt(payload.readUInt32BE(0));
      else if (type === recordTypes.batch) readBatch(payload, offset);
      else if (type === recordTypes.answer) context.onAnswer(payload, { offset, length: payload.length });
      else if (type === recordTypes.voucher || type === recordTypes.progress) {
        hasProgress ||= type === recordTypes.progress;
        context.onVoucher(type, payload, (channelId) => accounts.known(channelId)?.committedUnits ?? 0n);
      } else if (type === recordTypes.keyUse) context.onKeyUse(payload);
      else if (type === recordTypes.topUp) topUps.push(Buffer.from(payload));
      else if (type === recordTypes.account) readAccountRecord(payload, accounts.of);
      else if (type === recordTypes.unanchored) decodeUnanchored(payload).forEach(unanchored.add);
      else if (type === recordTypes.answerPlace) {
        const { place, head } = decodeAnswerPlace(payload);
        context.onAnswer(head, place);
      } else readTransaction(type, payload);
    },
    end: () => {
      unanchored.replace(withoutRanges(unanchored.names(), [...anchored.values()].flat()));
      for (const [channelId, words] of lastWords) accounts.of(channelId).lastReceiptHash = hashWords(words);
      for (const account of accounts.all()) if (account.lastSeq !== 0n) account.durable = headOf(account);
      return { hasHeader, lastEpoch, topUps };
    },
  };
}

function headOf({ committedUnits: units, lastSeq: seq, lastReceiptHash: receiptHash }: ChannelAccount): DurableHead {
  return { units, seq, receiptHash };
}

function copyWords(lastWords: Map<Hex, Buffer>, channelId: Hex, words: Buffer): void {
  const kept = lastWords.get(channelId);
  if (kept === undefined) lastWords.set(channelId, Buffer.from(words));
  else kept.set(words);
}
