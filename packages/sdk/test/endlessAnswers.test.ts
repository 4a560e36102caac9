import { expect, test, vi } from 'vitest';
import type { CallMeter } from '../src/strict/createCallMeter.js';
import { problemIn } from '../src/strict/problemIn.js';
import { readBytes } from '../src/strict/readBytes.js';
import { readPaidStream } from '../src/strict/readPaidStream.js';

const chunk = new Uint8Array(1024 * 1024).fill(0x61);
// So many of them are kept of one answer.
const most = 256;

/** Never ends; how much of it was asked for. */
function endless(): {
  readonly body: ReadableStream<Uint8Array>;
  readonly asked: () => number;
  readonly left: () => boolean;
} {
  let asked = 0;
  let left = false;
  const body = new ReadableStream<Uint8Array>({
    pull: (controller) => {
      if (++asked > 2 * most) controller.error(new Error('read on and on'));
      else controller.enqueue(chunk);
    },
    cancel: () => void (left = true),
  });
  return { body, asked: () => asked, left: () => left };
}

test('an answer that does not end is left before it fills the memory', async () => {
  const { body, asked, left } = endless();
  await expect(readBytes(new Response(body))).rejects.toMatchObject({ code: 'answer_too_long' });
  expect(asked()).toBeLessThan(most + 4);
  expect(left()).toBe(true);
});

test('a stream that does not end is left before it fills the memory, and is lost', async () => {
  const { body, asked, left } = endless();
  const onLost = vi.fn();
  const listener = { onLost, onNothing: vi.fn(), onProgress: vi.fn(), onDue: vi.fn(), onReceipt: vi.fn() };
  const stream = readPaidStream(body, {} as CallMeter, listener);
  await expect(new Response(stream).text()).rejects.toMatchObject({ code: 'answer_too_long' });
  expect(onLost).toHaveBeenCalledOnce();
  expect(asked()).toBeLessThan(most + 4);
  expect(left()).toBe(true);
});

test('a refusal that does not end says nothing', async () => {
  const { body, asked } = endless();
  expect(await problemIn(new Response(body, { status: 403 }))).toEqual({});
  expect(asked()).toBeLessThan(most + 4);
});

test('an answer without a body is none', async () => {
  expect(await readBytes(new Response(null))).toHaveLength(0);
  expect(new TextDecoder().decode(await readBytes(new Response('whole')))).toBe('whole');
});
