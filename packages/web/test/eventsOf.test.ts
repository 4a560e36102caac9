import { expect, test } from 'vitest';
import { eventsOf } from '../src/data/eventsOf.js';

const encoder = new TextEncoder();

/** A stream of these pieces, and whether its reader ended it. */
function streamOf(pieces: readonly string[]) {
  const left = [...pieces];
  const seen = { cancelled: false };
  const stream = new ReadableStream<Uint8Array>({
    pull: (controller) => {
      const piece = left.shift();
      if (piece === undefined) controller.close();
      else controller.enqueue(encoder.encode(piece));
    },
    cancel: () => {
      seen.cancelled = true;
    },
  });
  return { stream, seen };
}

async function readAll(pieces: readonly string[]): Promise<string[]> {
  const events: string[] = [];
  for await (const event of eventsOf(streamOf(pieces).stream)) events.push(new TextDecoder().decode(event));
  return events;
}

test('events end at an empty line, whatever ends lines and wherever pieces are cut, and no byte is lost', async () => {
  expect(await readAll(['data: a\n\ndata', ': b\n', '\ndata: c'])).toEqual(['data: a\n\n', 'data: b\n\n', 'data: c']);
  expect(await readAll(['data: a\r\rdata: b\r', '\r'])).toEqual(['data: a\r\r', 'data: b\r\r']);
  const windows = ['data: a\r\n\r', '\ndata: b\r\n\r\n'];
  expect(await readAll(windows)).toEqual(['data: a\r\n\r\n', 'data: b\r\n\r\n']);
});

test('who stops listening ends the stream; a stream that ended is not ended again', async () => {
  const early = streamOf(['data: a\n\ndata: b\n\n', 'data: c\n\n']);
  for await (const event of eventsOf(early.stream)) {
    expect(event).toHaveLength(9);
    break;
  }
  expect(early.seen.cancelled).toBe(true);
  const whole = streamOf(['data: a\n\n']);
  for await (const event of eventsOf(whole.stream)) expect(event).toHaveLength(9);
  expect(whole.seen.cancelled).toBe(false);
});
