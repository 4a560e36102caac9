import { dataAnchoringTokenAbi, zeroAddress, type Address } from '@kedge/core';
import { firstBlockOf, readEvents } from '@kedge/sdk';
import type { Connection } from './connect.js';
import { readAnyAsset, type Asset } from './readAsset.js';
import { someOf } from './someOf.js';

/** ETH, and every other asset that is in one of these sets. */
export function assetsIn(connection: Connection, sets: Iterable<ReadonlySet<Address>>): Promise<Asset[]> {
  const addresses = new Set([zeroAddress, ...[...sets].flatMap((assets) => [...assets])]);
  return Promise.all([...addresses].map((address) => readAnyAsset(connection, address)));
}

/**
 * What each class ever received, and what its lots are priced in. Anyone can pay one class in very many assets: the others have
 * nothing in them.
 *
 * @param classIds Without it of all classes.
 */
export async function readClassAssets(
  { client, contracts }: Connection,
  classIds?: readonly bigint[],
): Promise<Map<bigint, Set<Address>>> {
  const { publicClient, deployment } = client;
  const token = {
    address: contracts.DataAnchoringToken,
    abi: dataAnchoringTokenAbi,
    fromBlock: firstBlockOf(deployment),
  } as const;
  const read = async (args: { readonly classId?: bigint[] }) => {
    const [accrued, lots] = await Promise.all([
      readEvents(publicClient, { ...token, eventName: 'RevenueAccrued', args }),
      readEvents(publicClient, { ...token, eventName: 'LotCreated', args }),
    ]);
    return [
      ...accrued.map(({ args: { classId, asset } }) => ({ classId, asset })),
      ...lots.map(({ args: { classId, terms } }) => ({ classId, asset: terms.asset })),
    ];
  };
  const used = classIds === undefined ? await read({}) : await someOf(classIds, (classId) => read({ classId }));
  const classes = new Map<bigint, Set<Address>>();
  for (const { classId, asset } of used) classes.set(classId, (classes.get(classId) ?? new Set()).add(asset));
  return classes;
}

/** Something that an account was owed once, and may be still. */
export type Debt = { readonly account: Address; readonly asset: Address };

/** What accounts were ever owed: each of them in each asset once. Without `accounts`, of all. */
export async function readDebts({ client, contracts }: Connection, accounts?: readonly Address[]): Promise<Debt[]> {
  const owed = await readEvents(client.publicClient, {
    address: contracts.DataAnchoringToken,
    abi: dataAnchoringTokenAbi,
    eventName: 'OwedIncreased',
    args: accounts === undefined ? {} : { account: [...accounts] },
    fromBlock: firstBlockOf(client.deployment),
  });
  return [...new Map(owed.map(({ args: { account, asset } }) => [`${account} ${asset}`, { account, asset }])).values()];
}
