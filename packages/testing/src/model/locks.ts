import type { Address, Hex } from '@kedge/core';
import { hexToBigInt, slice, size } from 'viem';
import { releaseSpent } from './lots.js';
import { refuse } from './revert.js';
import { isExpired } from './shares.js';
import { giveValue, requireToken, uint64Max } from './tokens.js';
import { keyOf, type LockRecord, type TokenRecord, type World } from './world.js';

export type LockUse = { readonly lockId: Hex; readonly meter: bigint };
type LockTake = { readonly units: bigint; readonly cumulative: bigint };

const nothing: LockTake = { units: 0n, cumulative: 0n };

export function lockOf(world: World, module: Address, lockId: Hex): LockRecord | undefined {
  const lock = world.locks.get(keyOf(module, lockId));
  return lock?.ended === false ? lock : undefined;
}

/** Units that may have been taken by now of a lock that began with `cap` (R9). The highest burst is no limit. */
export function allowedBy(meter: bigint, age: bigint): { readonly cap: bigint; readonly allowed: bigint } {
  const field = (position: bigint) => (meter >> (64n * position)) & uint64Max;
  const [burst, rate, cumulative, cap] = [field(0n), field(1n), field(2n), field(3n)];
  const allowed = [cap, cumulative, burst + rate * age].reduce((least, bound) => (bound < least ? bound : least));
  return { cap, allowed };
}

export type LockRequest = { readonly holder: Address; readonly token: TokenRecord; readonly units: bigint };

/** Takes what each use allows and was not taken before; consecutive uses of one lot release its backing together. */
export function consumeLocks(
  world: World,
  module: Address,
  uses: readonly LockUse[],
  metricType: Hex,
  operator: Address,
): readonly LockTake[] {
  let spent: { readonly token: TokenRecord; readonly units: bigint } | undefined;
  const releaseSum = () => {
    if (spent !== undefined) releaseSpent(world, spent.token, spent.units, operator);
    spent = undefined;
  };
  const takes = uses.map(({ lockId, meter }) => {
    const lock = lockOf(world, module, lockId);
    if (lock === undefined) return nothing;
    const { cap, allowed } = allowedBy(meter, world.now() - lock.lockedAt);
    const units = allowed - (cap - lock.remaining);
    if (units <= 0n || lock.remaining === 0n) return nothing;
    const token = requireToken(world, lock.tokenId);
    if (spent !== undefined && (spent.token.classId !== token.classId || spent.token.lot !== token.lot)) releaseSum();
    if (isExpired(world, lock)) refuse('ERC8028Expired', token.tokenId, lock.expireAt);
    world.locks.set(keyOf(module, lockId), { ...lock, remaining: lock.remaining - units });
    world.emit(world.addresses.token, 'UsageRecorded', token.tokenId, metricType, units, operator);
    spent = { token, units: units + (spent?.units ?? 0n) };
    return { units, cumulative: allowed };
  });
  releaseSum();
  return takes;
}

export function returnLock(world: World, module: Address, lockId: Hex): bigint {
  const lock = lockOf(world, module, lockId) ?? refuse('DATNonexistentLock', module, lockId);
  world.locks.set(keyOf(module, lockId), { ...lock, ended: true });
  giveValue(world, lock.tokenId, lock.remaining);
  world.emit(world.addresses.token, 'ValueUnlocked', lock.tokenId, module, lockId, lock.remaining);
  return lock.remaining;
}

/** ABI words. */
export function wordsOf(data: Hex): readonly bigint[] {
  return Array.from({ length: size(data) / 32 }, (_, i) => hexToBigInt(slice(data, i * 32, (i + 1) * 32)));
}
