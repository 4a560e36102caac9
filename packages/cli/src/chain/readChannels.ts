import { BaseError, channelModes, valueChannelsAbi, type Channel, type Hex } from '@kedge/core';
import { firstBlockOf, readEvents } from '@kedge/sdk';
import type { Connection } from './connect.js';

/** A channel as it was opened. */
export type OpenedChannel = { readonly channelId: Hex; readonly channel: Channel; readonly openedIn: Hex };

/** All channels that were ever opened, or the one of an id. */
export async function readChannels({ client, contracts }: Connection, channelId?: Hex): Promise<OpenedChannel[]> {
  const opened = await readEvents(client.publicClient, {
    address: contracts.ValueChannels,
    abi: valueChannelsAbi,
    eventName: 'ChannelOpened',
    fromBlock: firstBlockOf(client.deployment),
    ...(channelId === undefined ? {} : { args: { channelId } }),
  });
  return opened.map(({ args, transactionHash }) => ({
    channelId: args.channelId,
    channel: { ...args.channel, mode: channelModes[args.channel.mode] ?? 'strict' },
    openedIn: transactionHash,
  }));
}

/** The terms of a channel, from the event of its opening. */
export async function readChannel(connection: Connection, channelId: Hex): Promise<Channel> {
  const [found] = await readChannels(connection, channelId);
  if (found !== undefined) return found.channel;
  throw new BaseError(`No channel ${channelId} was opened on chain ${connection.chainId}.`, {
    code: 'no_channel',
    hints: ['kedge status lists the channels.'],
  });
}
