import { BaseError, createTurns } from '@kedge/core';
import { keyHasRoom } from '../keys/apiKeyAccess.js';
import { reasonOf } from '../structuredLog.js';
import { createOffers, type Offer, type OfferOptions, type RefusedCall, refuse } from './createOffers.js';
import type { DepositChain } from './depositChain.js';
import { createRecordedPayments, type RecordedPaymentsOptions } from './recordedPayments.js';
import { paymentNameOf, type SentRecord } from './topUpRecord.js';
import { encodeX402, parsePayment, type PaymentPayload, type PaymentResponse, x402Version } from './x402Messages.js';

/** Payments for calls (R28): what is asked for in a 402, and what comes of a payment. */
export type TopUps = {
  /** A refusal with what would lift it; as it was where nothing can be paid. */
  readonly offered: (error: BaseError, call: RefusedCall) => Promise<BaseError>;
  /**
   * Takes a payment into the next channel of the call's own, at most once however often it comes. Resolves with the
   * PAYMENT-RESPONSE when that channel is served from.
   * @throws BaseError 402 `payment_invalid`, `payment_reverts`: nothing was paid. 402 `payment_not_swept`: it was, and opened
   * nothing. 503 `payment_pending`: the same payment is to be sent again.
   */
  readonly pay: (header: string, call: RefusedCall) => Promise<string>;
  /** The PAYMENT-RESPONSE of a payment that was taken before. */
  readonly responseOf: (header: string) => string | undefined;
  /** What names a payment: a call that is sent again with it is the same call. */
  readonly idempotencyKeyOf: (header: string) => string | undefined;
  /** Takes over what is recorded by now, by whichever process, and serves what is not served yet. */
  readonly catchUp: () => Promise<void>;
  /** The same, and finds out what payments have come to. */
  readonly settle: () => Promise<void>;
};

export type TopUpOptions = OfferOptions & RecordedPaymentsOptions & { readonly chain: DepositChain };

const mostWaiting = 64;
// Behind one URL may be several nodes: what came of a payment that was taken is asked of one that is so far behind at most.
const behindSeconds = 60n;
// A chain that stood still may make up for the time with blocks of times that are past; one that nobody uses makes no block.
const stillSeconds = 3_600n;

