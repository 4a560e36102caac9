import { closeAll } from '@kedge/core';
import { expect, test } from 'vitest';
import { createGateway } from '../src/index.js';
import { apiKey, createTestSetup, operatorKey } from './support/createTestSetup.js';
import { answerWith, completion, startScriptedUpstream } from './support/scriptedUpstream.js';

test('R18: what an earlier run anchored is not anchored again after a restart, and what it did not is', async () => {
  const upstream = await startScriptedUpstream(answerWith(completion('Hello there.')));
  const setup = createTestSetup({ upstreamUrl: upstream.url });
  const { mined } = setup.chain;
  const anchors = () =>
    mined.flatMap(({ capture }) => capture.anchors.map(({ epoch, lastBatch }) => [epoch, lastBatch]));
  for (const run of [1n, 2n, 3n]) {
    const gateway = await setup.start();
    for (let call = 0; call < 2; call++) {
      const response = await fetch(`${gateway.url}/v1/chat/completions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${apiKey}` },
        body: JSON.stringify({ model: 'demo', messages: [{ role: 'user', content: 'Hi' }] }),
      });
      expect(response.status).toBe(200);
    }
    // The last capture of a run is made when it stops; of the second, it cannot be.
    setup.chain.down = run === 2n;
    await gateway.close();
    setup.chain.down = false;
  }
  expect(anchors().map(([, lastBatch]) => lastBatch)).toEqual([2n, 2n, 2n]);
  expect(new Set(anchors().map(([epoch]) => epoch)).size).toBe(3);
  await upstream.close();
  setup.remove();
});

test('a start that fails at the very end leaves no server behind, and nothing that holds the folder', async () => {
  const setup = createTestSetup({ upstreamUrl: 'http://127.0.0.1:1' });
  let url = '';
  const quiet = (): void => undefined;
  const info = (event: string, fields?: { readonly url?: unknown }): void => {
    if (event !== 'gateway_ready') return;
    url = String(fields?.url);
    throw new Error('the log is full');
  };
  const { chain } = setup;
  const failed = createGateway(setup.config, {
    chain,
    log: { info, warn: quiet, error: quiet },
    env: { OPERATOR_KEY: operatorKey },
  });
  await expect(failed).rejects.toThrow('the log is full');
  await expect(fetch(`${url}/healthz`)).rejects.toThrow('fetch failed');
  const gateway = await setup.start();
  expect((await fetch(`${gateway.url}/healthz`)).status).toBe(200);
  await gateway.close();
  setup.remove();
});

test('a step that cannot be closed keeps none of the others open, and its error is told', async () => {
  const taken: string[] = [];
  const step = (name: string, error?: Error) => async (): Promise<void> => {
    taken.push(name);
    if (error !== undefined) throw error;
  };
  const steps = [
    step('server'),
    step('captures', new Error('first')),
    step('ledger', new Error('second')),
    step('lock'),
  ];
  await expect(closeAll(steps)).rejects.toThrow('first');
  expect(taken).toEqual(['server', 'captures', 'ledger', 'lock']);
});
