import { splitTokenId, valueMarketAbi } from '@kedge/core';
import type { KedgeClient } from '@kedge/sdk';
import { lotIdOf } from '../../chain/lotNumber.js';
import { boughtUnits, lotSupply, operatorBps, priceNumerator } from '../demoTerms.js';
import { foundOr } from './foundOr.js';

/** The operator's backed, refundable lot of its class, on sale on the market. */
export async function openLot(operator: KedgeClient, classId: bigint): Promise<number> {
  const price = { numerator: priceNumerator, denominator: 1n };
  const lot = await foundOr(
    async () => ((await operator.getClass({ classId })).lotCount > 0 ? lotIdOf(1) : undefined),
    () => operator.createLot({ classId, price, operatorBps }),
  );
  const market = { address: operator.deployment.contracts.ValueMarket, abi: valueMarketAbi } as const;
  const { open } = await operator.publicClient.readContract({
    ...market,
    functionName: 'listingOf',
    args: [classId, lot],
  });
  if (!open) await operator.openListing({ classId, lot, supply: lotSupply });
  return lot;
}

/** The consumer's token with the units that it bought, all at once. */
export function buyUnits(consumer: KedgeClient, classId: bigint, lot: number): Promise<bigint> {
  const market = { address: consumer.deployment.contracts.ValueMarket, abi: valueMarketAbi } as const;
  const args = { buyer: consumer.walletClient.account.address };
  return foundOr(
    async () => {
      const filter = { eventName: 'ValueBought', args, fromBlock: 0n, strict: true } as const;
      const bought = await consumer.publicClient.getContractEvents({ ...market, ...filter });
      return bought.find((event) => splitTokenId(event.args.tokenId).classId === classId)?.args.tokenId;
    },
    () => consumer.buyValue({ classId, lot, units: boughtUnits }),
  );
}
