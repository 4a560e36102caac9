import { checkPartialHead, type Head, HttpSyntaxError, parseHead } from './parseHead.js';

/** How a body ends: after so many bytes, with its last chunk, or with the connection. */
export type Framing = number | 'chunked' | 'untilClose';

/** What a message is told to: `head`, `data` any number of times, `end`. */
export type MessageListener = {
  /** Answers with how the body ends; undefined when the head stands for nothing (an interim response). May throw. */
  readonly head: (head: Head) => Framing | undefined;
  /** The bytes are only there until it returns. */
  readonly data: (chunk: Buffer) => void;
  readonly end: () => void;
};

/** Reads one message after another from the bytes of a connection. */
export type MessageParser = {
  /** @throws HttpSyntaxError, and what the listener throws; nothing more may be pushed then. */
  readonly push: (bytes: Buffer) => void;
  /** The other side closed: ends a body that lasts until then. @throws HttpSyntaxError in the middle of a message. */
  readonly close: () => void;
  /** While it is paused, what is pushed is kept; `resume` goes on with it. */
  readonly pause: () => void;
  readonly resume: () => void;
  /** Whether the beginning of a head has come. */
  readonly isWithinHead: () => boolean;
  /** Whether it keeps bytes that it has not looked at, because it is paused. */
  readonly isHolding: () => boolean;
};

const maxLineBytes = 4 * 1024;
const maxTrailerBytes = 16 * 1024;
// Of a whole body, so that nobody sends gigabytes around a body of a few bytes.
const maxExtensionBytes = 16 * 1024;
const blankLine = Buffer.from('\r\n\r\n');
const crlf = Buffer.from('\r\n');

/** A strict parser of RFC 9112: what a lenient one would guess at is an error here. */
export function createMessageParser(listener: MessageListener, maxHeadBytes: number): MessageParser {
  let state: 'head' | 'length' | 'untilClose' | 'size' | 'chunk' | 'chunkEnd' | 'trailer' = 'head';
  let held: Buffer | undefined;
  let left = 0;
  let trailerBytes = 0;
  let extensionBytes = 0;
  let isPaused = false;

  const end = (): void => {
    state = 'head';
    listener.end();
  };

  /** Where `mark` is; -1 when it has not come yet. */
  const find = (bytes: Buffer, at: number, mark: Buffer, limit: number): number => {
    const found = bytes.indexOf(mark, at);
    // Half of the mark may have come already.
    if (found < 0 ? bytes.length - at > limit + mark.length - 1 : found - at > limit) {
      if (state === 'chunkEnd') throw new HttpSyntaxError('A chunk is longer than its size.');
      throw new HttpSyntaxError(
        `A ${state === 'size' ? 'line of a chunk' : state} is longer than ${limit} bytes.`,
        state === 'size' ? 400 : 431,
      );
    }
    return found;
  };

  const frame = (framing: Framing | undefined): void => {
    if (framing === undefined) return;
    if (framing === 0) return end();
    if (framing === 'chunked') {
      state = 'size';
      extensionBytes = 0;
    } else if (framing === 'untilClose') state = 'untilClose';
    else {
      state = 'length';
      left = framing;
    }
  };

  /** Reads what it can. What is left is kept: as it is where the bytes are our own, else as a copy. */
  const read = (bytes: Buffer, areOurs: boolean): void => {
    const keep = (at: number): void => {
      held = areOurs ? bytes.subarray(at) : Buffer.from(bytes.subarray(at));
    };
    for (let at = 0; at < bytes.length;) {
      if (isPaused) return keep(at);
      if (state === 'head') {
        // An empty line before a message is what some senders leave after a body (RFC 9112, 2.2).
        if (isLineEnd(bytes, at)) {
          at += 2;
          continue;
        }
        const found = find(bytes, at, blankLine, maxHeadBytes);
        if (found < 0) {
          checkPartialHead(bytes, at);
          return keep(at);
        }
        const head = parseHead(bytes, at, found);
        at = found + 4;
        frame(listener.head(head));
      } else if (state === 'length' || state === 'chunk') {
        const to = Math.min(bytes.length, at + left);
        left -= to - at;
        listener.data(bytes.subarray(at, to));
        at = to;
        if (left > 0) return;
        if (state === 'length') end();
        else state = 'chunkEnd';
      } else if (state === 'untilClose') {
        listener.data(bytes.subarray(at));
        return;
      } else if (state === 'size') {
        const found = find(bytes, at, crlf, maxLineBytes);
        if (found < 0) return keep(at);
        const line = bytes.toString('latin1', at, found);
        left = chunkSize(line);
        if (found - at > maxDigits) extensionBytes += found - at;
        if (extensionBytes > maxExtensionBytes) {
          throw new HttpSyntaxError(`The extensions of chunks are longer than ${maxExtensionBytes} bytes.`, 413);
        }
        at = found + 2;
        trailerBytes = 0;
        state = left === 0 ? 'trailer' : 'chunk';
      } else if (state === 'chunkEnd' && isLineEnd(bytes, at)) {
        at += 2;
        state = 'size';
      } else {
        // After a chunk comes an empty line; after the last, trailers, which nobody reads, and an empty line.
        const found = find(bytes, at, crlf, state === 'trailer' ? maxTrailerBytes - trailerBytes : 0);
        if (found < 0) return keep(at);
        const isEmpty = found === at;
        if (!isEmpty) checkTrailer(bytes.toString('latin1', at, found));
        trailerBytes += found - at;
        at = found + 2;
        if (state === 'chunkEnd') state = 'size';
        else if (isEmpty) end();
      }
    }
  };

  const push = (arrived: Buffer): void => {
    const before = held;
    held = undefined;
    if (before === undefined) read(arrived, false);
    else read(Buffer.concat([before, arrived]), true);
  };

  return {
    push,
    close: () => {
      if (state === 'untilClose') return end();
      if (state !== 'head' || held !== undefined) throw new HttpSyntaxError('The connection ended within a message.');
    },
    pause: () => {
      isPaused = true;
    },
    resume: () => {
      isPaused = false;
      const before = held;
      held = undefined;
      if (before !== undefined) read(before, true);
    },
    isWithinHead: () => state === 'head' && held !== undefined && !isPaused,
    isHolding: () => isPaused && held !== undefined,
  };
}

