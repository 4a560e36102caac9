import { expect, test } from 'vitest';
import { countText } from '../../src/index.js';
import { answerWith } from '../support/scriptedUpstream.js';
import { refusalOf, startSurfaceTest } from '../support/surfaceTest.js';

const answer = (count: number) => ({
  object: 'list',
  model: 'demo',
  data: Array.from({ length: count }, (_, index) => ({ object: 'embedding', index, embedding: [0.5, 0.25] })),
  usage: { prompt_tokens: 2, total_tokens: 2 },
});

test('embeddings: input tokens are charged, and the official client reads the answer', async () => {
  const { openai, chargedFor, upstream } = await startSurfaceTest({ script: answerWith(answer(2)) });
  const { data, response } = await openai.embeddings
    .create({ model: 'demo', input: ['One two', 'Three'], encoding_format: 'float' })
    .withResponse();
  expect(data.data).toHaveLength(2);
  expect(chargedFor(response.headers)).toEqual({
    input_tokens: BigInt(countText('One two') + countText('Three')),
  });
  expect(upstream.requests[0]?.path).toBe('/v1/embeddings');
});

test('a policy may price records instead: one for each input', async () => {
  const { post, chargedFor } = await startSurfaceTest({
    script: answerWith(answer(2)),
    policy: { rates: { records: '5' } },
  });
  const { headers } = await post('/v1/embeddings', { model: 'demo', input: [[1, 2], [3]] });
  expect(chargedFor(headers)).toEqual({ records: 2n });
});

test('a rate for output alone does not price embeddings: 403', async () => {
  const { post, upstream } = await startSurfaceTest({ policy: { rates: { output_tokens: '1' } } });
  const { status, text } = await post('/v1/embeddings', { model: 'demo', input: 'x' });
  expect([status, refusalOf(text).values['clause']]).toEqual([403, 'rates']);
  expect(upstream.requests).toEqual([]);
});

test('an answer without an embedding for each input is 502, and nothing is charged', async () => {
  const { post, upstream, chargedFor } = await startSurfaceTest({ script: answerWith(answer(1)) });
  expect((await post('/v1/embeddings', { model: 'demo', input: ['a', 'b'] })).status).toBe(502);
  upstream.script = answerWith(answer(1));
  const { headers } = await post('/v1/embeddings', { model: 'demo', input: 'a' });
  expect(chargedFor(headers)).toEqual({ input_tokens: 1n });
});
