import { channelToAbi, type Channel } from '@kedge/core';
import type { Sent, WriteClient } from '../client.js';
import { channelsOf } from '../contracts.js';
import { eventArgs } from '../eventsOf.js';
import { sentOf, writeContract } from '../writeContract.js';

export type CloseChannelParameters = { readonly channel: Channel };

export type CloseChannelReturn = Sent & { readonly capturedUnits: bigint; readonly returnedUnits: bigint };

/**
 * Ends a channel and returns what is left to its token: the operator at any time, anyone after deadline and grace (R6).
 *
 * @throws BaseError `ValueChannelsNotOpen`, `ValueChannelsTooEarly`.
 *
 * @example
 * const { returnedUnits } = await closeChannel(client, { channel });
 */
export async function closeChannel(
  client: WriteClient,
  { channel }: CloseChannelParameters,
): Promise<CloseChannelReturn> {
  const channels = channelsOf(client.deployment);
  const receipt = await writeContract(client, 'close the channel', {
    ...channels,
    functionName: 'close',
    args: [channelToAbi(channel)],
  });
  const { capturedUnits, returnedUnits } = eventArgs(channels, receipt, 'ChannelClosed');
  return { ...sentOf(receipt), capturedUnits, returnedUnits };
}
