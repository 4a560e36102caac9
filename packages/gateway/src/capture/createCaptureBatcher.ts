import type { Hex, ProtocolDomain, SignedVoucher, Voucher } from '@kedge/core';
import type { Gone } from '../channels/channelBook.js';
import type { Capture, CaptureItem, GatewayChain, RoyaltyEdge } from '../chain/gatewayChain.js';
import { compareClocks } from '../compareClocks.js';
import type { ServedChannel } from '../channels/servedChannel.js';
import type { OperatorKey } from '../crypto/operatorKey.js';
import type { CaptureLedger } from '../ledger/ledger.js';
import { reasonOf, type StructuredLog } from '../structuredLog.js';
import { buildAnchors } from './buildAnchors.js';
import { chunkOf, halved, lighter } from './captureChunk.js';
import { confirmMined, type Mined, minedOf, reconcileTransactions, sendOrDrop } from './reconcileTransactions.js';
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
  /** The chain says that the channel is closed, or does not know it. */
  readonly onGone: (channelId: Hex, how: Gone) => void;
  readonly intervalMs: number;
  readonly maxReceipts: number;
  readonly now: () => number;
  readonly elapsedMs: () => number;
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
  readonly figures: () => CaptureFigures;
  /** One last capture. */
  readonly stop: () => Promise<void>;
  /** Ends without one. */
  readonly cancel: () => Promise<void>;
};

/** What is not captured, now, and what failed, since the start. */
export type CaptureFigures = {
  /** Of receipts, in base units; with what strict channels owe. */
  readonly uncapturedUnits: bigint;
  /** Runs that could not do what there was to do. */
  readonly postponements: number;
  /** Channels that a mined transaction took less from than was signed. */
  readonly failedItems: number;
};

export const noCaptures: CaptureFigures = { uncapturedUnits: 0n, postponements: 0, failedItems: 0 };

type Tracked = {
  captured: bigint;
  /** By `elapsedMs`; set when a capture took less than was signed. */
  retryAt: number;
  failures: number;
};

const longestBackoffMs = 60_000;
const minedWithinMs = 60_000;
// The clocks are compared after the next capture, then.
const notSeen = (): void => undefined;
// Blocks are seen some seconds after their time.
const clockToleranceMs = 60_000;

