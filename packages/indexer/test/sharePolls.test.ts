import { expect, test } from 'vitest';
import type { RpcRequest } from '../src/directRpc.js';
import { sharePolls } from '../src/sharePolls.js';

const poll: RpcRequest = { method: 'eth_getBlockByNumber', params: ['latest', true] };

/** An RPC that answers when told, and the clock by which polls are shared. */
function startRpc() {
  const asked: {
    readonly request: RpcRequest;
    readonly context: unknown;
    readonly settle: (answer: unknown) => void;
  }[] = [];
  const clock = { now: 0 };
  const rpc = {
    request: (request: RpcRequest, context?: unknown): Promise<unknown> =>
      new Promise((resolve, reject) => {
        const settle = (answer: unknown): void => (answer instanceof Error ? reject(answer) : resolve(answer));
        asked.push({ request, context, settle });
      }),
  };
  sharePolls(rpc, () => clock.now);
  return { rpc, asked, clock };
}

test('polls take the answer that is awaited, and ask once more when it came', async () => {
  const { rpc, asked } = startRpc();
  const polls = [rpc.request(poll), rpc.request(poll)];
  expect(asked).toHaveLength(1);
  asked[0]!.settle('block 1');
  expect(await Promise.all(polls)).toEqual(['block 1', 'block 1']);
  const next = rpc.request(poll);
  asked[1]!.settle('block 2');
  expect(await next).toBe('block 2');
});

test('a poll that failed fails for all that awaited it, and for no other', async () => {
  const { rpc, asked } = startRpc();
  const polls = [rpc.request(poll), rpc.request(poll)];
  asked[0]!.settle(new Error('the node is away'));
  for (const each of polls) await expect(each).rejects.toThrow('the node is away');
  void rpc.request(poll);
  expect(asked).toHaveLength(2);
});

test('a poll that was not answered for two seconds is followed by another, which the rest await', async () => {
  const { rpc, asked, clock } = startRpc();
  const first = rpc.request(poll);
  clock.now = 1_999;
  void rpc.request(poll);
  expect(asked).toHaveLength(1);
  clock.now = 2_000;
  const second = rpc.request(poll);
  expect(asked).toHaveLength(2);
  // An answer that comes late is not the end of the one after it.
  asked[0]!.settle('block 1');
  expect(await first).toBe('block 1');
  const third = rpc.request(poll);
  expect(asked).toHaveLength(2);
  asked[1]!.settle('block 2');
  expect(await Promise.all([second, third])).toEqual(['block 2', 'block 2']);
});

test.each([
  { method: 'eth_getBlockByNumber', params: ['latest', false] },
  { method: 'eth_getBlockByNumber', params: ['0x1', true] },
  { method: 'eth_getLogs', params: [{ blockHash: '0x1' }] },
  { method: 'eth_chainId' },
])('%o is always asked, with its context', (request) => {
  const { rpc, asked } = startRpc();
  for (const context of ['one', 'another']) void rpc.request(request, context);
  expect(asked.map((each) => [each.request, each.context])).toEqual([
    [request, 'one'],
    [request, 'another'],
  ]);
});
