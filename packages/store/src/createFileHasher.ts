import { createHash } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';

/** SHA-256 of one whole file, fed chunk by chunk. A chunk may be reused once `update` has resolved. */
export type FileHash = {
  update(bytes: Uint8Array): Promise<void>;
  digest(): Promise<Uint8Array>;
};

/** Makes hashes of whole files; `close` ends the thread behind them. */
export type FileHasher = {
  begin(chunks: number): FileHash;
  close(): Promise<void>;
};

/** Files of fewer chunks are not worth a thread's messages. */
const threadFromChunks = 4;

// A whole file's SHA-256 cannot be derived from its chunks' digests: it is a second hash of the same bytes, and SHA-256
// is what bounds anchoring. So it runs beside the chunks' hashes. The program is text so that it starts the same from
// TypeScript sources and from the built package.
const program = `
const { parentPort } = require('node:worker_threads');
const { createHash } = require('node:crypto');
const hashes = new Map();
parentPort.on('message', ({ id, bytes }) => {
  let hash = hashes.get(id);
  if (!hash) hashes.set(id, (hash = createHash('sha256')));
  if (bytes) {
    hash.update(bytes);
    parentPort.postMessage({ id });
  } else {
    hashes.delete(id);
    parentPort.postMessage({ id, digest: hash.digest() });
  }
});`;

type Waiter = { resolve(digest: Uint8Array | undefined): void; reject(error: Error): void };

/** @param thread `never` hashes in this thread; `auto` uses a second one where there is a second core. */
export function createFileHasher(thread: 'auto' | 'never' = 'auto'): FileHasher {
  let worker: Worker | undefined;
  let allowed = thread === 'auto' && availableParallelism() > 1;
  let failure: Error | undefined;
  let lastId = 0;
  const waiting = new Map<number, Waiter[]>();

  function fail(error: Error): void {
    failure = error;
    for (const waiters of waiting.values()) for (const waiter of waiters) waiter.reject(error);
    waiting.clear();
  }

  function start(): Worker | undefined {
    if (worker || !allowed) return worker;
    try {
      worker = new Worker(program, { eval: true, name: 'kedge-hash' });
    } catch {
      // Node's permission model can forbid threads; the hash is then computed here, slower and equal.
      allowed = false;
      return undefined;
    }
    worker.on('message', ({ id, digest }: { id: number; digest?: Uint8Array }) => {
      waiting.get(id)?.shift()?.resolve(digest);
      if (digest) waiting.delete(id);
    });
    worker.on('error', fail);
    return worker;
  }

  function inThread(target: Worker): FileHash {
    const id = ++lastId;
    const waiters: Waiter[] = [];
    waiting.set(id, waiters);
    const send = (message: { id: number; bytes?: Uint8Array }) =>
      new Promise<Uint8Array | undefined>((resolve, reject) => {
        if (failure) return reject(failure);
        waiters.push({ resolve, reject });
        // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker, not a window
        target.postMessage(message);
      });
    return {
      update: async (bytes) => void (await send({ id, bytes })),
      digest: async () => (await send({ id }))!,
    };
  }

  return {
    begin(chunks) {
      const target = chunks >= threadFromChunks ? start() : undefined;
      return target ? inThread(target) : hereHash();
    },
    async close() {
      await worker?.terminate();
    },
  };
}

function hereHash(): FileHash {
  const hash = createHash('sha256');
  return {
    update(bytes) {
      hash.update(bytes);
      return Promise.resolve();
    },
    digest: () => Promise.resolve(hash.digest()),
  };
}
