import { setTimeout as delay } from 'node:timers/promises';
import { parseChatCompletionRequest } from '@kedge/core';
import { kedgeFetch, type KedgeFetch, type KedgeFetchParameters } from '@kedge/sdk';
import { testSeed } from '@kedge/testing';
import fc from 'fast-check';
import OpenAI from 'openai';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { loadTokenCounter } from '../../sdk/src/strict/loadTokenCounter.js';
import { meterChat } from '../../sdk/src/strict/meterTexts.js';
import { paidSurfaces } from '../../sdk/src/strict/paidSurfaces.js';
import { chatCompletions } from '../src/surfaces/chatCompletions.js';
import { surfaces } from '../src/surfaces/surfaces.js';
import type { Gateway } from '../src/index.js';
import { createStrictSetup, strictChannelOf } from './support/createStrictSetup.js';
import { apiKey, type TestSetup, testPolicy } from './support/createTestSetup.js';
import {
  answerWith,
  chunkEvent,
  completion,
  type ScriptedUpstream,
  startScriptedUpstream,
  streamWords,
} from './support/scriptedUpstream.js';
import { askingForMore, faultOf, voucherState, withholding } from './support/strictClient.js';

let upstream: ScriptedUpstream;
let setup: TestSetup;
let gateway: Gateway;

const messages = [{ role: 'user' as const, content: 'Say something, please.' }];
const words = Array.from({ length: 60 }, (_, index) => ` word${index}`);

beforeEach(async () => {
  upstream = await startScriptedUpstream(answerWith(completion('Hello there, this is an answer.')));
});
afterEach(async () => {
  await gateway.close();
  await upstream.close();
  setup.remove();
});

async function begin(strict: Parameters<typeof createStrictSetup>[1] = {}): Promise<void> {
  setup = createStrictSetup(upstream.url, strict);
  gateway = await setup.start();
}

function clientOf(more: Partial<KedgeFetchParameters> = {}): { openai: OpenAI; paid: KedgeFetch } {
  const paid = kedgeFetch({ ...strictChannelOf(setup), ...more });
  return { paid, openai: new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey, fetch: paid, maxRetries: 0 }) };
}

const state = () => voucherState(`${gateway.url}/v1`);

/** What the gateway charged is what the client signed for, to the unit. */
async function expectAllPaid(paid: KedgeFetch): Promise<void> {
  await paid.idle();
  const { newest, committedUnits } = await state();
  expect(newest!.voucher.cumulativeUnits).toBe(committedUnits);
}

test('R11: an OpenAI client pays call by call, JSON and streams, and signs for exactly what it got', async () => {
  await begin();
  const { openai, paid } = clientOf();
  const answer = await openai.chat.completions.create({ model: 'demo', messages });
  expect(answer.choices[0]?.message.content).toBe('Hello there, this is an answer.');
  upstream.script = streamWords(words);
  const stream = await openai.chat.completions.create({ model: 'demo', messages, stream: true });
  let said = '';
  for await (const chunk of stream) said += chunk.choices[0]?.delta.content ?? '';
  expect(said).toBe(words.join(''));
  await paid.idle();
  const { newest, committedUnits } = await state();
  expect(newest!.voucher.cumulativeUnits).toBe(committedUnits);
  expect(paid.memory()).toMatchObject({ settledUnits: BigInt(committedUnits), lostUnits: expect.any(BigInt) });
});

test('R11: where only requests have a price, a stream is paid before it begins, and nothing is sent while it runs', async () => {
  setup = createStrictSetup(upstream.url, {}, { rates: { requests: '500' } });
  gateway = await setup.start();
  const sent: string[] = [];
  const counted: typeof fetch = async (input, init) => {
    const response = await fetch(input, init);
    sent.push(`${new Request(input, { ...init, body: null }).url.replace(gateway.url, '')} ${response.status}`);
    return response;
  };
  const { openai, paid } = clientOf({ fetch: counted });
  for (let call = 1; call <= 2; call++) {
    upstream.script = streamWords(words);
    const stream = await openai.chat.completions.create({ model: 'demo', messages, stream: true });
    let said = '';
    for await (const chunk of stream) said += chunk.choices[0]?.delta.content ?? '';
    expect(said).toBe(words.join(''));
  }
  await paid.idle();
  expect((await state()).newest!.voucher.cumulativeUnits).toBe('1000');
  expect(sent.filter((line) => line.startsWith('/v1/vouchers'))).toEqual(['/v1/vouchers 200']);
});

