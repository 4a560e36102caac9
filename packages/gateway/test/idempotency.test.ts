import { once } from 'node:events';
import { decodeSignedReceipt, type Hex, type SignedReceipt } from '@kedge/core';
import OpenAI from 'openai';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createIdempotency } from '../src/idempotency/createIdempotency.js';
import { type Gateway, parseGatewayConfig } from '../src/index.js';
import { connectRaw } from './http1/support/rawSocket.js';
import { apiKey, createTestSetup, type TestSetup } from './support/createTestSetup.js';
import {
  answerWith,
  chunkEvent,
  completion,
  type ScriptedUpstream,
  startScriptedUpstream,
  streamWords,
} from './support/scriptedUpstream.js';

let upstream: ScriptedUpstream;
let setup: TestSetup;
let gateway: Gateway;

beforeEach(async () => {
  let calls = 0;
  upstream = await startScriptedUpstream((request, response) =>
    (request.json.stream === true ? streamWords([`answer ${++calls}`]) : answerWith(completion(`answer ${++calls}`)))(
      request,
      response,
    ),
  );
  // Later than any key is retained.
  setup = createTestSetup({ upstreamUrl: upstream.url, channel: { deadline: 4_102_444_800n } });
  gateway = await setup.start();
});
afterEach(async () => {
  await gateway.close();
  await upstream.close();
  setup.remove();
});

const hello = { model: 'demo', messages: [{ role: 'user', content: 'Hi' }] };

