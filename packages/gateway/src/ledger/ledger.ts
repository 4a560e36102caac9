import type { Hex, SignedReceipt, SignedVoucher } from '@kedge/core';
import type { BatchRange, TransactionJournal } from '../capture/transactionJournal.js';
import type { AnswerStore } from '../idempotency/createIdempotency.js';
import type { TopUpRecord } from '../topUps/topUpRecord.js';
import type { ChannelAccount } from './channelAccount.js';
import type { BatchLeaves } from './createLeafCache.js';
import type { BatchName } from './ledgerIndex.js';
import type { CommitInput } from './receiptBatcher.js';

/** What of a channel is durable: vouchers are made for this and nothing later. */
export type DurableHead = { readonly units: bigint; readonly seq: bigint; readonly receiptHash: Hex };

/** Where a channel is served. Without `url`: nobody can be asked now, and later the answer is another. */
export type ChannelElsewhere = { readonly url: string | undefined };

/** What captures need of a ledger. */
export type CaptureLedger = {
  /** Whether other gateways write to it: then there may be work that this one did not make. */
  readonly isShared: boolean;
  /** One gateway at a time captures: runs `work` alone, on what the ledger holds of these channels by then. */
  readonly exclusively: <T>(channelIds: readonly Hex[], work: () => Promise<T>) => Promise<T>;
  /** One gateway at a time sends a payment. @throws when its turn does not come. */
  readonly inTurnToPay: <T>(pay: () => Promise<T>) => Promise<T>;
  readonly journal: TransactionJournal;
  readonly durableOf: (channelId: Hex) => DurableHead | undefined;
  /** Every channel that has a durable receipt, and the units of all of its receipts. */
  readonly usedUnits: () => Promise<ReadonlyMap<Hex, bigint>>;
  /** A batch with its receipts' hashes, for anchoring. */
  readonly leavesOf: (name: BatchName) => Promise<BatchLeaves>;
  /** Batches that no confirmed transaction anchors, in order. */
  readonly unanchored: () => readonly BatchName[];
  readonly markAnchored: (range: BatchRange) => void;
  readonly markUnanchored: (range: BatchRange) => void;
};

/** What serving calls needs of a ledger. */
export type ServingLedger = Pick<CaptureLedger, 'isShared'> & {
  /** Raised at every start, so that no two runs ever name a batch alike, nor number a receipt alike (R15). */
  readonly epoch: bigint;
  /** The same object whenever it is asked for. What it says is true while the channel is served here. */
  readonly accountOf: (channelId: Hex) => ChannelAccount;
  /** Makes the account say what is durable, for a channel that need not be served here. */
  readonly load: (channelId: Hex) => Promise<void>;
  /** Undefined: the channel is served here. Else it is found out, or taken over. */
  readonly placeOf: (channelId: Hex) => undefined | Promise<ChannelElsewhere | undefined>;
  /** Whether the channel is served here, as far as is known without asking. */
  readonly isHeld: (channelId: Hex) => boolean;
  /** Numbers and chains the receipt now; resolves when it is durable, signed (R13, R14). */
  readonly commit: (input: CommitInput) => Promise<SignedReceipt>;
  readonly receiptOf: (channelId: Hex, seq: bigint) => Promise<SignedReceipt | undefined>;
  readonly answers: AnswerStore;
  /** Durable when it resolves, with what the channel's running streams come to. */
  readonly keepVoucher: (signed: readonly SignedVoucher[], progress: readonly CommitInput[]) => Promise<void>;
  /** Durable when it resolves: a payment that is about to be sent, or a channel that it opened. */
  readonly keepTopUp: (record: TopUpRecord) => Promise<unknown>;
  /** Records of payments that came to be known since it was called last: at first, of all earlier runs. */
  readonly newTopUps: () => Promise<readonly Uint8Array[]>;
  /** Why nothing can be recorded now. */
  readonly failure: () => unknown;
  readonly flushCount: () => number;
  /** Says where other gateways reach this one. */
  readonly announce: (url: string) => Promise<void>;
  /**
   * Nothing begins here any more: others may serve its channels from now on, but for those of the `busy` roots, which calls are at.
   * Without these, no call runs any more: resolves when what others sent here before they knew has been answered.
   */
  readonly handOver: (busy?: ReadonlySet<Hex>) => Promise<void>;
  readonly close: () => Promise<void>;
};

/** The gateway's one durable state: who was charged what, proven by receipts. Everything in it survives `kill -9`. */
export type Ledger = CaptureLedger & ServingLedger;