test('R11: text completions and embeddings are recounted and paid like chat completions', async () => {
  await begin();
  const { openai, paid } = clientOf();
  const text = { id: 'cmpl-1', object: 'text_completion', created: 1, model: 'demo' };
  upstream.script = answerWith({ ...text, choices: [{ index: 0, text: 'Hello there.', finish_reason: 'stop' }] });
  await openai.completions.create({ model: 'demo', prompt: ['Say', 'something'], max_tokens: 20 });
  const afterText = paid.memory().settledUnits;
  expect(afterText).toBe(2n + 3n * 3n);
  upstream.script = (_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const word of words) {
      const choices = [{ index: 0, text: word, finish_reason: null }];
      response.write(`data: ${JSON.stringify({ ...text, choices })}\n\n`);
    }
    response.end('data: [DONE]\n\n');
  };
  let said = '';
  const stream = await openai.completions.create({ model: 'demo', prompt: 'Say', stream: true });
  for await (const chunk of stream) said += chunk.choices[0]?.text ?? '';
  expect(said).toBe(words.join(''));
  const data = [0, 1].map((index) => ({ object: 'embedding', index, embedding: [0.5] }));
  upstream.script = answerWith({ object: 'list', model: 'demo', data });
  const before = paid.memory().settledUnits;
  await openai.embeddings.create({ model: 'demo', input: ['Say', 'something'], encoding_format: 'float' });
  expect(paid.memory().settledUnits - before).toBe(2n);
  await expectAllPaid(paid);
});

test('R11: an exposure of a few tokens lets a stream through chunk by chunk', async () => {
  await begin({ startUnits: '9' });
  upstream.script = streamWords(words);
  const { openai, paid } = clientOf();
  const stream = await openai.chat.completions.create({ model: 'demo', messages, stream: true, max_tokens: 200 });
  let said = '';
  for await (const chunk of stream) said += chunk.choices[0]?.delta.content ?? '';
  expect(said).toBe(words.join(''));
  await paid.idle();
  expect((await state()).newest!.voucher.cumulativeUnits).toBe((await state()).committedUnits);
});

test('R11: a stream goes on, though a voucher that it waits for did not arrive at once', async () => {
  await begin({ startUnits: '9' });
  upstream.script = streamWords(words);
  let vouchers = 0;
  const unsteady: KedgeFetchParameters['fetch'] = async (input, init) => {
    const isVoucher = init?.method === 'POST' && input.endsWith('/vouchers');
    if (!isVoucher || ++vouchers % 2 === 0) return fetch(input, init);
    if (vouchers % 4 === 1) throw new TypeError('fetch failed');
    return new Response('', { status: 503 });
  };
  const { openai, paid } = clientOf({ fetch: unsteady, signEveryUnits: 1_000_000n });
  const stream = await openai.chat.completions.create({ model: 'demo', messages, stream: true, max_tokens: 30 });
  let said = '';
  for await (const chunk of stream) said += chunk.choices[0]?.delta.content ?? '';
  expect(words.join('')).toContain(said);
  expect(said.length).toBeGreaterThan(words[0]!.length * 8);
  expect(vouchers).toBeGreaterThan(4);
  await paid.idle();
  expect(String(paid.memory().settledUnits)).toBe((await state()).committedUnits);
});

test.each([
  ['CRLF', '\r\n'],
  ['CR', '\r'],
])('R11: a stream whose lines end in %s is paid chunk by chunk, and its receipt is found', async (_, lineEnd) => {
  await begin({ startUnits: '9' });
  const { openai, paid } = clientOf();
  upstream.script = (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const events = [...words.map((content) => chunkEvent({ content })), chunkEvent({}, 'stop'), 'data: [DONE]\n\n'];
    response.end(events.join('').replaceAll('\n', lineEnd));
  };
  const stream = await openai.chat.completions.create({ model: 'demo', messages, stream: true });
  let said = '';
  for await (const chunk of stream) said += chunk.choices[0]?.delta.content ?? '';
  expect(said).toBe(words.join(''));
  await expectAllPaid(paid);
});

