import { expect, test } from 'vitest';
import { refusedEvents } from '../src/index.js';

/** An error of viem, as far as it is known by: its name, and what it has beside it. */
function named(name: string, more: object, cause?: unknown): Error {
  return Object.assign(new Error(name, { cause }), { name, ...more });
}

test('a node that refuses a block says so by an error of its own, or by a status', () => {
  for (const refusal of [
    named('UnknownRpcError', {}, named('RpcRequestError', { details: 'pruned history unavailable' })),
    named('HttpRequestError', { status: 403, details: 'pruned history unavailable' }),
  ]) {
    expect(refusedEvents(refusal, 7n)).toMatchObject({
      code: 'events_unavailable',
      kind: 'user',
      values: { block: 7n, node: 'pruned history unavailable' },
      cause: refusal,
    });
  }
});

test('one that does not answer, or takes no more requests now, refuses nothing', () => {
  for (const error of [
    named('HttpRequestError', { details: 'fetch failed' }),
    named('HttpRequestError', { status: 502 }),
    named('HttpRequestError', { status: 429 }),
    named('LimitExceededRpcError', {}, named('RpcRequestError', { details: 'too many requests' })),
    new Error('block range is too wide'),
    'nothing',
  ]) {
    expect(refusedEvents(error, 7n)).toBe(error);
  }
});
