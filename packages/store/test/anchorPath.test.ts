import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import {
  appendFile,
  chmod,
  link,
  open,
  realpath,
  rename,
  rm,
  symlink,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { BaseError, hexToBytes, merkleRootFromPath, contentMerkleTree } from '@kedge/core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { anchorPath, type AnchorPathOptions, type AnchorProgress } from '../src/anchorPath.js';
import { createContentStore } from '../src/createContentStore.js';
import { walkFolder } from '../src/walkFolder.js';
import { keccak256, MiB, pseudoRandom, temporaryFolder, writeLarge, writeTree } from './fixtures.js';

const sha = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

async function refusalOf(path: string, options: Partial<AnchorPathOptions> = {}): Promise<BaseError> {
  const error: unknown = await anchorPath({ path, keccak256, ...options }).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(BaseError);
  return error as BaseError;
}

describe('anchorPath', () => {
  it('commits to every chunk of every file in order of path, each provable under the Merkle root', async () => {
    const root = await temporaryFolder();
    const contents = {
      'a/1.bin': pseudoRandom(1, 2500),
      'a.txt': Buffer.from('first'),
      'z.bin': pseudoRandom(2, 1024),
    };
    await writeTree(root, contents);
    const { files, merkleRoot, size } = await anchorPath({ path: root, keccak256, chunkSize: 1024 });
    expect(files.map((file) => [file.path, file.chunks.length])).toEqual([
      ['a.txt', 1],
      ['a/1.bin', 3],
      ['z.bin', 1],
    ]);
    expect(size).toBe(2500 + 5 + 1024);
    const big = contents['a/1.bin'];
    expect(files[1]!.chunks).toEqual([
      sha(big.subarray(0, 1024)),
      sha(big.subarray(1024, 2048)),
      sha(big.subarray(2048)),
    ]);
    expect(files[1]!.sha256).toBe(sha(big));
    const tree = contentMerkleTree(files, keccak256);
    expect(tree.root).toBe(merkleRoot);
    const leaf = keccak256(createHash('sha256').update(big.subarray(2048)).digest());
    const proven = merkleRootFromPath(`0x${Buffer.from(leaf).toString('hex')}`, tree.pathOf(3), keccak256);
    expect(proven).toBe(merkleRoot);
    expect(hexToBytes(merkleRoot)).toHaveLength(32);
  });

  it('gives the same result on one thread and on two, with and without a store', async () => {
    const root = await temporaryFolder();
    await writeTree(root, {
      'big.bin': pseudoRandom(4, 33 * MiB + 5),
      'mid.bin': pseudoRandom(5, 4 * MiB),
      small: 's',
    });
    const store = createContentStore({ dir: await temporaryFolder() });
    const one = await anchorPath({ path: root, keccak256, thread: 'never' });
    const two = await anchorPath({ path: root, keccak256, thread: 'auto', store, sync: 'each' });
    expect(two).toEqual(one);
    for (const file of one.files) {
      const bytes = await store.getBytes(file.cid);
      expect(createHash('sha256').update(bytes).digest('hex')).toBe(file.sha256);
    }
  });

  it('reports progress up to the last byte, with the file', async () => {
    const root = await temporaryFolder();
    await writeTree(root, { 'big.bin': pseudoRandom(6, 3 * MiB), empty: '', small: 'abc' });
    const seen: AnchorProgress[] = [];
    await anchorPath({ path: root, keccak256, onProgress: (progress) => seen.push(progress) });
    expect(seen).toHaveLength(5);
    expect(new Set(seen.map((progress) => progress.file))).toEqual(new Set(['big.bin', 'empty', 'small']));
    expect(seen.at(-1)).toMatchObject({ bytesDone: 3 * MiB + 3, bytesTotal: 3 * MiB + 3 });
    const done = seen.map((progress) => progress.bytesDone);
    expect(done).toEqual(done.toSorted((left, right) => left - right));
  });

  it('leaves hidden files out and says which, or takes them in', async () => {
    const root = await temporaryFolder();
    await writeTree(root, { '.git/config': 'x', 'a/.env': 'secret', 'a/b.txt': 'b', '.only/.deep': 'c' });
    const skipping = await anchorPath({ path: root, keccak256 });
    expect(skipping.files.map((file) => file.path)).toEqual(['a/b.txt']);
    expect(skipping.skipped).toEqual(['.git/', '.only/', 'a/.env']);
    const including = await anchorPath({ path: root, keccak256, hidden: 'include' });
    expect(including.files.map((file) => file.path)).toEqual(['.git/config', '.only/.deep', 'a/.env', 'a/b.txt']);
    expect(including.skipped).toEqual([]);
    expect(including.cid).not.toBe(skipping.cid);
    // The rule is about names below the path: what was named itself is meant.
    expect((await anchorPath({ path: join(root, 'a/.env'), keccak256 })).name).toBe('.env');
  });

  it('follows the path itself when it is a link, and refuses every link and special file inside by name', async () => {
    const root = await temporaryFolder();
    await writeTree(root, { 'data/a.txt': 'a' });
    await symlink(join(root, 'data'), join(root, 'entry'));
    const direct = await anchorPath({ path: join(root, 'data'), keccak256 });
    expect(await anchorPath({ path: join(root, 'entry'), keccak256 })).toEqual({ ...direct, name: 'entry' });

    await symlink('/etc/passwd', join(root, 'data/out'));
    await symlink('gone', join(root, 'data/dangling'));
    execFileSync('mkfifo', [join(root, 'data/pipe')]);
    const server = createServer().listen(join(root, 'data/socket'));
    await new Promise((resolve) => server.once('listening', resolve));
    const error = await refusalOf(join(root, 'data'));
    expect(error.code).toBe('anchor_refused');
    expect(error.values).toEqual({
      dangling: 'a symbolic link',
      out: 'a symbolic link',
      pipe: 'not a regular file',
      socket: 'not a regular file',
    });
    expect((await refusalOf(join(root, 'data/pipe'))).code).toBe('anchor_refused');
    await new Promise((resolve) => server.close(resolve));
  });

  it('takes hard links for the files that they are', async () => {
    const root = await temporaryFolder();
    await writeTree(root, { 'a.txt': 'same' });
    await link(join(root, 'a.txt'), join(root, 'b.txt'));
    const { files } = await anchorPath({ path: root, keccak256 });
    expect(files.map((file) => file.cid)).toEqual([files[0]!.cid, files[0]!.cid]);
  });

  it.each([
    ['case', 'Read.me', 'read.ME'],
    ['case beyond ASCII', 'STRASSE', 'straße'],
    ['Unicode form', 'caf\u00e9', 'cafe\u0301'],
  ])('refuses names that differ only in %s, with both names', async (_, left, right) => {
    const root = await temporaryFolder();
    await writeTree(root, { [`d/${left}`]: '1', [`d/${right}`]: '2' });
    const error = await refusalOf(root);
    expect(error.code).toBe('anchor_refused');
    const text = error.message;
    expect(text).toContain(`d/${left}`);
    expect(text).toContain(`d/${right}`);
    // The same two names in different folders do not meet.
    const apart = await temporaryFolder();
    await writeTree(apart, { [`x/${left}`]: '1', [`y/${right}`]: '2' });
    expect((await anchorPath({ path: apart, keccak256 })).files).toHaveLength(2);
  });

  it('refuses names that are not UTF-8, shown with their bytes', async () => {
    const root = await temporaryFolder();
    await writeTree(root, { 'a.txt': 'a' });
    await writeFile(Buffer.concat([Buffer.from(`${root}/caf`), Buffer.from([0xe9])]), 'latin-1');
    const error = await refusalOf(root);
    expect(error.values).toEqual({ 'caf\\xe9': 'its name is not UTF-8' });
  });

  it('refuses nothing for the name of what is left out, and says how it is called', async () => {
    const root = await temporaryFolder();
    await writeTree(root, { 'kept.txt': 'x', '.A': 'x', '.a': 'x' });
    await writeFile(Buffer.concat([Buffer.from(`${root}/.`), Buffer.of(0xff)]), 'x');
    const { files, skipped } = await anchorPath({ path: root, keccak256 });
    expect(files.map(({ path }) => path)).toEqual(['kept.txt']);
    expect(skipped).toEqual(['.A', '.\\xff', '.a']);
    const refused = await refusalOf(root, { hidden: 'include' });
    expect(Object.keys(refused.values)).toEqual(['.\\xff', '.a']);
  });

  it('refuses a folder without files, and a path where there is nothing', async () => {
    const root = await temporaryFolder();
    await writeTree(root, { 'empty/': '', '.hidden': 'x' });
    expect(await refusalOf(root)).toMatchObject({ code: 'anchor_empty', values: { hiddenLeftOut: 1 } });
    expect(await refusalOf(join(root, 'nowhere'))).toMatchObject({ code: 'path_not_found' });
    expect((await refusalOf(root, { chunkSize: 0 })).code).toBe('chunk_size_invalid');
  });

  it.each(['locked.txt', 'locked/', ''])('names what it may not read: "%s" in a folder', async (locked) => {
    const root = await realpath(await temporaryFolder());
    await writeTree(root, { 'a.txt': 'a', 'locked.txt': 'secret', 'locked/': '' });
    await chmod(root, 0o755);
    await chmod(join(root, locked), 0);
    // Root may read everything, so the test becomes another user for a moment.
    const superuser = process.geteuid?.() === 0;
    if (superuser) process.seteuid?.(65_534);
    try {
      expect(await refusalOf(root)).toMatchObject({
        code: 'file_unreadable',
        values: { file: locked === '' ? root : locked, reason: 'EACCES' },
      });
    } finally {
      if (superuser) process.seteuid?.(0);
      await chmod(join(root, locked), 0o755);
    }
  });

  const changes: [string, string, (file: string) => Promise<void>][] = [
    ['grows', 'it got longer', (file) => appendFile(file, 'more')],
    // Which of the two depends on how far ahead it was read already.
    ['shrinks', 'it ended|it was written to', (file) => truncate(file, MiB)],
    [
      'is rewritten in place, with its times put back',
      'it was written to',
      async (file) => {
        const handle = await open(file, 'r+');
        const { atime, mtime } = await handle.stat();
        await handle.write(Buffer.from('!'), 0, 1, 3 * MiB);
        await handle.close();
        await utimes(file, atime, mtime);
      },
    ],
    [
      'is replaced',
      'another file took its place',
      async (file) => {
        await writeFile(`${file}.new`, pseudoRandom(9, 6 * MiB));
        await rename(`${file}.new`, file);
      },
    ],
    ['is removed', 'it was removed', (file) => rm(file)],
  ];
  it.each(changes)('notices a file that %s while it is read, and names it (%s)', async (_, how, change) => {
    const root = await temporaryFolder();
    await writeTree(root, { 'sub/data.bin': pseudoRandom(8, 6 * MiB) });
    const store = createContentStore({ dir: await temporaryFolder() });
    let once: Promise<void> | undefined;
    const slow = {
      ...store,
      async put(cid: string, bytes: Uint8Array) {
        // The first block waits until the change is made, so every run changes the file in the middle of its read.
        once ??= change(join(root, 'sub/data.bin'));
        await once;
        await store.put(cid, bytes);
      },
    };
    const error = await refusalOf(root, { store: slow });
    expect(error).toMatchObject({ code: 'file_changed', kind: 'transient' });
    expect(error.values['file']).toBe('sub/data.bin');
    expect(error.values['change']).toMatch(new RegExp(how));
  });

  it.each([
    ['another file is written after it was read', (root: string) => writeFile(join(root, 'a.txt'), 'changed'), 'a.txt'],
    ['a file appears', (root: string) => writeFile(join(root, 'new.txt'), 'new'), 'new.txt'],
    ['a file is removed after it was read', (root: string) => rm(join(root, 'a.txt')), 'a.txt'],
    ['an empty folder appears', (root: string) => writeTree(root, { 'later/': '' }), 'later'],
  ])('notices that %s while the folder is read', async (_, change, file) => {
    const root = await temporaryFolder();
    await writeTree(root, { 'a.txt': 'a', 'z.bin': pseudoRandom(8, 5 * MiB) });
    let once: Promise<void> | undefined;
    const store = createContentStore({ dir: await temporaryFolder() });
    const slow = {
      ...store,
      async put(cid: string, bytes: Uint8Array) {
        if (bytes.length === MiB) await (once ??= change(root));
        await store.put(cid, bytes);
      },
    };
    const error = await refusalOf(root, { store: slow });
    expect(error).toMatchObject({ code: 'file_changed', values: { file } });
  });

  it('gives a single file that grows before it is read the size that was read', async () => {
    const file = join(await temporaryFolder(), 'log.txt');
    await writeFile(file, 'one\n');
    const { openSync } = fs;
    onTestFinished(() => {
      Object.assign(fs, { openSync });
      syncBuiltinESMExports();
    });
    Object.assign(fs, {
      openSync(path: string, flags: number) {
        fs.appendFileSync(openSync(file, 'a'), 'two\n');
        return openSync(path, flags);
      },
    });
    syncBuiltinESMExports();
    const { size, files } = await anchorPath({ path: file, keccak256 });
    expect([size, files[0]!.size]).toEqual([8, 8]);
  });

  it('passes on what the store cannot write, and ends', async () => {
    const root = await temporaryFolder();
    await writeTree(root, { 'a.bin': pseudoRandom(1, 20 * MiB), 'b.bin': pseudoRandom(2, 20 * MiB) });
    const store = createContentStore({ dir: await temporaryFolder() });
    let puts = 0;
    const full = {
      ...store,
      put: () =>
        ++puts > 5 ? Promise.reject(new BaseError('The disk is full.', { code: 'disk_full' })) : Promise.resolve(),
    };
    expect((await refusalOf(root, { store: full })).code).toBe('disk_full');
    // The other file stopped too: no more than what was under way in its eight buffers.
    expect(puts).toBeLessThanOrEqual(5 + 8);
  });

  it('refuses a store inside of the folder, unless a leading dot keeps it out', async () => {
    const root = await temporaryFolder();
    await writeTree(root, { 'a.txt': 'a' });
    const inside = createContentStore({ dir: join(root, 'blocks') });
    expect(await refusalOf(root, { store: inside })).toMatchObject({
      code: 'anchor_refused',
      values: { folder: root },
    });
    const hiddenStore = createContentStore({ dir: join(root, '.kedge/store') });
    expect(await refusalOf(root, { store: hiddenStore, hidden: 'include' })).toMatchObject({ code: 'anchor_refused' });
    const { cid } = await anchorPath({ path: root, keccak256, store: hiddenStore });
    // Once more, with the store there: it is no part of the content.
    expect((await anchorPath({ path: root, keccak256, store: hiddenStore })).cid).toBe(cid);
  });

  it('sees through a link that a store lies inside of the folder, whether or not it is there yet', async () => {
    const root = await temporaryFolder();
    await writeTree(root, { 'a.txt': 'a', 'blocks/b.txt': 'b' });
    const alias = join(await temporaryFolder(), 'alias');
    await symlink(root, alias);
    for (const dir of ['blocks', 'blocks/new/store', 'new']) {
      const store = createContentStore({ dir: join(alias, dir) });
      expect(await refusalOf(root, { store })).toMatchObject({
        code: 'anchor_refused',
        values: { folder: root, store: join(root, dir) },
      });
    }
    const outside = createContentStore({ dir: join(alias, '../store') });
    expect((await anchorPath({ path: alias, keccak256, store: outside })).files).toHaveLength(2);
  });

  it('does not blame what is anchored for a store that cannot be reached', async () => {
    const root = await temporaryFolder();
    await writeTree(root, { 'a.txt': 'a' });
    const file = join(await temporaryFolder(), 'file');
    await writeFile(file, '');
    const store = createContentStore({ dir: join(file, 'store') });
    expect(await refusalOf(root, { store })).toMatchObject({
      code: 'store_unreachable',
      values: { store: join(file, 'store'), reason: 'ENOTDIR' },
    });
  });

  it('keeps memory flat: 256 MiB with store writes grow it by less than 120 MiB', async () => {
    const root = await temporaryFolder();
    const size = 256 * MiB;
    await writeLarge(join(root, 'big.bin'), size);
    const store = createContentStore({ dir: await temporaryFolder() });
    const before = process.memoryUsage().rss;
    let peak = 0;
    const { files } = await anchorPath({
      path: join(root, 'big.bin'),
      keccak256,
      store,
      onProgress: () => (peak = Math.max(peak, process.memoryUsage().rss)),
    });
    expect(files[0]!.chunks).toHaveLength(256);
    expect(peak - before).toBeLessThan(120 * MiB);
  });

  it('keeps little of each file of a folder: 5,000 of them less than 1,200 bytes each', async () => {
    const root = await temporaryFolder();
    for (let index = 0; index < 5_000; index++) fs.writeFileSync(join(root, `record-${index}.txt`), String(index));
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const heapOf = async (work: () => Promise<unknown>): Promise<number> => {
      collect();
      const before = process.memoryUsage().heapUsed;
      const kept = await work();
      collect();
      return kept === undefined ? 0 : (process.memoryUsage().heapUsed - before) / 5_000;
    };
    expect(await heapOf(() => walkFolder(root, 'skip'))).toBeLessThan(900);
    expect(await heapOf(() => anchorPath({ path: root, keccak256 }))).toBeLessThan(1_200);
  });

  it('is not slowed down by many equal blocks', async () => {
    const root = await temporaryFolder();
    await writeFile(join(root, 'zeros.bin'), Buffer.alloc(48 * MiB));
    await writeFile(join(root, 'varied.bin'), pseudoRandom(3, 48 * MiB));
    const timeOf = async (file: string) => {
      const store = createContentStore({ dir: await temporaryFolder() });
      const begun = process.hrtime.bigint();
      await anchorPath({ path: join(root, file), keccak256, store });
      return Number(process.hrtime.bigint() - begun) / 1e9;
    };
    const varied = await timeOf('varied.bin');
    // Writing one block instead of 48 is less work; the trap this guards against took a hundred times longer.
    expect(await timeOf('zeros.bin')).toBeLessThan(5 * varied + 1);
  });
});
