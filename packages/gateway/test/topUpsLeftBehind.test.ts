import { BaseError, type Hex, type Policy } from '@kedge/core';
import { expect, test } from 'vitest';
import type { ServedChannel } from '../src/channels/servedChannel.js';
import { createOpenedChannels } from '../src/topUps/createOpenedChannels.js';
import { createTopUps } from '../src/topUps/createTopUps.js';
import type { DepositChain, SweptChannel } from '../src/topUps/depositChain.js';
import type { TopUpRecord } from '../src/topUps/topUpRecord.js';

// What payments leave behind in the ledger, in memory and at the chain's node. The chain is scripted: one that breaks off.
const address = (digit: string): Hex => `0x${digit.repeat(40)}`;
const hash = (digit: string): Hex => `0x${digit.repeat(64)}`;
const asset = address('a');
const deposit = address('d');
const seconds = 1_800_000_000;
const maxTimeoutSeconds = 300;

const channel = {
  holder: address('c'),
  tokenId: 1n,
  operator: address('e'),
  channelKey: address('e'),
  cap: 1n,
  rate: 0n,
  burst: 0n,
  deadline: 1n,
  grace: 86_400,
  mode: 'capped',
  salt: hash('1'),
} as const;
const policy = { unit: { name: 'unit', decimals: 3 } } as Policy;
const served: ServedChannel = {
  apiKeySha256: 'ab',
  name: undefined,
  channel,
  channelId: hash('2'),
  classId: 7n,
  edges: [],
  policyHash: hash('1'),
  policy,
} as never;
const call = { served, worstUnits: 5n, url: 'http://gateway/v1/chat/completions' };

function setUp(script: Partial<DepositChain> = {}) {
  const state = {
    now: seconds,
    /** The time of the newest block, and whether the asset has taken payments by then. */
    chainTime: BigInt(seconds),
    isUsed: false,
    block: 5_000n,
    asked: [] as { names: number; fromBlock: bigint }[],
    kept: [] as TopUpRecord[],
    /** The channel whose record cannot be kept. */
    unkept: undefined as Hex | undefined,
    /** Channels that the node does not know yet. */
    unseen: new Set<Hex>(),
    served: [] as Hex[],
    /** Channels that were served, and that the chain lost with the block that opened them. */
    lost: new Set<Hex>(),
  };
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const topUps = createTopUps({
    chainId: 31337,
    finality: { seconds: 0, exposureUnits: undefined },
    settings: {
      asset: { address: asset, name: 'Dollar', version: '2' },
      lots: [{ classId: '7', lot: 1 }],
      minUnits: '10',
      channelSeconds: 86_400,
      maxTimeoutSeconds,
      settleMs: 1_000,
    } as never,
    policyOf: () => ({ hash: hash('1'), policy }),
    nowSeconds: () => state.now,
    keep: async (record) => {
      if (record.record.channelId === state.unkept) throw lost;
      state.kept.push(record);
    },
    newRecords: async () => [],
    opened: createOpenedChannels({
      check: async (record) =>
        state.unseen.has(record.channelId)
          ? { usable: false, reason: 'unseen', isUnseen: true }
          : { usable: true, channel: { ...served, ...record }, capturedUnits: 0n },
      serve: ({ channelId }) => void state.served.push(channelId),
      isUnchecked: (channelId) => state.lost.has(channelId),
      log,
    }),
    isOurs: () => true,
    log,
    chain: {
      lotOnSale: async () => ({
        asset,
        numerator: 1n,
        denominator: 1n,
        market: address('b'),
        supply: undefined,
        expireAt: 0n,
      }),
      depositOf: async () => deposit,
      blockNumber: async () => state.block,
      outcomesOf: async (sought) => {
        state.asked.push({ names: sought.length, fromBlock: sought[0]?.fromBlock ?? 0n });
        return sought.map(() => ({ paidIn: undefined, swept: [] }));
      },
      authorizationNow: async () => ({ isUsed: state.isUsed, timestamp: state.chainTime }),
      checkPayment: async () => undefined,
      payAndSweep: async () => undefined,
      ...script,
    },
  });
  const pay = (nonce: number, validBefore = BigInt(state.now + maxTimeoutSeconds)): Promise<string> => {
    const payment = {
      x402Version: 2,
      accepted: {
        scheme: 'exact',
        network: 'eip155:31337',
        asset,
        amount: '10',
        payTo: deposit,
        extra: { deadline: String(state.now + 80_000) },
      },
      payload: {
        signature: `0x${'00'.repeat(65)}`,
        authorization: {
          from: address('9'),
          to: deposit,
          value: '10',
          validAfter: '0',
          validBefore: validBefore.toString(),
          nonce: nonceOf(nonce),
        },
      },
    };
    return topUps.pay(Buffer.from(JSON.stringify(payment)).toString('base64'), call);
  };
  /** Queries for what came of payments, since it was called last. */
  const queries = (): typeof state.asked => state.asked.splice(0);
  return { state, topUps, pay, queries };
}

