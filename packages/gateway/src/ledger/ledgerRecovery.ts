import type { Hex } from '@kedge/core';
import type { BatchRange, TransactionJournal } from '../capture/transactionJournal.js';
import { createHashNames, readBatchUse, saltAt, wordsOf } from './batchRecord.js';
import type { ChannelAccounts } from './channelAccount.js';
import type { Frame } from './frame.js';
import type { LedgerIndex } from './ledgerIndex.js';
import { checkHeader } from './logHeader.js';
import type { LedgerOptions } from './openLedger.js';
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

/** Reads the records of a log, one after another, into what the ledger keeps in memory. */
export function createLedgerRecovery(
  context: Pick<LedgerOptions, 'path' | 'operator' | 'domain' | 'onAnswer' | 'onKeyUse' | 'onReceipt' | 'onVoucher'> & {
    readonly accounts: ChannelAccounts;
    readonly index: LedgerIndex;
    readonly unanchored: UnanchoredBatches;
    readonly journal: TransactionJournal;
  },
): { readonly read: (record: Frame, offset: number) => void; readonly end: () => RecoveredLog } {
  const { accounts, index, unanchored, journal } = context;
  const lastWords = new Map<Hex, Buffer>();
  const channelIdAt = createHashNames();
  const anchored = new Map<string, BatchRange>();
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
    for (const range of ended?.anchors ?? []) {
      const key = `${range.epoch}/${range.firstBatch}`;
      if (ended?.state === 'confirmed') anchored.set(key, range);
      else anchored.delete(key);
    }
  };

  return {
    read: ({ type, payload }, offset) => {
      if (type === recordTypes.header) {
        checkHeader(payload, context.operator, context.domain, context.path);
        hasHeader = true;
      } else if (type === recordTypes.epoch) lastEpoch = BigInt(payload.readUInt32BE(0));
      else if (type === recordTypes.batch) readBatch(payload, offset);
      else if (type === recordTypes.answer) context.onAnswer(Buffer.from(payload), offset);
      else if (type === recordTypes.voucher || type === recordTypes.progress) {
        hasProgress ||= type === recordTypes.progress;
        context.onVoucher(type, payload, (channelId) => accounts.known(channelId)?.committedUnits ?? 0n);
      } else if (type === recordTypes.keyUse) context.onKeyUse(payload);
      else if (type === recordTypes.topUp) topUps.push(Buffer.from(payload));
      else readTransaction(type, payload);
    },
    end: () => {
      unanchored.replace(withoutRanges(unanchored.names(), [...anchored.values()]));
      for (const [channelId, words] of lastWords) {
        const account = accounts.of(channelId);
        account.lastReceiptHash = hashWords(words);
        account.durable = { units: account.committedUnits, seq: account.lastSeq, receiptHash: account.lastReceiptHash };
      }
      return { hasHeader, lastEpoch, topUps };
    },
  };
}

function copyWords(lastWords: Map<Hex, Buffer>, channelId: Hex, words: Buffer): void {
  const kept = lastWords.get(channelId);
  if (kept === undefined) lastWords.set(channelId, Buffer.from(words));
  else kept.set(words);
}
