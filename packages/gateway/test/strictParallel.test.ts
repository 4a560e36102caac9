import { cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  encodeSignedVoucher,
  signedVoucherToJson,
  type SignedVoucher,
  voucherDigest,
  voucherHeader,
  zeroHash,
} from '@kedge/core';
import { kedgeFetch, type KedgeFetch } from '@kedge/sdk';
import OpenAI from 'openai';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { keccak256 } from '../src/crypto/hashers.js';
import { countText, type Gateway } from '../src/index.js';
import { channelKey, createStrictSetup, strictChannelOf } from './support/createStrictSetup.js';
import { apiKey, domain, type TestSetup } from './support/createTestSetup.js';
import {
  answerWith,
  chunkEvent,
  completion,
  type ScriptedUpstream,
  startScriptedUpstream,
} from './support/scriptedUpstream.js';
import { voucherState } from './support/strictClient.js';

const startUnits = 100n;
const many = ' word'.repeat(2_000);
const large = { model: 'demo', max_tokens: 1, messages: [{ role: 'user' as const, content: many }] };
const small = { model: 'demo', max_tokens: 16, messages: [{ role: 'user' as const, content: 'Hi' }] };
/** A base unit for each token: 3 for the message, 3 for the answer, one for the role. */
const largeUnits = 7n + BigInt(countText(many));
const smallUnits = 8n;
const short = Array.from({ length: 80 }, (_, index) => ` word${index}`);
/** Of 20 tokens each. */
const long = Array.from({ length: 10 }, () => ' word'.repeat(20));

let upstream: ScriptedUpstream;
let setup: TestSetup;
let gateway: Gateway;
let words: readonly string[];
/** Answers the large call, which waits for it. */
let release: () => void;
/** Lets the stream go on behind its first word. */
let goOn: () => void;

beforeEach(async () => {
  words = short;
  const released = new Promise<void>((resolve) => (release = resolve));
  const going = new Promise<void>((resolve) => (goOn = resolve));
  upstream = await startScriptedUpstream(async (request, response) => {
    if (request.json.max_tokens === 1) {
      response.on('error', () => undefined);
      await released;
      return answerWith(completion('Well.'))(request, response);
    }
    if (request.json.stream !== true) return answerWith(completion('Hello.'))(request, response);
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(chunkEvent({ content: 'Hello' }));
    await going;
    for (const word of words) response.write(chunkEvent({ content: word }));
    response.end(`${chunkEvent({}, 'stop')}data: [DONE]\n\n`);
  });
});
afterEach(async () => {
  await gateway.close();
  await upstream.close();
  setup.remove();
});

async function begin(): Promise<void> {
  setup = createStrictSetup(upstream.url, {
    startUnits: String(startUnits),
    growthBasisPoints: 0,
    voucherWaitMs: 1_000,
  });
  gateway = await setup.start();
}

async function sign(cumulativeUnits: bigint): Promise<SignedVoucher> {
  const voucher = { channelId: setup.channelId, cumulativeUnits, receiptHash: zeroHash, seq: 0n };
  return { voucher, signature: await channelKey.sign({ hash: voucherDigest(domain, voucher, keccak256) }) };
}

const headers = { 'content-type': 'application/json', authorization: `Bearer ${apiKey}` };

