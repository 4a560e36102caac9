import type { ServerResponse } from 'node:http';
import { createServer } from 'node:net';
import { gzipSync } from 'node:zlib';
import { parseTopUpOffer } from '@kedge/core';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Gateway } from '../src/index.js';
import { apiKey, createTestSetup, holderAddress, type TestSetup } from './support/createTestSetup.js';
import { connectRaw } from './http1/support/rawSocket.js';
import { answerWith, completion, type ScriptedUpstream, startScriptedUpstream } from './support/scriptedUpstream.js';

let upstream: ScriptedUpstream;
let setup: TestSetup;
let gateway: Gateway;

const hello = { model: 'demo', messages: [{ role: 'user', content: 'Hi' }] };

beforeEach(async () => {
  upstream = await startScriptedUpstream(answerWith(completion('Hello.')));
});
afterEach(async () => {
  await gateway.close();
  await upstream.close();
  setup.remove();
});

async function begin(options: Omit<Parameters<typeof createTestSetup>[0], 'upstreamUrl'> = {}): Promise<void> {
  setup = createTestSetup({ upstreamUrl: upstream.url, ...options });
  gateway = await setup.start();
}

const asText = (values: Record<string, bigint | number>): Record<string, string | number> =>
  Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, typeof value === 'bigint' ? `${value}` : value]),
  );

/** What refusals and answers have in common, as far as tests look at it. */
type Answer = { values: Record<string, unknown>; error: { code: string; message: string } };

async function post(body: unknown, key = apiKey, path = '/v1/chat/completions') {
  const response = await fetch(`${gateway.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  const json = (await response.json()) as Answer;
  return { status: response.status, json, headers: response.headers };
}

/** Units charged so far, as the next receipt says. */
async function charged(): Promise<bigint> {
  upstream.script = answerWith(completion('Hello.'));
  const { headers } = await post(hello);
  const { receipt } = JSON.parse(Buffer.from(headers.get('kedge-receipt') ?? '', 'base64url').toString());
  return BigInt(receipt.cumulativeUnits) - BigInt(receipt.units);
}

test('an unknown or missing key is 401, in words and in the form that OpenAI clients parse', async () => {
  await begin();
  const { status, json } = await post(hello, 'kedge_other');
  expect(status).toBe(401);
  expect(json).toMatchObject({ type: '/problems/key_unknown', status: 401, error: { code: 'key_unknown' } });
  const hints = [/^Send /, /channel .* closed/, /kedge channel add/].map((hint) => expect.stringMatching(hint));
  expect(json).toMatchObject({ hints });
  const none = await fetch(`${gateway.url}/v1/models`);
  expect(none.status).toBe(401);
});

test('a call that comes as the gateway stops is 503, on a connection that says goodbye, and nothing is charged', async () => {
  await begin();
  const body = JSON.stringify(hello);
  const call = `POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${apiKey}\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
  const client = connectRaw(Number(new URL(gateway.url).port));
  client.write(call);
  await expect.poll(() => client.text()).toContain('Hello.');
  client.write(call);
  const closed = gateway.close();
  expect(await client.closed).toBe('end');
  expect(client.text()).toMatch(/Hello\..*HTTP\/1\.1 503 .*retry-after: 2.*connection: close.*"code":"draining"/s);
  expect(upstream.requests).toHaveLength(1);
  await closed;
});

test('a call that the upstream has no connection for is 503 with retry-after, and nothing is charged', async () => {
  await begin({ config: { upstream: { url: upstream.url, connections: 1, maxWaiting: 0 } } });
  const running: ServerResponse[] = [];
  const reached = new Promise<void>((resolve) => {
    upstream.script = (_, response) => {
      running.push(response);
      resolve();
    };
  });
  const first = post(hello);
  await reached;
  const refused = await post(hello);
  expect(refused.status).toBe(503);
  expect(refused.headers.get('retry-after')).toBe('1');
  expect(refused.json.error.code).toBe('upstream_busy');
  for (const response of running) answerWith(completion('Hello.'))({} as never, response);
  expect((await first).status).toBe(200);
  const [once, last] = [await charged(), await charged()];
  // Two calls came before the last one, each as dear as the first.
  expect(last).toBe(once * 2n);
});

