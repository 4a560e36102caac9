import { createHash } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { decodeSignedReceipt, hashBody, type SignedReceipt } from '@kedge/core';
import OpenAI from 'openai';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { countText, type Gateway } from '../src/index.js';
import { connectRaw } from './http1/support/rawSocket.js';
import { apiKey, createTestSetup, type TestSetup } from './support/createTestSetup.js';
import {
  answerWith,
  chunkEvent,
  completion,
  type ScriptedUpstream,
  startScriptedUpstream,
  streamWords,
  usageEvent,
} from './support/scriptedUpstream.js';

let upstream: ScriptedUpstream;
let setup: TestSetup;
let gateway: Gateway;

beforeEach(async () => {
  upstream = await startScriptedUpstream(streamWords(['One', ' two', ' three']));
  setup = createTestSetup({ upstreamUrl: upstream.url });
  gateway = await setup.start();
});
afterEach(async () => {
  await gateway.close();
  await upstream.close();
  setup.remove();
});

const hello = { model: 'demo', stream: true, messages: [{ role: 'user', content: 'Hi' }] };
const sha256 = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest();

const post = (body: unknown, signal?: AbortSignal): Promise<Response> =>
  fetch(`${gateway.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${apiKey}` },
    body: JSON.stringify(body),
    signal: signal ?? null,
  });

const amounts = (signed: SignedReceipt): bigint[] => signed.receipt.metrics.map(({ amount }) => amount);

function receiptIn(text: string): SignedReceipt {
  const lines = text.match(/^: kedge-receipt (\S+)\n\n/gm) ?? [];
  expect(lines).toHaveLength(1);
  const signed = decodeSignedReceipt((lines[0] ?? '').slice(': kedge-receipt '.length));
  expect(signed.receipt.responseHash).toBe(
    hashBody(signed.salt, Buffer.from(text.replace(lines[0] ?? '', '')), sha256),
  );
  return signed;
}

async function receiptOf(seq: bigint): Promise<SignedReceipt> {
  const response = await fetch(`${gateway.url}/v1/receipts/${setup.channelId}/${seq}`, {
    headers: { authorization: `Bearer ${apiKey}` },
  });
  expect(response.status).toBe(200);
  return decodeSignedReceipt(Buffer.from(await response.text()).toString('base64url'));
}

const openai = (): OpenAI => new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey, maxRetries: 0 });

test('the official client reads a stream with an unguarded choices[0]', async () => {
  const stream = await openai().chat.completions.create({
    model: 'demo',
    stream: true,
    messages: [{ role: 'user', content: 'Hi' }],
  });
  let text = '';
  for await (const chunk of stream) text += chunk.choices[0]!.delta.content ?? '';
  expect(text).toBe('One two three');
});

test('the official client gets the usage chunk that it asked for, JSON answers, models and errors', async () => {
  const stream = await openai().chat.completions.create({
    model: 'demo',
    stream: true,
    stream_options: { include_usage: true },
    messages: [{ role: 'user', content: 'Hi' }],
  });
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { total_tokens: 13 } });
  upstream.script = answerWith(completion('Hello.'));
  const { data, response } = await openai()
    .chat.completions.create({ model: 'demo', messages: [{ role: 'user', content: 'Hi' }] })
    .withResponse();
  expect(data.choices[0]?.message.content).toBe('Hello.');
  expect(decodeSignedReceipt(response.headers.get('kedge-receipt') ?? '').receipt.channelId).toBe(setup.channelId);
  expect((await openai().models.list()).data.map(({ id }) => id)).toEqual(['demo']);
  expect(await openai().models.retrieve('demo')).toMatchObject({ id: 'demo', object: 'model' });
  for (const unknown of ['other', 'demo/', 'a/b', '%', '../models/demo'])
    await expect(openai().models.retrieve(unknown), unknown).rejects.toMatchObject({ status: 404 });
  const refused = openai().chat.completions.create({ model: 'other', messages: [{ role: 'user', content: 'Hi' }] });
  await expect(refused).rejects.toMatchObject({ status: 403, code: 'policy_refused' });
  await expect(
    new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: 'x', maxRetries: 0 }).models.list(),
  ).rejects.toMatchObject({ status: 401 });
});

test('CRLF, multi-line data, comments and bytes split anywhere pass unaltered', async () => {
  const events = [
    ': hello\r\n\r\n',
    `data: {"choices":[{"index":0,\r\ndata: "delta":{"content":"ö👋"}}]}\r\n\r\n`,
    'event: other\r\ndata: {"x":1}\r\n\r\n',
    chunkEvent({ content: 'end' }, 'stop'),
  ].join('');
  upstream.script = async (_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const byte of Buffer.from(`${events}data: [DONE]\n\n`)) {
      response.write(Buffer.of(byte));
      await new Promise(setImmediate);
    }
    response.end();
  };
  const text = await (await post(hello)).text();
  expect(text.replace(/: kedge-receipt \S+\n\n/, '')).toBe(`${events}data: [DONE]\n\n`);
  expect(amounts(receiptIn(text))).toEqual([8n, BigInt(countText('ö👋end'))]);
});

