import { expect, test } from 'vitest';
import { countText } from '../../src/index.js';
import { chatCompletions } from '../../src/surfaces/chatCompletions.js';
import { outputLimitFields } from '../../src/surfaces/surface.js';
import { createUpstream } from '../../src/upstream/upstream.js';
import { apiKey, testPolicy } from '../support/createTestSetup.js';
import { answerWith, chunkEvent, completion } from '../support/scriptedUpstream.js';
import { beginStream, receiptIn, refusalOf, startSurfaceTest } from '../support/surfaceTest.js';

const path = '/v1/chat/completions';
const hello = { model: 'demo', messages: [{ role: 'user', content: 'Hi' }] };
const asking = (content: unknown) => ({ ...hello, max_tokens: 20, messages: [{ role: 'user', content }] });
const helloTokens = 8;

test.each([
  [{ max_tokens: 1, max_completion_tokens: 200 }, 1],
  [{ max_tokens: 200, max_completion_tokens: 1 }, 1],
  [{ max_completion_tokens: 7 }, 7],
  [{ max_tokens: 7, max_completion_tokens: null }, 7],
  [{}, 256],
])('of the limits %j exactly one is forwarded, the one that is quoted', (limits, quoted) => {
  for (const stream of [false, true]) {
    const opened = chatCompletions.open(testPolicy(), Buffer.from(JSON.stringify({ ...hello, ...limits, stream })), '');
    expect(opened.quote.worstUnits).toBe(BigInt(helloTokens + 3 * quoted));
    for (const outputLimitField of outputLimitFields) {
      const forwarded = JSON.parse(String(opened.forward({ outputLimitField }).body)) as Record<string, unknown>;
      const named = outputLimitFields.filter((field) => forwarded[field] !== undefined);
      expect([named, forwarded[outputLimitField]]).toEqual([[outputLimitField], quoted]);
    }
  }
});

test('the upstream gets the limit in the field that the configuration names', async () => {
  const it = await startSurfaceTest({ script: answerWith(completion('One')) });
  const limits = { max_tokens: 9, max_completion_tokens: 8 };
  await it.post(path, { ...hello, ...limits });
  const { url } = it.upstream;
  const upstream = { url, outputLimitField: 'max_completion_tokens' } as const;
  const other = await it.setup.start({ dataDir: `${it.setup.folder}/other`, upstream });
  const headers = { authorization: `Bearer ${apiKey}` };
  await fetch(`${other.url}${path}`, { method: 'POST', headers, body: JSON.stringify({ ...hello, ...limits }) });
  await other.close();
  const got = it.upstream.requests.map(({ json }) => outputLimitFields.map((field) => (json as typeof limits)[field]));
  expect(got).toEqual([
    [8, undefined],
    [undefined, 8],
  ]);
});

test.each([
  ['http://127.0.0.1:11434/v1', 'max_tokens'],
  ['https://openrouter.example/api/v1', 'max_tokens'],
  ['https://api.openai.com.example/v1', 'max_tokens'],
  ['https://api.openai.com/v1', 'max_completion_tokens'],
  ['https://eu.api.openai.com/v1', 'max_completion_tokens'],
])('without a word in the configuration, %s gets the limit as %s', (url, field) => {
  const given = { apiKey: () => undefined, timeoutMs: 1, connections: 1, maxWaiting: 0, maxWaitMs: 1 };
  const upstream = createUpstream({ url, ...given });
  expect(upstream.outputLimitField).toBe(field);
  upstream.close();
});

test.each([{ max_completion_tokens: 9_000_000 }, { max_tokens: 1, max_completion_tokens: 257 }, { max_tokens: 257 }])(
  'a limit beyond the cap of the policy is refused, also where a smaller one is named beside it: %j',
  async (limits) => {
    const { post, upstream } = await startSurfaceTest({ script: answerWith(completion('One')) });
    const { status, text } = await post(path, { ...hello, max_tokens: 5, ...limits });
    expect([status, refusalOf(text).values['clause']]).toEqual([403, 'caps.outputTokensPerCall']);
    expect(upstream.requests).toEqual([]);
  },
);

test('a whole answer beyond its limit is handed over as it is, charged up to the limit, and logged', async () => {
  const { post, chargedFor, setup } = await startSurfaceTest({
    script: answerWith(completion(' word'.repeat(500))),
    channel: { cap: BigInt(helloTokens + 3 * 20) },
  });
  const { status, text, headers } = await post(path, { ...hello, max_tokens: 20 });
  expect(status).toBe(200);
  expect(text).toContain(' word'.repeat(500));
  expect(chargedFor(headers)).toEqual({ input_tokens: BigInt(helloTokens), output_tokens: 20n });
  expect(setup.logs).toContainEqual(expect.objectContaining({ event: 'output_over_cap', counted: 500, charged: 20 }));
});

