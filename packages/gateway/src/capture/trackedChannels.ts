import type { Channel, Hex, SignedVoucher, Voucher } from '@kedge/core';
import type { CaptureItem, CaptureOutcome, GatewayChain, RoyaltyEdge } from '../chain/gatewayChain.js';
import type { Gone } from '../channels/channelBook.js';
import type { ServedChannel } from '../channels/servedChannel.js';
import type { CaptureLedger } from '../ledger/ledger.js';
import type { StructuredLog } from '../structuredLog.js';

/** What captures ask of a channel. */
type CapturedTerms = Pick<ServedChannel, 'channel' | 'edges'>;

export type TrackedChannelsOptions = {
  readonly ledger: CaptureLedger;
  readonly chain: GatewayChain;
  readonly channelOf: (channelId: Hex) => CapturedTerms | undefined;
  /** Of a strict channel: the newest voucher that durable receipts of so many units account for. */
  readonly voucherOf: (channelId: Hex, durableUnits: bigint) => SignedVoucher | undefined;
  /** The chain says that the channel is closed, or does not know it. */
  readonly onGone: (channelId: Hex, how: Gone) => void;
  readonly elapsedMs: () => number;
  readonly log: StructuredLog;
};

/** What is signed of each channel that is captured from, and what of it the chain has. */
export type TrackedChannels = {
  /** @param channel Of one that is not served any more. */
  readonly track: (channelId: Hex, capturedUnits: bigint, channel?: Channel) => void;
  readonly isTracked: (channelId: Hex) => boolean;
  readonly all: () => readonly Hex[];
  /** Whether more is signed of it than captured. */
  readonly isBehind: (channelId: Hex) => boolean;
  readonly behind: () => readonly Hex[];
  /** Asks the chain what was captured. Channels that are gone are not tracked any more. */
  readonly read: (channelIds: readonly Hex[]) => Promise<void>;
  /** What can be captured now; those that were put off are left out till their time, unless it is the `last` capture. */
  readonly items: (when: 'due' | 'last') => Promise<CaptureItem[]>;
  /** The royalties that the captures of some items bring in. */
  readonly edgesOf: (items: readonly CaptureItem[]) => readonly RoyaltyEdge[];
  /** Items were in a mined transaction, and these did nothing. */
  readonly noteMined: (items: readonly CaptureItem[], failures: CaptureOutcome['failures']) => Promise<void>;
  /** They are not tried again for a while, which grows. */
  readonly putOff: (items: readonly CaptureItem[]) => void;
  readonly figures: () => { readonly uncapturedUnits: bigint; readonly failedItems: number };
};

type Tracked = {
  captured: bigint;
  /** By `elapsedMs`; set when a capture took less than was signed. */
  retryAt: number;
  failures: number;
};

// What one channel takes is mostly the way to the node and back.
const readsAtOnce = 8;

const shortHint =
  'The rate of the channel allows no more by the time of the chain: the rest is captured when it does. Where this repeats itself, compare the clocks.';
const elsewhereHint =
  'Another gateway with this key captures from the channel, on a copy of this log: what this one served since the copy was made is lost. Find it and stop it, and keep the folder from which more was captured.';

