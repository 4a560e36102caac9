/** A fixed number of buffers: what bounds the memory of anchoring, however large the input and slow the disk. */
export type BufferPool = {
  acquire(): Promise<Uint8Array>;
  release(buffer: Uint8Array): void;
};

/** Buffers are made when first needed, on shared memory so that a worker hashes them without a copy. */
export function createBufferPool(count: number, size: number): BufferPool {
  const free: Uint8Array[] = [];
  const waiting: ((buffer: Uint8Array) => void)[] = [];
  let made = 0;
  return {
    acquire() {
      const buffer = free.pop();
      if (buffer) return Promise.resolve(buffer);
      if (made < count) {
        made++;
        return Promise.resolve(new Uint8Array(new SharedArrayBuffer(size)));
      }
      return new Promise((resolve) => waiting.push(resolve));
    },
    release(buffer) {
      const next = waiting.shift();
      if (next) next(buffer);
      else free.push(buffer);
    },
  };
}
