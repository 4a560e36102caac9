import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { patientFetch } from '../src/strict/patientFetch.js';

const [older, newer] = [1, 2].map((version) => Symbol.for(`undici.globalDispatcher.${version}`)) as [symbol, symbol];
type Dispatcher = { readonly constructor: new (options: object) => Dispatcher };
const globals = globalThis as { [name: symbol]: Dispatcher | undefined };

test('an answer may begin later, and pause for longer, than the global fetch waits', async () => {
  const server = createServer((_, response) => {
    void (async () => {
      // undici looks at its clock once a second.
      await delay(1_800);
      response.writeHead(200).write('late, ');
      await delay(1_800);
      response.end('and whole');
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  void new Headers();
  const dispatcherName = globals[older]?.constructor.name === 'Agent' ? older : newer;
  const usual = globals[dispatcherName]!;
  onTestFinished(() => void (globals[dispatcherName] = usual));
  // Node's limits are of five minutes: here they are of a moment.
  globals[dispatcherName] = new usual.constructor({ headersTimeout: 100, bodyTimeout: 100 });
  const impatient = fetch(url, { method: 'POST' });
  const patient = patientFetch(url, { method: 'POST', body: new Uint8Array(2) });
  await expect(impatient).rejects.toMatchObject({ cause: { code: 'UND_ERR_HEADERS_TIMEOUT' } });
  expect(await (await patient).text()).toBe('late, and whole');
});
