import { decodeSignedReceipt, type SignedReceipt } from '@kedge/core';
import { expect, test } from 'vitest';
import { countText } from '../../src/index.js';
import { apiKey } from '../support/createTestSetup.js';
import { answerWith, chunkEvent, completion } from '../support/scriptedUpstream.js';
import {
  beginStream,
  eventText,
  metricsOf,
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
    last: 'data: [DONE]\n\n',
    piece: chunkEvent({ content: 'One two' }),
  },
  {
    path: '/v1/completions',
    body: { model: 'demo', max_tokens: 20, prompt: 'Hi' },
    answer: { choices: [{ index: 0, text: 'One two' }] },
    last: 'data: [DONE]\n\n',
    piece: `data: ${JSON.stringify({ choices: [{ index: 0, text: 'One two' }] })}\n\n`,
  },
  {
    path: '/v1/responses',
    body: { model: 'demo', max_output_tokens: 20, input: 'Hi' },
    answer: { output: [{ type: 'message', content: [{ type: 'output_text', text: 'One two' }] }] },
    last: eventText({ type: 'response.failed', response: { output: [] } }),
    piece: eventText({ type: 'response.output_text.delta', output_index: 0, content_index: 0, delta: 'One two' }),
  },
  {
    path: '/v1/messages',
    body: { model: 'demo', max_tokens: 20, messages: message },
    answer: { content: [{ type: 'text', text: 'One two' }] },
    last: eventText({ type: 'message_stop' }),
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

test.each(surfaces)('$path: a stream that brings nothing passes as it is and costs nothing', async (surface) => {
  const it = await startSurfaceTest({ channel: { cap: 100n } });
  for (const bytes of ['', surface.last]) {
    it.upstream.script = (_, response) => {
      beginStream(response);
      response.end(bytes);
    };
    const { status, text } = await it.post(surface.path, { ...surface.body, stream: true });
    expect([status, text]).toEqual([200, bytes]);
  }
  expect(await chargedBefore(it)).toBe(0n);
});

test('R27: one key for the same bytes on another surface is another request: 409', async () => {
  const it = await startSurfaceTest({ script: answerWith(completion('One two')) });
  const body = { model: 'demo', max_tokens: 20, messages: message };
  expect((await it.post('/v1/chat/completions', body, { 'idempotency-key': 'one' })).status).toBe(200);
  expect((await it.post('/v1/messages', body, { 'idempotency-key': 'one' })).status).toBe(409);
});
