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
  // Whether the current line has no bytes yet, and whether the last byte was a CR whose LF may still come.
  let lineIsEmpty = true;
  let afterReturn = false;
  let endsWithReturn = false;

  const take = (tail: Buffer): Buffer => {
    const event = held.length === 0 ? tail : Buffer.concat([...held, tail]);
    held = [];
    heldBytes = 0;
    return event;
  };

  return {
    push: (chunk) => {
      const events: Buffer[] = [];
      let start = 0;
      for (let at = 0; at < chunk.length; at++) {
        const byte = chunk[at];
        if (endsWithReturn) {
          // The blank line ended in CR: its event is complete, with this LF if there is one.
          endsWithReturn = false;
          const end = byte === lineFeed ? at + 1 : at;
          events.push(take(chunk.subarray(start, end)));
          start = end;
          lineIsEmpty = true;
          afterReturn = false;
          if (byte === lineFeed) continue;
        }
        if (byte === lineFeed) {
          if (afterReturn) afterReturn = false;
          else if (lineIsEmpty) {
            events.push(take(chunk.subarray(start, at + 1)));
            start = at + 1;
          } else lineIsEmpty = true;
        } else if (byte === carriageReturn) {
          if (lineIsEmpty) endsWithReturn = true;
          else lineIsEmpty = true;
          afterReturn = true;
        } else {
          lineIsEmpty = false;
          afterReturn = false;
        }
      }
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