const media = { url: 'data:application/octet-stream;base64,AAAA' };
test.each([
  ['input_audio', { input_audio: { data: 'AAAA', format: 'wav' } }],
  ['video_url', { video_url: media }],
  ['audio_url', { audio_url: media }],
  ['file', { file: { file_data: media.url } }],
  ['input_file', { file_id: 'file_1' }],
  ['document', { source: media }],
])('a part of type %s is refused, whatever text it has beside', async (type, more) => {
  const { post, upstream } = await startSurfaceTest({ policy: { rates: { input_tokens: '1', images: '5' } } });
  for (const text of [undefined, '', 'a']) {
    const chat = await post(path, asking([{ type, text, refusal: text, ...more }]));
    expect([chat.status, refusalOf(chat.text).values['clause']]).toEqual([403, 'rates']);
    const input = [{ role: 'user', content: [{ type, text, refusal: text, ...more }] }];
    const response = await post('/v1/responses', { model: 'demo', input });
    expect([response.status, refusalOf(response.text).values['clause']]).toEqual([403, 'rates']);
  }
  expect(upstream.requests).toEqual([]);
});

test('parts count by their type: texts, refusals and reasoning as texts, images as images', async () => {
  const { post, chargedFor } = await startSurfaceTest({
    policy: { rates: { input_tokens: '1', output_tokens: '1', images: '5' } },
    script: answerWith(completion('One')),
  });
  const { headers } = await post(
    path,
    asking([
      { type: 'text', text: 'Hi' },
      { type: 'refusal', refusal: 'I shall not.' },
      { type: 'thinking', thinking: 'Think first.' },
      { type: 'image_url', text: 'not seen', image_url: media },
    ]),
  );
  expect(chargedFor(headers)).toEqual({
    input_tokens: BigInt(helloTokens + countText('I shall not.') + countText('Think first.')),
    output_tokens: 1n,
    images: 1n,
  });
});

const text = 'one two three four five six';
const thinking = [{ type: 'text', text: 'Think first.' }];
test.each([
  ['a text', text, text, 0],
  [
    'parts',
    [
      { type: 'text', text: 'one two three' },
      { type: 'text', text: ' four five six' },
    ],
    text,
    0,
  ],
  ['a refusal', [{ type: 'refusal', refusal: text }], text, 0],
  [
    'reasoning',
    [
      { type: 'thinking', thinking },
      { type: 'text', text },
    ],
    text,
    countText('Think first.'),
  ],
  [
    'reasoning as text',
    [
      { type: 'thinking', thinking: 'Think first.' },
      { type: 'text', text },
    ],
    text,
    3,
  ],
  ['one part', { type: 'text', text }, text, 0],
  ['something else', [{ type: 'card', title: text }], JSON.stringify({ type: 'card', title: text }), 0],
  ['texts in a list', [text], JSON.stringify(text), 0],
])('an answer of %s is counted, whole and streamed', async (_, content, counted, reasoning) => {
  const { post, upstream, chargedFor } = await startSurfaceTest({ script: answerWith(completion(content as string)) });
  const expected = { input_tokens: BigInt(helloTokens), output_tokens: BigInt(countText(counted) + reasoning) };
  expect(chargedFor((await post(path, hello)).headers)).toEqual(expected);
  const pieces = Array.isArray(content) ? content.map((part) => [part]) : [content];
  upstream.script = (_request, response) => {
    beginStream(response);
    for (const piece of pieces) response.write(chunkEvent({ content: piece }));
    response.end('data: [DONE]\n\n');
  };
  const { receipt } = receiptIn((await post(path, { ...hello, stream: true })).text);
  expect(receipt.metrics.at(-1)).toEqual({ metric: 'output_tokens', amount: expected.output_tokens });
});

test('reasoning that a message brings back under several names is counted once, by the longest', async () => {
  const { post, chargedFor } = await startSurfaceTest({ script: answerWith(completion('One')) });
  const inputOf = async (more: object) => {
    const messages = [{ role: 'user', content: 'Hi', ...more }];
    return chargedFor((await post(path, { ...hello, messages })).headers)['input_tokens'];
  };
  const once = BigInt(helloTokens + countText('Think first.'));
  expect(await inputOf({ reasoning_content: 'Think first.' })).toBe(once);
  expect(await inputOf({ reasoning: 'Think first.', reasoning_content: 'Think first.' })).toBe(once);
  expect(await inputOf({ reasoning: '', reasoning_content: '', reasoning_details: 'Think first.' })).toBe(once);
});

