import { expect, test } from 'vitest';
import { findFirstBlock, readInRanges, type BlockRange } from '../src/index.js';
import { fc } from './fixture.js';

const block = fc.bigInt(0n, 20_000n);

test('every block is read once and in order, from a node that refuses by length or by what a range holds', async () => {
  await fc.assert(
    fc.asyncProperty(
      block,
      block,
      fc.bigInt(50n, 30_000n),
      fc.integer({ min: 1, max: 9 }),
      async (a, b, limit, most) => {
        const whole = a < b ? { fromBlock: a, toBlock: b } : { fromBlock: b, toBlock: a };
        // Something happens in each hundredth block.
        const inside = ({ fromBlock, toBlock }: BlockRange): bigint[] => {
          const first = (fromBlock + 99n) / 100n;
          const count = toBlock / 100n - first + 1n;
          return Array.from({ length: Math.max(0, Number(count)) }, (_, index) => (first + BigInt(index)) * 100n);
        };
        let next = whole.fromBlock;
        const found = await readInRanges(whole, async (range) => {
          expect(range.fromBlock).toBe(next);
          const items = inside(range);
          const isLong = range.toBlock - range.fromBlock + 1n > limit;
          if (isLong || (items.length > most && range.toBlock > range.fromBlock)) throw new Error('too much');
          next = range.toBlock + 1n;
          return items;
        });
        expect(next).toBe(whole.toBlock + 1n);
        expect(found).toEqual(inside(whole));
      },
    ),
    { numRuns: 50 },
  );
});

test('later ranges are not read once there is enough', async () => {
  const asked: BlockRange[] = [];
  const read = async (range: BlockRange) => {
    asked.push(range);
    return [range.fromBlock];
  };
  const whole = { fromBlock: 0n, toBlock: 1_000_000n };
  expect(await readInRanges(whole, read, (items) => items.length >= 3)).toHaveLength(3);
  expect(asked).toHaveLength(3);
});

test('a node with a limit is asked little more than its limit makes necessary', async () => {
  let asked = 0;
  await readInRanges({ fromBlock: 0n, toBlock: 999_999n }, async ({ fromBlock, toBlock }) => {
    asked += 1;
    if (toBlock - fromBlock >= 10_000n) throw new Error('too long');
    return [];
  });
  expect(asked).toBeLessThan(170);
});

test('what is thrown for a single block is thrown, at once', async () => {
  const ranges: bigint[] = [];
  const read = ({ fromBlock, toBlock }: BlockRange): Promise<never> => {
    ranges.push(toBlock - fromBlock + 1n);
    return Promise.reject(new Error('no'));
  };
  await expect(readInRanges({ fromBlock: 5n, toBlock: 12n }, read)).rejects.toThrow('no');
  expect(ranges).toEqual([8n, 4n, 2n, 1n]);
  expect(await readInRanges({ fromBlock: 5n, toBlock: 4n }, read)).toEqual([]);
});

test('a node that does not answer at all is not asked for shorter ranges, nor taken for one that keeps no old state', async () => {
  let asked = 0;
  const hang = async (): Promise<never> => {
    asked += 1;
    throw new Error('took too long');
  };
  const isAlive = async (): Promise<boolean> => false;
  const reading = readInRanges({ fromBlock: 0n, toBlock: 9_999n }, hang, undefined, isAlive);
  await expect(reading).rejects.toThrow('took too long');
  await expect(findFirstBlock(hang, 9_999n, isAlive)).rejects.toThrow('took too long');
  expect(asked).toBe(2);
});

test('the block of a deployment is found, and is unknown where the node keeps no old state', async () => {
  await fc.assert(
    fc.asyncProperty(block, block, async (a, b) => {
      const [deployed, newest] = a < b ? [a, b] : [b, a];
      expect(await findFirstBlock(async (at) => at >= deployed, newest)).toBe(deployed);
      const pruned = async (at: bigint): Promise<boolean> => {
        if (at < newest) throw new Error('missing trie node');
        return true;
      };
      expect(await findFirstBlock(pruned, newest)).toBe(newest === 0n ? 0n : undefined);
    }),
  );
});
