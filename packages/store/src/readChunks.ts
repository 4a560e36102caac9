import { createHash } from 'node:crypto';
import { constants, type BigIntStats } from 'node:fs';
import { lstat, open, type FileHandle } from 'node:fs/promises';
import { BaseError } from '@kedge/core';
import type { BufferPool } from './createBufferPool.js';
import type { FileHasher } from './createFileHasher.js';

/** What one read of a file gives. `digests` holds 32 bytes for each chunk. */
export type FileDigests = { readonly size: number; readonly sha256: Uint8Array; readonly digests: Uint8Array };

/** Called for each chunk; the bytes are reused once the promise has resolved. */
export type OnChunk = (chunk: {
  readonly index: number;
  readonly bytes: Uint8Array;
  readonly digest: Uint8Array;
}) => Promise<void> | void;

// Without NONBLOCK, opening a pipe that took a file's place would wait for a writer; NOFOLLOW does not exist everywhere.
const openFlags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/**
 * Reads a file once: its SHA-256 and that of each chunk. Compares size, times and inode before and after.
 *
 * @param options.name the file in errors
 * @throws BaseError `file_changed` when the file is written to, replaced or removed meanwhile, `file_unreadable`
 */
export async function readChunks(options: {
  path: string;
  name: string;
  chunkSize: number;
  pool: BufferPool;
  hasher: FileHasher;
  onChunk?: OnChunk;
}): Promise<FileDigests> {
  const { path, name } = options;
  let handle: FileHandle;
  try {
    handle = await open(path, openFlags);
  } catch (error) {
    throw unreadable(name, error);
  }
  try {
    return await readOpen(handle, options);
  } catch (error) {
    throw error instanceof BaseError ? error : unreadable(name, error);
  } finally {
    await handle.close();
  }
}

async function readOpen(handle: FileHandle, options: Parameters<typeof readChunks>[0]): Promise<FileDigests> {
  const { path, name, chunkSize, pool, hasher, onChunk } = options;
  const before = await handle.stat({ bigint: true });
  if (!before.isFile()) throw changed(name, 'it is no longer a regular file');
  const size = Number(before.size);
  const count = Math.max(1, Math.ceil(size / chunkSize));
  const digests = new Uint8Array(count * 32);
  // The only chunk's digest is the file's digest: small files are hashed once.
  const whole = count === 1 ? undefined : hasher.begin(count);

  const read = async (index: number): Promise<Chunk> => {
    const buffer = await pool.acquire();
    try {
      const wanted = Math.min(chunkSize, size - index * chunkSize);
      const got = await readFully(handle, buffer, wanted, index * chunkSize);
      if (got < wanted) throw changed(name, `it ended ${wanted - got} bytes early`);
      return { buffer, bytes: buffer.subarray(0, wanted) };
    } catch (error) {
      pool.release(buffer);
      throw error;
    }
  };
  const use = async (index: number, { buffer, bytes }: Chunk): Promise<void> => {
    try {
      const hashed = whole?.update(bytes);
      const digest = createHash('sha256').update(bytes).digest();
      digests.set(digest, index * 32);
      // Both still look at the buffer: it goes back to the pool when the slower one is done.
      const outcomes = await Promise.allSettled([hashed, onChunk?.({ index, bytes, digest })]);
      for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
    } finally {
      pool.release(buffer);
    }
  };

  // One chunk is read ahead while others are hashed and stored; the pool bounds how many.
  let ahead: Promise<Chunk> | undefined = read(0);
  const uses = new Set<Promise<void>>();
  let failure: { readonly error: unknown } | undefined;
  try {
    for (let index = 0; index < count && !failure; index++) {
      const chunk: Chunk = await ahead!;
      ahead = index + 1 < count ? read(index + 1) : undefined;
      ahead?.catch(() => {
        // Reported when the loop awaits it; this only keeps the process from ending before that.
      });
      const using = use(index, chunk)
        .catch((error: unknown) => {
          failure ??= { error };
        })
        .finally(() => uses.delete(using));
      uses.add(using);
    }
  } finally {
    // Nothing may use the handle or a buffer after this function.
    await Promise.allSettled([ahead?.then((chunk) => pool.release(chunk.buffer)), ...uses]);
  }
  if (failure) throw failure.error;

  await assertUnchanged(handle, path, name, before);
  return { size, sha256: whole ? await whole.digest() : digests, digests };
}

type Chunk = { readonly buffer: Uint8Array; readonly bytes: Uint8Array };

async function readFully(handle: FileHandle, buffer: Uint8Array, wanted: number, position: number): Promise<number> {
  let got = 0;
  while (got < wanted) {
    const { bytesRead } = await handle.read(buffer, got, wanted - got, position + got);
    if (bytesRead === 0) break;
    got += bytesRead;
  }
  return got;
}

async function assertUnchanged(handle: FileHandle, path: string, name: string, before: BigIntStats): Promise<void> {
  const probe = await handle.read(Buffer.alloc(1), 0, 1, Number(before.size));
  if (probe.bytesRead > 0) throw changed(name, 'it got longer');
  const now = await lstat(path, { bigint: true }).catch((cause: unknown) => {
    throw changed(name, 'it was removed', cause);
  });
  if (now.ino !== before.ino || now.dev !== before.dev) throw changed(name, 'another file took its place');
  const after = await handle.stat({ bigint: true });
  if (!isSameState(before, after)) throw changed(name, 'it was written to');
}

/** Whether nothing was written between two looks at a file. A write within the clock's tick (1-10 ms) can escape. */
export function isSameState(left: BigIntStats, right: BigIntStats): boolean {
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
