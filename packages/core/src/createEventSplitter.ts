import { concatBytes } from './hex.js';

const lineFeed = 10;
const carriageReturn = 13;

/** Cuts a byte stream into server-sent events, each with its closing blank line, every byte kept. */
export type EventSplitter = {
  /** Events that `chunk` completes. Throws RangeError when an event grows beyond the limit. */
  readonly push: (chunk: Uint8Array) => Uint8Array[];
  /** What is left when the stream ends: an event without its blank line, which clients ignore. */
  readonly rest: () => Uint8Array;
};

/**
 * Lines end in LF, CR or CRLF, as the HTML standard says. Works on bytes: a UTF-8 character split between chunks is whole
 * again in its event. The bytes of an event are the sender's, unaltered; one that came whole is a view of its chunk.
 *
 * @param maxEventBytes Of one event; without it as many as come.
 *
 * @example
 * const [splitter, decoder] = [createEventSplitter(), new TextDecoder()];
 * for await (const chunk of response.body ?? []) {
 *   for (const event of splitter.push(chunk)) console.log(eventDataOf(decoder.decode(event)));
 * }
 */
export function createEventSplitter(maxEventBytes = Infinity): EventSplitter {
  let held: Uint8Array[] = [];
  let heldBytes = 0;
  // Whether the current line has no bytes yet.
  let lineIsEmpty = true;
  // What the last byte, a CR, ended: its LF may still come.
  let returned: 'nothing' | 'line' | 'event' = 'nothing';

  const take = (tail: Uint8Array): Uint8Array => {
    const event = held.length === 0 ? tail : concatBytes([...held, tail]);
    held = [];
    heldBytes = 0;
    return event;
  };

  return {
    push: (chunk) => {
      const events: Uint8Array[] = [];
      if (chunk.length === 0) return events;
      let start = 0;
      let line = returned !== 'nothing' && chunk[0] === lineFeed ? 1 : 0;
      const complete = (): void => {
        events.push(take(chunk.subarray(start, line)));
        start = line;
      };
      if (returned === 'event') complete();
      returned = 'nothing';
      let feed = chunk.indexOf(lineFeed, line);
      let carriage = chunk.indexOf(carriageReturn, line);
      while (feed >= 0 || carriage >= 0) {
        const byReturn = feed < 0 || (carriage >= 0 && carriage < feed);
        const end = byReturn ? carriage : feed;
        const isBlank = lineIsEmpty && end === line;
        lineIsEmpty = true;
        line = end + 1;
        if (byReturn && line === chunk.length) {
          returned = isBlank ? 'event' : 'line';
          break;
        }
        if (byReturn && feed === line) line++;
        if (isBlank) complete();
        // Each is looked for once: where there are none of one kind, its search goes through the chunk a single time.
        if (feed >= 0 && feed < line) feed = chunk.indexOf(lineFeed, line);
        if (carriage >= 0 && carriage < line) carriage = chunk.indexOf(carriageReturn, line);
      }
      if (line < chunk.length) lineIsEmpty = false;
      if (start < chunk.length) {
        const tail = chunk.subarray(start);
        held.push(tail);
        heldBytes += tail.length;
        if (heldBytes > maxEventBytes) throw new RangeError(`An event of the stream exceeds ${maxEventBytes} bytes.`);
      }
      return events;
    },
    rest: () => take(new Uint8Array(0)),
  };
}

/**
 * The `data` of one event: its data lines joined by LF; undefined when it has none (a comment, a bare event name).
 *
 * @param event Its text, from UTF-8.
 */
export function eventDataOf(event: string): string | undefined {
  // By far most events are one LF-ended data line.
  if (event.startsWith('data: ') && event.indexOf('\n') === event.length - 2 && !event.includes('\r'))
    return event.slice(6, -2);
  let data: string | undefined;
  for (const line of event.replace(/^\uFEFF/, '').split(/\r\n|\r|\n/)) {
    if (line !== 'data' && !line.startsWith('data:')) continue;
    const value = line.slice(5).replace(/^ /, '');
    data = data === undefined ? value : `${data}\n${value}`;
  }
  return data;
}