test('a key added to the channels file is known without a restart', async () => {
  await begin();
  const { readFileSync, writeFileSync } = await import('node:fs');
  const { createHash } = await import('node:crypto');
  const records = JSON.parse(readFileSync(setup.config.channelsFile, 'utf8'));
  const added = { ...records[0], apiKeySha256: createHash('sha256').update('kedge_second').digest('hex') };
  writeFileSync(setup.config.channelsFile, JSON.stringify([...records, added]));
  expect((await post(hello, 'kedge_second')).status).toBe(200);
  expect((await post(hello)).status).toBe(200);
});

test('no value left is 402 and says what to do; nothing reaches the upstream', async () => {
  await begin({
    channel: { cap: 100n },
    policy: { price: { asset: holderAddress, numerator: '2', denominator: '3' } },
  });
  const { status, json } = await post(hello);
  expect(status).toBe(402);
  expect(json.values).toMatchObject({ remainingUnits: '100', neededUnits: String(8 + 3 * 256) });
  expect(json.error.message).toContain('kedge channel open');
  // Missing are 676 of the 776 units that it may need; at 2 for 3 units they cost 450.67.
  expect(parseTopUpOffer((json as { offer?: unknown }).offer)).toEqual({
    format: 'kedge-top-up/1',
    chain: 'eip155:31337',
    token: setup.config.contracts['DataAnchoringToken'],
    channels: setup.config.contracts['ValueChannels'],
    operator: setup.channel.operator,
    classId: '7',
    tokenId: setup.channel.tokenId.toString(),
    channelId: setup.channelId,
    lot: 0x80000001,
    units: '676',
    price: { asset: setup.channel.holder, numerator: '2', denominator: '3' },
    cost: '451',
    steps: ['top-up', 'channel-open'],
  });
  expect(upstream.requests).toEqual([]);
  expect((await post({ ...hello, max_tokens: 5 })).status).toBe(200);
});

test("after the channel's deadline nothing is served: 402", async () => {
  await begin({ channel: { deadline: 1_000n } });
  expect(await post(hello)).toMatchObject({ status: 402, json: { error: { code: 'channel_ended' } } });
});

test.each([
  ['models', { ...hello, model: 'other' }],
  ['caps.outputTokensPerCall', { ...hello, max_tokens: 257 }],
  ['caps.outputTokensPerCall', { ...hello, max_completion_tokens: 1_000_000 }],
  ['caps.inputTokensPerCall', { ...hello, messages: [{ role: 'user', content: 'word '.repeat(200) }] }],
  ['caps.unitsPerCall', { ...hello, n: 4, max_tokens: 200 }],
  [
    'rates.images',
    { ...hello, messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'x' } }] }] },
  ],
  ['rates', { ...hello, messages: [{ role: 'user', content: [{ type: 'input_audio', input_audio: {} }] }] }],
])('a request beyond the policy is 403 and names the clause %s', async (clause, body) => {
  await begin({ policy: { caps: { outputTokensPerCall: 256, inputTokensPerCall: 100, unitsPerCall: '2000' } } });
  expect(await post(body)).toMatchObject({ status: 403, json: { values: { clause } } });
  expect(upstream.requests).toEqual([]);
});

test('a surface that the policy has no rate for is refused, never free', async () => {
  await begin();
  for (const path of ['/v1/chat/completions/../x', '/v1/files', '/v1/responses/resp_1', '/v1/moderations']) {
    expect((await post(hello, apiKey, path)).status).toBe(404);
  }
  setup.remove();
  await gateway.close();
  await begin({ policy: { rates: { bytes: '1' } } });
  expect(await post(hello)).toMatchObject({ status: 403, json: { values: { clause: 'rates' } } });
  expect(upstream.requests).toEqual([]);
});

test.each([
  ['not JSON', '{"model":'],
  ['no messages', { model: 'demo', messages: [] }],
  ['a negative cap', { ...hello, max_tokens: -1 }],
  ['n of zero', { ...hello, n: 0 }],
  ['a list', '[]'],
])('a body that is no request (%s) is 400', async (_, body) => {
  await begin();
  expect((await post(body)).status).toBe(400);
  expect(upstream.requests).toEqual([]);
});

