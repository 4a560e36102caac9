import type { ServerResponse } from 'node:http';
import { receiptCommentPrefix, receiptHeader, type SignedReceipt } from '@kedge/core';
import { receiptText } from '../call/receiptText.js';
import type { StoredAnswer } from './storedAnswer.js';

/** Answers as the first call was answered, with the same receipt. Nothing is charged. */
export function replayAnswer(
  response: ServerResponse,
  { headers, tailBytes }: StoredAnswer,
  body: Buffer,
  signed: SignedReceipt,
): void {
  const replayed = { ...headers, 'idempotent-replayed': 'true' };
  if (tailBytes < 0) {
    response.writeHead(200, { ...replayed, 'content-length': body.length, [receiptHeader]: receiptText(signed) });
    response.end(body);
    return;
  }
  response.writeHead(200, replayed);
  response.write(body.subarray(0, body.length - tailBytes));
  response.write(`${receiptCommentPrefix}${receiptText(signed)}\n\n`);
  response.end(body.subarray(body.length - tailBytes));
}
