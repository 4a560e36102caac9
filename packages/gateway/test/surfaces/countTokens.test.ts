import type { Policy } from '@kedge/core';
import { expect, test } from 'vitest';
import { createCountLimit } from '../../src/http/createCountLimit.js';
import { answerWith } from '../support/scriptedUpstream.js';
import { refusalOf, startSurfaceTest } from '../support/surfaceTest.js';

const path = '/v1/messages/count_tokens';
const hello = { model: 'demo', messages: [{ role: 'user', content: 'Hi' }] };
const image = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AA==' } };
const script = answerWith({ type: 'message', content: [{ type: 'text', text: 'Hello.' }] });
const rates = { input_tokens: '1', output_tokens: '3' };

test.each([
  ['text', {}],
  ['a system text', { system: 'Be short.' }],
  ['a list of system texts', { system: [{ type: 'text', text: 'Be short.', cache_control: { type: 'ephemeral' } }] }],
  ['tools', { tools: [{ name: 'weather', input_schema: { type: 'object' } }], tool_choice: { type: 'auto' } }],
  [
    'an answer with thinking and tool use, and its result',
    {
      messages: [
        { role: 'user', content: 'Warm in Oslo?' },
        {
          role: 'assistant',
          content: [
            { type: 'thinking', thinking: 'I look.', signature: 's' },
            { type: 'tool_use', id: 't', name: 'weather', input: { city: 'Oslo' } },
          ],
        },
        {
          role: 'user',
          content: [{ type: 'tool_result', tool_use_id: 't', content: [{ type: 'text', text: 'No.' }] }],
        },
      ],
      thinking: { type: 'enabled', budget_tokens: 1024 },
    },
  ],
  [
    'images, by their own rate',
    { messages: [{ role: 'user', content: [image, { type: 'text', text: 'What is it?' }] }] },
  ],
])('the count is what the call is metered for: %s', async (_, more) => {
  const { post, chargedFor, upstream } = await startSurfaceTest({
    script,
    policy: { rates: { ...rates, images: '5' } },
  });
  const counted = await post(path, { ...hello, ...more });
  expect([counted.status, upstream.requests.length]).toEqual([200, 0]);
  const called = await post('/v1/messages', { ...hello, ...more, max_tokens: 20 });
  const { input_tokens: metered } = chargedFor(called.headers);
  expect(JSON.parse(counted.text)).toEqual({ input_tokens: Number(metered) });
});

test.each([
  ['models', { model: 'other' }, {}],
  ['rates.images', { messages: [{ role: 'user', content: [image] }] }, {}],
  ['rates', { tools: [{ type: 'web_search_20250305', name: 'web_search' }] }, {}],
  ['rates', {}, { rates: { images: '5' } }],
  ['surfaces', {}, { format: 'kedge-policy/2', surfaces: ['/chat/completions'] }],
] as const)('what the policy refuses as a call is no count either: %s', async (clause, more, policy) => {
  const { post } = await startSurfaceTest({ policy: policy as Partial<Policy> });
  const { status, text } = await post(path, { ...hello, ...more });
  expect([status, refusalOf(text).values['clause']]).toEqual([403, clause]);
  expect(JSON.parse(text)).toMatchObject({ type: 'error', error: { type: 'permission_error' } });
});

test('a prompt beyond the cap is counted: that is how a client learns that it is too long', async () => {
  const { post } = await startSurfaceTest({ policy: { caps: { inputTokensPerCall: 5, outputTokensPerCall: 256 } } });
  const { text } = await post('/v1/messages', { ...hello, max_tokens: 20 });
  const { inputTokens } = refusalOf(text).values;
  expect(JSON.parse((await post(path, hello)).text)).toEqual({ input_tokens: inputTokens });
});

test('it takes what a call takes: a known key, POST, JSON, and no more than the body limit', async () => {
  const { gateway, post } = await startSurfaceTest({ config: { maxRequestBytes: 1_000 } });
  const answers = await Promise.all([
    post(path, hello, { authorization: 'Bearer other' }),
    fetch(`${gateway.url}${path}`),
    post(path, 'Hi'),
    post(path, { ...hello, messages: [] }),
    post(path, { ...hello, system: 'x'.repeat(1_000) }),
  ]);
  expect(answers.map(({ status }) => status)).toEqual([401, 405, 400, 400, 413]);
});

test('counts that take the processor are 429 for their key until it has waited, while its calls go on', async () => {
  const { post, setup } = await startSurfaceTest({ script });
  let elapsed = 0;
  // Each look at the clock finds it as much later.
  let step = 60_000;
  setup.elapsedMs = () => (elapsed += step);
  expect((await post(path, hello)).status).toBe(200);
  step = 0;
  const { status, headers, text } = await post(path, hello);
  expect([status, refusalOf(text).error.code]).toEqual([429, 'counts_limited']);
  expect((await post('/v1/messages', { ...hello, max_tokens: 20 })).status).toBe(200);
  elapsed += Number(headers.get('retry-after')) * 1_000;
  expect((await post(path, hello)).status).toBe(200);
});

test('a long call that is refused has taken its time like a count; one that is paid for has not', async () => {
  const { post, setup } = await startSurfaceTest({ script });
  let elapsed = 0;
  let step = 60_000;
  setup.elapsedMs = () => (elapsed += step);
  const long = { ...hello, system: 'x '.repeat(2_048), max_tokens: 20 };
  for (let calls = 0; calls < 3; calls++) expect((await post('/v1/messages', long)).status).toBe(200);
  expect((await post('/v1/messages', { ...long, max_tokens: 1_000_000 })).status).toBe(403);
  step = 0;
  const { status, headers, text } = await post('/v1/messages', long);
  expect([status, refusalOf(text).error.code]).toEqual([429, 'counts_limited']);
  // What takes no time is not in question.
  expect((await post('/v1/messages', { ...hello, max_tokens: 20 })).status).toBe(200);
  elapsed += Number(headers.get('retry-after')) * 1_000;
  expect((await post('/v1/messages', long)).status).toBe(200);
});

test('a key takes two seconds at once and a tenth of the time then, and no other key waits for it', () => {
  let now = 0;
  const limit = createCountLimit(() => now);
  const countFor = (key: string, ms: number): number => limit(key, () => (now += ms)).counted;
  // In pieces of 100 ms, tried once every 100 ms for 100 s.
  let taken = 0;
  while (now < 100_000) {
    try {
      countFor('busy', 100);
      taken += 100;
    } catch {
      now += 100;
    }
    if (now % 10_000 === 0) expect(() => countFor('other', 0)).not.toThrow();
  }
  expect(taken).toBeGreaterThanOrEqual(12_000);
  expect(taken).toBeLessThanOrEqual(12_200);
});

test('a count that fails has taken its time, too', () => {
  let now = 0;
  const limit = createCountLimit(() => now);
  const fail = (): unknown =>
    limit('a', () => {
      now += 3_000;
      throw new Error('no JSON');
    });
  expect(fail).toThrow('no JSON');
  expect(fail).toThrow(expect.objectContaining({ code: 'counts_limited', status: 429 }));
});
