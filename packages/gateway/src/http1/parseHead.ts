/** Header fields by their name in lower case. Values of a name that comes more than once are joined by commas (RFC 9110, 5.3). */
export type HeaderFields = ReadonlyMap<string, string>;

export type Head = { readonly startLine: string; readonly headers: HeaderFields };

/** What arrived is no HTTP/1.1 message. */
export class HttpSyntaxError extends Error {
  readonly code = 'HTTP_SYNTAX';
  /** What a server answers with. */
  readonly status: 400 | 413 | 431 | 501;
  constructor(message: string, status: 400 | 413 | 431 | 501 = 400) {
    super(message);
    this.status = status;
  }
}

const tab = 9;
const lineFeed = 10;
const carriageReturn = 13;
const spaceByte = 32;
const colonByte = 58;
const deleteByte = 127;

// The characters of a token (RFC 9110, 5.6.2).
const isTokenByte = Uint8Array.from({ length: 256 }, (_, byte) =>
  /[!#$%&'*+.^_`|~0-9A-Za-z-]/.test(String.fromCharCode(byte)) ? 1 : 0,
);

/**
 * Reads a message's head, without its closing blank line: RFC 9112 as written. Every line ends in CRLF; a name is a token
 * right before its colon; a value has no control character; no line continues another. What parsers are known to disagree
 * about is refused, because what one takes for a header is another's next request.
 * @throws HttpSyntaxError
 */
export function parseHead(bytes: Buffer, start: number, end: number): Head {
  const text = bytes.toString('latin1', start, end);
  let at = lineEnd(bytes, start, end);
  const startLine = text.slice(0, at - start);
  const headers = new Map<string, string>();
  while (at < end) {
    const from = at + 2;
    let colon = from;
    while (colon < end && isTokenByte[bytes[colon] as number] === 1) colon++;
    if (colon === from || bytes[colon] !== colonByte) {
      throw new HttpSyntaxError(
        `There is no header in the line ${JSON.stringify(text.slice(from - start, from - start + 60))}.`,
      );
    }
    at = lineEnd(bytes, colon, end);
    let valueStart = colon + 1;
    let valueEnd = at;
    while (valueStart < valueEnd && isSpace(bytes[valueStart])) valueStart++;
    while (valueEnd > valueStart && isSpace(bytes[valueEnd - 1])) valueEnd--;
    const name = text.slice(from - start, colon - start).toLowerCase();
    const value = text.slice(valueStart - start, valueEnd - start);
    if (
      valueEnd < at &&
      (name === 'content-length' || name === 'transfer-encoding') &&
      bytes.subarray(valueEnd, at).includes(tab)
    ) {
      // Some parsers take the tab for a part of the value, and so see another body.
      throw new HttpSyntaxError(`The header ${JSON.stringify(`${name}: ${value}`.slice(0, 60))} ends in a tab.`);
    }
    const earlier = headers.get(name);
    headers.set(name, earlier === undefined ? value : `${earlier}, ${value}`);
  }
  return { startLine, headers };
}

/**
 * Of a head that has not come as a whole: whether it can still become one. Who speaks TLS, or ends lines with a bare LF,
 * is told so at once instead of after a wait for the rest.
 * @throws HttpSyntaxError
 */
export function checkPartialHead(bytes: Buffer, start: number): void {
  // The LF of the last CR may be on its way.
  const end = bytes[bytes.length - 1] === carriageReturn ? bytes.length - 1 : bytes.length;
  for (let at = start; at < end;) at = lineEnd(bytes, at, end) + 2;
}

/** Where the line ends that has byte `at`. */
function lineEnd(bytes: Buffer, from: number, end: number): number {
  for (let at = from; at < end; at++) {
    const byte = bytes[at] as number;
    if (byte >= spaceByte ? byte !== deleteByte : byte === tab) continue;
    if (byte === carriageReturn && bytes[at + 1] === lineFeed && at + 1 < end) return at;
    throw new HttpSyntaxError(`A line has the control character 0x${byte.toString(16).padStart(2, '0')}.`);
  }
  return end;
}

function isSpace(byte: number | undefined): boolean {
  return byte === spaceByte || byte === tab;
}
