import { wav } from '../../gateway/test/support/wav.js';

/** What the model answers. */
export type Scripted = { readonly type: string; readonly body: string | Buffer };

const json = (body: object) => ({ type: 'application/json', body: JSON.stringify(body) });
export const events = (list: readonly object[], end = '') => ({
  type: 'text/event-stream',
  body: list.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('') + end,
});
export const ask = (content: string) => ({ model: 'demo', messages: [{ role: 'user', content }] });
export const chunks = (...deltas: object[]) =>
  deltas.map((delta) => ({ id: 'a', object: 'chat.completion.chunk', choices: [{ index: 0, delta }] }));
export const said = (message: object, usage?: object) =>
  json({
    id: 'a',
    object: 'chat.completion',
    choices: [{ index: 0, message: { role: 'assistant', ...message } }],
    usage,
  });
export const done = 'data: [DONE]\n\n';
const output = [{ type: 'message', content: [{ type: 'output_text', text: 'One two three' }] }];
const form = (): FormData => {
  const data = new FormData();
  data.set('model', 'demo');
  data.set('file', new Blob([new Uint8Array(wav(12_000))]), 'a.wav');
  return data;
};

/** A call of a surface, and what comes of it. */
export type Call = {
  readonly name: string;
  readonly path: string;
  readonly request: object;
  readonly answer: Scripted;
  /** The metrics that are counted again. */
  readonly counts: Readonly<Record<string, number>>;
};

/** One of each kind that is metered. */
export const calls: readonly Call[] = [
  {
    name: 'chat',
    path: '/chat/completions',
    request: ask('Hi'),
    answer: said({ content: 'One two' }),
    counts: { input_tokens: 8, output_tokens: 2, requests: 1 },
  },
  {
    name: 'chat stream',
    path: '/chat/completions',
    request: { ...ask('Hi'), stream: true },
    answer: events(chunks({ content: 'One' }, { content: ' two' }, { content: ' three' }), done),
    counts: { input_tokens: 8, output_tokens: 3, requests: 1 },
  },
  {
    name: 'chat with an image',
    path: '/chat/completions',
    request: { model: 'demo', messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'a' } }] }] },
    answer: said({ content: 'One' }),
    counts: { input_tokens: 7, output_tokens: 1, requests: 1, images: 1 },
  },
  {
    name: 'completion',
    path: '/completions',
    request: { model: 'demo', prompt: ['Hi', 'you'] },
    answer: json({
      choices: [
        { index: 0, text: 'One' },
        { index: 1, text: 'two' },
      ],
    }),
    counts: { input_tokens: 2, output_tokens: 2, requests: 1 },
  },
  {
    name: 'response',
    path: '/responses',
    request: { model: 'demo', input: 'Hi' },
    answer: json({ object: 'response', output }),
    counts: { input_tokens: 7, output_tokens: 3, requests: 1 },
  },
  {
    name: 'response stream',
    path: '/responses',
    request: { model: 'demo', input: 'Hi', stream: true },
    answer: events([
      { type: 'response.output_text.delta', output_index: 0, content_index: 0, delta: 'One two' },
      { type: 'response.output_text.delta', output_index: 0, content_index: 0, delta: ' three' },
      { type: 'response.completed', response: { object: 'response', output } },
    ]),
    counts: { input_tokens: 7, output_tokens: 3, requests: 1 },
  },
  {
    name: 'message',
    path: '/messages',
    request: { ...ask('Hi'), max_tokens: 20 },
    answer: json({ type: 'message', content: [{ type: 'text', text: 'One two' }] }),
    counts: { input_tokens: 8, output_tokens: 2, requests: 1 },
  },
  {
    name: 'message stream',
    path: '/messages',
    request: { ...ask('Hi'), max_tokens: 20, stream: true },
    answer: events([
      { type: 'message_start', message: { content: [], usage: { input_tokens: 8 } } },
      { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'One two' } },
      { type: 'message_stop' },
    ]),
    counts: { input_tokens: 8, output_tokens: 2, requests: 1 },
  },
  {
    name: 'embeddings',
    path: '/embeddings',
    request: { model: 'demo', input: ['Hi', 'you'] },
    answer: json({ data: [{ embedding: [1] }, { embedding: [2] }] }),
    counts: { input_tokens: 2, requests: 1, records: 2 },
  },
  {
    name: 'images',
    path: '/images/generations',
    request: { model: 'demo', prompt: 'A kedge', n: 3 },
    answer: json({ data: [{ url: 'a' }, { url: 'b' }] }),
    counts: { requests: 1, images: 2 },
  },
  {
    name: 'speech',
    path: '/audio/speech',
    request: { model: 'demo', input: 'Hi' },
    answer: { type: 'audio/mpeg', body: Buffer.from('fffb9000', 'hex') },
    counts: { requests: 1 },
  },
  {
    name: 'translation',
    path: '/audio/translations',
    request: form(),
    answer: json({ text: 'Hi' }),
    counts: { requests: 1, seconds: 2, bytes: 24_044 },
  },
];
