import { expect, test } from 'vitest';
import { countText } from '../../src/index.js';
import { apiKey } from '../support/createTestSetup.js';
import { answerWith } from '../support/scriptedUpstream.js';
import {
  beginStream,
  eventText,
  metricsOf,
  receiptIn,
  refusalOf,
  startSurfaceTest,
  streamEvents,
} from '../support/surfaceTest.js';

const hello = { model: 'demo', max_tokens: 64, messages: [{ role: 'user', content: 'Hi' }] };
const answer = (content: readonly unknown[]) => ({
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'demo',
  content,
  stop_reason: 'end_turn',
  usage: { input_tokens: 8, output_tokens: 2 },
});
const start = { type: 'message_start', message: { ...answer([]), usage: { input_tokens: 8, output_tokens: 1 } } };
const blockStart = (index: number, block: unknown) => ({ type: 'content_block_start', index, content_block: block });
const blockDelta = (index: number, delta: unknown) => ({ type: 'content_block_delta', index, delta });
const stop = [
  { type: 'content_block_stop', index: 0 },
  { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 2 } },
  { type: 'message_stop' },
];

test("Anthropic's format: text, thinking and tool use are counted; the key may come as x-api-key, the version passes on", async () => {
  const { gateway, chargedFor, upstream } = await startSurfaceTest({
    script: answerWith(
      answer([
        { type: 'thinking', thinking: 'Think first.', signature: 's' },
        { type: 'text', text: 'One two' },
        { type: 'tool_use', id: 't', name: 'find', input: { q: 'kedge' } },
      ]),
    ),
  });
  const response = await fetch(`${gateway.url}/v1/messages`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-api-key': apiKey, 'anthropic-version': '2024-01-01' },
    body: JSON.stringify({ ...hello, system: 'Be short.' }),
  });
  expect(response.status).toBe(200);
  const spoken = ['Think first.', 'One two', 'find', '{"q":"kedge"}'].reduce((sum, text) => sum + countText(text), 0);
  expect(chargedFor(response.headers)).toEqual({
    input_tokens: BigInt(3 + countText('Be short.') + 3 + countText('user') + countText('Hi')),
    output_tokens: BigInt(spoken),
  });
  expect(upstream.requests[0]).toMatchObject({
    path: '/v1/messages',
    headers: { 'anthropic-version': '2024-01-01' },
    json: { max_tokens: 64 },
  });
});

test('R17: a streamed message passes unaltered, is counted, and its receipt comes before message_stop', async () => {
  const events = [
    start,
    blockStart(0, { type: 'text', text: '' }),
    blockDelta(0, { type: 'text_delta', text: 'One' }),
    blockDelta(0, { type: 'text_delta', text: ' two' }),
    { type: 'content_block_stop', index: 0 },
    blockStart(1, { type: 'tool_use', id: 't', name: 'find', input: {} }),
    blockDelta(1, { type: 'input_json_delta', partial_json: '{"q":' }),
    blockDelta(1, { type: 'input_json_delta', partial_json: '"kedge"}' }),
    ...stop,
  ];
  const { post } = await startSurfaceTest({ script: streamEvents(events) });
  const { text } = await post('/v1/messages', { ...hello, stream: true });
  expect(text.replace(/: kedge-receipt \S+\n\n/, '')).toBe(events.map(eventText).join(''));
  expect(text).toMatch(/: kedge-receipt \S+\n\nevent: message_stop\n/);
  const output = countText('One two') + countText('find') + countText('{"q":"kedge"}');
  expect(metricsOf(receiptIn(text))['output_tokens']).toBe(BigInt(output));
});

test('a streamed message is cut at max_tokens and closed as the API does', async () => {
  const { post } = await startSurfaceTest({
    script: (_, response) => {
      beginStream(response);
      response.write(eventText(start) + eventText(blockStart(0, { type: 'text', text: '' })));
      for (let index = 0; index < 50; index++) {
        response.write(eventText(blockDelta(0, { type: 'text_delta', text: ' word' })));
      }
    },
  });
  const { text } = await post('/v1/messages', { ...hello, max_tokens: 10, stream: true });
  expect(metricsOf(receiptIn(text))['output_tokens']).toBe(10n);
  const types = [...text.matchAll(/^event: (\S+)$/gm)].map(([, type]) => type);
  expect(types.slice(-3)).toEqual(['content_block_stop', 'message_delta', 'message_stop']);
  expect(text).toContain('"stop_reason":"max_tokens"');
});

test('an upstream that dies within a streamed message: what came is charged, then an error event', async () => {
  const { post } = await startSurfaceTest({
    script: (_, response) => {
      beginStream(response);
      const event = eventText(blockDelta(0, { type: 'text_delta', text: 'One two' }));
      response.write(event, () => setImmediate(() => response.destroy()));
    },
  });
  const { text } = await post('/v1/messages', { ...hello, stream: true });
  expect(metricsOf(receiptIn(text))['output_tokens']).toBe(2n);
  expect(text).toMatch(/event: error\ndata: \{"type":"error","error":\{"type":"api_error","message":"The upstream/);
});

test.each([
  ['rates', { tools: [{ type: 'web_search_20250305', name: 'web_search' }] }],
  ['rates', { messages: [{ role: 'user', content: [{ type: 'document', source: {} }] }] }],
  ['rates', { mcp_servers: [{ url: 'https://x' }] }],
  ['rates.images', { messages: [{ role: 'user', content: [{ type: 'image', source: {} }] }] }],
  [
    'rates.images',
    { messages: [{ role: 'user', content: [{ type: 'tool_result', content: [{ type: 'image', source: {} }] }] }] },
  ],
  ['caps.outputTokensPerCall', { max_tokens: 100_000 }],
  ['models', { model: 'other' }],
])('what the policy does not price is refused with its clause %s', async (clause, more) => {
  const { post, upstream } = await startSurfaceTest();
  const { status, text } = await post('/v1/messages', { ...hello, ...more });
  expect([status, refusalOf(text).values['clause']]).toEqual([403, clause]);
  expect(upstream.requests).toEqual([]);
});

test('content that is no text and no list of blocks is 400 or 403, never an error inside', async () => {
  const { post } = await startSurfaceTest();
  for (const content of [
    7,
    null,
    [7],
    [{ type: 'tool_result', content: 7 }],
    [{ type: 'tool_result', content: [null] }],
  ]) {
    const { status } = await post('/v1/messages', { ...hello, messages: [{ role: 'user', content }] });
    expect([200, 400, 403, 502]).toContain(status);
  }
});

test("a refusal has the form of Anthropic's errors, which other clients of it show, and says what to do", async () => {
  const { gateway, post } = await startSurfaceTest();
  const over = await post('/v1/messages?beta=true', { ...hello, max_tokens: 9_999 });
  expect([over.status, over.headers.get('content-type')]).toEqual([403, 'application/json']);
  expect(JSON.parse(over.text)).toMatchObject({
    type: 'error',
    error: {
      type: 'permission_error',
      message: expect.stringContaining('Ask for at most 256.'),
      code: 'policy_refused',
    },
    hints: ['Ask for at most 256.'],
  });
  const unknown = await fetch(`${gateway.url}/v1/messages`, { method: 'POST', headers: { 'x-api-key': 'other' } });
  expect(await unknown.json()).toMatchObject({ type: 'error', error: { type: 'authentication_error' } });
});
