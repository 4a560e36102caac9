import type { IncomingMessage } from 'node:http';
import { BaseError } from '@kedge/core';

/**
 * The request's bytes.
 * @throws BaseError 413 `request_too_large`; 400 `request_incomplete` when the client leaves in the middle.
 */
export function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const announced = Number(request.headers['content-length'] ?? 0);
    if (announced > maxBytes) return reject(tooLarge(announced, maxBytes));
    const chunks: Buffer[] = [];
    let bytes = 0;
    let whole = false;
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > maxBytes) {
        request.removeAllListeners('data');
        request.resume();
        reject(tooLarge(bytes, maxBytes));
      } else chunks.push(chunk);
    });
    request.once('end', () => {
      whole = true;
      const [only] = chunks;
      resolve(chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks));
    });
    request.once('close', () => {
      if (!whole) reject(new BaseError('The request ended early.', { code: 'request_incomplete', status: 400 }));
    });
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
