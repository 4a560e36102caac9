import { contributorRootsAbi, type Address } from '@kedge/core';
import { firstBlockOf, readEvents } from '@kedge/sdk';
import type { Connection } from './connect.js';

/** The token that was committed to contributors and is in this vault, by which commands name it; undefined for any other account. */
export async function committedTokenOf({ client, contracts }: Connection, vault: Address): Promise<bigint | undefined> {
  const address = contracts.ContributorRoots;
  if (address === undefined) return undefined;
  const [committed] = await readEvents(client.publicClient, {
    address,
    abi: contributorRootsAbi,
    eventName: 'ContributorsCommitted',
    args: { vault },
    fromBlock: firstBlockOf(client.deployment),
  });
  return committed?.args.tokenId;
}
