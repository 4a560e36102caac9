import { createEventSplitter } from '@kedge/core';

/**
 * Server-sent events of a stream, each with the empty line that ends it, byte for byte. Who stops listening before the end
 * ends the stream.
 */
export async function* eventsOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = stream.getReader();
  const splitter = createEventSplitter();
  let isRunning = true;
  try {
    for (;;) {
      // A read that fails has ended the stream, too.
      isRunning = false;
      const { done, value } = await reader.read();
      if (done) break;
      isRunning = true;
      yield* splitter.push(value);
    }
    const rest = splitter.rest();
    if (rest.length > 0) yield rest;
  } finally {
    if (isRunning) await reader.cancel();
  }
}