const nonceOf = (nonce: number): Hex => `0x${nonce.toString(16).padStart(64, '0')}`;
const reverts = new BaseError('It would fail.', { code: 'payment_reverts', status: 402 });
const lost = new Error('HTTP request failed.');

test('a payment that the chain would refuse leaves no record, and nothing to look for', async () => {
  let sends = 0;
  const { state, topUps, pay, queries } = setUp({
    checkPayment: () => Promise.reject(reverts),
    payAndSweep: async () => void sends++,
  });
  for (let nonce = 0; nonce < 20; nonce++) await expect(pay(nonce)).rejects.toBe(reverts);
  expect([sends, state.kept]).toEqual([0, []]);
  queries();
  await topUps.settle();
  expect(queries()).toEqual([]);
});

test('a payment that is refused only when it is sent is not looked for again', async () => {
  const { topUps, pay, queries } = setUp({ payAndSweep: () => Promise.reject(reverts) });
  await expect(pay(1)).rejects.toBe(reverts);
  queries();
  await topUps.settle();
  expect(queries()).toEqual([]);
});

test('a payment that was sent and is refused when it comes again may still be mined: nobody is told to sign another', async () => {
  const onSale = { asset, numerator: 1n, denominator: 1n, market: address('b'), supply: undefined, expireAt: 0n };
  let isRefused = false;
  const refusals: readonly Partial<DepositChain>[] = [
    { checkPayment: async () => (isRefused ? Promise.reject(reverts) : undefined) },
    { payAndSweep: async () => (isRefused ? Promise.reject(reverts) : undefined) },
    { lotOnSale: async () => (isRefused ? undefined : onSale) },
  ];
  for (const refusal of refusals) {
    isRefused = false;
    const { state, pay } = setUp(refusal);
    const validBefore = BigInt(seconds + maxTimeoutSeconds);
    await expect(pay(1, validBefore)).rejects.toMatchObject({ code: 'payment_pending' });
    isRefused = true;
    await expect(pay(1, validBefore)).rejects.toMatchObject({ code: 'payment_pending', status: 503 });
    // A chain that stood still makes up for it: what waits is mined in a block of a time that is past.
    state.now += maxTimeoutSeconds + 600;
    state.chainTime = validBefore - 1n;
    await expect(pay(1, validBefore)).rejects.toMatchObject({ code: 'payment_pending', status: 503 });
    state.chainTime = validBefore;
    await expect(pay(1, validBefore)).rejects.toMatchObject({ code: 'payment_invalid', status: 402 });
  }
});

test('of a payment that was sent, nobody is told to sign another on a chain that makes no block, for an hour', async () => {
  const { state, pay } = setUp();
  const validBefore = BigInt(seconds + maxTimeoutSeconds);
  await expect(pay(1, validBefore)).rejects.toMatchObject({ code: 'payment_pending' });
  state.now += maxTimeoutSeconds + 3_599;
  await expect(pay(1, validBefore)).rejects.toMatchObject({ code: 'payment_pending', status: 503 });
  state.now += 1;
  await expect(pay(1, validBefore)).rejects.toMatchObject({ code: 'payment_invalid', status: 402 });
});

