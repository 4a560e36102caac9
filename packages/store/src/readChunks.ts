import { createHash } from 'node:crypto';
import { closeSync, constants, fstatSync, lstatSync, openSync, readSync, type BigIntStats } from 'node:fs';
import { setImmediate as eventLoopTurn } from 'node:timers/promises';
import { BaseError } from '@kedge/core';
import type { BufferPool } from './createBufferPool.js';
import type { ChunkHasher } from './createChunkHasher.js';

/** What one read of a file gives: `size` of all of it, and of what was read its SHA-256, and 32 bytes for each chunk. */
type FileDigests = { readonly size: number; readonly sha256: Uint8Array; readonly digests: Uint8Array };

/** Called for each chunk; the bytes are reused once the promise has resolved. */
type OnChunk = (chunk: {
  readonly index: number;
  readonly bytes: Uint8Array;
  readonly digest: Uint8Array;
}) => Promise<void> | void;

// Without NONBLOCK, opening a pipe that took a file's place would wait for a writer; NOFOLLOW does not exist everywhere.
const openFlags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/**
 * Reads a file once: its SHA-256 and that of each chunk. Compares size, times and inode before and after.
 *
 * Reads are synchronous, a chunk at a time with turns of the event loop between: the system reads ahead, SHA-256 is
 * what takes the time, and handing each read to a thread costs a third of a hash.
 *
 * @param options.name the file in errors
 * @throws BaseError `file_changed` when the file is written to, replaced or removed meanwhile, `file_unreadable`
 */
export async function readChunks(options: {
  path: string;
  name: string;
  chunkSize: number;
  pool: BufferPool;
  hasher: ChunkHasher;
  /** Reads no more bytes than these. Default: all. */
  most?: number;
  onChunk?: OnChunk;
  /** Ends the read before its next chunk. */
  stop?: AbortSignal;
}): Promise<FileDigests> {
  const { path, name } = options;
  const handle = asked(name, () => openSync(path, openFlags));
  try {
    return await readOpen(handle, options);
  } finally {
    closeSync(handle);
  }
}

async function readOpen(handle: number, options: Parameters<typeof readChunks>[0]): Promise<FileDigests> {
  const { path, name, chunkSize, pool, hasher, most = Infinity, onChunk, stop } = options;
  const before = asked(name, () => fstatSync(handle, { bigint: true }));
  if (!before.isFile()) throw changed(name, 'it is no longer a regular file');
  const size = Number(before.size);
  const length = Math.min(size, most);
  const count = Math.max(1, Math.ceil(length / chunkSize));
  const digests = new Uint8Array(count * 32);
  // The only chunk's digest is the file's digest: small files are hashed once.
  const whole = count === 1 ? undefined : createHash('sha256');

  const read = (index: number, buffer: Uint8Array): Uint8Array => {
    const wanted = Math.min(chunkSize, length - index * chunkSize);
    const got = asked(name, () => readFully(handle, buffer, wanted, index * chunkSize));
    if (got < wanted) throw changed(name, `it ended ${wanted - got} bytes early`);
    return buffer.subarray(0, wanted);
  };
  const uses = new Set<Promise<void>>();
  const failures: unknown[] = [];
  for (let index = 0; index < count && failures.length === 0; index++) {
    if (stop?.aborted) break;
    // Waits when every buffer is being hashed or stored: the pool bounds memory.
    const buffer = await pool.acquire();
    const use = async () => {
      const bytes = read(index, buffer);
      const digested = hasher.digest(bytes);
      whole?.update(bytes);
      const digest = await digested;
      digests.set(digest, index * 32);
      await onChunk?.({ index, bytes, digest });
    };
    const using = use()
      .catch((error: unknown) => void failures.push(error))
      .finally(() => {
        pool.release(buffer);
        uses.delete(using);
      });
    uses.add(using);
    // Signals and timers are served, and buffers come back while they are still in the processor's cache.
    await eventLoopTurn();
  }
  await Promise.all(uses);
  if (failures.length > 0) throw failures[0];
  stop?.throwIfAborted();

  asked(name, () => assertUnchanged(handle, path, name, before));
  return { size, sha256: whole ? whole.digest() : digests, digests };
}

function readFully(handle: number, buffer: Uint8Array, wanted: number, position: number): number {
  let got = 0;
  while (got < wanted) {
    const bytes = readSync(handle, buffer, got, wanted - got, position + got);
    if (bytes === 0) break;
    got += bytes;
  }
  return got;
}

function assertUnchanged(handle: number, path: string, name: string, before: BigIntStats): void {
  if (readSync(handle, Buffer.alloc(1), 0, 1, Number(before.size)) > 0) throw changed(name, 'it got longer');
  const now = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  if (!now) throw changed(name, 'it was removed');
  if (now.ino !== before.ino || now.dev !== before.dev) throw changed(name, 'another file took its place');
  if (!isSameState(before, fstatSync(handle, { bigint: true }))) throw changed(name, 'it was written to');
}

/** Asks the system something about a file; what it refuses becomes an error that names the file. */
export function asked<T>(name: string, ask: () => T): T {
  try {
    return ask();
  } catch (error) {
    throw error instanceof BaseError ? error : unreadable(name, error);
  }
}

/** What of a look at a file tells whether it was written to since. */
export type FileState = Pick<BigIntStats, 'ino' | 'dev' | 'size' | 'mtimeNs' | 'ctimeNs'>;

/** Without the rest, which is most of it: a folder may hold a million files. */
export function stateOf({ ino, dev, size, mtimeNs, ctimeNs }: BigIntStats): FileState {
  return { ino, dev, size, mtimeNs, ctimeNs };
}

/** Whether nothing was written between two looks at a file. A write within the clock's tick (1-10 ms) can escape. */
export function isSameState(left: FileState, right: FileState): boolean {
  return (
    left.ino === right.ino &&
    left.dev === right.dev &&
    left.size === right.size &&
    left.mtimeNs === right.mtimeNs &&
    left.ctimeNs === right.ctimeNs
  );
}

export function changed(name: string, how: string, cause?: unknown): BaseError {
  return new BaseError('A file changed while it was read.', {
    code: 'file_changed',
    kind: 'transient',
    values: { file: name, change: how },
    hints: ['Stop what writes to it, or copy the data first, and start again.'],
    ...(cause === undefined ? {} : { cause }),
  });
}

export function unreadable(name: string, cause: unknown): BaseError {
  const code = (cause as NodeJS.ErrnoException).code;
  // What the walk saw and open does not find, or finds as a link, was replaced in between.
  if (code === 'ENOENT' || code === 'ELOOP' || code === 'ENXIO')
    return changed(name, 'it was removed or replaced', cause);
  return new BaseError('A file cannot be read.', {
    code: 'file_unreadable',
    values: { file: name, reason: code ?? String(cause) },
    hints: ['Check its permissions and the disk, or move it out of the folder.'],
    cause,
  });
}

/** A path that a person gave, and that leads to nothing that could have changed meanwhile. */
export function unreachable(path: string, cause: NodeJS.ErrnoException): BaseError {
  if (cause.code !== 'ELOOP') return unreadable(path, cause);
  return new BaseError('That path leads from one symbolic link to the next without an end.', {
    code: 'file_unreadable',
    values: { path },
    hints: ['Check the links.'],
    cause,
  });
}
