import { once } from 'node:events';
import { request } from 'node:http';
import { Server } from 'node:net';
import * as fc from 'fast-check';
import { countTokens } from 'gpt-tokenizer/encoding/o200k_base';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { createAgent, type Agent } from '../src/createAgent.js';
import { anchorProjectDocs } from './docsFixture.js';

const messages = [{ role: 'user' as const, content: 'How is a receipt checked without the operator?' }];

let docs: Awaited<ReturnType<typeof anchorProjectDocs>>;
let agent: Agent;
let client: OpenAI;

beforeAll(async () => {
  docs = await anchorProjectDocs();
  agent = await createAgent({ documents: docs.documents });
  client = new OpenAI({ baseURL: `${agent.url}/v1`, apiKey: 'none', maxRetries: 0 });
});

afterAll(async () => {
  await agent.close();
  await docs.remove();
});

async function post(
  body: string,
  path = 'chat/completions',
): Promise<{ status: number; error: { message: string; type: string; code: string } }> {
  const response = await fetch(`${agent.url}/v1/${path}`, { method: 'POST', body });
  return { status: response.status, ...((await response.json()) as { error: never }) };
}

describe('the OpenAI client', () => {
  test('lists the one model', async () => {
    const models = await client.models.list();
    expect(models.data.map(({ id, object }) => [id, object])).toEqual([['kedge-docs', 'model']]);
  });

  test('gets an answer whose usage is the count of its text', async () => {
    const answer = await client.chat.completions.create({ model: 'kedge-docs', messages });
    const content = answer.choices[0]!.message.content!;
    expect(content).toContain('kedge verify receipt.json');
    expect(content).toMatch(/\n\nSources:\n\[1\] docs\/\S+\.md § .+ \(baf\w+, bytes \d+-\d+\)/);
    const prompt = 3 + 3 + countTokens('user') + countTokens(messages[0]!.content);
    const completion = countTokens(content);
    expect(answer.usage).toEqual({
      prompt_tokens: prompt,
      completion_tokens: completion,
      total_tokens: prompt + completion,
    });
    expect(answer.choices[0]!.finish_reason).toBe('stop');
  });

  test('gets the same answer streamed, in many chunks, with an unguarded loop', async () => {
    const whole = await client.chat.completions.create({ model: 'kedge-docs', messages });
    let text = '';
    let chunks = 0;
    for await (const chunk of await client.chat.completions.create({ model: 'kedge-docs', messages, stream: true })) {
      text += chunk.choices[0]!.delta.content ?? '';
      chunks += 1;
    }
    expect(text).toBe(whole.choices[0]!.message.content);
    expect(chunks).toBeGreaterThan(10);
  });

  test('gets the usage in a last chunk when it asks for it', async () => {
    const stream = await client.chat.completions.create({
      model: 'kedge-docs',
      messages,
      stream: true,
      stream_options: { include_usage: true },
    });
    const chunks = [];
    for await (const chunk of stream) chunks.push(chunk);
    const text = chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('');
    expect(chunks.slice(0, -1).every((chunk) => chunk.choices.length === 1)).toBe(true);
    expect(chunks.at(-2)!.choices[0]!.finish_reason).toBe('stop');
    expect(chunks.at(-1)!.choices).toEqual([]);
    expect(chunks.at(-1)!.usage!.completion_tokens).toBe(countTokens(text));
  });

  test('never gets more tokens than it allowed', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 500 }), fc.boolean(), async (limit, newName) => {
        const answer = await client.chat.completions.create({
          model: 'kedge-docs',
          messages,
          ...(newName ? { max_completion_tokens: limit, max_tokens: 10_000 } : { max_tokens: limit }),
        });
        const choice = answer.choices[0]!;
        expect(answer.usage!.completion_tokens).toBeLessThanOrEqual(limit);
        const isWhole = /\n\nSources:(\n\[\d+\] .* bytes \d+-\d+\))+$/.test(choice.message.content!);
        expect(choice.finish_reason).toBe(isWhole ? 'stop' : 'length');
      }),
      { numRuns: 60, seed: 0x8028, verbose: true },
    );
  });

  test('may send parts of text, and text that looks like a control token', async () => {
    const answer = await client.chat.completions.create({
      model: 'kedge-docs',
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'Who signs a voucher, and what does the voucher allow?' },
            { type: 'text', text: '<|endoftext|>' },
          ],
        },
      ],
    });
    expect(answer.choices[0]!.message.content).toContain('A statement signed by the channel key');
    expect(answer.usage!.prompt_tokens).toBeGreaterThan(20);
  });

  test('is understood when it asks on without repeating the subject', async () => {
    const first = 'How do I close a channel?';
    const answer = await client.chat.completions.create({
      model: 'kedge-docs',
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: first },
        { role: 'assistant', content: 'With a command.' },
        { role: 'user', content: 'And who may do that?' },
      ],
    });
    expect(answer.choices[0]!.message.content).toContain('kedge channel close');
  });
});