test('R11: nothing is signed for an input that the policy refuses', async () => {
  setup = createStrictSetup(upstream.url, {}, { caps: { outputTokensPerCall: 20, inputTokensPerCall: 30 } });
  gateway = await setup.start();
  const { openai, paid } = clientOf();
  const tooLong = { model: 'demo', messages: [{ role: 'user' as const, content: 'word '.repeat(40) }] };
  await expect(openai.chat.completions.create(tooLong)).rejects.toMatchObject({ status: 403, code: 'policy_refused' });
  expect((await state()).newest).toBeNull();
  await openai.chat.completions.create({ model: 'demo', messages });
  await expectAllPaid(paid);
});

test('L9: what was signed for a call that failed does not keep what is served later from being captured', async () => {
  await begin();
  const { openai, paid } = clientOf();
  upstream.script = (_, response) => void response.writeHead(500).end();
  const long = { model: 'demo', messages: [{ role: 'user' as const, content: 'word '.repeat(400) }] };
  await expect(openai.chat.completions.create(long)).rejects.toThrow();
  upstream.script = answerWith(completion('Hello there.'));
  for (let call = 0; call < 3; call++) await openai.chat.completions.create({ model: 'demo', messages });
  await paid.idle();
  const { newest, committedUnits } = await state();
  expect(BigInt(newest!.voucher.cumulativeUnits)).toBeGreaterThan(BigInt(committedUnits));
  await fetch(`${gateway.url}/admin/capture`, { method: 'POST' });
  expect(setup.chain.captured.get(setup.channelId)).toBe(BigInt(committedUnits));
});

test('R11: parallel calls on one channel are each paid once', async () => {
  await begin({ startUnits: '5000' });
  const { openai, paid } = clientOf();
  await openai.chat.completions.create({ model: 'demo', messages, max_tokens: 20 });
  await Promise.all(
    Array.from({ length: 30 }, () => openai.chat.completions.create({ model: 'demo', messages, max_tokens: 20 })),
  );
  await expectAllPaid(paid);
});

test('R11: parallel calls that are more than is served ahead of payment wait for one another, and all are answered', async () => {
  // One whole answer of 20 tokens fits where nothing is owed.
  await begin({ startUnits: '75', growthBasisPoints: 0 });
  let running = 0;
  let most = 0;
  upstream.script = (request, response) => {
    most = Math.max(most, ++running);
    setTimeout(() => {
      running--;
      answerWith(completion('Hello there.'))(request, response);
    }, 5);
  };
  const { openai, paid } = clientOf();
  const ask = { model: 'demo', messages, max_tokens: 20 };
  const answers = await Promise.allSettled(Array.from({ length: 12 }, () => openai.chat.completions.create(ask)));
  expect(answers.map((answer) => answer.status)).toEqual(Array.from({ length: 12 }, () => 'fulfilled'));
  // What was signed for the inputs of calls that were refused makes room for a second one.
  expect(most).toBeLessThanOrEqual(2);
  await paid.idle();
  const { committedUnits } = await state();
  expect(paid.memory().settledUnits).toBe(BigInt(committedUnits));
});

test('R11: of calls that wait as many run at once as fit', async () => {
  await begin({ startUnits: '300', growthBasisPoints: 0 });
  const held: (() => void)[] = [];
  upstream.script = (request, response) =>
    void held.push(() => answerWith(completion('Hello there.'))(request, response));
  const { openai } = clientOf();
  const ask = { model: 'demo', messages, max_tokens: 20 };
  const answers = Array.from({ length: 12 }, () => openai.chat.completions.create(ask));
  await expect.poll(() => held.length).toBeGreaterThan(3);
  for (const answer of held.splice(0)) answer();
  await expect.poll(() => held.length, { timeout: 10_000 }).toBeGreaterThan(1);
  upstream.script = answerWith(completion('Hello there.'));
  for (const answer of held.splice(0)) answer();
  await Promise.all(answers);
});

