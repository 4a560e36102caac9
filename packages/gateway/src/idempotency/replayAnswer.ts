import { BaseError, receiptCommentPrefix, receiptHeader, type SignedReceipt } from '@kedge/core';
import { receiptText } from '../call/receiptText.js';
import type { HttpResponse } from '../http1/exchange.js';
import type { StoredAnswer } from './storedAnswer.js';

/**
 * Answers as the first call was answered, with the same receipt. Nothing is charged.
 * @throws BaseError 409 `answer_not_kept`, when the first answer was too long for that, or broke off when the gateway was killed.
 */
export function replayAnswer(
  response: HttpResponse,
  { headers, tailBytes, isTooLong }: StoredAnswer,
  body: Buffer,
  signed: SignedReceipt,
): void {
  if (isTooLong === true) {
    const { channelId, seq } = signed.receipt;
    throw new BaseError('The call was served and charged once; its answer was too long to be kept, or broke off.', {
      code: 'answer_not_kept',
      status: 409,
      values: { channelId, seq },
      hints: [
        `Its receipt is at GET /v1/receipts/${channelId}/${seq}. For the answer again, make a new call with a new key.`,
      ],
    });
  }
  const replayed = { ...headers, 'idempotent-replayed': 'true' };
  if (tailBytes < 0) {
    response.send(200, { ...replayed, [receiptHeader]: receiptText(signed) }, body);
    return;
  }
  response.begin(200, replayed);
  response.write(body.subarray(0, body.length - tailBytes));
  response.write(Buffer.from(`${receiptCommentPrefix}${receiptText(signed)}\n\n`));
  response.end(body.subarray(body.length - tailBytes));
}
