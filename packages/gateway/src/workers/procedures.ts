import type { Socket } from 'node:net';
import type { Channel, Hex, SignedRateQuote, SignedReceipt } from '@kedge/core';
import type { Gone } from '../channels/channelBook.js';
import type { ChannelState, LotPrice } from '../chain/gatewayChain.js';
import type { GatewayConfigInput } from '../gatewayConfig.js';
import type { DurableHead } from '../ledger/ledger.js';
import type { ForeignBatch } from '../ledger/foreignBatch.js';
import type { KeptRecord } from '../ledger/openLedger.js';
import type { DepositChain } from '../topUps/depositChain.js';
import type { UseWindows } from '../ledger/useWindows.js';
import type { Gathered, GatewayFigures } from './gatewayFigures.js';

/** What is durable of a channel. */
export type ChannelStanding = {
  readonly head: DurableHead | undefined;
  readonly windows: UseWindows;
  /** Records of the vouchers that are held. */
  readonly vouchers: readonly Uint8Array[];
};

/** What the process with the log does for a worker. */
export type KeeperProcedures = {
  /** Durable when it resolves. */
  readonly keepBatch: (batch: ForeignBatch) => Promise<void>;
  readonly keepRecords: (records: readonly KeptRecord[]) => Promise<void>;
  readonly standingOf: (channelId: Hex) => ChannelStanding;
  readonly receiptOf: (receipt: {
    readonly channelId: Hex;
    readonly seq: bigint;
  }) => Promise<SignedReceipt | undefined>;
  /** The stored answer for an Idempotency-Key. */
  readonly answerOf: (key: { readonly channelId: Hex; readonly keySha256: string }) => Promise<Uint8Array | undefined>;
  readonly readChannel: (asked: { readonly channel: Channel; readonly channelId: Hex }) => Promise<ChannelState>;
  readonly readCurrentPolicy: (classId: bigint) => Promise<{ readonly hash: Hex; readonly uri: string }>;
  readonly readLot: (lot: bigint) => Promise<LotPrice | undefined>;
  readonly captureNow: (none: undefined) => Promise<string | undefined>;
  /** Of all workers. */
  readonly gather: (none: undefined) => Promise<Gathered>;
  /** What keys have spent, when every process has read the channels file. */
  readonly keyUses: (none: undefined) => Promise<ReadonlyMap<string, bigint>>;
  readonly shareRateQuote: (signed: SignedRateQuote) => void;
  /** Records of payments, but for the first so many. */
  readonly topUpsAfter: (seen: number) => { readonly payloads: readonly Uint8Array[]; readonly seen: number };
  /** What the process that sends payments knows of the chain, or sends. */
  readonly deposits: (call: DepositCall) => Promise<unknown>;
};

/** One call of a `DepositChain`. */
export type DepositCall = { readonly name: keyof DepositChain; readonly with: readonly unknown[] };

/** With what a worker begins. */
export type WorkerStart = {
  readonly config: GatewayConfigInput;
  readonly index: number;
  /** How many workers there are. */
  readonly workers: number;
  /** Of its batches and receipts. */
  readonly epoch: bigint;
  /** What keys have spent, by their SHA-256. */
  readonly keyUses: ReadonlyMap<string, bigint>;
  /** Records of streams of its channels that were interrupted, as of their last voucher. */
  readonly interrupted: readonly Uint8Array[];
  /** The newest that were taken. */
  readonly rateQuotes: readonly SignedRateQuote[];
};

/** What a worker does for the process with the log. */
export type WorkerProcedures = {
  /** Resolves with where the other workers reach it, when it serves. */
  readonly start: (start: WorkerStart) => Promise<string>;
  /** Where each worker is reached; undefined: it has ended, and is started again. */
  readonly places: (urls: readonly (string | undefined)[]) => void;
  /** Takes a connection, with what was read of it. */
  readonly serve: (bytes: Uint8Array, socket?: Socket) => void;
  readonly figures: (none: undefined) => GatewayFigures;
  /** The channel is gone from the chain. */
  readonly drop: (gone: { readonly channelId: Hex; readonly how: Gone }) => void;
  readonly takeRateQuote: (signed: SignedRateQuote) => void;
  /** Resolves when the channels file has been read, if it changed. */
  readonly readChannels: (none: undefined) => Promise<void>;
  /** Another worker was paid: resolves when the channel that it opened is known here. */
  readonly topUpKept: (none: undefined) => Promise<void>;
  /** The log cannot be written. */
  readonly logFailed: (reason: string) => void;
  readonly close: (none: undefined) => Promise<void>;
};
