import type { IndexerStatus } from '@kedge/core';

const everyMs = 300;
const most = 50;

/**
 * Waits until the indexer has read a block, but not without end: what a page has written it shows when its lists have it, too.
 *
 * @param status asks the indexer how far it is
 * @param sleep waits before it is asked again
 */
export async function untilIndexed(
  status: () => Promise<IndexerStatus>,
  blockNumber: bigint,
  sleep: (milliseconds: number) => Promise<void> = (milliseconds) =>
    new Promise((resolve) => setTimeout(resolve, milliseconds)),
): Promise<void> {
  for (let asked = 0; asked < most; asked += 1) {
    // That it does not answer, the pages say.
    const { indexed } = await status().catch(() => ({ indexed: null }));
    if (indexed !== null && BigInt(indexed.blockNumber) >= blockNumber) return;
    await sleep(everyMs);
  }
}
