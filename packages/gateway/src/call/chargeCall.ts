import type { Hex, Measured, SignedReceipt } from '@kedge/core';
import { hashSalted } from '../crypto/hashSalted.js';
import type { KeptAnswer } from '../idempotency/createIdempotency.js';
import type { CommitInput } from '../ledger/receiptBatcher.js';
import { chargeOf } from '../rates/chargeOf.js';
import type { Call } from './call.js';
import type { CallServices } from './callServices.js';

/** What was delivered. */
export type Delivered = {
  readonly salt: Hex;
  readonly responseHash: Hex;
  readonly measured: Measured;
  /** Kept for a retry, when the call carries an Idempotency-Key. */
  readonly answer?: KeptAnswer | undefined;
};

/**
 * Commits the call's actual use, as `commitInputOf` says it, and gives back the rest of its reservation in the same turn.
 * Resolves when the receipt is durable. Never charges more than was reserved: what an upstream says beyond the cap is the operator's loss.
 */
export function chargeCall(
  call: Call,
  measured: Measured,
  input: CommitInput,
  services: CallServices,
): Promise<SignedReceipt | undefined> {
  const { served, request, reservation } = call;
  const outputCap = request.quote.outputCap * request.quote.choices;
  if (measured.counts.outputTokens > outputCap) {
    services.log.warn('output_over_cap', {
      channelId: served.channelId,
      counted: measured.counts.outputTokens,
      charged: outputCap,
    });
  }
  call.span?.charged(input, measured);
  const committed = services.commit(input);
  if (call.span !== undefined) void committed.then(call.span.durable, () => undefined);
  services.live?.charged(served, input.units);
  call.strict?.charged(input.units);
  reservation.release();
  return committed;
}

/** What the ledger is told of a call that delivered so much. */
export function commitInputOf(call: Call, delivered: Delivered, services: CallServices): CommitInput {
  const { served, surface, request, requestBody } = call;
  const outputCap = request.quote.outputCap * request.quote.choices;
  const issuedAt = BigInt(Math.floor(services.nowSeconds()));
  const charge = chargeOf(served, surface.pricedBy, delivered.measured, outputCap, issuedAt);
  return {
    channelId: served.channelId,
    tokenId: served.channel.tokenId,
    classId: served.classId,
    policyHash: served.policyHash,
    requestHash: hashSalted(delivered.salt, requestBody),
    responseHash: delivered.responseHash,
    metrics: charge.metrics,
    units: charge.units,
    rateQuote: charge.rateQuote,
    salt: delivered.salt,
    issuedAt,
    answer: delivered.answer,
    hasWindows: served.policy.caps.windows !== undefined,
    key: served.key?.account,
  };
}
