import { type KedgeFetchParameters } from '@kedge/sdk';
import { expect, test } from 'vitest';
import { apiKey } from './support/createTestSetup.js';
import { answerWith, chunkEvent, completion, streamWords } from './support/scriptedUpstream.js';
import { askingForMore, faultOf, withholding } from './support/strictClient.js';
import { useStrictGateway } from './support/useStrictGateway.js';

const { stage, begin, clientOf, state, expectAllPaid } = useStrictGateway();
const messages = [{ role: 'user' as const, content: 'Say something, please.' }];
const words = Array.from({ length: 60 }, (_, index) => ` word${index}`);

test('R11: an operator that charges for more than it delivered is caught, and nothing more is signed', async () => {
  await begin();
  const { openai, paid } = clientOf({ fetch: withholding((text) => text.replace('this is an ', '')) });
  const error = await faultOf(openai.chat.completions.create({ model: 'demo', messages }));
  expect(error).toMatchObject({ code: 'operator_overcounts', values: { clause: 'R11' } });
  expect(error.message).toMatch(/receipt says \d+ base units, this client counts \d+/);
  const signedUnits = (await state()).newest!.voucher.cumulativeUnits;
  const calls = stage.upstream.requests.length;
  expect(await faultOf(openai.chat.completions.create({ model: 'demo', messages }))).toBe(error);
  await paid.idle();
  expect((await state()).newest!.voucher.cumulativeUnits).toBe(signedUnits);
  expect(stage.upstream.requests).toHaveLength(calls);
});

test('R11: an operator that overcounts a stream is caught before its end, at the voucher that it asks for', async () => {
  await begin({ startUnits: '9' });
  stage.upstream.script = streamWords(words);
  const { openai } = clientOf({ fetch: askingForMore(3n, 1, () => undefined) });
  const stream = await openai.chat.completions.create({ model: 'demo', messages, stream: true, max_tokens: 200 });
  const reading = (async () => {
    for await (const chunk of stream) expect(chunk.object).toBe('chat.completion.chunk');
  })();
  expect(await faultOf(reading)).toMatchObject({ code: 'operator_overcounts' });
});

test('R13: an answer whose bytes are not those of its receipt is not paid', async () => {
  await begin();
  const { openai } = clientOf({ fetch: withholding((text) => text.replace('Hello there', 'Howdy there')) });
  expect(await faultOf(openai.chat.completions.create({ model: 'demo', messages }))).toMatchObject({
    code: 'receipt_bad',
  });
});

test.each([
  ['only its end', 'data: [DONE]\n\n', 'The upstream ended its stream without an answer.'],
  ['only that it failed', 'data: {"error":{"message":"overloaded"}}\n\n', 'overloaded'],
])('R11: a stream that says %s costs nothing, is handed over, and calls go on', async (_, said, reason) => {
  await begin();
  const { openai, paid } = clientOf();
  stage.upstream.script = (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.end(said);
  };
  const headers = { authorization: `Bearer ${apiKey}` };
  const body = JSON.stringify({ model: 'demo', messages, stream: true });
  const stream = await paid(`${stage.gateway.url}/v1/chat/completions`, { method: 'POST', headers, body });
  expect(await stream.text()).toContain(reason);
  await paid.idle();
  expect(paid.memory()).toMatchObject({ settledUnits: 0n });
  stage.upstream.script = answerWith(completion('Hello there.'));
  await openai.chat.completions.create({ model: 'demo', messages });
  await expectAllPaid(paid);
});

test('R13: a stream that brings an answer and no receipt is not paid for, and nothing more is signed', async () => {
  await begin();
  stage.upstream.script = streamWords(words);
  const { openai, paid } = clientOf({ fetch: withholding((text) => text.replace(/: kedge-receipt .*\n\n/, '')) });
  const stream = await openai.chat.completions.create({ model: 'demo', messages, stream: true });
  const read = async (): Promise<void> => {
    for await (const chunk of stream) expect(chunk.choices).toHaveLength(1);
  };
  expect(await faultOf(read())).toMatchObject({ code: 'receipt_bad' });
  await paid.idle();
  const before = (await state()).newest;
  expect(await faultOf(openai.chat.completions.create({ model: 'demo', messages }))).toMatchObject({
    code: 'receipt_bad',
  });
  expect((await state()).newest).toEqual(before);
});

