import { BaseError, type Measured, signedRateQuoteToJson } from '@kedge/core';
import { testSeed } from '@kedge/testing';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodeForm, type FormPart, parseForm } from '../src/http/parseForm.js';
import { parseJsonBody } from '../src/http/parseJsonBody.js';
import { createRateBook } from '../src/rates/createRateBook.js';
import { takeRateQuotes } from '../src/rates/takeRateQuotes.js';
import { createSseSplitter, sseData } from '../src/sse/sseSplitter.js';
import { countMessages } from '../src/surfaces/messages.js';
import type { Surface } from '../src/surfaces/surface.js';
import { surfaces } from '../src/surfaces/surfaces.js';
import { changed } from './support/changedJson.js';
import { domain, testPolicy } from './support/createTestSetup.js';
import { oracleTerms, signQuote } from './support/rateOracle.js';

// What strangers send, and what a broken upstream answers: refused with a reason or read, never an error of our own.

const policy = testPolicy({
  rates: { input_tokens: '1', output_tokens: '3', requests: '1', images: '5', seconds: '1', bytes: '1' },
});
const message = { role: 'user', content: 'Hi', name: 'me' };
const tool = { type: 'function', function: { name: 'look', parameters: { type: 'object' } } };
const requests: Readonly<Record<string, object>> = {
  '/v1/chat/completions': { model: 'demo', messages: [message], max_tokens: 20, n: 2, tools: [tool], stream: true },
  '/v1/completions': { model: 'demo', prompt: ['Hi', 'you'], max_tokens: 20, n: 1, stream: true },
  '/v1/responses': { model: 'demo', input: [message], instructions: 'Be kind.', max_output_tokens: 20, tools: [tool] },
  '/v1/messages': { model: 'demo', messages: [message], max_tokens: 20, system: [{ type: 'text', text: 'Be kind.' }] },
  '/v1/embeddings': { model: 'demo', input: ['Hi', 'you'], dimensions: 3 },
  '/v1/audio/speech': { model: 'demo', input: 'Hi', voice: 'a' },
  '/v1/images/generations': { model: 'demo', prompt: 'A boat', n: 2, size: '1024x1024' },
};
const usage = { prompt_tokens: 3, completion_tokens: 2, input_tokens: 3, output_tokens: 2, total_tokens: 5 };
const call = { index: 0, id: 'a', type: 'function', function: { name: 'look', arguments: '{}' } };
const said = { role: 'assistant', content: 'Hi', reasoning_content: 'So', tool_calls: [call] };
const output = [{ type: 'message', content: [{ type: 'output_text', text: 'Hi' }] }];
const answers: readonly object[] = [
  { choices: [{ index: 0, message: said, finish_reason: 'stop' }], usage },
  { choices: [{ index: 0, delta: said }], usage },
  { choices: [{ index: 0, text: 'Hi' }], usage },
  { output, usage, status: 'completed' },
  {
    content: [
      { type: 'text', text: 'Hi' },
      { type: 'tool_use', name: 'look', input: { a: 1 } },
    ],
    usage,
  },
  { data: [{ embedding: [1] }, { b64_json: 'aa', url: 'a' }], usage },
  { text: 'Hi', duration: 2, usage },
];
const events: readonly object[] = [
  ...answers,
  { type: 'response.output_text.delta', output_index: 0, content_index: 0, delta: 'Hi' },
  {
    type: 'response.output_item.added',
    output_index: 0,
    item: { type: 'function_call', name: 'look', arguments: '{}' },
  },
  { type: 'response.completed', response: { output, usage } },
  { type: 'message_start', message: { usage } },
  { type: 'content_block_start', index: 0, content_block: { type: 'tool_use', name: 'look', input: {} } },
  {
    type: 'content_block_delta',
    index: 0,
    delta: { type: 'text_delta', text: 'Hi', partial_json: '{', thinking: 'So' },
  },
  { type: 'content_block_stop', index: 0 },
  { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage },
];

const many = (numRuns: number) => ({ numRuns, seed: testSeed });
const surfaceOf = (path: string): Surface => surfaces.get(path)!;
const bytesOf = (json: unknown): Buffer => Buffer.from(JSON.stringify(json) ?? '');