test.each(['gzip', 'zstd', 'br, gzip'])(
  'a body that is compressed (%s) is 415 and says so, not read as what it is not',
  async (encoding) => {
    await begin();
    const headers = { authorization: `Bearer ${apiKey}`, 'content-encoding': encoding };
    const packed = gzipSync(JSON.stringify(hello));
    const response = await fetch(`${gateway.url}/v1/chat/completions`, { method: 'POST', headers, body: packed });
    expect([response.status, await response.json()]).toEqual([
      415,
      expect.objectContaining({ values: { contentEncoding: encoding } }),
    ]);
    headers['content-encoding'] = 'Identity';
    const plain = { method: 'POST', headers, body: JSON.stringify(hello) };
    expect((await fetch(`${gateway.url}/v1/chat/completions`, plain)).status).toBe(200);
  },
);

test('a byte order mark before the JSON, as some programs write it, is no part of it', async () => {
  await begin();
  expect((await post(`\ufeff${JSON.stringify(hello)}`)).status).toBe(200);
  expect((await post(`\ufeff\ufeff${JSON.stringify(hello)}`)).status).toBe(400);
});

test('a key in x-api-key is found beside an authorization that is for a proxy on the way', async () => {
  await begin();
  const ask = async (headers: Record<string, string>): Promise<number> =>
    (await fetch(`${gateway.url}/v1/models`, { headers })).status;
  expect(await ask({ authorization: 'Basic dTpw', 'x-api-key': apiKey })).toBe(200);
  expect(await ask({ authorization: 'Basic dTpw' })).toBe(401);
  expect(await ask({ authorization: 'Bearer other', 'x-api-key': apiKey })).toBe(401);
});

test.each([
  ['Model', { ...hello, Model: 'other' }],
  ['Max_Tokens', { ...hello, Max_Tokens: 9_999 }],
  ['me\u017f\u017fages', { ...hello, 'me\u017f\u017fages': [] }],
  ['Content', { ...hello, messages: [{ role: 'user', content: 'Hi', Content: 'a long text' }] }],
  ['Text', { ...hello, messages: [{ role: 'user', content: [{ type: 'text', text: 'Hi', Text: 'a long text' }] }] }],
])('a field that an upstream which ignores case takes for one that was counted (%s) is 400', async (field, body) => {
  await begin();
  const { status, json } = await post(body);
  expect([status, json.error.code]).toEqual([400, 'field_lookalike']);
  expect(json.error.message).toContain(field);
  expect(upstream.requests).toEqual([]);
});

test("the caller's own names, such as those of a tool's parameters, are in any case", async () => {
  await begin();
  const parameters = { type: 'object', properties: { Name: { type: 'string' }, Model: { type: 'string' } } };
  const tools = [{ type: 'function', function: { name: 'Find', parameters } }];
  const metadata = { Model: 'mine' };
  expect((await post({ ...hello, tools, metadata, topK: 4 })).status).toBe(200);
});

test('a body over the limit is 413', async () => {
  await begin({ config: { maxRequestBytes: 1_000 } });
  const { status } = await post({ ...hello, messages: [{ role: 'user', content: 'x'.repeat(2_000) }] });
  expect(status).toBe(413);
});

test('an upstream that is down is 502, and nothing is charged', async () => {
  await begin();
  await upstream.close();
  expect(await post(hello)).toMatchObject({ status: 502, json: { error: { code: 'upstream_failed' } } });
  upstream = await startScriptedUpstream(answerWith(completion('Hello.')));
  await gateway.close();
  gateway = await setup.start({ upstream: { url: upstream.url } });
  expect(await charged()).toBe(0n);
});

test.each([
  [{ error: { message: 'You are out of credit, sk-secret', code: 'insufficient_quota' } }, 'insufficient_quota'],
  [{ error: { message: 'Hello', type: 'permission_error', code: null } }, 'permission_error'],
  // Neither a key nor a prompt gets into the log by this.
  [{ error: { code: 'sk-secret', type: 'Tell me about sk-secret' } }, undefined],
  [{ error: 'sk-secret' }, undefined],
  ['sk-secret', undefined],
])(
  'of an answer of the upstream that refuses the log has the status and what it calls the error: %j',
  async (body, code) => {
    await begin();
    setup.logs.length = 0;
    upstream.script = answerWith(body, 403);
    expect((await post(hello)).status).toBe(502);
    const refused = setup.logs.filter(({ event }) => event === 'upstream_refused');
    expect(refused).toEqual([expect.objectContaining({ status: 403, ...(code === undefined ? {} : { code }) })]);
    if (code === undefined) expect(refused[0]).not.toHaveProperty('code');
    expect(JSON.stringify(setup.logs)).not.toContain('sk-secret');
  },
);

