import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import {
  decodeSignedReceipt,
  noCounts,
  parseSignedReceipt,
  type RateQuote,
  signedRateQuoteToJson,
  type SignedReceipt,
  verifyReceipts,
} from '@kedge/core';
import { recoverAddress } from 'viem';
import { expect, test } from 'vitest';
import { createShadowGateway, type GatewayConfigInput } from '../src/index.js';
import { keccak256 } from '../src/crypto/hashers.js';
import type { CommitInput } from '../src/ledger/receiptBatcher.js';
import { chargeOf } from '../src/rates/chargeOf.js';
import { endOfQuotedStream } from '../src/rates/endOfQuotedStream.js';
import { decodeProgressRecord, encodeProgressRecord } from '../src/vouchers/progressRecord.js';
import { apiKey, domain, testPolicy } from './support/createTestSetup.js';
import { oracleTerms, putQuotes, signQuote } from './support/rateOracle.js';
import { answerWith, chunkEvent, completion, streamWords } from './support/scriptedUpstream.js';
import { beginStream, metricsOf, receiptIn, startSurfaceTest, type SurfaceTest } from './support/surfaceTest.js';

// "Hi" is 8 tokens in, "Hello." 2 out: 14 units at the policy's own rates, 26 at 2 and 5.
const hello = { model: 'demo', messages: [{ role: 'user', content: 'Hi' }] };
const script = answerWith(completion('Hello.'));
const [ownUnits, quotedUnits] = [14n, 26n];
const start = (config: Partial<GatewayConfigInput> = {}): Promise<SurfaceTest> =>
  startSurfaceTest({ policy: oracleTerms, script, config });

async function call({ post }: Pick<SurfaceTest, 'post'>, headers: Record<string, string> = {}): Promise<SignedReceipt> {
  const answer = await post('/v1/chat/completions', hello, headers);
  expect([answer.status, answer.text.slice(0, 300)]).toEqual([200, expect.any(String)]);
  return decodeSignedReceipt(answer.headers.get('kedge-receipt') ?? '');
}

async function faultsOf({ setup }: SurfaceTest, receipts: readonly SignedReceipt[]): Promise<string[]> {
  const checks = await verifyReceipts({
    receipts,
    domain,
    policy: setup.policy,
    keccak256,
    recover: (hash, signature) => recoverAddress({ hash, signature }),
  });
  return checks.filter(({ ok }) => !ok).map(({ detail }) => detail);
}

const gauge = async ({ gateway }: SurfaceTest, name: string): Promise<number> => {
  const text = await (await fetch(`${gateway.url}/metrics`)).text();
  return Number(new RegExp(`^kedge_${name} (\\d+)$`, 'm').exec(text)?.[1]);
};
const logged = ({ setup }: SurfaceTest, event: string) => setup.logs.filter((entry) => entry['event'] === event);

test('L10: the policy’s own rates hold until a quote counts; its receipts name and carry it, and are provable by it', async () => {
  const it = await start();
  const own = await call(it);
  expect([own.receipt.units, own.rateQuote, metricsOf(own)]).toEqual([
    ownUnits,
    undefined,
    { input_tokens: 8n, output_tokens: 2n },
  ]);
  const first = await signQuote(it.setup.policy);
  expect(await putQuotes(it.gateway.url, first)).toMatchObject({ status: 200, states: ['taken'] });
  expect(await putQuotes(it.gateway.url, first)).toMatchObject({ status: 200, states: ['held'] });
  const quoted = await call(it);
  expect([quoted.receipt.units, quoted.rateQuote, metricsOf(quoted)['rate_quote']]).toEqual([quotedUnits, first, 1n]);
  const second = await signQuote(it.setup.policy, { sequence: 2n, rates: { output_tokens: '9' } });
  await putQuotes(it.gateway.url, second);
  const dearer = await call(it);
  expect([dearer.receipt.units, dearer.rateQuote]).toEqual([8n + 18n, second]);
  expect(await faultsOf(it, [own, quoted, dearer])).toEqual([]);
  const lying = { ...quoted, rateQuote: second };
  expect(await faultsOf(it, [lying])).toEqual(['The receipt names rate quote 1 and carries 2.']);
  expect(await gauge(it, 'rate_quotes_taken_total')).toBe(2);
});

test('a stream is metered by the quote that counted as it began', async () => {
  const it = await start();
  await putQuotes(it.gateway.url, await signQuote(it.setup.policy));
  it.upstream.script = async (request, response) => {
    await putQuotes(it.gateway.url, await signQuote(it.setup.policy, { sequence: 2n, rates: { output_tokens: '9' } }));
    void streamWords(['Hello', ' there'])(request, response);
  };
  const answer = await it.post('/v1/chat/completions', { ...hello, stream: true });
  const signed = receiptIn(answer.text);
  expect([signed.receipt.units, signed.rateQuote?.quote.sequence]).toEqual([26n, 1n]);
  expect(await faultsOf(it, [signed])).toEqual([]);
});

