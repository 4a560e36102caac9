import {
  encodeSignedVoucher,
  type Policy,
  policyHashOf,
  rateQuoteHeader,
  voucherHeader,
  type SignedVoucher,
  type VoucherMemory,
} from '@kedge/core';
import { keccak256 } from '../keccak256.js';
import type { AskedCall, ChannelPayer, PayerContext, PayerParameters } from './channelPayer.js';
import { createChannelRates } from './channelRates.js';
import { createAnswerSettler } from './createAnswerSettler.js';
import type { CallMeter } from './createCallMeter.js';
import { createRefusals } from './createRefusals.js';
import { createVoucherSender } from './createVoucherSender.js';
import { createWaitingLine, type WaitingPlace } from './createWaitingLine.js';
import { loadTokenCounter } from './loadTokenCounter.js';
import type { PaidPlace } from './placeOf.js';
import { readAsked } from './readAsked.js';
import { resumeAccount } from './resumeAccount.js';
import { createVoucherAccount } from './voucherAccount.js';

export function createChannelPayer(parameters: PayerParameters, context: PayerContext): ChannelPayer {
  const { channelId, policy, onMemory } = parameters;
  const { send, ask, faults } = context;
  const rates = createChannelRates({ ...parameters, policyHash: policyHashOf(policy, keccak256) }, ask);
  const account = createVoucherAccount(parameters, parameters.account, parameters.memory ?? firstMemory(parameters));
  const lineUp = createWaitingLine(account);

  /** Before anything leaves: what cannot be remembered is not sent. */
  const remember = (): void => onMemory?.(account.memory());
  /** After something came: it counts all the same, and what was remembered before allows for it. The next call says what is wrong. */
  const rememberEnd = (): void => {
    try {
      remember();
    } catch {
      // An answer that is paid for is not withheld for that.
    }
  };
  const vouchers = createVoucherSender(account, remember, context);
  const settleAnswer = createAnswerSettler(parameters, context, account, vouchers, rememberEnd);

  let resumed: Promise<void> | undefined;
  let resuming: Promise<void> | undefined;
  /** One at a time, and no call begins meanwhile: what the operator says counts all calls that it has, and those are lost ones then. */
  const resume = (place: PaidPlace): Promise<void> =>
    (resuming ??= resumeAccount(account, parameters, place, ask)
      .catch((error: unknown) => {
        faults.note(error);
        throw error;
      })
      .finally(() => (resuming = undefined)));
  const refusalsOf = createRefusals({ account, rates, vouchers, resume });

  const askUnpaid: ChannelPayer['askUnpaid'] = ({ url, headers, body, signal, options }) =>
    send(url, { ...options, method: 'POST', headers: headersWith(headers, account.memory().newest), body, signal });

  const pay = async (asked: AskedCall, place: PaidPlace): Promise<Response> => {
    const { headers: given, body, signal } = asked;
    const count = await loadTokenCounter(policy.tokenizer);
    const meterUnder = place.read(await readAsked(body, given.get('content-type')), count);
    await (resumed ??= resume(place).catch((error: unknown) => {
      resumed = undefined;
      throw error;
    }));
    if (account.isUncertain() && account.runningCount() === 0) await resume(place);
    faults.check();
    const line = lineUp(signal);
    try {
      return await payNow(asked, place, meterUnder, line);
    } finally {
      line.leave();
    }
  };

  const payNow = async (
    asked: AskedCall,
    place: PaidPlace,
    meterUnder: (policy: Policy) => CallMeter,
    line: WaitingPlace,
  ): Promise<Response> => {
    const { url, headers: given, body, signal, options } = asked;
    const mayRetry = refusalsOf(place, line);
    for (;;) {
      const terms = await rates.current(place);
      const meter = meterUnder(terms.policy);
      // The gateway refuses it, and would keep what was signed for it.
      if (isBeyondPolicy(terms.policy, meter)) return askUnpaid(asked);
      await resuming;
      signal.throwIfAborted();
      const call = account.begin(meter);
      let isAsked = false;
      try {
        remember();
        const endedBefore = account.endedCount();
        const signed = await account.sign();
        remember();
        const headers = headersWith(given, signed);
        if (terms.sequence !== undefined) headers.set(rateQuoteHeader, terms.sequence);
        signal.throwIfAborted();
        isAsked = true;
        const response = await send(url, { ...options, method: 'POST', headers, body, signal });
        if (response.ok) {
          vouchers.noteHeld(signed);
          const outputRate = BigInt(terms.policy.rates.output_tokens ?? 0);
          const sent = { call, meter, request: body, place, outputRate, mayBeReplayed: mayBeReplayed(given) };
          return await settleAnswer(response, sent);
        }
        call.cancel();
        if (!(await mayRetry({ response, meter, signed, endedBefore }))) return response;
        await response.body?.cancel();
        faults.check();
      } catch (error) {
        // Of a call that was asked for, nobody knows whether it was made.
        if (isAsked && !isUnsent(error)) call.lose();
        else call.cancel();
        rememberEnd();
        throw error;
      }
    }
  };

  return { channelId, pay, askUnpaid, memory: account.memory };
}

/** Of a client that has none: of an earlier run, one call may be lost. */
function firstMemory({ policy, lostUnits }: PayerParameters): VoucherMemory {
  const dearestOutput = BigInt(policy.oracle?.bounds.output_tokens?.max ?? policy.rates.output_tokens ?? 0);
  const oneCall = dearestOutput * BigInt(policy.caps.outputTokensPerCall);
  return { settledUnits: 0n, lostUnits: lostUnits ?? oneCall, newest: null };
}

/** The caller's headers with a voucher; how long the body is, whoever sends it says. */
function headersWith(given: Headers, signed: SignedVoucher | null): Headers {
  const headers = new Headers(given);
  if (signed !== null) headers.set(voucherHeader, encodeSignedVoucher(signed));
  headers.delete('content-length');
  return headers;
}

/** Whether the gateway may give the answer of an earlier call: the headers that it knows one by. */
function mayBeReplayed(headers: Headers): boolean {
  return headers.has('idempotency-key') || headers.has('payment-signature');
}

/** What was asked for is more than the policy allows for one call. */
function isBeyondPolicy({ caps }: Policy, { input, inputUnits }: CallMeter): boolean {
  const { inputTokensPerCall = Infinity, unitsPerCall } = caps;
  return input.inputTokens > inputTokensPerCall || (unitsPerCall !== undefined && inputUnits > BigInt(unitsPerCall));
}

/** No connection was made: what may be claimed as lost does not grow with each try while the gateway is down. */
function isUnsent(error: unknown): boolean {
  const { cause } = error instanceof Error ? error : {};
  return cause instanceof Error && unconnected.has(String((cause as { readonly code?: unknown }).code));
}

const unconnected = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);