describe('the OpenAI client, by responses', () => {
  const asked = { model: 'kedge-docs', input: messages[0]!.content };
  const countOf = (...texts: string[]) => 3 + texts.reduce((sum, text) => sum + 3 + countTokens(text), 0);
  let chat: string;

  beforeAll(async () => {
    const answer = await client.chat.completions.create({ model: 'kedge-docs', messages });
    chat = answer.choices[0]!.message.content!;
  });

  test('gets the answer that a chat gets, whose usage is the count of its text', async () => {
    const response = await client.responses.create(asked);
    expect(response).toMatchObject({ object: 'response', status: 'completed', model: 'kedge-docs', output_text: chat });
    const [input, output] = [countOf(asked.input), countTokens(chat)];
    expect(response.usage).toEqual({
      input_tokens: input,
      input_tokens_details: { cached_tokens: 0 },
      output_tokens: output,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: input + output,
    });
  });

  test('gets it streamed, in every event that belongs to it, and puts the same response together', async () => {
    const stream = client.responses.stream(asked);
    const events: string[] = [];
    let text = '';
    let next = 0;
    for await (const event of stream) {
      expect(event.sequence_number).toBe(next++);
      if (events.at(-1) !== event.type) events.push(event.type);
      if (event.type === 'response.output_text.delta') text += event.delta;
    }
    expect(text).toBe(chat);
    expect(next).toBeGreaterThan(20);
    expect(events).toEqual(
      [
        'created',
        'in_progress',
        'output_item.added',
        'content_part.added',
        'output_text.delta',
        'output_text.done',
        'content_part.done',
        'output_item.done',
        'completed',
      ].map((name) => `response.${name}`),
    );
    const { output, usage } = await stream.finalResponse();
    expect(output).toMatchObject([{ type: 'message', status: 'completed', content: [{ text: chat }] }]);
    expect(usage!.output_tokens).toBe(countTokens(chat));
  });

  test('is told that the answer was cut at its limit, streamed and whole', async () => {
    const limited = { ...asked, max_output_tokens: 16 };
    const cut = await client.responses.create(limited);
    const { choices } = await client.chat.completions.create({ model: 'kedge-docs', messages, max_tokens: 16 });
    expect([choices[0]!.finish_reason, choices[0]!.message.content]).toEqual(['length', cut.output_text]);
    const reason = { status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } };
    const content = [{ text: cut.output_text }];
    expect(cut).toMatchObject({ ...reason, output: [{ type: 'message', status: 'incomplete', content }] });
    expect(cut.usage!.output_tokens).toBeLessThanOrEqual(16);
    const events = [];
    for await (const event of await client.responses.create({ ...limited, stream: true })) events.push(event);
    expect(events.at(-1)).toMatchObject({
      type: 'response.incomplete',
      response: { ...reason, output: [{ content }] },
    });
  });

  test('is understood by its whole conversation, instructions and its own answer included', async () => {
    const first = await client.responses.create({ ...asked, input: 'How do I close a channel?' });
    const response = await client.responses.create({
      ...asked,
      instructions: 'Be brief.',
      input: [
        { role: 'user', content: [{ type: 'input_text', text: 'How do I close a channel?' }] },
        ...first.output,
        { role: 'user', content: 'And who may do that?' },
      ] as OpenAI.Responses.ResponseInput,
      text: { format: { type: 'text' } },
    });
    expect(response.output_text).toContain('kedge channel close');
    expect(response.instructions).toBe('Be brief.');
    expect(response.usage!.input_tokens).toBeGreaterThan(first.usage!.output_tokens);
  });

  test.each([
    ['no input', {}, 400, 'question_missing'],
    ['another model', { ...asked, model: 'gpt-5' }, 404, 'model_not_found'],
    ['zero tokens', { ...asked, max_output_tokens: 0 }, 400, 'request_invalid'],
    ['JSON', { ...asked, text: { format: { type: 'json_object' } } }, 400, 'format_unsupported'],
    ['an answer before', { ...asked, previous_response_id: 'resp_0' }, 400, 'state_unsupported'],
    ['an answer for later', { ...asked, background: true }, 400, 'state_unsupported'],
    ['a call', { ...asked, input: [{ type: 'function_call_output' }] }, 400, 'content_unsupported'],
    ['a file', { ...asked, input: [{ role: 'user', content: [{ type: 'input_file' }] }] }, 400, 'content_unsupported'],
  ])('%s is refused in the form that clients parse', async (_, body, status, code) => {
    const answer = await post(JSON.stringify({ model: 'kedge-docs', ...body }), 'responses');
    expect([answer.status, answer.error.code]).toEqual([status, code]);
  });
});

