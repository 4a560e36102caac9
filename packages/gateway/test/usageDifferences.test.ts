import { expect, test } from 'vitest';
import { countText } from '../src/index.js';
import { answerWith, completion } from './support/scriptedUpstream.js';
import { refusalOf, startSurfaceTest } from './support/surfaceTest.js';

const hello = { model: 'demo', messages: [{ role: 'user', content: 'Hi' }] };
const words = 'One two three four five six seven eight nine ten';
const own = { input: 8, output: countText(words) };
const said = (input: number, output: number, more: Record<string, unknown> = {}) =>
  answerWith(completion(words, { usage: { prompt_tokens: input, completion_tokens: output, ...more } }));
const usage = { rules: 'upstream', toleranceBasisPoints: 2_000, toleranceTokens: 1 } as const;
const second = { format: 'kedge-policy/2' } as const;

test('an upstream that inflates its counts: the gateway’s own are charged, the difference is logged once and shown', async () => {
  const { gateway, post, chargedFor, setup } = await startSurfaceTest({ script: said(1_600, 2_000) });
  for (let call = 0; call < 3; call++) {
    const { headers } = await post('/v1/chat/completions', hello);
    expect(chargedFor(headers)).toEqual({ input_tokens: 8n, output_tokens: BigInt(own.output) });
  }
  const response = await fetch(`${gateway.url}/admin/usage-differences`);
  const { differences } = (await response.json()) as { differences: Record<string, unknown>[] };
  expect(differences).toHaveLength(3);
  expect(differences[0]).toMatchObject({
    channelId: setup.channelId,
    model: 'demo',
    path: '/chat/completions',
    gateway: { inputTokens: own.input, outputTokens: own.output },
    upstream: { inputTokens: 1_600, outputTokens: 2_000 },
    terms: { rules: 'gateway' },
  });
  expect(setup.logs.filter(({ event }) => event === 'usage_differs')).toHaveLength(1);
});

test('counts within the tolerance that the policy states agree', async () => {
  const terms = { rules: 'gateway', toleranceBasisPoints: 0, toleranceTokens: 2 } as const;
  const { gateway, post, upstream } = await startSurfaceTest({
    policy: { ...second, usage: terms },
    script: said(own.input + 2, own.output - 2),
  });
  const count = async (): Promise<number> => {
    const json = (await (await fetch(`${gateway.url}/admin/usage-differences`)).json()) as { differences: unknown[] };
    return json.differences.length;
  };
  await post('/v1/chat/completions', hello);
  expect(await count()).toBe(0);
  upstream.script = said(own.input + 3, own.output);
  await post('/v1/chat/completions', hello);
  expect(await count()).toBe(1);
});

test('differences are told on the machine of the gateway only, and not through a proxy', async () => {
  const { gateway } = await startSurfaceTest();
  const response = await fetch(`${gateway.url}/admin/usage-differences`, { headers: { 'x-forwarded-for': '1.2.3.4' } });
  expect(response.status).toBe(403);
  expect(refusalOf(await response.text()).error.code).toBe('not_local');
});

test('where the policy says that the upstream’s count rules, it is charged, but never beyond the tolerance around the own', async () => {
  const { post, chargedFor, upstream } = await startSurfaceTest({ policy: { ...second, usage } });
  const charged = async (script: typeof upstream.script) => {
    upstream.script = script;
    return chargedFor((await post('/v1/chat/completions', hello)).headers);
  };
  const { output } = own;
  expect(await charged(said(9, output - 1))).toEqual({ input_tokens: 9n, output_tokens: BigInt(output - 1) });
  expect(await charged(said(1_000_000, 1_000_000))).toEqual({
    input_tokens: 9n,
    output_tokens: BigInt(output + Math.floor(output / 5)),
  });
  expect(await charged(said(0, 0))).toEqual({
    input_tokens: 7n,
    output_tokens: BigInt(output - Math.floor(output / 5)),
  });
  expect(await charged(answerWith(completion(words, { usage: undefined })))).toEqual({
    input_tokens: 8n,
    output_tokens: BigInt(output),
  });
});

test('where the upstream’s count rules, reasoning that it did not show is output, within the cap', async () => {
  const { post, chargedFor, upstream } = await startSurfaceTest({ policy: { ...second, usage } });
  const reasoning = (tokens: number) => ({ completion_tokens_details: { reasoning_tokens: tokens } });
  upstream.script = said(8, own.output + 50, reasoning(50));
  const first = await post('/v1/chat/completions', hello);
  expect(chargedFor(first.headers)['output_tokens']).toBe(BigInt(own.output + 50));
  upstream.script = said(8, own.output + 1_000, reasoning(1_000));
  const capped = await post('/v1/chat/completions', { ...hello, max_tokens: 40 });
  expect(chargedFor(capped.headers)['output_tokens']).toBe(40n);
});

test('an upstream that counts something of an empty text is paid for it out of what was reserved, and never beyond the cap', async () => {
  const { post, chargedFor, upstream } = await startSurfaceTest({
    policy: { ...second, usage: { ...usage, toleranceTokens: 16 } },
    channel: { cap: 17n },
    script: answerWith({ choices: [{ index: 0, text: '' }], usage: { prompt_tokens: 900, completion_tokens: 0 } }),
  });
  const refused = await post('/v1/completions', { model: 'demo', prompt: '', max_tokens: 1 });
  expect([refused.status, refusalOf(refused.text).values['neededUnits']]).toEqual([402, '19']);
  upstream.script = answerWith({ data: [{}], usage: { prompt_tokens: 900 } });
  const { headers } = await post('/v1/embeddings', { model: 'demo', input: '' });
  expect(chargedFor(headers)).toEqual({ input_tokens: 16n });
});
