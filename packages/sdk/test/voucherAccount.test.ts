import { zeroAddress, type Channel, type Policy, type VoucherMemory } from '@kedge/core';
import { privateKeyToAccount } from 'viem/accounts';
import { expect, test } from 'vitest';
import { createVoucherAccount } from '../src/strict/voucherAccount.js';
import { someHash } from './fixture.js';

const key = privateKeyToAccount(someHash);
const strict = {
  domain: { chainId: 1, verifyingContract: zeroAddress },
  channel: { channelKey: key.address, cap: 1_000n } as Channel,
  channelId: someHash,
  policy: {} as Policy,
};

test('R11: what outlives a client says when its last call was lost, so that another start renews no claim to it', () => {
  let now = 1_000;
  const start = (memory: VoucherMemory) => createVoucherAccount(strict, key, memory, () => now);
  const first = start({ settledUnits: 0n, lostUnits: 0n, newest: null });
  expect(first.memory()).toEqual({ settledUnits: 0n, lostUnits: 0n, newest: null });
  const call = first.begin({ inputUnits: 1n, worstUnits: 20n });
  now = 2_000;
  // Should it be killed now, this call is lost now.
  expect(first.memory()).toMatchObject({ lostUnits: 20n, lostAt: 2_000 });
  call.lose();
  now += 60 * 60 * 1_000;
  expect(first.memory()).toMatchObject({ lostUnits: 20n, lostAt: 2_000 });
  const second = start(first.memory());
  expect(second.memory()).toMatchObject({ lostUnits: 20n, lostAt: 2_000 });
  expect(second.isUncertain()).toBe(true);
  expect([second.acceptLost(0n), second.acceptLost(1n), second.unseenUnits()]).toEqual([true, false, 0n]);
});