/** @param backoff Milliseconds after so many failures. */
export function createTrackedChannels(
  options: TrackedChannelsOptions,
  backoff: (failures: number) => number,
): TrackedChannels {
  const { ledger, chain, voucherOf, onGone, elapsedMs, log } = options;
  const tracked = new Map<Hex, Tracked>();
  // Royalties of these are collected by whom they are for.
  const unserved = new Map<Hex, CapturedTerms>();
  const channelOf = (channelId: Hex) => options.channelOf(channelId) ?? unserved.get(channelId);
  let failedItems = 0;

  /** What the channel's key says was received: in a strict channel the client's vouchers, else the receipts. */
  const signedOf = (channelId: Hex): { readonly voucher: Voucher; readonly signature?: Hex } | undefined => {
    const durable = ledger.durableOf(channelId);
    if (durable === undefined) return undefined;
    if (channelOf(channelId)?.channel.mode === 'strict') return voucherOf(channelId, durable.units);
    const { units: cumulativeUnits, receiptHash, seq } = durable;
    // No signature: the channel's key is the operator's, who sends the capture.
    return { voucher: { channelId, cumulativeUnits, receiptHash, seq } };
  };
  const isBehind = (channelId: Hex): boolean => {
    const entry = tracked.get(channelId);
    return entry !== undefined && (signedOf(channelId)?.voucher.cumulativeUnits ?? 0n) > entry.captured;
  };
  const behind = (): Hex[] => [...tracked.keys()].filter(isBehind);

  const readOne = async (channelId: Hex): Promise<void> => {
    const served = channelOf(channelId);
    const entry = tracked.get(channelId);
    if (served === undefined || entry === undefined) return;
    const { open, capturedUnits, openedAt } = await chain.readChannel(served.channel, channelId);
    // After the chain: more may be recorded meanwhile, and be captured by another gateway of the same ledger.
    const usedUnits = ledger.durableOf(channelId)?.units;
    const isElsewhere = !ledger.isShared && served.channel.mode === 'capped' && capturedUnits > (usedUnits ?? 0n);
    if (open && !isElsewhere) {
      entry.captured = capturedUnits;
      return;
    }
    if (open) log.error('channel_captured_elsewhere', { channelId, usedUnits, capturedUnits, hint: elsewhereHint });
    else log.error('channel_gone', { channelId, usedUnits, capturedUnits: entry.captured });
    tracked.delete(channelId);
    // One that is open is checked like one that is new, and refused like that of an older copy of the log.
    onGone(channelId, open || openedAt === 0n ? 'unseen' : 'closed');
  };
  const read = async (channelIds: readonly Hex[]): Promise<void> => {
    for (let at = 0; at < channelIds.length; at += readsAtOnce) {
      await Promise.all(channelIds.slice(at, at + readsAtOnce).map(readOne));
    }
  };

  const putOff = (entry: Tracked): void => {
    entry.failures++;
    entry.retryAt = elapsedMs() + backoff(entry.failures);
  };

  return {
    track: (channelId, capturedUnits, channel) => {
      if (channel !== undefined) unserved.set(channelId, { channel, edges: [] });
      const known = tracked.get(channelId);
      if (known === undefined) tracked.set(channelId, { captured: capturedUnits, retryAt: 0, failures: 0 });
      else known.captured = capturedUnits;
    },
    isTracked: (channelId) => tracked.has(channelId),
    all: () => [...tracked.keys()],
    isBehind,
    behind,
    read,
    items: async (when) => {
      const items: CaptureItem[] = [];
      for (const channelId of behind()) {
        const served = channelOf(channelId);
        const signed = signedOf(channelId);
        const retryAt = tracked.get(channelId)?.retryAt ?? 0;
        if (served === undefined || signed === undefined) continue;
        if (retryAt > 0) {
          if (retryAt > elapsedMs() && when === 'due') continue;
          // Its rate, or its end: asking is cheaper than a transaction that does nothing.
          const { capturableUnits, open } = await chain.readChannel(served.channel, channelId);
          if (open && capturableUnits === 0n) continue;
        }
        items.push({ channel: served.channel, ...signed });
      }
      return items;
    },
    edgesOf: (items) => {
      const edges = new Map<string, RoyaltyEdge>();
      for (const { voucher } of items) {
        for (const edge of channelOf(voucher.channelId)?.edges ?? []) {
          edges.set(`${edge.classId}/${edge.parentIndex}/${edge.asset}`, edge);
        }
      }
      return [...edges.values()];
    },
    noteMined: async (items, failures) => {
      const failed = new Set(failures.map(({ channelId }) => channelId));
      await read(items.map(({ voucher }) => voucher.channelId));
      for (const { voucher } of items) {
        const { channelId, cumulativeUnits: signedUnits } = voucher;
        const entry = tracked.get(channelId);
        if (entry === undefined) continue;
        const { captured: capturedUnits } = entry;
        if (capturedUnits < signedUnits) {
          failedItems++;
          putOff(entry);
          // Of the others the contract said why.
          if (!failed.has(channelId))
            log.warn('capture_short', { channelId, signedUnits, capturedUnits, hint: shortHint });
        } else Object.assign(entry, { failures: 0, retryAt: 0 });
      }
    },
    putOff: (items) => {
      for (const { voucher } of items) {
        const entry = tracked.get(voucher.channelId);
        if (entry !== undefined) putOff(entry);
      }
    },
    figures: () => {
      const uncaptured = [...tracked].map(
        ([channelId, { captured }]) => (ledger.durableOf(channelId)?.units ?? 0n) - captured,
      );
      return { uncapturedUnits: uncaptured.reduce((sum, units) => (units > 0n ? sum + units : sum), 0n), failedItems };
    },
  };
}
