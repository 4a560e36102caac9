import type { Channel, Hex } from '@kedge/core';
import type { GatewayChain } from '../chain/gatewayChain.js';
import type { CaptureLedger } from '../ledger/ledger.js';
import { type EndedChannels, readEndedChannels } from './endedChannels.js';
import { reasonOf, type StructuredLog } from '../structuredLog.js';

export type LeftBehindOptions = {
  readonly ledger: Pick<CaptureLedger, 'usedUnits'>;
  readonly chain: Pick<GatewayChain, 'findChannel' | 'readChannel'>;
  /** Whether nobody is served from the channel, nor will be when the chain has confirmed it. */
  readonly isUnserved: (channelId: Hex) => boolean;
  /** Where it is remembered which of them have ended. */
  readonly endedChannelsFile: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly log: StructuredLog;
};

/** Channels that calls were served from in an earlier run, and none is now. */
export type LeftBehind = {
  /**
   * Has those tracked that owe for these calls; after the first time it does nothing. Comes to why they cannot be found now; then
   * they are looked for again later, too.
   */
  readonly find: () => Promise<string | undefined>;
  readonly stop: () => void;
};

const hint =
  'Calls were served from it, and none is now: the channels file does not name it, or it was refused. What they came to is captured all the same.';
const readsAtOnce = 8;

/** @param backoff Milliseconds after so many failures. */
export function createLeftBehind(
  { ledger, chain, isUnserved, endedChannelsFile, now, log }: LeftBehindOptions,
  track: (channelId: Hex, capturedUnits: bigint, channel: Channel) => void,
  backoff: (failures: number) => number,
): LeftBehind {
  // A ledger knows every channel that it ever had: of those that were looked at, nothing is asked again, and of those that ended
  // long ago nothing at the next start.
  const seen = new Set<Hex>();
  let ended: EndedChannels | undefined;
  let finding: Promise<string | undefined> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let failures = 0;
  let stopped = false;

  const look = async (channelId: Hex, usedUnits: bigint, noted: EndedChannels): Promise<void> => {
    const channel = await chain.findChannel(channelId);
    if (channel === 'ended' || (channel !== undefined && isPast(channel))) noted.note(channelId, 'ended');
    else if (channel !== undefined) {
      noted.note(channelId, 'open');
      const { capturedUnits } = await chain.readChannel(channel, channelId);
      if (capturedUnits < usedUnits && !stopped && isUnserved(channelId)) {
        log.warn('channel_left_behind', { channelId, usedUnits, capturedUnits, hint });
        track(channelId, capturedUnits, channel);
      }
    }
    seen.add(channelId);
  };
  const isPast = ({ deadline, grace }: Channel): boolean => now() / 1_000 > Number(deadline) + grace;

  const lookAtAll = async (): Promise<void> => {
    const noted = (ended ??= await readEndedChannels(endedChannelsFile, () => now() / 1_000));
    const isAsked = (channelId: Hex): boolean =>
      !seen.has(channelId) && !noted.isForGood(channelId) && isUnserved(channelId);
    const rest = [...(await ledger.usedUnits())].filter(([channelId]) => isAsked(channelId));
    try {
      for (let from = 0; from < rest.length; from += readsAtOnce) {
        if (stopped) return;
        const looks = rest.slice(from, from + readsAtOnce).map((each) => look(...each, noted));
        const failed = (await Promise.allSettled(looks)).find((result) => result.status === 'rejected');
        if (failed !== undefined) throw failed.reason;
      }
    } finally {
      if (!stopped) await keep(noted);
    }
  };
  const keep = (noted: EndedChannels): Promise<void> =>
    noted.save().catch((error: unknown) => log.warn('ended_channels_unkept', { reason: reasonOf(error) }));

  const find = (): Promise<string | undefined> =>
    (finding ??= lookAtAll().then(
      () => undefined,
      (error: unknown) => {
        finding = undefined;
        clearTimeout(timer);
        if (stopped) return undefined;
        log.warn('channels_left_behind_unread', { reason: reasonOf(error) });
        timer = setTimeout(() => void find(), backoff(++failures)).unref();
        return reasonOf(error);
      },
    ));

  return {
    find,
    stop: () => {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
