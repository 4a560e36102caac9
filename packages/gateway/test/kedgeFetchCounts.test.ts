import { parseChatCompletionRequest } from '@kedge/core';
import { testSeed } from '@kedge/testing';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { loadTokenCounter } from '../../sdk/src/strict/loadTokenCounter.js';
import { meterChat } from '../../sdk/src/strict/meterTexts.js';
import { paidSurfaces } from '../../sdk/src/strict/paidSurfaces.js';
import { chatCompletions } from '../src/surfaces/chatCompletions.js';
import { surfaces } from '../src/surfaces/surfaces.js';
import { testPolicy } from './support/createTestSetup.js';

test('R11: the client counts inputs as the gateway does', async () => {
  const policy = testPolicy({ rates: { input_tokens: '1', output_tokens: '3', images: '50' } });
  const count = await loadTokenCounter(policy.tokenizer);
  const text = fc.oneof(fc.string({ unit: 'grapheme' }), fc.lorem());
  const part = fc.oneof(
    fc.record({ type: fc.constant('text'), text }),
    fc.record({ type: fc.constant('thinking'), thinking: text }),
    fc.constant({ type: 'image_url', image_url: { url: 'https://example.org/a.png' } }),
  );
  const message = fc.record(
    {
      role: fc.constantFrom('user', 'assistant', 'system', 'tool'),
      content: fc.oneof(text, fc.array(part), fc.constant(null)),
      name: text,
      refusal: text,
      tool_calls: fc.array(fc.record({ id: text, function: fc.record({ name: text, arguments: text }) })),
    },
    { requiredKeys: ['role', 'content'] },
  );
  const request = fc.record(
    {
      model: fc.constant('demo'),
      messages: fc.array(message, { minLength: 1 }),
      tools: fc.array(fc.record({ type: fc.constant('function'), function: fc.record({ name: text }) })),
      max_tokens: fc.integer({ min: 1, max: 256 }),
      max_completion_tokens: fc.integer({ min: 1, max: 256 }),
      chat_template_kwargs: fc.dictionary(fc.string(), text),
      n: fc.integer({ min: 1, max: 4 }),
    },
    { requiredKeys: ['model', 'messages'] },
  );
  fc.assert(
    fc.property(request, (body) => {
      const bytes = Buffer.from(JSON.stringify(body));
      const parsed = parseChatCompletionRequest(JSON.parse(bytes.toString()));
      const { quote } = chatCompletions.open(policy, bytes, 'application/json');
      expect(meterChat(policy, parsed, count).worstUnits).toBe(quote.worstUnits);
    }),
    { numRuns: 100, seed: testSeed },
  );
});

test('R11: the client counts texts of completions and embeddings as the gateway does', async () => {
  const policy = testPolicy({ rates: { input_tokens: '1', output_tokens: '3', records: '7', requests: '2' } });
  const count = await loadTokenCounter(policy.tokenizer);
  const text = fc.oneof(fc.string({ unit: 'grapheme', minLength: 1 }), fc.lorem());
  const numbers = fc.array(fc.nat(199_000), { minLength: 1 });
  const texts = fc.oneof(text, fc.array(text, { minLength: 1 }), numbers, fc.array(numbers, { minLength: 1 }));
  const bodies = {
    '/completions': fc.record(
      {
        model: fc.constant('demo'),
        prompt: texts,
        suffix: text,
        max_tokens: fc.integer({ min: 1, max: 256 }),
        n: fc.integer({ min: 1, max: 3 }),
      },
      { requiredKeys: ['model', 'prompt'] },
    ),
    '/embeddings': fc.record({ model: fc.constant('demo'), input: texts }),
  };
  for (const [path, body] of Object.entries(bodies)) {
    fc.assert(
      fc.property(body, (json) => {
        const bytes = Buffer.from(JSON.stringify(json));
        const { quote } = surfaces.get(`/v1${path}`)!.open(policy, bytes, 'application/json');
        expect(paidSurfaces.get(path)!(JSON.parse(bytes.toString()), count)(policy).worstUnits).toBe(quote.worstUnits);
      }),
      { numRuns: 100, seed: testSeed },
    );
  }
});
