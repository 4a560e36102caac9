const lineFeed = 10;
const carriageReturn = 13;

/** Cuts a byte stream into server-sent events, each with its closing blank line, every byte kept. */
export type SseSplitter = {
  /** Events that `chunk` completes. Throws RangeError when an event grows beyond the limit. */
  readonly push: (chunk: Buffer) => Buffer[];
  /** What is left when the stream ends: an event without its blank line, which clients ignore. */
  readonly rest: () => Buffer;
};

/**
 * Lines end in LF, CR or CRLF, as the HTML standard says. Works on bytes: a UTF-8 character split between chunks is whole
 * again in its event. The bytes of an event are the sender's, unaltered.
 */
export function createSseSplitter(maxEventBytes: number): SseSplitter {
  let held: Buffer[] = [];
  let heldBytes = 0;
  // Whether the current line has no bytes yet.
  let lineIsEmpty = true;
  // What the last byte, a CR, ended: its LF may still come.
  let returned: 'nothing' | 'line' | 'event' = 'nothing';

  const take = (tail: Buffer): Buffer => {
    const event = held.length === 0 ? tail : Buffer.concat([...held, tail]);
    held = [];
    heldBytes = 0;
    return event;
  };

  return {
    push: (chunk) => {
      const events: Buffer[] = [];
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
        if (heldBytes > maxEventBytes) throw new RangeError(`An event of the upstream exceeds ${maxEventBytes} bytes.`);
      }
      return events;
    },
    rest: () => take(Buffer.alloc(0)),
  };
}

/** The `data` of one event: its data lines joined by LF; undefined when it has none (a comment, a bare event name). */
export function sseData(event: Buffer): string | undefined {
  const text = event.toString('utf8');
  // By far most events are one LF-ended data line.
  if (text.startsWith('data: ') && text.indexOf('\n') === text.length - 2 && !text.includes('\r'))
    return text.slice(6, -2);
  let data: string | undefined;
  for (const line of text.replace(/^\uFEFF/, '').split(/\r\n|\r|\n/)) {
    if (line !== 'data' && !line.startsWith('data:')) continue;
    const value = line.slice(5).replace(/^ /, '');
    data = data === undefined ? value : `${data}\n${value}`;
  }
  return data;
}
