import { BaseError, channelFromAbi, valueChannelsAbi, type Address, type Channel, type Hex } from '@kedge/core';
import { firstBlockOf, readEvents } from '@kedge/sdk';
import type { Connection } from './connect.js';

/** A channel as it was opened. */
export type OpenedChannel = { readonly channelId: Hex; readonly channel: Channel; readonly openedIn: Hex };

/** What the event of a channel's opening can be found by. */
type ChannelFilter = { readonly channelId?: Hex[]; readonly holder?: Address; readonly operator?: Address };

/** All channels that were ever opened, or those of a holder or an operator, or some by their ids. */
export async function readChannels(
  { client, contracts }: Connection,
  filter: ChannelFilter = {},
): Promise<OpenedChannel[]> {
  const opened = await readEvents(client.publicClient, {
    address: contracts.ValueChannels,
    abi: valueChannelsAbi,
    eventName: 'ChannelOpened',
    args: filter,
    fromBlock: firstBlockOf(client.deployment),
  });
  return opened.map(({ args, transactionHash }) => ({
    channelId: args.channelId,
    channel: channelFromAbi(args.channel),
    openedIn: transactionHash,
  }));
}

/** The terms of a channel, from the event of its opening. */
export async function readChannel({ client, chainId }: Connection, channelId: Hex): Promise<Channel> {
  const channel = await client.findChannel({ channelId });
  if (channel !== undefined) return channel;
  throw new BaseError(`No channel ${channelId} was opened on chain ${chainId}.`, {
    code: 'no_channel',
    hints: ['List the channels: kedge status'],
  });
}