export function createTopUps(options: TopUpOptions): TopUps {
  const { chain, log, opened } = options;
  const offers = createOffers(options);
  const payments = createRecordedPayments(options);
  const running = new Map<string, Promise<string>>();
  const takeTurn = createTurns();
  let waiting = 0;
  let settling: Promise<void> | undefined;

  const entryOf = async (
    payment: PaymentPayload,
    { rootId, holder, record, requirements }: Offer,
  ): Promise<SentRecord> => {
    const { from, nonce, validBefore } = payment.payload.authorization;
    return {
      kind: 'sent',
      payment: { from, nonce },
      rootId,
      holder,
      deposit: requirements.payTo,
      asset: requirements.asset,
      validBefore,
      fromBlock: await payments.blockBefore(),
      record,
    };
  };

  /** Of a payment that was taken, when what it opened is served: until then nobody is told to pay again. */
  const answerOf = async (response: PaymentResponse): Promise<string> => {
    const { channelId } = response.extra;
    if (opened.isAwaited(channelId)) await opened.serve();
    if (opened.isAwaited(channelId)) throw pending(undefined);
    return encodeX402(response);
  };

  const payOnce = async (payment: PaymentPayload, call: RefusedCall): Promise<string> => {
    const { authorization, signature } = payment.payload;
    const name = paymentNameOf(authorization);
    const known = payments.sent(name);
    if (known !== undefined) await payments.findOutcome(known);
    const taken = payments.responseOf(name);
    if (taken !== undefined) return answerOf(taken);
    const offer = await offers.check(payment, call);
    const entry = known ?? (await entryOf(payment, offer));
    const signed = { ...authorization, signature };
    const send = async (): Promise<void> => {
      // Anybody can write down a payment that nobody signed: it leaves nothing behind.
      await chain.checkPayment(offer.terms, signed);
      if (known === undefined) await options.keep(entry);
      payments.noteSent(entry);
      await chain.payAndSweep(offer.terms, signed);
    };
    const refusal = await send().then(
      () => pending(undefined),
      (error: unknown) => error,
    );
    await payments.findOutcome(entry);
    const response = payments.responseOf(name);
    if (response !== undefined) return answerOf(response);
    if (known === undefined && isReverted(refusal)) payments.forget(name);
    throw refusal;
  };

  /**
   * Of a payment that is refused, whether a transaction of it was sent that the chain may still take, or has taken.
   * @throws BaseError 402 `payment_not_swept` when it was taken, and opened nothing.
   */
  const mayBeTaken = async (name: string): Promise<boolean> => {
    const entry = payments.sent(name);
    if (entry === undefined) return false;
    const { isUsed, timestamp } = await chain.authorizationNow(entry);
    if (isUsed && timestamp >= entry.validBefore + behindSeconds) throw notSwept(entry);
    const now = BigInt(Math.floor(options.nowSeconds()));
    return isUsed || (timestamp < entry.validBefore && now < entry.validBefore + stillSeconds);
  };

  /** What is not known to have failed may have been paid. */
  const payOrWait = async (payment: PaymentPayload, call: RefusedCall): Promise<string> => {
    const name = paymentNameOf(payment.payload.authorization);
    const unlessTaken = async (error: unknown): Promise<never> => {
      throw isRefused(error) && (await mayBeTaken(name)) ? new Error(reasonOf(error), { cause: error }) : error;
    };
    try {
      return await payOnce(payment, call).catch(unlessTaken);
    } catch (error) {
      // What has no status is not for the client: it may wait until that is over.
      if (error instanceof BaseError && error.status !== undefined) throw error;
      log.warn('payment_pending', { reason: reasonOf(error) });
      throw pending(error);
    }
  };

  /** One transaction at a time. */
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    if (waiting >= mostWaiting) throw pending(undefined);
    waiting++;
    return takeTurn(work).finally(() => waiting--);
  };

  return {
    offered: async (error, call) => {
      checkKeyRoom(call);
      let offer: Offer | undefined;
      try {
        offer = await offers.offerFor(call);
      } catch (cause) {
        log.warn('offer_unavailable', { reason: reasonOf(cause) });
      }
      if (offer === undefined) return error;
      const { payTo, amount, asset, extra } = offer.requirements;
      const written = error.values['offer'] as object | undefined;
      const values = {
        ...(written === undefined ? {} : { offer: { ...written, deposit: { payTo, amount, asset } } }),
        paymentRequired: encodeX402({
          x402Version,
          error: error.shortMessage,
          resource: { url: call.url, description: 'Value for calls, in a channel.', mimeType: 'application/json' },
          accepts: [offer.requirements],
        }),
      };
      // What is wrong with a payment says itself whether to sign another.
      if (error.code?.startsWith('payment_')) return error.with({ values });
      const hint = `Pay ${amount} smallest units of ${extra.name} (${asset}) by x402, as the header PAYMENT-REQUIRED says, and send the call again with the payment.`;
      return error.with({ values, hints: [hint, ...error.hints] });
    },
    pay: async (header, call) => {
      checkKeyRoom(call);
      const payment = parsePayment(header);
      const name = paymentNameOf(payment.payload.authorization);
      const taken = payments.responseOf(name);
      if (taken !== undefined && !opened.isAwaited(taken.extra.channelId))
        throw refuse('This payment was taken before, and what it bought is used.').with({
          hints: ['Nothing was paid again. Sign another payment for what the offer asks.'],
        });
      const joined = running.get(name);
      if (joined !== undefined) return joined;
      const begun = inTurn(() => payOrWait(payment, call)).finally(() => running.delete(name));
      running.set(name, begun);
      return begun;
    },
    responseOf: (header) => {
      const name = readName(header);
      const response = name === undefined ? undefined : payments.responseOf(name);
      return response === undefined ? undefined : encodeX402(response);
    },
    idempotencyKeyOf: (header) => {
      const name = readName(header);
      return name === undefined ? undefined : `x402/${name}`;
    },
    catchUp: payments.catchUp,
    settle: () => (settling ??= payments.settle((name) => running.has(name)).finally(() => (settling = undefined))),
  };
}

/** @throws BaseError 402 `key_exhausted`: what a key may not spend, no payment changes. */
function checkKeyRoom({ served, worstUnits }: RefusedCall): void {
  if (served.key !== undefined) keyHasRoom(served.key, worstUnits, served.policy);
}

function readName(header: string): string | undefined {
  try {
    return paymentNameOf(parsePayment(header).payload.authorization);
  } catch (error) {
    if (error instanceof BaseError) return undefined;
    throw error;
  }
}

function isRefused(error: unknown): boolean {
  return error instanceof BaseError && error.status === 402;
}

function isReverted(error: unknown): boolean {
  return error instanceof BaseError && error.code === 'payment_reverts';
}

function pending(cause: unknown): BaseError {
  return new BaseError('The payment is not confirmed yet.', {
    code: 'payment_pending',
    status: 503,
    kind: 'transient',
    cause,
    values: { retryAfterSeconds: 5 },
    hints: ['Send the same request with the same payment again: it is taken once.'],
  });
}

/** Somebody else than the gateway paid it, or the payer took it back. */
function notSwept({ deposit, asset }: SentRecord): BaseError {
  return new BaseError("The payment's authorization was used or cancelled, and no channel was opened with it.", {
    code: 'payment_not_swept',
    status: 402,
    values: { deposit, asset },
    hints: [
      `If it was paid, it lies at the deposit address ${deposit}: anyone can open the channel with it (kedge deposit sweep), or its refund address gets it back (kedge deposit refund).`,
    ],
  });
}
