import {
  BaseError,
  decodeSignedReceipt,
  encodeSignedVoucher,
  isJsonObject,
  isSameAddress,
  type Policy,
  policyHashOf,
  quotedPolicy,
  rateQuoteHeader,
  receiptHeader,
  signedVoucherToJson,
  voucherHeader,
  type SignedReceipt,
} from '@kedge/core';
import { keccak256 } from 'viem';
import { createChannelRates } from './channelRates.js';
import { checkReceipt } from './checkReceipt.js';
import { loadTokenCounter } from './loadTokenCounter.js';
import type { CallMeter } from './createCallMeter.js';
import { paidSurfaces } from './paidSurfaces.js';
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
} from './voucherAccount.js';
import { badReceipt, overcounts } from './voucherErrors.js';

export type KedgeFetchParameters = StrictChannel & {
  /** Signs vouchers: the account of the channel key. */
  readonly account: ChannelKey;
  /** What to send requests with; without it the global `fetch`. */
  readonly fetch?: (input: string, init: RequestInit) => Promise<Response>;
  /** What an earlier run of this client left, from `memory` of its `KedgeFetch`. */
  readonly memory?: VoucherMemory;
  /** Is called before each call and after each voucher with what the next run should be given. */
  readonly onMemory?: (memory: VoucherMemory) => void;
  /**
   * Without a `memory`: the most base units that are paid for calls of an earlier run whose answers were lost, given the
   * operator's receipt for them. Default: what one call may cost at most under the policy's cap of output tokens.
   */
  readonly lostUnits?: bigint;
  /** While a stream runs, how many base units pile up before the next voucher. Default: those of 16 output tokens. */
  readonly signEveryUnits?: bigint;
};

/** A `fetch` that pays for what it receives. */
export type KedgeFetch = {
  (input: string | URL | Request, init?: RequestInit): Promise<Response>;
  /** Resolves when no call runs and the last voucher was handed in, or could not be. */
  readonly idle: () => Promise<void>;
  readonly memory: () => VoucherMemory;
};

/**
 * A `fetch` for clients of OpenAI's API and of Anthropic's messages, that pays call by call from a strict channel. It signs for
 * the input before the call, recounts what it receives before it signs for that (while a stream runs, too), checks each
 * receipt, and stops for good when the operator overcounts (R11). The API key goes where it always goes.
 *
 * @throws BaseError from calls: `operator_overcounts`, `receipt_bad`, `value_exhausted` (402), `tokenizer_differs`,
 * `surface_unmetered` for what it cannot recount,
 * `rate_quote_refused` for a quote that does not count under the policy.
 *
 * @example
 * const client = new OpenAI({ baseURL, apiKey, fetch: kedgeFetch({ domain, channel, channelId, policy, account }) });
 */
