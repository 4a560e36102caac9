import type { ChainReader } from '@kedge/sdk';
import { unixNow } from '../unixNow.js';

/**
 * What a duration counts from: the time of this machine, or of the newest block where that is later. A chain that makes blocks
 * for transactions alone stands still while nobody sends one.
 */
export async function momentNow(chain: Pick<ChainReader, 'getBlock'>): Promise<bigint> {
  const { timestamp } = await chain.getBlock();
  const now = unixNow();
  return timestamp > now ? timestamp : now;
}
