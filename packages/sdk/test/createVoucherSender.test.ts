import { parseSignedVoucher, zeroAddress, zeroHash, type Channel, type Policy } from '@kedge/core';
import { privateKeyToAccount } from 'viem/accounts';
import { expect, test } from 'vitest';
import type { PayerContext } from '../src/strict/channelPayer.js';
import { createVoucherSender } from '../src/strict/createVoucherSender.js';
import { createVoucherAccount } from '../src/strict/voucherAccount.js';
import { someHash } from './fixture.js';

const key = privateKeyToAccount(someHash);
const channel = { channelKey: key.address, cap: 1_000n } as Channel;
const domain = { chainId: 1, verifyingContract: zeroAddress };
const place = { vouchers: 'http://gateway/v1/vouchers', rates: '', authorization: {}, way: {} };

test('R11: a voucher that leaves out inputs of running calls acknowledges no receipt before one that has them does', async () => {
  const strict = { domain, channel, channelId: someHash, policy: {} as Policy };
  const account = createVoucherAccount(strict, key, { settledUnits: 0n, lostUnits: 0n, newest: null });
  const sent: (readonly [bigint, bigint])[] = [];
  const context: PayerContext = {
    send: () => Promise.reject(new Error('sent')),
    ask: async (_, { body }) => {
      const { cumulativeUnits, seq } = parseSignedVoucher(JSON.parse(String(body))).voucher;
      sent.push([cumulativeUnits, seq]);
      return new Response();
    },
    track: (work) => work,
    faults: { note: () => undefined, check: () => undefined },
  };
  const sender = createVoucherSender(account, () => undefined, context);
  const [first, second] = [10n, 10n].map((inputUnits) => account.begin({ inputUnits, worstUnits: 20n }));
  sender.noteHeld(await account.sign());
  first!.settle(15n, { seq: 1n, receiptHash: someHash, previousReceiptHash: zeroHash });
  expect(await sender.handIn(place)).toBe(true);
  // When the second one goes, the gateway has one that acknowledges it with all inputs.
  expect(sent).toEqual([
    [25n, 1n],
    [15n, 1n],
  ]);
  second!.count(12n);
  let third = account.begin({ inputUnits: 10n, worstUnits: 20n });
  await sender.handIn(place);
  expect(sent.slice(2)).toEqual([
    [37n, 1n],
    [27n, 1n],
  ]);
  // While no input is under way there is one voucher, which acknowledges everything.
  second!.settle(12n, { seq: 2n, receiptHash: zeroHash, previousReceiptHash: someHash });
  third.cancel();
  await sender.handIn(place);
  third = account.begin({ inputUnits: 10n, worstUnits: 20n });
  third.settle(11n, { seq: 3n, receiptHash: someHash, previousReceiptHash: zeroHash });
  await sender.handIn(place);
  expect(sent.slice(4)).toEqual([[38n, 3n]]);
});

test('R11: however fast a stream comes, its vouchers are handed in one at a time, and the last one is over all of it', async () => {
  const strict = { domain, channel, channelId: someHash, policy: {} as Policy };
  const account = createVoucherAccount(strict, key, { settledUnits: 0n, lostUnits: 0n, newest: null });
  const sent: bigint[] = [];
  const work: Promise<unknown>[] = [];
  let running = 0;
  let most = 0;
  const context: PayerContext = {
    send: () => Promise.reject(new Error('sent')),
    ask: async (_, { body }) => {
      most = Math.max(most, ++running);
      sent.push(parseSignedVoucher(JSON.parse(String(body))).voucher.cumulativeUnits);
      await new Promise((resolve) => setTimeout(resolve, 2));
      running--;
      return new Response();
    },
    track: (tracked) => {
      work.push(tracked);
      return tracked;
    },
    faults: { note: () => undefined, check: () => undefined },
  };
  const sender = createVoucherSender(account, () => undefined, context);
  const call = account.begin({ inputUnits: 10n, worstUnits: 900n });
  for (let units = 20n; units <= 800n; units += 10n) {
    call.count(units);
    sender.handInLater(place);
    if (units % 200n === 0n) await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await Promise.all(work);
  expect(sent.at(-1)).toBe(800n);
  expect(most).toBe(1);
  expect(sent.length).toBeLessThan(10);
});
