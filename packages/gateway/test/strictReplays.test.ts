import type { VoucherMemory } from '@kedge/core';
import { kedgeFetch, type KedgeFetchParameters } from '@kedge/sdk';
import OpenAI from 'openai';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Gateway } from '../src/index.js';
import { createStrictSetup, strictChannelOf } from './support/createStrictSetup.js';
import { apiKey, type TestSetup } from './support/createTestSetup.js';
import { answerWith, completion, type ScriptedUpstream, startScriptedUpstream } from './support/scriptedUpstream.js';
import { voucherState } from './support/strictClient.js';

// Answers that come again, because their call has the Idempotency-Key of an earlier one.
const ask = { model: 'demo', messages: [{ role: 'user' as const, content: 'Say something, please.' }] };
const once = { headers: { 'idempotency-key': 'once' } };

let upstream: ScriptedUpstream;
let setup: TestSetup;
let gateway: Gateway;

beforeEach(async () => {
  upstream = await startScriptedUpstream(answerWith(completion('Hello there, this is an answer.')));
  setup = createStrictSetup(upstream.url);
  gateway = await setup.start();
});
afterEach(async () => {
  await gateway.close();
  await upstream.close();
  setup.remove();
});

const payWith = (more: Partial<KedgeFetchParameters>) => {
  const paid = kedgeFetch({ ...strictChannelOf(setup), ...more });
  return { paid, openai: new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey, fetch: paid, maxRetries: 0 }) };
};

/** One call was made and charged; what was signed for the input of its repetition goes to the next call. */
async function expectPaidOnce({ paid, openai }: ReturnType<typeof payWith>): Promise<void> {
  const settled = async (): Promise<void> => {
    await paid.idle();
    expect(String(paid.memory().settledUnits)).toBe((await voucherState(`${gateway.url}/v1`)).committedUnits);
  };
  expect(upstream.requests).toHaveLength(1);
  await settled();
  await openai.chat.completions.create(ask);
  await settled();
  const { newest, committedUnits } = await voucherState(`${gateway.url}/v1`);
  expect(newest!.voucher.cumulativeUnits).toBe(committedUnits);
}

test('R27: a call whose answer was lost is paid once, though it is made again with its Idempotency-Key', async () => {
  let isLosing = true;
  const losing: KedgeFetchParameters['fetch'] = async (input, init) => {
    const response = await fetch(input, init);
    if (!isLosing || !input.endsWith('/chat/completions')) return response;
    await response.arrayBuffer();
    throw new TypeError('fetch failed');
  };
  const client = payWith({ fetch: losing });
  await expect(client.openai.chat.completions.create(ask, once)).rejects.toThrow();
  isLosing = false;
  expect((await client.openai.chat.completions.create(ask, once)).choices).toHaveLength(1);
  await expectPaidOnce(client);
});

test('R27: a call that an earlier run of the client made is paid once, though that was killed as it was about to sign for it', async () => {
  const memories: VoucherMemory[] = [];
  const first = payWith({ onMemory: (memory) => void memories.push(memory) });
  await first.openai.chat.completions.create(ask, once);
  await first.paid.idle();
  const memory = memories.find(({ settledUnits }) => settledUnits > 0n)!;
  expect(memory.newest!.voucher.seq).toBe(0n);
  const client = payWith({ memory });
  expect((await client.openai.chat.completions.create(ask, once)).choices).toHaveLength(1);
  await expectPaidOnce(client);
});

test('R27: a client without memory does not pay for an answer that an earlier one paid for', async () => {
  const first = payWith({});
  await first.openai.chat.completions.create(ask, once);
  await first.paid.idle();
  const client = payWith({});
  expect((await client.openai.chat.completions.create(ask, once)).choices).toHaveLength(1);
  await expectPaidOnce(client);
});
