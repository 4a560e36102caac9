import {
  encodeReceiptLeaves,
  type Hex,
  type ProtocolDomain,
  receiptAnchorTree,
  type SignedVoucher,
  utf8,
  type Voucher,
} from '@kedge/core';
import type {
  Capture,
  CaptureItem,
  CaptureOutcome,
  GatewayChain,
  ReceiptAnchor,
  RoyaltyEdge,
} from '../chain/gatewayChain.js';
import type { ServedChannel } from '../channels/servedChannel.js';
import { keccak256 } from '../crypto/hashers.js';
import type { OperatorKey } from '../crypto/operatorKey.js';
import type { BatchName } from '../ledger/ledgerIndex.js';
import type { CaptureLedger } from '../ledger/openLedger.js';
import { reasonOf, type StructuredLog } from '../structuredLog.js';
import { confirmTransaction, reconcileTransactions } from './reconcileTransactions.js';
import type { JournalEntry } from './transactionJournal.js';

export type CaptureBatcherOptions = {
  readonly ledger: CaptureLedger;
  readonly chain: GatewayChain;
  readonly operator: OperatorKey;
  readonly domain: ProtocolDomain;
  /** Puts a blob of leaves into the content store; its CID. Durable when it resolves. */
  readonly putLeaves: (bytes: Uint8Array) => Promise<string>;
  readonly channelOf: (channelId: Hex) => ServedChannel | undefined;
  /** Of a strict channel: the newest voucher that durable receipts of so many units account for. */
  readonly voucherOf: (channelId: Hex, durableUnits: bigint) => SignedVoucher | undefined;
  /** The chain says that the channel is closed. */
  readonly onGone: (channelId: Hex) => void;
  readonly intervalMs: number;
  readonly maxReceipts: number;
  readonly now: () => number;
  readonly log: StructuredLog;
};

/** Takes what was used from the channels on chain, and anchors receipts (R18). An idle one sends nothing. */
export type CaptureBatcher = {
  /** A channel is served: its captured amount as the chain has it. */
  readonly track: (channelId: Hex, capturedUnits: bigint) => void;
  readonly onCommitted: (receipts: number) => void;
  /** Looks once for what an earlier run left undone. */
  readonly start: () => void;
  /** Captures now what there is; undefined, or why it was postponed. Calls made meanwhile share one run after this one. */
  readonly captureNow: () => Promise<string | undefined>;
  /** One last capture. */
  readonly stop: () => Promise<void>;
  /** Ends without one. */
  readonly cancel: () => Promise<void>;
};

type Tracked = {
  captured: bigint;
  /** Set when a capture took less than was signed. */ retryAt: number;
  failures: number;
};

const longestBackoffMs = 60_000;
const minedWithinMs = 60_000;
// A start may follow any loss of the chain's last blocks; while running, a short reorganisation is what happens.
const usualRecheck = 4;

