import {
  domainSeparatorOf,
  type Hex,
  type Metric,
  type ProtocolDomain,
  type Receipt,
  type ReceiptBatch,
  receiptBatchDigest,
  seqOf,
  type SignedRateQuote,
  type SignedReceipt,
} from '@kedge/core';
import { keccak256 } from '../crypto/hashers.js';
import type { KeptAnswer } from '../idempotency/createIdempotency.js';
import type { KeyAccount } from '../keys/keyAccounts.js';
import type { OperatorKey } from '../crypto/operatorKey.js';
import type { LoggedReceipt } from './batchRecord.js';
import type { ChannelAccount } from './channelAccount.js';
import { ChannelsLostError } from './channelsLostError.js';
import { receiptTree } from './receiptTree.js';
import { noteUse } from './useWindows.js';
import { type SealedReceipt, sealReceipt } from './sealReceipt.js';

/** One call that was served, ready to be charged. */
export type CommitInput = {
  readonly channelId: Hex;
  readonly tokenId: bigint;
  readonly classId: bigint;
  readonly policyHash: Hex;
  readonly requestHash: Hex;
  readonly responseHash: Hex;
  readonly metrics: readonly Metric[];
  readonly units: bigint;
  /** The quote that the metrics name; written in the same flush. */
  readonly rateQuote?: SignedRateQuote | undefined;
  readonly salt: Hex;
  readonly issuedAt: bigint;
  /** Kept with the receipt, in the same flush: the answer to replay for an Idempotency-Key. */
  readonly answer?: KeptAnswer | undefined;
  /** Whether the policy caps what a channel uses within a time. */
  readonly hasWindows: boolean;
  /** The key that spent it, when its use is counted; written in the same flush. */
  readonly key?: KeyAccount | undefined;
};

type Pending = {
  readonly input: CommitInput;
  readonly sealed: SealedReceipt;
  readonly resolve: (receipt: SignedReceipt) => void;
  readonly reject: (error: unknown) => void;
};

// Signing and the disk cost about the same for one receipt as for many. So a batch waits for company while turns of the event
// loop still bring receipts: not for a call whose upstream works on it, which leaves the loop quiet, and never long.
const quietTurns = 4;
const longestWaitMs = 5;

/** A batch that is signed and not yet written. The same receipts twice: as they are logged, and as their holders get them. */
export type SignedBatch = {
  readonly batch: ReceiptBatch;
  readonly signature: Hex;
  readonly receipts: readonly (LoggedReceipt & { readonly sealed: SealedReceipt })[];
  readonly signed: readonly SignedReceipt[];
  /** To be kept with them. */
  readonly answers: readonly { readonly answer: KeptAnswer; readonly signed: SignedReceipt }[];
  /** Of keys whose use is counted, in the receipts' order. */
  readonly keyUses: readonly { readonly channelId: Hex; readonly apiKeySha256: string; readonly units: bigint }[];
};

export type ReceiptBatcher = {
  readonly commit: (account: ChannelAccount, input: CommitInput) => Promise<SignedReceipt>;
  /** Refuses what waits for the next batch: another gateway has taken the channel over. */
  readonly reject: (channelId: Hex, error: unknown) => void;
  readonly idle: () => Promise<void>;
};

