import { randomBytes, randomUUID } from 'node:crypto';
import { chmod, mkdir, open, readFile, readdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { BaseError, type Address, type Hex } from '@kedge/core';
import { getAddress } from 'viem';
import { privateKeyToAddress } from 'viem/accounts';
import type { Context } from '../context.js';
import { decryptKeystoreFile, encryptKeystoreFile, parseKeystoreFile } from './keystoreFile.js';

/** An account in the keystore, as listed. */
export type KeystoreEntry = { readonly name: string; readonly address: Address | undefined; readonly path: string };

const namePattern = /^[a-z0-9][a-z0-9_-]{0,63}$/;

/** Keys belong to the user, not to a project: `KEDGE_KEYSTORE_DIR`, else `.kedge/keystore` in the home folder. */
export function keystoreDirOf(context: Pick<Context, 'environment'>): string {
  return context.environment['KEDGE_KEYSTORE_DIR'] ?? join(homedir(), '.kedge', 'keystore');
}

/** Refuses names that are not a plain file name. */
export function checkAccountName(name: string): string {
  if (namePattern.test(name)) return name;
  throw new BaseError(`"${name}" cannot name an account.`, {
    hints: ['Use small letters, digits, - and _, starting with a letter or digit.'],
    code: 'usage',
  });
}

/** The accounts of the keystore by name. */
export async function listKeystore(dir: string): Promise<KeystoreEntry[]> {
  const names = await readdir(dir).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const files = names.filter((name) => name.endsWith('.json')).toSorted();
  return Promise.all(
    files.map(async (file) => {
      const path = join(dir, file);
      const { address } = parseKeystoreFile(await readFile(path, 'utf8'), path);
      return {
        name: file.slice(0, -'.json'.length),
        address: address === undefined ? undefined : getAddress(`0x${address}`),
        path,
      };
    }),
  );
}

/** Opens an account of the keystore; `undefined` when it has none of that name. */
export async function readKeystore(
  dir: string,
  name: string,
  password: () => Promise<string>,
): Promise<Hex | undefined> {
  const path = join(dir, `${checkAccountName(name)}.json`);
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  return text === undefined ? undefined : decryptKeystoreFile(parseKeystoreFile(text, path), await password());
}

/** Writes a new account, readable by this user only. Refuses to replace one. */
export async function writeKeystore(
  dir: string,
  name: string,
  privateKey: Hex,
  password: string,
): Promise<KeystoreEntry> {
  const path = join(dir, `${checkAccountName(name)}.json`);
  const address = privateKeyToAddress(privateKey);
  await mkdir(dir, { recursive: true, mode: 0o700 });
  await chmod(dir, 0o700);
  const file = await open(path, 'wx', 0o600).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
    throw new BaseError(`The keystore already has an account ${name}.`, {
      hints: [`Choose another name, or move ${path} away first.`],
      code: 'account_exists',
    });
  });
  try {
    const random = { salt: randomBytes(32), iv: randomBytes(16), id: randomUUID() };
    const content = await encryptKeystoreFile(privateKey, address, password, random);
    await file.writeFile(`${JSON.stringify(content, null, 2)}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  return { name, address, path };
}
