import { type Hex, type SignedReceipt, unitsOf } from '@kedge/core';
import { hashSalted } from '../crypto/hashSalted.js';
import type { KeptAnswer } from '../idempotency/createIdempotency.js';
import type { Measured } from '../surfaces/surface.js';
import { billedMetrics } from './billedMetrics.js';
import type { Call, CallServices } from './callContext.js';

/** What was delivered. */
export type Delivered = {
  readonly salt: Hex;
  readonly responseHash: Hex;
  readonly measured: Measured;
  /** Kept for a retry, when the call carries an Idempotency-Key. */
  readonly answer?: KeptAnswer | undefined;
};

/**
 * Commits the call's actual use, and gives back the rest of its reservation in the same turn. Resolves when the receipt is
 * durable. Never charges more than was reserved: what an upstream says beyond the cap is the operator's loss.
 */
export function chargeCall(call: Call, delivered: Delivered, services: CallServices): Promise<SignedReceipt> {
  const { served, surface, request, reservation } = call;
  const { measured } = delivered;
  const outputCap = request.quote.outputCap * request.quote.choices;
  if (measured.counts.outputTokens > outputCap) {
    services.log.warn('output_over_cap', {
      channelId: served.channelId,
      counted: measured.counts.outputTokens,
      charged: outputCap,
    });
  }
  const metrics = billedMetrics(served.policy, surface.pricedBy, measured, outputCap);
  const units = unitsOf(served.policy, metrics);
  const committed = services.commit({
    channelId: served.channelId,
    tokenId: served.channel.tokenId,
    classId: served.classId,
    policyHash: served.policyHash,
    requestHash: hashSalted(delivered.salt, call.requestBody),
    responseHash: delivered.responseHash,
    metrics,
    units,
    salt: delivered.salt,
    issuedAt: BigInt(Math.floor(services.nowSeconds())),
    answer: delivered.answer,
  });
  call.strict?.charged(units);
  reservation.release();
  return committed;
}
