import type { Hex } from '@kedge/core';
import { reasonOf } from '../structuredLog.js';
import { type CaptureRunOptions, createCaptureRun } from './captureRun.js';
import { createLeftBehind, type LeftBehindOptions } from './createLeftBehind.js';
import { createTrackedChannels, type TrackedChannels, type TrackedChannelsOptions } from './trackedChannels.js';

export type CaptureBatcherOptions = CaptureRunOptions &
  TrackedChannelsOptions &
  LeftBehindOptions & {
    readonly intervalMs: number;
    /** So many are captured before the interval ends. */
    readonly maxReceipts: number;
  };

/** Takes what was used from the channels on chain, and anchors receipts (R18). An idle one sends nothing. */
export type CaptureBatcher = {
  /** A channel is served: its captured amount as the chain has it. */
  readonly track: (channelId: Hex, capturedUnits: bigint) => void;
  readonly onCommitted: (receipts: number) => void;
  /** Looks for what an earlier run left undone, also of channels that are not served any more. */
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

const longestBackoffMs = 60_000;

/** Runs captures one at a time: after so many receipts or so long, later after failures, and while the chain may lose some. */
export function createCaptureBatcher(options: CaptureBatcherOptions): CaptureBatcher {
  const { ledger, chain, log, intervalMs } = options;
  const backoff = (tries: number): number => Math.min(intervalMs * 2 ** Math.min(tries - 1, 10), longestBackoffMs);
  const channels = createTrackedChannels(options, backoff);
  const { captureOnce, isAnyUnsettled, headSeen } = createCaptureRun(options, channels);
  let receipts = 0;
  let failures = 0;
  let postponements = 0;
  let postponed: string | undefined;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;
  let stopping = false;
  let lookTimer: NodeJS.Timeout | undefined;
  let looks = 0;

  const hasWork = (): boolean => ledger.unanchored().length > 0 || channels.all().some(channels.isBehind);

  /**
   * What is captured may be lost while nobody calls: until the last capture is deep enough, the newest block is looked at, ever
   * less often while it stays the same, as on a chain whose blocks come only with transactions.
   */
  const look = async (): Promise<void> => {
    const head = await chain.head().catch(() => undefined);
    if (stopping || running !== undefined || timer !== undefined) return;
    if (head === undefined || head.hash === headSeen()) return lookLater();
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
        await ledger.exclusively(channels.all(), () => captureOnce(stopping ? 'last' : 'due'));
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

  const track: TrackedChannels['track'] = (channelId, capturedUnits, channel) => {
    channels.track(channelId, capturedUnits, channel);
    if (ledger.unanchored().length > 0 || channels.isBehind(channelId)) schedule(intervalMs);
  };

  const isUnserved = (channelId: Hex): boolean => !channels.isTracked(channelId) && options.isUnserved(channelId);
  const leftBehind = createLeftBehind({ ...options, isUnserved }, track, backoff);

  const cancel = async (): Promise<void> => {
    stopping = true;
    leftBehind.stop();
    clearTimeout(timer);
    clearTimeout(lookTimer);
    await running;
  };

  return {
    track,
    onCommitted: (count) => {
      receipts += count;
      if (stopping) return;
      if (receipts >= options.maxReceipts && running === undefined && failures === 0) void run();
      else schedule(intervalMs);
    },
    start: () => {
      if (hasWork() || ledger.isShared || ledger.journal.entries().length > 0) void run();
      void leftBehind.find();
    },
    captureNow: async () => {
      const unread = await leftBehind.find();
      await running;
      await run();
      return postponed ?? unread;
    },
    stop: async () => {
      await cancel();
      if (ledger.isShared || hasWork()) await run();
    },
    cancel,
    figures: () => ({ ...channels.figures(), postponements }),
  };
}
