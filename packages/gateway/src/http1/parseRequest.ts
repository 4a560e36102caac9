import { framingOf, isPersistent } from './messageParser.js';
import { type Head, type HeaderFields, HttpSyntaxError } from './parseHead.js';

/** What the head of a request says. */
export type RequestHead = {
  readonly method: string;
  /** As the client wrote it: a path with its query, or a URL. */
  readonly target: string;
  readonly headers: HeaderFields;
  readonly isHttp11: boolean;
  readonly framing: number | 'chunked';
  /** Whether the client wants the connection to last. */
  readonly keepAlive: boolean;
  /** Whether it waits for a word before it sends the body (RFC 9110, 10.1.1). */
  readonly expectsContinue: boolean;
};

// RFC 9112, 3: one space between its parts; a path, a URL, or the asterisk of OPTIONS.
const requestLine =
  /^(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS|TRACE) (\/[\x21-\x7e]*|[A-Za-z]+:\/\/[!$%&'()*+,.:;=@[\]_~0-9A-Za-z-]+(?:[/?][\x21-\x7e]*)?|\*) HTTP\/1\.([01])$/;
// RFC 3986, 3.2.2, without the comma that joins two headers.
const isHost = /^[!$%&'()*+.:;=[\]_~0-9A-Za-z-]*$/;

/** @throws HttpSyntaxError */
export function parseRequest({ startLine, headers }: Head): RequestHead {
  const line = requestLine.exec(startLine);
  if (line === null) throw new HttpSyntaxError(`No request begins with ${JSON.stringify(startLine.slice(0, 60))}.`);
  const [, method = '', target = '', minor] = line;
  const isHttp11 = minor === '1';
  const host = headers.get('host');
  // Two of them have a comma between them here.
  if (host === undefined ? isHttp11 : !isHost.test(host)) {
    throw new HttpSyntaxError('A request has exactly one Host header, with a host and perhaps a port.');
  }
  const framing = framingOf(headers) ?? 0;
  // RFC 9112, 6.1: HTTP/1.0 has none, and who passed it on may not have known what it was.
  if (framing === 'chunked' && !isHttp11) throw new HttpSyntaxError('HTTP/1.0 has no transfer codings.');
  return {
    method,
    target,
    headers,
    isHttp11,
    framing,
    keepAlive: isPersistent(isHttp11, headers),
    expectsContinue: isHttp11 && framing !== 0 && headers.get('expect')?.toLowerCase() === '100-continue',
  };
}
