import type { Address } from '@kedge/core';
import { eth } from './assets.js';
import type { ReferenceToken } from './referenceToken.js';
import { booksOf, fairScale, holdersPart, royaltyBpsOf, scale } from './revenue.js';
import { keyOf, type World } from './world.js';

/** What must hold of the model in every state, and so of contracts that show the same (docs/specs/laws.md). */
export function assertLaws({ world, read }: ReferenceToken): void {
  const assets = [eth, ...world.addresses.assets.map(({ address }) => address)];
  for (const lot of world.lots.values()) {
    const held = world.tokens.values().filter((token) => token.classId === lot.classId && token.lot === lot.lot);
    const locked = world.locks
      .values()
      .filter(({ ended, tokenId }) => !ended && held.some((token) => token.tokenId === tokenId));
    const units = sum(held.map(({ value }) => value)) + sum(locked.map(({ remaining }) => remaining));
    hold(units === lot.outstanding, `L1: ${units} units of a lot are held and locked, ${lot.outstanding} outstanding`);
  }
  for (const asset of assets) {
    for (const classId of world.classes.keys()) assertBooks(world, classId, asset);
    const [owed, held] = read(world.addresses.token, 'solvency', [asset, 1n, 10_000n]).result as [bigint, bigint];
    hold(owed <= held, `L3: ${owed} of ${asset} are owed and ${held} are held`);
  }
  for (const [key, { exact, given }] of world.fair.entries()) {
    const difference = exact / fairScale - given;
    hold(-scale < difference && difference < scale, `L5: ${key} is ${difference} / 2^48 units away from its part`);
  }
}

/** L3, exactly: the holders' part of all revenue is claimed, claimable, carried or orphan. */
function assertBooks(world: World, classId: bigint, asset: Address): void {
  const { received, claimed, orphan, carry } = booksOf(world, classId, asset);
  const tokens = world.tokens.values().filter((token) => token.classId === classId);
  const claimable = sum(tokens.map(({ tokenId }) => world.earned.get(keyOf(tokenId, asset)) ?? 0n));
  const counted = (claimed + orphan) * scale + claimable + carry;
  const due = holdersPart(received, royaltyBpsOf(world, classId)) * scale;
  hold(counted === due, `L3: class ${classId} has ${due} / 2^48 of ${asset} for its holders, and counts ${counted}`);
}

function sum(amounts: readonly bigint[]): bigint {
  return amounts.reduce((total, amount) => total + amount, 0n);
}

function hold(law: boolean, otherwise: string): void {
  if (!law) throw new Error(otherwise);
}
