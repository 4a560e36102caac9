import { mkdirSync, mkdtempSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zeroAddress } from '@kedge/core';
import OpenAI from 'openai';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { countText, createShadowGateway, type Gateway, type ShadowReport } from '../src/index.js';
import { testPolicy } from './support/createTestSetup.js';
import {
  answerWith,
  completion,
  type ScriptedUpstream,
  startScriptedUpstream,
  streamWords,
} from './support/scriptedUpstream.js';

let upstream: ScriptedUpstream;
let folder: string;
let gateway: Gateway;
let logged: string[];

const heard = (event: string): void => {
  if (event.startsWith('shadow_counts')) logged.push(event);
};

const messages = [{ role: 'user' as const, content: 'Hi' }];
const wei = 10n ** 12n;

const start = (): Promise<Gateway> =>
  createShadowGateway(
    {
      dataDir: folder,
      upstream: { url: upstream.url },
      policy: testPolicy({ price: { asset: zeroAddress, numerator: String(wei), denominator: '1' } }),
      operatorBasisPoints: 2_000,
      class: {
        name: 'Agent',
        parents: [
          { royaltyBasisPoints: 3_000, of: { name: 'Docs', parents: [] } },
          {
            royaltyBasisPoints: 1_000,
            of: { name: 'Model', parents: [{ royaltyBasisPoints: 5_000, of: { name: 'Docs', parents: [] } }] },
          },
        ],
      },
    },
    { log: { info: heard, warn: heard, error: heard } },
  );

beforeEach(async () => {
  logged = [];
  upstream = await startScriptedUpstream(answerWith(completion('Hello.')));
  folder = mkdtempSync(join(tmpdir(), 'kedge-shadow-test-'));
  gateway = await start();
});
afterEach(async () => {
  await gateway.close();
  await upstream.close();
  rmSync(folder, { recursive: true, force: true });
});

const report = async (): Promise<ShadowReport> =>
  (await (await fetch(`${gateway.url}/admin/shadow`)).json()) as ShadowReport;

test('shadow: any key is served, nothing is charged, and the report says who would have earned what', async () => {
  const openai = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: 'anything', maxRetries: 0 });
  const answered = await openai.chat.completions.create({ model: 'demo', messages }).withResponse();
  expect(answered.response.headers.get('kedge-receipt')).toBeNull();
  upstream.script = streamWords(['One', ' two']);
  let text = '';
  const stream = await openai.chat.completions.create({ model: 'demo', messages, stream: true });
  for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? '';
  expect(text).toBe('One two');

  const units = 2n * 8n + 3n * BigInt(countText('Hello.') + countText('One two'));
  const revenue = units * wei;
  const agent = (revenue * 8n) / 10n;
  const toDocs = (agent * 3n) / 10n;
  const toModel = agent / 10n;
  expect(await report()).toMatchObject({
    calls: 2,
    revenue: `${revenue}`,
    operator: `${revenue - agent}`,
    asset: 'ETH',
    classes: [
      { name: 'Agent', received: `${agent}`, kept: `${agent - toDocs - toModel}` },
      { name: 'Docs', received: `${toDocs + toModel / 2n}`, kept: `${toDocs + toModel / 2n}` },
      { name: 'Model', received: `${toModel}`, kept: `${toModel / 2n}` },
    ],
    royalties: [
      { from: 'Agent', to: 'Docs', amount: `${toDocs}` },
      { from: 'Agent', to: 'Model', amount: `${toModel}` },
      { from: 'Model', to: 'Docs', amount: `${toModel / 2n}` },
    ],
  });
});

test('shadow: tokens of a message are counted as often as anybody asks, and the report has none of it', async () => {
  const body = JSON.stringify({ model: 'demo', messages });
  const count = () => fetch(`${gateway.url}/v1/messages/count_tokens`, { method: 'POST', body });
  for (let time = 0; time < 3; time++) expect(await (await count()).json()).toEqual({ input_tokens: 8 });
  expect(await report()).toMatchObject({ calls: 0, units: '0' });
});

test('shadow: no page of another site makes calls in a browser here, programs and pages of its own site do', async () => {
  const body = JSON.stringify({ model: 'demo', messages });
  const call = (headers: Record<string, string>): Promise<Response> =>
    fetch(`${gateway.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'text/plain', ...headers },
      body,
    });
  const own = new URL(gateway.url).origin;
  for (const headers of [
    { origin: 'https://other.example', 'sec-fetch-site': 'cross-site' },
    { origin: 'http://localhost:1', 'sec-fetch-site': 'same-site' },
    { origin: 'null', 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'cross-site' },
    { origin: 'https://other.example' },
    // A name that was made to resolve to this machine: to the browser, it is the page's own site.
    { origin: 'http://rebound.example', host: 'rebound.example' },
  ]) {
    const refused = await call(headers);
    expect([headers, refused.status]).toEqual([headers, 403]);
    const { error, values } = (await refused.json()) as { error: { code: string }; values: { origin?: string } };
    expect([error.code, values.origin]).toEqual(['page_refused', headers.origin]);
  }
  expect(upstream.requests).toHaveLength(0);
  expect((await fetch(`${gateway.url}/v1/models`, { headers: { 'sec-fetch-site': 'cross-site' } })).status).toBe(403);
  const preflight = await fetch(`${gateway.url}/v1/chat/completions`, {
    method: 'OPTIONS',
    headers: { origin: 'https://other.example', 'access-control-request-method': 'POST' },
  });
  expect([preflight.status, preflight.headers.get('access-control-allow-origin')]).toEqual([405, null]);
  for (const headers of [{}, { origin: own, 'sec-fetch-site': 'same-origin' }])
    expect((await call(headers as Record<string, string>)).status).toBe(200);
});

test('shadow: counts that cannot be saved keep no call from being served, and are saved when they can be', async () => {
  const path = join(folder, 'shadow.json');
  // Where the new file is written, in the place of a disk that is full.
  mkdirSync(`${path}.tmp`);
  const call = () => fetch(`${gateway.url}/v1/chat/completions`, { method: 'POST', body });
  const body = JSON.stringify({ model: 'demo', messages });
  expect((await call()).status).toBe(200);
  await expect.poll(() => logged, { timeout: 20_000 }).toEqual(['shadow_counts_unsaved']);
  expect((await call()).status).toBe(200);
  rmdirSync(`${path}.tmp`);
  await expect.poll(() => logged, { timeout: 20_000 }).toEqual(['shadow_counts_unsaved', 'shadow_counts_saved']);
  expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ calls: 2 });
});

test('shadow: a file of counts that is damaged is refused, with the way out', async () => {
  await gateway.close();
  const path = join(folder, 'shadow.json');
  writeFileSync(path, '');
  await expect(start()).rejects.toMatchObject({
    code: 'shadow_tally_invalid',
    hints: [expect.stringContaining(`Move ${path} away`)],
  });
});

test('shadow: the counts outlive a restart, and the policy still refuses what it does not serve', async () => {
  const call = (model: string): Promise<Response> =>
    fetch(`${gateway.url}/v1/chat/completions`, { method: 'POST', body: JSON.stringify({ model, messages }) });
  expect((await call('demo')).status).toBe(200);
  expect((await call('other')).status).toBe(403);
  const before = await report();
  await gateway.close();
  gateway = await start();
  expect(await report()).toEqual(before);
  expect(before.calls).toBe(1);
});