test('R11: a call that exceeds by itself what is served ahead of payment is refused at once', async () => {
  await begin({ startUnits: '75', growthBasisPoints: 0 });
  const { openai } = clientOf();
  const ask = { model: 'demo', messages, max_tokens: 40 };
  await expect(openai.chat.completions.create(ask)).rejects.toMatchObject({ status: 403, code: 'exposure_exceeded' });
});

test('R11: a call that waits for others ends when it is aborted', async () => {
  await begin({ startUnits: '75', growthBasisPoints: 0 });
  let reached: () => void = () => undefined;
  const runs = new Promise<void>((resolve) => (reached = resolve));
  let answer: () => void = () => undefined;
  upstream.script = (request, response) => {
    answer = () => answerWith(completion('Hello there.'))(request, response);
    reached();
  };
  const { openai } = clientOf();
  const ask = { model: 'demo', messages, max_tokens: 20 };
  const first = openai.chat.completions.create(ask);
  await runs;
  const leaving = new AbortController();
  const second = openai.chat.completions.create(ask, { signal: leaving.signal });
  const third = openai.chat.completions.create(ask);
  setTimeout(() => leaving.abort(), 50);
  await expect(second).rejects.toThrow('aborted');
  upstream.script = answerWith(completion('Hello there.'));
  answer();
  expect((await first).choices).toHaveLength(1);
  expect((await third).choices).toHaveLength(1);
});

test('R11: a call ends when it is aborted, though the gateway says nothing to what the client asks first', async () => {
  await begin();
  let isSilent = true;
  let heard: () => void = () => undefined;
  const silent: KedgeFetchParameters['fetch'] = async (input, init) => {
    if (!isSilent || !input.endsWith('/vouchers')) return fetch(input, init);
    await new Promise<void>((resolve) => (heard = resolve));
    return fetch(input, init);
  };
  const { openai, paid } = clientOf({ fetch: silent });
  const leaving = new AbortController();
  const first = openai.chat.completions.create({ model: 'demo', messages }, { signal: leaving.signal });
  setTimeout(() => leaving.abort(), 50);
  await expect(first).rejects.toThrow('aborted');
  isSilent = false;
  heard();
  await paid.idle();
  expect(upstream.requests).toHaveLength(0);
  expect(paid.memory().newest).toBeNull();
  await openai.chat.completions.create({ model: 'demo', messages });
  await expectAllPaid(paid);
});

test('R11: calls that follow a lost one ask the operator once what it came to, and pay for it once', async () => {
  await begin({ startUnits: '100000', growthBasisPoints: 0 });
  let isLost = false;
  let asked = 0;
  const losesFirst: typeof fetch = async (input, init) => {
    // Asked for the second time, the operator has charged a call whose answer is still on its way.
    if (isLost && init?.method === 'GET' && ++asked > 1) await delay(200);
    const response = await fetch(input, init);
    if (!String(input).endsWith('/chat/completions')) return response;
    if (isLost) return delay(400, response);
    await response.arrayBuffer();
    isLost = true;
    throw new TypeError('fetch failed');
  };
  const { openai, paid } = clientOf({ fetch: losesFirst });
  const ask = { model: 'demo', messages, max_tokens: 20 };
  await expect(openai.chat.completions.create(ask)).rejects.toThrow();
  const answers = await Promise.all([openai.chat.completions.create(ask), openai.chat.completions.create(ask)]);
  expect(answers.map(({ choices }) => choices.length)).toEqual([1, 1]);
  expect(asked).toBe(1);
  await expectAllPaid(paid);
});