describe('bad input', () => {
  const ok = { model: 'kedge-docs', messages };
  test.each([
    ['body that is not JSON', '{', 400, 'body_not_json'],
    ['no messages', JSON.stringify({ model: 'kedge-docs' }), 400, 'request_invalid'],
    ['a wrong type', JSON.stringify({ ...ok, max_tokens: 'many' }), 400, 'request_invalid'],
    ['zero tokens', JSON.stringify({ ...ok, max_tokens: 0 }), 400, 'request_invalid'],
    ['two answers', JSON.stringify({ ...ok, n: 2 }), 400, 'n_unsupported'],
    ['JSON', JSON.stringify({ ...ok, response_format: { type: 'json_object' } }), 400, 'format_unsupported'],
    [
      'JSON of a schema',
      JSON.stringify({ ...ok, response_format: { type: 'json_schema', json_schema: { name: 'x', schema: {} } } }),
      400,
      'format_unsupported',
    ],
    [
      'a picture',
      JSON.stringify({ ...ok, messages: [{ role: 'user', content: [{ type: 'image_url' }] }] }),
      400,
      'content_unsupported',
    ],
    ['no question', JSON.stringify({ ...ok, messages: [{ role: 'system', content: 'x' }] }), 400, 'question_missing'],
    ['another model', JSON.stringify({ ...ok, model: 'gpt-4o' }), 404, 'model_not_found'],
    ['a body over the limit', `"${'x'.repeat(4 * 1024 * 1024)}"`, 413, 'body_too_large'],
  ])('%s is refused in the form that clients parse', async (_, body, status, code) => {
    const answer = await post(body);
    expect([answer.status, answer.error.code]).toEqual([status, code]);
    expect(answer.error.message).not.toBe('');
    expect(answer.error.type).toMatch(/_error$/);
  });

  test('text, which is all it gives, may be asked for by name', async () => {
    for (const response_format of [{ type: 'text' }, null, undefined]) {
      expect(await post(JSON.stringify({ ...ok, response_format }))).toMatchObject({ status: 200 });
    }
  });

  test('an unknown path is 404', async () => {
    expect((await fetch(`${agent.url}/v1/embeddings`, { method: 'POST' })).status).toBe(404);
  });

  test('no text to answer from, and a port in use, are refused with what to do', async () => {
    await expect(createAgent({ documents: [] })).rejects.toThrow('no Markdown text');
    const port = Number(new URL(agent.url).port);
    await expect(createAgent({ documents: docs.documents, port })).rejects.toThrow(
      `cannot listen on 127.0.0.1:${port}`,
    );
  });
});

test('closing finishes the answer under way and lets the process end', async () => {
  const own = await createAgent({ documents: docs.documents });
  const headers = { expect: '100-continue' };
  const call = request(`${own.url}/v1/chat/completions`, { method: 'POST', headers });
  const answered = new Promise<string>((resolve, reject) => {
    call.on('error', reject);
    call.on('response', (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (piece: string) => (text += piece));
      response.on('end', () => resolve(text));
    });
  });
  const body = JSON.stringify({ model: 'kedge-docs', messages, stream: true });
  call.flushHeaders();
  // Now it has the head of the request.
  await once(call, 'continue');
  call.write(body.slice(0, 20));
  const closed = own.close();
  call.end(body.slice(20));
  expect(await answered).toMatch(/data: \[DONE\]\n\n$/);
  await closed;
  await expect(fetch(`${own.url}/v1/models`)).rejects.toThrow();
});

test('a message of nothing but spaces, or of one endless word, is answered like any other', async () => {
  for (const unit of [' ', 'a']) {
    const content = unit.repeat(900_000);
    const answer = await client.chat.completions.create({ model: 'kedge-docs', messages: [{ role: 'user', content }] });
    expect(answer.usage!.prompt_tokens).toBeGreaterThan(900_000 / 256);
  }
});

test('connections that cannot be accepted are said, and do not stop it', async () => {
  const listen = vi.spyOn(Server.prototype, 'listen');
  onTestFinished(() => listen.mockRestore());
  const said: unknown[] = [];
  const own = await createAgent({ documents: docs.documents, onError: (error) => void said.push(error) });
  onTestFinished(() => own.close());
  const refused = new Error('accept EMFILE');
  (listen.mock.contexts as Server[])[0]!.emit('error', refused);
  expect(said).toEqual([refused]);
  expect((await fetch(`${own.url}/v1/models`)).status).toBe(200);
});
