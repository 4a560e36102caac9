import { createEventSplitter, eventDataOf } from '@kedge/core';

/** As the `EventSplitter` of core, over buffers. */
export type SseSplitter = {
  /** Events that `chunk` completes. Throws RangeError when an event grows beyond the limit. */
  readonly push: (chunk: Buffer) => Buffer[];
  /** What is left when the stream ends: an event without its blank line, which clients ignore. */
  readonly rest: () => Buffer;
};

/** Cuts an upstream's stream into its events, every byte kept. */
export function createSseSplitter(maxEventBytes: number): SseSplitter {
  const splitter = createEventSplitter(maxEventBytes);
  return {
    push: (chunk) => splitter.push(chunk).map(bufferOf),
    rest: () => bufferOf(splitter.rest()),
  };
}

/** The `data` of one event; undefined when it has none. */
export function sseData(event: Buffer): string | undefined {
  return eventDataOf(event.toString('utf8'));
}

/** What came whole in one buffer is a part of it already. */
function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
