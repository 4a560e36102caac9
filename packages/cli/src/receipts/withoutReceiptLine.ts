import { receiptCommentPrefix } from '@kedge/core';

const receiptComment = new RegExp(`^${receiptCommentPrefix}[A-Za-z0-9_=-]+\\r?\\n(?:\\r?\\n)?`, 'm');

/**
 * The bytes of an answer that its hash is over (R16): a saved stream without the comment line of its receipt and the empty
 * line that ends it. Anything else is returned as it is.
 */
export function withoutReceiptLine(body: Buffer): Buffer {
  // Latin-1 gives one character for each byte, whatever the encoding of the body.
  const text = body.toString('latin1');
  return receiptComment.test(text) ? Buffer.from(text.replace(receiptComment, ''), 'latin1') : body;
}
