import { expect, test } from 'vitest';
import { answerWith } from './support/scriptedUpstream.js';
import { startStrictTest, type StrictTest } from './support/strictClient.js';

const embedding = { object: 'list', model: 'demo', data: [{ object: 'embedding', index: 0, embedding: [0.5] }] };
const request = { model: 'demo', input: 'Say something, please', encoding_format: 'float' as const };
const policy = { rates: { input_tokens: '1' } };

/** Three embeddings that are asked for together, each answered when the upstream has so many; resolves with the most it had. */
async function askThree(client: StrictTest, answeredWith: number): Promise<number> {
  let most = 0;
  const held: (() => void)[] = [];
  client.upstream.script = (asked, response) => {
    held.push(() => void answerWith(embedding)(asked, response));
    most = Math.max(most, held.length);
    // A moment later, in which another may come that should not.
    if (held.length >= answeredWith) setTimeout(() => held.splice(0).forEach((answer) => answer()), 100);
  };
  await Promise.all(Array.from({ length: 3 }, () => client.openai.embeddings.create(request)));
  return most;
}

const warned = ({ logs }: StrictTest): unknown[] =>
  logs.flatMap(({ event, hint }) => (event === 'strict_calls_one_by_one' ? [hint] : []));

test('R11: where no answer has a price, calls are served one at a time, and the log says what to set', async () => {
  const client = await startStrictTest({ policy });
  expect(warned(client)).toEqual([expect.stringContaining('strict.startUnits')]);
  expect(await askThree(client, 1)).toBe(1);
});

test('R11: with what it says to set they run at once', async () => {
  const client = await startStrictTest({ policy, strict: { startUnits: '1000' } });
  expect(warned(client)).toEqual([]);
  expect(await askThree(client, 3)).toBe(3);
});

test('R11: where an answer has a price, the default has room for inputs, and nothing is said', async () => {
  const client = await startStrictTest();
  expect(warned(client)).toEqual([]);
  expect(await askThree(client, 3)).toBe(3);
});
