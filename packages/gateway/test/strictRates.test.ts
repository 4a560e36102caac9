import { parseSignedReceipt, type SignedRateQuote, signedRateQuoteToJson } from '@kedge/core';
import { kedgeFetch, type KedgeFetch, type KedgeFetchParameters } from '@kedge/sdk';
import OpenAI from 'openai';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Gateway } from '../src/index.js';
import { createStrictSetup, strictChannelOf } from './support/createStrictSetup.js';
import { apiKey, type TestSetup } from './support/createTestSetup.js';
import { oracleTerms, putQuotes, signQuote } from './support/rateOracle.js';
import {
  answerWith,
  completion,
  type ScriptedUpstream,
  startScriptedUpstream,
  streamWords,
} from './support/scriptedUpstream.js';
import { faultOf, voucherState } from './support/strictClient.js';

let upstream: ScriptedUpstream;
let setup: TestSetup;
let gateway: Gateway;

const messages = [{ role: 'user' as const, content: 'Hi' }];
const asked = { model: 'demo', messages };
const words = Array.from({ length: 60 }, (_, index) => ` word${index}`);

beforeEach(async () => {
  upstream = await startScriptedUpstream(answerWith(completion('Hello.')));
  setup = createStrictSetup(upstream.url, { startUnits: '5000' }, oracleTerms);
  gateway = await setup.start();
});
afterEach(async () => {
  await gateway.close();
  await upstream.close();
  setup.remove();
});

type Send = NonNullable<KedgeFetchParameters['fetch']>;
function clientOf(send: Send = (input, init) => fetch(input, init)): {
  openai: OpenAI;
  paid: KedgeFetch;
  asks: () => number;
} {
  let asks = 0;
  const paid = kedgeFetch({
    ...strictChannelOf(setup),
    fetch: (input, init) => {
      if (input.endsWith('/rates')) asks++;
      return send(input, init);
    },
  });
  const openai = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey, fetch: paid, maxRetries: 0 });
  return { openai, paid, asks: () => asks };
}

const state = () => voucherState(`${gateway.url}/v1`);
const paidUnits = async ({ paid }: { paid: KedgeFetch }): Promise<number> => {
  await paid.idle();
  const { newest, committedUnits } = await state();
  // Where a call was refused, the input that was signed for goes to the next one.
  expect(Number(newest?.voucher.cumulativeUnits)).toBeGreaterThanOrEqual(Number(committedUnits));
  return Number(committedUnits);
};
const put = async (change: Parameters<typeof signQuote>[1] = {}): Promise<SignedRateQuote> => {
  const quote = await signQuote(setup.policy, change);
  expect(await putQuotes(gateway.url, quote)).toMatchObject({ status: 200 });
  return quote;
};
/** A network on which the gateway offers these quotes, one after another, whatever counts there. */
const offering =
  (...quotes: readonly SignedRateQuote[]): Send =>
  async (input, init) => {
    if (!input.endsWith('/rates')) return fetch(input, init);
    const [next, ...rest] = quotes;
    quotes = rest.length === 0 ? quotes : rest;
    return Response.json({ rateQuote: signedRateQuoteToJson(next!) });
  };

test('R11: a client counts with the quote that it checked, is told when another counts, and pays exactly', async () => {
  const client = clientOf();
  await client.openai.chat.completions.create(asked);
  expect(await paidUnits(client)).toBe(14);
  await put();
  await client.openai.chat.completions.create(asked);
  expect(await paidUnits(client)).toBe(14 + 26);
  await put({ sequence: 2n, rates: { output_tokens: '9' } });
  upstream.script = streamWords(words);
  const stream = await client.openai.chat.completions.create({ ...asked, stream: true });
  let said = '';
  for await (const chunk of stream) said += chunk.choices[0]?.delta.content ?? '';
  expect(said).toBe(words.join(''));
  const units = await paidUnits(client);
  expect((units - 40 - 8) % 9).toBe(0);
  const last = parseSignedReceipt((await state()).lastReceipt);
  expect(last.rateQuote?.quote.sequence).toBe(2n);
  // Once for the first call, and once for each that found other rates.
  expect(client.asks()).toBe(3);
});

test('R11: a quote that lapsed is not counted with: the policy’s own rates are, until there is another', async () => {
  const now = BigInt(Math.floor(Date.now() / 1000));
  await put({ validUntil: now + 200n });
  const client = clientOf();
  await client.openai.chat.completions.create(asked);
  expect(await paidUnits(client)).toBe(26);
  setup.now = () => Date.now() + 201_000;
  await client.openai.chat.completions.create(asked);
  expect(await paidUnits(client)).toBe(26 + 14);
});

test('R11: a quote that breaks the policy is refused by the client, and nothing is signed', async () => {
  for (const [clause, change] of [
    ['oracle.bounds.output_tokens', { rates: { output_tokens: '10' } }],
    ['validUntil', { observedAt: 1_700_000_000n }],
    ['policyHash', { policyHash: `0x${'ab'.repeat(32)}` as const }],
  ] as const) {
    const bad = await signQuote(setup.policy, change);
    const { openai, paid } = clientOf(offering(bad));
    const error = await faultOf(openai.chat.completions.create(asked));
    expect([error.code, error.values['clause']]).toEqual(['rate_quote_refused', clause]);
    await paid.idle();
  }
  expect(upstream.requests).toHaveLength(0);
  expect((await state()).newest).toBeNull();
});

test.each(['an answer of its own', 'a replay that nobody asked for'])(
  'R11: an operator that charges by a dearer quote than it told, in %s, is caught, and nothing more is signed',
  async (answer) => {
    const told = await signQuote(setup.policy);
    await put({ sequence: 2n, rates: { input_tokens: '2', output_tokens: '9' } });
    const { openai, paid } = clientOf(async (input, init) => {
      const headers = new Headers(init.headers);
      headers.delete('kedge-rate-quote');
      const response = await offering(told)(input, { ...init, headers });
      const own = new Headers(response.headers);
      if (answer === 'a replay that nobody asked for') own.set('idempotent-replayed', 'true');
      return new Response(response.body, { status: response.status, headers: own });
    });
    const error = await faultOf(openai.chat.completions.create(asked));
    expect(error).toMatchObject({ code: 'operator_overcounts', values: { clause: 'R11' } });
    await paid.idle();
    expect(Number((await state()).newest?.voucher.cumulativeUnits)).toBeLessThan(26);
  },
);

test('R27: a retry is answered with its first receipt, by the quote that counted then', async () => {
  await put({ rates: { output_tokens: '9' } });
  const client = clientOf();
  const options = { headers: { 'idempotency-key': 'once' } };
  await client.openai.chat.completions.create(asked, options);
  expect(await paidUnits(client)).toBe(26);
  await put({ sequence: 2n, rates: { output_tokens: '2' } });
  const again = await client.openai.chat.completions.create(asked, options).withResponse();
  expect(again.response.headers.get('idempotent-replayed')).toBe('true');
  expect(await paidUnits(client)).toBe(26);
  await client.openai.chat.completions.create(asked);
  expect(await paidUnits(client)).toBe(26 + 12);
  expect((await state()).newest?.voucher.cumulativeUnits).toBe('38');
});