test('R13: a receipt keeps its quote over a restart; the quote itself counts no more until it is sent again', async () => {
  const it = await start();
  await putQuotes(it.gateway.url, await signQuote(it.setup.policy));
  const answered = await call(it, { 'idempotency-key': 'once' });
  await it.gateway.close();
  const again = await it.setup.start();
  const authorization = { authorization: `Bearer ${apiKey}` };
  const { channelId, seq } = answered.receipt;
  const read = await fetch(`${again.url}/v1/receipts/${channelId}/${seq}`, { headers: authorization });
  expect(parseSignedReceipt(await read.json())).toEqual(answered);
  const ask = (headers: Record<string, string>): Promise<Response> =>
    fetch(`${again.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { ...authorization, ...headers },
      body: JSON.stringify(hello),
    });
  const replayed = await ask({ 'idempotency-key': 'once' });
  expect(decodeSignedReceipt(replayed.headers.get('kedge-receipt') ?? '')).toEqual(answered);
  const next = decodeSignedReceipt((await ask({})).headers.get('kedge-receipt') ?? '');
  expect([next.receipt.units, next.rateQuote]).toEqual([ownUnits, undefined]);
  expect(await faultsOf(it, [answered, next])).toEqual([]);
  await again.close();
});

test('a quote that does not count is refused with its clause, and noCounts changes', async () => {
  const it = await start();
  const { policy } = it.setup;
  const now = BigInt(Math.floor(Date.now() / 1000));
  const elsewhere = { ...domain, chainId: 1 };
  const refusals: readonly [clause: string, change: Partial<RateQuote>, at?: typeof elsewhere][] = [
    ['oracle.bounds.output_tokens', { rates: { output_tokens: '10' } }],
    ['oracle.bounds.requests', { rates: { requests: '1' } }],
    ['oracle.maxAgeSeconds', { observedAt: now + 120n }],
    ['oracle.maxAgeSeconds', { observedAt: now - 400n, validUntil: now + 400n }],
    ['validUntil', { validUntil: now - 1n }],
    ['oracle.signers', {}, elsewhere],
  ];
  for (const [clause, change, at] of refusals) {
    const { status, type, values } = await putQuotes(it.gateway.url, await signQuote(policy, change, at));
    expect([status, type, values?.clause]).toEqual([403, '/problems/rate_quote_refused', clause]);
  }
  const strange = await signQuote(policy, { policyHash: `0x${'ab'.repeat(32)}` });
  expect(await putQuotes(it.gateway.url, strange)).toMatchObject({ status: 404, type: '/problems/policy_unknown' });
  expect((await call(it)).receipt.units).toBe(ownUnits);
  expect([await gauge(it, 'rate_quotes_refused_total'), await gauge(it, 'rate_quotes_live')]).toEqual([7, 0]);
  const forwarded = await fetch(`${it.gateway.url}/admin/rates`, {
    method: 'PUT',
    headers: { 'x-forwarded-for': '203.0.113.9' },
  });
  expect(forwarded.status).toBe(403);
});

test('the newest number counts: an older one is refused, and neither of two with one number counts', async () => {
  const it = await start();
  const { policy } = it.setup;
  await putQuotes(it.gateway.url, await signQuote(policy, { sequence: 5n }));
  expect(await putQuotes(it.gateway.url, await signQuote(policy, { sequence: 4n }))).toMatchObject({
    status: 409,
    type: '/problems/rate_quote_stale',
  });
  expect((await call(it)).receipt.units).toBe(quotedUnits);
  const other = await signQuote(policy, { sequence: 5n, rates: { output_tokens: '9' } });
  for (let times = 0; times < 2; times++) {
    expect(await putQuotes(it.gateway.url, other)).toMatchObject({
      status: 409,
      type: '/problems/rate_quote_contradicted',
    });
  }
  expect((await call(it)).receipt.units).toBe(ownUnits);
  expect([logged(it, 'rate_quote_ended').length, await gauge(it, 'rate_fallbacks_total')]).toEqual([1, 1]);
  await putQuotes(it.gateway.url, await signQuote(policy, { sequence: 6n }));
  expect((await call(it)).receipt.units).toBe(quotedUnits);
});

test('a quote that lapses gives way to the policy’s own rates, which is logged and counted once', async () => {
  const it = await start();
  await putQuotes(it.gateway.url, await signQuote(it.setup.policy));
  expect((await call(it)).receipt.units).toBe(quotedUnits);
  const later = Date.now() + 201_000;
  it.setup.now = () => later;
  const calls = [await call(it), await call(it)];
  expect(calls.map(({ receipt }) => receipt.units)).toEqual([ownUnits, ownUnits]);
  expect(logged(it, 'rate_quote_ended')).toMatchObject([{ level: 'warn', sequence: 1n, reason: expect.any(String) }]);
  expect([await gauge(it, 'rate_fallbacks_total'), await gauge(it, 'rate_quotes_live')]).toEqual([1, 0]);
  expect(await faultsOf(it, calls)).toEqual([]);
});

test('GET /v1/rates says what the next call is metered by; a call that counted with other rates is 409 and free', async () => {
  const it = await start();
  const rates = async (): Promise<unknown> => {
    const headers = { authorization: `Bearer ${apiKey}` };
    return (await fetch(`${it.gateway.url}/v1/rates`, { headers })).json();
  };
  expect(await rates()).toMatchObject({ rates: { input_tokens: '1', output_tokens: '3' }, rateQuote: null });
  const quote = await signQuote(it.setup.policy);
  await putQuotes(it.gateway.url, quote);
  expect(await rates()).toMatchObject({
    rates: { input_tokens: '2', output_tokens: '5' },
    rateQuote: signedRateQuoteToJson(quote),
  });
  const refused = await it.post('/v1/chat/completions', hello, { 'kedge-rate-quote': '0' });
  expect([refused.status, JSON.parse(refused.text)]).toMatchObject([409, { type: '/problems/rates_changed' }]);
  expect(it.upstream.requests).toHaveLength(0);
  expect((await call(it, { 'kedge-rate-quote': '1' })).receipt).toMatchObject({
    units: quotedUnits,
    cumulativeUnits: quotedUnits,
  });
});

test('quotes are asked for at a URL; its trouble is logged when it begins and when it ends', async () => {
  let answer: unknown = 'noCounts yet';
  let asked = 0;
  const oracle = createServer((_, response) => {
    asked++;
    response.end(JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => oracle.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(oracle.address() as AddressInfo).port}/quotes`;
  const it = await start({ rateQuotes: { url, everyMs: 100 } });
  await expect.poll(() => asked, { timeout: 30_000 }).toBeGreaterThan(2);
  expect(logged(it, 'rate_quotes_failed')).toHaveLength(1);
  const elsewhere = await signQuote(it.setup.policy, { policyHash: `0x${'ab'.repeat(32)}` });
  answer = [elsewhere, await signQuote(it.setup.policy)].map(signedRateQuoteToJson);
  await expect.poll(() => logged(it, 'rate_quotes_well').length, { timeout: 30_000 }).toBe(1);
  expect((await call(it)).receipt.units).toBe(quotedUnits);
  expect(logged(it, 'rate_quote_taken')).toHaveLength(1);
  oracle.closeAllConnections();
  await new Promise((resolve) => oracle.close(resolve));
});

test('a call that outlives its quote is charged by the policy’s own rates, or not at all where these are dearer', async () => {
  const own = testPolicy(oracleTerms);
  const measured = { counts: { ...noCounts, inputTokens: 8, outputTokens: 2 }, usage: undefined };
  const charged = async (output: string, after: bigint) => {
    const quote = await signQuote(own, { rates: { output_tokens: output } });
    const policy = { ...own, rates: { ...own.rates, output_tokens: output } };
    const issuedAt = quote.quote.validUntil + after;
    const { units, metrics, rateQuote } = chargeOf(
      { policy, quoted: { quote, own } },
      ['input_tokens', 'output_tokens'],
      measured,
      16,
      issuedAt,
    );
    return [units, metrics.length, rateQuote?.quote.sequence];
  };
  expect(await charged('5', 60n)).toEqual([18n, 3, 1n]);
  expect(await charged('5', 61n)).toEqual([ownUnits, 2, undefined]);
  expect(await charged('2', 60n)).toEqual([12n, 3, 1n]);
  expect(await charged('2', 61n)).toEqual([0n, 0, undefined]);
});

test('a whole answer that outlives its quote is not handed over for nothing', async () => {
  const it = await start();
  const answerAfter = async (output: string, sequence: bigint) => {
    it.setup.now = Date.now;
    const signed = await signQuote(it.setup.policy, { sequence, rates: { output_tokens: output } });
    await putQuotes(it.gateway.url, signed);
    it.upstream.script = (request, response) => {
      const late = Number(signed.quote.validUntil + 61n) * 1_000;
      it.setup.now = () => late;
      return script(request, response);
    };
    return it.post('/v1/chat/completions', hello, { 'idempotency-key': `quote ${sequence}` });
  };
  // By the policy's own rates it would be dearer than by its quote.
  const late = await answerAfter('2', 1n);
  expect([late.status, JSON.parse(late.text)]).toMatchObject([
    504,
    { error: { code: 'upstream_timeout' }, values: { clause: 'oracle.callSeconds' } },
  ]);
  expect(late.text).not.toContain('Hello.');
  expect(late.headers.get('kedge-receipt')).toBeNull();
  const cheaper = await answerAfter('5', 2n);
  expect(cheaper.status).toBe(200);
  const { receipt, rateQuote } = decodeSignedReceipt(cheaper.headers.get('kedge-receipt') ?? '');
  expect([receipt.units, receipt.cumulativeUnits, rateQuote]).toEqual([ownUnits, ownUnits, undefined]);
});

test('a stream that would outlive its quote is ended in time, like one at its cap: its receipt is provable by the quote', async () => {
  const it = await start();
  // Cheaper than the policy's own rates: by these, the stream would be free.
  const signed = await signQuote(it.setup.policy, { rates: { output_tokens: '2' } });
  await putQuotes(it.gateway.url, signed);
  const ask = async (event: string): Promise<{ text: string; isClosed: () => boolean }> => {
    let isClosed = false;
    it.setup.now = Date.now;
    it.upstream.script = (_, response) => {
      response.on('close', () => (isClosed = true));
      beginStream(response);
      response.write(event);
    };
    const answer = await fetch(`${it.gateway.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${apiKey}` },
      body: JSON.stringify({ ...hello, stream: true }),
    });
    const text: string[] = [];
    const decoder = new TextDecoder();
    for await (const chunk of answer.body as ReadableStream<Uint8Array>) {
      text.push(decoder.decode(chunk));
      // The last second in which a receipt may name the quote, less than a margin before it.
      it.setup.now = () => Number(signed.quote.validUntil + 60n - 5n) * 1_000;
    }
    return { text: text.join(''), isClosed: () => isClosed };
  };
  const { text, isClosed } = await ask(chunkEvent({ content: 'Hello.' }));
  const receipt = receiptIn(text);
  expect([receipt.receipt.units, receipt.rateQuote?.quote.sequence]).toEqual([8n + 4n, 1n]);
  expect(await faultsOf(it, [receipt])).toEqual([]);
  expect(text).toContain('"finish_reason":"length"');
  expect(text.endsWith('data: [DONE]\n\n')).toBe(true);
  await expect.poll(isClosed).toBe(true);
  const silent = await ask(': PROCESSING\n\n');
  expect(silent.text).toContain('"code":"upstream_timeout"');
  expect(silent.text).not.toContain('kedge-receipt');
  await expect.poll(silent.isClosed).toBe(true);
});

