import { type KedgeFetchParameters } from '@kedge/sdk';
import { expect, test } from 'vitest';
import { apiKey } from './support/createTestSetup.js';
import { answerWith, chunkEvent, completion, streamWords } from './support/scriptedUpstream.js';
import { useStrictGateway } from './support/useStrictGateway.js';

const { stage, begin, clientOf, state, expectAllPaid } = useStrictGateway();
const messages = [{ role: 'user' as const, content: 'Say something, please.' }];
const words = Array.from({ length: 60 }, (_, index) => ` word${index}`);

test('R11: an OpenAI client pays call by call, JSON and streams, and signs for exactly what it got', async () => {
  await begin();
  const { openai, paid } = clientOf();
  const answer = await openai.chat.completions.create({ model: 'demo', messages });
  expect(answer.choices[0]?.message.content).toBe('Hello there, this is an answer.');
  stage.upstream.script = streamWords(words);
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
  await begin({}, { rates: { requests: '500' } });
  const sent: string[] = [];
  const counted: typeof fetch = async (input, init) => {
    const response = await fetch(input, init);
    sent.push(`${new Request(input, { ...init, body: null }).url.replace(stage.gateway.url, '')} ${response.status}`);
    return response;
  };
  const { openai, paid } = clientOf({ fetch: counted });
  for (let call = 1; call <= 2; call++) {
    stage.upstream.script = streamWords(words);
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
  stage.upstream.script = answerWith({ ...text, choices: [{ index: 0, text: 'Hello there.', finish_reason: 'stop' }] });
  await openai.completions.create({ model: 'demo', prompt: ['Say', 'something'], max_tokens: 20 });
  const afterText = paid.memory().settledUnits;
  expect(afterText).toBe(2n + 3n * 3n);
  stage.upstream.script = (_, response) => {
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
  stage.upstream.script = answerWith({ object: 'list', model: 'demo', data });
  const before = paid.memory().settledUnits;
  await openai.embeddings.create({ model: 'demo', input: ['Say', 'something'], encoding_format: 'float' });
  expect(paid.memory().settledUnits - before).toBe(2n);
  await expectAllPaid(paid);
});

test('R11: an exposure of a few tokens lets a stream through chunk by chunk', async () => {
  await begin({ startUnits: '9' });
  stage.upstream.script = streamWords(words);
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
  stage.upstream.script = streamWords(words);
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
  stage.upstream.script = (_request, response) => {
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
  await begin({}, { caps: { outputTokensPerCall: 20, inputTokensPerCall: 30 } });
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
  stage.upstream.script = (_, response) => void response.writeHead(500).end();
  const long = { model: 'demo', messages: [{ role: 'user' as const, content: 'word '.repeat(400) }] };
  await expect(openai.chat.completions.create(long)).rejects.toThrow();
  stage.upstream.script = answerWith(completion('Hello there.'));
  for (let call = 0; call < 3; call++) await openai.chat.completions.create({ model: 'demo', messages });
  await paid.idle();
  const { newest, committedUnits } = await state();
  expect(BigInt(newest!.voucher.cumulativeUnits)).toBeGreaterThan(BigInt(committedUnits));
  await fetch(`${stage.gateway.url}/admin/capture`, { method: 'POST' });
  expect(stage.setup.chain.captured.get(stage.setup.channelId)).toBe(BigInt(committedUnits));
});

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
  await paid(`${stage.gateway.url}/v1/chat/completions`, { ...init, method: 'POST', body });
  await paid(`${stage.gateway.url}/v1/models`, init);
  await paid.idle();
  const [call, models] = ['/v1/chat/completions', '/v1/models'].map((path) => ({ path, redirect: 'error', ...way }));
  expect(sent).toEqual(expect.arrayContaining([call, models, { path: '/v1/vouchers', redirect: undefined, ...way }]));
  expect(sent.every(({ dispatcher }) => dispatcher === 'its own')).toBe(true);
});
