import { expect, test } from 'vitest';
import { countText } from '../../src/index.js';
import { surfaces } from '../../src/surfaces/surfaces.js';
import { apiKey } from '../support/createTestSetup.js';
import { answerWith, chunkEvent, completion } from '../support/scriptedUpstream.js';
import { metricsOf, receiptIn, startSurfaceTest } from '../support/surfaceTest.js';

const hello = { model: 'demo', messages: [{ role: 'user', content: 'Hi' }] };
const usage = (cached: number, reasoning: number) => ({
  usage: {
    prompt_tokens: 8,
    completion_tokens: 20,
    prompt_tokens_details: { cached_tokens: cached },
    completion_tokens_details: { reasoning_tokens: reasoning },
  },
});

test('cached and hidden reasoning tokens are charged at their own rates, within what was counted and reserved', async () => {
  const { post, chargedFor, upstream } = await startSurfaceTest({
    policy: { rates: { input_tokens: '10', cached_tokens: '1', output_tokens: '3', reasoning_tokens: '2' } },
  });
  upstream.script = answerWith(completion('One two', usage(5, 6)));
  const first = await post('/v1/chat/completions', { ...hello, max_tokens: 20 });
  expect(chargedFor(first.headers)).toEqual({
    input_tokens: 3n,
    cached_tokens: 5n,
    output_tokens: 2n,
    reasoning_tokens: 6n,
  });
  upstream.script = answerWith(completion('One two', usage(1_000_000, 1_000_000)));
  const lied = await post('/v1/chat/completions', { ...hello, max_tokens: 20 });
  expect(chargedFor(lied.headers)).toEqual({
    input_tokens: 0n,
    cached_tokens: 8n,
    output_tokens: 2n,
    reasoning_tokens: 18n,
  });
});

test('reasoning that is shown is counted here, whatever the upstream says; without a rate of its own it is output', async () => {
  const shown = completion('One two', {
    choices: [{ index: 0, message: { content: 'One two', reasoning_content: 'Think first.' }, finish_reason: 'stop' }],
    ...usage(0, 999),
  });
  const thought = BigInt(countText('Think first.'));
  const priced = await startSurfaceTest({
    script: answerWith(shown),
    policy: { rates: { input_tokens: '1', output_tokens: '3', reasoning_tokens: '2' } },
  });
  const first = await priced.post('/v1/chat/completions', hello);
  expect(priced.chargedFor(first.headers)).toEqual({ input_tokens: 8n, output_tokens: 2n, reasoning_tokens: thought });
  const plain = await startSurfaceTest({ script: answerWith(shown) });
  const second = await plain.post('/v1/chat/completions', hello);
  expect(plain.chargedFor(second.headers)).toEqual({ input_tokens: 8n, output_tokens: 2n + thought });
});

test('the worst case is reserved at the dearer rate: a dear cache or dear reasoning cannot overspend', async () => {
  const { post, upstream } = await startSurfaceTest({
    policy: { rates: { input_tokens: '1', cached_tokens: '100', output_tokens: '1', reasoning_tokens: '100' } },
    channel: { cap: 2_799n },
  });
  upstream.script = answerWith(completion('One two', usage(8, 18)));
  expect((await post('/v1/chat/completions', { ...hello, max_tokens: 20 })).status).toBe(402);
  expect((await post('/v1/chat/completions', { ...hello, max_tokens: 19 })).status).toBe(200);
});

test.each(['gateway', 'upstream'] as const)(
  'what an upstream says that a call has cost is ignored, whole and streamed; the count of the %s is charged',
  async (rules) => {
    const told = { prompt_tokens: 8, completion_tokens: 2, cost: 999, total_cost: '999', cost_details: { total: 999 } };
    const { post, upstream, chargedFor } = await startSurfaceTest({
      policy: { format: 'kedge-policy/2', usage: { rules, toleranceBasisPoints: 0, toleranceTokens: 0 } },
    });
    upstream.script = (_, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'x-litellm-response-cost': '999' });
      response.end(JSON.stringify(completion('One two', { usage: told, cost: 999, response_cost: 999 })));
    };
    const expected = { input_tokens: 8n, output_tokens: 2n };
    expect(chargedFor((await post('/v1/chat/completions', hello)).headers)).toEqual(expected);
    upstream.script = (_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'x-litellm-response-cost': '999' });
      response.write(chunkEvent({ content: 'One two' }));
      response.write(`data: ${JSON.stringify({ choices: [], usage: told, cost: 999 })}\n\n`);
      response.end('data: [DONE]\n\n');
    };
    const signed = receiptIn((await post('/v1/chat/completions', { ...hello, stream: true })).text);
    expect([metricsOf(signed), signed.receipt.units]).toEqual([expected, 14n]);
  },
);

test('a streamed call is never logged as nothing: usage that the upstream leaves out does not matter', async () => {
  const { post } = await startSurfaceTest({
    script: (_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.end('data: {"choices":[{"index":0,"delta":{"content":"One two"}}]}\n\ndata: [DONE]\n\n');
    },
  });
  const { text } = await post('/v1/chat/completions', { ...hello, stream: true });
  expect(receiptIn(text).receipt.units).toBe(8n + 3n * 2n);
});

test.each([
  [{ output_tokens: '3' }, { output_tokens: 2n }],
  [{ input_tokens: '1' }, { input_tokens: 8n }],
  [{ requests: '5' }, { requests: 1n }],
])('of a surface that is served, what has no rate is free: %j', async (rates, charged) => {
  const { post, chargedFor } = await startSurfaceTest({
    policy: { rates },
    script: answerWith(completion('One two', usage(0, 0))),
  });
  expect(chargedFor((await post('/v1/chat/completions', hello)).headers)).toEqual(charged);
});

test('every surface needs a key and POST, and is refused without any rate', async () => {
  const { gateway, upstream } = await startSurfaceTest({ policy: { rates: { units: '1' } } });
  for (const path of surfaces.keys()) {
    const noKey = await fetch(`${gateway.url}${path}`, { method: 'POST', body: '{}' });
    const wrongMethod = await fetch(`${gateway.url}${path}`, { headers: { authorization: `Bearer ${apiKey}` } });
    expect([path, noKey.status, wrongMethod.status]).toEqual([path, 401, 405]);
  }
  expect(upstream.requests).toEqual([]);
});
