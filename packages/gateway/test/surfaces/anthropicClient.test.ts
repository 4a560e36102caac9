import Anthropic from '@anthropic-ai/sdk';
import { decodeSignedReceipt, zeroHash } from '@kedge/core';
import type { KedgeFetch } from '@kedge/sdk';
import { expect, test } from 'vitest';
import { countText } from '../../src/index.js';
import { apiKey } from '../support/createTestSetup.js';
import { answerWith } from '../support/scriptedUpstream.js';
import { startStrictTest } from '../support/strictClient.js';
import { startSurfaceTest, streamEvents } from '../support/surfaceTest.js';

const clientOf = (url: string, key = apiKey, fetch?: KedgeFetch): Anthropic =>
  new Anthropic({ baseURL: url, apiKey: key, maxRetries: 0, ...(fetch === undefined ? {} : { fetch }) });

const question = { model: 'demo', max_tokens: 64, messages: [{ role: 'user' as const, content: 'Warm in Oslo?' }] };
const tool = { name: 'weather', input_schema: { type: 'object' as const, properties: { city: { type: 'string' } } } };
const content = [
  { type: 'text', text: 'I look.' },
  { type: 'tool_use', id: 'toolu_1', name: 'weather', input: { city: 'Oslo' } },
];
const message = {
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'demo',
  content,
  stop_reason: 'tool_use',
  stop_sequence: null,
  usage: { input_tokens: 9, output_tokens: 7 },
};
const delta = (index: number, of: object) => ({ type: 'content_block_delta', index, delta: of });
const events = [
  { type: 'message_start', message: { ...message, content: [], stop_reason: null } },
  { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
  { type: 'ping' },
  delta(0, { type: 'text_delta', text: 'I ' }),
  delta(0, { type: 'text_delta', text: 'look.' }),
  { type: 'content_block_stop', index: 0 },
  { type: 'content_block_start', index: 1, content_block: { ...content[1], input: {} } },
  delta(1, { type: 'input_json_delta', partial_json: '{"city":' }),
  delta(1, { type: 'input_json_delta', partial_json: '"Oslo"}' }),
  { type: 'content_block_stop', index: 1 },
  { type: 'message_delta', delta: { stop_reason: 'tool_use', stop_sequence: null }, usage: { output_tokens: 7 } },
  { type: 'message_stop' },
];
/** What both forms say, counted. */
const said = BigInt(countText('I look.') + countText('weather') + countText('{"city":"Oslo"}'));

test('the client of Anthropic works unchanged: whole, streamed, with tools, of its beta, and with a list of models', async () => {
  const { gateway, upstream } = await startSurfaceTest({ script: answerWith(message) });
  const client = clientOf(gateway.url);
  expect((await client.messages.create({ ...question, tools: [tool] })).content).toEqual(content);
  expect((await client.beta.messages.create(question)).content).toEqual(content);
  upstream.script = streamEvents(events);
  const stream = client.messages.stream({ ...question, tools: [tool] });
  expect(await stream.finalMessage()).toMatchObject({ content, stop_reason: 'tool_use' });
  expect((await client.models.list()).data).toMatchObject([{ id: 'demo' }]);
});

test('its errors are of their classes and say what to do', async () => {
  const { gateway } = await startSurfaceTest();
  const unknown = clientOf(gateway.url, 'other').messages.create(question);
  await expect(unknown).rejects.toThrow(Anthropic.AuthenticationError);
  const over = clientOf(gateway.url).messages.create({ ...question, max_tokens: 9_999 });
  await expect(over).rejects.toThrow(Anthropic.PermissionDeniedError);
  await expect(over).rejects.toThrow(/"type":"error".*Ask for at most 256/);
});

test('it counts before it calls: the tokens that the call is charged for, and nothing is for the count', async () => {
  const { gateway, upstream, chargedFor } = await startSurfaceTest({ script: answerWith(message) });
  const client = clientOf(gateway.url);
  const asked = { ...question, system: 'Be short.', tools: [tool] };
  const { max_tokens: _, ...counted } = asked;
  const { data, response } = await client.messages.countTokens(counted).withResponse();
  expect(await client.beta.messages.countTokens(counted)).toEqual(data);
  expect([upstream.requests.length, response.headers.get('kedge-receipt')]).toEqual([0, null]);
  const call = await client.messages.create(asked).withResponse();
  expect(chargedFor(call.response.headers)).toMatchObject({ input_tokens: BigInt(data.input_tokens) });
  expect(decodeSignedReceipt(call.response.headers.get('kedge-receipt')!).receipt.previousReceiptHash).toBe(zeroHash);
  const other = client.messages.countTokens({ ...counted, model: 'other' });
  await expect(other).rejects.toThrow(Anthropic.PermissionDeniedError);
  await expect(other).rejects.toThrow(/"type":"error".*Use one of: demo/);
});

test('R11: it counts on a strict channel, and signs for nothing', async () => {
  const { base, paid, state } = await startStrictTest();
  const client = clientOf(base.replace(/\/v1$/, ''), apiKey, paid);
  const { max_tokens: _, ...counted } = question;
  const tokens = 3 + 3 + countText('user') + countText('Warm in Oslo?');
  expect(await client.messages.countTokens(counted)).toEqual({ input_tokens: tokens });
  expect(await state()).toMatchObject({ newest: null, committedUnits: '0' });
});

test('R11: it pays through a proxy with a password of its own, with the key beside that', async () => {
  const { base, paid, state, upstream } = await startStrictTest();
  upstream.script = answerWith(message);
  const defaultHeaders = { authorization: 'Basic dTpw' };
  const client = new Anthropic({
    baseURL: base.replace(/\/v1$/, ''),
    apiKey,
    defaultHeaders,
    fetch: paid,
    maxRetries: 0,
  });
  expect((await client.messages.create(question)).content).toEqual(content);
  await paid.idle();
  const { committedUnits, newest } = await state();
  expect(newest?.voucher.cumulativeUnits).toBe(committedUnits);
});

test('R11: it pays for what it counted itself, whole and streamed', async () => {
  const { base, paid, upstream } = await startStrictTest();
  const client = clientOf(base.replace(/\/v1$/, ''), apiKey, paid);
  upstream.script = answerWith(message);
  await client.messages.create(question);
  await paid.idle();
  const whole = paid.memory().settledUnits;
  upstream.script = streamEvents(events);
  expect(await client.messages.stream(question).finalMessage()).toMatchObject({ content });
  await paid.idle();
  const input = BigInt(3 + 3 + countText('user') + countText('Warm in Oslo?'));
  expect([whole, paid.memory().settledUnits - whole]).toEqual([input + 3n * said, input + 3n * said]);
});
