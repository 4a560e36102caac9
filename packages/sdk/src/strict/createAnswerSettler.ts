import { decodeSignedReceipt, quotedPolicy, receiptHeader, type Policy, type SignedReceipt } from '@kedge/core';
import type { PayerContext, PayerParameters } from './channelPayer.js';
import { checkReceipt } from './checkReceipt.js';
import type { CallMeter } from './createCallMeter.js';
import type { VoucherSender } from './createVoucherSender.js';
import type { Place } from './placeOf.js';
import { jsonIn } from './readAnswer.js';
import { readBytes } from './readBytes.js';
import { readPaidStream } from './readPaidStream.js';
import type { CallAccount, StrictChannel, VoucherAccount } from './voucherAccount.js';
import { badReceipt, overcounts, readReceipt } from './voucherErrors.js';

/** A call that the gateway answers, and what its answer is counted by. */
type SentCall = {
  readonly call: CallAccount;
  readonly meter: CallMeter;
  readonly request: Uint8Array;
  readonly place: Place;
  /** Base units of an output token. */
  readonly outputRate: bigint;
  /** Whether it may be answered as an earlier call was: it has an Idempotency-Key, or a payment, which counts as one. */
  readonly mayBeReplayed: boolean;
};

/**
 * Passes answers on to the caller: counts what comes, checks the receipt, and pays for it.
 *
 * @param rememberEnd is called after something came
 */
export function createAnswerSettler(
  parameters: PayerParameters,
  { track, faults }: PayerContext,
  account: VoucherAccount,
  vouchers: VoucherSender,
  rememberEnd: () => void,
): (answer: Response, sent: SentCall) => Response | Promise<Response> {
  const { channelId, policy } = parameters;
  const seen = new Set<bigint>();

  const settle = async (
    answer: Response,
    signed: SignedReceipt,
    response: Uint8Array,
    { call, meter, request, place, mayBeReplayed }: SentCall,
  ): Promise<void> => {
    // Of a call that is none, an operator says so to be paid by another quote than the one that it told.
    const isReplay = mayBeReplayed && answer.headers.get('idempotent-replayed') === 'true';
    const ownUnits = response.length === 0 ? 0n : meter.units(isReplay ? termsOfReplay(signed, policy) : undefined);
    const payer = isReplay ? payerOfReplay(signed, parameters) : parameters;
    const receiptHash = await checkReceipt(signed, payer, { ownUnits, request, response });
    const { seq, units, cumulativeUnits, previousReceiptHash } = signed.receipt;
    // The answer of an earlier call with the same Idempotency-Key: it was paid then, or as a lost one, by this run or one before.
    if (payer !== parameters || seen.has(seq) || account.isCovered(seq)) call.cancel();
    else {
      const possibleUnits = account.settledUnits() + account.unseenUnits();
      if (cumulativeUnits > possibleUnits) {
        const counted = { channelId, seq, cumulativeUnits, possibleUnits };
        throw overcounts(
          `its receipts come to ${cumulativeUnits} base units, this client saw ${possibleUnits} at most`,
          counted,
        );
      }
      seen.add(seq);
      call.settle(units, { seq, receiptHash, previousReceiptHash });
    }
    rememberEnd();
    vouchers.handInLater(place);
  };

  const settleWhole = async (answer: Response, sent: SentCall): Promise<Response> => {
    try {
      const body = await readBytes(answer);
      const text = answer.headers.get(receiptHeader);
      if (text === null) throw badReceipt('it has none');
      const json = jsonIn(body);
      if (json !== undefined) sent.meter.addAnswer(json);
      const signed = readReceipt(() => decodeSignedReceipt(text));
      await settle(answer, signed, body, sent);
      return new Response(body, { status: answer.status, headers: answer.headers });
    } catch (error) {
      sent.call.lose();
      rememberEnd();
      faults.note(error);
      throw error;
    }
  };

  const settleStream = (answer: Response, body: ReadableStream<Uint8Array>, sent: SentCall): Response => {
    const { call, meter, place, outputRate } = sent;
    const signEveryUnits = parameters.signEveryUnits ?? outputRate * 16n;
    let over: () => void = () => undefined;
    void track(new Promise<void>((resolve) => (over = resolve)));
    let lastSigned = meter.inputUnits;
    const stream = readPaidStream(body, meter, {
      onProgress: () => {
        const units = meter.signableUnits();
        if (units === lastSigned || units < lastSigned + signEveryUnits) return;
        lastSigned = units;
        call.count(units);
        vouchers.handInLater(place);
      },
      onDue: async () => {
        call.count(meter.units());
        await vouchers.handInSurely(place);
      },
      onReceipt: async (signed, received) => {
        await settle(answer, signed, received, sent);
        over();
      },
      onNothing: () => {
        call.cancel();
        rememberEnd();
        over();
      },
      onLost: (error) => {
        faults.note(error);
        call.count(meter.units());
        call.lose();
        rememberEnd();
        vouchers.handInLater(place);
        over();
      },
    });
    return new Response(stream, { status: answer.status, headers: answer.headers });
  };

  return (answer, sent) => {
    const isStream = /^text\/event-stream\b/i.test(answer.headers.get('content-type') ?? '');
    return isStream && answer.body !== null ? settleStream(answer, answer.body, sent) : settleWhole(answer, sent);
  };
}

/**
 * The channel that pays for an answer: that of an earlier call with the same Idempotency-Key may have been paid for by the channel
 * that this one continues, or by one that continues it. Nothing is signed for it here.
 */
function payerOfReplay({ receipt }: SignedReceipt, own: StrictChannel): StrictChannel {
  const { channelId, tokenId } = receipt;
  if (channelId === own.channelId) return own;
  return { ...own, channelId, channel: { ...own.channel, tokenId } };
}

/**
 * The answer of an earlier call with the same Idempotency-Key was metered by what counted then, which its receipt proves.
 * Undefined where no quote ever counts.
 */
function termsOfReplay({ rateQuote }: SignedReceipt, policy: Policy): Policy | undefined {
  if (policy.oracle === undefined) return undefined;
  return rateQuote === undefined ? policy : quotedPolicy(policy, rateQuote.quote);
}
