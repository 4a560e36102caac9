import { BaseError } from '@kedge/core';
import type { HttpSyntaxError } from '../http1/parseHead.js';
import type { HttpRequest } from '../http1/exchange.js';

/**
 * Asks for the request's bytes. One of the two is called, mostly before the next turn of the event loop.
 * Fails with BaseError 415 `content_encoding_refused`; 413 `request_too_large`; 400 `http_invalid`, or `request_incomplete` when the client leaves within it.
 */
export function readBody(
  request: HttpRequest,
  maxBytes: number,
  onBody: (body: Buffer) => void,
  onFailure: (error: BaseError) => void,
): void {
  const encoding = request.headers.get('content-encoding') ?? 'identity';
  if (!/^(identity)?$/i.test(encoding)) return onFailure(encoded(encoding));
  request.readBody(maxBytes, onBody, (failure) => {
    if (failure.kind === 'tooLarge') onFailure(tooLarge(failure.bytes, maxBytes));
    else if (failure.kind === 'invalid') onFailure(invalidHttp(failure.error));
    else onFailure(new BaseError('The request ended early.', { code: 'request_incomplete', status: 400 }));
  });
}

/** The same, as a promise. */
export function bodyOf(request: HttpRequest, maxBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => readBody(request, maxBytes, resolve, reject));
}

/** For bytes that are no HTTP/1.1 request: 400, 413, 431 or 501. */
export function invalidHttp(error: HttpSyntaxError): BaseError {
  return new BaseError('What was sent is no HTTP/1.1 request.', {
    code: 'http_invalid',
    status: error.status,
    values: { reason: error.message },
    hints: ['Use an HTTP client; https is not spoken here, so put a TLS proxy in front for it.'],
  });
}

/** A few bytes could become gigabytes, so nothing is unpacked. */
function encoded(encoding: string): BaseError {
  return new BaseError('The request body is compressed.', {
    code: 'content_encoding_refused',
    status: 415,
    values: { contentEncoding: encoding.slice(0, 40) },
    hints: ['Send it as it is, without content-encoding.'],
  });
}

function tooLarge(bytes: number, maxBytes: number): BaseError {
  return new BaseError('The request body is too large.', {
    code: 'request_too_large',
    status: 413,
    values: { bytes, maxBytes },
    hints: ['Send less, or ask the operator to raise maxRequestBytes.'],
  });
}
