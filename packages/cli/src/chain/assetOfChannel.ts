import { isBackedLot, splitTokenId, type Channel } from '@kedge/core';
import type { Connection } from './connect.js';
import { ether, readAnyAsset, type Asset } from './readAsset.js';

/** What the value of a channel was bought with; ETH where nobody paid for it. */
export async function assetOfChannel(connection: Connection, { tokenId }: Channel): Promise<Asset> {
  const { classId, lot } = splitTokenId(tokenId);
  if (!isBackedLot(lot)) return ether;
  const { asset } = await connection.client.getLot({ classId, lot });
  return readAnyAsset(connection, asset);
}
