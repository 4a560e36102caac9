/** Numbers that follow from a seed alone. */
export type Random = {
  /** 0 to `count` - 1. */
  readonly below: (count: number) => number;
  readonly chance: (percent: number) => boolean;
  readonly pick: <Item>(items: readonly Item[]) => Item;
  /** Among pairs of weight and item. */
  readonly weighted: <Item>(items: readonly (readonly [number, Item])[]) => Item;
  /** 0n to `maximum`, every size of number about as often. */
  readonly upTo: (maximum: bigint) => bigint;
  readonly bytes32: () => `0x${string}`;
};

const chosen = process.env['KEDGE_SEED'];

/** What random tests begin with: the same on every run, so that a test that fails tells of the change; KEDGE_SEED chooses another. */
export const testSeed = Number(chosen ?? 0x8028);

/** What long searches begin with: a new seed on every run, unless KEDGE_SEED repeats one. */
export const freshSeed = (): number => Number(chosen ?? Math.floor(Math.random() * 2 ** 31));

/** mulberry32. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  return randomFrom(() => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  });
}

/** @param next Answers 32 random bits, as a number from 0. */
export function randomFrom(next: () => number): Random {
  const below = (count: number) => Math.floor((next() / 2 ** 32) * count);
  const word = (bits: number) => {
    let value = 0n;
    for (let done = 0; done < bits; done += 32) value = (value << 32n) | BigInt(next());
    return value & ((1n << BigInt(bits)) - 1n);
  };
  return {
    below,
    chance: (percent) => below(100) < percent,
    pick: (items) => items[below(items.length)]!,
    weighted(items) {
      let left = below(items.reduce((sum, [weight]) => sum + weight, 0));
      for (const [weight, item] of items) {
        left -= weight;
        if (left < 0) return item;
      }
      throw new Error('nothing to choose from');
    },
    upTo: (maximum) => word(1 + below(maximum.toString(2).length)) % (maximum + 1n),
    bytes32: () => `0x${word(256).toString(16).padStart(64, '0')}`,
  };
}
