import { encodeCaptureItems } from '@kedge/core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CaptureItem, RoyaltyEdge } from '../src/index.js';
import { chunkOf, maxTransactionBytes } from '../src/capture/captureChunk.js';
import { type ChainSetup, createChainSetup, use } from './support/createChainSetup.js';
import { answerWith, completion, type ScriptedUpstream, startScriptedUpstream } from './support/scriptedUpstream.js';

let upstream: ScriptedUpstream;
let setup: ChainSetup;

beforeAll(async () => {
  upstream = await startScriptedUpstream(answerWith(completion('Hello there.')));
  setup = await createChainSetup(upstream.url, 12);
});

afterAll(async () => {
  await setup?.remove();
  await upstream?.close();
});

test('R18: what one transaction cannot take is captured by the next ones, at once', async () => {
  const gateway = await setup.start();
  for (const { apiKey } of setup.channels) expect(await use(gateway.url, apiKey)).toBe(200);
  const before = await setup.nonce();
  // A transaction of three channels has room for its estimate in a block of this chain, one of twelve has not.
  await setup.anvil.testClient.setBlockGasLimit({ gasLimit: 260_000n });
  await setup.anvil.testClient.mine({ blocks: 1 });
  const answer = await fetch(`${gateway.url}/admin/capture`, { method: 'POST' });
  expect(await answer.text()).toBe('{"captured":true}');
  for (const { channel } of setup.channels) expect(await setup.capturedOf(channel)).toBeGreaterThan(0n);
  expect((await setup.nonce()) - before).toBeGreaterThan(1);
  const again = await setup.nonce();
  await gateway.close();
  expect(await setup.nonce()).toBe(again);
});

test('R18: a chunk of captures keeps to the bytes and gas of one transaction, and leaves no item out', () => {
  const signature = `0x${'12'.repeat(64)}` as const;
  const [{ channel } = {} as never] = setup.channels;
  const itemsOf = (signed: boolean): CaptureItem[] =>
    Array.from({ length: 1_500 }, (_, index) => ({
      // Each has a header of its own: as wide as they come.
      channel: { ...channel, rate: BigInt(index + 1) },
      voucher: {
        channelId: `0x${index.toString(16).padStart(64, '0')}`,
        cumulativeUnits: 1n,
        receiptHash: `0x${'34'.repeat(32)}`,
        seq: 1n,
      },
      ...(signed ? { signature } : {}),
    }));
  const edgesOf = (items: readonly CaptureItem[]): RoyaltyEdge[] =>
    items
      .filter((_, index) => index % 10 === 0)
      .map((_, index) => ({ classId: BigInt(index), parentIndex: 0n, asset: channel.operator }));
  for (const items of [itemsOf(true), itemsOf(false)]) {
    const chunks: number[] = [];
    for (let rest: readonly CaptureItem[] = items; rest.length > 0;) {
      const { items: taken, edges } = chunkOf(rest, edgesOf);
      expect(taken).toEqual(rest.slice(0, taken.length));
      expect(encodeCaptureItems(taken).length / 2 + edges.length * 96).toBeLessThan(maxTransactionBytes - 8 * 320);
      chunks.push(taken.length);
      rest = rest.slice(taken.length);
    }
    expect(chunks.reduce((sum, length) => sum + length, 0)).toBe(items.length);
    expect(chunks.length).toBeLessThan(15);
  }
});