test.each(['', '\n', '\r\n', '\r\r', '\n\n'])(
  'the last event of an upstream that ends with %j is closed before the receipt',
  async (end) => {
    const last = chunkEvent({ content: 'end' }, 'stop').trimEnd();
    upstream.script = (_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.end(`${chunkEvent({ content: 'One' })}${last}${end}`);
    };
    const text = await (await post(hello)).text();
    expect(amounts(receiptIn(text))).toEqual([8n, BigInt(countText('Oneend'))]);
    const events = text.replace(/: kedge-receipt \S+\n\n/, '');
    expect(events.startsWith(`${chunkEvent({ content: 'One' })}${last}${end}`)).toBe(true);
    expect(events.slice(events.indexOf(last) + last.length)).toMatch(/^(\r\n|\n|\r){2}$/);
    const stream = await openai().chat.completions.create({
      model: 'demo',
      stream: true,
      messages: [{ role: 'user', content: 'Hi' }],
    });
    let said = '';
    for await (const chunk of stream) said += chunk.choices[0]?.delta.content ?? '';
    expect(said).toBe('Oneend');
  },
);

test('a client that leaves is charged what it was handed, and the upstream is told to stop', async () => {
  let upstreamClosed = false;
  upstream.script = (_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(chunkEvent({ content: 'One two' }));
    response.on('close', () => (upstreamClosed = true));
  };
  const abort = new AbortController();
  const response = await post(hello, abort.signal);
  await response.body?.getReader().read();
  abort.abort();
  await expect.poll(() => upstreamClosed).toBe(true);
  upstream.script = streamWords(['x']);
  const next = receiptIn(await (await post(hello)).text());
  expect(next.receipt.cumulativeUnits - next.receipt.units).toBe(8n + 3n * BigInt(countText('One two')));
  const first = await receiptOf(next.receipt.seq - 1n);
  expect(amounts(first)).toEqual([8n, BigInt(countText('One two'))]);
  expect(first.receipt.responseHash).toBe(
    hashBody(first.salt, Buffer.from(chunkEvent({ content: 'One two' })), sha256),
  );
});

