import { expect, test } from 'vitest';
import { countText } from '../../src/index.js';
import { answerWith, usageEvent } from '../support/scriptedUpstream.js';
import { beginStream, metricsOf, receiptIn, refusalOf, startSurfaceTest } from '../support/surfaceTest.js';

const answer = (texts: readonly string[]) => ({
  id: 'cmpl-1',
  object: 'text_completion',
  created: 1,
  model: 'demo',
  choices: texts.map((text, index) => ({ index, text, finish_reason: 'stop', logprobs: null })),
  usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
});
const chunk = (text: string, finish: string | null = null) =>
  `data: ${JSON.stringify({ ...answer([]), usage: undefined, choices: [{ index: 0, text, finish_reason: finish }] })}\n\n`;

test('text completions: prompt and every choice are counted, and the official client reads the answer', async () => {
  const { openai, chargedFor, upstream } = await startSurfaceTest({ script: answerWith(answer(['One two', 'Three'])) });
  const { data, response } = await openai.completions
    .create({ model: 'demo', prompt: ['Say one', 'Say three'], max_tokens: 20 })
    .withResponse();
  expect(data.choices.map(({ text }) => text)).toEqual(['One two', 'Three']);
  expect(chargedFor(response.headers)).toEqual({
    input_tokens: BigInt(countText('Say one') + countText('Say three')),
    output_tokens: BigInt(countText('One two') + countText('Three')),
  });
  expect(upstream.requests[0]).toMatchObject({ path: '/v1/completions', json: { max_tokens: 20 } });
});

test('a prompt of token numbers counts as many tokens, and a request without a limit is given the cap', async () => {
  const { post, chargedFor, upstream } = await startSurfaceTest({ script: answerWith(answer(['x'])) });
  const { headers } = await post('/v1/completions', { model: 'demo', prompt: [[1, 2, 3], [4]] });
  expect(chargedFor(headers)['input_tokens']).toBe(4n);
  expect(upstream.requests[0]?.json.max_tokens).toBe(256);
});

test('a streamed text completion is counted, keeps the asked-for usage from clients that did not ask, and is cut at its cap', async () => {
  const { openai, post, upstream } = await startSurfaceTest({
    script: (_, response) => {
      beginStream(response);
      response.end(`${chunk('One')}${chunk(' two', 'stop')}${usageEvent}data: [DONE]\n\n`);
    },
  });
  let text = '';
  const stream = await openai.completions.create({ model: 'demo', prompt: 'Say', stream: true });
  for await (const { choices } of stream) text += choices[0]!.text;
  expect(text).toBe('One two');
  const body = { model: 'demo', prompt: 'Say', stream: true };
  const saved = await post('/v1/completions', body);
  expect(saved.text).not.toContain('usage');
  expect(metricsOf(receiptIn(saved.text))).toEqual({ input_tokens: 1n, output_tokens: 2n });
  upstream.script = (_, response) => {
    beginStream(response);
    for (let index = 0; index < 50; index++) response.write(chunk(' word'));
  };
  const cut = await post('/v1/completions', { ...body, max_tokens: 10 });
  expect(metricsOf(receiptIn(cut.text))['output_tokens']).toBe(10n);
  expect(cut.text).toMatch(/"finish_reason":"length"\}\]\}\n\n: kedge-receipt \S+\n\ndata: \[DONE\]\n\n$/);
});

test('choices that are made and not shown, and prompts that come back, have no rate: 403', async () => {
  const { post, upstream } = await startSurfaceTest();
  for (const more of [{ best_of: 3 }, { echo: true }]) {
    const { status, text } = await post('/v1/completions', { model: 'demo', prompt: 'Hi', ...more });
    expect([status, refusalOf(text).values['clause']]).toEqual([403, 'rates']);
  }
  expect(upstream.requests).toEqual([]);
});
