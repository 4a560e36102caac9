import {
  BaseError,
  decodeSignedReceipt,
  encodeSignedVoucher,
  type Hex,
  isJsonObject,
  type Policy,
  policyHashOf,
  quotedPolicy,
  rateQuoteHeader,
  receiptHeader,
  signedVoucherToJson,
  voucherHeader,
  type SignedReceipt,
} from '@kedge/core';
import { keccak256 } from '../keccak256.js';
import { createChannelRates } from './channelRates.js';
import { createWaitingLine, type WaitingPlace } from './createWaitingLine.js';
import { checkReceipt } from './checkReceipt.js';
import { loadTokenCounter } from './loadTokenCounter.js';
import type { CallMeter } from './createCallMeter.js';
import type { PaidPlace, Place } from './placeOf.js';
import { jsonIn } from './readAnswer.js';
import { readAsked } from './readAsked.js';
import { readPaidStream } from './readPaidStream.js';
import { resumeAccount } from './resumeAccount.js';
import {
  createVoucherAccount,
  type CallAccount,
  type ChannelKey,
  type StrictChannel,
  type VoucherAccount,
  type VoucherMemory,
  type VoucherPart,
} from './voucherAccount.js';
import { badReceipt, overcounts } from './voucherErrors.js';

/** What one channel is paid from, and with. */
export type PayerParameters = StrictChannel & {
  /** Signs vouchers: the account of the channel key. */
  readonly account: ChannelKey;
  /** What an earlier run of this client left, from `memory` of its `KedgeFetch`: of this channel, not of one that continues it. */
  readonly memory?: VoucherMemory;
  /**
   * Is called with what the next run should be given: before each call and before each voucher, neither of which is sent where it
   * throws, and after each call.
   */
  readonly onMemory?: (memory: VoucherMemory) => void;
  /**
   * Without a `memory`: the most base units that are paid for calls of an earlier run whose answers were lost, given the
   * operator's receipt for them. Default: what one call may cost at most under the policy's cap of output tokens.
   */
  readonly lostUnits?: bigint;
  /** While a stream runs, how many base units pile up before the next voucher. Default: those of 16 output tokens. */
  readonly signEveryUnits?: bigint;
};

/** A call as it was asked for: its body may be sent more than once. */
export type AskedCall = {
  readonly url: string;
  readonly headers: Headers;
  readonly body: Uint8Array<ArrayBuffer>;
  readonly signal: AbortSignal;
};

/** Pays for calls from one channel. */
export type ChannelPayer = {
  readonly channelId: Hex;
  readonly pay: (asked: AskedCall, place: PaidPlace) => Promise<Response>;
  /** Asks with what is signed already, for what the gateway says to it. */
  readonly askUnpaid: (asked: AskedCall) => Promise<Response>;
  readonly memory: () => VoucherMemory;
};

/** What the payers of one client have in common. */
export type PayerContext = {
  readonly send: (input: string, init: RequestInit) => Promise<Response>;
  /** Work that the client is not idle without. */
  readonly track: <T>(work: Promise<T>) => Promise<T>;
  /** Nothing is signed after the operator was caught. */
  readonly faults: {
    readonly note: (error: unknown) => void;
    /** @throws what it was caught with. */
    readonly check: () => void;
  };
};