export function createCaptureBatcher(options: CaptureBatcherOptions): CaptureBatcher {
  const { ledger, chain, operator, domain, log, intervalMs } = options;
  const tracked = new Map<Hex, Tracked>();
  let receipts = 0;
  let failures = 0;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;
  let stopping = false;
  let postponed: string | undefined;
  let isFirst = true;

  /** What the channel's key says was received: in a strict channel the client's vouchers, else the receipts. */
  const signedOf = (channelId: Hex): { readonly voucher: Voucher; readonly signature?: Hex } | undefined => {
    const durable = ledger.durableOf(channelId);
    if (durable === undefined) return undefined;
    if (options.channelOf(channelId)?.channel.mode === 'strict') return options.voucherOf(channelId, durable.units);
    const { units: cumulativeUnits, receiptHash, seq } = durable;
    // No signature: the channel's key is the operator's, who sends the capture.
    return { voucher: { channelId, cumulativeUnits, receiptHash, seq } };
  };
  const isBehind = ([channelId, { captured }]: [Hex, Tracked]): boolean =>
    (signedOf(channelId)?.voucher.cumulativeUnits ?? 0n) > captured;
  const hasWork = (): boolean => ledger.unanchored().length > 0 || [...tracked].some(isBehind);

  const readCaptured = async (channelIds: Iterable<Hex>): Promise<void> => {
    for (const channelId of channelIds) {
      const served = options.channelOf(channelId);
      const entry = tracked.get(channelId);
      if (served === undefined || entry === undefined) continue;
      const state = await chain.readChannel(served.channel, channelId);
      if (!state.open) {
        log.error('channel_gone', {
          channelId,
          usedUnits: ledger.durableOf(channelId)?.units,
          capturedUnits: entry.captured,
        });
        tracked.delete(channelId);
        options.onGone(channelId);
      } else entry.captured = state.capturedUnits;
    }
  };

  const buildItems = async (): Promise<CaptureItem[]> => {
    const items: CaptureItem[] = [];
    for (const [channelId, entry] of [...tracked].filter(isBehind)) {
      const served = options.channelOf(channelId);
      const signed = signedOf(channelId);
      if (served === undefined || signed === undefined) continue;
      if (entry.retryAt > 0) {
        if (entry.retryAt > options.now() && !stopping) continue;
        // Its rate, or its end: asking is cheaper than a transaction that does nothing.
        const { capturableUnits, open } = await chain.readChannel(served.channel, channelId);
        if (open && capturableUnits === 0n) continue;
      }
      items.push({ channel: served.channel, ...signed });
    }
    return items;
  };

  const buildAnchors = async (): Promise<ReceiptAnchor[]> => {
    const anchors: ReceiptAnchor[] = [];
    const names = ledger.unanchored().toSorted((a, b) => Number(a.epoch - b.epoch) || Number(a.batch - b.batch));
    for (const run of runsOf(names)) {
      const [first] = run;
      const last = run[run.length - 1];
      if (first === undefined || last === undefined) continue;
      const { epoch } = first;
      const batches: { batch: bigint; root: Hex; leaves: readonly Hex[] }[] = [];
      for (const name of run) {
        const { root, receiptHashes } = await ledger.leavesOf(name);
        batches.push({ batch: name.batch, root, leaves: receiptHashes });
      }
      const cid = await options.putLeaves(utf8(encodeReceiptLeaves({ operator: operator.address, epoch, batches })));
      const signed = batches.map(({ batch, root }) => ({ operator: operator.address, epoch, batch, root }));
      const { root } = receiptAnchorTree(domain, signed, keccak256);
      anchors.push({ epoch, firstBatch: first.batch, lastBatch: last.batch, root, cid });
    }
    return anchors;
  };

  const edgesOf = (items: readonly CaptureItem[]): RoyaltyEdge[] => {
    const edges = new Map<string, RoyaltyEdge>();
    for (const { voucher } of items) {
      for (const edge of options.channelOf(voucher.channelId)?.edges ?? []) {
        edges.set(`${edge.classId}/${edge.parentIndex}/${edge.asset}`, edge);
      }
    }
    return [...edges.values()];
  };

  const awaitOutcome = async ({ hash, nonce }: JournalEntry): Promise<CaptureOutcome | undefined> => {
    const until = options.now() + minedWithinMs;
    for (let pause = 20; ; pause = Math.min(pause * 2, 1_000)) {
      // In this order: a nonce that is mined before its transaction is looked up without success was another's.
      const isSpent = (await chain.minedNonce()) > nonce;
      const outcome = await chain.outcomeOf(hash);
      if (outcome !== undefined || isSpent || options.now() >= until) return outcome;
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  };

  const captureOnce = async (): Promise<void> => {
    const context = { ledger, chain, log, recheck: isFirst ? Infinity : usualRecheck };
    const { nextNonce, changed } = await reconcileTransactions(context, awaitOutcome);
    if (changed) await readCaptured(tracked.keys());
    // What others captured since.
    else if (ledger.isShared) await readCaptured([...tracked].filter(isBehind).map(([channelId]) => channelId));
    isFirst = false;
    if (nextNonce === undefined) throw new Error('the last transaction is not mined yet');
    const items = await buildItems();
    const anchors = await buildAnchors();
    if (items.length === 0 && anchors.length === 0) return;
    const transaction = await signWhatWorks({ items, edges: edgesOf(items), anchors }, nextNonce);
    const entry = await ledger.journal.add(transaction.signed, transaction.capture.anchors);
    await chain.send(entry);
    const outcome = await awaitOutcome(entry);
    if (outcome === undefined) throw new Error(`transaction ${entry.hash} is not mined yet`);
    await confirmTransaction(context, entry, outcome);
    if (!outcome.succeeded) throw new Error(`transaction ${entry.hash} reverted`);
    await readCaptured(items.map(({ voucher }) => voucher.channelId));
    for (const { voucher } of items) {
      const state = tracked.get(voucher.channelId);
      if (state === undefined) continue;
      const isShort = state.captured < voucher.cumulativeUnits;
      state.failures = isShort ? state.failures + 1 : 0;
      state.retryAt = isShort ? options.now() + backoff(state.failures) : 0;
    }
  };

  /** A royalty edge or an anchor that reverts must not hold up captures: they are what pays everyone. */
  const signWhatWorks = async (capture: Capture, nonce: number) => {
    const attempts: Capture[] = [capture, { ...capture, edges: [] }, { ...capture, edges: [], anchors: [] }];
    let failure: unknown;
    for (const attempt of attempts) {
      if (attempt.items.length + attempt.anchors.length === 0) continue;
      try {
        return { capture: attempt, signed: await chain.signCapture(attempt, nonce) };
      } catch (error) {
        if ((error as { code?: unknown }).code !== 'capture_reverts') throw error;
        failure = error;
        log.error('capture_would_revert', {
          edges: attempt.edges.length,
          anchors: attempt.anchors.length,
          reason: reasonOf(error),
        });
      }
    }
    throw failure;
  };

  const backoff = (tries: number): number => Math.min(intervalMs * 2 ** Math.min(tries - 1, 10), longestBackoffMs);

  const run = (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    running ??= (async () => {
      receipts = 0;
      try {
        await ledger.exclusively(captureOnce);
        failures = 0;
        postponed = undefined;
      } catch (error) {
        failures++;
        postponed = reasonOf(error);
        log.warn('capture_postponed', { failures, reason: reasonOf(error) });
      }
    })().finally(() => {
      running = undefined;
      if (!stopping && (ledger.isShared || hasWork())) schedule(failures > 0 ? backoff(failures) : intervalMs);
    });
    return running;
  };

  const schedule = (delay: number): void => {
    timer ??= setTimeout(() => void run(), delay);
  };

  return {
    track: (channelId, capturedUnits) => {
      const known = tracked.get(channelId);
      if (known === undefined) tracked.set(channelId, { captured: capturedUnits, retryAt: 0, failures: 0 });
      else known.captured = capturedUnits;
      if (hasWork()) schedule(intervalMs);
    },
    onCommitted: (count) => {
      receipts += count;
      if (stopping) return;
      if (receipts >= options.maxReceipts && running === undefined && failures === 0) void run();
      else schedule(intervalMs);
    },
    start: () => {
      if (hasWork() || ledger.isShared || ledger.journal.entries().length > 0) void run();
    },
    captureNow: async () => {
      await running;
      await run();
      return postponed;
    },
    stop: async () => {
      stopping = true;
      clearTimeout(timer);
      await running;
      if (ledger.isShared || hasWork()) await run();
    },
    cancel: async () => {
      stopping = true;
      clearTimeout(timer);
      await running;
    },
  };
}

/** Consecutive batches of one epoch: what one anchor can name. */
function runsOf(names: readonly BatchName[]): BatchName[][] {
  const runs: BatchName[][] = [];
  for (const name of names) {
    const run = runs[runs.length - 1];
    const last = run?.[run.length - 1];
    if (run !== undefined && last !== undefined && last.epoch === name.epoch && last.batch + 1n === name.batch)
      run.push(name);
    else runs.push([name]);
  }
  return runs;
}
