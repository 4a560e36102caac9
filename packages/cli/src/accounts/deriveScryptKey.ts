import { pbkdf2Sync, scrypt } from 'node:crypto';

/** The cost of scrypt: `n` a power of two, memory is 128 n r bytes, work is n r p. */
export type ScryptCost = { readonly n: number; readonly r: number; readonly p: number };

/**
 * A 32-byte key by scrypt (RFC 7914).
 *
 * OpenSSL refuses n >= 2^(16 r), which the test vector of Web3 Secret Storage (n = 2^18, r = 1) has, and files of some
 * wallets: those are computed here, which takes a second or two.
 */
export function deriveScryptKey(password: string, salt: Uint8Array, cost: ScryptCost): Promise<Buffer> {
  const { n, r, p } = cost;
  const secret = Buffer.from(password, 'utf8');
  if (n >= 2 ** (16 * r)) return Promise.resolve(scryptInJavaScript(secret, salt, cost));
  return new Promise((done, fail) => {
    const options = { N: n, r, p, maxmem: 128 * n * r + 128 * r * p + 2 ** 20 };
    scrypt(secret, salt, 32, options, (error, key) => (error === null ? done(key) : fail(error)));
  });
}

function scryptInJavaScript(secret: Buffer, salt: Uint8Array, { n, r, p }: ScryptCost): Buffer {
  const bytes = pbkdf2Sync(secret, salt, 1, 128 * r * p, 'sha256');
  const words = new Uint32Array(32 * r * p);
  words.forEach((_, index) => (words[index] = bytes.readUInt32LE(index * 4)));
  const table = new Uint32Array(32 * r * n);
  for (let lane = 0; lane < p; lane++) mixRows(words.subarray(lane * 32 * r, (lane + 1) * 32 * r), table, n, r);
  words.forEach((word, index) => bytes.writeUInt32LE(word, index * 4));
  return pbkdf2Sync(secret, bytes, 1, 32, 'sha256');
}

/** ROMix of RFC 7914, in place. */
function mixRows(block: Uint32Array, table: Uint32Array, n: number, r: number): void {
  const size = 32 * r;
  const mixed = new Uint32Array(size);
  const state = new Int32Array(16);
  for (let row = 0; row < n; row++) {
    table.set(block, row * size);
    mixBlocks(block, mixed, state, r);
  }
  for (let row = 0; row < n; row++) {
    const chosen = (block[size - 16]! & (n - 1)) * size;
    for (let index = 0; index < size; index++) block[index]! ^= table[chosen + index]!;
    mixBlocks(block, mixed, state, r);
  }
}

/** BlockMix of RFC 7914: `block` in place, `mixed` as scratch. */
function mixBlocks(block: Uint32Array, mixed: Uint32Array, state: Int32Array, r: number): void {
  for (let word = 0; word < 16; word++) state[word] = block[(2 * r - 1) * 16 + word]!;
  for (let index = 0; index < 2 * r; index++) {
    for (let word = 0; word < 16; word++) state[word]! ^= block[index * 16 + word]!;
    salsa8(state);
    // Even results go to the first half, odd ones to the second.
    mixed.set(state, ((index >> 1) + (index & 1) * r) * 16);
  }
  block.set(mixed);
}

const rotated = (sum: number, bits: number): number => (sum << bits) | (sum >>> (32 - bits));

/** Salsa20/8 of RFC 7914, in place. Unrolled: it runs some ten million times a key. */
function salsa8(state: Int32Array): void {
  let x0 = state[0]!;
  let x1 = state[1]!;
  let x2 = state[2]!;
  let x3 = state[3]!;
  let x4 = state[4]!;
  let x5 = state[5]!;
  let x6 = state[6]!;
  let x7 = state[7]!;
  let x8 = state[8]!;
  let x9 = state[9]!;
  let x10 = state[10]!;
  let x11 = state[11]!;
  let x12 = state[12]!;
  let x13 = state[13]!;
  let x14 = state[14]!;
  let x15 = state[15]!;
  for (let round = 0; round < 4; round++) {
    x4 ^= rotated(x0 + x12, 7);
    x8 ^= rotated(x4 + x0, 9);
    x12 ^= rotated(x8 + x4, 13);
    x0 ^= rotated(x12 + x8, 18);
    x9 ^= rotated(x5 + x1, 7);
    x13 ^= rotated(x9 + x5, 9);
    x1 ^= rotated(x13 + x9, 13);
    x5 ^= rotated(x1 + x13, 18);
    x14 ^= rotated(x10 + x6, 7);
    x2 ^= rotated(x14 + x10, 9);
    x6 ^= rotated(x2 + x14, 13);
    x10 ^= rotated(x6 + x2, 18);
    x3 ^= rotated(x15 + x11, 7);
    x7 ^= rotated(x3 + x15, 9);
    x11 ^= rotated(x7 + x3, 13);
    x15 ^= rotated(x11 + x7, 18);
    x1 ^= rotated(x0 + x3, 7);
    x2 ^= rotated(x1 + x0, 9);
    x3 ^= rotated(x2 + x1, 13);
    x0 ^= rotated(x3 + x2, 18);
    x6 ^= rotated(x5 + x4, 7);
    x7 ^= rotated(x6 + x5, 9);
    x4 ^= rotated(x7 + x6, 13);
    x5 ^= rotated(x4 + x7, 18);
    x11 ^= rotated(x10 + x9, 7);
    x8 ^= rotated(x11 + x10, 9);
    x9 ^= rotated(x8 + x11, 13);
    x10 ^= rotated(x9 + x8, 18);
    x12 ^= rotated(x15 + x14, 7);
    x13 ^= rotated(x12 + x15, 9);
    x14 ^= rotated(x13 + x12, 13);
    x15 ^= rotated(x14 + x13, 18);
  }
  state[0]! += x0;
  state[1]! += x1;
  state[2]! += x2;
  state[3]! += x3;
  state[4]! += x4;
  state[5]! += x5;
  state[6]! += x6;
  state[7]! += x7;
  state[8]! += x8;
  state[9]! += x9;
  state[10]! += x10;
  state[11]! += x11;
  state[12]! += x12;
  state[13]! += x13;
  state[14]! += x14;
  state[15]! += x15;
}