async function call(signedUnits: bigint, body: unknown, signal?: AbortSignal): Promise<Response> {
  return fetch(`${gateway.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { ...headers, [voucherHeader]: encodeSignedVoucher(await sign(signedUnits)) },
    body: JSON.stringify(body),
    ...(signal === undefined ? {} : { signal }),
  });
}

const give = async (units: bigint): Promise<Response> =>
  fetch(`${gateway.url}/v1/vouchers`, {
    method: 'POST',
    headers,
    body: JSON.stringify(signedVoucherToJson(await sign(units))),
  });

/** The large call, which reaches the upstream and is not answered. */
async function beginLarge(signedUnits: bigint): Promise<{ leave: () => Promise<void> }> {
  const leaving = new AbortController();
  const before = upstream.requests.length;
  const waiting = call(signedUnits, large, leaving.signal).catch(() => undefined);
  await expect.poll(() => upstream.requests.length).toBe(before + 1);
  return {
    leave: async () => {
      leaving.abort();
      await waiting;
      await expect.poll(running).toBe('1');
    },
  };
}

/** Calls that run: the question is one itself. */
const running = async (): Promise<string | undefined> =>
  (await (await fetch(`${gateway.url}/metrics`)).text()).match(/^kedge_requests_running (.*)$/m)?.[1];

async function lostUnits(): Promise<bigint> {
  await fetch(`${gateway.url}/admin/capture`, { method: 'POST' });
  const { committedUnits } = await voucherState(`${gateway.url}/v1`);
  return BigInt(committedUnits) - (setup.chain.captured.get(setup.channelId) ?? 0n);
}

test('R11: beside a large input that comes to nothing no more is given than the exposure', async () => {
  await begin();
  const { leave } = await beginLarge(largeUnits);
  let signed = largeUnits;
  for (let calls = 0; calls < 20; calls++) {
    const answer = await call((signed += smallUnits), small);
    if (answer.status !== 200) {
      expect(answer.status).toBe(429);
      expect(await answer.text()).toContain('exposure_reached');
      break;
    }
    signed += 3n * BigInt(countText('Hello.'));
  }
  await leave();
  expect(await lostUnits()).toBeLessThanOrEqual(startUnits);
});

test('R11: a small input that comes to nothing does not take a large one along', async () => {
  await begin();
  const leaving = new AbortController();
  upstream.script = ((script) => (request, response) =>
    request.json.max_tokens === 2 ? undefined : script(request, response))(upstream.script);
  const waiting = call(smallUnits, { ...small, max_tokens: 2 }, leaving.signal).catch(() => undefined);
  await expect.poll(() => upstream.requests.length).toBe(1);
  release();
  const answer = await call(smallUnits + largeUnits, large);
  expect(answer.status).toBe(429);
  leaving.abort();
  await waiting;
  await expect.poll(running).toBe('1');
  expect((await call(largeUnits, large)).status).toBe(200);
  expect(await lostUnits()).toBeLessThanOrEqual(startUnits);
});

test('R11: a stream beside a large input is paid by vouchers over what it handed over, not over that input', async () => {
  await begin();
  const stream = await call(smallUnits, { ...small, max_tokens: 256, stream: true });
  const reader = stream.body!.getReader();
  await reader.read();
  const { leave } = await beginLarge(smallUnits + 3n + largeUnits);
  goOn();
  let text = '';
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    text += new TextDecoder().decode(part.value);
    const due = [...text.matchAll(/^: kedge-due (\d+)$/gm)].at(-1)?.[1];
    if (due !== undefined) await give(BigInt(due) + largeUnits);
  }
  expect(text).toContain('voucher_needed');
  await leave();
  expect(await lostUnits()).toBeLessThanOrEqual(startUnits);
});

/** Signs more often than vouchers are kept for what no call comes to. */
async function signAhead(): Promise<void> {
  for (let more = 0n; more < 40n; more++) expect((await give(500_000n + more)).status).toBe(200);
}

/** Another gateway, which knows what was on disk at the time. */
async function startAgain(kill: () => Promise<void>): Promise<void> {
  const dataDir = join(setup.folder, 'killed');
  mkdirSync(dataDir);
  cpSync(join(setup.config.dataDir, 'ledger.log'), join(dataDir, 'ledger.log'));
  await kill();
  setup.chain.down = true;
  await gateway.close();
  setup.chain.down = false;
  gateway = await setup.start({ dataDir });
}

test.each(['running', 'started again'])(
  'R11: an input is paid, however many vouchers come before its answer that are ahead of it: %s',
  async (how) => {
    await begin();
    const waiting = call(largeUnits, large);
    await expect.poll(() => upstream.requests.length).toBe(1);
    await signAhead();
    release();
    expect((await waiting).status).toBe(200);
    if (how === 'started again') await startAgain(async () => undefined);
    // The one token of its answer.
    expect(await lostUnits()).toBe(3n);
  },
);

test.each(['running', 'killed'])(
  'R11: a stream is paid, however many vouchers come before its end that are ahead of it: %s',
  async (how) => {
    await begin();
    words = Array.from({ length: 250 }, (_, index) => ` word${index}`);
    const stream = await call(smallUnits, { ...small, max_tokens: 256, stream: true });
    const reader = stream.body!.getReader();
    goOn();
    let text = '';
    for (let due = 0n; due < 3n * startUnits;) {
      text += new TextDecoder().decode((await reader.read()).value);
      const last = BigInt([...text.matchAll(/^: kedge-due (\d+)$/gm)].at(-1)?.[1] ?? 0);
      if (last > due) expect((await give((due = last))).status).toBe(200);
    }
    await signAhead();
    if (how === 'killed') await startAgain(() => reader.cancel());
    else await reader.cancel();
    await expect.poll(running).toBe('1');
    expect(BigInt((await voucherState(`${gateway.url}/v1`)).committedUnits)).toBeGreaterThanOrEqual(3n * startUnits);
    expect(await lostUnits()).toBeLessThanOrEqual(startUnits);
  },
);

function clientOf(): { openai: OpenAI; paid: KedgeFetch } {
  const paid = kedgeFetch(strictChannelOf(setup));
  return { paid, openai: new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey, fetch: paid, maxRetries: 0 }) };
}

async function expectAllPaid(paid: KedgeFetch): Promise<void> {
  await paid.idle();
  expect(await lostUnits()).toBe(0n);
}

test('R11: a client that pays gets its stream while a large input is under way, and pays both to the unit', async () => {
  await begin();
  const { openai, paid } = clientOf();
  const stream = await openai.chat.completions.create({ ...small, max_tokens: 256, stream: true });
  let said = '';
  let waiting: Promise<OpenAI.Chat.ChatCompletion> | undefined;
  for await (const chunk of stream) {
    said += chunk.choices[0]?.delta.content ?? '';
    if (waiting !== undefined) continue;
    waiting = openai.chat.completions.create(large);
    await expect.poll(() => upstream.requests.length).toBe(2);
    goOn();
  }
  expect(said).toBe(`Hello${words.join('')}`);
  release();
  expect((await waiting)?.choices[0]?.message.content).toBe('Well.');
  await expectAllPaid(paid);
});

test('R11: a stream beside a large input that its client leaves goes on, and is paid', async () => {
  await begin();
  const { openai, paid } = clientOf();
  const stream = await openai.chat.completions.create({ ...small, max_tokens: 256, stream: true });
  let said = '';
  let isLeft = false;
  for await (const chunk of stream) {
    said += chunk.choices[0]?.delta.content ?? '';
    if (isLeft) continue;
    const leaving = new AbortController();
    const waiting = openai.chat.completions.create(large, { signal: leaving.signal }).catch(() => undefined);
    await expect.poll(() => upstream.requests.length).toBe(2);
    leaving.abort();
    await waiting;
    isLeft = true;
    goOn();
  }
  expect(said).toBe(`Hello${words.join('')}`);
  await expectAllPaid(paid);
});

test('R11: calls behind a large input wait for it, and all are answered', async () => {
  await begin();
  const { openai, paid } = clientOf();
  const waiting = openai.chat.completions.create(large);
  await expect.poll(() => upstream.requests.length).toBe(1);
  const answers = Array.from({ length: 4 }, () => openai.chat.completions.create(small));
  setTimeout(release, 200);
  await Promise.all([waiting, ...answers]);
  await expectAllPaid(paid);
});

test('R11: a stream that is signed for is not cut because others take up what is served ahead of payment', async () => {
  await begin();
  words = long;
  const { openai, paid } = clientOf();
  const stream = await openai.chat.completions.create({ ...small, max_tokens: 256, stream: true });
  let said = '';
  let waiting: Promise<unknown> | undefined;
  for await (const chunk of stream) {
    said += chunk.choices[0]?.delta.content ?? '';
    if (waiting !== undefined) continue;
    // Of 100 units it takes 60 for as long as it waits, so that the stream's next chunk does not fit.
    waiting = openai.chat.completions.create({ ...small, max_tokens: 1, n: 20 });
    await expect.poll(() => upstream.requests.length).toBe(2);
    goOn();
    setTimeout(release, 2_500);
  }
  expect(said).toBe(`Hello${words.join('')}`);
  await waiting;
  await expectAllPaid(paid);
});
