import { receiptCommentPrefix, receiptHeader, type SignedReceipt } from '@kedge/core';
import { receiptText } from '../call/receiptText.js';
import type { HttpResponse } from '../http1/exchange.js';
import type { StoredAnswer } from './storedAnswer.js';

/** Answers as the first call was answered, with the same receipt. Nothing is charged. */
export function replayAnswer(
  response: HttpResponse,
  { headers, tailBytes }: StoredAnswer,
  body: Buffer,
  signed: SignedReceipt,
): void {
  const replayed = { ...headers, 'idempotent-replayed': 'true' };
  if (tailBytes < 0) {
    response.send(200, { ...replayed, [receiptHeader]: receiptText(signed) }, body);
    return;
  }
  response.begin(200, replayed);
  response.write(body.subarray(0, body.length - tailBytes));
  response.write(Buffer.from(`${receiptCommentPrefix}${receiptText(signed)}\n\n`));
  response.write(body.subarray(body.length - tailBytes));
  response.end();
}
