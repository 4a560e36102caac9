import { once } from 'node:events';
import { decodeSignedReceipt, type SignedReceipt } from '@kedge/core';
import { expect, test } from 'vitest';
import { countText } from '../../src/index.js';
import { apiKey } from '../support/createTestSetup.js';
import { connectRaw } from '../http1/support/rawSocket.js';
import { sseData } from '../../src/sse/sseSplitter.js';
import { answerWith, chunkEvent, completion, usageEvent } from '../support/scriptedUpstream.js';
import {
  beginStream,
  eventText,
  metricsOf,
  receiptIn,
  refusalOf,
  startSurfaceTest,
  type SurfaceTest,
} from '../support/surfaceTest.js';

// What users of other gateways lost money by: budgets that know only some surfaces, disconnects that are free or billed in
// full, holds that stay, retries that pay twice.

const message = [{ role: 'user', content: 'Hi' }];
const surfaces = [
  {
    path: '/v1/chat/completions',
    body: { model: 'demo', max_tokens: 20, messages: message },
    answer: completion('One two'),
    piece: chunkEvent({ content: 'One two' }),
  },
  {
    path: '/v1/completions',
    body: { model: 'demo', max_tokens: 20, prompt: 'Hi' },
    answer: { choices: [{ index: 0, text: 'One two' }] },
    piece: `data: ${JSON.stringify({ choices: [{ index: 0, text: 'One two' }] })}\n\n`,
  },
  {
    path: '/v1/responses',
    body: { model: 'demo', max_output_tokens: 20, input: 'Hi' },
    answer: { output: [{ type: 'message', content: [{ type: 'output_text', text: 'One two' }] }] },
    piece: eventText({ type: 'response.output_text.delta', output_index: 0, content_index: 0, delta: 'One two' }),
  },
  {
    path: '/v1/messages',
    body: { model: 'demo', max_tokens: 20, messages: message },
    answer: { content: [{ type: 'text', text: 'One two' }] },
    piece: eventText({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'One two' } }),
  },
] as const;
const embeddings = {
  path: '/v1/embeddings',
  body: { model: 'demo', input: 'Hi' },
  answer: { data: [{ embedding: [] }] },
};
const all = [...surfaces, embeddings];

const receiptOf = (headers: Headers): SignedReceipt => decodeSignedReceipt(headers.get('kedge-receipt') ?? '');

/** What the channel has been charged so far, seen from a call that the rest is taken off. */
async function chargedBefore(it: SurfaceTest): Promise<bigint> {
  it.upstream.script = answerWith(embeddings.answer);
  const { receipt } = receiptOf((await it.post(embeddings.path, embeddings.body)).headers);
  return receipt.cumulativeUnits - receipt.units;
}

test('one value pays for every surface: what one has spent, no other has, and all are 402 in the end', async () => {
  const it = await startSurfaceTest({ channel: { cap: 400n } });
  let cumulative = 0n;
  for (const { path, body, answer } of all) {
    it.upstream.script = answerWith(answer);
    const { receipt } = receiptOf((await it.post(path, body)).headers);
    expect(receipt.units).toBeGreaterThan(0n);
    expect(receipt.cumulativeUnits).toBe((cumulative += receipt.units));
  }
  it.upstream.script = answerWith(embeddings.answer);
  while ((await it.post(embeddings.path, embeddings.body)).status === 200);
  for (const { path, body } of all) {
    const { status, text } = await it.post(path, body);
    expect([path, status, refusalOf(text).error.code]).toEqual([path, 402, 'value_exhausted']);
  }
});

test.each(surfaces)('$path: a client that leaves is charged what it was handed, and no hold stays', async (surface) => {
  const it = await startSurfaceTest({ channel: { cap: 200n }, config: { contentionWaitMs: 5_000 } });
  let upstreamClosed = false;
  it.upstream.script = (_, response) => {
    response.on('close', () => (upstreamClosed = true));
    beginStream(response);
    response.write(surface.piece);
  };
  const abort = new AbortController();
  const response = await fetch(`${it.gateway.url}${surface.path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${apiKey}` },
    body: JSON.stringify({ ...surface.body, stream: true }),
    signal: abort.signal,
  });
  await response.body?.getReader().read();
  abort.abort();
  await expect.poll(() => upstreamClosed).toBe(true);
  const charged = await chargedBefore(it);
  it.upstream.script = answerWith(surface.answer);
  const whole = receiptOf((await it.post(surface.path, surface.body)).headers);
  // The same text, streamed or not, costs the same.
  expect(charged).toBe(whole.receipt.units);
  expect(metricsOf(whole)['output_tokens']).toBe(BigInt(countText('One two')));
});