export function createCaptureBatcher(options: CaptureBatcherOptions): CaptureBatcher {
  const { ledger, chain, operator, log, intervalMs } = options;
  const tracked = new Map<Hex, Tracked>();
  const replaced = new Map<number, readonly JournalEntry[]>();
  let receipts = 0;
  let failures = 0;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;
  let stopping = false;
  let postponed: string | undefined;
  // Confirmed transactions that the chain will not lose any more, as far as is known here.
  const settled = new Set<Hex>();
  let lookTimer: NodeJS.Timeout | undefined;
  let looks = 0;
  let headSeen: Hex | undefined;
  const compareWithChain = compareClocks({ ...options, from: 'the chain', toleranceMs: clockToleranceMs });
  let postponements = 0;
  let failedItems = 0;

  /** What the channel's key says was received: in a strict channel the client's vouchers, else the receipts. */
  const signedOf = (channelId: Hex): { readonly voucher: Voucher; readonly signature?: Hex } | undefined => {
    const durable = ledger.durableOf(channelId);
    if (durable === undefined) return undefined;
    if (options.channelOf(channelId)?.channel.mode === 'strict') return options.voucherOf(channelId, durable.units);
    const { units: cumulativeUnits, receiptHash, seq } = durable;
    // No signature: the channel's key is the operator's, who sends the capture.
    return { voucher: { channelId, cumulativeUnits, receiptHash, seq } };
  };
  const usedUnitsOf = (channelId: Hex): bigint => ledger.durableOf(channelId)?.units ?? 0n;
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
        options.onGone(channelId, state.openedAt === 0n ? 'unseen' : 'closed');
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
        if (entry.retryAt > options.elapsedMs() && !stopping) continue;
        // Its rate, or its end: asking is cheaper than a transaction that does nothing.
        const { capturableUnits, open } = await chain.readChannel(served.channel, channelId);
        if (open && capturableUnits === 0n) continue;
      }
      items.push({ channel: served.channel, ...signed });
    }
    return items;
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

  const awaitMined = async (entry: JournalEntry): Promise<Mined | undefined> => {
    const until = options.elapsedMs() + minedWithinMs;
    for (let pause = 20; ; pause = Math.min(pause * 2, 1_000)) {
      // In this order: a nonce that is mined before its transaction is looked up without success was another's.
      const isSpent = (await chain.minedNonce()) > entry.nonce;
      const mined = await minedOf({ chain, replaced }, entry);
      if (mined !== undefined || isSpent || options.elapsedMs() >= until) return mined;
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  };

  const captureOnce = async (): Promise<void> => {
    const { number: height, hash } = await chain.head();
    const context = { ledger, chain, log, replaced, height, settled };
    const { nextNonce, changed } = await reconcileTransactions(context, awaitMined);
    if (changed) await readCaptured(tracked.keys());
    // What others captured since.
    else if (ledger.isShared) await readCaptured([...tracked].filter(isBehind).map(([channelId]) => channelId));
    if (nextNonce === undefined) throw new Error('the last transaction is not mined yet');
    // What there is now, in as many transactions as it takes. What comes meanwhile is the next run's.
    let items: readonly CaptureItem[] = await buildItems();
    let names = ledger.unanchored().toSorted((a, b) => Number(a.epoch - b.epoch) || Number(a.batch - b.batch));
    // What was mined after that block is lost with the chain's return to it.
    headSeen = changed || items.length > 0 || names.length > 0 ? undefined : hash;
    for (let nonce = nextNonce; items.length > 0 || names.length > 0; nonce++) {
      const { leavesOf } = ledger;
      const { anchors, batches } = await buildAnchors(names, { ...options, operator: operator.address, leavesOf });
      names = names.slice(batches);
      const sent = await sendWhatWorks({ ...chunkOf(items, edgesOf), anchors }, nonce);
      items = items.slice(sent.capture.items.length);
      const mined = await awaitMined(sent.entry);
      if (mined === undefined) throw new Error(`transaction ${sent.entry.hash} is not mined yet`);
      await confirmMined(context, sent.entry, mined);
      if (!mined.outcome.succeeded) throw new Error(`transaction ${sent.entry.hash} reverted`);
      await noteCaptured(sent.capture.items);
      // Of a block that was made just now: on a chain that nobody uses the newest one may be of any time.
      await chain.head().then(({ timestamp }) => compareWithChain(Number(timestamp) * 1_000), notSeen);
    }
  };

  const noteCaptured = async (items: readonly CaptureItem[]): Promise<void> => {
    await readCaptured(items.map(({ voucher }) => voucher.channelId));
    for (const { voucher } of items) {
      const state = tracked.get(voucher.channelId);
      if (state === undefined) continue;
      if (state.captured < voucher.cumulativeUnits) {
        failedItems++;
        putOff(state);
      } else Object.assign(state, { failures: 0, retryAt: 0 });
    }
  };

  const putOff = (state: Tracked): void => {
    state.failures++;
    state.retryAt = options.elapsedMs() + backoff(state.failures);
  };

  /**
   * Sends the capture, or less of it: what a node refuses for its size or gas is halved, until it takes it. What would
   * revert goes without its edges and anchors first, which must not hold up captures: they are what pays everyone.
   */
  const sendWhatWorks = async (whole: Capture, nonce: number) => {
    for (let capture = whole; ;) {
      try {
        const signed = await chain.signCapture(capture, nonce);
        const entry = await ledger.journal.add(signed, capture.anchors);
        await sendOrDrop({ ledger, chain, log }, entry);
        return { capture, entry };
      } catch (error) {
        const { code } = error as { code?: unknown };
        if (code !== 'capture_reverts' && code !== 'capture_too_large') throw error;
        const { items, edges, anchors } = capture;
        const sizes = { items: items.length, edges: edges.length, anchors: anchors.length, reason: reasonOf(error) };
        if (code === 'capture_reverts') log.error('capture_would_revert', sizes);
        else log.warn('capture_too_large', sizes);
        const less = (code === 'capture_reverts' ? lighter(capture) : undefined) ?? halved(capture, edgesOf);
        if (less === undefined) {
          // The next run begins with the others.
          for (const { voucher } of items) {
            const state = tracked.get(voucher.channelId);
            if (state !== undefined) putOff(state);
          }
          throw error;
        }
        capture = less;
      }
    }
  };

  const backoff = (tries: number): number => Math.min(intervalMs * 2 ** Math.min(tries - 1, 10), longestBackoffMs);

  const isAnyUnsettled = (): boolean =>
    ledger.journal.entries().some(({ state, hash }) => state !== 'dropped' && !settled.has(hash));

  /**
   * What is captured may be lost while nobody calls: until the last capture is deep enough, the newest block is looked at, ever
   * less often while it stays the same, as on a chain whose blocks come only with transactions.
   */
  const look = async (): Promise<void> => {
    const head = await chain.head().catch(() => undefined);
    if (stopping || running !== undefined || timer !== undefined) return;
    if (head === undefined || head.hash === headSeen) return lookLater();
    looks = 0;
    void run();
  };
  const lookLater = (): void => {
    clearTimeout(lookTimer);
    lookTimer = setTimeout(() => void look(), backoff(++looks));
  };

  const run = (): Promise<void> => {
    clearTimeout(timer);
    clearTimeout(lookTimer);
    timer = undefined;
    running ??= (async () => {
      receipts = 0;
      try {
        await ledger.exclusively(captureOnce);
        failures = 0;
        postponed = undefined;
      } catch (error) {
        failures++;
        postponements++;
        postponed = reasonOf(error);
        log.warn('capture_postponed', { failures, reason: reasonOf(error) });
      }
    })().finally(() => {
      running = undefined;
      if (stopping) return;
      if (ledger.isShared || failures > 0 || hasWork()) schedule(failures > 0 ? backoff(failures) : intervalMs);
      else if (isAnyUnsettled()) lookLater();
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
      clearTimeout(lookTimer);
      await running;
      if (ledger.isShared || hasWork()) await run();
    },
    cancel: async () => {
      stopping = true;
      clearTimeout(timer);
      clearTimeout(lookTimer);
      await running;
    },
    figures: () => {
      const uncaptured = [...tracked].map(([channelId, { captured }]) => usedUnitsOf(channelId) - captured);
      const uncapturedUnits = uncaptured.reduce((sum, units) => (units > 0n ? sum + units : sum), 0n);
      return { uncapturedUnits, postponements, failedItems };
    },
  };
}
