import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  decodeSignedReceipt,
  dueCommentPrefix,
  encodeSignedVoucher,
  hashReceipt,
  signedVoucherToJson,
  type SignedReceipt,
  type SignedVoucher,
  voucherDigest,
  voucherHeader,
  zeroHash,
} from '@kedge/core';
import { privateKeyToAccount } from 'viem/accounts';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { keccak256 } from '../src/crypto/hashers.js';
import { countText, type Gateway } from '../src/index.js';
import { apiKey, createTestSetup, domain, type TestSetup } from './support/createTestSetup.js';
import {
  answerWith,
  chunkEvent,
  completion,
  type ScriptedUpstream,
  startScriptedUpstream,
  streamWords,
} from './support/scriptedUpstream.js';

// Development keys: accounts 4 and 5 of the well-known test mnemonic of anvil and hardhat.
const client = privateKeyToAccount('0x47e179ec197488593b187f80a00eb0da91f1b9d0b13f8733639f19c30a34926a');
const stranger = privateKeyToAccount('0x8b3a350cf5c34c9194ca85829a2df0ec3153be0318b5e2d3348e872092edffba');
const hello = { model: 'demo', max_tokens: 16, messages: [{ role: 'user', content: 'Hi' }] };
/** 3 for the message, 3 for the answer, a token each for its role and its text; a base unit each. */
const inputUnits = 8n;
const answerUnits = 3n * BigInt(countText('Hello.'));

let upstream: ScriptedUpstream;
let setup: TestSetup;
let gateway: Gateway;

beforeEach(async () => {
  upstream = await startScriptedUpstream(answerWith(completion('Hello.')));
});
afterEach(async () => {
  await gateway.close();
  await upstream.close();
  setup.remove();
});

type Strict = NonNullable<Parameters<TestSetup['start']>[0]>['strict'];

async function begin(strict: Strict = {}): Promise<void> {
  setup = createTestSetup({
    upstreamUrl: upstream.url,
    channel: { mode: 'strict', channelKey: client.address, rate: 0n, burst: 0n },
    config: { strict },
  });
  gateway = await setup.start();
}

async function sign(cumulativeUnits: bigint, account = client, seq = 0n): Promise<SignedVoucher> {
  const voucher = { channelId: setup.channelId, cumulativeUnits, receiptHash: zeroHash, seq };
  return { voucher, signature: await account.sign({ hash: voucherDigest(domain, voucher, keccak256) }) };
}

const headers = { 'content-type': 'application/json', authorization: `Bearer ${apiKey}` };

async function call(signed: SignedVoucher | undefined, body: unknown = hello): Promise<Response> {
  return fetch(`${gateway.url}/v1/chat/completions`, {
    method: 'POST',
    headers: signed === undefined ? headers : { ...headers, [voucherHeader]: encodeSignedVoucher(signed) },
    body: JSON.stringify(body),
  });
}

const give = (signed: SignedVoucher): Promise<Response> =>
  fetch(`${gateway.url}/v1/vouchers`, { method: 'POST', headers, body: JSON.stringify(signedVoucherToJson(signed)) });
const state = async (): Promise<Record<string, unknown>> =>
  (await (await fetch(`${gateway.url}/v1/vouchers`, { headers })).json()) as Record<string, unknown>;

/** What a refusal says, as far as tests look at it. */
async function refusal(response: Response): Promise<{ status: number; code: string; clause: unknown }> {
  const json = (await response.json()) as { error: { code: string }; values: Record<string, unknown> };
  return { status: response.status, code: json.error.code, clause: json.values['clause'] };
}

const receiptOf = (response: Response): SignedReceipt =>
  decodeSignedReceipt(response.headers.get('kedge-receipt') ?? '');

test('R11: a voucher for the input precedes the upstream call', async () => {
  await begin();
  expect(await refusal(await call(undefined))).toEqual({ status: 402, code: 'voucher_needed', clause: 'R11' });
  expect(await refusal(await call(await sign(inputUnits - 1n)))).toMatchObject({ code: 'voucher_needed' });
  expect(upstream.requests).toHaveLength(0);
  const answer = await call(await sign(inputUnits));
  expect(answer.status).toBe(200);
  expect(receiptOf(answer).receipt.units).toBe(inputUnits + answerUnits);
});

