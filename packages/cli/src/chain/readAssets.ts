import { dataAnchoringTokenAbi, zeroAddress, type Address } from '@kedge/core';
import { firstBlockOf, readEvents } from '@kedge/sdk';
import type { Connection } from './connect.js';
import { readAnyAsset, type Asset } from './readAsset.js';

/** ETH, and every other asset that a class ever received or that a lot is priced in. */
export async function readAssets(connection: Connection): Promise<Asset[]> {
  return assetsIn(connection, await readClassAssets(connection));
}

/** Assets of classes, each once, ETH first. */
export function assetsIn(connection: Connection, classes: ReadonlyMap<bigint, ReadonlySet<Address>>): Promise<Asset[]> {
  const addresses = new Set([zeroAddress, ...[...classes.values()].flatMap((assets) => [...assets])]);
  return Promise.all([...addresses].map((address) => readAnyAsset(connection, address)));
}

/**
 * What each class ever received, and what its lots are priced in. Anyone can pay one class in very many assets: the others have
 * nothing in them.
 */
export async function readClassAssets(connection: Connection): Promise<Map<bigint, Set<Address>>> {
  const { publicClient, deployment } = connection.client;
  const address = connection.contracts.DataAnchoringToken;
  const token = { address, abi: dataAnchoringTokenAbi, fromBlock: firstBlockOf(deployment) } as const;
  const [accrued, lots] = await Promise.all([
    readEvents(publicClient, { ...token, eventName: 'RevenueAccrued' }),
    readEvents(publicClient, { ...token, eventName: 'LotCreated' }),
  ]);
  const used = [
    ...accrued.map(({ args: { classId, asset } }) => ({ classId, asset })),
    ...lots.map(({ args: { classId, terms } }) => ({ classId, asset: terms.asset })),
  ];
  const classes = new Map<bigint, Set<Address>>();
  for (const { classId, asset } of used) classes.set(classId, (classes.get(classId) ?? new Set()).add(asset));
  return classes;
}
