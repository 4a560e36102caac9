import { createHmac, hkdfSync, randomFillSync } from 'node:crypto';
import { hexToBytes, type Hex } from '@kedge/core';
import type { OperatorKey } from './operatorKey.js';

/** Salts of receipts, 32 bytes that nobody can guess. */
export type ReceiptSalts = {
  /** @param apiKeySha256 Of the key that the call was made with, if it has terms of its own. */
  readonly next: (apiKeySha256: string | undefined) => Hex;
  /** Whether a salt was made for a call with this key. */
  readonly isOf: (salt: Hex, apiKeySha256: string) => boolean;
};

const halfDigits = 32;

/**
 * Salts by which the gateway knows again which key a receipt was made for, which no receipt and no log says: where a key has
 * terms of its own, the first half is random, and the second a code (HMAC-SHA256) over that and the key. Only who has the operator's
 * key can tell it from random bytes, and every process that has it can, whenever.
 */
export function createReceiptSalts({ privateKey }: Pick<OperatorKey, 'privateKey'>): ReceiptSalts {
  const secret = Buffer.from(hkdfSync('sha256', hexToBytes(privateKey), '', 'kedge receipt salts', 32));
  const random = createRandomSalts();
  const ofKey = (half: string, apiKeySha256: string): Hex => {
    const code = createHmac('sha256', secret).update(half).update(apiKeySha256).digest('hex');
    return `${half as Hex}${code.slice(0, halfDigits)}`;
  };
  const halfOf = (salt: Hex): string => salt.slice(0, 2 + halfDigits);
  return {
    next: (apiKeySha256) => (apiKeySha256 === undefined ? random() : ofKey(halfOf(random()), apiKeySha256)),
    isOf: (salt, apiKeySha256) => salt === ofKey(halfOf(salt), apiKeySha256),
  };
}

/** Random salts, drawn many at a time: one system call for 256 calls. */
export function createRandomSalts(): () => Hex {
  const pool = Buffer.alloc(32 * 256);
  let at = pool.length;
  return () => {
    if (at === pool.length) {
      randomFillSync(pool);
      at = 0;
    }
    return `0x${pool.toString('hex', at, (at += 32))}`;
  };
}