test('R11: a call that waited for one that was aborted before it was sent is paid by what is due', async () => {
  await begin({ startUnits: '75', growthBasisPoints: 0 });
  let reached: () => void = () => undefined;
  let refused: () => void = () => undefined;
  const runs = new Promise<void>((resolve) => (reached = resolve));
  const waits = new Promise<void>((resolve) => (refused = resolve));
  let answer: () => void = () => undefined;
  upstream.script = (request, response) => {
    answer = () => answerWith(completion('Hello there.'))(request, response);
    reached();
  };
  let calls = 0;
  const losesSecond: typeof fetch = async (input, init) => {
    const isCall = String(input).endsWith('/chat/completions');
    if (isCall && ++calls === 2) {
      return new Promise((_, reject) => init!.signal!.addEventListener('abort', () => reject(init!.signal!.reason)));
    }
    const response = await fetch(input, init);
    if (isCall && response.status === 429) refused();
    return response;
  };
  const { openai, paid } = clientOf({ fetch: losesSecond });
  const ask = { model: 'demo', messages, max_tokens: 20 };
  const first = openai.chat.completions.create(ask);
  await runs;
  const leaving = new AbortController();
  const second = openai.chat.completions.create(ask, { signal: leaving.signal });
  await expect.poll(() => calls).toBe(2);
  const third = openai.chat.completions.create(ask);
  await waits;
  leaving.abort();
  await expect(second).rejects.toThrow('aborted');
  upstream.script = answerWith(completion('Hello there.'));
  answer();
  expect((await first).choices).toHaveLength(1);
  expect((await third).choices).toHaveLength(1);
  await paid.idle();
  const { committedUnits } = await state();
  expect(paid.memory().settledUnits).toBe(BigInt(committedUnits));
  await fetch(`${gateway.url}/admin/capture`, { method: 'POST' });
  expect(setup.chain.captured.get(setup.channelId)).toBe(BigInt(committedUnits));
});

test('R11: an operator that charges for more than it delivered is caught, and nothing more is signed', async () => {
  await begin();
  const { openai, paid } = clientOf({ fetch: withholding((text) => text.replace('this is an ', '')) });
  const error = await faultOf(openai.chat.completions.create({ model: 'demo', messages }));
  expect(error).toMatchObject({ code: 'operator_overcounts', values: { clause: 'R11' } });
  expect(error.message).toMatch(/receipt says \d+ base units, this client counts \d+/);
  const signedUnits = (await state()).newest!.voucher.cumulativeUnits;
  const calls = upstream.requests.length;
  expect(await faultOf(openai.chat.completions.create({ model: 'demo', messages }))).toBe(error);
  await paid.idle();
  expect((await state()).newest!.voucher.cumulativeUnits).toBe(signedUnits);
  expect(upstream.requests).toHaveLength(calls);
});

test('R11: an operator that overcounts a stream is caught before its end, at the voucher that it asks for', async () => {
  await begin({ startUnits: '9' });
  upstream.script = streamWords(words);
  const { openai } = clientOf({ fetch: askingForMore(3n, 1, () => undefined) });
  const stream = await openai.chat.completions.create({ model: 'demo', messages, stream: true, max_tokens: 200 });
  const reading = (async () => {
    for await (const chunk of stream) expect(chunk.object).toBe('chat.completion.chunk');
  })();
  expect(await faultOf(reading)).toMatchObject({ code: 'operator_overcounts' });
});

test('R13: an answer whose bytes are not those of its receipt is not paid', async () => {
  await begin();
  const { openai } = clientOf({ fetch: withholding((text) => text.replace('Hello there', 'Howdy there')) });
  expect(await faultOf(openai.chat.completions.create({ model: 'demo', messages }))).toMatchObject({
    code: 'receipt_bad',
  });
});

test.each([
  ['only its end', 'data: [DONE]\n\n', 'The upstream ended its stream without an answer.'],
  ['only that it failed', 'data: {"error":{"message":"overloaded"}}\n\n', 'overloaded'],
])('R11: a stream that says %s costs nothing, is handed over, and calls go on', async (_, said, reason) => {
  await begin();
  const { openai, paid } = clientOf();
  upstream.script = (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.end(said);
  };
  const headers = { authorization: `Bearer ${apiKey}` };
  const body = JSON.stringify({ model: 'demo', messages, stream: true });
  const stream = await paid(`${gateway.url}/v1/chat/completions`, { method: 'POST', headers, body });
  expect(await stream.text()).toContain(reason);
  await paid.idle();
  expect(paid.memory()).toMatchObject({ settledUnits: 0n });
  upstream.script = answerWith(completion('Hello there.'));
  await openai.chat.completions.create({ model: 'demo', messages });
  await expectAllPaid(paid);
});

