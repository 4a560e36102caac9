import { BaseError, type Hex } from '@kedge/core';
import { keyHasRoom } from '../keys/apiKeyAccess.js';
import { reasonOf, type StructuredLog } from '../structuredLog.js';
import type { OpenedChannels } from './createOpenedChannels.js';
import { createOffers, type Offer, type OfferOptions, type RefusedCall, refuse } from './createOffers.js';
import type { DepositChain } from './depositChain.js';
import {
  decodeTopUpRecord,
  type OpenedRecord,
  type PaymentName,
  paymentNameOf,
  type SentRecord,
  type TopUpRecord,
} from './topUpRecord.js';
import { encodeX402, parsePayment, type PaymentPayload, type PaymentResponse, x402Version } from './x402Messages.js';

/** Payments for calls (R28): what is asked for in a 402, and what comes of a payment. */
export type TopUps = {
  /** A refusal with what would lift it; as it was where nothing can be paid. */
  readonly offered: (error: BaseError, call: RefusedCall) => Promise<BaseError>;
  /**
   * Takes a payment into the next channel of the call's own, at most once however often it comes. Resolves with the
   * PAYMENT-RESPONSE when that channel is served from.
   * @throws BaseError 402 `payment_invalid`, `payment_reverts`: nothing was paid. 503 `payment_pending`: the same payment is
   * to be sent again.
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

export type TopUpOptions = OfferOptions & {
  readonly chain: DepositChain;
  /** Durable when it resolves. */
  readonly keep: (record: TopUpRecord) => Promise<unknown>;
  /** Records that were kept since it was called last. */
  readonly newRecords: () => Promise<readonly Uint8Array[]>;
  readonly opened: OpenedChannels;
  /** Whether this process finds out by itself what payments for a channel have come to. */
  readonly isOurs: (rootId: Hex) => boolean;
  readonly log: StructuredLog;
};

const mostWaiting = 64;
// A payment that came to us may have been sent by somebody else before.
const blocksBefore = 1_000n;
const forgetAfterSeconds = 86_400n;

