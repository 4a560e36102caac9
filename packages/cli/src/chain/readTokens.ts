import { dataAnchoringTokenAbi } from '@kedge/core';
import { firstBlockOf, readEvents, type TokenView } from '@kedge/sdk';
import type { Connection } from './connect.js';

/** All tokens in the order of minting, with their pending revenue in ETH. */
export async function readTokens({ client, contracts }: Connection): Promise<TokenView[]> {
  const minted = await readEvents(client.publicClient, {
    address: contracts.DataAnchoringToken,
    abi: dataAnchoringTokenAbi,
    eventName: 'Minted',
    fromBlock: firstBlockOf(client.deployment),
  });
  return Promise.all(minted.map(({ args: { tokenId } }) => client.getToken({ tokenId })));
}

/** The number of classes; ids run from 1. */
export async function classCountOf({ client, contracts }: Connection): Promise<bigint> {
  return client.publicClient.readContract({
    address: contracts.DataAnchoringToken,
    abi: dataAnchoringTokenAbi,
    functionName: 'classCount',
  });
}
