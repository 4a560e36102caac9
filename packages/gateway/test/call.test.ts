import { hashBody, decodeSignedReceipt } from '@kedge/core';
import { createHash } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { countText, type Gateway } from '../src/index.js';
import { apiKey, createTestSetup, type TestSetup } from './support/createTestSetup.js';
import { failedChecks } from './support/failedChecks.js';
import {
  answerWith,
  completion,
  type ScriptedUpstream,
  startScriptedUpstream,
  streamWords,
} from './support/scriptedUpstream.js';

let upstream: ScriptedUpstream;
let setup: TestSetup;
let gateway: Gateway;

beforeEach(async () => {
  upstream = await startScriptedUpstream(answerWith(completion('Hello there, how are you?')));
  setup = createTestSetup({ upstreamUrl: upstream.url });
  gateway = await setup.start();
});
afterEach(async () => {
  await gateway.close();
  await upstream.close();
  setup.remove();
});

const post = (body: unknown, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${gateway.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${apiKey}`, ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
const hello = { model: 'demo', messages: [{ role: 'user', content: 'Hi' }] };
const sha256 = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest();

test('R13, R16, R17: a JSON answer passes unaltered and carries a receipt that verifies', async () => {
  const response = await post(hello);
  const text = await response.text();
  expect(text).toBe(JSON.stringify(completion('Hello there, how are you?')));
  const signed = decodeSignedReceipt(response.headers.get('kedge-receipt') ?? '');
  expect(signed.receipt.units).toBe(8n + 3n * 7n);
  expect(signed.receipt.responseHash).toBe(hashBody(signed.salt, Buffer.from(text), sha256));
  expect(await failedChecks([signed], setup.policy)).toEqual([]);
});

test('R17: a stream passes unaltered, with one comment line before [DONE]; no usage chunk that was not asked for', async () => {
  upstream.script = streamWords(['Hello', ' wörld', ' 👋']);
  const response = await post({ ...hello, stream: true });
  const text = await response.text();
  const match = /: kedge-receipt (\S+)\n\n/.exec(text);
  expect(text.endsWith(`${match?.[0]}data: [DONE]\n\n`)).toBe(true);
  expect(text).not.toContain('"choices":[]');
  const signed = decodeSignedReceipt(match?.[1] ?? '');
  const bytes = Buffer.from(text.replace(match?.[0] ?? '', ''));
  expect(signed.receipt.responseHash).toBe(hashBody(signed.salt, bytes, sha256));
  expect(signed.receipt.metrics).toEqual([
    { metric: 'input_tokens', amount: 8n },
    { metric: 'output_tokens', amount: BigInt(countText('Hello wörld 👋')) },
  ]);
  expect(upstream.requests[0]?.json).toMatchObject({ max_tokens: 256, stream_options: { include_usage: true } });
});
