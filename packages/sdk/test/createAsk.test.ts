import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { createAsk } from '../src/strict/createAsk.js';

test.each([
  ['says nothing', ''],
  ['goes on for ever', '{"newest":'],
])('a gateway that takes a question and %s is given up', async (_, said) => {
  const server = createServer((_request, response) => void (said !== '' && response.write(said)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const ask = createAsk((input, init) => fetch(input, init), 100);
  const { port } = server.address() as AddressInfo;
  const asked = ask(`http://127.0.0.1:${port}/v1/vouchers`, { method: 'GET' }).then((response) => response.text());
  await expect(asked).rejects.toMatchObject({ code: 'gateway_silent', kind: 'transient' });
});

test('an answer that is there is not lost when the time is over', async () => {
  const ask = createAsk(async () => new Response('held'), 20);
  const response = await ask('http://gateway/v1/vouchers', { method: 'GET' });
  await new Promise((resolve) => setTimeout(resolve, 40));
  expect(await response.text()).toBe('held');
});
