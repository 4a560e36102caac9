import {
  decodeSignedReceipt,
  encodeSignedVoucher,
  signedVoucherToJson,
  type SignedVoucher,
  voucherDigest,
  voucherHeader,
  zeroHash,
} from '@kedge/core';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { countText, type Gateway } from '../src/index.js';
import { keccak256 } from '../src/crypto/hashers.js';
import { channelKey, createStrictSetup } from './support/createStrictSetup.js';
import { apiKey, domain, type TestSetup } from './support/createTestSetup.js';
import { oracleTerms, putQuotes, signQuote } from './support/rateOracle.js';
import { chunkEvent, type ScriptedUpstream, startScriptedUpstream } from './support/scriptedUpstream.js';

// A stream of a strict channel that waits for a voucher when the time of its rate quote is over.
const words = Array.from({ length: 50 }, (_, index) => ` word${index}`);
/** "Hi" is 8 tokens in, at 2 a token, or 1 without a quote; a token out is 5. */
const [inputUnits, ownInputUnits, outputRate] = [16n, 8n, 5n];
const headers = { 'content-type': 'application/json', authorization: `Bearer ${apiKey}` };

let upstream: ScriptedUpstream;
let setup: TestSetup;
let gateway: Gateway;
/** Whether the upstream has said all that it will. */
let isUpstreamDone: boolean;
let upstreamClosed: () => boolean;

beforeEach(async () => {
  upstream = await startScriptedUpstream((_, response) => {
    let isClosed = false;
    response.on('close', () => (isClosed = true));
    upstreamClosed = () => isClosed;
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const word of words) response.write(chunkEvent({ content: word }));
    if (isUpstreamDone) response.end('data: [DONE]\n\n');
  });
  setup = createStrictSetup(upstream.url, { startUnits: '20', voucherWaitMs: 120_000 }, oracleTerms);
  gateway = await setup.start();
});
afterEach(async () => {
  await gateway.close();
  await upstream.close();
  setup.remove();
});

async function sign(cumulativeUnits: bigint): Promise<SignedVoucher> {
  const voucher = { channelId: setup.channelId, cumulativeUnits, receiptHash: zeroHash, seq: 0n };
  return { voucher, signature: await channelKey.sign({ hash: voucherDigest(domain, voucher, keccak256) }) };
}

async function call(paidUnits: bigint): Promise<Response> {
  const body = { model: 'demo', messages: [{ role: 'user', content: 'Hi' }], max_tokens: 256, stream: true };
  const voucher = encodeSignedVoucher(await sign(paidUnits));
  return fetch(`${gateway.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { ...headers, [voucherHeader]: voucher },
    body: JSON.stringify(body),
  });
}

const give = async (units: bigint): Promise<number> =>
  (
    await fetch(`${gateway.url}/v1/vouchers`, {
      method: 'POST',
      headers,
      body: JSON.stringify(signedVoucherToJson(await sign(units))),
    })
  ).status;

/** Reads a stream, and says what the call comes to whenever it waits to be paid, and how often it has. */
async function read(answer: Response, onDue: (units: bigint, times: number) => Promise<void> | void): Promise<string> {
  let text = '';
  let heard = 0;
  const decoder = new TextDecoder();
  for await (const chunk of answer.body as unknown as AsyncIterable<Uint8Array>) {
    text += decoder.decode(chunk, { stream: true });
    const due = [...text.matchAll(/^: kedge-due (\d+)$/gm)];
    if (due.length === heard) continue;
    heard = due.length;
    await onDue(BigInt(due.at(-1)![1]!), heard);
  }
  return text;
}

const saidIn = (text: string): string => [...text.matchAll(/"content":"( word\d+)"/g)].map(([, word]) => word).join('');

test.each([
  ['still speaks', false],
  ['has said all', true],
])(
  'R11: its time ends it: what was delivered is charged by the quote, and paid later, whether the upstream %s',
  async (_, isDone) => {
    isUpstreamDone = isDone;
    const signed = await signQuote(setup.policy);
    await putQuotes(gateway.url, signed);
    let paid = inputUnits;
    const text = await read(await call(paid), async (units, times) => {
      // Twice it is paid; then no voucher comes, and the time of the quote does.
      if (times > 2) setup.now = () => Number(signed.quote.validUntil + 56n) * 1_000;
      else expect(await give((paid = units))).toBe(200);
    });
    expect(text).toContain('"finish_reason":"length"');
    expect(text.endsWith('data: [DONE]\n\n')).toBe(true);
    const receipt = decodeSignedReceipt(/^: kedge-receipt (\S+)$/m.exec(text)?.[1] ?? '');
    const tokens = BigInt(countText(saidIn(text)));
    expect(receipt.receipt.units).toBe(inputUnits + outputRate * tokens);
    expect(receipt.rateQuote?.quote.sequence).toBe(1n);
    // One chunk ahead of what was paid, and no more.
    expect(receipt.receipt.units - paid).toBeGreaterThan(0n);
    expect(receipt.receipt.units - paid).toBeLessThanOrEqual(20n);
    expect(saidIn(text).length).toBeLessThan(words.join('').length);
    await expect.poll(upstreamClosed).toBe(true);
    expect(setup.logs.filter(({ event }) => event === 'stream_cut')).toHaveLength(1);
    expect(setup.logs.filter(({ event }) => event === 'stream_failed')).toEqual([]);

    // Nothing of the call is left: what it owes is all that the next one has to pay beside its own input.
    const owed = /^kedge_strict_owed_units (.*)$/m;
    const owedUnits = async () => owed.exec(await (await fetch(`${gateway.url}/metrics`)).text())?.[1];
    expect(await owedUnits()).toBe(String(receipt.receipt.units - paid));
    expect(await give(receipt.receipt.units)).toBe(200);
    expect(await owedUnits()).toBe('0');
    // The quote has lapsed: the policy's own rates hold.
    const before = receipt.receipt.units;
    isUpstreamDone = true;
    const next = await read(await call(before + ownInputUnits), async (units) => {
      expect(await give(before + units)).toBe(200);
    });
    expect(saidIn(next)).toBe(words.join(''));
  },
);
