import { setImmediate as turn } from 'node:timers/promises';
import type { BaseError } from '@kedge/core';
import { expect, test } from 'vitest';
import { type Reservation, reserveUnits } from '../src/call/reserveUnits.js';
import type { ServedChannel } from '../src/channels/servedChannel.js';
import { openingFinalityOf } from '../src/call/openingFinality.js';
import { createChannelAccount } from '../src/ledger/channelAccount.js';
import { withinOr } from '../src/within.js';
import { holderAddress, operatorAddress, testPolicy } from './support/createTestSetup.js';

const channelId = `0x${'11'.repeat(32)}` as const;
const policy = testPolicy();

function openChannel(capUnits: bigint) {
  const account = createChannelAccount(channelId, 1n);
  const served: ServedChannel = {
    apiKeySha256: 'f'.repeat(64),
    channelId,
    channel: {
      holder: holderAddress,
      tokenId: 1n,
      operator: operatorAddress,
      channelKey: operatorAddress,
      cap: 100n,
      rate: 100n,
      burst: 1_000n,
      deadline: 10n ** 12n,
      grace: 0,
      mode: 'capped',
      salt: channelId,
    },
    classId: 1n,
    policy,
    policyHash: channelId,
    lotAsset: holderAddress,
    edges: [],
    openedAt: 0n,
    account,
  };
  const keyOf = (name: string): ServedChannel => {
    const apiKeySha256 = name.repeat(64);
    const terms = { name, apiKeySha256, createdAt: 0n, capUnits };
    return { ...served, key: { ...terms, account: { apiKeySha256, committedUnits: 0n, reservedUnits: 0n } } };
  };
  return { served, keyOf, waiting: account.waiting };
}

/** Asks, and notes when it has what it asked for. */
function asker(contentionWaitMs: number) {
  const got = new Map<string, Reservation>();
  const ask = (name: string, served: ServedChannel, units: bigint): Promise<void> =>
    Promise.resolve(
      reserveUnits(served, units, {
        nowSeconds: () => 1_000,
        contentionWaitMs,
        finality: { seconds: 0, exposureUnits: undefined },
      }),
    ).then((reservation) => void got.set(name, reservation));
  return { got, ask };
}

test('who waits for the channel is served in the order of coming: a small call does not overtake a large one for ever', async () => {
  const { served } = openChannel(100n);
  const { got, ask } = asker(60_000);
  await ask('one', served, 30n);
  await ask('two', served, 60n);
  const waiting = [ask('large', served, 80n), ask('small', served, 40n)];
  got.get('one')?.release();
  await turn();
  expect([...got.keys()]).toEqual(['one', 'two']);
  got.get('two')?.release();
  await waiting[0];
  expect([...got.keys()]).toEqual(['one', 'two', 'large']);
  got.get('large')?.release();
  await waiting[1];
  expect(served.account.reservedUnits).toBe(40n);
});

test('who waits for one key holds up no other key of the channel', async () => {
  const { served, keyOf, waiting } = openChannel(40n);
  const { got, ask } = asker(60_000);
  const [first, second] = [keyOf('a'), keyOf('b')];
  await ask('a1', first, 40n);
  const later = ask('a2', first, 40n);
  expect(waiting).toHaveLength(1);
  await ask('b1', second, 40n);
  // The channel has 20 left: its own calls wait for both keys, and the keys' for themselves.
  const whole = ask('c1', served, 100n);
  got.get('b1')?.release();
  await turn();
  expect([...got.keys()]).toEqual(['a1', 'b1']);
  got.get('a1')?.release();
  await later;
  expect([...got.keys()]).toEqual(['a1', 'b1', 'a2']);
  got.get('a2')?.release();
  await whole;
  expect(waiting).toHaveLength(0);
});

