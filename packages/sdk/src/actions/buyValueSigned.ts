import type { WriteClient } from '../client.js';
import { permitBuyerOf } from '../contracts.js';
import { eventArgs } from '../eventsOf.js';
import { sentOf, writeContract } from '../writeContract.js';
import type { BuyValueReturn } from './buyValue.js';
import type { SignedPurchase } from './signPurchase.js';

/**
 * Sends a purchase that somebody signed with `signPurchase`. The payer pays the price, the wallet the gas; the token goes
 * to whom the payer named.
 *
 * @throws BaseError `PermitBuyerTooExpensive`, those of `buyValue`, and what Permit2 refuses.
 *
 * @example
 * const { tokenId } = await buyValueSigned(client, signedPurchase);
 */
export async function buyValueSigned(
  client: WriteClient,
  { purchase, payer, permit, signature }: SignedPurchase,
): Promise<BuyValueReturn> {
  const buyer = permitBuyerOf(client.deployment);
  const receipt = await writeContract(client, 'buy value by signature', {
    ...buyer,
    functionName: 'buyWithPermit2',
    args: [purchase, payer, permit, signature],
  });
  const bought = eventArgs(buyer, receipt, 'BoughtByPermit');
  return { ...sentOf(receipt), tokenId: bought.tokenId, asset: bought.asset, cost: bought.cost };
}
