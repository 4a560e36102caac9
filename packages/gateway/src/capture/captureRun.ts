import type { Hex, ProtocolDomain } from '@kedge/core';
import type { Capture, GatewayChain } from '../chain/gatewayChain.js';
import { compareClocks } from '../compareClocks.js';
import type { OperatorKey } from '../crypto/operatorKey.js';
import type { CaptureLedger } from '../ledger/ledger.js';
import { reasonOf, type StructuredLog } from '../structuredLog.js';
import { buildAnchors } from './buildAnchors.js';
import { chunkOf, halved, lighter } from './captureChunk.js';
import { confirmMined, type Mined, minedOf, reconcileTransactions, sendOrDrop } from './reconcileTransactions.js';
import type { TrackedChannels } from './trackedChannels.js';
import type { JournalEntry } from './transactionJournal.js';

export type CaptureRunOptions = {
  readonly ledger: CaptureLedger;
  readonly chain: GatewayChain;
  readonly operator: OperatorKey;
  readonly domain: ProtocolDomain;
  /** Puts a blob of leaves into the content store; its CID. Durable when it resolves. */
  readonly putLeaves: (bytes: Uint8Array) => Promise<string>;
  readonly now: () => number;
  readonly elapsedMs: () => number;
  readonly log: StructuredLog;
};

/** One capture after another, in as many transactions as each takes. */
export type CaptureRun = {
  /**
   * Brings journal and chain together, and captures and anchors what there is.
   * @throws when something of it has to wait.
   */
  readonly captureOnce: (when: 'due' | 'last') => Promise<void>;
  /** Whether the chain may still lose a transaction that it has. */
  readonly isAnyUnsettled: () => boolean;
  /** The newest block that a run has seen; undefined when it has sent something since. */
  readonly headSeen: () => Hex | undefined;
};

const minedWithinMs = 60_000;
// Behind one URL may be several nodes, and some of them a block or two behind.
const behindMs = 5_000;
// The clocks are compared after the next capture, then.
const notSeen = (): void => undefined;
// Blocks are seen some seconds after their time.
const clockToleranceMs = 60_000;

export function createCaptureRun(options: CaptureRunOptions, channels: TrackedChannels): CaptureRun {
  const { ledger, chain, operator, log } = options;
  const replaced = new Map<number, readonly JournalEntry[]>();
  let headSeen: Hex | undefined;
  const compareWithChain = compareClocks({ ...options, from: 'the chain', toleranceMs: clockToleranceMs });

  const awaitMined = async (entry: JournalEntry): Promise<Mined | undefined> => {
    let until = options.elapsedMs() + minedWithinMs;
    let isSpent = false;
    for (let pause = 20; ; pause = Math.min(pause * 2, 1_000)) {
      // In this order: a nonce that is mined before its transaction is looked up without success was another's, but for a node
      // that lacks the block.
      if (!isSpent && (await chain.minedNonce()) > entry.nonce) {
        isSpent = true;
        until = Math.min(until, options.elapsedMs() + behindMs);
      }
      const mined = await minedOf({ chain, replaced }, entry);
      if (mined !== undefined || options.elapsedMs() >= until) return mined;
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
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
        const less = (code === 'capture_reverts' ? lighter(capture) : undefined) ?? halved(capture, channels.edgesOf);
        if (less === undefined) {
          // The next run begins with the others.
          channels.putOff(items);
          throw error;
        }
        capture = less;
      }
    }
  };

  const captureOnce = async (when: 'due' | 'last'): Promise<void> => {
    const { number: height, hash } = await chain.head();
    const context = { ledger, chain, log, replaced, height };
    const { nextNonce, changed } = await reconcileTransactions(context, awaitMined);
    if (changed) await channels.read(channels.all());
    // What others captured since.
    else if (ledger.isShared) await channels.read(channels.behind());
    if (nextNonce === undefined) throw new Error('the last transaction is not mined yet');
    // What there is now, in as many transactions as it takes. What comes meanwhile is the next run's.
    let items = await channels.items(when);
    let names = ledger.unanchored().toSorted((a, b) => Number(a.epoch - b.epoch) || Number(a.batch - b.batch));
    // What was mined after that block is lost with the chain's return to it.
    headSeen = changed || items.length > 0 || names.length > 0 ? undefined : hash;
    for (let nonce = nextNonce; items.length > 0 || names.length > 0; nonce++) {
      const { leavesOf } = ledger;
      const { anchors, batches } = await buildAnchors(names, { ...options, operator: operator.address, leavesOf });
      names = names.slice(batches);
      const sent = await sendWhatWorks({ ...chunkOf(items, channels.edgesOf), anchors }, nonce);
      items = items.slice(sent.capture.items.length);
      const mined = await awaitMined(sent.entry);
      if (mined === undefined) throw new Error(`transaction ${sent.entry.hash} is not mined yet`);
      await confirmMined(context, sent.entry, mined);
      if (!mined.outcome.succeeded) throw new Error(`transaction ${sent.entry.hash} reverted`);
      await channels.noteMined(sent.capture.items, mined.outcome.failures);
      // Of a block that was made just now: on a chain that nobody uses the newest one may be of any time.
      await chain.head().then(({ timestamp }) => compareWithChain(Number(timestamp) * 1_000), notSeen);
    }
  };

  return {
    captureOnce,
    isAnyUnsettled: () => ledger.journal.entries().some(({ state }) => state === 'sent' || state === 'confirmed'),
    headSeen: () => headSeen,
  };
}