/**
 * How a message's body ends when its headers say so (RFC 9112, 6.3); undefined when they say nothing. `chunked` is the only
 * transfer coding, and a length is digits, said once: two ways to frame one body are how requests are smuggled.
 * @throws HttpSyntaxError
 */
export function framingOf(headers: Head['headers']): number | 'chunked' | undefined {
  const coding = headers.get('transfer-encoding');
  const length = headers.get('content-length');
  if (coding !== undefined) {
    if (length !== undefined) throw new HttpSyntaxError('A body has a length and a transfer coding.');
    if (coding.toLowerCase() !== 'chunked') {
      throw new HttpSyntaxError(`The transfer coding ${JSON.stringify(coding.slice(0, 40))} is not known here.`, 501);
    }
    return 'chunked';
  }
  if (length === undefined) return undefined;
  if (!/^\d{1,15}$/.test(length))
    throw new HttpSyntaxError(`The length of a body is ${JSON.stringify(length.slice(0, 40))}.`);
  return Number(length);
}

/** Whether the connection lasts beyond a message of this version (RFC 9112, 9.3). */
export function isPersistent(isHttp11: boolean, headers: Head['headers']): boolean {
  const connection = headers.get('connection');
  if (connection === undefined) return isHttp11;
  const options = connection.toLowerCase().split(',');
  const names = (option: string): boolean => options.some((name) => name.trim() === option);
  return isHttp11 ? !names('close') : names('keep-alive') && !names('close');
}

const maxDigits = 12;
// RFC 9112, 7.1.1: names with values that are tokens or quoted strings. What they say means nothing here.
const chunkLine =
  /^([0-9a-fA-F]{1,12})(?:;[!#$%&'*+.^_`|~0-9A-Za-z-]+(?:=(?:[!#$%&'*+.^_`|~0-9A-Za-z-]+|"(?:[\t \x21\x23-\x5b\x5d-\x7e\x80-\xff]|\\[\t \x21-\x7e\x80-\xff])*"))?)*$/;

function isLineEnd(bytes: Buffer, at: number): boolean {
  return bytes[at] === 0x0d && bytes[at + 1] === 0x0a;
}

/** RFC 9112, 7.1: hexadecimal digits and extensions, without the blanks that only some parsers allow. */
function chunkSize(line: string): number {
  const size = chunkLine.exec(line)?.[1];
  if (size === undefined) throw new HttpSyntaxError(`The size of a chunk is ${JSON.stringify(line.slice(0, 40))}.`);
  return Number.parseInt(size, 16);
}

function checkTrailer(line: string): void {
  const name = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[\t\x20-\x7e\x80-\xff]*$/.exec(line)?.[1]?.toLowerCase();
  // RFC 9110, 6.5.1: what says how a body ends may not come after it.
  if (name !== undefined && name !== 'content-length' && name !== 'transfer-encoding') return;
  throw new HttpSyntaxError(`There is no trailer in the line ${JSON.stringify(line.slice(0, 60))}.`);
}