test('R13: a stream that brings an answer and no receipt is not paid for, and nothing more is signed', async () => {
  await begin();
  upstream.script = streamWords(words);
  const { openai, paid } = clientOf({ fetch: withholding((text) => text.replace(/: kedge-receipt .*\n\n/, '')) });
  const stream = await openai.chat.completions.create({ model: 'demo', messages, stream: true });
  const read = async (): Promise<void> => {
    for await (const chunk of stream) expect(chunk.choices).toHaveLength(1);
  };
  expect(await faultOf(read())).toMatchObject({ code: 'receipt_bad' });
  await paid.idle();
  const before = (await state()).newest;
  expect(await faultOf(openai.chat.completions.create({ model: 'demo', messages }))).toMatchObject({
    code: 'receipt_bad',
  });
  expect((await state()).newest).toEqual(before);
});

test.each([10, 20])('R11: a client that left after %i of 20 words pays what it got, and goes on', async (heard) => {
  await begin();
  upstream.script = (_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const word of words.slice(0, 20)) response.write(chunkEvent({ content: word }));
  };
  const { openai, paid } = clientOf();
  const stream = await openai.chat.completions.create({ model: 'demo', messages, stream: true });
  let count = 0;
  for await (const chunk of stream) {
    expect(chunk.choices).toHaveLength(1);
    if (++count === heard) break;
  }
  await paid.idle();
  upstream.script = answerWith(completion('Again.'));
  await expect.poll(async () => BigInt((await state()).committedUnits), { timeout: 30_000 }).toBeGreaterThan(0n);
  expect((await openai.chat.completions.create({ model: 'demo', messages })).choices).toHaveLength(1);
  await paid.idle();
  expect((await state()).newest!.voucher.cumulativeUnits).toBe((await state()).committedUnits);
});

test('R11: a call that cannot be remembered is not made and not paid, and the next is', async () => {
  await begin();
  let isFull = false;
  const onMemory = (): void => {
    if (isFull) throw new Error('no space left');
  };
  const { openai, paid } = clientOf({ onMemory });
  await openai.chat.completions.create({ model: 'demo', messages });
  const asked = upstream.requests.length;
  isFull = true;
  const refused = openai.chat.completions.create({ model: 'demo', messages });
  await expect(refused).rejects.toMatchObject({ cause: { message: 'no space left' } });
  expect(upstream.requests).toHaveLength(asked);
  isFull = false;
  await openai.chat.completions.create({ model: 'demo', messages });
  await expectAllPaid(paid);
});

test('R11: an answer that came is handed over and paid, though its end cannot be remembered', async () => {
  await begin();
  let isFull = false;
  const onMemory = (): void => {
    if (isFull) throw new Error('no space left');
  };
  const { openai, paid } = clientOf({ onMemory, signEveryUnits: 1_000_000n });
  upstream.script = streamWords(words);
  const stream = await openai.chat.completions.create({ model: 'demo', messages, stream: true });
  let said = '';
  for await (const chunk of stream) {
    isFull = true;
    said += chunk.choices[0]?.delta.content ?? '';
  }
  expect(said).toBe(words.join(''));
  await paid.idle();
  isFull = false;
  upstream.script = answerWith(completion('Again.'));
  await openai.chat.completions.create({ model: 'demo', messages });
  await expectAllPaid(paid);
});

test('R11: a client without memory goes on from its own signature, and pays a lost answer against its receipt', async () => {
  await begin();
  const first = clientOf({ fetch: (input, init) => (input.endsWith('/vouchers') ? lost() : fetch(input, init)) });
  const lost = async (): Promise<Response> =>
    new Response(JSON.stringify({ newest: null, committedUnits: '0', lastReceipt: null }));
  await first.openai.chat.completions.create({ model: 'demo', messages });
  await first.paid.idle();
  const before = await state();
  expect(BigInt(before.newest!.voucher.cumulativeUnits)).toBeLessThan(BigInt(before.committedUnits));
  const second = clientOf();
  await second.openai.chat.completions.create({ model: 'demo', messages });
  await second.paid.idle();
  const after = await state();
  expect(after.newest!.voucher.cumulativeUnits).toBe(after.committedUnits);
});

