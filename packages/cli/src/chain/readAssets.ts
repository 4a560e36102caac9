import { dataAnchoringTokenAbi, zeroAddress, type Address } from '@kedge/core';
import { firstBlockOf, readEvents } from '@kedge/sdk';
import type { Connection } from './connect.js';
import { readAnyAsset, type Asset } from './readAsset.js';

/** ETH, and every other asset that a class ever received or that a lot is priced in. */
export async function readAssets(connection: Connection): Promise<Asset[]> {
  const { publicClient, deployment } = connection.client;
  const address = connection.contracts.DataAnchoringToken;
  const token = { address, abi: dataAnchoringTokenAbi, fromBlock: firstBlockOf(deployment) } as const;
  const [accrued, lots] = await Promise.all([
    readEvents(publicClient, { ...token, eventName: 'RevenueAccrued' }),
    readEvents(publicClient, { ...token, eventName: 'LotCreated' }),
  ]);
  const addresses = new Set<Address>([
    zeroAddress,
    ...accrued.map(({ args }) => args.asset),
    ...lots.map(({ args }) => args.terms.asset),
  ]);
  return Promise.all([...addresses].map((address) => readAnyAsset(connection, address)));
}
