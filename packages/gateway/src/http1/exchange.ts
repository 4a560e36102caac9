import type { HeaderFields, HttpSyntaxError } from './parseHead.js';
import type { RequestHead } from './parseRequest.js';

/** One request, as soon as its head is there. */
export type HttpRequest = {
  readonly method: string;
  /** As the client wrote it: a path with its query, or a URL. */
  readonly target: string;
  readonly headers: HeaderFields;
  readonly remoteAddress: string | undefined;
  /** Asks, once, for the whole body; exactly one of the two is called. Without it the body is thrown away. */
  readonly readBody: (
    maxBytes: number,
    onBody: (body: Buffer) => void,
    onFailure: (error: BodyFailure) => void,
  ) => void;
};

/** Why there is no body: it is longer than `maxBytes`, it is no HTTP, or the client left before its end. */
export type BodyFailure =
  | { readonly kind: 'tooLarge'; readonly bytes: number }
  | { readonly kind: 'invalid'; readonly error: HttpSyntaxError }
  | { readonly kind: 'gone' };

/** The answer to one request. What is called after the connection is gone does nothing. */
export type HttpResponse = {
  readonly hasBegun: () => boolean;
  readonly isGone: () => boolean;
  /** Calls back, once, when the connection goes before the answer has ended, or has gone already. */
  readonly onGone: (callback: (() => void) | undefined) => void;
  /** A whole answer. A string is taken for latin1: one byte a character. Headers are written as they are: no line ends in them. */
  readonly send: (status: number, headers: Readonly<Record<string, string>>, body: Buffer | string) => void;
  /** The head of an answer that comes in pieces. It leaves with the first of them, if that follows at once. */
  readonly begin: (status: number, headers: Readonly<Record<string, string>>) => void;
  /** The next piece. Answers whether more is welcome now; if not, `onDrain` tells when. */
  readonly write: (bytes: Buffer) => boolean;
  /** Calls back once, when all pieces have left; perhaps never, when the answer has ended before. Only the last that is given is called. */
  readonly onDrain: (callback: () => void) => void;
  /** The end of an answer that comes in pieces, with the last of them, if there is one. */
  readonly end: (last?: Buffer) => void;
  /** Leaves the connection open while the server stops, until it closes: what its client sends next is on its way, perhaps. */
  readonly keepConnection: () => void;
  /** Cuts the connection: the client sees that the answer is not whole. */
  readonly destroy: () => void;
};

/** A request's way through its connection. Its answer may end before its body has come, and the other way around. */
export type Exchange = {
  readonly isHead: boolean;
  readonly isHttp11: boolean;
  keepAlive: boolean;
  /** Whether what is left of the body costs more to read than a new connection. */
  readonly isLong: boolean;
  expectsContinue: boolean;
  hasBody: boolean;
  hasBegun: boolean;
  /** The head of an answer in pieces, while it waits for the first of them. */
  heldHead: string;
  hasEnded: boolean;
  ignoredBytes: number;
  reader: BodyReader | undefined;
  onGone: (() => void) | undefined;
  onDrain: (() => void) | undefined;
};

export type BodyReader = {
  readonly maxBytes: number;
  readonly chunks: Buffer[];
  bytes: number;
  /** How many of the last chunks are not in one piece yet. */
  loose: number;
  readonly onBody: (body: Buffer) => void;
  readonly onFailure: (error: BodyFailure) => void;
};

/** How much of a body that nobody reads is thrown away for the sake of the connection. */
export const mostIgnoredBytes = 1024 * 1024;

export function exchangeOf({
  method,
  isHttp11,
  framing,
  keepAlive,
  expectsContinue,
}: Pick<RequestHead, 'method' | 'isHttp11' | 'framing' | 'keepAlive' | 'expectsContinue'>): Exchange {
  return {
    isHead: method === 'HEAD',
    isHttp11,
    keepAlive,
    isLong: typeof framing === 'number' && framing > mostIgnoredBytes,
    expectsContinue,
    hasBody: false,
    hasBegun: false,
    heldHead: '',
    hasEnded: false,
    ignoredBytes: 0,
    reader: undefined,
    onGone: undefined,
    onDrain: undefined,
  };
}

/** The exchange of bytes that are no request. */
export const nobody: Exchange = Object.assign(
  exchangeOf({ method: '', isHttp11: true, framing: 0, keepAlive: false, expectsContinue: false }),
  { hasBody: true },
);

// As many chunks are kept as they come.
const mostLooseChunks = 256;

/** Chunks of a few bytes cost a hundred times their bytes as objects: many of them become one. */
export function keepChunk(reader: BodyReader, chunk: Buffer): void {
  const { chunks } = reader;
  chunks.push(chunk);
  if (++reader.loose < mostLooseChunks) return;
  chunks.push(Buffer.concat(chunks.splice(-mostLooseChunks)));
  reader.loose = 0;
}