test('a client that leaves while its call waits for value has the upstream do nothing', async () => {
  const [surface] = surfaces;
  const it = await startSurfaceTest({ channel: { cap: 100n }, config: { contentionWaitMs: 10_000 } });
  let answer = (): void => undefined;
  it.upstream.script = (request, response) => {
    answer = () => answerWith(surface.answer)(request, response);
  };
  const first = it.post(surface.path, surface.body);
  await expect.poll(() => it.upstream.requests.length).toBe(1);
  const body = JSON.stringify(surface.body);
  const second = connectRaw(Number(new URL(it.gateway.url).port));
  const head = `POST ${surface.path} HTTP/1.1\r\nhost: a\r\nauthorization: Bearer ${apiKey}\r\n`;
  second.write(`${head}content-length: ${body.length}\r\n\r\n${body}`);
  await once(second.socket, 'connect');
  await healthy(it);
  second.socket.resetAndDestroy();
  await healthy(it);
  answer();
  expect((await first).status).toBe(200);
  it.upstream.script = answerWith(surface.answer);
  expect((await it.post(surface.path, surface.body)).status).toBe(200);
  expect(it.upstream.requests).toHaveLength(2);
});

/** Later than what reached the gateway before. */
async function healthy({ gateway }: SurfaceTest): Promise<void> {
  for (let times = 0; times < 3; times++) expect((await fetch(`${gateway.url}/healthz`)).status).toBe(200);
}

test.each(all)(
  '$path: an upstream that fails, lies or says nothing charges nothing, and no hold stays',
  async (surface) => {
    const it = await startSurfaceTest({ channel: { cap: 100n }, config: { contentionWaitMs: 50 } });
    for (const script of [
      answerWith({ error: 'x' }, 500),
      answerWith({ error: 'x' }, 429),
      answerWith({}),
      answerWith([]),
      answerWith('x'),
      answerWith({ choices: [], output: [], data: [] }),
    ]) {
      it.upstream.script = script;
      expect((await it.post(surface.path, surface.body)).status).toBeGreaterThanOrEqual(400);
    }
    expect(await chargedBefore(it)).toBe(0n);
  },
);

test.each(all)(
  '$path: R27: a retry with its key is answered with the first receipt, and charged once',
  async (surface) => {
    const it = await startSurfaceTest({ script: answerWith(surface.answer) });
    const retried = { 'idempotency-key': 'one' };
    const first = await it.post(surface.path, surface.body, retried);
    const second = await it.post(surface.path, surface.body, retried);
    expect(receiptOf(second.headers)).toEqual(receiptOf(first.headers));
    expect(second.text).toBe(first.text);
    expect(it.upstream.requests).toHaveLength(1);
  },
);

const failed = { message: 'engine dead', type: 'InternalServerError', code: 500 };
const withoutAnswer = [
  { path: '/v1/chat/completions', bytes: [''] },
  { path: '/v1/chat/completions', bytes: ['data: [DONE]\n\n'] },
  { path: '/v1/chat/completions', bytes: [': PROCESSING\n\n'] },
  { path: '/v1/chat/completions', bytes: [chunkEvent({ role: 'assistant', content: '' })] },
  { path: '/v1/chat/completions', bytes: [usageEvent, 'data: [DONE]\n\n'] },
  { path: '/v1/completions', bytes: [': PROCESSING\n\n', 'data: [DONE]\n\n'] },
  { path: '/v1/messages', bytes: [eventText({ type: 'ping' }), eventText({ type: 'message_stop' })] },
  { path: '/v1/messages', bytes: [eventText({ type: 'message_start', message: { content: [] } })] },
  { path: '/v1/responses', bytes: [eventText({ type: 'response.created', response: { output: [] } })] },
] as const;
const bodyOf = (path: string) => ({ ...surfaces.find((surface) => surface.path === path)?.body, stream: true });

