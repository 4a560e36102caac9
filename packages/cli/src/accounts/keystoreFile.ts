import { createCipheriv, createDecipheriv, timingSafeEqual } from 'node:crypto';
import { BaseError, type Hex } from '@kedge/core';
import { bytesToHex, hexToBytes, keccak256 } from 'viem';
import * as z from 'zod';
import { deriveScryptKey, type ScryptCost } from './deriveScryptKey.js';

const hex = (length?: number) =>
  z.string().regex(length === undefined ? /^(?:[0-9a-f]{2})+$/i : new RegExp(`^[0-9a-f]{${length * 2}}$`, 'i'));

/** Web3 Secret Storage, version 3, with scrypt and aes-128-ctr. */
const keystoreFileSchema = z.object({
  version: z.literal(3),
  id: z.string(),
  address: z.string().optional(),
  crypto: z.object({
    cipher: z.literal('aes-128-ctr'),
    cipherparams: z.object({ iv: hex(16) }),
    ciphertext: hex(32),
    kdf: z.literal('scrypt'),
    kdfparams: z.object({
      dklen: z.literal(32),
      n: z
        .number()
        .int()
        .min(2)
        .max(2 ** 20),
      r: z.number().int().min(1).max(64),
      p: z.number().int().min(1).max(16),
      salt: hex(),
    }),
    mac: hex(32),
  }),
});

/** The parsed content of a keystore file. */
type KeystoreFile = z.infer<typeof keystoreFileSchema>;

/** The cost that other wallets use for keys at rest: about a second and 256 MiB. */
const standardCost: ScryptCost = { n: 2 ** 18, r: 8, p: 1 };

const macOf = (key: Buffer, ciphertext: Buffer): Buffer =>
  Buffer.from(keccak256(Buffer.concat([key.subarray(16, 32), ciphertext]), 'bytes'));

/** Parses the content of a keystore file. Throws a `BaseError` that says what kedge can read. */
export function parseKeystoreFile(text: string, name: string): KeystoreFile {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new BaseError(`${name} is not a keystore file: it is not JSON.`, {
      hints: ['It is damaged, or another kind of file.'],
      cause,
    });
  }
  const parsed = keystoreFileSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  const fields = parsed.error.issues.map((issue) => issue.path.join('.')).join(', ');
  throw new BaseError(`${name} is not a keystore file that kedge can read: ${fields}.`, {
    hints: ['kedge reads Web3 Secret Storage version 3 with scrypt and aes-128-ctr.'],
    cause: parsed.error,
  });
}

/** Decrypts the private key of a keystore file. Throws when the password is wrong. */
export async function decryptKeystoreFile(file: KeystoreFile, password: string): Promise<Hex> {
  const { ciphertext, cipherparams, kdfparams, mac } = file.crypto;
  const key = await deriveScryptKey(password, Buffer.from(kdfparams.salt, 'hex'), kdfparams);
  const encrypted = Buffer.from(ciphertext, 'hex');
  if (!timingSafeEqual(macOf(key, encrypted), Buffer.from(mac, 'hex'))) {
    throw new BaseError('The password does not open this keystore file.', {
      hints: ['Set KEDGE_KEYSTORE_PASSWORD_FILE or KEDGE_KEYSTORE_PASSWORD, or type it when asked.'],
      code: 'wrong_password',
    });
  }
  const decipher = createDecipheriv('aes-128-ctr', key.subarray(0, 16), Buffer.from(cipherparams.iv, 'hex'));
  return bytesToHex(Buffer.concat([decipher.update(encrypted), decipher.final()]));
}

/** What encryption needs that is not in its arguments otherwise. */
type KeystoreRandom = { readonly salt: Uint8Array; readonly iv: Uint8Array; readonly id: string };

/** Encrypts a private key. `salt` is 32, `iv` 16 random bytes, `id` a random UUID. */
export async function encryptKeystoreFile(
  privateKey: Hex,
  address: Hex,
  password: string,
  { salt, iv, id }: KeystoreRandom,
  cost: ScryptCost = standardCost,
): Promise<KeystoreFile> {
  const key = await deriveScryptKey(password, salt, cost);
  const cipher = createCipheriv('aes-128-ctr', key.subarray(0, 16), iv);
  const ciphertext = Buffer.concat([cipher.update(hexToBytes(privateKey)), cipher.final()]);
  return {
    version: 3,
    id,
    address: address.slice(2).toLowerCase(),
    crypto: {
      cipher: 'aes-128-ctr',
      cipherparams: { iv: Buffer.from(iv).toString('hex') },
      ciphertext: ciphertext.toString('hex'),
      kdf: 'scrypt',
      kdfparams: { dklen: 32, ...cost, salt: Buffer.from(salt).toString('hex') },
      mac: macOf(key, ciphertext).toString('hex'),
    },
  };
}