export function createChannelPayer(parameters: PayerParameters, context: PayerContext): ChannelPayer {
  const { channelId, policy, onMemory } = parameters;
  const { send, track, faults } = context;
  const dearestOutput = BigInt(policy.oracle?.bounds.output_tokens?.max ?? policy.rates.output_tokens ?? 0);
  const policyHash = policyHashOf(policy, keccak256);
  const rates = createChannelRates({ ...parameters, policyHash }, send);
  const memory = parameters.memory ?? {
    settledUnits: 0n,
    lostUnits: parameters.lostUnits ?? dearestOutput * BigInt(policy.caps.outputTokensPerCall),
    newest: null,
  };
  const account: VoucherAccount = createVoucherAccount(parameters, parameters.account, memory);
  const lineUp = createWaitingLine(account);
  const seen = new Set<bigint>();
  let heldUnits: readonly bigint[] = [0n];
  let resumed: Promise<void> | undefined;

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
  const stopAt = (error: unknown): never => {
    faults.note(error);
    throw error;
  };

  /** The gateway was given a voucher over so much. */
  const noteHeld = (units: bigint): void => {
    heldUnits = [...heldUnits.slice(-1), units];
  };
  /** Answers whether there was anything that the gateway had not. */
  const handIn = async (place: Place): Promise<boolean> => {
    const isNew = await handInPart('received', place);
    return (await handInPart('due', place)) || isNew;
  };
  const handInPart = async (part: VoucherPart, place: Place): Promise<boolean> => {
    faults.check();
    if (heldUnits.includes(part === 'due' ? account.dueUnits() : account.receivedUnits())) return false;
    const signed = await account.sign(part);
    const { cumulativeUnits } = signed.voucher;
    remember();
    const response = await send(place.vouchers, {
      method: 'POST',
      headers: { ...place.authorization, 'content-type': 'application/json' },
      body: JSON.stringify(signedVoucherToJson(signed)),
    });
    await response.body?.cancel();
    // 409: it holds as much already.
    if (response.ok || response.status === 409) {
      noteHeld(cumulativeUnits);
      return response.ok;
    }
    throw new BaseError('The gateway does not take the voucher.', {
      code: 'voucher_unsent',
      kind: 'transient',
      values: { status: response.status },
      hints: ['It goes with the next call. If that is refused, too, ask the operator.'],
    });
  };
  /** For vouchers that need not arrive now: the next call carries the newest in its header. */
  const handInLater = (place: Place): void => void track(handIn(place).catch(() => false));

  const settle = async (
    call: CallAccount,
    signed: SignedReceipt,
    seenBodies: { readonly ownUnits: bigint; readonly request: Uint8Array; readonly response: Uint8Array },
    place: Place,
  ): Promise<void> => {
    const receiptHash = await checkReceipt(signed, parameters, seenBodies);
    const { seq, units, cumulativeUnits, previousReceiptHash } = signed.receipt;
    // The answer of an earlier call with the same Idempotency-Key: it was paid then.
    if (seen.has(seq)) call.cancel();
    else {
      const possibleUnits = account.settledUnits() + account.unseenUnits();
      if (cumulativeUnits > possibleUnits) {
        throw overcounts(
          `its receipts come to ${cumulativeUnits} base units, this client saw ${possibleUnits} at most`,
          {
            channelId,
            seq,
            cumulativeUnits,
            possibleUnits,
          },
        );
      }
      seen.add(seq);
      call.settle(units, { seq, receiptHash, previousReceiptHash });
    }
    rememberEnd();
    handInLater(place);
  };

  const answerWhole = async (
    response: Response,
    call: CallAccount,
    meter: CallMeter,
    request: Uint8Array,
    place: Place,
  ): Promise<Response> => {
    try {
      const body = new Uint8Array(await response.arrayBuffer());
      const text = response.headers.get(receiptHeader);
      if (text === null) throw badReceipt('it has none');
      const answer = jsonIn(body);
      if (answer !== undefined) meter.addAnswer(answer);
      const signed = decodeSignedReceipt(text);
      const ownUnits = body.length === 0 ? 0n : meter.units(termsOfReplay(response, signed, policy));
      await settle(call, signed, { ownUnits, request, response: body }, place);
      return new Response(body, { status: response.status, headers: response.headers });
    } catch (error) {
      call.lose();
      rememberEnd();
      return stopAt(error);
    }
  };

  const answerStream = (
    response: Response,
    call: CallAccount,
    meter: CallMeter,
    request: Uint8Array,
    place: Place,
    outputRate: bigint,
  ): Response => {
    const signEveryUnits = parameters.signEveryUnits ?? outputRate * 16n;
    let over: () => void = () => undefined;
    void track(new Promise<void>((resolve) => (over = resolve)));
    let lastSigned = meter.inputUnits;
    const stream = readPaidStream(response.body!, meter, {
      onProgress: () => {
        const units = meter.signableUnits();
        if (units === lastSigned || units < lastSigned + signEveryUnits) return;
        lastSigned = units;
        call.count(units);
        handInLater(place);
      },
      onDue: async () => {
        call.count(meter.units());
        await handIn(place);
      },
      onReceipt: async (signed, body) => {
        const ownUnits = meter.units(termsOfReplay(response, signed, policy));
        await settle(call, signed, { ownUnits, request, response: body }, place);
        over();
      },
      onLost: (error) => {
        faults.note(error);
        call.count(meter.units());
        call.lose();
        rememberEnd();
        handInLater(place);
        over();
      },
    });
    return new Response(stream, { status: response.status, headers: response.headers });
  };

  const askUnpaid: ChannelPayer['askUnpaid'] = ({ url, headers: given, body, signal }) => {
    const headers = new Headers(given);
    const { newest } = account.memory();
    if (newest !== null) headers.set(voucherHeader, encodeSignedVoucher(newest));
    headers.delete('content-length');
    return send(url, { method: 'POST', headers, body, signal });
  };

  const pay = async ({ url, headers: given, body, signal }: AskedCall, place: PaidPlace): Promise<Response> => {
    const count = await loadTokenCounter(policy.tokenizer);
    const meterUnder = place.read(await readAsked(body, given.get('content-type')), count);
    await (resumed ??= resumeAccount(account, parameters, place, send).catch((error: unknown) => {
      resumed = undefined;
      return stopAt(error);
    }));
    if (account.isUncertain() && account.runningCount() === 0) {
      await resumeAccount(account, parameters, place, send).catch(stopAt);
    }
    faults.check();
    const line = lineUp(signal);
    try {
      return await payNow({ url, headers: given, body, signal }, place, meterUnder, line);
    } finally {
      line.leave();
    }
  };

  const payNow = async (
    { url, headers: given, body, signal }: AskedCall,
    place: PaidPlace,
    meterUnder: (policy: Policy) => CallMeter,
    line: WaitingPlace,
  ): Promise<Response> => {
    let recounts = 0;
    for (let isRetry = false; ;) {
      const terms = await rates.current(place);
      const meter = meterUnder(terms.policy);
      // The gateway refuses it, and would keep what was signed for it.
      if (isBeyondPolicy(terms.policy, meter)) return askUnpaid({ url, headers: given, body, signal });
      const call = account.begin(meter);
      let isAsked = false;
      try {
        remember();
        const endedBefore = account.endedCount();
        const signed = await account.sign();
        remember();
        const headers = new Headers(given);
        headers.set(voucherHeader, encodeSignedVoucher(signed));
        if (terms.sequence !== undefined) headers.set(rateQuoteHeader, terms.sequence);
        headers.delete('content-length');
        isAsked = true;
        const response = await send(url, { method: 'POST', headers, body, signal });
        if (response.ok) {
          noteHeld(signed.voucher.cumulativeUnits);
          const isStream = /^text\/event-stream\b/i.test(response.headers.get('content-type') ?? '');
          return isStream && response.body !== null
            ? answerStream(response, call, meter, body, place, BigInt(terms.policy.rates.output_tokens ?? 0))
            : await answerWhole(response, call, meter, body, place);
        }
        call.cancel();
        if (response.status === 409 && recounts < mostRecounts && (await isOfOtherRates(response))) {
          rates.forget();
          recounts++;
          continue;
        }
        if (await isOfExposure(response)) {
          // One of those that ended is this one.
          const isPaidSince = await handIn(place).catch(() => false);
          if (!isPaidSince && !(await line.mayRetry(endedBefore + 1))) {
            // What was signed for a lost call that the operator never had is ahead of what is due, and pays for nothing.
            if (isRetry || !account.isUncertain() || account.runningCount() > 0) return response;
            await resumeAccount(account, parameters, place, send).catch(stopAt);
            isRetry = true;
          }
          await response.body?.cancel();
          faults.check();
          continue;
        }
        // The operator has charged for a call whose answer was lost: paid once there is a receipt for it, and asked again.
        if (response.status !== 402 || isRetry || account.runningCount() > 0) return response;
        await resumeAccount(account, parameters, place, send).catch(stopAt);
        if (account.dueUnits() + meter.inputUnits <= signed.voucher.cumulativeUnits) return response;
        await response.body?.cancel();
        isRetry = true;
      } catch (error) {
        // Of a call that was asked for, nobody knows whether it was made.
        if (isAsked) call.lose();
        else call.cancel();
        rememberEnd();
        throw error;
      }
    }
  };

  return {
    channelId,
    pay,
    askUnpaid,
    memory: account.memory,
  };
}

