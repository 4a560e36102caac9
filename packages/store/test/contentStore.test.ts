import { readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BaseError } from '@kedge/core';
import { FsBlockstore } from 'blockstore-fs';
import { NextToLast } from 'blockstore-fs/sharding';
import { UnixFS } from 'ipfs-unixfs';
import { exporter } from 'ipfs-unixfs-exporter';
import { importBytes } from 'ipfs-unixfs-importer';
import { fixedSize } from 'ipfs-unixfs-importer/chunker';
import { trickle } from 'ipfs-unixfs-importer/layout';
import { CID } from 'multiformats/cid';
import { describe, expect, it } from 'vitest';
import { createContentStore } from '../src/createContentStore.js';
import { putNode } from '../src/fileDag.js';
import { memoryBlocks, MiB, pseudoRandom, temporaryFolder } from './fixtures.js';

const errorOf = async (promise: Promise<unknown>): Promise<BaseError> => {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(BaseError);
  return error as BaseError;
};

async function blockFile(dir: string, cid: string): Promise<string> {
  const { dir: folder, file } = new NextToLast().encode(CID.parse(cid));
  expect(await readdir(join(dir, folder))).toContain(file);
  return join(dir, folder, file);
}

describe('content store', () => {
  it('gives back what was put, by the CID that IPFS tools compute', async () => {
    const store = createContentStore({ dir: await temporaryFolder() });
    const bytes = pseudoRandom(7, 3 * MiB + 11);
    const cid = await store.putBytes(bytes);
    expect(cid).toBe((await importBytes(bytes, memoryBlocks(), { profile: 'unixfs-v1-2025' })).cid.toString());
    expect(Buffer.from(await store.getBytes(cid)).equals(bytes)).toBe(true);
    expect(await store.has(cid)).toBe(true);
    expect(await store.has((await importBytes(Buffer.from('other'), memoryBlocks())).cid.toString())).toBe(false);
  });

  it('stores equal JSON under one CID, whatever the order of its keys', async () => {
    const store = createContentStore({ dir: await temporaryFolder() });
    const cid = await store.putJson({ b: [1, 'é'], a: null }, { sync: 'each' });
    expect(await store.putJson({ a: null, b: [1, 'é'] })).toBe(cid);
    expect(await store.getJson(cid)).toEqual({ a: null, b: [1, 'é'] });
  });

  it('reads any range as the reference exporter does, of balanced and of foreign layouts', async () => {
    const store = createContentStore({ dir: await temporaryFolder() });
    const bytes = pseudoRandom(3, 5000);
    const chunker = fixedSize({ chunkSize: 100 });
    for (const layout of [undefined, trickle({ maxChildrenPerNode: 4 })]) {
      for (const rawLeaves of [true, false]) {
        const blocks = memoryBlocks();
        const { cid } = await importBytes(bytes, blocks, { chunker, rawLeaves, ...(layout ? { layout } : {}) });
        for (const [text, block] of blocks.blocks) await store.put(text, block);
        const reference = await exporter(cid, blocks);
        for (const [offset, length] of [
          [0, 5000],
          [0, 1],
          [99, 2],
          [100, 100],
          [4999, 1],
          [1234, 2345],
          [4990, 500],
        ] as const) {
          const parts: Uint8Array[] = [];
          for await (const part of store.catFile(cid.toString(), { offset, length })) parts.push(part);
          const expected: Uint8Array[] = [];
          if (reference.type !== 'file') throw new Error('the importer made no file');
          for await (const part of reference.content({ offset, length })) expected.push(part);
          expect(Buffer.concat(parts).equals(Buffer.concat(expected))).toBe(true);
        }
        const none: Uint8Array[] = [];
        for await (const part of store.catFile(cid.toString(), { offset: 9000 })) none.push(part);
        expect(none).toEqual([]);
      }
    }
  });

  it('reads a block only when its bytes are asked for', async () => {
    const dir = await temporaryFolder();
    const store = createContentStore({ dir });
    const cid = await store.putBytes(pseudoRandom(5, 4 * MiB));
    const stream = store.catFile(cid);
    expect((await stream.next()).value).toHaveLength(MiB);
    // Every block that was not asked for yet is gone: the next one fails, so it was not read before.
    for (const name of await readdir(dir, { recursive: true }))
      if (name.endsWith('.data')) await truncate(join(dir, name));
    expect((await errorOf(stream.next())).code).toBe('block_corrupt');
  });

  it('refuses a damaged block on read and names its file, and writes a block again that is damaged or cut short', async () => {
    const dir = await temporaryFolder();
    const store = createContentStore({ dir });
    const cid = await store.putBytes(Buffer.from('hello'));
    const file = await blockFile(dir, cid);
    await writeFile(file, 'hellO');
    const error = await errorOf(store.get(cid));
    expect(error.code).toBe('block_corrupt');
    expect(error.values).toEqual({ cid, file });
    await store.putBytes(Buffer.from('hello'));
    expect(Buffer.from(await store.get(cid)).toString()).toBe('hello');
    await truncate(file, 2);
    await store.putBytes(Buffer.from('hello'));
    expect(Buffer.from(await store.get(cid)).toString()).toBe('hello');
  });

  it('says which block is missing, and what is not a CID or not a file', async () => {
    const store = createContentStore({ dir: await temporaryFolder() });
    const other = createContentStore({ dir: await temporaryFolder() });
    const cid = await other.putBytes(Buffer.from('elsewhere'));
    expect(await errorOf(store.get(cid))).toMatchObject({ code: 'block_missing', status: 404 });
    expect((await errorOf(store.get('../../etc/passwd'))).code).toBe('cid_invalid');
    const folder = 'bafybeiczsscdsbs7ffqz55asqdf3smv6klcw3gofszvwlyarci47bgf354';
    await store.put(folder, Buffer.from('0a020801', 'hex'));
    expect((await errorOf(store.getBytes(folder))).values).toMatchObject({ found: 'directory' });
    expect((await errorOf(store.catFile(cid, { offset: -1 }).next())).code).toBe('range_invalid');
  });

  it('reads no more of a file into memory than it may', async () => {
    const store = createContentStore({ dir: await temporaryFolder() });
    const cid = await store.putJson('x'.repeat(98));
    expect(await store.getBytes(cid, { most: 100 })).toHaveLength(100);
    expect(await errorOf(store.getBytes(cid, { most: 99 }))).toMatchObject({ code: 'content_too_long', status: 413 });
    expect((await errorOf(store.getJson(cid, { most: 99 }))).code).toBe('content_too_long');
    // A class may name any CID as that of its metadata, also one of a dataset that a reader happens to have.
    const large = await store.putBytes(new Uint8Array(16 * MiB + 1).fill(0x20));
    expect((await errorOf(store.getJson(large))).code).toBe('content_too_long');
  });

  it('ends at once where few blocks link to each other so often that they stand for a file without an end', async () => {
    const store = createContentStore({ dir: await temporaryFolder() });
    let cid = CID.parse(await store.putBytes(new Uint8Array(0)));
    const onBlock = (each: CID, bytes: Uint8Array) => store.put(each.toString(), bytes);
    for (let level = 1; level <= 8; level++) {
      const blockSizes = Array.from({ length: 64 }, () => 64n ** BigInt(level - 1));
      const links = blockSizes.map(() => ({ Name: '', Tsize: 1, Hash: cid }));
      ({ cid } = await putNode(new UnixFS({ type: 'file', blockSizes }).marshal(), links, onBlock));
    }
    expect((await errorOf(store.getBytes(cid.toString()))).values).toMatchObject({
      found: expect.stringContaining('shorter'),
    });
  });

  it('leaves nothing but whole blocks when the same blocks are put at once', async () => {
    const dir = await temporaryFolder();
    const store = createContentStore({ dir });
    const bytes = pseudoRandom(9, MiB);
    const cids = await Promise.all(Array.from({ length: 20 }, () => store.putBytes(bytes, { sync: 'each' })));
    expect(new Set(cids).size).toBe(1);
    expect(await readdir(join(dir, 'tmp'))).toEqual([]);
    expect(Buffer.from(await store.getBytes(cids[0]!)).equals(bytes)).toBe(true);
  });

  it.each(['', 'tmp'])('goes on storing where its folder "%s" was removed meanwhile', async (removed) => {
    const dir = join(await temporaryFolder(), 'store');
    const store = createContentStore({ dir });
    await store.putJson({ stored: 'before' }, { sync: 'each' });
    await rm(join(dir, removed), { recursive: true });
    for (const sync of ['none', 'each'] as const) {
      const cid = await store.putJson({ stored: sync }, { sync });
      expect(await store.getJson(cid)).toEqual({ stored: sync });
    }
  });

  it('has the layout of blockstore-fs, so that IPFS tools open the folder', async () => {
    const dir = await temporaryFolder();
    const store = createContentStore({ dir });
    const cid = await store.putBytes(Buffer.from('shared'));
    const theirs = new FsBlockstore(dir);
    await theirs.open();
    const parts: Uint8Array[] = [];
    for await (const part of theirs.get(CID.parse(cid))) parts.push(part);
    expect(Buffer.concat(parts).toString()).toBe('shared');
  });
});
