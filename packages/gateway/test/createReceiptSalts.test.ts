import type { Hex } from '@kedge/core';
import { expect, test } from 'vitest';
import { createReceiptSalts } from '../src/crypto/createReceiptSalts.js';
import { operatorKey } from './support/createTestSetup.js';

const other: Hex = `0x${'11'.repeat(32)}`;
const [mine, theirs] = ['a1', 'b2'].map((byte) => byte.repeat(32)) as [string, string];

test('a salt says to who has the operator’s key which key it was made for, in every process, and to nobody else', () => {
  const salts = createReceiptSalts({ privateKey: operatorKey });
  const again = createReceiptSalts({ privateKey: operatorKey });
  const another = createReceiptSalts({ privateKey: other });
  for (let time = 0; time < 300; time++) {
    const salt = salts.next(mine);
    expect(salt).toMatch(/^0x[0-9a-f]{64}$/);
    expect([salts.isOf(salt, mine), again.isOf(salt, mine)]).toEqual([true, true]);
    expect([salts.isOf(salt, theirs), another.isOf(salt, mine)]).toEqual([false, false]);
    expect(salts.isOf(salts.next(undefined), mine)).toBe(false);
  }
});

test('no half of a salt comes twice', () => {
  const salts = createReceiptSalts({ privateKey: operatorKey });
  const drawn = Array.from({ length: 600 }, (_, index) => salts.next(index % 2 === 0 ? mine : undefined));
  const halves = drawn.flatMap((salt) => [salt.slice(2, 34), salt.slice(34)]);
  expect(new Set(halves).size).toBe(1_200);
});