test('R11: what a client cannot have lost, it does not pay', async () => {
  await begin();
  const first = clientOf();
  await first.openai.chat.completions.create({ model: 'demo', messages });
  await first.paid.idle();
  const { settledUnits, newest } = first.paid.memory();
  const second = clientOf({ memory: { settledUnits: settledUnits - 10n, lostUnits: 9n, newest } });
  expect(await faultOf(second.openai.chat.completions.create({ model: 'demo', messages }))).toMatchObject({
    code: 'operator_overcounts',
  });
});

test('R11: while the gateway cannot be reached, what it may claim as lost does not grow', async () => {
  await begin();
  let isDown = false;
  const down: KedgeFetchParameters['fetch'] = (input, init) =>
    fetch(isDown && input.endsWith('/chat/completions') ? 'http://127.0.0.1:2' : input, init);
  const { openai, paid } = clientOf({ fetch: down });
  await openai.chat.completions.create({ model: 'demo', messages });
  await paid.idle();
  const before = paid.memory();
  isDown = true;
  for (let call = 0; call < 3; call++) {
    await expect(openai.chat.completions.create({ model: 'demo', messages })).rejects.toThrow();
  }
  const { settledUnits, lostUnits } = before;
  expect(paid.memory()).toMatchObject({ settledUnits, lostUnits });
  isDown = false;
  await openai.chat.completions.create({ model: 'demo', messages });
  await expectAllPaid(paid);
});

test('R11: the client counts inputs as the gateway does', async () => {
  await begin();
  const policy = testPolicy({ rates: { input_tokens: '1', output_tokens: '3', images: '50' } });
  const count = await loadTokenCounter(policy.tokenizer);
  const text = fc.oneof(fc.string({ unit: 'grapheme' }), fc.lorem());
  const part = fc.oneof(
    fc.record({ type: fc.constant('text'), text }),
    fc.record({ type: fc.constant('thinking'), thinking: text }),
    fc.constant({ type: 'image_url', image_url: { url: 'https://example.org/a.png' } }),
  );
  const message = fc.record(
    {
      role: fc.constantFrom('user', 'assistant', 'system', 'tool'),
      content: fc.oneof(text, fc.array(part), fc.constant(null)),
      name: text,
      refusal: text,
      tool_calls: fc.array(fc.record({ id: text, function: fc.record({ name: text, arguments: text }) })),
    },
    { requiredKeys: ['role', 'content'] },
  );
  const request = fc.record(
    {
      model: fc.constant('demo'),
      messages: fc.array(message, { minLength: 1 }),
      tools: fc.array(fc.record({ type: fc.constant('function'), function: fc.record({ name: text }) })),
      max_tokens: fc.integer({ min: 1, max: 256 }),
      max_completion_tokens: fc.integer({ min: 1, max: 256 }),
      chat_template_kwargs: fc.dictionary(fc.string(), text),
      n: fc.integer({ min: 1, max: 4 }),
    },
    { requiredKeys: ['model', 'messages'] },
  );
  fc.assert(
    fc.property(request, (body) => {
      const bytes = Buffer.from(JSON.stringify(body));
      const parsed = parseChatCompletionRequest(JSON.parse(bytes.toString()));
      const { quote } = chatCompletions.open(policy, bytes, 'application/json');
      expect(meterChat(policy, parsed, count).worstUnits).toBe(quote.worstUnits);
    }),
    { numRuns: 100, seed: testSeed },
  );
});

