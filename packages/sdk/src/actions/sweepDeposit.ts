import { channelFromAbi, depositTermsToAbi, type Channel, type DepositTerms, type Hex } from '@kedge/core';
import type { Sent, WriteClient } from '../client.js';
import { channelDepositsOf } from '../contracts.js';
import { eventArgs } from '../eventsOf.js';
import { sentOf, writeContract } from '../writeContract.js';

export type SweepDepositReturn = Sent & {
  readonly channelId: Hex;
  /** Keep it: its terms are not stored on chain. Its cap is what was bought, in base units. */
  readonly channel: Channel;
  /** Smallest units of the asset that were spent. */
  readonly spent: bigint;
};

/**
 * Buys value for all that is deposited, into a channel of the terms (R28). Anyone may, and pays the gas only.
 *
 * @throws BaseError `ChannelDepositsNothingToSweep`, `ChannelDepositsWrongAsset`, `DATLotSuperseded`, `ValueMarketNotListed`,
 * `ValueMarketSoldOut`, `ValueChannelsInvalidTerms` (after the deadline).
 *
 * @example
 * const { channelId, channel } = await sweepDeposit(client, { terms: depositTerms });
 */
export async function sweepDeposit(
  client: WriteClient,
  { terms }: { readonly terms: DepositTerms },
): Promise<SweepDepositReturn> {
  const deposits = channelDepositsOf(client.deployment);
  const receipt = await writeContract(client, 'sweep the deposit', {
    ...deposits,
    functionName: 'sweep',
    args: [depositTermsToAbi(terms)],
  });
  const swept = eventArgs(deposits, receipt, 'DepositSwept');
  return {
    ...sentOf(receipt),
    channelId: swept.channelId,
    channel: channelFromAbi(swept.channel),
    spent: swept.spent,
  };
}
