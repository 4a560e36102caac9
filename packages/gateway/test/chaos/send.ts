import { type Agent, request as httpRequest } from 'node:http';
import { decodeSignedReceipt, receiptCommentPrefix, receiptHeader } from '@kedge/core';
import type { Outcome } from './history.js';

/** Sends one request, and hangs up after `abortAfter` bytes of the answer, if that is given. */
export function send(options: {
  readonly url: string;
  readonly agent: Agent;
  readonly apiKey: string;
  readonly body: string;
  readonly key: string | undefined;
  readonly abortAfter: number | undefined;
}): Promise<Outcome> {
  const { url, agent, apiKey, body, key, abortAfter } = options;
  return new Promise((resolve) => {
    let hungUp = false;
    const request = httpRequest(`${url}/v1/chat/completions`, {
      method: 'POST',
      agent,
      headers: {
        authorization: `Bearer ${apiKey}`,
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
        ...(key === undefined ? {} : { 'idempotency-key': key }),
      },
    });
    request.on('error', () => resolve({ kind: 'broken', isOwn: hungUp }));
    request.on('response', (response) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        bytes += chunk.length;
        if (abortAfter === undefined || bytes <= abortAfter) return;
        hungUp = true;
        request.destroy();
      });
      response.on('error', () => resolve({ kind: 'broken', isOwn: hungUp }));
      response.on('close', () => {
        if (hungUp || !response.complete) return resolve({ kind: 'broken', isOwn: hungUp });
        resolve(read(response.statusCode ?? 0, response.headers[receiptHeader], Buffer.concat(chunks)));
      });
    });
    request.end(body);
  });
}

function read(status: number, header: string | string[] | undefined, bytes: Buffer): Outcome {
  if (typeof header === 'string') {
    return { kind: 'answered', signed: decodeSignedReceipt(header), response: bytes };
  }
  const at = bytes.indexOf(receiptCommentPrefix);
  if (at < 0) return { kind: 'refused', status };
  const end = bytes.indexOf('\n\n', at);
  const text = bytes.toString('latin1', at + receiptCommentPrefix.length, end);
  const response = Buffer.concat([bytes.subarray(0, at), bytes.subarray(end + 2)]);
  return { kind: 'answered', signed: decodeSignedReceipt(text), response };
}