test('R11: what is acknowledged is paid before the next call, and a replayed voucher pays nothing', async () => {
  await begin();
  const first = await sign(inputUnits);
  const answer = await call(first);
  expect(answer.status).toBe(200);
  expect(await refusal(await call(first))).toEqual({ status: 402, code: 'voucher_needed', clause: 'R11' });
  const owed = inputUnits + answerUnits + inputUnits;
  const { seq } = receiptOf(answer).receipt;
  expect(await refusal(await call(await sign(owed - 1n, client, seq)))).toMatchObject({ code: 'voucher_needed' });
  expect((await call(await sign(owed, client, seq))).status).toBe(200);
});

test('R11: inputs are paid even while answers are on their way, and those that pile up end at the exposure', async () => {
  await begin({ startUnits: '60', growthBasisPoints: 0 });
  let signed = 0n;
  let served = 0n;
  for (;;) {
    const answer = await call(await sign((signed += inputUnits)));
    if (answer.status !== 200) {
      expect(answer.headers.get('retry-after')).toBe('1');
      expect(await answer.clone().text()).toContain(`a voucher over exactly ${served + inputUnits} base units`);
      const told = { code: 'exposure_reached', channelId: setup.channelId, neededUnits: expect.any(BigInt) as bigint };
      expect(setup.logs.at(-1)).toMatchObject({ event: 'request_refused', ...told });
      expect(await refusal(answer)).toEqual({ status: 429, code: 'exposure_reached', clause: 'R11' });
      break;
    }
    served += receiptOf(answer).receipt.units;
  }
  expect(served - signed).toBeGreaterThan(0n);
  expect(served - signed).toBeLessThanOrEqual(60n);
  // Once it is paid, and the one refused for is signed for, the client goes on.
  const again = await call(await sign(served + inputUnits));
  expect(again.status).toBe(200);
});

test('R11: a call that does not fit however much is paid is refused for good, whatever is owed', async () => {
  await begin({ startUnits: '60', growthBasisPoints: 0 });
  expect((await call(await sign(inputUnits))).status).toBe(200);
  const answer = await call(await sign(2n * inputUnits), { ...hello, max_tokens: 64 });
  expect(answer.headers.has('retry-after')).toBe(false);
  expect(setup.logs.at(-1)).toMatchObject({ code: 'exposure_exceeded', channelId: setup.channelId });
  expect(await refusal(answer)).toEqual({ status: 403, code: 'exposure_exceeded', clause: 'R11' });
});

test('R11, L9: what is signed far ahead pays for nothing: without vouchers that can be captured, service ends at the exposure', async () => {
  await begin({ startUnits: '60', growthBasisPoints: 1_000 });
  const ahead = await sign(setup.channel.cap - 1n);
  let served = 0n;
  while (served < 1_000n) {
    const answer = await call(ahead);
    if (answer.status !== 200) {
      expect(answer.headers.get('retry-after')).toBe('1');
      expect(await refusal(answer)).toEqual({ status: 429, code: 'exposure_reached', clause: 'R11' });
      break;
    }
    served += receiptOf(answer).receipt.units;
  }
  expect(served).toBeGreaterThan(0n);
  expect(served).toBeLessThanOrEqual(60n);
  // A lower one that receipts account for is no stale one: it pays, and can be captured.
  expect((await give(await sign(served))).status).toBe(200);
  expect((await give(await sign(served))).status).toBe(409);
  expect((await give(await sign(served - 1n))).status).toBe(409);
  await fetch(`${gateway.url}/admin/capture`, { method: 'POST' });
  expect(setup.chain.captured.get(setup.channelId)).toBe(served);
  expect((await call(ahead)).status).toBe(200);
});

test('R11: a stream that was signed for far ahead is cut at the exposure all the same', async () => {
  await begin({ startUnits: '12', voucherWaitMs: 100 });
  upstream.script = streamWords(Array.from({ length: 50 }, (_, index) => ` word${index}`));
  const answer = await call(await sign(setup.channel.cap - 1n), { ...hello, max_tokens: 256, stream: true });
  expect(await answer.text()).toContain('voucher_needed');
});

