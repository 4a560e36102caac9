import { dataAnchoringTokenAbi, isSameAddress, type Address } from '@kedge/core';
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

/** The same of those that accounts hold; nothing is read of those that never were theirs. */
export async function readTokensOf(
  { client, contracts }: Connection,
  holders: readonly Address[],
): Promise<TokenView[]> {
  const received = await readEvents(client.publicClient, {
    address: contracts.DataAnchoringToken,
    abi: dataAnchoringTokenAbi,
    eventName: 'Transfer',
    args: { to: [...holders] },
    fromBlock: firstBlockOf(client.deployment),
  });
  const tokenIds = new Set(received.map(({ args: { tokenId } }) => tokenId));
  const tokens = await Promise.all([...tokenIds].map((tokenId) => client.getToken({ tokenId })));
  return tokens.filter(({ holder }) => holders.some((account) => isSameAddress(account, holder)));
}

/** The number of classes; ids run from 1. */
export async function classCountOf({ client, contracts }: Connection): Promise<bigint> {
  return client.publicClient.readContract({
    address: contracts.DataAnchoringToken,
    abi: dataAnchoringTokenAbi,
    functionName: 'classCount',
  });
}
