import type { Channel, Hex } from '@kedge/core';
import type { GatewayChain } from '../chain/gatewayChain.js';
import type { CaptureLedger } from '../ledger/ledger.js';
import type { StructuredLog } from '../structuredLog.js';

export type UnservedOptions = {
  readonly ledger: Pick<CaptureLedger, 'usedUnits'>;
  readonly chain: Pick<GatewayChain, 'findChannel' | 'readChannel'>;
  /** Whether nobody is served from the channel, nor will be when the chain has confirmed it. */
  readonly isUnserved: (channelId: Hex) => boolean;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly log: StructuredLog;
};

const hint =
  'Calls were served from it, and none is now: the channels file does not name it, or it was refused. What they came to is captured all the same.';

/**
 * Has channels tracked that are not served any more and owe for earlier calls. They are looked at one after another: a ledger
 * knows every channel that it ever had.
 * @throws whatever the chain's client throws when the chain does not answer.
 */
export async function takeUpUnserved(
  { ledger, chain, isUnserved, now, log }: UnservedOptions,
  track: (channelId: Hex, capturedUnits: bigint, channel: Channel) => void,
): Promise<void> {
  for (const [channelId, usedUnits] of await ledger.usedUnits()) {
    if (!isUnserved(channelId)) continue;
    const channel = await chain.findChannel(channelId);
    if (channel === undefined || now() / 1_000 > Number(channel.deadline) + channel.grace) continue;
    const { capturedUnits } = await chain.readChannel(channel, channelId);
    if (capturedUnits >= usedUnits || !isUnserved(channelId)) continue;
    log.warn('channel_left_behind', { channelId, usedUnits, capturedUnits, hint });
    track(channelId, capturedUnits, channel);
  }
}