test.each([
  [
    'is compressed',
    (_: unknown, response: ServerResponse) => response.writeHead(200, { 'content-encoding': 'gzip' }).end('x'),
  ],
  ['is not JSON', (_: unknown, response: ServerResponse) => response.writeHead(200).end('<html>my prompt</html>')],
  ['has no choices', answerWith({ id: 'my prompt', choices: [] })],
])('of an answer of the upstream that is none the log says why: it %s', async (what, script) => {
  await begin();
  setup.logs.length = 0;
  upstream.script = script;
  expect((await post(hello)).json).toMatchObject({ error: { code: 'upstream_invalid' } });
  const told = setup.logs.filter(({ event }) => event === 'upstream_invalid');
  expect(told).toEqual([expect.objectContaining({ reason: expect.stringContaining(what) })]);
  expect(JSON.stringify(setup.logs)).not.toContain('my prompt');
});

test.each([
  ['7', '7'],
  ['Wed, 21 Oct 2026 07:28:00 GMT', null],
  [undefined, null],
])('of an upstream that is overloaded the client is told when it wants to be asked again: %s', async (said, told) => {
  await begin();
  upstream.script = (_, response) =>
    response.writeHead(503, said === undefined ? {} : { 'retry-after': said }).end('{}');
  const { status, headers } = await post(hello);
  expect([status, headers.get('retry-after')]).toEqual([502, told]);
});

test('the upstream’s number of a request reaches clients of either API by the name that they read', async () => {
  await begin();
  upstream.script = (_, response) =>
    response
      .writeHead(200, { 'content-type': 'application/json', 'x-request-id': 'one', 'request-id': 'two' })
      .end(JSON.stringify(completion('Hello.')));
  const { headers } = await post(hello);
  expect([headers.get('x-request-id'), headers.get('request-id')]).toEqual(['one', 'two']);
});

test('of an upstream that sends elsewhere the log says where, without what may be a key', async () => {
  await begin();
  setup.logs.length = 0;
  for (const location of [
    'https://user:sk-secret@api.example/v1/chat?key=sk-secret#sk-secret',
    '/login?key=sk-secret',
  ]) {
    upstream.script = (_, response) => response.writeHead(301, { location }).end();
    expect((await post(hello)).status).toBe(502);
  }
  const refused = setup.logs.filter(({ event }) => event === 'upstream_refused');
  expect(refused).toMatchObject([
    { status: 301, location: 'https://api.example/v1/chat' },
    { status: 301, location: '/login' },
  ]);
  expect(JSON.stringify(setup.logs)).not.toContain('sk-secret');
});