/** Collects receipts while the ledger is busy, then builds, signs and writes them as one batch (R14). */
export function createReceiptBatcher(options: {
  /** Of the batches, which count from 1 in it. */
  readonly epoch: bigint;
  readonly operator: OperatorKey;
  readonly domain: ProtocolDomain;
  /** Calls that are served now, those whose receipt is not durable yet included. */
  readonly running: () => number;
  /** Of the answers that one batch is kept with; a longer one has a batch of its own. */
  readonly mostAnswerBytes: number;
  /** Resolves when the batch is durable. `ChannelsLostError`: nothing was written, and may be without those channels. */
  readonly write: (batch: SignedBatch) => Promise<void>;
}): ReceiptBatcher {
  const { epoch, operator } = options;
  const separator = domainSeparatorOf(options.domain, keccak256);
  let pending: Pending[] = [];
  let flushing: Promise<void> | undefined;
  let waitsSince: number | undefined;
  let seen = 0;
  let quiet = 0;
  let lastBatch = 0n;

  const signBatch = (group: readonly Pending[]): SignedBatch => {
    const tree = receiptTree(group.map(({ sealed }) => sealed.hashBytes));
    const batch = { operator: operator.address, epoch, batch: lastBatch + 1n, root: tree.root };
    const signature = operator.signDigest(receiptBatchDigest(separator, batch, keccak256));
    const signer = operator.address;
    const signed = group.map(({ sealed, input }, index): SignedReceipt => {
      const { salt, rateQuote } = input;
      const signed = { receipt: sealed.receipt, batch, path: tree.pathOf(index), signature, signer, salt };
      return rateQuote === undefined ? signed : { ...signed, rateQuote };
    });
    const answers = group.flatMap(({ input: { answer } }, index) => {
      const receipt = signed[index];
      return answer === undefined || receipt === undefined ? [] : [{ answer, signed: receipt }];
    });
    const receipts = group.map(({ sealed, input: { salt, rateQuote } }) => ({
      sealed,
      receipt: sealed.receipt,
      salt,
      rateQuote,
    }));
    const keyUses = group.flatMap(({ input: { key, channelId, units } }) =>
      key === undefined ? [] : [{ channelId, apiKeySha256: key.apiKeySha256, units }],
    );
    return { batch, signature, receipts, signed, answers, keyUses };
  };

  const writeBatch = async (all: readonly Pending[]): Promise<void> => {
    for (let group = all; group.length > 0;) {
      try {
        const batch = signBatch(group);
        await options.write(batch);
        lastBatch = batch.batch.batch;
        group.forEach(({ resolve }, index) => resolve(batch.signed[index] as SignedReceipt));
        return;
      } catch (error) {
        // It may be written all the same: the next one must not have its number.
        if (!(error instanceof ChannelsLostError)) lastBatch++;
        const kept = error instanceof ChannelsLostError ? group.filter(({ input }) => !error.has(input.channelId)) : [];
        const refused = kept.length < group.length ? group.filter((item) => !kept.includes(item)) : group;
        for (const { reject } of refused) reject(error);
        group = refused === group ? [] : kept;
      }
    }
  };

  const flush = (): void => {
    waitsSince = undefined;
    if (flushing !== undefined || pending.length === 0) return;
    const group = pending.slice(0, batchEnd(pending, options.mostAnswerBytes));
    pending = pending.slice(group.length);
    flushing = writeBatch(group).then(() => {
      flushing = undefined;
      schedule();
    });
  };

  const schedule = (): void => {
    if (flushing !== undefined || pending.length === 0) return;
    if (hasEnough()) return flush();
    if (waitsSince !== undefined) return;
    waitsSince = performance.now();
    seen = pending.length;
    quiet = 0;
    setImmediate(lookAgain);
  };

  const hasEnough = (): boolean => pending.length >= options.running();

  const lookAgain = (): void => {
    if (waitsSince === undefined) return;
    if (hasEnough() || performance.now() - waitsSince > longestWaitMs) return flush();
    if (pending.length > seen) quiet = 0;
    else if (++quiet >= quietTurns) return flush();
    seen = pending.length;
    setImmediate(lookAgain);
  };

  return {
    commit: (account, input) => {
      account.counter += 1n;
      account.committedUnits += input.units;
      if (input.key !== undefined) input.key.committedUnits += input.units;
      if (input.hasWindows) noteUse(account.windows, input.units, Number(input.issuedAt));
      const receipt: Receipt = {
        channelId: input.channelId,
        tokenId: input.tokenId,
        classId: input.classId,
        policyHash: input.policyHash,
        seq: seqOf(account.epoch, account.counter),
        requestHash: input.requestHash,
        responseHash: input.responseHash,
        metrics: input.metrics,
        units: input.units,
        cumulativeUnits: account.committedUnits,
        previousReceiptHash: account.lastReceiptHash,
        issuedAt: input.issuedAt,
      };
      const sealed = sealReceipt(receipt);
      account.lastSeq = receipt.seq;
      account.lastReceiptHash = sealed.receiptHash;
      return new Promise((resolve, reject) => {
        pending.push({ input, sealed, resolve, reject });
        schedule();
      });
    },
    reject: (channelId, error) => {
      const isOfChannel = ({ input }: Pending): boolean => input.channelId === channelId;
      const refused = pending.filter(isOfChannel);
      pending = pending.filter((item) => !isOfChannel(item));
      for (const { reject } of refused) reject(error);
    },
    idle: async () => {
      flush();
      await flushing;
      // What came meanwhile was scheduled when that flush ended; after the gateway stopped serving, nothing more comes.
      flush();
      await flushing;
    },
  };
}

function batchEnd(pending: readonly Pending[], mostAnswerBytes: number): number {
  let bytes = 0;
  const end = pending.findIndex(({ input }) => (bytes += input.answer?.bytes ?? 0) > mostAnswerBytes);
  return end === -1 ? pending.length : Math.max(end, 1);
}