test('R10, R7, R8: forged, foreign, unbounded and stale vouchers are refused by clause', async () => {
  await begin();
  expect(await refusal(await give(await sign(5n, stranger)))).toEqual({
    status: 403,
    code: 'voucher_refused',
    clause: 'R10',
  });
  const good = await sign(5n);
  const raised = { ...good, voucher: { ...good.voucher, cumulativeUnits: 6n } };
  expect(await refusal(await give(raised))).toMatchObject({ code: 'voucher_refused', clause: 'R10' });
  const foreign = { ...good, voucher: { ...good.voucher, channelId: `0x${'22'.repeat(32)}` as const } };
  expect(await refusal(await give(foreign))).toMatchObject({ code: 'voucher_refused', clause: 'R7' });
  const beyond = await sign(setup.channel.cap + 1n);
  expect(await refusal(await give(beyond))).toMatchObject({ code: 'voucher_refused', clause: 'R8' });
  expect((await give(good)).status).toBe(200);
  expect(await refusal(await give(good))).toEqual({ status: 409, code: 'voucher_stale', clause: 'R8' });
  expect(await refusal(await give(await sign(4n)))).toMatchObject({ code: 'voucher_stale' });
  expect(await state()).toMatchObject({ newest: { voucher: { cumulativeUnits: '5' } } });
});

test('R11: a JSON answer that may owe more than the exposure is refused before the upstream is called', async () => {
  await begin({ startUnits: '30' });
  expect(await refusal(await call(await sign(inputUnits)))).toEqual({
    status: 403,
    code: 'exposure_exceeded',
    clause: 'R11',
  });
  expect(upstream.requests).toHaveLength(0);
  expect((await call(undefined, { ...hello, max_tokens: 10 })).status).toBe(200);
});

test('R11: a client that never signs is cut at the exposure, and charged what it got', async () => {
  await begin({ startUnits: '12', voucherWaitMs: 100 });
  const words = Array.from({ length: 50 }, (_, index) => ` word${index}`);
  upstream.script = streamWords(words);
  const answer = await call(await sign(inputUnits), { ...hello, max_tokens: 256, stream: true });
  const text = await answer.text();
  expect(text).toContain(dueCommentPrefix);
  expect(text).toContain('voucher_needed');
  expect(text).not.toContain('[DONE]');
  const said = [...text.matchAll(/"content":"( word\d+)"/g)].map(([, word]) => word).join('');
  const line = /^: kedge-receipt (\S+)$/m.exec(text)?.[1] ?? '';
  const { receipt } = decodeSignedReceipt(line);
  expect(receipt.units).toBe(inputUnits + 3n * BigInt(countText(said)));
  expect(receipt.units - inputUnits).toBeLessThanOrEqual(12n);
  expect(receipt.units - inputUnits).toBeGreaterThan(0n);
  expect(await refusal(await call(undefined))).toMatchObject({ code: 'voucher_needed' });
  // Who does not pay is not the upstream's failure.
  expect(await (await fetch(`${gateway.url}/metrics`)).text()).toContain('\nkedge_upstream_failures_total 0\n');
});

test('R11: vouchers during the stream let it go on, each event whole and in order', async () => {
  await begin({ startUnits: '12', voucherWaitMs: 30_000 });
  const words = Array.from({ length: 40 }, (_, index) => ` word${index}`);
  upstream.script = streamWords(words);
  const answer = await call(await sign(inputUnits), { ...hello, max_tokens: 256, stream: true });
  let text = '';
  let vouchers = 0;
  const decoder = new TextDecoder();
  for await (const chunk of answer.body as unknown as AsyncIterable<Uint8Array>) {
    text += decoder.decode(chunk, { stream: true });
    const due = [...text.matchAll(/^: kedge-due (\d+)$/gm)];
    if (due.length === vouchers) continue;
    vouchers = due.length;
    expect((await give(await sign(BigInt(due.at(-1)?.[1] ?? 0)))).status).toBe(200);
  }
  expect(vouchers).toBeGreaterThan(5);
  expect([...text.matchAll(/"content":"( word\d+)"/g)].map(([, word]) => word)).toEqual(words);
  expect(text.endsWith('data: [DONE]\n\n')).toBe(true);
});

