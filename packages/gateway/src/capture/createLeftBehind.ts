import type { Channel, Hex } from '@kedge/core';
import type { GatewayChain } from '../chain/gatewayChain.js';
import type { CaptureLedger } from '../ledger/ledger.js';
import { reasonOf, type StructuredLog } from '../structuredLog.js';

export type LeftBehindOptions = {
  readonly ledger: Pick<CaptureLedger, 'usedUnits'>;
  readonly chain: Pick<GatewayChain, 'findChannel' | 'readChannel'>;
  /** Whether nobody is served from the channel, nor will be when the chain has confirmed it. */
  readonly isUnserved: (channelId: Hex) => boolean;
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
  { ledger, chain, isUnserved, now, log }: LeftBehindOptions,
  track: (channelId: Hex, capturedUnits: bigint, channel: Channel) => void,
  backoff: (failures: number) => number,
): LeftBehind {
  // A ledger knows every channel that it ever had: of those that were looked at, nothing is asked again.
  const seen = new Set<Hex>();
  let finding: Promise<string | undefined> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let failures = 0;
  let stopped = false;

  const look = async (channelId: Hex, usedUnits: bigint): Promise<void> => {
    const channel = await chain.findChannel(channelId);
    const isOver = channel === undefined || now() / 1_000 > Number(channel.deadline) + channel.grace;
    const capturedUnits = isOver ? usedUnits : (await chain.readChannel(channel, channelId)).capturedUnits;
    seen.add(channelId);
    if (isOver || capturedUnits >= usedUnits || stopped || !isUnserved(channelId)) return;
    log.warn('channel_left_behind', { channelId, usedUnits, capturedUnits, hint });
    track(channelId, capturedUnits, channel);
  };

  const lookAtAll = async (): Promise<void> => {
    const rest = [...(await ledger.usedUnits())].filter(([channelId]) => !seen.has(channelId) && isUnserved(channelId));
    for (let from = 0; from < rest.length; from += readsAtOnce) {
      if (stopped) return;
      const results = await Promise.allSettled(rest.slice(from, from + readsAtOnce).map((each) => look(...each)));
      const failed = results.find((result) => result.status === 'rejected');
      if (failed !== undefined) throw failed.reason;
    }
  };

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