test('a client that does not read its streams holds up no connection to the upstream', async () => {
  const calls = 12;
  await gateway.close();
  gateway = await setup.start({ upstream: { url: upstream.url, connections: 1 } });
  let ended = 0;
  upstream.script = (_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    // More together than the two sides' kernels hold, and of none the end in the same segment.
    response.write(chunkEvent({ content: 'One' }));
    response.write(`: ${'x'.repeat(900_000)}\n\ndata: [DONE]\n\n`, () => setTimeout(() => response.end(), 20));
    response.on('finish', () => ended++);
  };
  const body = JSON.stringify(hello);
  const client = connectRaw(Number(new URL(gateway.url).port));
  client.socket.pause();
  const head = `POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\nauthorization: Bearer ${apiKey}\r\n`;
  client.write(`${head}content-length: ${body.length}\r\n\r\n${body}`.repeat(calls));
  // Until the client's side is full, and it is served no more.
  let before = -1;
  while (before < ended) {
    before = ended;
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
  expect(ended).toBeLessThan(calls);
  upstream.script = streamWords(['x']);
  receiptIn(await (await post(hello)).text());
  client.socket.destroy();
});

test('a client that leaves before anything came is charged nothing', async () => {
  upstream.script = () => undefined;
  const abort = new AbortController();
  const pending = post(hello, abort.signal).catch(() => undefined);
  await expect.poll(() => upstream.requests.length).toBe(1);
  abort.abort();
  await pending;
  upstream.script = streamWords(['x']);
  const next = receiptIn(await (await post(hello)).text());
  expect(next.receipt.cumulativeUnits).toBe(next.receipt.units);
});

test('an upstream that dies in the middle: what was delivered is charged, the receipt comes, then an error event', async () => {
  upstream.script = (_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(chunkEvent({ content: 'One two' }), () => setImmediate(() => response.destroy()));
  };
  const text = await (await post(hello)).text();
  expect(amounts(receiptIn(text))).toEqual([8n, BigInt(countText('One two'))]);
  expect(text).toMatch(
    /\n\ndata: \{"error":\{"message":"The upstream broke off its answer\. What came until then is charged[^\n]*\n\n$/,
  );
  upstream.script = (_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(chunkEvent({ content: 'One two' }), () => setImmediate(() => response.destroy()));
  };
  const stream = await openai().chat.completions.create({
    model: 'demo',
    stream: true,
    messages: [{ role: 'user', content: 'Hi' }],
  });
  await expect(
    (async () => {
      for await (const chunk of stream) void chunk;
    })(),
  ).rejects.toThrow(/upstream/);
});

test('a stream that exceeds the cap is cut, closed as OpenAI does, and charged the cap at most', async () => {
  let upstreamClosed = false;
  upstream.script = (_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.on('close', () => (upstreamClosed = true));
    const write = (): void => {
      if (!upstreamClosed) response.write(chunkEvent({ content: ' word' }), () => setImmediate(write));
    };
    write();
  };
  const text = await (await post({ ...hello, max_tokens: 20 })).text();
  expect(amounts(receiptIn(text))).toEqual([8n, 20n]);
  expect(text).toContain('"finish_reason":"length"');
  expect(text.endsWith('data: [DONE]\n\n')).toBe(true);
  expect(text.match(/ word/g)?.length).toBeLessThan(25);
  await expect.poll(() => upstreamClosed).toBe(true);
});

test('an event that never ends ends the call, not the gateway', async () => {
  upstream.script = (_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(chunkEvent({ content: 'One' }));
    response.write(`data: ${'x'.repeat(3_000_000)}`);
  };
  const text = await (await post(hello)).text();
  expect(text).toContain('"error"');
  upstream.script = streamWords(['x']);
  expect((await post(hello)).status).toBe(200);
});

test('a stream without [DONE] still gets its receipt', async () => {
  upstream.script = (_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.end(chunkEvent({ content: 'One' }, 'stop') + usageEvent);
  };
  const text = await (await post(hello)).text();
  expect(amounts(receiptIn(text))).toEqual([8n, 1n]);
  expect(text).not.toContain('[DONE]');
});

test('all choices and tool calls are counted', async () => {
  upstream.script = answerWith(
    completion('', {
      choices: [
        { index: 0, message: { role: 'assistant', content: 'One two' }, finish_reason: 'stop' },
        {
          index: 1,
          message: {
            role: 'assistant',
            content: null,
            tool_calls: [{ id: 'c', type: 'function', function: { name: 'find', arguments: '{"q":1}' } }],
          },
          finish_reason: 'tool_calls',
        },
      ],
    }),
  );
  const response = await post({ ...hello, stream: false, n: 2 });
  const signed = decodeSignedReceipt(response.headers.get('kedge-receipt') ?? '');
  expect(amounts(signed)[1]).toBe(BigInt(countText('One two') + countText('find') + countText('{"q":1}')));
});

test("an upstream whose own count differs is logged, and the policy's tokenizer rules", async () => {
  upstream.script = answerWith(completion('Hello.', { usage: { prompt_tokens: 900, completion_tokens: 2 } }));
  const signed = decodeSignedReceipt((await post({ ...hello, stream: false })).headers.get('kedge-receipt') ?? '');
  expect(amounts(signed)).toEqual([8n, 2n]);
  await expect
    .poll(() => setup.logs)
    .toContainEqual(expect.objectContaining({ event: 'usage_differs', upstreamInputTokens: 900 }));
});

test('logs carry no prompt, no answer and no key', async () => {
  upstream.script = streamWords(['SECRET-ANSWER']);
  await (await post({ ...hello, messages: [{ role: 'user', content: 'SECRET-PROMPT' }] })).text();
  await post({ ...hello, model: 'none' });
  const text = JSON.stringify(setup.logs, (_, value) => (typeof value === 'bigint' ? String(value) : value));
  for (const secret of ['SECRET', apiKey, '59c6995e998f97a5']) expect(text).not.toContain(secret);
});

test.each([
  ['ends too early', 'upstream_failed', (response: ServerResponse) => void setTimeout(() => response.destroy(), 20)],
  [
    'sends an event that is too long',
    'upstream_invalid',
    (response: ServerResponse) => void response.write(`data: ${'x'.repeat(2 ** 20)}`),
  ],
])(
  'a stream whose upstream %s says that what came is charged; one that brought nothing, that nothing is',
  async (_, code, fail) => {
    const errorIn = (text: string) =>
      (JSON.parse(text.slice(text.lastIndexOf('data: ') + 6)) as { error: { code: string; message: string } }).error;
    upstream.script = (__, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(chunkEvent({ content: 'One two' }));
      fail(response);
    };
    const broken = await (await post(hello)).text();
    expect(amounts(receiptIn(broken))).toEqual([8n, 2n]);
    expect(errorIn(broken)).toMatchObject({ code, message: expect.stringContaining('is charged once') as string });
    expect(broken).not.toContain('Nothing was charged');
    upstream.script = (__, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(chunkEvent({ role: 'assistant' }));
      fail(response);
    };
    const empty = await (await post(hello)).text();
    expect(empty).not.toContain('kedge-receipt');
    expect(errorIn(empty)).toMatchObject({ code, message: expect.stringContaining('Nothing was charged') as string });
  },
);
