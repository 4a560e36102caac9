import { createEventSplitter, eventDataOf } from '@kedge/core';
import { countText } from '../../src/index.js';
import { apiKey } from './createTestSetup.js';
import { answerWith, type Script } from './scriptedUpstream.js';
import type { StrictTest } from './strictClient.js';
import { streamEvents } from './surfaceTest.js';

/** A surface whose answers are text, as a client uses it and as an upstream answers it. */
export type SpokenSurface = {
  readonly path: string;
  /** Of what `ask` sends. */
  readonly inputTokens: number;
  /** Asks for an answer, and hears it piece by piece where it is streamed. */
  readonly ask: (test: StrictTest, isStream: 'whole' | 'stream', hear: (piece: string) => void) => Promise<void>;
  readonly whole: (text: string) => Script;
  readonly streamed: (words: readonly string[]) => Script;
};

const text = 'Say something, please.';

const responseOf = (said: string) => ({
  id: 'resp_1',
  object: 'response',
  created_at: 1,
  status: 'completed',
  model: 'demo',
  output: [
    {
      id: 'msg_1',
      type: 'message',
      role: 'assistant',
      content: [{ type: 'output_text', text: said, annotations: [] }],
    },
  ],
});

const responses: SpokenSurface = {
  path: '/responses',
  inputTokens: 3 + 3 + countText(text),
  ask: async ({ openai }, isStream, hear) => {
    const request = { model: 'demo', input: text, max_output_tokens: 200 };
    if (isStream === 'whole') return hear((await openai.responses.create(request)).output_text);
    for await (const event of await openai.responses.create({ ...request, stream: true })) {
      if (event.type === 'response.output_text.delta') hear(event.delta);
    }
  },
  whole: (said) => answerWith(responseOf(said)),
  streamed: (words) => {
    const created = { ...responseOf(''), status: 'in_progress', output: [] };
    return streamEvents([
      { type: 'response.created', response: created },
      ...words.map((delta) => ({ type: 'response.output_text.delta', output_index: 0, content_index: 0, delta })),
      { type: 'response.completed', response: responseOf(words.join('')) },
    ]);
  },
};

const messageOf = (said: string) => ({
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'demo',
  content: [{ type: 'text', text: said }],
  stop_reason: 'end_turn',
});

const messages: SpokenSurface = {
  path: '/messages',
  inputTokens: 3 + 3 + countText('user') + countText(text),
  ask: async ({ paid, base }, isStream, hear) => {
    const message = { role: 'user', content: text };
    const response = await paid(`${base}/messages`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-api-key': apiKey, 'anthropic-version': '2023-06-01' },
      body: JSON.stringify({ model: 'demo', max_tokens: 200, messages: [message], stream: isStream === 'stream' }),
    });
    if (response.status !== 200 || response.body === null) throw new Error(await response.text());
    if (isStream === 'whole') {
      const { content } = (await response.json()) as ReturnType<typeof messageOf>;
      return hear(content.map((block) => block.text).join(''));
    }
    const splitter = createEventSplitter();
    for await (const chunk of response.body as ReadableStream<Uint8Array>) {
      for (const event of splitter.push(chunk)) {
        const json = JSON.parse(eventDataOf(new TextDecoder().decode(event)) ?? '{}') as { delta?: { text?: string } };
        hear(json.delta?.text ?? '');
      }
    }
  },
  whole: (said) => answerWith(messageOf(said)),
  streamed: (words) =>
    streamEvents([
      { type: 'message_start', message: { ...messageOf(''), content: [] } },
      { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
      ...words.map((word) => ({
        type: 'content_block_delta',
        index: 0,
        delta: { type: 'text_delta', text: word },
      })),
      { type: 'content_block_stop', index: 0 },
      { type: 'message_delta', delta: { stop_reason: 'end_turn' } },
      { type: 'message_stop' },
    ]),
};

/** Chat and text completions have tests of their own. */
export const spokenSurfaces: readonly SpokenSurface[] = [responses, messages];