test('an upstream that answers nonsense, an error or its view of the operator’s key is 502, and nothing is charged', async () => {
  await begin();
  for (const script of [
    answerWith({ message: 'boom' }, 500),
    answerWith({ error: { message: 'your key sk-secret is wrong' } }, 401),
    answerWith({ no: 'choices' }),
    (_: unknown, response: ServerResponse) =>
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"choices":['),
    (_: unknown, response: ServerResponse) =>
      response.writeHead(200, { 'content-type': 'text/event-stream' }).end('data: [DONE]\n\n'),
    (_: unknown, response: ServerResponse) => response.writeHead(200, { 'content-encoding': 'gzip' }).end('x'),
    (_: unknown, response: ServerResponse) => response.socket?.destroy(),
  ]) {
    upstream.script = script;
    const { status, json } = await post(hello);
    expect(status).toBe(502);
    expect(JSON.stringify(json)).not.toContain('sk-secret');
  }
  expect(await charged()).toBe(0n);
});

test('an upstream that hangs is 504, and nothing is charged', async () => {
  await begin();
  await gateway.close();
  gateway = await setup.start({ upstream: { url: upstream.url, timeoutMs: 1_000 } });
  upstream.script = () => undefined;
  expect(await post(hello)).toMatchObject({ status: 504, json: { error: { code: 'upstream_timeout' } } });
  expect(await charged()).toBe(0n);
});

test('what the upstream finds wrong with a request passes through as it is, and nothing is charged', async () => {
  await begin();
  upstream.script = answerWith({ error: { message: 'temperature is too high' } }, 422);
  expect(await post(hello)).toMatchObject({ status: 422, json: { error: { message: 'temperature is too high' } } });
  expect(await charged()).toBe(0n);
});

test('what the upstream finds wrong with a request can be read, where it comes compressed', async () => {
  await begin();
  const error = { error: { message: 'the context is too long', type: 'invalid_request_error' } };
  upstream.script = (_, response) => {
    response.writeHead(400, { 'content-type': 'application/json', 'content-encoding': 'gzip' });
    response.end(gzipSync(JSON.stringify(error)));
  };
  expect(await post(hello)).toMatchObject({ status: 400, json: error });
  expect(await charged()).toBe(0n);
});

test("what a channel's rate does not allow yet is 429, with when to come back", async () => {
  await begin({ channel: { rate: 2n, burst: 0n } });
  const { status, headers, json } = await post({ ...hello, max_tokens: 20 });
  expect(status).toBe(429);
  expect(json.error.code).toBe('rate_exceeded');
  // 68 units are needed, about 20 are there: two come each second.
  expect(Number(headers.get('retry-after'))).toBeGreaterThanOrEqual(22);
  expect(Number(headers.get('retry-after'))).toBeLessThanOrEqual(24);
});

test('R29: before a channel’s opening is final only a bounded exposure is served', async () => {
  await begin({ config: { finality: { seconds: 3_600, exposureUnits: '50' } } });
  expect((await post({ ...hello, max_tokens: 10 })).status).toBe(200);
  const { status, headers, json } = await post({ ...hello, max_tokens: 10 });
  expect([status, json.error.code]).toEqual([429, 'opening_not_final']);
  // The channel is 10 seconds old.
  expect(Number(headers.get('retry-after'))).toBeGreaterThan(3_500);
  expect(Number(headers.get('retry-after'))).toBeLessThanOrEqual(3_590);
});

test('R5, concurrency: of 200 calls at once against value for 50, exactly 50 are served and the rest is 402', async () => {
  await begin({ policy: { rates: { requests: '20' } }, channel: { cap: 1_000n } });
  const statuses = await Promise.all(Array.from({ length: 200 }, async () => (await post(hello)).status));
  expect(statuses.filter((status) => status === 200)).toHaveLength(50);
  expect(statuses.filter((status) => status === 402)).toHaveLength(150);
  expect(upstream.requests).toHaveLength(50);
});

test('value that only running calls hold is waited for, then 429; it comes back when they end', async () => {
  await begin({ channel: { cap: 800n }, config: { contentionWaitMs: 50 } });
  let release: (() => void) | undefined;
  upstream.script = (_, response) => {
    release = () =>
      void response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(completion('Hi')));
  };
  const first = post(hello);
  await expect.poll(() => upstream.requests.length).toBe(1);
  const { status, json } = await post(hello);
  // Each reserves 776 of the 800 base units.
  const figures = { neededUnits: 776n, reservedUnits: 776n, remainingUnits: 800n, runningCalls: 1, waitedMs: 50 };
  expect([status, json.error]).toEqual([
    429,
    expect.objectContaining({
      code: 'contended',
      message: expect.stringMatching(
        /^Running calls hold 0\.776 of the 0\.8 unit .*need 0\.776\. Try again .*lower max_tokens/,
      ),
    }),
  ]);
  const told = { channelId: setup.channelId, retryAfterSeconds: 1 };
  expect(json.values).toEqual({ clause: 'cap', ...told, ...asText(figures) });
  const refused = setup.logs.filter(({ event }) => event === 'request_refused');
  expect(refused).toEqual([expect.objectContaining({ status: 429, code: 'contended', ...told, ...figures })]);
  expect(await (await fetch(`${gateway.url}/metrics`)).text()).toContain(
    'kedge_requests_refused_total{status="429",code="contended"} 1',
  );
  release?.();
  expect((await first).status).toBe(200);
  upstream.script = answerWith(completion('Hello.'));
  expect((await post({ ...hello, max_tokens: 200 })).status).toBe(200);
});

