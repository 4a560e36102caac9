const lineFeed = 10;
const carriageReturn = 13;

/** Cuts a byte stream into server-sent events, every byte kept: `push` answers with those that a chunk completes. */
export function createEventSplitter(): {
  readonly push: (chunk: Uint8Array) => Uint8Array[];
  readonly rest: () => Uint8Array;
} {
  let held: Uint8Array[] = [];
  let isLineEmpty = true;
  let wasReturn = false;
  const take = (tail: Uint8Array): Uint8Array => {
    const event = concatBytes([...held, tail]);
    held = [];
    return event;
  };
  return {
    push: (chunk) => {
      const events: Uint8Array[] = [];
      let start = 0;
      for (const [at, byte] of chunk.entries()) {
        const isBreak = byte === carriageReturn || (byte === lineFeed && !wasReturn);
        wasReturn = byte === carriageReturn;
        if (!isBreak) {
          // The LF of a CRLF belongs to the break before it.
          if (byte !== lineFeed) isLineEmpty = false;
          continue;
        }
        if (isLineEmpty) {
          // With CRLF the last LF opens the next event's bytes, where it means nothing.
          events.push(take(chunk.subarray(start, at + 1)));
          start = at + 1;
        }
        isLineEmpty = true;
      }
      if (start < chunk.length) held.push(chunk.slice(start));
      return events;
    },
    rest: () => take(new Uint8Array(0)),
  };
}

/** The `data` of an event: its data lines joined by LF; undefined when it has none. */
export function dataOf(event: Uint8Array): string | undefined {
  const lines = new TextDecoder().decode(event).split(/\r\n|\r|\n/);
  const data = lines.filter((line) => line === 'data' || line.startsWith('data:'));
  return data.length === 0 ? undefined : data.map((line) => line.slice(5).replace(/^ /, '')).join('\n');
}

export function concatBytes(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
