import { dataAnchoringTokenAbi, valueChannelsAbi } from '@kedge/core';
import { startLaggingNode } from '@kedge/testing';
import { type AbiFunction, toFunctionSelector } from 'viem';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { type ChainSetup, createChainSetup, use } from './support/createChainSetup.js';
import { answerWith, completion, type ScriptedUpstream, startScriptedUpstream } from './support/scriptedUpstream.js';

// Behind one URL may be several nodes, of which one is a few blocks behind.
let upstream: ScriptedUpstream;
let setup: ChainSetup;

beforeAll(async () => {
  upstream = await startScriptedUpstream(answerWith(completion('Hello.')));
  setup = await createChainSetup(upstream.url, 1);
});
afterAll(async () => {
  await setup.remove();
  await upstream.close();
});

const views = [...valueChannelsAbi, ...dataAnchoringTokenAbi].filter(
  (item): item is typeof item & AbiFunction => item.type === 'function',
);
const selectorOf = (name: string): string =>
  toFunctionSelector(views.find((view) => view.name === name) as AbiFunction);

// Each run captures once, when it ends.
test.each([
  ['channelState', 3n],
  ['lockInfo', 4n],
  ['policyOfToken', 5n],
])(
  'a channel that was just opened is served, though the node that was asked for its %s did not know it yet',
  async (view, blocks) => {
    let isLate = true;
    const node = await startLaggingNode(
      setup.anvil.rpcUrl,
      ({ method, params }) => isLate && method === 'eth_call' && JSON.stringify(params).includes(selectorOf(view)),
      blocks,
    );
    const gateway = await setup.start({ rpcUrl: node.url });
    isLate = false;
    expect(await use(gateway.url, 'kedge_key_0')).toBe(200);
    await gateway.close();
    await node.stop();
  },
);

test('what was captured is asked of a node that has its block: none is said to be short, nor captured again', async () => {
  let late = 0;
  const node = await startLaggingNode(
    setup.anvil.rpcUrl,
    ({ method, params }) =>
      method === 'eth_call' && JSON.stringify(params).includes(selectorOf('lockInfo')) && late-- > 0,
    1n,
  );
  onTestFinished(node.stop);
  const gateway = await setup.start({ rpcUrl: node.url });
  onTestFinished(gateway.close);
  const nonce = await setup.nonce();
  setup.logs.length = 0;
  for (let times = 1; times <= 2; times++) {
    expect(await use(gateway.url, 'kedge_key_0')).toBe(200);
    late = 1;
    const captured = await fetch(`${gateway.url}/admin/capture`, { method: 'POST' });
    expect(captured.status).toBe(200);
    expect(late).toBeLessThanOrEqual(0);
    expect(setup.logs.filter(({ event }) => event === 'capture_short')).toEqual([]);
    expect(await setup.nonce()).toBe(nonce + times);
  }
});
