import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { zeroAddress } from '@kedge/core';
import { createIndexerClient } from '../src/index.js';

const closing: (() => void)[] = [];
afterEach(() => closing.splice(0).forEach((close) => close()));

/** A server that answers as told; the indexer's own tests ask the real one. */
async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test('a method asks its route and reads the answer', async () => {
  let asked: string | undefined;
  const url = await serve((request, response) => {
    asked = request.url;
    response.end(JSON.stringify({ items: [], next: '7' }));
  });
  const indexer = createIndexerClient({ url: `${url}/` });
  expect(await indexer.tokens({ owner: zeroAddress, limit: 3 })).toEqual({ items: [], next: '7' });
  expect(asked).toBe(`/tokens?owner=${zeroAddress}&limit=3`);
  expect(indexer.urlOf('usage', { classId: 2n, format: 'csv' })).toBe(`${url}/classes/2/usage?format=csv`);
});

test('Problem Details become the error they describe', async () => {
  const url = await serve((_request, response) => {
    response.writeHead(404, { 'content-type': 'application/problem+json' });
    const values = { classId: '9' };
    response.end(JSON.stringify({ type: '/problems/class_unknown', detail: 'No class 9.', hints: ['Look.'], values }));
  });
  const asked = createIndexerClient({ url }).class({ classId: 9n });
  await expect(asked).rejects.toMatchObject({
    code: 'class_unknown',
    status: 404,
    shortMessage: 'No class 9.',
    hints: ['Look.'],
    values: { classId: '9' },
  });
});

test('an answer that is none, and no answer, are transient errors', async () => {
  const url = await serve((_request, response) => response.end('<html>'));
  await expect(createIndexerClient({ url }).status()).rejects.toMatchObject({
    code: 'indexer_unreachable',
    kind: 'transient',
  });
  const other = await serve((_request, response) => response.writeHead(404).end('<html>'));
  await expect(createIndexerClient({ url: other }).status()).rejects.toMatchObject({
    code: 'answer_unknown',
    hints: [expect.stringContaining('URL')],
    status: 404,
    kind: 'user',
  });
  const gone = await serve(() => undefined);
  closing.splice(0).forEach((close) => close());
  await expect(createIndexerClient({ url: gone }).status()).rejects.toMatchObject({ code: 'indexer_unreachable' });
});

test('a request whose connection the server closed in that moment is asked once more, and no oftener', async () => {
  let requests = 0;
  let broken = 1;
  const url = await serve((request, response) => {
    requests++;
    if (broken-- > 0) return void request.socket.resetAndDestroy();
    response.end(JSON.stringify({ items: [], next: '7' }));
  });
  const indexer = createIndexerClient({ url });
  expect(await indexer.tokens({ owner: zeroAddress })).toEqual({ items: [], next: '7' });
  expect(requests).toBe(2);
  broken = Infinity;
  await expect(indexer.tokens({ owner: zeroAddress })).rejects.toMatchObject({ code: 'indexer_unreachable' });
  expect(requests).toBe(4);
});

test('a request that is given up ends with its own reason', async () => {
  const url = await serve(() => undefined);
  const controller = new AbortController();
  const asked = createIndexerClient({ url }).status({}, { signal: controller.signal });
  controller.abort(new Error('left the page'));
  await expect(asked).rejects.toThrow('left the page');
});
