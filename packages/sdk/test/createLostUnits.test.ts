import { expect, test } from 'vitest';
import { createLostUnits } from '../src/strict/createLostUnits.js';

const hour = 60 * 60 * 1_000;

test('R11: what an operator does not claim of a lost call within an hour, it never may', () => {
  let now = 0;
  const lost = createLostUnits({ units: 0n }, () => now);
  lost.add(100n);
  expect(lost.claim(101n)).toBe(false);
  // Asked at once: the call may run there still.
  expect([lost.claim(0n), lost.units(), lost.isOld()]).toEqual([true, 100n, false]);
  now = hour - 1;
  expect([lost.claim(40n), lost.units(), lost.isOld()]).toEqual([true, 60n, false]);
  lost.add(7n);
  now = hour;
  // Nobody asked since: what it says next counts first.
  expect(lost.isOld()).toBe(true);
  expect([lost.claim(61n), lost.units(), lost.isOld()]).toEqual([true, 6n, false]);
  now = 2 * hour;
  expect([lost.isOld(), lost.claim(0n), lost.units(), lost.isOld()]).toEqual([true, true, 0n, false]);
  expect(lost.claim(1n)).toBe(false);
});

test('what was paid of calls that came to less may be claimed, like what an earlier run lost', () => {
  let now = 5;
  const lost = createLostUnits({ units: 10n }, () => now);
  expect([lost.claim(-30n), lost.units()]).toEqual([true, 40n]);
  expect([lost.claim(40n), lost.units()]).toEqual([true, 0n]);
  expect([lost.claim(1n), lost.claim(0n), lost.isOld()]).toEqual([false, true, false]);
  now += 2 * hour;
  expect(lost.isOld()).toBe(false);
});

test('R11: what an earlier run lost grows no younger by another start', () => {
  const lost = createLostUnits({ units: 10n, at: 0 }, () => hour);
  expect([lost.isOld(), lost.lastAt()]).toEqual([true, 0]);
  expect([lost.claim(0n), lost.units(), lost.lastAt()]).toEqual([true, 0n, undefined]);
  // The clock was set back.
  expect(createLostUnits({ units: 10n, at: hour }, () => 5).lastAt()).toBe(5);
});