test.each([10, 20])('R11: a client that left after %i of 20 words pays what it got, and goes on', async (heard) => {
  await begin();
  stage.upstream.script = (_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const word of words.slice(0, 20)) response.write(chunkEvent({ content: word }));
  };
  const { openai, paid } = clientOf();
  const stream = await openai.chat.completions.create({ model: 'demo', messages, stream: true });
  let count = 0;
  for await (const chunk of stream) {
    expect(chunk.choices).toHaveLength(1);
    if (++count === heard) break;
  }
  await paid.idle();
  stage.upstream.script = answerWith(completion('Again.'));
  await expect.poll(async () => BigInt((await state()).committedUnits), { timeout: 30_000 }).toBeGreaterThan(0n);
  expect((await openai.chat.completions.create({ model: 'demo', messages })).choices).toHaveLength(1);
  await paid.idle();
  expect((await state()).newest!.voucher.cumulativeUnits).toBe((await state()).committedUnits);
});

test('R11: a call that cannot be remembered is not made and not paid, and the next is', async () => {
  await begin();
  let isFull = false;
  const onMemory = (): void => {
    if (isFull) throw new Error('no space left');
  };
  const { openai, paid } = clientOf({ onMemory });
  await openai.chat.completions.create({ model: 'demo', messages });
  const asked = stage.upstream.requests.length;
  isFull = true;
  const refused = openai.chat.completions.create({ model: 'demo', messages });
  await expect(refused).rejects.toMatchObject({ cause: { message: 'no space left' } });
  expect(stage.upstream.requests).toHaveLength(asked);
  isFull = false;
  await openai.chat.completions.create({ model: 'demo', messages });
  await expectAllPaid(paid);
});

test('R11: an answer that came is handed over and paid, though its end cannot be remembered', async () => {
  await begin();
  let isFull = false;
  const onMemory = (): void => {
    if (isFull) throw new Error('no space left');
  };
  const { openai, paid } = clientOf({ onMemory, signEveryUnits: 1_000_000n });
  stage.upstream.script = streamWords(words);
  const stream = await openai.chat.completions.create({ model: 'demo', messages, stream: true });
  let said = '';
  for await (const chunk of stream) {
    isFull = true;
    said += chunk.choices[0]?.delta.content ?? '';
  }
  expect(said).toBe(words.join(''));
  await paid.idle();
  isFull = false;
  stage.upstream.script = answerWith(completion('Again.'));
  await openai.chat.completions.create({ model: 'demo', messages });
  await expectAllPaid(paid);
});

test('R11: a client without memory goes on from its own signature, and pays a lost answer against its receipt', async () => {
  await begin();
  const first = clientOf({ fetch: (input, init) => (input.endsWith('/vouchers') ? lost() : fetch(input, init)) });
  const lost = async (): Promise<Response> =>
    new Response(JSON.stringify({ newest: null, committedUnits: '0', lastReceipt: null }));
  await first.openai.chat.completions.create({ model: 'demo', messages });
  await first.paid.idle();
  const before = await state();
  expect(BigInt(before.newest!.voucher.cumulativeUnits)).toBeLessThan(BigInt(before.committedUnits));
  const second = clientOf();
  await second.openai.chat.completions.create({ model: 'demo', messages });
  await second.paid.idle();
  const after = await state();
  expect(after.newest!.voucher.cumulativeUnits).toBe(after.committedUnits);
});

test('R11: what a client cannot have lost, it does not pay', async () => {
  await begin();
  const first = clientOf();
  await first.openai.chat.completions.create({ model: 'demo', messages });
  await first.paid.idle();
  const { settledUnits, newest } = first.paid.memory();
  const second = clientOf({ memory: { settledUnits: settledUnits - 10n, lostUnits: 9n, newest } });
  expect(await faultOf(second.openai.chat.completions.create({ model: 'demo', messages }))).toMatchObject({
    code: 'operator_overcounts',
  });
});

test('R11: a client with an older memory goes on from its own signature, and accuses no honest operator', async () => {
  await begin();
  const first = clientOf({ lostUnits: 0n });
  await first.openai.chat.completions.create({ model: 'demo', messages });
  await first.paid.idle();
  const older = first.paid.memory();
  for (let call = 0; call < 3; call++) await first.openai.chat.completions.create({ model: 'demo', messages });
  await first.paid.idle();
  expect(older.lostUnits).toBe(0n);
  const second = clientOf({ memory: older });
  await second.openai.chat.completions.create({ model: 'demo', messages });
  await expectAllPaid(second.paid);
  // Beyond what it signed nothing is taken on trust.
  const { voucher, signature } = older.newest!;
  const beyond = { ...older, newest: { voucher: { ...voucher, cumulativeUnits: 10n ** 6n }, signature } };
  const third = clientOf({ memory: beyond });
  expect(await faultOf(third.openai.chat.completions.create({ model: 'demo', messages }))).toMatchObject({
    code: 'operator_overcounts',
  });
});