test('R11: the client counts texts of completions and embeddings as the gateway does', async () => {
  await begin();
  const policy = testPolicy({ rates: { input_tokens: '1', output_tokens: '3', records: '7', requests: '2' } });
  const count = await loadTokenCounter(policy.tokenizer);
  const text = fc.oneof(fc.string({ unit: 'grapheme', minLength: 1 }), fc.lorem());
  const numbers = fc.array(fc.nat(199_000), { minLength: 1 });
  const texts = fc.oneof(text, fc.array(text, { minLength: 1 }), numbers, fc.array(numbers, { minLength: 1 }));
  const bodies = {
    '/completions': fc.record(
      {
        model: fc.constant('demo'),
        prompt: texts,
        suffix: text,
        max_tokens: fc.integer({ min: 1, max: 256 }),
        n: fc.integer({ min: 1, max: 3 }),
      },
      { requiredKeys: ['model', 'prompt'] },
    ),
    '/embeddings': fc.record({ model: fc.constant('demo'), input: texts }),
  };
  for (const [path, body] of Object.entries(bodies)) {
    fc.assert(
      fc.property(body, (json) => {
        const bytes = Buffer.from(JSON.stringify(json));
        const { quote } = surfaces.get(`/v1${path}`)!.open(policy, bytes, 'application/json');
        expect(paidSurfaces.get(path)!(JSON.parse(bytes.toString()), count)(policy).worstUnits).toBe(quote.worstUnits);
      }),
      { numRuns: 100, seed: testSeed },
    );
  }
});

/** What came, with each receipt as an operator would write it that has no idea of their form. */
async function withNonsense(answer: Response): Promise<Response> {
  const headers = new Headers(answer.headers);
  if (headers.has('kedge-receipt')) headers.set('kedge-receipt', Buffer.from('{"receipt":{}}').toString('base64url'));
  const body = (await answer.text()).replace(/^: kedge-receipt .*$/m, ': kedge-receipt nonsense');
  return new Response(body, { status: answer.status, headers });
}

test.each([false, true])(
  'R13: a receipt that cannot be read is the operator’s fault, and the last (stream: %s)',
  async (stream) => {
    await begin();
    upstream.script = stream ? streamWords(words) : answerWith(completion('Hello.'));
    const { paid } = clientOf({ fetch: async (input, init) => withNonsense(await fetch(input, init)) });
    const ask = async (): Promise<string> => {
      const init = { method: 'POST', headers: { authorization: `Bearer ${apiKey}` } };
      const body = JSON.stringify({ model: 'demo', messages, stream });
      return (await paid(`${gateway.url}/v1/chat/completions`, { ...init, body })).text();
    };
    const refusal = { code: 'receipt_bad', message: expect.stringContaining('cannot be read') };
    const failure = await ask().catch((error: unknown) => error);
    expect(failure).toMatchObject(refusal);
    // Without a status, the proxy says 502 of it.
    expect((failure as { readonly status?: number }).status).toBeUndefined();
    const { requests } = upstream;
    const before = requests.length;
    await expect(ask()).rejects.toMatchObject(refusal);
    expect(requests.length).toBe(before);
  },
);

test('what a caller gives fetch goes with its call, and the way to the gateway with what the client asks itself', async () => {
  await begin();
  const sent: { path: string; redirect: unknown; dispatcher: unknown }[] = [];
  const seen = async (input: string, init: RequestInit): Promise<Response> => {
    const { redirect, dispatcher, ...rest } = init as RequestInit & { readonly dispatcher?: unknown };
    sent.push({ path: new URL(input).pathname, redirect, dispatcher });
    return fetch(input, rest);
  };
  const { paid } = clientOf({ fetch: seen });
  const way = { dispatcher: 'its own' };
  const init = { headers: { authorization: `Bearer ${apiKey}` }, redirect: 'error', ...way } as unknown as RequestInit;
  const body = JSON.stringify({ model: 'demo', messages });
  await paid(`${gateway.url}/v1/chat/completions`, { ...init, method: 'POST', body });
  await paid(`${gateway.url}/v1/models`, init);
  await paid.idle();
  const [call, models] = ['/v1/chat/completions', '/v1/models'].map((path) => ({ path, redirect: 'error', ...way }));
  expect(sent).toEqual(expect.arrayContaining([call, models, { path: '/v1/vouchers', redirect: undefined, ...way }]));
  expect(sent.every(({ dispatcher }) => dispatcher === 'its own')).toBe(true);
});
