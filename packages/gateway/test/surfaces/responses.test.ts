import { expect, test } from 'vitest';
import { countText } from '../../src/index.js';
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

const message = (text: string) => ({
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  status: 'completed',
  content: [{ type: 'output_text', text, annotations: [] }],
});
const response = (output: readonly unknown[], more: Record<string, unknown> = {}) => ({
  id: 'resp_1',
  object: 'response',
  created_at: 1,
  status: 'completed',
  model: 'demo',
  output,
  usage: { input_tokens: 9, output_tokens: 3, total_tokens: 12 },
  ...more,
});
const delta = (text: string) => ({
  type: 'response.output_text.delta',
  item_id: 'msg_1',
  output_index: 0,
  content_index: 0,
  delta: text,
});
const created = { type: 'response.created', sequence_number: 0, response: response([], { status: 'in_progress' }) };

test('a response: messages, function calls and reasoning are counted, and the official client reads it', async () => {
  const call = { type: 'function_call', id: 'fc_1', call_id: 'c', name: 'find', arguments: '{"q":"kedge"}' };
  const thought = { type: 'reasoning', id: 'rs_1', summary: [{ type: 'summary_text', text: 'Think first.' }] };
  const { openai, chargedFor, upstream } = await startSurfaceTest({
    script: answerWith(response([thought, message('One two'), call])),
  });
  const { data, response: raw } = await openai.responses
    .create({ model: 'demo', instructions: 'Be short.', input: [{ role: 'user', content: 'Hi' }] })
    .withResponse();
  expect(data.output_text).toBe('One two');
  const spoken = ['Think first.', 'One two', 'find', '{"q":"kedge"}'].reduce((sum, text) => sum + countText(text), 0);
  expect(chargedFor(raw.headers)).toEqual({
    input_tokens: BigInt(3 + 3 + countText('Be short.') + 3 + countText('user') + countText('Hi')),
    output_tokens: BigInt(spoken),
  });
  expect(upstream.requests[0]).toMatchObject({ path: '/v1/responses', json: { max_output_tokens: 256 } });
});

test('R17: a streamed response is counted, and its receipt comes before response.completed', async () => {
  const completed = { type: 'response.completed', sequence_number: 3, response: response([message('One two')]) };
  const events = [created, delta('One'), delta(' two'), completed];
  const { openai, post } = await startSurfaceTest({ script: streamEvents(events) });
  let text = '';
  for await (const event of await openai.responses.create({ model: 'demo', input: 'Hi', stream: true })) {
    if (event.type === 'response.output_text.delta') text += event.delta;
    if (event.type === 'response.completed') text += '.';
  }
  expect(text).toBe('One two.');
  const saved = await post('/v1/responses', { model: 'demo', input: 'Hi', stream: true });
  expect(saved.text.replace(/: kedge-receipt \S+\n\n/, '')).toBe(events.map(eventText).join(''));
  expect(saved.text).toMatch(/: kedge-receipt \S+\n\nevent: response\.completed\n/);
  expect(metricsOf(receiptIn(saved.text))['output_tokens']).toBe(2n);
});

test('a stream that brings its text only at its end is not free', async () => {
  const completed = { type: 'response.completed', response: response([message('One two three')]) };
  const { post } = await startSurfaceTest({ script: streamEvents([created, completed]) });
  const { text } = await post('/v1/responses', { model: 'demo', input: 'Hi', stream: true });
  expect(metricsOf(receiptIn(text))['output_tokens']).toBe(3n);
});

test('a streamed response is cut at its cap and ends as incomplete', async () => {
  const { openai } = await startSurfaceTest({
    script: (_, answer) => {
      beginStream(answer);
      answer.write(eventText(created));
      for (let index = 0; index < 50; index++) answer.write(eventText(delta(' word')));
    },
  });
  const stream = await openai.responses.create({ model: 'demo', input: 'Hi', stream: true, max_output_tokens: 16 });
  const types: string[] = [];
  for await (const event of stream) {
    types.push(event.type);
    if (event.type === 'response.incomplete') {
      expect(event.response).toMatchObject({ id: 'resp_1', incomplete_details: { reason: 'max_output_tokens' } });
    }
  }
  expect(types.at(-1)).toBe('response.incomplete');
});

test('an upstream that dies within a streamed response: what came is charged, and the official client raises', async () => {
  const { openai, post } = await startSurfaceTest({
    script: (_, answer) => {
      beginStream(answer);
      answer.write(eventText(delta('One two')), () => setImmediate(() => answer.destroy()));
    },
  });
  const { text } = await post('/v1/responses', { model: 'demo', input: 'Hi', stream: true });
  expect(metricsOf(receiptIn(text))['output_tokens']).toBe(2n);
  const read = async (): Promise<void> => {
    for await (const event of await openai.responses.create({ model: 'demo', input: 'Hi', stream: true })) void event;
  };
  await expect(read()).rejects.toThrow(/upstream/);
});

test.each([
  ['what the upstream remembers', { previous_response_id: 'resp_0' }],
  ['a stored conversation', { conversation: 'conv_1' }],
  ['tools that the upstream runs', { tools: [{ type: 'web_search' }] }],
  ['an answer in the background', { background: true }],
  ['files', { input: [{ role: 'user', content: [{ type: 'input_file', file_id: 'f' }] }] }],
  ['references to items', { input: [{ type: 'item_reference', id: 'x' }] }],
])('%s cannot be counted, so it is refused: 403', async (_, more) => {
  const { post, upstream } = await startSurfaceTest();
  const { status, text } = await post('/v1/responses', { model: 'demo', input: 'Hi', ...more });
  expect([status, refusalOf(text).values['clause']]).toEqual([403, 'rates']);
  expect(upstream.requests).toEqual([]);
});

test('who refers to items is told how to send them', async () => {
  const { post } = await startSurfaceTest();
  const { text } = await post('/v1/responses', { model: 'demo', input: [{ type: 'item_reference', id: 'x' }] });
  expect(text).toContain('store\\": false');
});