/** What `work` gives; undefined where it refuses, which it may only in our own words. */
function orRefused<Result>(work: () => Result, statuses: readonly number[]): Result | undefined {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof BaseError)) throw error;
    expect(statuses).toContain(error.status);
    return undefined;
  }
}

function expectSane({ counts, usage: claimed }: Measured): void {
  for (const count of Object.values(counts)) expect(Number.isSafeInteger(count) && count >= 0).toBe(true);
  expect(counts.reasoningTokens).toBeLessThanOrEqual(counts.outputTokens);
  for (const count of Object.values(claimed ?? {})) {
    expect(count === undefined || (Number.isSafeInteger(count) && count >= 0)).toBe(true);
  }
}

test.each(Object.keys(requests))('%s: any body is refused in our words, or quoted and written anew', (path) => {
  const surface = surfaceOf(path);
  let opened = 0;
  fc.assert(
    fc.property(changed(requests[path]!), (body) => {
      const request = orRefused(() => surface.open(policy, bytesOf(body), 'application/json'), [400, 403, 413]);
      if (request === undefined) return;
      opened++;
      expect(request.quote.worstUnits).toBeGreaterThan(0n);
      const forwarded = JSON.parse(String(request.forward({ outputLimitField: 'max_tokens' }).body)) as {
        model: string;
      };
      expect(forwarded.model).toBe(request.model);
      // What is forwarded is a request of the same worst case: nothing was read in two ways.
      const again = surface.open(policy, bytesOf(forwarded), 'application/json');
      expect(again.quote.worstUnits).toBe(request.quote.worstUnits);
    }),
    many(600),
  );
  expect(opened).toBeGreaterThan(50);
});

test('any body of a message is counted as the call would be, or refused in our words', () => {
  let counted = 0;
  const path = '/v1/messages';
  fc.assert(
    fc.property(changed(requests[path]!), (body) => {
      const count = orRefused(() => countMessages(policy, bytesOf(body)), [400, 403]);
      const call = orRefused(() => surfaceOf(path).open(policy, bytesOf(body), 'application/json'), [400, 403]);
      if (call === undefined) return;
      counted++;
      expect(count).toEqual({ model: call.model, inputTokens: call.quote.known.inputTokens });
    }),
    many(600),
  );
  expect(counted).toBeGreaterThan(50);
});

test.each(Object.keys(requests))('%s: bytes that are no JSON are 400', (path) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      orRefused(() => surfaceOf(path).open(policy, Buffer.from(bytes), 'application/json'), [400, 403]);
    }),
    many(300),
  );
});

test.each(Object.keys(requests))('%s: any answer is measured, or refused as the upstream’s fault', (path) => {
  const request = surfaceOf(path).open(policy, bytesOf({ ...requests[path], stream: false }), 'application/json');
  fc.assert(
    fc.property(fc.oneof(...answers.map(changed)), (answer) => {
      const body = bytesOf(answer);
      const measured = orRefused(() => request.measure(body, body.toString('latin1')), [502]);
      if (measured !== undefined) expectSane(measured);
    }),
    many(600),
  );
});

test.each(['/v1/chat/completions', '/v1/completions', '/v1/responses', '/v1/messages'])(
  '%s: any stream is measured, and can be cut anywhere',
  (path) => {
    const request = surfaceOf(path).open(policy, bytesOf({ ...requests[path], stream: true }), 'application/json');
    const data = fc.oneof(
      fc.oneof(...events.map(changed)).map((event) => JSON.stringify(event)),
      fc.constantFrom(undefined, '[DONE]', '', '{', 'null', '"text"'),
      fc.string({ maxLength: 20 }),
    );
    fc.assert(
      fc.property(fc.array(data, { maxLength: 12 }), (all) => {
        const reader = request.readStream();
        let before = 0;
        for (const one of all) {
          const fate = reader.read(one);
          expect(['pass', 'drop', 'last']).toContain(fate);
          const measured = reader.measured();
          expectSane(measured);
          expect(measured.counts.outputTokens).toBeGreaterThanOrEqual(before);
          before = measured.counts.outputTokens;
          expect(reader.exceeds(before)).toBe(false);
          if (before > 0) expect(reader.exceeds(before - 1)).toBe(true);
          // Nothing is read after the last one.
          if (fate === 'last') break;
        }
        const { before: closing, last } = reader.cut();
        for (const event of `${closing}${last}`.split('\n\n').filter((text) => text !== '')) {
          expect(event).toMatch(/^(event: .*\n)?data: /);
        }
      }),
      many(400),
    );
  },
);

