import { BaseError, dataAnchoringTokenAbi } from '@kedge/core';
import { sql } from 'ponder';
import { db } from 'ponder:api';
import { createPublicClient, http } from 'viem';
import { blockOfCheckpoint } from '../../../src/checkpoint.js';
import { schemaOf } from '../../../src/database.js';
import { readSettings } from '../../../src/settings.js';

export const settings = readSettings(process.env);
const schema = schemaOf(settings);
const client = createPublicClient({
  transport: http(settings.rpcUrl, { retryCount: 0, timeout: 2_000 }),
  cacheTime: 0,
});

/** A block by number and time. */
export type BlockMoment = { readonly blockNumber: number; readonly at: number };

/** The newest block whose events are in the tables; undefined before the first. */
export async function indexedBlock(): Promise<BlockMoment | undefined> {
  const query = sql.raw(`SELECT latest_checkpoint AS encoded FROM "${schema}"."_ponder_checkpoint"`);
  const encoded = (await rowsOf(query))[0]?.['encoded'];
  if (typeof encoded !== 'string') return undefined;
  return { blockNumber: blockOfCheckpoint(encoded), at: Number(encoded.slice(0, 10)) };
}

/** Whether the index ever had all blocks that there were, in this process or in one before. */
export async function wasComplete(): Promise<boolean> {
  const query = sql.raw(`SELECT value ->> 'is_ready' AS ready FROM "${schema}"."_ponder_meta" WHERE key = 'app'`);
  return (await rowsOf(query))[0]?.['ready'] === '1';
}

/** The chain's newest block; undefined while its node does not answer. */
export async function chainHead(): Promise<BlockMoment | undefined> {
  try {
    const { number, timestamp } = await client.getBlock();
    return { blockNumber: Number(number), at: Number(timestamp) };
  } catch {
    // The node may be away for a while; what is indexed is still true.
    return undefined;
  }
}

/** The spendable units of a token in a block; undefined while the node does not answer. */
export async function spendableUnits(tokenId: bigint, blockNumber: number): Promise<bigint | undefined> {
  try {
    return await client.readContract({
      address: settings.contracts.DataAnchoringToken,
      abi: dataAnchoringTokenAbi,
      functionName: 'valueOf',
      args: [tokenId],
      blockNumber: BigInt(blockNumber),
    });
  } catch {
    return undefined;
  }
}

export async function rowsOf(query: ReturnType<typeof sql.raw>): Promise<Record<string, unknown>[]> {
  return ((await db.execute(query)) as unknown as { rows: Record<string, unknown>[] }).rows;
}

/** Time of the newest indexed block: "now", as far as answers know. */
export async function indexedAt(): Promise<number> {
  return (await indexedBlock())?.at ?? 0;
}

/** The error for something that is not in the index. */
export function unknown(what: string, values: Readonly<Record<string, unknown>>): BaseError {
  return new BaseError(`There is no such ${what}.`, {
    code: `${what}_unknown`,
    status: 404,
    values,
    hints: ['If it is new, look at /progress: the indexer may not have seen its block yet.'],
  });
}