test('R11: what streams may be given, and are not, pays for nothing', async () => {
  const startUnits = 1_000n;
  await begin({ startUnits: String(startUnits), growthBasisPoints: 0, voucherWaitMs: 300 });
  const words = Array.from({ length: 250 }, (_, index) => ` word${index}`);
  const holding = { ...hello, max_tokens: 256, stream: true };
  const begun: AbortController[] = [];
  /** As much as would cover all that running streams are granted. */
  let signed = 0n;
  const signAhead = async (): Promise<void> => {
    const { roomUnits, newest } = (await state()) as { roomUnits: string; newest: unknown };
    if (newest === null) signed = 0n;
    const granted = startUnits - BigInt(roomUnits) + signed;
    if (granted > signed && (await give(await sign(granted))).status === 200) signed = granted;
  };
  // One word each, and then nothing more for as long as the client stays.
  upstream.script = (_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(chunkEvent({ content: 'Hello' }));
  };
  for (let stream = 0; stream < 10; stream++) {
    const abort = new AbortController();
    const answer = await fetch(`${gateway.url}/v1/chat/completions`, {
      method: 'POST',
      headers: stream > 0 ? headers : { ...headers, [voucherHeader]: encodeSignedVoucher(await sign(inputUnits)) },
      body: JSON.stringify(holding),
      signal: abort.signal,
    });
    if (answer.status !== 200) break;
    if (stream === 0) signed = inputUnits;
    await answer.body?.getReader().read();
    begun.push(abort);
    await signAhead();
  }
  expect(begun.length).toBeGreaterThan(1);
  // Behind these, none is left that is not ahead of what is served.
  for (let more = 1n; more <= 16n; more++) await give(await sign(signed + more));
  signed += 16n;
  upstream.script = streamWords(words);
  for (let stream = 0; stream < 3; stream++) {
    const answer = await call(undefined, holding);
    if (answer.status !== 200) break;
    const decoder = new TextDecoder();
    for await (const chunk of answer.body as unknown as AsyncIterable<Uint8Array>) {
      if (decoder.decode(chunk).includes(dueCommentPrefix)) await signAhead();
    }
  }
  for (const abort of begun) abort.abort();
  await expect
    .poll(
      async () => (await (await fetch(`${gateway.url}/metrics`)).text()).match(/^kedge_requests_running (.*)$/m)?.[1],
    )
    .toBe('1');
  await fetch(`${gateway.url}/admin/capture`, { method: 'POST' });
  const served = BigInt((await state())['committedUnits'] as string);
  const captured = setup.chain.captured.get(setup.channelId) ?? 0n;
  expect(served).toBeGreaterThan(100n);
  // And a few tokens that each stream may still get beyond what was counted.
  expect(served - captured).toBeLessThanOrEqual(startUnits + BigInt(begun.length) * 12n);
});

test('R11: the exposure grows with what was paid', async () => {
  await begin({ startUnits: '100', growthBasisPoints: 5_000 });
  expect(await state()).toMatchObject({ exposureUnits: '100', committedUnits: '0' });
  await call(await sign(inputUnits));
  await give(await sign(inputUnits + answerUnits));
  const paid = inputUnits + answerUnits;
  expect(await state()).toMatchObject({ exposureUnits: String(100n + paid / 2n), committedUnits: String(paid) });
});

/** A call is paid by a voucher that is not captured before the gateway stops. Answers with what the client signed. */
async function stopUncaptured() {
  await begin();
  const answer = await call(await sign(inputUnits));
  const { receipt } = receiptOf(answer);
  const voucher = {
    channelId: setup.channelId,
    cumulativeUnits: receipt.cumulativeUnits,
    receiptHash: hashReceipt(receipt, keccak256),
    seq: receipt.seq,
  };
  const signature = await client.sign({ hash: voucherDigest(domain, voucher, keccak256) });
  expect((await give({ voucher, signature })).status).toBe(200);
  setup.chain.down = true;
  await gateway.close();
  setup.chain.down = false;
  return { voucher, signature };
}

const capturedItems = () => setup.chain.mined.flatMap(({ capture }) => capture.items);

test('R11: a voucher is on disk before it counts: a restart knows it, and captures it signed', async () => {
  const signed = await stopUncaptured();
  gateway = await setup.start();
  const { cumulativeUnits } = signed.voucher;
  expect(await state()).toMatchObject({ newest: { voucher: { cumulativeUnits: String(cumulativeUnits) } } });
  await fetch(`${gateway.url}/admin/capture`, { method: 'POST' });
  expect(capturedItems()).toMatchObject([signed]);
});