const request = (body: unknown, key?: string, signal?: AbortSignal): Promise<Response> =>
  fetch(`${gateway.url}/v1/chat/completions`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${apiKey}`,
      ...(key === undefined ? {} : { 'idempotency-key': key }),
    },
    body: JSON.stringify(body),
    signal: signal ?? null,
  });

async function post(body: unknown, key?: string) {
  const response = await request(body, key);
  return { status: response.status, text: await response.text(), receipt: response.headers.get('kedge-receipt') };
}

test('R27: a client that repeats refusals by itself does not repeat one that stays', async () => {
  const client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey });
  const ask = (content: string) =>
    client.chat.completions.create(
      { model: 'demo', messages: [{ role: 'user', content }] },
      { headers: { 'idempotency-key': 'key-of-one-call' } },
    );
  await ask('Hi');
  await expect(ask('Something else')).rejects.toMatchObject({ status: 409, code: 'idempotency_conflict' });
  expect(setup.logs.filter(({ event }) => event === 'request_refused')).toHaveLength(1);
});

test('R27: a retry with its key gets the first answer and its receipt, and is not charged', async () => {
  const first = await post(hello, 'key-1');
  expect(await post(hello, 'key-1')).toEqual(first);
  const other = await post(hello, 'key-2');
  expect(other.text).not.toBe(first.text);
  expect(upstream.requests).toHaveLength(2);
});

test('R27: so does a retry of a stream, byte for byte, and after a restart', async () => {
  const first = await post({ ...hello, stream: true }, 'key-1');
  expect(first.text).toContain(': kedge-receipt ');
  expect(await post({ ...hello, stream: true }, 'key-1')).toEqual(first);
  await gateway.close();
  gateway = await setup.start();
  expect(await post({ ...hello, stream: true }, 'key-1')).toEqual(first);
  expect(upstream.requests).toHaveLength(1);
});

test('R27: a key is retained for 24 hours, over a restart and with a clock that was an hour behind and is one ahead', async () => {
  const hour = 3_600_000;
  const begun = Date.now();
  setup.now = () => begun - hour;
  const first = await post(hello, 'key-1');
  setup.now = () => begun + 25 * hour;
  await post(hello, 'key-2');
  expect(await post(hello, 'key-1')).toEqual(first);
  await gateway.close();
  gateway = await setup.start();
  expect(await post(hello, 'key-1')).toEqual(first);
  expect(upstream.requests).toHaveLength(2);
});

test('an Idempotency-Key is free again when its time is over, and after a restart', async () => {
  const begun = Date.now();
  setup.now = () => begun;
  const first = await post(hello, 'key-1');
  setup.now = () => begun + 27 * 3_600_000;
  await gateway.close();
  gateway = await setup.start();
  const again = await post(hello, 'key-1');
  expect(again.status).toBe(200);
  expect(again.text).not.toBe(first.text);
});

test('R27: a stream that is too long to be kept is charged once: its retry is told so, and after a restart', async () => {
  await gateway.close();
  const maxAnswerBytes = 64 * 1024;
  gateway = await setup.start({ maxAnswerBytes });
  upstream.script = (_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const padded = chunkEvent({ content: 'word' }).replace('{', `{"pad":"${'x'.repeat(10_000)}",`);
    for (let sent = 0; sent <= maxAnswerBytes; sent += padded.length) response.write(padded);
    response.end('data: [DONE]\n\n');
  };
  const first = await post({ ...hello, stream: true }, 'key-long');
  expect(first.text.length).toBeGreaterThan(maxAnswerBytes);
  const encoded = / kedge-receipt (\S+)/.exec(first.text)?.[1] as string;
  const { receipt } = decodeSignedReceipt(encoded);
  for (let round = 0; round < 2; round++) {
    const again = await post({ ...hello, stream: true }, 'key-long');
    expect(again.status).toBe(409);
    expect(JSON.parse(again.text)).toMatchObject({
      error: { code: 'answer_not_kept' },
      values: { seq: receipt.seq.toString() },
    });
    await gateway.close();
    gateway = await setup.start({ maxAnswerBytes });
  }
  expect(upstream.requests).toHaveLength(1);
});

test('an answer longer than a record of the log is refused by the configuration', () => {
  expect(() => parseGatewayConfig({ ...setup.config, maxAnswerBytes: 64 * 1024 * 1024 })).toThrow('maxAnswerBytes');
});

test('the same key with another body is 409', async () => {
  await post(hello, 'key-1');
  expect(await post({ ...hello, max_tokens: 3 }, 'key-1')).toMatchObject({ status: 409 });
});

test('calls at once with one key are one call', async () => {
  const answers = await Promise.all(Array.from({ length: 20 }, () => post(hello, 'key-1')));
  expect(new Set(answers.map(({ text, receipt }) => `${text}${receipt}`)).size).toBe(1);
  expect(upstream.requests).toHaveLength(1);
});

test('a call that failed uncharged leaves its key free', async () => {
  const answering = upstream.script;
  upstream.script = answerWith({}, 500);
  expect((await post(hello, 'key-1')).status).toBe(502);
  upstream.script = answering;
  expect((await post(hello, 'key-1')).status).toBe(200);
});

test('who waits for the first call, and leaves before it fails, has no call of its own begun and charged', async () => {
  const answering = upstream.script;
  let fail = (): void => undefined;
  upstream.script = (_, response) => {
    fail = () => response.writeHead(500).end();
  };
  const first = post(hello, 'key-1');
  await expect.poll(() => upstream.requests.length).toBe(1);
  const body = JSON.stringify(hello);
  const joining = connectRaw(Number(new URL(gateway.url).port));
  const head = `POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\nauthorization: Bearer ${apiKey}\r\nidempotency-key: key-1\r\n`;
  joining.write(`${head}content-length: ${body.length}\r\n\r\n${body}`);
  await once(joining.socket, 'connect');
  const turnOfGateway = () => fetch(`${gateway.url}/healthz`);
  for (let times = 0; times < 3; times++) await turnOfGateway();
  joining.socket.resetAndDestroy();
  for (let times = 0; times < 3; times++) await turnOfGateway();
  upstream.script = answering;
  fail();
  expect((await first).status).toBe(502);
  const { receipt } = decodeSignedReceipt((await post(hello, 'key-2')).receipt ?? '');
  expect(receipt.cumulativeUnits).toBe(receipt.units);
  expect(upstream.requests).toHaveLength(2);
});

test('a client that leaves in the middle gets the whole answer with its key', async () => {
  let finish: (() => void) | undefined;
  upstream.script = (_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(chunkEvent({ content: 'One' }));
    finish = () => response.end(`${chunkEvent({ content: ' two' }, 'stop')}data: [DONE]\n\n`);
  };
  const abort = new AbortController();
  const response = await request({ ...hello, stream: true }, 'key-1', abort.signal);
  await response.body?.getReader().read();
  abort.abort();
  const retry = post({ ...hello, stream: true }, 'key-1');
  finish?.();
  const { text } = await retry;
  expect(text).toContain('"content":"One"');
  expect(text).toContain('"content":" two"');
  expect(text).toMatch(/: kedge-receipt \S+\n\ndata: \[DONE\]\n\n$/);
  expect(upstream.requests).toHaveLength(1);
});

test('an answer whose client left before it was written harms nothing', async () => {
  let answer: (() => void) | undefined;
  upstream.script = (_, response) => {
    answer = () =>
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(completion('late')));
  };
  const abort = new AbortController();
  const pending = request(hello, 'key-1', abort.signal).catch(() => undefined);
  await expect.poll(() => upstream.requests.length).toBe(1);
  abort.abort();
  await pending;
  const retry = post(hello, 'key-1');
  answer?.();
  expect((await retry).text).toContain('late');
});

test('answers that are asked for again are read one after another, and one that cannot be read holds up no other', async () => {
  const idempotency = createIdempotency(() => 0);
  const channelId = `0x${'11'.repeat(32)}` as const;
  const asked = (key: string) => ({ channelId, key, path: '/chat/completions', body: Buffer.from('{}') });
  const payloads = new Map<number, Buffer>();
  for (const [at, key] of ['a', 'b', 'c'].entries()) {
    const slot = await idempotency.begin(asked(key), { read: async () => Buffer.alloc(0), find: undefined });
    if ('head' in slot) throw new Error('It was not asked for before.');
    const kept = slot.keep({}, Buffer.from(key), -1);
    payloads.set(at, Buffer.concat(kept.encode({ receipt: { seq: 1n, channelId } } as SignedReceipt)));
    kept.onStored({ offset: at, length: 1 });
    slot.end();
  }
  let running = 0;
  let most = 0;
  const read = async (offset: number): Promise<Buffer> => {
    most = Math.max(most, ++running);
    await new Promise((resolve) => setImmediate(resolve));
    running--;
    if (offset === 1) throw new Error('It was moved away.');
    return payloads.get(offset) as Buffer;
  };
  const answers = await Promise.allSettled(
    ['a', 'b', 'c'].map((key) => idempotency.begin(asked(key), { read, find: undefined })),
  );
  expect(
    answers.map((answer) => ('value' in answer && 'body' in answer.value ? `${answer.value.body}` : undefined)),
  ).toEqual(['a', undefined, 'c']);
  expect(most).toBe(1);
});

test('only so many of a channel wait for the first call with their key, whether or not their clients are still there', async () => {
  const idempotency = createIdempotency(() => 0);
  const answers = { read: async () => Buffer.alloc(0), find: undefined };
  const channel = (digit: string) => `0x${digit.repeat(64)}` as const;
  const begin = (channelId: Hex) =>
    idempotency.begin({ channelId, key: 'key', path: '/chat/completions', body: Buffer.from('{}') }, answers);
  const slot = await begin(channel('1'));
  const waiting = Array.from({ length: 64 }, () => begin(channel('1')));
  await expect(begin(channel('1'))).rejects.toMatchObject({ code: 'idempotency_busy', status: 429 });
  // Another channel's do not count.
  const other = await begin(channel('2'));
  const joining = begin(channel('2'));
  for (const first of [slot, other]) if (!('head' in first)) first.end();
  await joining;
  // One after another they are the first.
  for (const next of waiting) {
    const begun = await next;
    if (!('head' in begun)) begun.end();
  }
  const again = await begin(channel('1'));
  const rejoining = begin(channel('1'));
  if (!('head' in again)) again.end();
  await rejoining;
});