test('a stream’s time ends a little before its receipts would, however short that is', async () => {
  const endAfter = async (callSeconds: number): Promise<number> => {
    const own = testPolicy({ ...oracleTerms, oracle: { ...oracleTerms.oracle!, callSeconds } });
    const quote = await signQuote(own);
    return endOfQuotedStream({ quoted: { quote, own } })! - Number(quote.quote.validUntil);
  };
  expect([await endAfter(60), await endAfter(10), await endAfter(1)]).toEqual([55, 5, 0.5]);
  expect(endOfQuotedStream({ quoted: undefined })).toBeUndefined();
});

test('what a killed gateway’s stream came to keeps its quote', async () => {
  const rateQuote = await signQuote(testPolicy(oracleTerms));
  const hash = rateQuote.quote.policyHash;
  const input: CommitInput = {
    channelId: hash,
    policyHash: hash,
    salt: hash,
    requestHash: hash,
    responseHash: hash,
    hasWindows: false,
    tokenId: 1n,
    classId: 2n,
    units: 3n,
    issuedAt: 4n,
    rateQuote,
    metrics: [{ metric: 'rate_quote', amount: 1n }],
  };
  expect(decodeProgressRecord(encodeProgressRecord(input))).toEqual(input);
});

test('shadow: calls are counted by the quote that counts, and its number is no use of anything', async () => {
  const it = await start();
  const policy = it.setup.policy;
  const shadow = await createShadowGateway(
    {
      dataDir: join(it.setup.folder, 'shadow'),
      upstream: { url: it.upstream.url },
      policy,
      rateQuotes: { chainId: domain.chainId, contract: domain.verifyingContract },
      class: { name: 'Agent', parents: [] },
    },
    { log: { info: () => undefined, warn: () => undefined, error: () => undefined } },
  );
  const ask = (): Promise<Response> =>
    fetch(`${shadow.url}/v1/chat/completions`, { method: 'POST', body: JSON.stringify(hello) });
  await ask();
  expect(await putQuotes(shadow.url, await signQuote(policy))).toMatchObject({ status: 200 });
  await ask();
  const report: unknown = await (await fetch(`${shadow.url}/admin/shadow`)).json();
  expect(report).toMatchObject({ calls: 2, units: '0.04', metrics: { input_tokens: '16', output_tokens: '4' } });
  await shadow.close();
});
