import { isSameAddress } from '../hex.js';
import type { Policy } from '../policy.js';
import type { Channel } from '../channel.js';

/**
 * Why the gateway of a channel's operator does not serve it, whatever the chain says: what its terms and its policy leave impossible.
 * Undefined where they go together. A wallet asks before it locks value, a gateway before it serves.
 *
 * @param counts The tokenizer that calls are counted with.
 *
 * @example
 * const fault = termsFault(channel, policy, tokenizer);
 * if (fault !== undefined) throw new Error(`No gateway serves this channel: ${fault}.`);
 */
export function termsFault(
  channel: Pick<Channel, 'operator' | 'channelKey' | 'mode'>,
  policy: Policy,
  counts: Policy['tokenizer'],
): string | undefined {
  const { operator, channelKey, mode } = channel;
  if (!policy.operators.some((allowed) => isSameAddress(allowed, operator)))
    return `its policy does not name the operator ${operator}`;
  const isOwnKey = isSameAddress(channelKey, operator);
  if (mode === 'capped' && !isOwnKey) return `in capped mode the operator holds the channel key, not ${channelKey}`;
  if (mode === 'strict' && isOwnKey) return 'its channel key is the operator, so that no client signs for it';
  return tokenizerFault(policy, counts);
}

/** Why calls under a policy cannot be counted with a tokenizer; undefined where it is the one that the policy pins. */
export function tokenizerFault({ tokenizer }: Policy, counts: Policy['tokenizer']): string | undefined {
  if (tokenizer.encoding !== counts.encoding || tokenizer.vocabularySha256 !== counts.vocabularySha256)
    return `its policy pins the vocabulary ${tokenizer.vocabularySha256}, gateways count with ${counts.vocabularySha256}`;
  if (tokenizer.package !== counts.package)
    return `its policy pins ${tokenizer.package}, gateways count with ${counts.package}`;
  return undefined;
}
