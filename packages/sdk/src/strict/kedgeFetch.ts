import { BaseError, isJsonObject, type VoucherMemory } from '@kedge/core';
import type { AskedCall, ChannelPayer, PayerContext, PayerParameters, Send, SendOptions } from './channelPayer.js';
import { createAsk } from './createAsk.js';
import { createChannelPayer } from './createChannelPayer.js';
import { nextChannel } from './nextChannel.js';
import { paidSurfaces } from './paidSurfaces.js';
import { type PaidPlace, placeOf } from './placeOf.js';
import { problemIn } from './problemIn.js';
import { requirePayer } from './requirePayer.js';
import { unlessAborted } from './unlessAborted.js';

export type KedgeFetchParameters = PayerParameters & {
  /** What to send requests with; without it the global `fetch`. */
  readonly fetch?: Send;
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
 * Where the gateway says that another channel of the same terms continues this one, because it was paid for (R28), calls that
 * this one lacks the value for are paid from there. A `fetch` of an x402 client around this one pays for it.
 *
 * @throws BaseError `channel_key_wrong`, `channel_differs`, `memory_differs`, `argument_invalid`; from calls: `operator_overcounts`, `receipt_bad`,
 * `value_exhausted` (402), `tokenizer_differs`, `surface_unmetered` for what it cannot recount,
 * `rate_quote_refused` for a quote that does not count under the policy, `next_channel_differs`.
 *
 * @example
 * const client = new OpenAI({ baseURL, apiKey, fetch: kedgeFetch({ domain, channel, channelId, policy, account }) });
 */
export function kedgeFetch(parameters: KedgeFetchParameters): KedgeFetch {
  requirePayer(parameters);
  const send = parameters.fetch ?? ((input, init) => fetch(input, init));
  const ask = createAsk(send);
  const working = new Set<Promise<unknown>>();
  const track = <T>(work: Promise<T>): Promise<T> => {
    working.add(work);
    const over = (): boolean => working.delete(work);
    work.then(over, over);
    return work;
  };
  let stopped: unknown;
  const faults: PayerContext['faults'] = {
    note: (error) => {
      if (error instanceof BaseError && ['operator_overcounts', 'receipt_bad'].includes(error.code ?? ''))
        stopped ??= error;
    },
    check: () => {
      if (stopped !== undefined) throw stopped;
    },
  };
  const context: PayerContext = { send, ask, track, faults };
  const root = createChannelPayer(parameters, context);
  const begun = new Set([root.channelId]);
  let current: ChannelPayer = root;
  let moving: Promise<void> | undefined;

  const placeOfPayer = (payer: ChannelPayer, place: PaidPlace): PaidPlace =>
    payer === root ? place : { ...place, vouchers: `${place.vouchers}/${payer.channelId}` };

  /** Goes on with the next channel, if there is one. What is remembered for another run is of the first. */
  const moveOn = async (from: ChannelPayer, place: PaidPlace): Promise<void> => {
    const next = await nextChannel(parameters, placeOfPayer(from, place), ask);
    // One that was paid from before has no value either; begun anew, it would believe the operator's word of what it lost once more.
    if (next === undefined || begun.has(next.channelId)) return;
    begun.add(next.channelId);
    const { memory: _, onMemory: __, ...rest } = parameters;
    current = createChannelPayer({ ...rest, ...next }, context);
  };

  const pay = async (asked: AskedCall, place: PaidPlace): Promise<Response> => {
    for (let isPaid = false; ;) {
      const payer = current;
      const outcome = await payFrom(payer, asked, placeOfPayer(payer, place));
      if (outcome instanceof Response && !(await lacksValue(outcome, payer))) return outcome;
      if (current === payer) await (moving ??= moveOn(payer, place).finally(() => (moving = undefined)));
      if (current !== payer) {
        if (outcome instanceof Response) await outcome.body?.cancel();
        continue;
      }
      if (outcome instanceof Response) return outcome;
      // What may be paid for the call, and what came of a payment, is the gateway's to say.
      const answer = await payer.askUnpaid(asked);
      if (answer.status === 402 && answer.headers.has('payment-required')) return answer;
      await answer.body?.cancel();
      if (isPaid || !answer.headers.has('payment-response')) throw outcome;
      isPaid = true;
    }
  };

  const fetchPaid = async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const request = new Request(input, init);
    const options = optionsOf(request, init);
    const place = placeOf(request, options);
    const { method, url, headers, signal } = request;
    if (place !== undefined) {
      faults.check();
      const work = request
        .arrayBuffer()
        .then((body) => pay({ url, headers, signal, body: new Uint8Array(body), options }, place));
      return unlessAborted(track(work), signal);
    }
    if (method === 'GET' || method === 'HEAD') return send(url, { ...options, method, headers, signal });
    if (method === 'POST' && isFree(url)) {
      return send(url, { ...options, method, headers, signal, body: await request.arrayBuffer() });
    }
    throw new BaseError(`${method} ${new URL(url).pathname} cannot be recounted, so it is not paid for.`, {
      code: 'surface_unmetered',
      status: 404,
      hints: [
        `A strict channel pays for POST ${[...paidSurfaces.keys()].join(', ')}.`,
        'For other surfaces, open a capped channel.',
      ],
    });
  };
  const idle = async (): Promise<void> => {
    while (working.size > 0) await Promise.allSettled(working);
  };
  return Object.assign(fetchPaid, { idle, memory: root.memory });
}

/** What costs nothing on a gateway: it says how many tokens a message would come to. */
function isFree(url: string): boolean {
  return new URL(url).pathname.endsWith('/messages/count_tokens');
}

/** What a call was given beside what makes it up. A `Request` does not show all of it. */
function optionsOf({ redirect }: Request, init: RequestInit = {}): SendOptions {
  const { method: _, headers: __, body: ___, signal: ____, ...options } = init;
  return { redirect, ...options };
}

/** The answer, or the client's own refusal of a call that its channel has no value for. */
async function payFrom(payer: ChannelPayer, asked: AskedCall, place: PaidPlace): Promise<Response | BaseError> {
  try {
    return await payer.pay(asked, place);
  } catch (error) {
    if (error instanceof BaseError && error.code === 'value_exhausted') return error;
    throw error;
  }
}

/** Whether the gateway would serve the call from another channel than the one that was paid from. */
async function lacksValue(response: Response, { channelId }: ChannelPayer): Promise<boolean> {
  if (response.status !== 402) return false;
  const { code, values } = await problemIn(response);
  if (code === 'value_exhausted' || code === 'channel_ended') return true;
  return code === 'voucher_needed' && isJsonObject(values) && values['channelId'] !== channelId;
}
