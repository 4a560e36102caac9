import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import type * as files from 'node:fs';
import type * as laterFiles from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { createContentStore } from '@kedge/store';
import { afterEach, expect, test, vi } from 'vitest';
import { writeKeystore } from '../src/accounts/keystore.js';
import { toBaseError } from '../src/toBaseError.js';
import { unpackDump } from '../src/up/chainDump.js';
import { writeDurably } from '../src/up/durableFile.js';
import { takeProcessLock } from '../src/up/processLock.js';
import { runInProcess, temporaryFolder } from './kedge.js';

// Files can be made and not filled, of which Node says only that some write failed.
const disk = vi.hoisted(() => ({
  isFull: false,
  use<value>(work: () => value): value {
    if (disk.isFull)
      throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC', syscall: 'write' });
    return work();
  },
}));
vi.mock('node:fs', async (original) => {
  const real = await original<typeof files>();
  return {
    ...real,
    writeSync: (...given: [number, string]) => disk.use(() => real.writeSync(...given)),
    writeFileSync(path: string, ...given: [string]) {
      if (disk.isFull) real.closeSync(real.openSync(path, 'w'));
      disk.use(() => real.writeFileSync(path, ...given));
    },
  };
});
vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof laterFiles>();
  return {
    ...real,
    async writeFile(path: string, content: string, options: { readonly flag?: string }) {
      await (await real.open(path, options.flag ?? 'w')).close();
      return disk.use(() => real.writeFile(path, content, { ...options, flag: 'w' }));
    },
    async open(...given: Parameters<typeof real.open>): Promise<laterFiles.FileHandle> {
      const handle = await real.open(...given);
      const write = handle.writeFile.bind(handle);
      handle.writeFile = async (...content) => disk.use(() => write(...content));
      return handle;
    },
  };
});
afterEach(() => {
  disk.isFull = false;
});

async function onFullDisk(work: () => unknown): Promise<unknown> {
  disk.isFull = true;
  try {
    await work();
  } catch (error) {
    return toBaseError(error);
  } finally {
    disk.isFull = false;
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
  expect(readFileSync(path, 'utf8')).toBe('old');
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
  disk.isFull = true;
  const { code, stderr } = await runInProcess(args, { cwd });
  expect([code, stderr]).toEqual([
    1,
    expect.stringContaining(`${join(cwd, 'policy.json')} cannot be written: the disk is full.`),
  ]);
  expect(existsSync(join(cwd, 'policy.json'))).toBe(false);
  disk.isFull = false;
  expect((await runInProcess(args, { cwd })).code).toBe(0);
});
