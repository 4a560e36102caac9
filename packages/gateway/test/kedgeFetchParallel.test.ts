import { setTimeout as delay } from 'node:timers/promises';
import { type KedgeFetchParameters } from '@kedge/sdk';
import { expect, test } from 'vitest';
import { answerWith, completion } from './support/scriptedUpstream.js';
import { useStrictGateway } from './support/useStrictGateway.js';

const { stage, begin, clientOf, state, expectAllPaid } = useStrictGateway();
const messages = [{ role: 'user' as const, content: 'Say something, please.' }];

test('R11: parallel calls on one channel are each paid once', async () => {
  await begin({ startUnits: '5000' });
  const { openai, paid } = clientOf();
  await openai.chat.completions.create({ model: 'demo', messages, max_tokens: 20 });
  await Promise.all(
    Array.from({ length: 30 }, () => openai.chat.completions.create({ model: 'demo', messages, max_tokens: 20 })),
  );
  await expectAllPaid(paid);
});

test('R11: parallel calls that are more than is served ahead of payment wait for one another, and all are answered', async () => {
  // One whole answer of 20 tokens fits where nothing is owed.
  await begin({ startUnits: '75', growthBasisPoints: 0 });
  let running = 0;
  let most = 0;
  stage.upstream.script = (request, response) => {
    most = Math.max(most, ++running);
    setTimeout(() => {
      running--;
      answerWith(completion('Hello there.'))(request, response);
    }, 5);
  };
  const { openai, paid } = clientOf();
  const ask = { model: 'demo', messages, max_tokens: 20 };
  const answers = await Promise.allSettled(Array.from({ length: 12 }, () => openai.chat.completions.create(ask)));
  expect(answers.map((answer) => answer.status)).toEqual(Array.from({ length: 12 }, () => 'fulfilled'));
  // What was signed for the inputs of calls that were refused makes room for a second one.
  expect(most).toBeLessThanOrEqual(2);
  await paid.idle();
  const { committedUnits } = await state();
  expect(paid.memory().settledUnits).toBe(BigInt(committedUnits));
});

test('R11: of calls that wait as many run at once as fit', async () => {
  await begin({ startUnits: '300', growthBasisPoints: 0 });
  const held: (() => void)[] = [];
  stage.upstream.script = (request, response) =>
    void held.push(() => answerWith(completion('Hello there.'))(request, response));
  const { openai } = clientOf();
  const ask = { model: 'demo', messages, max_tokens: 20 };
  const answers = Array.from({ length: 12 }, () => openai.chat.completions.create(ask));
  await expect.poll(() => held.length).toBeGreaterThan(3);
  for (const answer of held.splice(0)) answer();
  await expect.poll(() => held.length, { timeout: 10_000 }).toBeGreaterThan(1);
  stage.upstream.script = answerWith(completion('Hello there.'));
  for (const answer of held.splice(0)) answer();
  await Promise.all(answers);
});

test('R11: a call that exceeds by itself what is served ahead of payment is refused at once', async () => {
  await begin({ startUnits: '75', growthBasisPoints: 0 });
  const { openai } = clientOf();
  const ask = { model: 'demo', messages, max_tokens: 40 };
  await expect(openai.chat.completions.create(ask)).rejects.toMatchObject({ status: 403, code: 'exposure_exceeded' });
});

test('R11: a call that waits for others ends when it is aborted', async () => {
  await begin({ startUnits: '75', growthBasisPoints: 0 });
  let reached: () => void = () => undefined;
  const runs = new Promise<void>((resolve) => (reached = resolve));
  let answer: () => void = () => undefined;
  stage.upstream.script = (request, response) => {
    answer = () => answerWith(completion('Hello there.'))(request, response);
    reached();
  };
  const { openai } = clientOf();
  const ask = { model: 'demo', messages, max_tokens: 20 };
  const first = openai.chat.completions.create(ask);
  await runs;
  const leaving = new AbortController();
  const second = openai.chat.completions.create(ask, { signal: leaving.signal });
  const third = openai.chat.completions.create(ask);
  setTimeout(() => leaving.abort(), 50);
  await expect(second).rejects.toThrow('aborted');
  stage.upstream.script = answerWith(completion('Hello there.'));
  answer();
  expect((await first).choices).toHaveLength(1);
  expect((await third).choices).toHaveLength(1);
});