/** What was asked for is more than the policy allows for one call. */
function isBeyondPolicy({ caps }: Policy, { input, inputUnits }: CallMeter): boolean {
  const { inputTokensPerCall = Infinity, unitsPerCall } = caps;
  return input.inputTokens > inputTokensPerCall || (unitsPerCall !== undefined && inputUnits > BigInt(unitsPerCall));
}

/** How often in a row the rates may change between asking for them and the call. */
const mostRecounts = 3;

async function isOfOtherRates(response: Response): Promise<boolean> {
  return (await problemTypeOf(response)) === '/problems/rates_changed';
}

/** Calls that run, or whose answers are not paid yet, take up what the operator serves ahead of payment. */
async function isOfExposure(response: Response): Promise<boolean> {
  if (response.status !== 403 && response.status !== 429) return false;
  const type = await problemTypeOf(response);
  return type === '/problems/exposure_reached' || type === '/problems/exposure_exceeded';
}

async function problemTypeOf(response: Response): Promise<unknown> {
  const problem: unknown = await response
    .clone()
    .json()
    .catch(() => undefined);
  return isJsonObject(problem) ? problem['type'] : undefined;
}

/**
 * The answer of an earlier call with the same Idempotency-Key was metered by what counted then, which its receipt proves.
 * Undefined for an answer of this call.
 */
function termsOfReplay({ headers }: Response, { rateQuote }: SignedReceipt, policy: Policy): Policy | undefined {
  if (policy.oracle === undefined || headers.get('idempotent-replayed') !== 'true') return undefined;
  return rateQuote === undefined ? policy : quotedPolicy(policy, rateQuote.quote);
}