const called = { query: 'kedge', words: 'One two three four five six' };
test.each([
  [
    path,
    hello,
    completion('', {
      choices: [{ index: 0, message: { tool_calls: [{ function: { name: 'f', arguments: called } }] } }],
    }),
  ],
  ['/v1/responses', { input: 'Hi' }, { output: [{ type: 'function_call', name: 'f', arguments: called }] }],
  [
    '/v1/messages',
    { messages: hello.messages, max_tokens: 50 },
    { content: [{ type: 'tool_use', name: 'f', input: [called] }] },
  ],
])('%s: what a tool is called with is counted where it comes as JSON in place of a text', async (at, body, said) => {
  const { post, chargedFor } = await startSurfaceTest({ script: answerWith(said) });
  const { headers } = await post(at, { model: 'demo', ...body });
  const text = JSON.stringify(at === '/v1/messages' ? [called] : called);
  expect(chargedFor(headers)['output_tokens']).toBe(BigInt(countText('f') + countText(text)));
});

test('reasoning that is sent in is counted, also where its part names it as text', async () => {
  const { post, chargedFor } = await startSurfaceTest({ script: answerWith(completion('One')) });
  const inputOf = async (part: Record<string, unknown>): Promise<bigint | undefined> => {
    const messages = [{ role: 'assistant', content: [{ type: 'thinking', ...part }] }];
    return chargedFor((await post(path, { ...hello, messages })).headers)['input_tokens'];
  };
  const thought = 'Think first, and then once more.';
  const expected = BigInt(3 + 3 + countText('assistant') + countText(thought));
  expect([await inputOf({ thinking: thought }), await inputOf({ text: thought })]).toEqual([expected, expected]);
});

test('a stream of parts is cut at its limit', async () => {
  const { post } = await startSurfaceTest({
    script: (_, response) => {
      beginStream(response);
      for (let index = 0; index < 50; index++)
        response.write(chunkEvent({ content: [{ type: 'text', text: ' word' }] }));
    },
  });
  const { receipt } = receiptIn((await post(path, { ...hello, max_tokens: 10, stream: true })).text);
  expect(receipt.metrics.at(-1)).toEqual({ metric: 'output_tokens', amount: 10n });
});

test('an answer with parts that are nested too deeply to be read is no end of the gateway', async () => {
  const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
  const said = (name: string): string =>
    `{"choices":[{"index":0,"${name}":{"content":[{"type":"text","text":"One"},${deep}]}}]}`;
  const { post, upstream, chargedFor } = await startSurfaceTest({
    script: (_, response) => response.writeHead(200, { 'content-type': 'application/json' }).end(said('message')),
  });
  // Newer engines write it, however deep it is: then it is counted, up to the limit.
  const expected = canWrite(JSON.parse(deep)) ? 7n : 1n;
  const asked = { ...hello, max_tokens: 7 };
  expect(chargedFor((await post(path, asked)).headers)).toMatchObject({ output_tokens: expected });
  upstream.script = (_, response) => {
    beginStream(response);
    response.end(`data: ${said('delta')}\n\ndata: [DONE]\n\n`);
  };
  const { receipt } = receiptIn((await post(path, { ...asked, stream: true })).text);
  expect(receipt.metrics.at(-1)?.amount).toBe(expected);
});

function canWrite(value: unknown): boolean {
  try {
    JSON.stringify(value);
    return true;
  } catch {
    return false;
  }
}

