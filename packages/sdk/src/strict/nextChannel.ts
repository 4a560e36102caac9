import {
  BaseError,
  type Channel,
  channelIdOf,
  type Hex,
  isJsonObject,
  isSameAddress,
  parseChannel,
  policyHashOf,
} from '@kedge/core';
import { keccak256 } from '../keccak256.js';
import type { Send } from './channelPayer.js';
import type { Place } from './placeOf.js';
import { jsonIn } from './readAnswer.js';
import { readBytes } from './readBytes.js';
import type { StrictChannel } from './voucherAccount.js';
import { readSaid } from './voucherErrors.js';

/**
 * The channel that continues another, as the gateway names it; undefined: there is none (R28). It is this client's where its
 * terms are those of the first one: the same operator, key, mode and policy, and the first one's id as its salt.
 *
 * @param root The channel that the key was made for.
 * @param place Of the channel that may be continued.
 * @throws BaseError `next_channel_differs`
 */
export async function nextChannel(
  { domain, channel: own, channelId: rootId, policy }: StrictChannel,
  place: Place,
  ask: Send,
): Promise<{ readonly channel: Channel; readonly channelId: Hex } | undefined> {
  const response = await ask(place.vouchers, { ...place.way, method: 'GET', headers: place.authorization });
  // A gateway that does not say so knows of none.
  const state = jsonIn(await readBytes(response));
  const [next] = response.ok && Array.isArray(state?.['next']) ? (state['next'] as unknown[]) : [];
  if (!isJsonObject(next)) return undefined;
  const channel = readSaid(() => parseChannel(next['channel']));
  const channelId = channelIdOf(domain, channel, keccak256);
  const isOurs =
    isSameAddress(channel.operator, own.operator) &&
    isSameAddress(channel.channelKey, own.channelKey) &&
    channel.mode === 'strict' &&
    channel.salt === rootId &&
    next['policyHash'] === policyHashOf(policy, keccak256);
  if (isOurs) return { channel, channelId };
  throw new BaseError('The channel that is said to continue this one has other terms.', {
    code: 'next_channel_differs',
    values: { channelId, continues: rootId },
    hints: [
      'Nothing is signed for it.',
      'Read its terms and policy, and pass them to another kedgeFetch if you agree.',
    ],
  });
}