test('one data folder is served by one gateway', async () => {
  await begin();
  expect((await post(hello)).status).toBe(200);
  expect((await fetch(`${gateway.url}/readyz`)).status).toBe(200);
  await gateway.close();
  setup.logs.length = 0;
  gateway = await setup.start();
  await expect(setup.start()).rejects.toMatchObject({ code: 'data_dir_in_use' });
});

test('a taken port is named', async () => {
  await begin();
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
  const { port } = taken.address() as { port: number };
  await gateway.close();
  await expect(setup.start({ port })).rejects.toMatchObject({
    code: 'listen_failed',
    values: { reason: 'EADDRINUSE' },
  });
  taken.close();
  gateway = await setup.start();
});

test('a channel that the chain does not know as the file says is refused with a reason in the log, and its key is 401', async () => {
  await begin();
  await gateway.close();
  setup.chain.policyHash = `0x${'99'.repeat(32)}`;
  gateway = await setup.start();
  expect((await post(hello)).status).toBe(401);
  expect(setup.logs).toContainEqual(expect.objectContaining({ event: 'channel_refused', channelId: setup.channelId }));
});

test('R27: a channel from which more was captured than the log knows of is refused, and its caller and the log hear why', async () => {
  await begin();
  await gateway.close();
  setup.chain.captured.set(setup.channelId, 7n);
  gateway = await setup.start();
  expect(setup.logs).toContainEqual(
    expect.objectContaining({ event: 'channel_refused', reason: expect.stringContaining('close the channel') }),
  );
  // Asked again, it says the same: the file has not changed.
  for (let call = 0; call < 2; call++) {
    expect(await post(hello)).toMatchObject({
      status: 403,
      json: {
        type: '/problems/channel_refused',
        detail: expect.stringContaining('7 units were captured on chain but the log knows of 0'),
        values: { clause: 'R27', channelId: setup.channelId },
        hints: [expect.stringContaining('newest copy of the log'), expect.stringContaining('kedge channel close')],
      },
    });
  }
  expect(upstream.requests).toEqual([]);
});

test('while the chain does not answer, an unchecked channel is 503; it is served once the chain answers', async () => {
  await begin();
  await gateway.close();
  setup.chain.down = true;
  gateway = await setup.start();
  expect(await post(hello)).toMatchObject({ status: 503, json: { error: { code: 'channel_unchecked' } } });
  setup.chain.down = false;
  expect((await post(hello)).status).toBe(200);
});

test('a channel that the node does not know yet is 503, and is served once the node knows it', async () => {
  await begin();
  await gateway.close();
  const { openedAt } = setup.chain;
  // Another node behind the same URL is a block behind, or the chain has just lost one.
  setup.chain.openedAt = 0n;
  gateway = await setup.start();
  expect(await post(hello)).toMatchObject({ status: 503, json: { error: { code: 'channel_unchecked' } } });
  setup.chain.openedAt = openedAt;
  expect((await post(hello)).status).toBe(200);
});

test('JSON that is nested too deeply is 400, wherever it is, and brackets in text are text', async () => {
  await begin();
  const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;
  for (const field of ['x', 'tools']) {
    const body = `{"model":"demo","${field}":${nested(50_000)},"messages":[{"role":"user","content":"Hi"}]}`;
    const { status, json } = await post(body);
    expect(status).toBe(400);
    expect(json.error.code).toBe('json_too_deep');
  }
  const { status } = await post({ ...hello, messages: [{ role: 'user', content: `\\"${'['.repeat(1_000)}` }] });
  expect(status).toBe(200);
});

test('a text part without its text is 400, and a wrong method or key says what is right', async () => {
  await begin();
  const { status, json } = await post({ model: 'demo', messages: [{ role: 'user', content: [{ type: 'text' }] }] });
  expect([status, json.error.code]).toEqual([400, 'request_invalid']);
  const wrongMethod = await fetch(`${gateway.url}/v1/chat/completions`);
  expect([wrongMethod.status, wrongMethod.headers.get('allow')]).toEqual([405, 'POST']);
  const noKey = await fetch(`${gateway.url}/v1/models`);
  expect([noKey.status, noKey.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
});