export function kedgeFetch(parameters: KedgeFetchParameters): KedgeFetch {
  const { channel, channelId, policy, account: key, onMemory } = parameters;
  if (!isSameAddress(key.address, channel.channelKey)) {
    throw new BaseError('This account is not the key of the channel.', {
      code: 'channel_key_wrong',
      values: { channelKey: channel.channelKey, account: key.address },
      hints: ['Pass the account of the key that the channel was opened with.'],
    });
  }
  const send = parameters.fetch ?? ((input, init) => fetch(input, init));
  const dearestOutput = BigInt(policy.oracle?.bounds.output_tokens?.max ?? policy.rates.output_tokens ?? 0);
  const policyHash = policyHashOf(policy, (bytes) => keccak256(bytes, 'bytes'));
  const rates = createChannelRates({ ...parameters, policyHash }, send);
  const memory = parameters.memory ?? {
    settledUnits: 0n,
    lostUnits: parameters.lostUnits ?? dearestOutput * BigInt(policy.caps.outputTokensPerCall),
    newest: null,
  };
  const account: VoucherAccount = createVoucherAccount(parameters, key, memory);
  const seen = new Set<bigint>();
  const working = new Set<Promise<unknown>>();
  let stopped: unknown;
  let heldUnits = 0n;
  let resumed: Promise<void> | undefined;

  const remember = (): void => onMemory?.(account.memory());
  const track = <T>(work: Promise<T>): Promise<T> => {
    working.add(work);
    const over = (): boolean => working.delete(work);
    work.then(over, over);
    return work;
  };
  /** Nothing is signed after the operator was caught. */
  const noteFault = (error: unknown): void => {
    if (error instanceof BaseError && ['operator_overcounts', 'receipt_bad'].includes(error.code ?? ''))
      stopped ??= error;
  };
  const stopAt = (error: unknown): never => {
    noteFault(error);
    throw error;
  };

  /** The gateway holds a voucher over so much. */
  const noteHeld = (units: bigint): void => {
    if (units > heldUnits) heldUnits = units;
  };
  const handIn = async (place: Place): Promise<void> => {
    if (stopped !== undefined) throw stopped;
    const signed = await account.sign();
    const { cumulativeUnits } = signed.voucher;
    if (cumulativeUnits <= heldUnits) return;
    remember();
    const response = await send(place.vouchers, {
      method: 'POST',
      headers: { ...place.authorization, 'content-type': 'application/json' },
      body: JSON.stringify(signedVoucherToJson(signed)),
    });
    await response.body?.cancel();
    // 409: it holds as much already.
    if (response.ok || response.status === 409) return noteHeld(cumulativeUnits);
    throw new BaseError('The gateway does not take the voucher.', {
      code: 'voucher_unsent',
      kind: 'transient',
      values: { status: response.status },
      hints: ['It goes with the next call. If that is refused, too, ask the operator.'],
    });
  };
  /** For vouchers that need not arrive now: the next call carries the newest in its header. */
  const handInLater = (place: Place): void => void track(handIn(place).catch(() => undefined));

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
    remember();
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
      remember();
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
        noteFault(error);
        call.count(meter.units());
        call.lose();
        remember();
        handInLater(place);
        over();
      },
    });
    return new Response(stream, { status: response.status, headers: response.headers });
  };

  const pay = async (request: Request, place: PaidPlace): Promise<Response> => {
    const body = new Uint8Array(await request.arrayBuffer());
    const count = await loadTokenCounter(policy.tokenizer);
    const meterUnder = place.read(await readAsked(body, request.headers.get('content-type')), count);
    await (resumed ??= resumeAccount(account, parameters, place, send).catch((error: unknown) => {
      resumed = undefined;
      return stopAt(error);
    }));
    if (account.isUncertain() && account.runningCount() === 0) {
      await resumeAccount(account, parameters, place, send).catch(stopAt);
    }
    if (stopped !== undefined) throw stopped;
    let recounts = 0;
    for (let isRetry = false; ;) {
      const terms = await rates.current(place);
      const meter = meterUnder(terms.policy);
      const call = account.begin(meter);
      remember();
      try {
        const signed = await account.sign();
        remember();
        const headers = new Headers(request.headers);
        headers.set(voucherHeader, encodeSignedVoucher(signed));
        if (terms.sequence !== undefined) headers.set(rateQuoteHeader, terms.sequence);
        headers.delete('content-length');
        const response = await send(request.url, { method: 'POST', headers, body, signal: request.signal });
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
        // The operator has charged for a call whose answer was lost: paid once there is a receipt for it, and asked again.
        if (response.status !== 402 || isRetry || account.runningCount() > 0) return response;
        await resumeAccount(account, parameters, place, send).catch(stopAt);
        if (account.dueUnits() + meter.inputUnits <= signed.voucher.cumulativeUnits) return response;
        await response.body?.cancel();
        isRetry = true;
      } catch (error) {
        // Nobody knows whether the call was made.
        call.lose();
        remember();
        throw error;
      }
    }
  };

  const fetchPaid = async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const request = new Request(input, init);
    const place = placeOf(request);
    if (place !== undefined) {
      if (stopped !== undefined) throw stopped;
      return track(pay(request, place));
    }
    if (request.method === 'GET' || request.method === 'HEAD') {
      return send(request.url, { method: request.method, headers: request.headers, signal: request.signal });
    }
    throw new BaseError(
      `${request.method} ${new URL(request.url).pathname} cannot be recounted, so it is not paid for.`,
      {
        code: 'surface_unmetered',
        hints: [
          `A strict channel pays for POST ${[...paidSurfaces.keys()].join(', ')}.`,
          'For other surfaces, open a capped channel.',
        ],
      },
    );
  };
  const idle = async (): Promise<void> => {
    while (working.size > 0) await Promise.allSettled(working);
  };
  return Object.assign(fetchPaid, { idle, memory: account.memory });
}

/** Where the gateway takes vouchers, and the key that names the channel there. */
export type Place = {
  readonly vouchers: string;
  readonly rates: string;
  readonly authorization: Record<string, string>;
};

/** Of one kind of call. */
type PaidPlace = Place & { readonly read: NonNullable<ReturnType<typeof paidSurfaces.get>> };

/** How often in a row the rates may change between asking for them and the call. */
const mostRecounts = 3;

async function isOfOtherRates(response: Response): Promise<boolean> {
  const problem: unknown = await response
    .clone()
    .json()
    .catch(() => undefined);
  return isJsonObject(problem) && problem['type'] === '/problems/rates_changed';
}

/**
 * The answer of an earlier call with the same Idempotency-Key was metered by what counted then, which its receipt proves.
 * Undefined for an answer of this call.
 */
function termsOfReplay({ headers }: Response, { rateQuote }: SignedReceipt, policy: Policy): Policy | undefined {
  if (policy.oracle === undefined || headers.get('idempotent-replayed') !== 'true') return undefined;
  return rateQuote === undefined ? policy : quotedPolicy(policy, rateQuote.quote);
}

/** The API key, in the header that the call has it in: Anthropic's clients send the second. */
function keyIn(headers: Headers): Record<string, string> {
  for (const name of ['authorization', 'x-api-key']) {
    const value = headers.get(name);
    if (value !== null) return { [name]: value };
  }
  return {};
}

const longestFirst = [...paidSurfaces.keys()].toSorted((a, b) => b.length - a.length);

function placeOf({ method, url, headers }: Request): PaidPlace | undefined {
  const target = new URL(url);
  // The longest path: "/chat/completions" is not "/completions" below "/chat".
  const path = longestFirst.find((known) => target.pathname.endsWith(known));
  const read = path === undefined ? undefined : paidSurfaces.get(path);
  if (method !== 'POST' || path === undefined || read === undefined) return undefined;
  const base = `${target.origin}${target.pathname.slice(0, -path.length)}`;
  return {
    read,
    vouchers: `${base}/vouchers`,
    rates: `${base}/rates`,
    authorization: keyIn(headers),
  };
}
