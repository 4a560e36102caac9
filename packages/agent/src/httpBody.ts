import type { IncomingMessage, ServerResponse } from 'node:http';
import { BaseError } from '@kedge/core';

const bodyLimit = 4 * 1024 * 1024;

/** Answers with JSON. */
export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  const text = JSON.stringify(body);
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
  response.end(text);
}

/** @throws BaseError `body_too_large` (413) */
export async function readBody(request: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of request as AsyncIterable<Buffer>) {
    size += piece.length;
    // What is over the limit is read but not kept: a client that still sends would not see an early answer.
    if (size <= bodyLimit) pieces.push(piece);
  }
  if (size > bodyLimit) {
    throw new BaseError('The body is too large.', {
      code: 'body_too_large',
      status: 413,
      values: { bytes: size, limit: bodyLimit },
      hints: ['Send fewer or shorter messages.'],
    });
  }
  return Buffer.concat(pieces).toString('utf8');
}
