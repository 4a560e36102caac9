import { receiptHeader } from '@kedge/core';
import { hashSalted } from '../crypto/hashSalted.js';
import type { Call } from './call.js';
import type { CallServices } from './callServices.js';
import { quoteEnded } from '../rates/quoteEnded.js';
import { chargeCall, commitInputOf } from './chargeCall.js';
import { receiptText } from './receiptText.js';

/**
 * A whole answer: measured, charged, and only when its receipt is durable (R13) handed to the client, byte for byte.
 * @throws BaseError at once, 502 when it is no answer of its surface, 504 when it comes too late to be charged by its rate
 * quote or by the policy's own rates; nothing is charged then.
 */
export function answerWhole(
  call: Call,
  headers: Record<string, string>,
  body: Buffer,
  services: CallServices,
): Promise<void> {
  const latin1 = body.toString('latin1');
  const measured = call.request.measure(body, latin1);
  const salt = services.newSalt(call.served.key?.apiKeySha256);
  const answer = call.slot?.keep(headers, body, -1);
  const input = commitInputOf(call, { salt, responseHash: hashSalted(salt, body), measured, answer }, services);
  // By no metric: else a long call that is begun as its quote ends would be free.
  if (call.served.quoted !== undefined && input.metrics.length === 0) throw quoteEnded();
  return chargeCall(call, measured, input, services).then((signed) => {
    if (call.response.isGone()) return;
    if (signed !== undefined) headers[receiptHeader] = receiptText(signed);
    // As a latin1 string, which is the same bytes, so that head and body leave in one write.
    call.response.send(200, headers, latin1);
    services.checkUsage(measured, call);
  });
}
