import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { decodeSignedReceipt, splitSeq } from '@kedge/core';
import { expect, test } from 'vitest';
import { createGateway } from '../src/index.js';
import { nextEpoch } from '../src/ledger/nextEpoch.js';
import { apiKey, createTestSetup, operatorKey } from './support/createTestSetup.js';
import { answerWith, completion, startScriptedUpstream } from './support/scriptedUpstream.js';

const minute = 60_000;

test('R15: a restored older copy of the log numbers nothing twice', async () => {
  const upstream = await startScriptedUpstream(answerWith(completion('Hello.')));
  const setup = createTestSetup({ upstreamUrl: upstream.url });
  const { chain, config, folder } = setup;
  let now = Date.now();
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
  /** Starts the gateway, makes one call and stops it without a capture; the call's number. */
  const run = async (dataDir: string): Promise<bigint> => {
    const gateway = await createGateway(
      { ...config, dataDir },
      { chain, log, now: () => now, env: { OPERATOR_KEY: operatorKey } },
    );
    const response = await fetch(`${gateway.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${apiKey}` },
      body: JSON.stringify({ model: 'demo', messages: [{ role: 'user', content: 'Hi' }] }),
    });
    chain.down = true;
    await gateway.close();
    chain.down = false;
    return decodeSignedReceipt(response.headers.get('kedge-receipt')!).receipt.seq;
  };
  const [dataDir, backup] = [join(folder, 'gateway'), join(folder, 'backup')];
  const seqs = [await run(dataDir)];
  cpSync(dataDir, backup, { recursive: true });
  for (let restarts = 0; restarts < 3; restarts++) {
    now += 2 * minute;
    seqs.push(await run(dataDir));
  }
  now += minute;
  seqs.push(await run(backup));
  expect(new Set(seqs).size).toBe(seqs.length);
  expect(splitSeq(seqs.at(-1)!).epoch).toBeGreaterThan(splitSeq(seqs.at(-2)!).epoch);
  await upstream.close();
  setup.remove();
});

test('R15: an epoch is above the last one however the clock is set', () => {
  const now = Date.UTC(2026, 10, 21);
  const epoch = nextEpoch(0n, now);
  expect(nextEpoch(epoch, now)).toBe(epoch + 1n);
  expect(nextEpoch(epoch, now - 1_000 * minute)).toBe(epoch + 1n);
  expect(nextEpoch(5n, 0)).toBe(6n);
  expect(nextEpoch(epoch, now + 9 * minute)).toBe(epoch + 9n);
  expect(nextEpoch(epoch, Date.UTC(2099, 0, 1))).toBe(epoch + 1n);
});
