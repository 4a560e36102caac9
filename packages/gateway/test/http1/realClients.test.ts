import { execFile } from 'node:child_process';
import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import { promisify } from 'node:util';
import OpenAI from 'openai';
import { Client, request as undiciRequest } from 'undici';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Gateway } from '../../src/index.js';
import { apiKey, createTestSetup, type TestSetup } from '../support/createTestSetup.js';
import { completion, type ScriptedUpstream, startScriptedUpstream, streamWords } from '../support/scriptedUpstream.js';
import { connectRaw } from './support/rawSocket.js';

let upstream: ScriptedUpstream;
let setup: TestSetup;
let gateway: Gateway;

// Says what it was asked, so that an answer that reaches another request is seen.
beforeAll(async () => {
  upstream = await startScriptedUpstream((request, response) => {
    const { messages, stream } = request.json as { messages: { content: string }[]; stream?: boolean };
    const asked = messages[0]?.content ?? '';
    if (stream === true) return streamWords([asked, ' and', ' more'])(request, response);
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(completion(`to ${asked}`)));
  });
  setup = createTestSetup({ upstreamUrl: upstream.url });
  gateway = await setup.start();
});
afterAll(async () => {
  await gateway.close();
  await upstream.close();
  setup.remove();
});

const headers = { 'content-type': 'application/json', authorization: `Bearer ${apiKey}` };
const asking = (content: string, more: object = {}): string =>
  JSON.stringify({ model: 'demo', messages: [{ role: 'user', content }], max_tokens: 20, ...more });
const contentOf = (text: string): string =>
  (JSON.parse(text) as { choices: { message: { content: string } }[] }).choices[0]?.message.content ?? '';
const numbers = (count: number): string[] => Array.from({ length: count }, (_, index) => `call ${index}`);

test("node's fetch: calls at once, each with its own answer", async () => {
  const answers = await Promise.all(
    numbers(40).map(async (content) => {
      const response = await fetch(`${gateway.url}/v1/chat/completions`, {
        method: 'POST',
        headers,
        body: asking(content),
      });
      expect(response.headers.get('kedge-receipt')).toMatch(/^\S+$/);
      return contentOf(await response.text());
    }),
  );
  expect(answers).toEqual(numbers(40).map((content) => `to ${content}`));
});

test('undici with pipelining 10: calls, refusals and streams keep their order', async () => {
  const client = new Client(gateway.url, { pipelining: 10 });
  const answers = await Promise.all(
    numbers(40).map(async (content, index) => {
      const { statusCode, body } = await client.request({
        path: '/v1/chat/completions',
        method: 'POST',
        headers: { ...headers, authorization: index % 7 === 3 ? 'Bearer wrong' : headers.authorization },
        body: asking(content, index % 5 === 4 ? { stream: true } : {}),
        idempotent: true,
        blocking: false,
      });
      const text = await body.text();
      if (statusCode !== 200) return statusCode;
      return index % 5 === 4
        ? text.includes(`"content":"${content}"`) && text.endsWith('data: [DONE]\n\n')
        : contentOf(text);
    }),
  );
  expect(answers).toEqual(
    numbers(40).map((content, index) => (index % 7 === 3 ? 401 : index % 5 === 4 ? true : `to ${content}`)),
  );
  await client.close();
});

test("undici's own connections, GET and HEAD", async () => {
  const models = await undiciRequest(`${gateway.url}/v1/models`, { headers });
  expect(await models.body.json()).toMatchObject({ data: [{ id: 'demo' }] });
  const head = await undiciRequest(`${gateway.url}/healthz`, { method: 'HEAD' });
  expect(head.statusCode).toBe(200);
  expect(Number(head.headers['content-length'])).toBeGreaterThan(0);
  expect(await head.body.text()).toBe('');
});

