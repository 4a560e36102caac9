// What is asked and answered: a request of about 340 bytes, and 1,030 bytes of chat completion.
const content =
  'Kedge anchors datasets, models and agents on a chain, meters what they are used for, and pays everyone upstream. '
    .repeat(7)
    .slice(0, 735);

export const answer = JSON.stringify({
  id: 'chatcmpl-bench0000000000000000000000',
  object: 'chat.completion',
  created: 1_700_000_000,
  model: 'bench',
  choices: [
    { index: 0, message: { role: 'assistant', content, refusal: null }, logprobs: null, finish_reason: 'stop' },
  ],
  usage: { prompt_tokens: 46, completion_tokens: 157, total_tokens: 203 },
});

const asked = {
  model: 'bench',
  messages: [
    {
      role: 'system',
      content: 'You answer questions about provenance and metering of AI services in two or three sentences.',
    },
    {
      role: 'user',
      content: 'What does the gateway do between the moment a request arrives and the moment its answer leaves?',
    },
  ],
  max_tokens: 256,
  temperature: 0.2,
};

export const question = JSON.stringify(asked);
export const streamQuestion = JSON.stringify({ ...asked, stream: true, stream_options: { include_usage: true } });

export const keyOf = (index, channels) => `kedge_bench_key_${index % channels}`;

/** A whole request; Portkey's gateway takes from its headers where it is to go. */
export function requestOf(url, body, { key, upstream }) {
  return Buffer.from(
    `POST /v1/chat/completions HTTP/1.1\r\nhost: ${new URL(url).host}\r\nauthorization: Bearer ${key}\r\n` +
      `x-portkey-provider: openai\r\nx-portkey-custom-host: ${upstream}/v1\r\n` +
      `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}

/** Events of a stream, about 190 bytes each: 50 with text, each with the time it left, one with the usage, and the last. */
export const streamEvents = 52;
const common = { id: 'chatcmpl-bench', object: 'chat.completion.chunk', created: 1_700_000_000, model: 'bench' };
export function streamEvent(index, sentAt) {
  if (index === streamEvents - 1) return 'data: [DONE]\n\n';
  if (index === streamEvents - 2) {
    const usage = { prompt_tokens: 46, completion_tokens: 150, total_tokens: 196 };
    return `data: ${JSON.stringify({ ...common, choices: [], usage, sentAt })}\n\n`;
  }
  const delta = { content: ` word${index}` };
  return `data: ${JSON.stringify({ ...common, choices: [{ index: 0, delta, finish_reason: null }], sentAt })}\n\n`;
}