test('R11: a call ends when it is aborted, though the gateway says nothing to what the client asks first', async () => {
  await begin();
  let isSilent = true;
  let heard: () => void = () => undefined;
  const silent: KedgeFetchParameters['fetch'] = async (input, init) => {
    if (!isSilent || !input.endsWith('/vouchers')) return fetch(input, init);
    await new Promise<void>((resolve) => (heard = resolve));
    return fetch(input, init);
  };
  const { openai, paid } = clientOf({ fetch: silent });
  const leaving = new AbortController();
  const first = openai.chat.completions.create({ model: 'demo', messages }, { signal: leaving.signal });
  setTimeout(() => leaving.abort(), 50);
  await expect(first).rejects.toThrow('aborted');
  isSilent = false;
  heard();
  await paid.idle();
  expect(stage.upstream.requests).toHaveLength(0);
  expect(paid.memory().newest).toBeNull();
  await openai.chat.completions.create({ model: 'demo', messages });
  await expectAllPaid(paid);
});

test('R11: calls that follow a lost one ask the operator once what it came to, and pay for it once', async () => {
  await begin({ startUnits: '100000', growthBasisPoints: 0 });
  let isLost = false;
  let asked = 0;
  const losesFirst: typeof fetch = async (input, init) => {
    // Asked for the second time, the operator has charged a call whose answer is still on its way.
    if (isLost && init?.method === 'GET' && ++asked > 1) await delay(200);
    const response = await fetch(input, init);
    if (!String(input).endsWith('/chat/completions')) return response;
    if (isLost) return delay(400, response);
    await response.arrayBuffer();
    isLost = true;
    throw new TypeError('fetch failed');
  };
  const { openai, paid } = clientOf({ fetch: losesFirst });
  const ask = { model: 'demo', messages, max_tokens: 20 };
  await expect(openai.chat.completions.create(ask)).rejects.toThrow();
  const answers = await Promise.all([openai.chat.completions.create(ask), openai.chat.completions.create(ask)]);
  expect(answers.map(({ choices }) => choices.length)).toEqual([1, 1]);
  expect(asked).toBe(1);
  await expectAllPaid(paid);
});

test('R11: a call that waited for one that was aborted before it was sent is paid by what is due', async () => {
  await begin({ startUnits: '75', growthBasisPoints: 0 });
  let reached: () => void = () => undefined;
  let refused: () => void = () => undefined;
  const runs = new Promise<void>((resolve) => (reached = resolve));
  const waits = new Promise<void>((resolve) => (refused = resolve));
  let answer: () => void = () => undefined;
  stage.upstream.script = (request, response) => {
    answer = () => answerWith(completion('Hello there.'))(request, response);
    reached();
  };
  let calls = 0;
  const losesSecond: typeof fetch = async (input, init) => {
    const isCall = String(input).endsWith('/chat/completions');
    if (isCall && ++calls === 2) {
      return new Promise((_, reject) => init!.signal!.addEventListener('abort', () => reject(init!.signal!.reason)));
    }
    const response = await fetch(input, init);
    if (isCall && response.status === 429) refused();
    return response;
  };
  const { openai, paid } = clientOf({ fetch: losesSecond });
  const ask = { model: 'demo', messages, max_tokens: 20 };
  const first = openai.chat.completions.create(ask);
  await runs;
  const leaving = new AbortController();
  const second = openai.chat.completions.create(ask, { signal: leaving.signal });
  await expect.poll(() => calls).toBe(2);
  const third = openai.chat.completions.create(ask);
  await waits;
  leaving.abort();
  await expect(second).rejects.toThrow('aborted');
  stage.upstream.script = answerWith(completion('Hello there.'));
  answer();
  expect((await first).choices).toHaveLength(1);
  expect((await third).choices).toHaveLength(1);
  await paid.idle();
  const { committedUnits } = await state();
  expect(paid.memory().settledUnits).toBe(BigInt(committedUnits));
  await fetch(`${stage.gateway.url}/admin/capture`, { method: 'POST' });
  expect(stage.setup.chain.captured.get(stage.setup.channelId)).toBe(BigInt(committedUnits));
});
