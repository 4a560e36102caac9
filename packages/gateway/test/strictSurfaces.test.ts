import { type Address, billedMetrics, createEventSplitter, eventDataOf, isJsonObject, type Policy } from '@kedge/core';
import { testSeed } from '@kedge/testing';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { loadTokenCounter } from '../../sdk/src/strict/loadTokenCounter.js';
import { paidSurfaces } from '../../sdk/src/strict/paidSurfaces.js';
import { countText } from '../src/index.js';
import { surfaces } from '../src/surfaces/surfaces.js';
import { apiKey, operatorAddress, testPolicy } from './support/createTestSetup.js';
import { answerWith, completion } from './support/scriptedUpstream.js';
import { spokenSurfaces } from './support/spokenSurfaces.js';
import { askingForMore, byteByByte, faultOf, startStrictTest, withholding } from './support/strictClient.js';
import { eventText, streamEvents } from './support/surfaceTest.js';

const words = Array.from({ length: 60 }, (_, index) => ` word${index}`);
const spoken = BigInt(countText(words.join('')));

describe.each(spokenSurfaces)('$path', (surface) => {
  const inputUnits = BigInt(surface.inputTokens);

  test('R11: an honest operator is paid exactly what came, whole and streamed', async () => {
    const client = await startStrictTest();
    let said = '';
    client.upstream.script = surface.whole('Hello there, this is an answer.');
    await surface.ask(client, 'whole', (piece) => (said += piece));
    expect(said).toBe('Hello there, this is an answer.');
    const first = inputUnits + 3n * BigInt(countText(said));
    expect(client.paid.memory().settledUnits).toBe(first);
    said = '';
    client.upstream.script = surface.streamed(words);
    await surface.ask(client, 'stream', (piece) => (said += piece));
    expect(said).toBe(words.join(''));
    await client.paid.idle();
    const units = (first + inputUnits + 3n * spoken).toString();
    expect(await client.state()).toMatchObject({
      committedUnits: units,
      newest: { voucher: { cumulativeUnits: units } },
    });
  });

  test('R11: an exposure of a few tokens lets a stream through chunk by chunk', async () => {
    const client = await startStrictTest({ strict: { startUnits: '9' } });
    client.upstream.script = surface.streamed(words);
    let said = '';
    await surface.ask(client, 'stream', (piece) => (said += piece));
    expect(said).toBe(words.join(''));
    await client.paid.idle();
    const units = (inputUnits + 3n * spoken).toString();
    expect(await client.state()).toMatchObject({
      committedUnits: units,
      newest: { voucher: { cumulativeUnits: units } },
    });
  });

  test('R11: a stream that comes byte by byte is passed on to its end', async () => {
    const client = await startStrictTest({ client: { fetch: byteByByte } });
    client.upstream.script = surface.streamed(words.slice(0, 5));
    let said = '';
    await surface.ask(client, 'stream', (piece) => (said += piece));
    expect(said).toBe(words.slice(0, 5).join(''));
  });

  test('R11: an operator that charges for more than an answer holds is caught, and nothing more is signed', async () => {
    const client = await startStrictTest({ client: { fetch: withholding((body) => body.replace('this is an ', '')) } });
    client.upstream.script = surface.whole('Hello there, this is an answer.');
    const error = await faultOf(surface.ask(client, 'whole', () => undefined));
    expect(error).toMatchObject({ code: 'operator_overcounts', values: { clause: 'R11' } });
    const calls = client.upstream.requests.length;
    expect(await faultOf(surface.ask(client, 'whole', () => undefined))).toBe(error);
    await client.paid.idle();
    expect((await client.state()).newest?.voucher.cumulativeUnits).toBe(inputUnits.toString());
    expect(client.upstream.requests).toHaveLength(calls);
  });

  test('R11: an operator that charges for more than a stream held is caught, and not paid for what was kept back', async () => {
    const client = await startStrictTest({
      client: { fetch: withholding((body) => body.replaceAll(/ word4\d/g, '')), signEveryUnits: 1n },
    });
    client.upstream.script = surface.streamed(words);
    const kept = words.filter((word) => !/ word4\d/.test(word)).join('');
    expect(await faultOf(surface.ask(client, 'stream', () => undefined))).toMatchObject({
      code: 'operator_overcounts',
      values: { receiptUnits: inputUnits + 3n * spoken, ownUnits: inputUnits + 3n * BigInt(countText(kept)) },
    });
    await client.paid.idle();
    const signedUnits = BigInt((await client.state()).newest?.voucher.cumulativeUnits ?? 0);
    expect(signedUnits).toBeLessThanOrEqual(inputUnits + 3n * BigInt(countText(kept)));
  });

  test('R11: an operator that overcounts a stream is stopped at the first chunk beyond', async () => {
    let arrived = '';
    const lying = askingForMore(3n, 4, (events) => (arrived += events));
    const client = await startStrictTest({
      strict: { startUnits: '9', growthBasisPoints: 0 },
      client: { fetch: lying, signEveryUnits: 1_000_000n },
    });
    client.upstream.script = surface.streamed(words);
    let said = '';
    const error = await faultOf(surface.ask(client, 'stream', (piece) => (said += piece)));
    const ownUnits = inputUnits + 3n * BigInt(countText(said));
    expect(error).toMatchObject({ code: 'operator_overcounts', values: { dueUnits: ownUnits + 3n, ownUnits } });
    // It heard all that came, and nothing came after the fourth demand.
    expect(said.length).toBeLessThan(words.join('').length / 2);
    expect(arrived.match(/^: kedge-due /gm)).toHaveLength(4);
    await client.paid.idle();
    const signedUnits = BigInt((await client.state()).newest?.voucher.cumulativeUnits ?? 0);
    expect(signedUnits).toBeLessThan(ownUnits);
  });

  test('R13: an answer whose bytes are not those of its receipt is not paid', async () => {
    const client = await startStrictTest({ client: { fetch: withholding((body) => body.replace('Hello', 'Howdy')) } });
    client.upstream.script = surface.whole('Hello there.');
    expect(await faultOf(surface.ask(client, 'whole', () => undefined))).toMatchObject({ code: 'receipt_bad' });
  });
});

