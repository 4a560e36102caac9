import { createHash } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';

/** SHA-256 of chunks. The bytes must stay as they are until the promise resolves. */
export type ChunkHasher = {
  digest(bytes: Uint8Array): Promise<Uint8Array>;
  close(): Promise<void>;
};

/** Smaller chunks are not worth a message to another thread. */
const threadFromBytes = 128 * 1024;
/** One being hashed and one waiting keep the thread busy; whatever else there is to hash, this thread does itself. */
const threadQueue = 2;

// A whole file's SHA-256 cannot be derived from its chunks' digests: it is a second hash of the same bytes, and SHA-256
// is what bounds anchoring. So chunks are hashed by a second thread as far as it keeps up; on a machine without a free
// core that costs nothing. The program is text so that it starts the same from TypeScript sources and from the built
// package.
const program = `
const { parentPort } = require('node:worker_threads');
const { createHash } = require('node:crypto');
parentPort.on('message', (bytes) => parentPort.postMessage(createHash('sha256').update(bytes).digest()));`;

/** @param thread `never` hashes in this thread only; `auto` uses a second one where there is a second core. */
export function createChunkHasher(thread: 'auto' | 'never'): ChunkHasher {
  let worker = thread === 'auto' && availableParallelism() > 1 ? start() : undefined;
  /** Chunks that the worker has, in its order. */
  const sent: { readonly bytes: Uint8Array; resolve(digest: Uint8Array): void }[] = [];

  function start(): Worker | undefined {
    let started: Worker;
    try {
      started = new Worker(program, { eval: true });
    } catch {
      // Node's permission model can forbid threads.
      return undefined;
    }
    started.on('message', (digest: Uint8Array) => sent.shift()?.resolve(digest));
    started.on('error', () => {
      // What the thread cannot do, this one does: the result is the same.
      worker = undefined;
      for (const { bytes, resolve } of sent.splice(0)) resolve(sha256(bytes));
    });
    return started;
  }

  return {
    digest(bytes) {
      if (!worker || bytes.length < threadFromBytes || sent.length >= threadQueue)
        return Promise.resolve(sha256(bytes));
      const target = worker;
      return new Promise((resolve) => {
        sent.push({ bytes, resolve });
        // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker, not a window
        target.postMessage(bytes);
      });
    },
    async close() {
      await worker?.terminate();
    },
  };
}

function sha256(bytes: Uint8Array): Uint8Array {
  return createHash('sha256').update(bytes).digest();
}
