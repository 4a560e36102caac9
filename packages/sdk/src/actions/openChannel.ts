import { channelModes, channelToAbi, encodeChannel, type Channel, type Hex } from '@kedge/core';
import type { Sent, WriteClient } from '../client.js';
import { channelsOf, tokenOf } from '../contracts.js';
import { eventArgs } from '../eventsOf.js';
import { requireArguments, requireOneOf } from '../requireArguments.js';
import { sentOf, writeContract } from '../writeContract.js';

/** The channel's terms; the holder is the wallet's account, grace is one day unless given. */
export type OpenChannelParameters = Omit<Channel, 'holder' | 'grace'> & {
  /** Seconds after the deadline in which captures still work. Default and minimum 86,400 (R6). */
  readonly grace?: number;
};

export type OpenChannelReturn = Sent & { readonly channelId: Hex; readonly channel: Channel };

const day = 86_400;

/**
 * Opens a channel: locks `cap` base units of a token of the wallet's account to one operator (R5-R7). Keep the returned
 * channel: its terms are not stored on chain, and every capture and the closing need them.
 *
 * @param parameters `rate` 0 means no limit, which only strict mode allows (R9). A new `salt` makes a new channel.
 *
 * @throws BaseError `ValueChannelsInvalidTerms` (names the field), `ERC8028InsufficientValue`, `ERC8028Unauthorized`.
 *
 * @example
 * const { channelId, channel } = await openChannel(client, {
 *   tokenId, operator, channelKey, cap: 1_000_000n, rate: 1_000n, burst: 1_000_000n, deadline, mode: 'capped',
 *   salt: toHex(crypto.getRandomValues(new Uint8Array(32))),
 * });
 */
export async function openChannel(client: WriteClient, parameters: OpenChannelParameters): Promise<OpenChannelReturn> {
  const { grace = day } = parameters;
  const channel: Channel = { ...parameters, grace, holder: client.walletClient.account.address };
  const channels = channelsOf(client.deployment);
  const doing = 'open the channel';
  requireOneOf('mode', channelModes, channel.mode);
  // The token takes them as bytes, which nobody can check for a typing error any more.
  requireArguments(doing, { ...channels, functionName: 'channelIdOf', args: [channelToAbi(channel)] });
  const receipt = await writeContract(client, doing, {
    ...tokenOf(client.deployment),
    functionName: 'lock',
    args: [channel.tokenId, channel.cap, channels.address, encodeChannel(channel)],
  });
  const { channelId } = eventArgs(channels, receipt, 'ChannelOpened');
  return { ...sentOf(receipt), channelId, channel };
}