test('a voucher is captured after a restart that does not find its channel in the channels file', async () => {
  const signed = await stopUncaptured();
  writeFileSync(setup.config.channelsFile, '[]');
  gateway = await setup.start({ batchIntervalMs: 20 });
  await expect.poll(capturedItems).toMatchObject([signed]);
});

test('R27: a stream that failed before its answer began costs nothing, though a voucher came meanwhile, nor after a restart', async () => {
  await begin();
  let fail: () => void = () => undefined;
  upstream.script = (_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(chunkEvent({ role: 'assistant', content: '' }));
    fail = () => void response.destroy();
  };
  const answer = await call(await sign(inputUnits), { ...hello, stream: true });
  expect((await give(await sign(inputUnits + 1n))).status).toBe(200);
  fail();
  expect(await answer.text()).toContain('upstream_failed');
  expect(await state()).toMatchObject({ committedUnits: '0' });
  await gateway.close();
  gateway = await setup.start();
  expect(await state()).toMatchObject({ committedUnits: '0' });
});

test('R27: a stream that the gateway was killed in is charged once for its Idempotency-Key: its retry is told so', async () => {
  await begin({ startUnits: '12', voucherWaitMs: 60_000 });
  await gateway.close();
  gateway = await setup.start({ drainMs: 100 });
  upstream.script = (_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    // Words without an end.
    for (let word = 0; word < 40; word++) response.write(chunkEvent({ content: ` word${word}` }));
  };
  const ask = async (key: string): Promise<Response> =>
    fetch(`${gateway.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { ...headers, 'idempotency-key': key, [voucherHeader]: encodeSignedVoucher(await sign(inputUnits)) },
      body: JSON.stringify({ ...hello, max_tokens: 200, stream: true }),
    });
  const reader = (await ask('one')).body!.getReader();
  let text = '';
  while (!text.includes(dueCommentPrefix)) text += Buffer.from((await reader.read()).value ?? []).toString();
  const due = /^: kedge-due (\d+)$/m.exec(text)?.[1] ?? '';
  expect((await give(await sign(BigInt(due)))).status).toBe(200);
  // As a kill in the middle of the stream leaves it.
  const dataDir = join(setup.folder, 'killed');
  mkdirSync(dataDir);
  cpSync(join(setup.config.dataDir, 'ledger.log'), join(dataDir, 'ledger.log'));
  await reader.cancel();
  await gateway.close();
  for (let start = 0; start < 2; start++) {
    gateway = await setup.start({ dataDir });
    expect(await state()).toMatchObject({ committedUnits: due });
    expect(await refusal(await ask('one'))).toMatchObject({ status: 409, code: 'answer_not_kept' });
    expect(await state()).toMatchObject({ committedUnits: due });
    if (start === 0) await gateway.close();
  }
  expect(upstream.requests).toHaveLength(1);
});

test('L9: a voucher ahead of the receipts is not captured', async () => {
  await begin();
  expect((await call(await sign(inputUnits))).status).toBe(200);
  expect((await give(await sign(100n))).status).toBe(200);
  await fetch(`${gateway.url}/admin/capture`, { method: 'POST' });
  const items = setup.chain.mined.flatMap(({ capture }) => capture.items);
  expect(items.map(({ voucher }) => voucher.cumulativeUnits)).toEqual([inputUnits]);
});

test.each(['running', 'started again'])(
  'L9: what is paid is captured, however many vouchers come after it that are ahead of the receipts: %s',
  async (how) => {
    await begin();
    const served = receiptOf(await call(await sign(inputUnits))).receipt.units;
    expect((await give(await sign(served))).status).toBe(200);
    for (let ahead = 1n; ahead <= 40n; ahead++) {
      expect((await give(await sign(10_000n + ahead))).status).toBe(200);
    }
    if (how === 'started again') {
      await gateway.close();
      gateway = await setup.start();
    }
    await fetch(`${gateway.url}/admin/capture`, { method: 'POST' });
    expect(setup.chain.captured.get(setup.channelId)).toBe(served);
  },
);

test('R12: a capped channel takes no vouchers', async () => {
  setup = createTestSetup({ upstreamUrl: upstream.url });
  gateway = await setup.start();
  expect(await refusal(await give(await sign(5n)))).toEqual({ status: 403, code: 'voucher_refused', clause: 'R12' });
});