test('any form is refused in our words, or says the same when it is written anew', () => {
  const word = fc.stringMatching(/^[a-z]{1,8}$/);
  const part: fc.Arbitrary<FormPart> = fc.record({
    name: word,
    fileName: fc.option(word, { nil: undefined }),
    contentType: fc.option(fc.constantFrom('text/plain', 'audio/wav'), { nil: undefined }),
    content: fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
  });
  let read = 0;
  fc.assert(
    fc.property(
      fc.array(part, { minLength: 1, maxLength: 4 }),
      fc.array(fc.tuple(fc.nat(), fc.nat(3), fc.constantFrom('', '\r', '\n', '\r\n', '"', '--', '--mark', '\0', ':'))),
      (parts, edits) => {
        const { body, contentType } = encodeForm(parts, 'mark');
        let text = body.toString('latin1');
        for (const [where, length, by] of edits.slice(0, 2)) {
          const at = where % (text.length + 1);
          text = text.slice(0, at) + by + text.slice(at + length);
        }
        const found = orRefused(() => parseForm(Buffer.from(text, 'latin1'), contentType), [400]);
        if (edits.length === 0) expect(found).toEqual(parts);
        if (found === undefined) return;
        read++;
        const again = encodeForm(found, 'another-mark');
        expect(parseForm(again.body, again.contentType)).toEqual(found);
      },
    ),
    many(2_000),
  );
  expect(read).toBeGreaterThan(200);
});

test('any JSON that is sent as a rate quote is refused in our words; only what the oracle signed is taken', async () => {
  const terms = testPolicy(oracleTerms);
  const signed = await signQuote(terms);
  const json = signedRateQuoteToJson(signed);
  const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const served = [{ policy: terms, policyHash: signed.quote.policyHash }];
  const now = Number(signed.quote.observedAt);
  let refusedOnes = 0;
  await fc.assert(
    fc.asyncProperty(fc.oneof(changed(json), changed([json, json]), changed([])), async (body) => {
      const book = createRateBook({ domain, served: () => served, nowSeconds: () => now, log: quiet });
      const parsed = orRefused(() => parseJsonBody(bytesOf(body)), [400]);
      const { quotes, refusals } = await takeRateQuotes(parsed, book);
      for (const refusal of refusals) expect([400, 403, 404]).toContain(refusal.status);
      refusedOnes += refusals.length;
      const current = book.current(served[0]!);
      if (quotes.length > 0) expect(current).toEqual(signed);
      else expect(current).toBeUndefined();
    }),
    many(400),
  );
  expect(refusedOnes).toBeGreaterThan(100);
});

test('any stream of events keeps every byte, however it is cut, and the same events', () => {
  const piece = fc.constantFrom(
    'data: a',
    'data:',
    'data',
    'event: x',
    ': c',
    'ö',
    '\n',
    '\r',
    '\r\n',
    '\n\n',
    '\ufeff',
    ' ',
  );
  const split = (bytes: Buffer, sizes: readonly number[]): Buffer[] => {
    const splitter = createSseSplitter(100_000);
    const found: Buffer[] = [];
    for (let at = 0, turn = 0; at < bytes.length; turn++) {
      const size = sizes[turn % sizes.length]!;
      found.push(...splitter.push(bytes.subarray(at, at + size)));
      at += size;
    }
    return [...found, splitter.rest()];
  };
  fc.assert(
    fc.property(
      fc.array(piece, { maxLength: 40 }),
      fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }),
      (all, sizes) => {
        const bytes = Buffer.from(all.join(''));
        const cut = split(bytes, sizes);
        expect(Buffer.concat(cut)).toEqual(bytes);
        expect(cut.map(sseData)).toEqual(split(bytes, [bytes.length + 1]).map(sseData));
      },
    ),
    many(3_000),
  );
});
