import type { Hex, Policy } from '@kedge/core';
import { expect, test } from 'vitest';
import type { ServedChannel } from '../src/channels/servedChannel.js';
import type { LogFields } from '../src/structuredLog.js';
import { createOffers } from '../src/topUps/createOffers.js';
import type { LotOnSale } from '../src/topUps/depositChain.js';

const address = (digit: string): Hex => `0x${digit.repeat(40)}`;
const hash = (digit: string): Hex => `0x${digit.repeat(64)}`;
const now = 1_800_000_000;
const day = 86_400n;

const servedIn = (mode: 'capped' | 'strict'): ServedChannel =>
  ({
    apiKeySha256: 'ab',
    channelId: hash('2'),
    classId: 7n,
    edges: [],
    policyHash: hash('1'),
    channel: {
      holder: address('c'),
      tokenId: 1n,
      operator: address('e'),
      channelKey: address('e'),
      cap: 1n,
      rate: 0n,
      burst: 0n,
      deadline: 1n,
      grace: Number(day),
      mode,
      salt: hash('1'),
    },
  }) as never;

function setUp() {
  const lines: (LogFields & { readonly event: string })[] = [];
  const note = (event: string, fields?: LogFields): void => void lines.push({ event, ...fields });
  const onSale: LotOnSale = {
    asset: address('a'),
    numerator: 1n,
    denominator: 1n,
    market: address('b'),
    supply: 1_000n,
    expireAt: 0n,
  };
  const state = {
    sale: onSale as LotOnSale | undefined,
    current: { hash: hash('1'), policy: {} as Policy } as { hash: Hex; policy: Policy } | undefined,
    // Later each time: what is on sale is asked again after some seconds.
    now,
  };
  const offers = createOffers({
    settings: {
      asset: { address: address('a'), name: 'Dollar', version: '2' },
      lots: [{ classId: '7', lot: 3 }],
      minUnits: '100',
      channelSeconds: 86_400,
      maxTimeoutSeconds: 300,
      settleMs: 1_000,
    },
    chainId: 31337,
    chain: { lotOnSale: async () => state.sale, depositOf: async () => address('d') },
    finality: { seconds: 0, exposureUnits: undefined },
    policyOf: () => state.current,
    nowSeconds: () => (state.now += 10),
    log: { info: note, warn: note, error: note },
  });
  const ask = async (worstUnits = 5n, mode: 'capped' | 'strict' = 'capped'): Promise<boolean> =>
    (await offers.offerFor({ served: servedIn(mode), worstUnits, url: 'http://gateway/v1' })) !== undefined;
  /** What is logged by two calls that are refused for the same reason. */
  const stopped = async (change: Partial<typeof state>): Promise<unknown> => {
    const before = { ...state };
    Object.assign(state, change);
    lines.length = 0;
    expect([await ask(), await ask()]).toEqual([false, false]);
    expect(lines).toHaveLength(1);
    const [line] = lines;
    Object.assign(state, { sale: before.sale, current: before.current });
    expect([await ask(), await ask()]).toEqual([true, true]);
    expect(lines.slice(1)).toEqual([{ event: 'offers_resumed', classId: 7n, lot: 3, mode: 'capped' }]);
    return line;
  };
  return { state, onSale, lines, ask, stopped };
}

test('when nothing can be paid any more the log says so once, with why and what to do, and once when it can again', async () => {
  const { onSale, lines, ask, stopped } = setUp();
  expect(await ask()).toBe(true);
  expect(lines).toEqual([]);
  expect(await stopped({ sale: undefined })).toEqual({
    event: 'offers_stopped',
    classId: 7n,
    lot: 3,
    mode: 'capped',
    reason: 'There is no such lot, or it is superseded by a newer policy, or its listing is closed.',
    hint: expect.stringContaining('kedge lot create'),
  });
  expect(await stopped({ sale: { ...onSale, supply: 99n } })).toMatchObject({
    reason: expect.stringContaining('x402.minUnits'),
    supply: 99n,
    minUnits: 100n,
  });
  const expireAt = BigInt(now) + 2n * day;
  expect(await stopped({ sale: { ...onSale, expireAt } })).toMatchObject({
    reason: expect.stringContaining('x402.channelSeconds'),
    expireAt,
  });
  expect(await stopped({ sale: { ...onSale, asset: address('f') } })).toMatchObject({ asset: address('f') });
  expect(await stopped({ current: undefined })).toMatchObject({ hint: expect.stringContaining('policy_unreadable') });
});

test('what is too large for one call, or is another channel’s trouble, is told of nobody else', async () => {
  const { state, lines, ask } = setUp();
  expect(await ask(1_001n)).toBe(false);
  expect(lines).toEqual([]);
  state.current = { hash: hash('9'), policy: {} as Policy };
  expect([await ask(5n, 'strict'), await ask(), await ask(5n, 'strict')]).toEqual([false, true, false]);
  expect(lines).toMatchObject([{ event: 'offers_stopped', mode: 'strict' }]);
});

test('a clock that is set back by an hour keeps nothing on offer that is not on sale any more', async () => {
  const { state, ask } = setUp();
  expect(await ask()).toBe(true);
  state.sale = undefined;
  state.now -= 3_600;
  expect(await ask()).toBe(false);
});
