import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { streamChat } from '../src/pages/try/streamChat.js';

/** Asks a server that answers so. */
async function asked(answer: RequestListener, apiKey = 'kedge-key') {
  const server = createServer(answer).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const heard: string[] = [];
  const call = streamChat({
    gatewayUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    apiKey,
    model: 'demo',
    messages: [{ role: 'user', content: 'Hi' }],
    onText: (text) => heard.push(text),
    signal: new AbortController().signal,
  });
  return { error: await call.catch((error: unknown) => error), heard };
}

test('an answer that breaks off is said to, and that it may be charged', async () => {
  const { error, heard } = await asked((_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write('data: {"choices":[{"delta":{"content":"Hello"}}]}\n\n');
    setTimeout(() => response.destroy(), 50);
  });
  expect(heard).toEqual(['Hello']);
  expect(error).toMatchObject({ code: 'stream_broken', hints: [expect.stringContaining('may be charged')] });
});

test.each(['kedge-dmPU\u2026TNj', 'kedge\u2013key', 'two words', ''])(
  '%s is told to be no key, and is not sent',
  async (key) => {
    let isSent = false;
    const { error } = await asked((_, response) => {
      isSent = true;
      response.destroy();
    }, key);
    expect(error).toMatchObject({ code: 'key_invalid' });
    expect(isSent).toBe(false);
  },
);
