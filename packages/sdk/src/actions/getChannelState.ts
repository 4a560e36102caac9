import { channelToAbi, type Channel } from '@kedge/core';
import type { ReadClient } from '../client.js';
import { channelsOf } from '../contracts.js';
import { reading } from '../reading.js';

/** In base units. A closed channel still says what it had captured; all zero when it never was open. */
export type ChannelState = {
  readonly open: boolean;
  readonly capturedUnits: bigint;
  /** Still locked. */
  readonly remainingUnits: bigint;
  /** What could be captured now under the channel's rate. */
  readonly capturableUnits: bigint;
};

/**
 * Reads what a channel holds on chain.
 *
 * @example
 * const { open, remainingUnits } = await getChannelState(client, { channel });
 */
export async function getChannelState(
  client: ReadClient,
  { channel }: { readonly channel: Channel },
): Promise<ChannelState> {
  const [open, capturedUnits, remainingUnits, capturableUnits] = await reading(client, 'read the channel', (chain) =>
    chain.readContract({
      ...channelsOf(client.deployment),
      functionName: 'channelState',
      args: [channelToAbi(channel)],
    }),
  );
  return { open, capturedUnits, remainingUnits, capturableUnits };
}
