import { channelModes, type Channel } from './channel.js';
import type { Address } from './hex.js';

/**
 * All that a deposit address is for (R28): which lot its content buys, whose the token is, where what buys nothing goes back
 * to, and the terms of the channel that is opened. `ChannelDeposits` derives the address from every word of it.
 */
export type DepositTerms = Pick<
  Channel,
  'holder' | 'operator' | 'channelKey' | 'rate' | 'burst' | 'deadline' | 'grace' | 'mode' | 'salt'
> & {
  /** Who sells the lot. */
  readonly market: Address;
  readonly classId: bigint;
  readonly lot: number;
  /** What the lot is priced in; zero address: ETH. */
  readonly asset: Address;
  readonly refundTo: Address;
};

/**
 * The terms of a deposit that continues a channel: the same operator, key, rate and mode, and its id as the salt.
 *
 * @param continued The channel's holder owns what is bought, unless another is named.
 *
 * @example
 * const terms = continuationTerms({ channel, channelId, market: contracts.ValueMarket, classId, lot, asset, deadline });
 */
export function continuationTerms(continued: {
  readonly channel: Channel;
  readonly channelId: Channel['salt'];
  readonly market: Address;
  readonly classId: bigint;
  readonly lot: number;
  readonly asset: Address;
  /** Last second of service of the channels that are opened, Unix time. */
  readonly deadline: bigint;
  readonly holder?: Address | undefined;
  readonly refundTo?: Address | undefined;
}): DepositTerms {
  const { channel, channelId, market, classId, lot, asset, deadline } = continued;
  const { operator, channelKey, rate, burst, grace, mode } = channel;
  const holder = continued.holder ?? channel.holder;
  const refundTo = continued.refundTo ?? holder;
  return {
    market,
    classId,
    lot,
    asset,
    holder,
    refundTo,
    operator,
    channelKey,
    rate,
    burst,
    deadline,
    grace,
    mode,
    salt: channelId,
  };
}

/** Deposit terms as the contract's ABI takes them. */
export function depositTermsToAbi(terms: DepositTerms) {
  return { ...terms, mode: channelModes.indexOf(terms.mode) };
}

/** A channel as the contracts' ABI gives it. */
export function channelFromAbi(channel: Omit<Channel, 'mode'> & { readonly mode: number }): Channel {
  return { ...channel, mode: channelModes[channel.mode] ?? 'strict' };
}
