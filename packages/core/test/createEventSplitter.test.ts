import { expect, test } from 'vitest';
import { createEventSplitter, eventDataOf } from '../src/index.js';
import { fc } from './fixture.js';

const split = (bytes: Buffer, sizes: () => number): { events: Uint8Array[]; rest: Uint8Array } => {
  const splitter = createEventSplitter(1_000_000);
  const events: Uint8Array[] = [];
  for (let at = 0; at < bytes.length;) {
    const size = Math.max(1, sizes());
    events.push(...splitter.push(bytes.subarray(at, at + size)));
    at += size;
  }
  return { events, rest: splitter.rest() };
};

const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString();
const dataOf = (event: Uint8Array): string | undefined => eventDataOf(textOf(event));

const streams = {
  LF: 'data: {"a":"ö👋"}\n\n: comment\n\ndata: one\ndata: two\n\nevent: x\ndata:tight\n\ndata: [DONE]\n\n',
  CRLF: 'data: {"a":"ö👋"}\r\n\r\n: comment\r\n\r\ndata: one\r\ndata: two\r\n\r\nevent: x\r\ndata:tight\r\n\r\ndata: [DONE]\r\n\r\n',
  CR: 'data: {"a":"ö👋"}\r\r: comment\r\rdata: one\rdata: two\r\revent: x\rdata:tight\r\rdata: [DONE]\r\r',
};

test.each(Object.entries(streams))(
  '%s: every way to cut the bytes gives the same events, and loses no byte',
  (_, text) => {
    const bytes = Buffer.from(text);
    for (let size = 1; size <= bytes.length; size++) {
      const { events, rest } = split(bytes, () => size);
      expect(Buffer.concat([...events, rest])).toEqual(bytes);
      const data = [...events, rest].map(dataOf).filter((value) => value !== undefined);
      expect(data).toEqual(['{"a":"ö👋"}', 'one\ntwo', 'tight', '[DONE]']);
    }
  },
);

test('an event without its closing blank line is the rest', () => {
  const { events, rest } = split(Buffer.from('data: one\n\ndata: tw'), () => 3);
  expect(events.map(textOf)).toEqual(['data: one\n\n']);
  expect(textOf(rest)).toBe('data: tw');
});

test('an event that never ends is refused at the limit', () => {
  const splitter = createEventSplitter(100);
  splitter.push(Buffer.alloc(100, 'x'));
  expect(() => splitter.push(Buffer.alloc(1, 'x'))).toThrow(RangeError);
});

/** All at once: a line ends in CRLF, LF or CR, and an empty one ends an event. */
function eventsOf(text: string): string[] {
  const events: string[] = [];
  let event = '';
  for (const line of text.match(/[^\r\n]*(\r\n|\r|\n)/g) ?? []) {
    event += line;
    if (/^[^\r\n]/.test(line)) continue;
    events.push(event);
    event = '';
  }
  // After a CR that is the last byte, the LF that would belong to the event may still have come.
  if (event === '' && text.endsWith('\r') && events.join('') === text) events.pop();
  return events;
}

test('however line ends are mixed and bytes are cut, events end where an empty line does', () => {
  const text = fc.array(fc.constantFrom('\n', '\r', '\r\n', 'a', 'data: b'), { maxLength: 20 });
  const sizes = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1 });
  fc.assert(
    fc.property(text, sizes, (pieces, cuts) => {
      const whole = pieces.join('');
      let cut = 0;
      const { events, rest } = split(Buffer.from(whole), () => cuts[cut++ % cuts.length]!);
      expect(events.map(textOf)).toEqual(eventsOf(whole));
      expect(Buffer.concat([...events, rest]).toString()).toBe(whole);
    }),
    { numRuns: 2_000 },
  );
});