test('a payment that the asset has taken is not said to be unpaid, whatever came of it', async () => {
  const { state, pay } = setUp();
  const validBefore = BigInt(seconds + maxTimeoutSeconds);
  await expect(pay(1, validBefore)).rejects.toMatchObject({ code: 'payment_pending' });
  state.isUsed = true;
  // What it opened may be seen soon: another node was asked for it.
  state.now += maxTimeoutSeconds + 1;
  state.chainTime = validBefore + 59n;
  await expect(pay(1, validBefore)).rejects.toMatchObject({ code: 'payment_pending', status: 503 });
  state.chainTime += 1n;
  const error = await pay(1, validBefore).catch((thrown: unknown) => thrown as BaseError);
  expect(error).toMatchObject({ code: 'payment_not_swept', status: 402, values: { deposit } });
  expect(JSON.stringify((error as BaseError).hints)).not.toMatch(/Nothing was paid|Sign/);
});

test('a payment that comes again when what it bought is used is not said to be unpaid', async () => {
  const { pay } = setUp({
    outcomesOf: async (sought) =>
      sought.map(({ payment: { nonce } }) => ({
        paidIn: nonce,
        swept: [{ channelId: nonce, channel, spent: 10n, transaction: nonce }],
      })),
  });
  await pay(1);
  await expect(pay(1)).rejects.toMatchObject({
    code: 'payment_invalid',
    hints: ['Nothing was paid again. Sign another payment for what the offer asks.'],
  });
});

test('a payment that stays valid for longer than it was asked for is refused before the chain is asked', async () => {
  const { state, pay, queries } = setUp();
  await expect(pay(1, (1n << 256n) - 1n)).rejects.toMatchObject({ code: 'payment_invalid', status: 402 });
  await expect(pay(1, BigInt(seconds + maxTimeoutSeconds + 601))).rejects.toMatchObject({
    code: 'payment_invalid',
    hints: [expect.stringContaining(`The clock of the gateway says ${seconds}`)],
  });
  expect([state.kept, queries()]).toEqual([[], []]);
  await expect(pay(1, BigInt(seconds + maxTimeoutSeconds + 600))).rejects.toMatchObject({ code: 'payment_pending' });
  expect(state.kept.map(({ kind }) => kind)).toEqual(['sent']);
});

test('many payments are looked for with few queries, from where the last one ended, and forgotten a day after they end', async () => {
  const { state, topUps, pay, queries } = setUp();
  for (let nonce = 0; nonce < 250; nonce++) await expect(pay(nonce)).rejects.toMatchObject({ code: 'payment_pending' });
  queries();
  await topUps.settle();
  expect(queries()).toEqual([100, 100, 50].map((names) => ({ names, fromBlock: 4_000n })));
  state.block = 90_000n;
  await topUps.settle();
  queries();
  await topUps.settle();
  expect(queries()).toEqual([100, 100, 50].map((names) => ({ names, fromBlock: 89_000n })));
  state.now += maxTimeoutSeconds + 86_401;
  await topUps.settle();
  queries();
  await topUps.settle();
  expect(queries()).toEqual([]);
});

test('what is paid but not swept is looked for from its own block on', async () => {
  const asked: bigint[] = [];
  const { state, topUps, pay } = setUp({
    outcomesOf: async (sought) => {
      asked.push(...sought.map(({ fromBlock }) => fromBlock));
      return sought.map(() => ({ paidIn: hash('7'), swept: [] }));
    },
  });
  await expect(pay(1)).rejects.toMatchObject({ code: 'payment_pending' });
  state.block = 90_000n;
  await topUps.settle();
  await topUps.settle();
  expect(new Set(asked)).toEqual(new Set([4_000n]));
});

