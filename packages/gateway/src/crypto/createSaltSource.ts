import { randomFillSync } from 'node:crypto';
import type { Hex } from '@kedge/core';

/** Random salts, drawn many at a time: one system call for 256 calls. */
export function createSaltSource(): () => Hex {
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
