import { expect, onTestFinished, test } from 'vitest';
import { keepGatewayLease } from '../src/ledger/postgres/gatewayLease.js';

test('a database that does not know the gateway any more, as one that was restored, ends its lease and says why', async () => {
  const refuse = (): never => {
    throw new Error('Nobody asks for this.');
  };
  const logged: string[] = [];
  const log = { info: () => undefined, warn: () => undefined, error: (event: string) => void logged.push(event) };
  const lease = keepGatewayLease({
    // No row is updated.
    database: { query: async () => [], onConnection: refuse, close: refuse },
    epoch: 7n,
    leaseMs: 200,
    since: performance.now(),
    now: Date.now,
    log,
  });
  onTestFinished(lease.stop);
  await expect.poll(lease.isLive).toBe(false);
  expect(String(lease.failure())).toContain('does not know this gateway');
  expect(logged).toEqual(['ledger_unreachable']);
});
