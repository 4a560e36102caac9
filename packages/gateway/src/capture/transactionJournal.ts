import { type Hex, withDecimals } from '@kedge/core';
import type { SignedTransaction } from '../chain/gatewayChain.js';
import { recordTypes } from '../ledger/recordTypes.js';

export type BatchRange = { readonly epoch: bigint; readonly firstBatch: bigint; readonly lastBatch: bigint };

/**
 * A signed transaction and what it does. `sent`: it may be mined. `confirmed`: it was. `settled`: so deep that the chain will not
 * lose it any more. `dropped`: it never will be.
 */
export type JournalEntry = SignedTransaction & {
  readonly anchors: readonly BatchRange[];
  state: 'sent' | EndState;
};

export type EndState = 'confirmed' | 'settled' | 'dropped';

/** The operator's transactions, in the log before they are sent: so that one nonce never has two of them in flight. */
export type TransactionJournal = {
  /** Reads what `append` was given in an earlier run; the entry, when the record says what came of it. */
  readonly recover: (type: number, payload: Buffer) => JournalEntry | undefined;
  /** In the order they were signed. */
  readonly entries: () => readonly JournalEntry[];
  /** Durable when it resolves. */
  readonly add: (transaction: SignedTransaction, anchors: readonly BatchRange[]) => Promise<JournalEntry>;
  readonly end: (entry: JournalEntry, state: EndState, why: string) => Promise<void>;
};

// As far back as a chain that lost its last blocks is brought up to date again.
const keptConfirmed = 256;

/** A journal whose records `append` makes durable. */
export function createTransactionJournal(
  append: (type: number, payload: Uint8Array) => Promise<unknown>,
): TransactionJournal {
  let entries: JournalEntry[] = [];
  const prune = (): void => {
    const open = entries.filter(({ state }) => state !== 'dropped');
    const surplus = open.length - keptConfirmed;
    entries = surplus > 0 ? open.filter(({ state }, index) => state === 'sent' || index >= surplus) : open;
  };
  return {
    recover: (type, payload) => {
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
        return entry;
      }
      return undefined;
    },
    entries: () => entries,
    add: async ({ nonce, hash, raw }, anchors) => {
      const ranges = anchors.map(({ epoch, firstBatch, lastBatch }) => ({ epoch, firstBatch, lastBatch }));
      const entry: JournalEntry = { nonce, hash, raw, anchors: ranges, state: 'sent' };
      await append(recordTypes.transaction, encodeTransaction(entry));
      entries.push(entry);
      return entry;
    },
    end: async (entry, state, why) => {
      await append(recordTypes.transactionEnd, encodeTransactionEnd(entry, state, why));
      entry.state = state;
      prune();
    },
  };
}

/** A transaction's record, in JSON. */
export function encodeTransaction({ nonce, hash, raw, anchors }: JournalEntry): Uint8Array {
  return encode({ nonce, hash, raw, anchors });
}

/** The record of what came of a transaction, in JSON. */
export function encodeTransactionEnd({ hash, nonce }: JournalEntry, state: EndState, why: string): Uint8Array {
  return encode({ hash, nonce, state, why });
}

function encode(value: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(value, withDecimals));
}