test('R11: a response that brings its text only at its end is paid, and no more than the end says', async () => {
  const client = await startStrictTest();
  const message = { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'One two three' }] };
  const response = { id: 'resp_1', object: 'response', status: 'completed', model: 'demo', output: [message] };
  client.upstream.script = streamEvents([{ type: 'response.completed', response }]);
  const events = await client.openai.responses.create({ model: 'demo', input: 'Hi', stream: true });
  for await (const event of events) expect(event.type).toBe('response.completed');
  expect(client.paid.memory().settledUnits).toBe(BigInt(3 + 3 + countText('Hi')) + 3n * 3n);
});

test('R11: tokens of a cache that cost less than the input are told by the operator, and paid as such', async () => {
  const client = await startStrictTest({
    policy: { rates: { input_tokens: '4', cached_tokens: '1', output_tokens: '3' } },
  });
  client.upstream.script = answerWith(
    completion('One two', { usage: { prompt_tokens: 8, prompt_tokens_details: { cached_tokens: 5 } } }),
  );
  await client.openai.chat.completions.create({ model: 'demo', messages: [{ role: 'user', content: 'Hi' }] });
  expect(client.paid.memory().settledUnits).toBe(3n * 4n + 5n + 2n * 3n);
});

const bounds = { cached_tokens: { min: '1', max: '5' } };
const signers = [operatorAddress.toLowerCase() as Address];
const oracle = { signers, maxAgeSeconds: 60, callSeconds: 60, bounds };