test('one run at a time finds out what payments came to', async () => {
  let ended: () => void = () => undefined;
  const held = new Promise<void>((resolve) => (ended = resolve));
  let isHeld = false;
  let runs = 0;
  const { topUps, pay } = setUp({
    outcomesOf: async (sought) => {
      if (isHeld) {
        runs++;
        await held;
      }
      return sought.map(() => ({ paidIn: undefined, swept: [] }));
    },
  });
  await expect(pay(1)).rejects.toMatchObject({ code: 'payment_pending' });
  isHeld = true;
  const both = [topUps.settle(), topUps.settle()];
  await expect.poll(() => runs).toBe(1);
  ended();
  await Promise.all(both);
  expect(runs).toBe(1);
  await topUps.settle();
  expect(runs).toBe(2);
});

test('a payment whose outcome cannot be taken down does not stop those after it', async () => {
  let isMined = false;
  const swept = (nonce: Hex): SweptChannel => ({ channelId: nonce, channel, spent: 10n, transaction: nonce });
  const { state, topUps, pay } = setUp({
    outcomesOf: async (sought) =>
      sought.map(({ payment: { nonce } }) =>
        isMined ? { paidIn: nonce, swept: [swept(nonce)] } : { paidIn: undefined, swept: [] },
      ),
  });
  for (const nonce of [1, 2, 3]) await expect(pay(nonce)).rejects.toMatchObject({ code: 'payment_pending' });
  isMined = true;
  state.unkept = nonceOf(1);
  await expect(topUps.settle()).rejects.toBe(lost);
  expect(state.kept.slice(3).map(({ record }) => record.channelId)).toEqual([2, 3].map(nonceOf));
});

test('a channel that was paid for and that the node does not know yet is served when it does, and is not paid for again', async () => {
  const { state, topUps, pay } = setUp({
    outcomesOf: async (sought) =>
      sought.map(({ payment: { nonce } }) => ({
        paidIn: nonce,
        swept: [{ channelId: nonce, channel, spent: 10n, transaction: nonce }],
      })),
  });
  for (const nonce of [1, 2]) {
    state.unseen.add(nonceOf(nonce));
    await expect(pay(nonce)).rejects.toMatchObject({ code: 'payment_pending', status: 503 });
    await expect(pay(nonce)).rejects.toMatchObject({ code: 'payment_pending', status: 503 });
  }
  expect(state.served).toEqual([]);
  // One that the chain has lost for good holds up no other.
  state.unseen.delete(nonceOf(2));
  await topUps.settle();
  expect(state.served).toEqual([nonceOf(2)]);
  state.unseen.delete(nonceOf(1));
  await expect(pay(1)).resolves.toBeTypeOf('string');
  expect(state.served).toEqual([nonceOf(2), nonceOf(1)]);
  await expect(pay(1)).rejects.toMatchObject({ code: 'payment_invalid' });
});

test('of a payment whose channel the chain lost, and may open in a later block, nobody is told that it is used', async () => {
  const { state, pay } = setUp({
    outcomesOf: async (sought) =>
      sought.map(({ payment: { nonce } }) => ({
        paidIn: nonce,
        swept: [{ channelId: nonce, channel, spent: 10n, transaction: nonce }],
      })),
  });
  await pay(1);
  state.lost.add(nonceOf(1));
  await expect(pay(1)).rejects.toMatchObject({ code: 'payment_pending', status: 503 });
  state.lost.clear();
  await expect(pay(1)).rejects.toMatchObject({ code: 'payment_invalid', status: 402 });
});

test('a node that breaks off is no error of ours: before and after the payment is sent, the same one is to come again', async () => {
  for (const broken of ['lotOnSale', 'blockNumber', 'checkPayment', 'payAndSweep', 'outcomesOf'] as const) {
    const { pay } = setUp({ [broken]: () => Promise.reject(lost) });
    await expect(pay(1), broken).rejects.toMatchObject({ code: 'payment_pending', status: 503 });
  }
});
