import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { withDirectRequests, type RpcRequest } from '../src/directRpc.js';

let server: Server | undefined;
afterEach(() => void server?.close());

/** A node that answers as told. */
async function nodeThat(answer: (request: RpcRequest) => { status?: number; body: string }): Promise<string> {
  server = createServer((incoming, outgoing) => {
    let body = '';
    incoming.on('data', (chunk: Buffer) => (body += chunk.toString()));
    incoming.on('end', () => {
      const { status = 200, body: text } = answer(JSON.parse(body) as RpcRequest);
      outgoing.writeHead(status).end(text);
    });
  });
  await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/path?key=1`;
}

function pacedRpc() {
  const asked: [RpcRequest, unknown][] = [];
  return {
    asked,
    hostnames: ['node'],
    request: async (...given: [RpcRequest, unknown?]) => asked.push(given as never),
  };
}

const request = { method: 'eth_getBlockByNumber', params: ['0x1', true] };

test('what the node answers is the answer, and Ponder’s paced RPC is not asked', async () => {
  const url = await nodeThat(({ method, params }) => ({ body: JSON.stringify({ result: { method, params } }) }));
  const paced = pacedRpc();
  const rpc = withDirectRequests(paced, url);
  expect(await rpc.request(request)).toEqual(request);
  expect([rpc.hostnames, paced.asked]).toEqual([['node'], []]);
});

test.each([
  ['an error', { body: '{"error":{"code":-32005,"message":"range too wide"}}' }],
  ['no such block', { body: '{"result":null}' }],
  ['another status', { status: 429, body: '{"result":{}}' }],
  ['something else', { body: '<html>' }],
])('%s goes to Ponder’s paced RPC, with its context', async (_, answer) => {
  const paced = pacedRpc();
  const context = { retryNullBlockRequest: true };
  expect(await withDirectRequests(paced, await nodeThat(() => answer)).request(request, context)).toBe(1);
  expect(paced.asked).toEqual([[request, context]]);
});

test('so does a node that is not there', async () => {
  const url = await nodeThat(() => ({ body: '' }));
  await new Promise((resolve) => server!.close(resolve));
  const paced = pacedRpc();
  expect(await withDirectRequests(paced, url).request(request)).toBe(1);
});
