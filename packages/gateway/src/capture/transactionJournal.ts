import type { Hex } from '@kedge/core';
import type { SignedTransaction } from '../chain/gatewayChain.js';
import type { ForeignRecord } from '../ledger/openLedger.js';
import type { RecordLog } from '../ledger/recordLog.js';
import { recordTypes } from '../ledger/recordTypes.js';

export type BatchRange = { readonly epoch: bigint; readonly firstBatch: bigint; readonly lastBatch: bigint };

/** A signed transaction and what it does. `sent`: it may be mined. `confirmed`: it was. `dropped`: it never will be. */
export type JournalEntry = SignedTransaction & {
  readonly anchors: readonly BatchRange[];
  state: 'sent' | 'confirmed' | 'dropped';
};

/** The operator's transactions, in the log before they are sent: so that one nonce never has two of them in flight. */
export type TransactionJournal = {
  readonly recover: (record: ForeignRecord) => void;
  /** In the order they were signed. */
  readonly entries: () => readonly JournalEntry[];
  /** Durable when it resolves. */
  readonly add: (
    log: RecordLog,
    transaction: SignedTransaction,
    anchors: readonly BatchRange[],
  ) => Promise<JournalEntry>;
  readonly end: (
    log: RecordLog,
    entry: JournalEntry,
    state: 'sent' | 'confirmed' | 'dropped',
    why: string,
  ) => Promise<void>;
};

// As far back as a chain that lost its last blocks is brought up to date again.
const keptConfirmed = 256;

export function createTransactionJournal(): TransactionJournal {
  let entries: JournalEntry[] = [];
  const prune = (): void => {
    const open = entries.filter(({ state }) => state !== 'dropped');
    const surplus = open.length - keptConfirmed;
    entries = surplus > 0 ? open.filter(({ state }, index) => state === 'sent' || index >= surplus) : open;
  };
  return {
    recover: ({ type, payload }) => {
      if (type === recordTypes.transaction) {
        const { nonce, hash, raw, anchors } = JSON.parse(payload.toString()) as {
          nonce: number;
          hash: Hex;
          raw: Hex;
          anchors: { epoch: string; firstBatch: string; lastBatch: string }[];
        };
        const ranges = anchors.map(({ epoch, firstBatch, lastBatch }) => ({
          epoch: BigInt(epoch),
          firstBatch: BigInt(firstBatch),
          lastBatch: BigInt(lastBatch),
        }));
        entries.push({ nonce, hash, raw, anchors: ranges, state: 'sent' });
      } else if (type === recordTypes.transactionEnd) {
        const { hash, state } = JSON.parse(payload.toString()) as Pick<JournalEntry, 'hash' | 'state'>;
        const entry = entries.find((known) => known.hash === hash);
        if (entry !== undefined) entry.state = state;
        prune();
      }
    },
    entries: () => entries,
    add: async (log, { nonce, hash, raw }, anchors) => {
      const ranges = anchors.map(({ epoch, firstBatch, lastBatch }) => ({ epoch, firstBatch, lastBatch }));
      const json = { nonce, hash, raw, anchors: ranges };
      await log.append(recordTypes.transaction, [encode(json)]);
      const entry: JournalEntry = { nonce, hash, raw, anchors: ranges, state: 'sent' };
      entries.push(entry);
      return entry;
    },
    end: async (log, entry, state, why) => {
      await log.append(recordTypes.transactionEnd, [encode({ hash: entry.hash, nonce: entry.nonce, state, why })]);
      entry.state = state;
      prune();
    },
  };
}

function encode(value: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(value, (_, part: unknown) => (typeof part === 'bigint' ? part.toString() : part)));
}
