import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { type Reservation, reserveUnits } from '../src/call/reserveUnits.js';
import type { ServedChannel } from '../src/channels/servedChannel.js';
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
      reserveUnits(served, units, { nowSeconds: () => 1_000, contentionWaitMs, finality: undefined }),
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