test('R11: what was remembered of another channel is refused: an operator could claim all of it as lost', async () => {
  await begin();
  const first = clientOf();
  await first.openai.chat.completions.create({ model: 'demo', messages });
  await first.paid.idle();
  const { newest, ...units } = first.paid.memory();
  const channelId = `0x${'ab'.repeat(32)}` as const;
  const memory = { ...units, newest: { ...newest!, voucher: { ...newest!.voucher, channelId } } };
  expect(() => clientOf({ memory })).toThrow(
    expect.objectContaining({ code: 'memory_differs', values: expect.objectContaining({ remembered: channelId }) }),
  );
});

test('R11: answers that never come cost what the receipts of their calls say, for each try, and at most what each may cost', async () => {
  await begin();
  let isWithholding = true;
  const { openai, paid } = clientOf({
    lostUnits: 0n,
    fetch: async (input, init) => {
      const answer = await fetch(input, init);
      if (!isWithholding || !input.endsWith('/chat/completions')) return answer;
      await answer.arrayBuffer();
      throw new TypeError('terminated');
    },
  });
  const tries = 3n;
  for (let call = 0n; call < tries; call++) {
    await expect(openai.chat.completions.create({ model: 'demo', messages, max_tokens: 20 })).rejects.toThrow();
  }
  const { rates } = stage.setup.policy;
  const inputUnits = paid.memory().newest!.voucher.cumulativeUnits - paid.memory().settledUnits;
  expect(paid.memory().settledUnits).toBe((BigInt((await state()).committedUnits) * (tries - 1n)) / tries);
  expect(paid.memory().lostUnits).toBeLessThanOrEqual(tries * (inputUnits + 20n * BigInt(rates.output_tokens!)));
  isWithholding = false;
  await openai.chat.completions.create({ model: 'demo', messages });
  await expectAllPaid(paid);
});

test('R11: while the gateway cannot be reached, what it may claim as lost does not grow', async () => {
  await begin();
  let isDown = false;
  const down: KedgeFetchParameters['fetch'] = (input, init) =>
    fetch(isDown && input.endsWith('/chat/completions') ? 'http://127.0.0.1:2' : input, init);
  const { openai, paid } = clientOf({ fetch: down });
  await openai.chat.completions.create({ model: 'demo', messages });
  await paid.idle();
  const before = paid.memory();
  isDown = true;
  for (let call = 0; call < 3; call++) {
    await expect(openai.chat.completions.create({ model: 'demo', messages })).rejects.toThrow();
  }
  const { settledUnits, lostUnits } = before;
  expect(paid.memory()).toMatchObject({ settledUnits, lostUnits });
  isDown = false;
  await openai.chat.completions.create({ model: 'demo', messages });
  await expectAllPaid(paid);
});

/** What came, with each receipt as an operator would write it that has no idea of their form. */
async function withNonsense(answer: Response): Promise<Response> {
  const headers = new Headers(answer.headers);
  if (headers.has('kedge-receipt')) headers.set('kedge-receipt', Buffer.from('{"receipt":{}}').toString('base64url'));
  const body = (await answer.text()).replace(/^: kedge-receipt .*$/m, ': kedge-receipt nonsense');
  return new Response(body, { status: answer.status, headers });
}

test.each([false, true])(
  'R13: a receipt that cannot be read is the operator’s fault, and the last (stream: %s)',
  async (stream) => {
    await begin();
    stage.upstream.script = stream ? streamWords(words) : answerWith(completion('Hello.'));
    const { paid } = clientOf({ fetch: async (input, init) => withNonsense(await fetch(input, init)) });
    const ask = async (): Promise<string> => {
      const init = { method: 'POST', headers: { authorization: `Bearer ${apiKey}` } };
      const body = JSON.stringify({ model: 'demo', messages, stream });
      return (await paid(`${stage.gateway.url}/v1/chat/completions`, { ...init, body })).text();
    };
    const refusal = { code: 'receipt_bad', message: expect.stringContaining('cannot be read') };
    const failure = await ask().catch((error: unknown) => error);
    expect(failure).toMatchObject(refusal);
    // Without a status, the proxy says 502 of it.
    expect((failure as { readonly status?: number }).status).toBeUndefined();
    const { requests } = stage.upstream;
    const before = requests.length;
    await expect(ask()).rejects.toMatchObject(refusal);
    expect(requests.length).toBe(before);
  },
);