test('what a call waited for in vain is named: the cap, the rate, or the cap of its key', async () => {
  const { ask } = asker(1);
  const waits = async (served: ServedChannel): Promise<unknown> => {
    await ask('one', served, 40n);
    return ask('other', served, 70n).catch((error: BaseError) => error.values);
  };
  const { keyOf } = openChannel(80n);
  const values = { neededUnits: 70n, reservedUnits: 40n, runningCalls: 1, waitedMs: 1 };
  const ample = keyOf('a');
  expect(await waits({ ...ample, channel: { ...ample.channel, cap: 1_000n } })).toMatchObject({
    ...values,
    clause: 'key.capUnits',
    remainingUnits: 80n,
  });
  const { served: capped } = openChannel(0n);
  expect(await waits(capped)).toMatchObject({ ...values, clause: 'cap', remainingUnits: 100n });
  // 90 seconds after its opening.
  const { served: rated } = openChannel(0n);
  const terms = { ...rated.channel, cap: 10_000n, rate: 1n, burst: 0n };
  const late = { ...rated, channel: terms, openedAt: 910n };
  expect(await waits(late)).toMatchObject({ ...values, clause: 'rate', remainingUnits: 90n });
});

test('a call that gave up waiting holds up nobody behind it', async () => {
  const { served, waiting } = openChannel(100n);
  const [impatient, patient] = [asker(20), asker(60_000)];
  await patient.ask('one', served, 60n);
  const large = impatient.ask('large', served, 80n);
  const small = patient.ask('small', served, 40n);
  await expect(large).rejects.toMatchObject({ code: 'contended', status: 429 });
  await small;
  expect([...patient.got.keys()]).toEqual(['one', 'small']);
  expect(waiting).toHaveLength(0);
});

test('work that takes too long is answered for by something else, and its end is not waited for', async () => {
  const never = new Promise<string>(() => undefined);
  expect(await withinOr(10, never, undefined)).toBe(undefined);
  expect(await withinOr(60_000, Promise.resolve('done'), undefined)).toBe('done');
});

/** Reserves for a call of a channel that locks 100 units and was opened at 0, and has it use all that it reserved. */
async function call(
  { served }: ReturnType<typeof openChannel>,
  units: bigint,
  options: { chainId: number; at: number },
) {
  const finality = openingFinalityOf({ chainId: options.chainId, finality: {} });
  const reserving = { nowSeconds: () => options.at, contentionWaitMs: 1, finality };
  const { release } = await reserveUnits(served, units, reserving);
  release();
  served.account.committedUnits += units;
}

test('R29: without a word in the configuration a new channel serves its first call, and a tenth of its cap, for a minute', async () => {
  const small = openChannel(100n);
  for (const units of [3n, 3n, 4n]) await call(small, units, { chainId: 8453, at: 1 });
  await expect(call(small, 1n, { chainId: 8453, at: 1.5 })).rejects.toMatchObject({
    code: 'opening_not_final',
    status: 429,
    values: { clause: 'R29', exposureUnits: 10n, remainingUnits: 0n, retryAfterSeconds: 59 },
  });
  await expect(call(small, 1n, { chainId: 8453, at: 59.9 })).rejects.toMatchObject({ code: 'opening_not_final' });
  await call(small, 90n, { chainId: 8453, at: 60 });

  const large = openChannel(100n);
  await call(large, 50n, { chainId: 8453, at: 1 });
  await expect(call(large, 1n, { chainId: 8453, at: 1 })).rejects.toMatchObject({ code: 'opening_not_final' });
  // More than is locked is never there, however long one waits.
  await expect(call(large, 51n, { chainId: 8453, at: 1 })).rejects.toMatchObject({
    code: 'value_exhausted',
    status: 402,
  });
});

test('R29: of two calls at once only one is the first of a new channel', async () => {
  const { served } = openChannel(100n);
  const finality = openingFinalityOf({ chainId: 8453, finality: {} });
  const reserving = { nowSeconds: () => 1, contentionWaitMs: 1, finality };
  await reserveUnits(served, 50n, reserving);
  await expect(Promise.resolve().then(() => reserveUnits(served, 50n, reserving))).rejects.toMatchObject({
    status: 429,
  });
});

test('a channel of the local development chain serves at once', async () => {
  const channel = openChannel(100n);
  await call(channel, 50n, { chainId: 31337, at: 1 });
  await call(channel, 50n, { chainId: 31337, at: 1 });
});