/** A field, what it says, and how the refusal names it. */
type Unseen = readonly [string, unknown, string?];
const routed: readonly Unseen[] = [
  ['models', ['dear-model']],
  ['fallbacks', ['dear-model']],
  ['route', 'fallback'],
  ['provider', { order: ['dear'] }],
  ['preset', 'dear'],
  ['plugins', [{ id: 'web' }]],
  ['extra_body', { model: 'dear-model' }],
  ['lora', [{ id: 0, scale: 1 }]],
  ['lora_path', 'dear'],
  ['input_ids', [1, 2, 3]],
  ['prompt_token_ids', [1, 2, 3]],
  ['prompt_embeds', 'AAAA'],
  ['service_tier', 'priority'],
  ['n_predict', 1_000],
  ['n_cmpl', 9],
];
const beside: readonly Unseen[] = [
  ['tools', [{ type: 'web_search' }], 'web_search'],
  ['tools', [{ googleSearch: {} }], 'googleSearch'],
  ['best_of', 20],
  ['best_of', '20'],
  ['modalities', ['text', 'image']],
  ['modalities', 'audio'],
  ['audio', { voice: 'alloy' }],
  ['prediction', { type: 'content', content: 'x' }],
  ['web_search_options', {}],
  ['search_parameters', { mode: 'on' }],
  ['documents', [{ text: 'x' }]],
  ['chat_template', '{{ messages }}'],
  ['messages', [{ role: 'assistant', audio: { id: 'audio_1' } }], 'audio'],
  ['messages', [{ role: 'system', content: 'Hi', tools: [{ type: 'function', function: { name: 'f' } }] }], 'tools'],
];
const otherLimits: readonly Unseen[] = [
  ['max_output_tokens', 9],
  ['max_completion_tokens', 9],
];
test.each([
  [path, hello, [...routed, ...beside, ...otherLimits.slice(0, 1)]],
  ['/v1/completions', { prompt: 'Hi' }, [...routed, ...otherLimits]],
  ['/v1/responses', { input: 'Hi' }, [...routed, ['max_tokens', 9], ...otherLimits.slice(1)]],
  ['/v1/messages', { messages: hello.messages, max_tokens: 20 }, [...routed, ...otherLimits]],
  ['/v1/embeddings', { input: 'Hi' }, routed],
])('%s: fields by which an upstream does more than is counted are refused by name', async (at, body, fields) => {
  const { post, upstream } = await startSurfaceTest();
  for (const [field, value, named = field] of fields) {
    const { status, text: problem } = await post(at, { model: 'demo', ...body, [field]: value });
    expect([field, status, refusalOf(problem).values['clause']]).toEqual([field, 403, 'rates']);
    expect(problem).toContain(named);
  }
  expect(upstream.requests).toEqual([]);
});

test('the same fields pass where they say nothing else than is counted', async () => {
  const { post, upstream } = await startSurfaceTest({ script: answerWith(completion('One')) });
  const usual = {
    tools: [
      { type: 'function', function: { name: 'find' } },
      { type: 'custom', custom: { name: 'run' } },
    ],
    best_of: 1,
    modalities: ['text'],
    service_tier: 'auto',
    models: null,
    audio: null,
  };
  expect((await post(path, { ...hello, ...usual })).status).toBe(200);
  expect(upstream.requests[0]?.json).toMatchObject(usual);
});

test('what a template is told is counted, because it may show it to the model', async () => {
  const { post, chargedFor } = await startSurfaceTest({ script: answerWith(completion('One')) });
  const told = { enable_thinking: false };
  const { headers } = await post(path, { ...hello, chat_template_kwargs: told });
  expect(chargedFor(headers)['input_tokens']).toBe(BigInt(helloTokens + countText(JSON.stringify(told))));
});

test.each([
  ['Models', { ...hello, Models: ['dear-model'] }],
  ['Service_Tier', { ...hello, Service_Tier: 'priority' }],
  ['Type', { ...hello, tools: [{ type: 'function', Type: 'web_search', function: { name: 'find' } }] }],
])('%s in another case is refused, too', async (field, body) => {
  const { post, upstream } = await startSurfaceTest();
  const { status, text: problem } = await post(path, body);
  expect([status, refusalOf(problem).error.code]).toEqual([400, 'field_lookalike']);
  expect(problem).toContain(field);
  expect(upstream.requests).toEqual([]);
});

test.each([
  ['an item by its id alone', [{ id: 'msg_1' }]],
  ['an item by its id, with a role', [{ id: 'msg_1', role: 'user' }]],
  ['a reference with a role', [{ type: 'item_reference', id: 'msg_1', role: 'user', content: 'Hi' }]],
])('responses: %s names what only the upstream has, and is refused', async (_, input) => {
  const { post, upstream } = await startSurfaceTest();
  const { status, text: problem } = await post('/v1/responses', { model: 'demo', input });
  expect([status, refusalOf(problem).values['clause']]).toEqual([403, 'rates']);
  expect(upstream.requests).toEqual([]);
});

test('messages: reasoning is counted by the type of its block, whatever text it has beside', async () => {
  const { post, chargedFor } = await startSurfaceTest({
    script: answerWith({ content: [{ type: 'text', text: 'One' }] }),
  });
  const block = { type: 'thinking', text: '', thinking: 'Think first.', signature: 'x' };
  const sent = await post('/v1/messages', {
    model: 'demo',
    max_tokens: 20,
    messages: [{ role: 'assistant', content: [block] }],
  });
  expect(chargedFor(sent.headers)['input_tokens']).toBe(
    BigInt(3 + 3 + countText('assistant') + countText('Think first.')),
  );
});
