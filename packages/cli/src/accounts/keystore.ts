import { randomBytes, randomUUID } from 'node:crypto';
import { access, chmod, link, open, readFile, readdir, rm } from 'node:fs/promises';
import { homedir, userInfo } from 'node:os';
import { join } from 'node:path';
import { BaseError, type Address, type Hex } from '@kedge/core';
import { getAddress } from 'viem';
import { privateKeyToAddress } from 'viem/accounts';
import type { Context } from '../context.js';
import { makeFolder } from '../files/dataPaths.js';
import { syncFolder } from '../files/durableFile.js';
import { namingFile } from '../files/namingFile.js';
import { decryptKeystoreFile, encryptKeystoreFile, parseKeystoreFile } from './keystoreFile.js';

/** An account in the keystore, as listed. */
type KeystoreEntry = {
  readonly name: string;
  /** undefined: the file does not say it. */
  readonly address: Address | undefined;
  readonly path: string;
  /** What is wrong with the file, in one line; without it nothing. */
  readonly problem?: string;
};

const namePattern = /^[a-z0-9][a-z0-9_-]{0,63}$/;

/**
 * Keys belong to the user, not to a project: `KEDGE_KEYSTORE_DIR`, else `.kedge/keystore` in the home folder, which an empty
 * `HOME` does not name.
 */
export function keystoreDirOf(context: Pick<Context, 'environment'>): string {
  return context.environment['KEDGE_KEYSTORE_DIR'] ?? join(homedir() || userInfo().homedir, '.kedge', 'keystore');
}

/** Refuses names that are not a plain file name. */
export function checkAccountName(name: string): string {
  if (namePattern.test(name)) return name;
  throw new BaseError(`"${name}" cannot name an account.`, {
    hints: ['Use small letters, digits, - and _, starting with a letter or digit.'],
    code: 'usage',
  });
}

/** The accounts of the keystore by name. A file that is damaged is listed with what is wrong with it. */
export async function listKeystore(dir: string): Promise<KeystoreEntry[]> {
  const names = await readdir(dir).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const files = names.filter((name) => name.endsWith('.json')).toSorted();
  return Promise.all(
    files.map(async (file) => {
      const path = join(dir, file);
      const name = file.slice(0, -'.json'.length);
      try {
        const { address } = parseKeystoreFile(await readFile(path, 'utf8'), path);
        return { name, address: address === undefined ? undefined : getAddress(`0x${address}`), path };
      } catch (error) {
        return { name, address: undefined, path, problem: (error as Error).message };
      }
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

/** Refuses a name that is taken, before its password is asked for. */
export async function requireNewAccount(dir: string, name: string): Promise<void> {
  const path = join(dir, `${checkAccountName(name)}.json`);
  if (await isThere(path)) throw accountExists(name, path);
}

/**
 * Writes a new account, readable by this user only. Refuses to replace one. The file appears whole, or not at all: whoever
 * interrupts the encryption leaves nothing behind.
 *
 * @throws BaseError `account_exists`.
 */
export async function writeKeystore(
  dir: string,
  name: string,
  privateKey: Hex,
  password: string,
): Promise<KeystoreEntry> {
  await requireNewAccount(dir, name);
  const path = join(dir, `${name}.json`);
  const address = privateKeyToAddress(privateKey);
  makeFolder(dir);
  await chmod(dir, 0o700);
  const random = { salt: randomBytes(32), iv: randomBytes(16), id: randomUUID() };
  const content = await encryptKeystoreFile(privateKey, address, password, random);
  const draft = `${path}.${random.id}.tmp`;
  try {
    const file = await open(draft, 'w', 0o600);
    try {
      await file.writeFile(`${JSON.stringify(content, null, 2)}\n`).catch(namingFile(path));
      await file.sync();
    } finally {
      await file.close();
    }
    await link(draft, path).catch((error: NodeJS.ErrnoException) => {
      throw error.code === 'EEXIST' ? accountExists(name, path) : error;
    });
  } finally {
    await rm(draft, { force: true });
  }
  syncFolder(dir);
  return { name, address, path };
}

async function isThere(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

function accountExists(name: string, path: string): BaseError {
  return new BaseError(`The keystore already has an account ${name}.`, {
    hints: [`Choose another name, or move ${path} away first.`],
    code: 'account_exists',
  });
}