test.each<[string, Partial<Policy>, string]>([
  ['reasoning', { rates: { input_tokens: '1', output_tokens: '3', reasoning_tokens: '2' } }, 'rates.reasoning_tokens'],
  ['a dear cache', { rates: { input_tokens: '1', cached_tokens: '2', output_tokens: '3' } }, 'rates.cached_tokens'],
  [
    'a cache that may become dear',
    { format: 'kedge-policy/3', rates: { input_tokens: '4', cached_tokens: '1', output_tokens: '3' }, oracle },
    'rates.cached_tokens',
  ],
  [
    'an upstream whose count rules',
    { format: 'kedge-policy/2', usage: { rules: 'upstream', toleranceBasisPoints: 0, toleranceTokens: 9 } },
    'usage.rules',
  ],
])('R11: no strict channel is served whose client could not recount what %s costs', async (_, policy, clause) => {
  const client = await startStrictTest({ policy });
  const ask = async (key: string) => {
    const response = await fetch(`${client.base}/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'demo', messages: [{ role: 'user', content: 'Hi' }] }),
    });
    return { status: response.status, body: await response.json() };
  };
  // Asked again, it says the same: the file has not changed.
  for (let call = 0; call < 2; call++) {
    expect(await ask(apiKey)).toMatchObject({
      status: 403,
      body: {
        type: '/problems/channel_refused',
        detail: expect.stringContaining('which a strict client cannot recount'),
        values: { clause },
        hints: [expect.stringContaining('kedge channel close'), expect.stringContaining('capped mode')],
        error: { code: 'channel_refused' },
      },
    });
  }
  expect((await ask('another_key')).status).toBe(401);
  expect(client.logs).toContainEqual(expect.objectContaining({ level: 'error', event: 'channel_refused' }));
  expect(client.upstream.requests).toEqual([]);
});

const text = fc.oneof(fc.string({ unit: 'grapheme' }), fc.lorem());
const orNone = <value>(some: fc.Arbitrary<value>) => fc.option(some, { nil: undefined });
const index = fc.nat(2);

const responsesRequest = fc.record(
  {
    model: fc.constant('demo'),
    input: fc.oneof(
      text,
      fc.array(
        fc.oneof(
          fc.record({
            role: fc.constantFrom('user', 'assistant', 'developer'),
            content: fc.oneof(
              text,
              fc.array(
                fc.oneof(
                  fc.record({ type: fc.constantFrom('input_text', 'output_text'), text }),
                  fc.record({ type: fc.constant('refusal'), refusal: text }),
                  fc.constant({ type: 'input_image', image_url: 'https://example.org/a.png' }),
                ),
              ),
            ),
          }),
          fc.record({ type: fc.constant('function_call'), name: text, arguments: text }),
          fc.record({ type: fc.constant('function_call_output'), output: text }),
        ),
      ),
    ),
    instructions: text,
    tools: fc.array(fc.record({ type: fc.constant('function'), name: text })),
    text: fc.record({ format: fc.record({ type: text }) }),
    max_output_tokens: fc.integer({ min: 1, max: 256 }),
  },
  { requiredKeys: ['model'] },
);
const outputItem = fc.oneof(
  fc.record({
    type: fc.constant('message'),
    content: fc.array(fc.record({ type: fc.constant('output_text'), text: orNone(text), refusal: orNone(text) })),
  }),
  fc.record({ type: fc.constant('reasoning'), summary: fc.array(fc.record({ text })) }),
  fc.record({ type: fc.constant('function_call'), name: text, arguments: text }),
);
const responsesEvents = fc
  .tuple(
    fc.array(
      fc.oneof(
        fc.record({
          type: fc.constantFrom(
            'response.output_text.delta',
            'response.refusal.delta',
            'response.function_call_arguments.delta',
            'response.reasoning_summary_text.delta',
          ),
          output_index: index,
          content_index: orNone(index),
          summary_index: orNone(index),
          delta: text,
        }),
        fc.record({
          type: fc.constant('response.output_item.added'),
          output_index: index,
          item: fc.record({ name: text }),
        }),
      ),
    ),
    orNone(fc.array(outputItem)),
  )
  .map(([pieces, output]) => [
    ...pieces,
    ...(output === undefined ? [] : [{ type: 'response.completed', response: { output } }]),
  ]);

const inputBlock = fc.oneof(
  fc.record({ type: fc.constant('text'), text }),
  fc.record({ type: fc.constant('thinking'), thinking: text }),
  fc.record({ type: fc.constant('tool_use'), name: text, input: fc.dictionary(fc.string(), text) }),
  fc.constant({ type: 'image', source: {} }),
);
const messagesRequest = fc.record(
  {
    model: fc.constant('demo'),
    max_tokens: fc.integer({ min: 1, max: 256 }),
    system: text,
    messages: fc.array(
      fc.record({
        role: fc.constantFrom('user', 'assistant'),
        content: fc.oneof(
          text,
          fc.array(
            fc.oneof(inputBlock, fc.record({ type: fc.constant('tool_result'), content: fc.array(inputBlock) })),
          ),
        ),
      }),
      { minLength: 1 },
    ),
    tools: fc.array(fc.record({ name: text, input_schema: fc.dictionary(fc.string(), text) })),
  },
  { requiredKeys: ['model', 'max_tokens', 'messages'] },
);
const contentBlock = fc.oneof(
  fc.record({ type: fc.constant('text'), text }),
  fc.record({ type: fc.constant('thinking'), thinking: text }),
  fc.record({ type: fc.constant('tool_use'), name: text, input: fc.dictionary(fc.string(), text) }),
);
const messagesEvents = fc.array(
  fc.oneof(
    fc.record({ type: fc.constant('content_block_start'), index, content_block: contentBlock }),
    fc.record({
      type: fc.constant('content_block_delta'),
      index,
      delta: fc.oneof(fc.record({ text }), fc.record({ thinking: text }), fc.record({ partial_json: text })),
    }),
    fc.record({ type: fc.constant('content_block_stop'), index }),
  ),
);

const chatPart = fc.oneof(
  fc.record({ type: fc.constantFrom('text', 'output_text'), text }),
  fc.record({ type: fc.constant('thinking'), thinking: fc.oneof(text, fc.array(fc.record({ text }))) }),
  fc.record({ type: fc.constant('refusal'), refusal: text }),
  fc.record({ type: fc.constant('card'), title: text }),
);
const chatSaid = fc.record(
  { content: fc.oneof(text, fc.array(chatPart), fc.constant(null)), refusal: text, reasoning: text },
  { requiredKeys: ['content'] },
);

test.each([
  {
    path: '/chat/completions',
    request: fc.constant({ model: 'demo', messages: [{ role: 'user', content: 'Hi' }], max_tokens: 40 }),
    answer: fc.record({ choices: fc.array(fc.record({ index, message: chatSaid }), { minLength: 1 }) }),
    events: fc.array(
      fc.record({ type: fc.constant('chunk'), choices: fc.array(fc.record({ index, delta: chatSaid })) }),
    ),
  },
  {
    path: '/responses',
    request: responsesRequest,
    answer: fc.record({ output: fc.array(outputItem, { minLength: 1 }) }),
    events: responsesEvents,
  },
  {
    path: '/messages',
    request: messagesRequest,
    answer: fc.record({ content: fc.array(contentBlock) }),
    events: messagesEvents,
  },
])('R11: the client counts $path as the gateway does, requests, answers and streams', async (counted) => {
  const policy = testPolicy({ rates: { input_tokens: '1', output_tokens: '3', images: '50', requests: '2' } });
  const count = await loadTokenCounter(policy.tokenizer);
  const surface = surfaces.get(`/v1${counted.path}`)!;
  const readerOf = paidSurfaces.get(counted.path)!;
  const unitsOfGateway = (under: Policy, measured: Parameters<typeof billedMetrics>[2], cap: number): bigint =>
    billedMetrics(under, surface.pricedBy, measured, cap).reduce(
      (sum, { metric, amount }) => sum + amount * BigInt(under.rates[metric as keyof Policy['rates']] ?? 0),
      0n,
    );
  fc.assert(
    fc.property(counted.request, counted.answer, counted.events, (request, answer, events) => {
      const bytes = Buffer.from(JSON.stringify(request));
      const opened = surface.open(policy, bytes, 'application/json');
      const cap = opened.quote.outputCap * opened.quote.choices;
      const meterOf = readerOf(JSON.parse(bytes.toString()), count);
      const whole = meterOf(policy);
      expect(whole.worstUnits).toBe(opened.quote.worstUnits);
      const body = Buffer.from(JSON.stringify(answer));
      whole.addAnswer(JSON.parse(body.toString()) as Record<string, unknown>);
      expect(whole.units()).toBe(unitsOfGateway(policy, opened.measure(body, body.toString('latin1')), cap));

      const streamed = meterOf(policy);
      const reader = opened.readStream();
      const splitter = createEventSplitter();
      let signable = streamed.inputUnits;
      for (const event of splitter.push(Buffer.from(events.map(eventText).join('')))) {
        const data = eventDataOf(new TextDecoder().decode(event));
        reader.read(data);
        const json: unknown = JSON.parse(data ?? '');
        if (isJsonObject(json)) streamed.addEvent(json);
        expect(streamed.units()).toBe(unitsOfGateway(policy, reader.measured(), cap));
        expect(streamed.signableUnits()).toBeGreaterThanOrEqual(signable);
        signable = streamed.signableUnits();
      }
      expect(signable).toBeLessThanOrEqual(streamed.units());
    }),
    { numRuns: 100, seed: testSeed },
  );
});