export function createTopUps(options: TopUpOptions): TopUps {
  const { chain, log, opened } = options;
  const network = `eip155:${options.chainId}`;
  const offers = createOffers(options);
  const sent = new Map<string, SentRecord>();
  const responses = new Map<string, PaymentResponse>();
  const running = new Map<string, Promise<string>>();
  let last: Promise<unknown> = Promise.resolve();
  let waiting = 0;

  const noteOpened = (entry: OpenedRecord): void => {
    opened.add(entry);
    if (entry.payment !== undefined) noteTaken(entry.payment, entry);
  };

  const noteTaken = (payment: PaymentName, { record, spent, transaction }: OpenedRecord): void => {
    const name = paymentNameOf(payment);
    sent.delete(name);
    responses.set(name, {
      success: true,
      payer: payment.from,
      transaction,
      network,
      amount: spent.toString(),
      extra: { channelId: record.channelId, units: record.channel.cap.toString() },
    });
  };

  /** Takes down and serves what a deposit was swept into, whoever did it. What counts is the chain. */
  const findOutcome = async (entry: SentRecord): Promise<void> => {
    const { payment, deposit, fromBlock, rootId, holder } = entry;
    const swept = await chain.sweptOf(deposit, fromBlock);
    const paidIn = await chain.paidIn(entry.asset, payment.from, payment.nonce, fromBlock);
    // Paid in a transaction of its own, it was swept in a later one.
    const own =
      paidIn &&
      (swept.find(({ transaction }) => transaction === paidIn) ??
        swept.findLast((one) => opened.get(one.channelId) === undefined));
    for (const one of swept) {
      const { channelId, channel, spent, transaction } = one;
      if (opened.get(channelId) !== undefined) continue;
      const record = { ...entry.record, channel, channelId };
      const paid = one === own ? payment : undefined;
      const found: OpenedRecord = { kind: 'opened', rootId, holder, payment: paid, spent, transaction, record };
      await options.keep(found);
      noteOpened(found);
      log.info('topped_up', { channelId, continues: rootId, units: channel.cap, spent, transaction });
    }
    const known = own && opened.get(own.channelId);
    if (known !== undefined) noteTaken(payment, known);
    await opened.serve();
  };

  const begin = async (
    payment: PaymentPayload,
    { rootId, holder, record, requirements }: Offer,
  ): Promise<SentRecord> => {
    const { from, nonce, validBefore } = payment.payload.authorization;
    const now = await chain.blockNumber();
    const entry: SentRecord = {
      kind: 'sent',
      payment: { from, nonce },
      rootId,
      holder,
      deposit: requirements.payTo,
      asset: requirements.asset,
      validBefore,
      fromBlock: now > blocksBefore ? now - blocksBefore : 0n,
      record,
    };
    await options.keep(entry);
    sent.set(paymentNameOf(entry.payment), entry);
    return entry;
  };

  const payOnce = async (payment: PaymentPayload, call: RefusedCall): Promise<string> => {
    const { authorization, signature } = payment.payload;
    const name = paymentNameOf(authorization);
    const before = sent.get(name);
    if (before !== undefined) await findOutcome(before);
    const taken = responses.get(name);
    if (taken !== undefined) return encodeX402(taken);
    const offer = await offers.check(payment, call);
    const entry = before ?? (await begin(payment, offer));
    let refusal: unknown;
    try {
      await chain.payAndSweep(offer.terms, { ...authorization, signature });
    } catch (error) {
      refusal = error;
    }
    await findOutcome(entry);
    const response = responses.get(name);
    if (response !== undefined) return encodeX402(response);
    throw isReverted(refusal) ? refusal : pending(refusal);
  };

  const catchUp = async (): Promise<void> => {
    for (const payload of await options.newRecords()) {
      const record = decodeTopUpRecord(payload);
      if (record.kind === 'opened') noteOpened(record);
      else if (!responses.has(paymentNameOf(record.payment))) sent.set(paymentNameOf(record.payment), record);
    }
    await opened.serve();
  };

  /** One transaction at a time. */
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    if (waiting >= mostWaiting) throw pending(undefined);
    waiting++;
    const turn = last.then(work).finally(() => waiting--);
    last = turn.catch(() => undefined);
    return turn;
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
      const { payTo, amount, asset } = offer.requirements;
      const written = error.values['offer'] as object | undefined;
      return withValues(error, {
        ...(written === undefined ? {} : { offer: { ...written, deposit: { payTo, amount, asset } } }),
        paymentRequired: encodeX402({
          x402Version,
          error: error.shortMessage,
          resource: { url: call.url, description: 'Value for calls, in a channel.', mimeType: 'application/json' },
          accepts: [offer.requirements],
        }),
      });
    },
    pay: async (header, call) => {
      checkKeyRoom(call);
      const payment = parsePayment(header);
      const name = paymentNameOf(payment.payload.authorization);
      if (responses.has(name)) throw refuse('This payment was taken before, and what it bought is used.');
      const joined = running.get(name);
      if (joined !== undefined) return joined;
      const begun = inTurn(() => payOnce(payment, call)).finally(() => running.delete(name));
      running.set(name, begun);
      return begun;
    },
    responseOf: (header) => {
      const name = readName(header);
      const response = name === undefined ? undefined : responses.get(name);
      return response === undefined ? undefined : encodeX402(response);
    },
    idempotencyKeyOf: (header) => {
      const name = readName(header);
      return name === undefined ? undefined : `x402/${name}`;
    },
    catchUp,
    settle: async () => {
      await catchUp();
      for (const [name, entry] of sent) {
        if (running.has(name) || !options.isOurs(entry.rootId)) continue;
        await findOutcome(entry);
        // What the asset did not take by then, it never will.
        if (entry.validBefore + forgetAfterSeconds < BigInt(Math.floor(options.nowSeconds()))) sent.delete(name);
      }
    },
  };
}

/** The same error with more values. */
export function withValues(error: BaseError, values: Readonly<Record<string, unknown>>): BaseError {
  const { shortMessage, hints, kind, code, status, docsPath, cause } = error;
  return new BaseError(shortMessage, {
    hints,
    kind,
    cause,
    values: { ...error.values, ...values },
    ...(code === undefined ? {} : { code }),
    ...(status === undefined ? {} : { status }),
    ...(docsPath === undefined ? {} : { docsPath }),
  });
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