test("node's http client with keep-alive, chunked bodies and Expect: 100-continue", async () => {
  const agent = new HttpAgent({ keepAlive: true, maxSockets: 1 });
  const sockets = new Set<unknown>();
  const call = (content: string, more: Record<string, string>): Promise<string> =>
    new Promise((resolve, reject) => {
      const request = httpRequest(`${gateway.url}/v1/chat/completions`, {
        method: 'POST',
        agent,
        headers: { ...headers, ...more },
      });
      request.on('error', reject);
      request.on('socket', (socket) => sockets.add(socket));
      request.on('response', (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        response.on('end', () => resolve(contentOf(text)));
      });
      const send = (): void => {
        const body = asking(content);
        // In chunks, as there is no length.
        request.write(body.slice(0, 10));
        request.end(body.slice(10));
      };
      if (more['expect'] === undefined) send();
      else request.once('continue', send).flushHeaders();
    });
  expect(await call('chunked', {})).toBe('to chunked');
  expect(await call('expecting', { expect: '100-continue' })).toBe('to expecting');
  expect(await call('again', {})).toBe('to again');
  expect(sockets.size).toBe(1);
  agent.destroy();
});

test('the openai package: whole answers, streams, errors, and a stream that is given up', async () => {
  const client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey, maxRetries: 0 });
  const messages = [{ role: 'user' as const, content: 'openai' }];
  const answer = await client.chat.completions.create({ model: 'demo', messages });
  expect(answer.choices[0]?.message.content).toBe('to openai');
  let text = '';
  for await (const chunk of await client.chat.completions.create({ model: 'demo', messages, stream: true })) {
    text += chunk.choices[0]?.delta.content ?? '';
  }
  expect(text).toBe('openai and more');
  await expect(client.chat.completions.create({ model: 'other', messages })).rejects.toMatchObject({ status: 403 });
  const stream = await client.chat.completions.create({ model: 'demo', messages, stream: true });
  stream.controller.abort();
  const after = await client.chat.completions.create({ model: 'demo', messages });
  expect(after.choices[0]?.message.content).toBe('to openai');
});

test('bytes that are no HTTP get a problem that says so', async () => {
  const client = connectRaw(Number(new URL(gateway.url).port));
  client.write('GET / HTTP/1.1\r\nHost : a\r\n\r\n');
  expect(await client.closed).toBe('end');
  const [head = '', body = ''] = client.text().split('\r\n\r\n');
  expect(head).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n[^]*content-type: application\/problem\+json/);
  expect(JSON.parse(body)).toMatchObject({ status: 400 });
});

const run = promisify(execFile);
const curl = await run('curl', ['--version']).then(
  () => true,
  () => false,
);

const withCurl = async () => {
  const url = `${gateway.url}/v1/chat/completions`;
  const common = [
    '-sS',
    '--noproxy',
    '*',
    '-H',
    `authorization: ${headers.authorization}`,
    '-H',
    'content-type: application/json',
  ];
  const call = async (...more: string[]): Promise<string> => (await run('curl', [...common, ...more])).stdout;
  expect(contentOf(await call('-d', asking('curl'), url))).toBe('to curl');
  expect(contentOf(await call('--http1.0', '-d', asking('1.0'), url))).toBe('to 1.0');
  expect(contentOf(await call('-H', 'Expect: 100-continue', '-d', asking('expect'), url))).toBe('to expect');
  expect(await call('--http1.0', '-N', '-d', asking('streamed', { stream: true }), url)).toMatch(
    /streamed[^]*data: \[DONE\]\n\n$/,
  );
  expect(await call('-H', 'Transfer-Encoding: chunked', '-d', asking('chunks'), url)).toContain('to chunks');
  const twice = await call('-w', '\n%{num_connects}\n', '-d', asking('twice'), url, url);
  expect(twice).toMatch(/to twice[^]*\n1\n[^]*to twice[^]*\n0\n$/);
};

if (curl) test('curl: over HTTP/1.1, HTTP/1.0, with Expect, as a stream, and two on one connection', withCurl);