test.each(withoutAnswer)(
  '$path: a stream that ends or breaks off without an answer is a failure of the upstream: $bytes',
  async ({ path, bytes }) => {
    const it = await startSurfaceTest({ channel: { cap: 100n } });
    for (const isBroken of [false, true]) {
      it.upstream.script = (_, response) => {
        beginStream(response);
        for (const event of bytes) response.write(event);
        if (isBroken) setImmediate(() => response.destroy());
        else response.end();
      };
      const { status, text } = await it.post(path, bodyOf(path), { 'idempotency-key': 'one' });
      expect(status).toBe(200);
      expect(text).not.toContain('kedge-receipt');
      expect(JSON.parse(sseData(Buffer.from(text.split('\n\n').at(-2) ?? '')) ?? '')).toMatchObject({
        error: {
          message: expect.stringMatching(/^The upstream (did not answer|ended its stream without an answer)/) as string,
        },
      });
      expect(text).not.toContain('[DONE]');
    }
    expect(it.upstream.requests).toHaveLength(2);
    expect(await chargedBefore(it)).toBe(0n);
  },
);

test.each([
  { path: '/v1/chat/completions', bytes: `data: ${JSON.stringify({ error: failed })}\n\ndata: [DONE]\n\n` },
  { path: '/v1/completions', bytes: `: PROCESSING\n\ndata: ${JSON.stringify({ error: failed })}\n\n` },
  { path: '/v1/messages', bytes: eventText({ type: 'ping' }) + eventText({ type: 'error', error: failed }) },
  { path: '/v1/responses', bytes: eventText({ type: 'error', message: 'engine dead' }) },
  { path: '/v1/responses', bytes: eventText({ type: 'response.failed', response: { output: [], error: failed } }) },
])('$path: a stream that brings only word of a failure passes as it is and costs nothing', async ({ path, bytes }) => {
  const it = await startSurfaceTest({ channel: { cap: 100n } });
  it.upstream.script = (_, response) => {
    beginStream(response);
    response.end(bytes);
  };
  const { status, text } = await it.post(path, bodyOf(path));
  expect([status, text]).toEqual([200, bytes]);
  expect(await chargedBefore(it)).toBe(0n);
});

test.each([
  { path: '/v1/chat/completions', bytes: `${chunkEvent({}, 'stop')}data: [DONE]\n\n` },
  { path: '/v1/messages', bytes: eventText({ type: 'message_delta', delta: { stop_reason: 'end_turn' } }) },
  { path: '/v1/responses', bytes: eventText({ type: 'response.completed', response: { output: [] } }) },
])('$path: an answer without words is one: its input is charged', async ({ path, bytes }) => {
  const it = await startSurfaceTest();
  it.upstream.script = (_, response) => {
    beginStream(response);
    response.end(bytes);
  };
  const { text } = await it.post(path, bodyOf(path));
  expect(receiptIn(text).receipt.units).toBeGreaterThan(0n);
});

test('a client that leaves while nothing but comments came is charged nothing', async () => {
  const it = await startSurfaceTest({ channel: { cap: 100n } });
  let upstreamClosed = false;
  it.upstream.script = (_, response) => {
    response.on('close', () => (upstreamClosed = true));
    beginStream(response);
    response.write(': PROCESSING\n\n');
  };
  const abort = new AbortController();
  const { path } = surfaces[0];
  const response = await fetch(`${it.gateway.url}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${apiKey}` },
    body: JSON.stringify(bodyOf(path)),
    signal: abort.signal,
  });
  await response.body?.getReader().read();
  abort.abort();
  await expect.poll(() => upstreamClosed).toBe(true);
  expect(await chargedBefore(it)).toBe(0n);
});

test('R27: one key for the same bytes on another surface is another request: 409', async () => {
  const it = await startSurfaceTest({ script: answerWith(completion('One two')) });
  const body = { model: 'demo', max_tokens: 20, messages: message };
  expect((await it.post('/v1/chat/completions', body, { 'idempotency-key': 'one' })).status).toBe(200);
  expect((await it.post('/v1/messages', body, { 'idempotency-key': 'one' })).status).toBe(409);
});
