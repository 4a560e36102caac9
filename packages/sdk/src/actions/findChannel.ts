import { channelFromAbi, type Channel, type Hex } from '@kedge/core';
import type { ReadClient } from '../client.js';
import { channelsOf, firstBlockOf } from '../contracts.js';
import { readEvents } from '../readEvents.js';
import { reading } from '../reading.js';

/**
 * A channel's terms as they were opened, or undefined where the chain knows no such channel. They never change; the chain
 * keeps them in the event of the opening only.
 *
 * @example
 * const channel = await findChannel(client, { channelId: receipt.channelId });
 */
export async function findChannel(
  client: ReadClient,
  { channelId }: { readonly channelId: Hex },
): Promise<Channel | undefined> {
  const channels = channelsOf(client.deployment);
  const fromBlock = firstBlockOf(client.deployment);
  const [opened] = await reading(client, 'look for the channel', (chain) =>
    readEvents(chain, { ...channels, eventName: 'ChannelOpened', args: { channelId }, fromBlock }),
  );
  return opened === undefined ? undefined : channelFromAbi(opened.args.channel);
}
