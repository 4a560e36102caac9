import { BaseError, type ChannelRecord, type Hex } from '@kedge/core';
import type { Context } from '../context.js';
import { isGatewayHere } from '../gateway/isGatewayHere.js';
import { channelRecordOf, readRecordContext } from './channelRecordOf.js';
import type { Connection } from './connect.js';
import { readChannel } from './readChannels.js';
import { readPolicyOfToken } from './readPolicy.js';

/**
 * The entry of a channel that the gateway here was not told of, as of one that was opened in the dashboard, from the
 * chain.
 *
 * @param first the channel's first API key
 * @throws BaseError `no_channel`, `channel_elsewhere`, `channel_closed`, or what {@link readPolicyOfToken} throws
 */
export async function recordFromChain(
  context: Context,
  connection: Connection,
  channelId: Hex,
  first: Pick<ChannelRecord, 'apiKeySha256'> & { readonly name: string },
): Promise<ChannelRecord> {
  const { client } = connection;
  const channel = await readChannel(connection, channelId);
  if (!isGatewayHere(connection, channel.operator)) {
    throw new BaseError(
      `Channel ${channelId} is served by ${channel.operator}, not by the gateway of this data folder.`,
      {
        code: 'channel_elsewhere',
        hints: ['Ask its operator for an API key.'],
      },
    );
  }
  const { open } = await client.getChannelState({ channel });
  if (!open) throw new BaseError(`Channel ${channelId} is closed.`, { code: 'channel_closed' });
  const token = await client.getToken({ tokenId: channel.tokenId });
  const policy = await readPolicyOfToken(context, connection, token);
  const { name, apiKeySha256 } = first;
  const shared = await readRecordContext(connection, token, policy);
  return channelRecordOf(shared, { channelId, channel, apiKeySha256, name });
}
