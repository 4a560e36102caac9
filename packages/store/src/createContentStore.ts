import { createHash, randomUUID } from 'node:crypto';
import { open, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { BaseError, canonicalJson, utf8 } from '@kedge/core';
import { base32upper } from 'multiformats/bases/base32';
import type { CID } from 'multiformats/cid';
import { catFile } from './catFile.js';
import { fileCidOf } from './fileCidOf.js';
import { makeFolder } from './makeFolder.js';
import { parseCid } from './rawCid.js';

const mostBytes = 256 * 1024 * 1024;
const mostJsonBytes = 16 * 1024 * 1024;

export type PutOptions = {
  /** `each`: the block is on disk, not only in the system's cache, when `put` resolves. Default `none`. */
  readonly sync?: 'none' | 'each';
};

/** `most`: bytes that are read into memory at most. */
type ReadLimit = { readonly most?: number };

/** Blocks and files by CID (base32 CIDv1 text). */
export type ContentStore = {
  readonly dir: string;
  /** Stores one block. Its digest is the caller's word here; every read checks it. */
  put(cid: string, bytes: Uint8Array, options?: PutOptions): Promise<void>;
  /** One block, checked. Throws `block_missing`, `block_corrupt`. */
  get(cid: string): Promise<Uint8Array>;
  has(cid: string): Promise<boolean>;
  /** Stores bytes as a UnixFS file (profile unixfs-v1-2025) and returns its CID. */
  putBytes(bytes: Uint8Array, options?: PutOptions): Promise<string>;
  /** All bytes of a file, in memory; for large files use `catFile`. Throws `content_too_long` beyond 256 MiB. */
  getBytes(cid: string, limit?: ReadLimit): Promise<Uint8Array>;
  /** Stores the canonical JSON (RFC 8785) of a value as a file and returns its CID. */
  putJson(value: unknown, options?: PutOptions): Promise<string>;
  /** The JSON in a file. Throws `content_not_json`, and `content_too_long` beyond 16 MiB: anyone may name any CID on chain. */
  getJson(cid: string, limit?: ReadLimit): Promise<unknown>;
  /** Bytes of a file as a stream, one block at a time; `offset` and `length` in bytes. */
  catFile(cid: string, range?: { readonly offset?: number; readonly length?: number }): AsyncGenerator<Uint8Array>;
};

/**
 * Opens a content store in a folder, which is made when first written to. Blocks are files
 * `<last two letters>/<multihash in base32>.data` (the layout of blockstore-fs, so IPFS tools can open it), written
 * aside and renamed: a reader sees a whole block or none.
 *
 * @example
 * const store = createContentStore({ dir: '.kedge/store' });
 * const cid = await store.putJson({ hello: 'world' });
 */
export function createContentStore(options: { dir: string }): ContentStore {
  const dir = resolve(options.dir);
  const made = new Set<string>();
  /** Folders that are sure to be found after a power cut, and the highest that names one of the store's. */
  const durable = new Set<string>();
  let highest = dir;

  function ensure(folder: string): void {
    if (made.has(folder)) return;
    const first = makeFolder(folder);
    made.add(folder);
    if (first !== undefined && dirname(first).length < highest.length) highest = dirname(first);
  }

  /** A renamed file is only sure to be found after a power cut once its folder is on disk, and the folder's own name. */
  async function syncFolders(lowest: string): Promise<void> {
    await syncFolder(lowest);
    const named: string[] = [];
    for (let folder = lowest; folder !== highest && !durable.has(folder); folder = dirname(folder)) {
      await syncFolder(dirname(folder));
      named.push(folder);
    }
    // Not before: whoever stores beside this one relies on the whole path.
    for (const folder of named) durable.add(folder);
  }

  function fileOf(cid: CID): string {
    const name = base32upper.encoder.encode(cid.multihash.bytes);
    return join(dir, name.slice(-2), `${name}.data`);
  }

  async function put(text: string, bytes: Uint8Array, { sync = 'none' }: PutOptions = {}): Promise<void> {
    const file = fileOf(parseCid(text));
    // A block never changes, so one that is there is kept; one that a lost disk cut short or damaged is written again.
    if (sync === 'none' && (await holds(file, bytes))) return;
    try {
      await write(file, bytes, sync);
    } catch (error) {
      // A folder that was there may have been removed since: all are looked at again, once.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      made.clear();
      durable.clear();
      await write(file, bytes, sync);
    }
  }

  async function write(file: string, bytes: Uint8Array, sync: 'none' | 'each'): Promise<void> {
    const aside = join(dir, 'tmp', randomUUID());
    ensure(dirname(file));
    ensure(dirname(aside));
    try {
      const handle = await open(aside, 'wx');
      try {
        await handle.writeFile(bytes);
        if (sync === 'each') await handle.sync();
      } finally {
        await handle.close();
      }
      await rename(aside, file);
    } catch (error) {
      await rm(aside, { force: true });
      // Node names no file where one that it opened cannot be filled.
      throw Object.assign(error as Error, { path: file });
    }
    if (sync === 'each') await syncFolders(dirname(file));
  }

  async function get(text: string): Promise<Uint8Array> {
    const cid = parseCid(text);
    const file = fileOf(cid);
    const bytes = await readFile(file).catch((cause: unknown) => {
      if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause;
      throw new BaseError('The content store lacks a block.', {
        code: 'block_missing',
        status: 404,
        values: { cid: text, store: dir },
        hints: ['Anchor the source again with this store, or copy the block from another store.'],
        cause,
      });
    });
    if (!createHash('sha256').update(bytes).digest().equals(cid.multihash.digest)) {
      throw new BaseError('A block in the content store is damaged: its hash is not the one in its CID.', {
        code: 'block_corrupt',
        status: 500,
        values: { cid: text, file },
        hints: ['Delete that file and anchor the source again; check the disk.'],
      });
    }
    return bytes;
  }

  const store: ContentStore = {
    dir,
    put,
    get,
    has: async (text) => (await sizeOf(fileOf(parseCid(text)))) !== undefined,
    putBytes: (bytes, putOptions) => fileCidOf(bytes, (cid, block) => put(cid.toString(), block, putOptions)),
    async getBytes(cid, { most = mostBytes } = {}) {
      const parts: Uint8Array[] = [];
      let size = 0;
      for await (const part of store.catFile(cid)) {
        size += part.length;
        if (size > most) throw tooLong(cid, most);
        parts.push(part);
      }
      return parts.length === 1 ? parts[0]! : Buffer.concat(parts);
    },
    putJson: (value, putOptions) => store.putBytes(utf8(canonicalJson(value)), putOptions),
    async getJson(cid, { most = mostJsonBytes } = {}) {
      const text = Buffer.from(await store.getBytes(cid, { most })).toString('utf8');
      try {
        return JSON.parse(text) as unknown;
      } catch (cause) {
        throw new BaseError('That content is not JSON.', { code: 'content_not_json', values: { cid }, cause });
      }
    },
    catFile: (cid, range) => catFile(get, cid, range),
  };
  return store;
}

function tooLong(cid: string, most: number): BaseError {
  return new BaseError('That content is too long to be read as a whole.', {
    code: 'content_too_long',
    status: 413,
    values: { cid, most: `${most} bytes` },
    hints: ['Check that the CID is the one that was meant.'],
  });
}

/** Whether a file has exactly these bytes. One of another size is not read. */
async function holds(file: string, bytes: Uint8Array): Promise<boolean> {
  return (await sizeOf(file)) === bytes.length && (await readFile(file)).equals(bytes);
}

async function sizeOf(file: string): Promise<number | undefined> {
  try {
    return (await stat(file)).size;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
