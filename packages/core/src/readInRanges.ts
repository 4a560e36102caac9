/** Blocks of a chain, the last one included. */
export type BlockRange = { readonly fromBlock: bigint; readonly toBlock: bigint };

const firstLength = 2_000n;
const longestLength = 50_000n;
/** After a refusal, how many ranges are read before a longer one is tried again. */
const patience = 8;

/**
 * Reads a long range of blocks in short ones, in order. RPC providers refuse ranges that are too long or hold too much, with
 * errors that have no common form: a refused range is halved, and grows again after.
 *
 * @param read reads one range; what it throws counts as a refusal
 * @param isEnough looks at what was found so far: later ranges are not read once it is
 * @param isAlive whether the node answers at all, asked after each refusal: one that hangs would do so for every shorter range
 * @throws what `read` throws for a single block, or while the node does not answer.
 *
 * @example
 * const logs = await readInRanges({ fromBlock: 0n, toBlock: 20_000n }, (range) => publicClient.getLogs({ address, ...range }));
 */
export async function readInRanges<item>(
  { fromBlock, toBlock }: BlockRange,
  read: (range: BlockRange) => Promise<readonly item[]>,
  isEnough: (items: readonly item[]) => boolean = () => false,
  isAlive: () => Promise<boolean> = async () => true,
): Promise<item[]> {
  const items: item[] = [];
  let length = firstLength;
  let before = 0;
  let since = 0;
  for (let from = fromBlock; from <= toBlock;) {
    const to = from + length - 1n < toBlock ? from + length - 1n : toBlock;
    let found: readonly item[];
    try {
      found = await read({ fromBlock: from, toBlock: to });
    } catch (error) {
      if (to === from || !(await isAlive())) throw error;
      length = (to - from + 1n) / 2n;
      before = patience;
      since = 0;
      continue;
    }
    for (const item of found) items.push(item);
    if (isEnough(items)) break;
    from = to + 1n;
    since += 1;
    if (since > before && length < longestLength) {
      length *= 2n;
      since = 0;
    }
  }
  return items;
}

/**
 * The first block of which something is true that is true of all later ones, by bisection. Undefined where the node cannot say
 * it of one so old.
 *
 * @param isTrueOf whether it is true of a block: that a contract has code in it, for example
 * @param newest a block of which it is
 * @param isAlive whether the node answers at all, asked where `isTrueOf` throws
 * @throws what `isTrueOf` throws while the node does not answer.
 *
 * @example
 * const deployed = await findFirstBlock(
 *   async (blockNumber) => (await publicClient.getCode({ address, blockNumber })) !== undefined,
 *   await publicClient.getBlockNumber(),
 * );
 */
export async function findFirstBlock(
  isTrueOf: (blockNumber: bigint) => Promise<boolean>,
  newest: bigint,
  isAlive: () => Promise<boolean> = async () => true,
): Promise<bigint | undefined> {
  let low = 0n;
  let high = newest;
  try {
    while (low < high) {
      const middle = (low + high) / 2n;
      if (await isTrueOf(middle)) high = middle;
      else low = middle + 1n;
    }
  } catch (error) {
    if (!(await isAlive())) throw error;
    // A pruned node answers with an error of its own kind; nothing is lost but time.
    return undefined;
  }
  return low;
}
