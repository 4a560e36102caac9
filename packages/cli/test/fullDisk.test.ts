import fs from 'node:fs';
import later from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { createContentStore } from '@kedge/store';
import { afterEach, expect, test } from 'vitest';
import { writeKeystore } from '../src/accounts/keystore.js';
import { writeDurably } from '../src/files/durableFile.js';
import { takeProcessLock } from '../src/files/processLock.js';
import { toBaseError } from '../src/toBaseError.js';
import { unpackDump } from '../src/up/chainDump.js';
import { runInProcess, temporaryFolder } from './kedge.js';

// Files can be made and not filled, of which Node says only that some write failed.
const { writeSync, writeFileSync } = fs;
const { writeFile, open } = later;
function noSpace(): never {
  const error = new Error('ENOSPC: no space left on device, write');
  throw Object.assign(error, { code: 'ENOSPC', syscall: 'write' });
}
const fullDisk = {
  writeSync: noSpace,
  writeFileSync(path: string) {
    fs.closeSync(fs.openSync(path, 'w'));
    noSpace();
  },
};
const laterFullDisk = {
  async writeFile(path: string, _content: string, { flag = 'w' }: { readonly flag?: string }) {
    await (await open(path, flag)).close();
    noSpace();
  },
  async open(...given: Parameters<typeof open>) {
    return Object.assign(await open(...given), { writeFile: async () => noSpace() });
  },
};

function fill(): void {
  Object.assign(fs, fullDisk);
  Object.assign(later, laterFullDisk);
  syncBuiltinESMExports();
}

function free(): void {
  Object.assign(fs, { writeSync, writeFileSync });
  Object.assign(later, { writeFile, open });
  syncBuiltinESMExports();
}
afterEach(free);

async function onFullDisk(work: () => unknown): Promise<unknown> {
  fill();
  try {
    await work();
  } catch (error) {
    return toBaseError(error);
  } finally {
    free();
  }
  return undefined;
}
const fullAt = (path: string) => ({
  code: 'enospc',
  kind: 'user',
  shortMessage: `${path} cannot be written: the disk is full.`,
});

test('a file that is replaced is named, and is what it was', async () => {
  const path = join(temporaryFolder(), 'channels.json');
  writeDurably(path, 'old');
  expect(await onFullDisk(() => writeDurably(path, 'new'))).toMatchObject(fullAt(path));
  expect(fs.readFileSync(path, 'utf8')).toBe('old');
});

test('a file that is replaced leaves no part of it behind', async () => {
  const folder = temporaryFolder();
  expect(await onFullDisk(() => writeDurably(join(folder, 'a.json'), '{}'))).toMatchObject({ code: 'enospc' });
  expect(fs.readdirSync(folder)).toEqual([]);
});

test('a lock is named, and not left half made', async () => {
  const path = join(temporaryFolder(), 'lock');
  const take = () => takeProcessLock(path, () => new Error('busy') as never);
  expect(await onFullDisk(take)).toMatchObject(fullAt(path));
  (await take()).release();
});

test('a chain that cannot be unpacked for the node is named, and not taken for damaged', async () => {
  const folder = temporaryFolder();
  const dump = join(folder, 'state');
  writeFileSync(dump, gzipSync('{}'));
  expect(await onFullDisk(() => unpackDump(dump, folder))).toMatchObject(fullAt(join(folder, 'load.json')));
});

test('a block of the content store is named', async () => {
  const dir = join(temporaryFolder(), 'store');
  const store = createContentStore({ dir });
  await store.putJson({ before: true });
  const error = await onFullDisk(() => store.putJson({ after: true }));
  expect(error).toMatchObject({ code: 'enospc', shortMessage: expect.stringContaining(dir) });
});

test('an account of the keystore is named, and not there', async () => {
  const dir = temporaryFolder();
  const key = `0x${'12'.repeat(32)}` as const;
  const add = () => writeKeystore(dir, 'me', key, 'a long password');
  expect(await onFullDisk(add)).toMatchObject(fullAt(join(dir, 'me.json')));
  expect(await add()).toMatchObject({ name: 'me' });
});

test('a command names the file, and does its work once there is space', async () => {
  const cwd = temporaryFolder();
  const operator = `0x${'12'.repeat(20)}`;
  const args = ['policy', 'init', '--model', 'm', '--operator', operator, '--out', 'policy.json'];
  fill();
  const { code, stderr } = await runInProcess(args, { cwd });
  expect([code, stderr]).toEqual([
    1,
    expect.stringContaining(`${join(cwd, 'policy.json')} cannot be written: the disk is full.`),
  ]);
  expect(fs.existsSync(join(cwd, 'policy.json'))).toBe(false);
  free();
  expect((await runInProcess(args, { cwd })).code).toBe(0);
});
