import { isSameAddress, type Address, type Deployment } from '@kedge/core';
import type { Sent, WriteClient } from '../client.js';
import { marketOf, tokenOf } from '../contracts.js';
import { eventArgs } from '../eventsOf.js';
import { payInto } from '../payInto.js';
import { reading } from '../reading.js';
import { sentOf } from '../writeContract.js';
import { otherSeller, type SoldLot } from './signPurchase.js';

export type BuyValueParameters = {
  readonly classId: bigint;
  readonly lot: number;
  /** Base units. */
  readonly units: bigint;
  /** Who gets the token. Default: the wallet's account. */
  readonly to?: Address;
  /** Smallest units of the lot's asset. Default: the price as it is now. */
  readonly maxCost?: bigint;
};

export type BuyValueReturn = Sent & {
  readonly tokenId: bigint;
  readonly asset: Address;
  /** Smallest units of the asset. */
  readonly cost: bigint;
};

/**
 * Buys value of a lot on sale, from the market or from the plan that sells it: pays in ETH, or allows the seller to take
 * exactly the price of an ERC-20 asset.
 *
 * @throws BaseError `ValueMarketNotSeller`, `ValueMarketNotListed`, `ValueMarketSoldOut`, `ValueMarketTooExpensive`, `ValuePlansWrongUnits`,
 * `ValuePlansStepNotReached`, `insufficient_funds`.
 *
 * @example
 * const { tokenId, cost } = await buyValue(client, { classId, lot, units: 1_000_000n });
 */
export async function buyValue(client: WriteClient, parameters: BuyValueParameters): Promise<BuyValueReturn> {
  const { classId, lot, units, to = client.walletClient.account.address } = parameters;
  const token = tokenOf(client.deployment);
  const [cost, info] = await reading(client, 'read the price of the lot', (chain) =>
    Promise.all([
      chain.readContract({ ...token, functionName: 'lotCostUp', args: [classId, lot, units] }),
      chain.readContract({ ...token, functionName: 'lotInfo', args: [classId, lot] }),
    ]),
  );
  const { asset, seller } = info.terms;
  const market = sellerOf(client.deployment, { classId, lot, seller });
  const maxCost = parameters.maxCost ?? cost;
  const receipt = await payInto(
    client,
    'buy value',
    { asset, amount: cost },
    {
      ...market,
      functionName: 'buy',
      args: [classId, lot, units, to, maxCost],
    },
  );
  const bought = eventArgs(market, receipt, 'ValueBought');
  return { ...sentOf(receipt), tokenId: bought.tokenId, asset: bought.asset, cost: bought.cost };
}

/** The contract that sells the lot. Both have one `buy`. */
function sellerOf(deployment: Deployment, { seller, ...lot }: SoldLot): ReturnType<typeof marketOf> {
  const { ValueMarket, ValuePlans } = deployment.contracts;
  if (isSameAddress(seller, ValueMarket)) return marketOf(deployment);
  if (ValuePlans === undefined || !isSameAddress(seller, ValuePlans)) throw otherSeller({ seller, ...lot });
  return { ...marketOf(deployment), address: ValuePlans };
}
