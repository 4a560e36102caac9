import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Channel, zeroHash } from '@kedge/core';
import { expect, onTestFinished, test, vi } from 'vitest';
import { createCaptureBatcher } from '../src/capture/createCaptureBatcher.js';
import { endedChannelsIn } from '../src/capture/endedChannels.js';
import type { ServedChannel } from '../src/channels/servedChannel.js';
import { operatorKeyOf } from '../src/crypto/operatorKey.js';
import { openLedger } from '../src/ledger/openLedger.js';
import { createChainSetup, use } from './support/createChainSetup.js';
import { domain, holderAddress, operatorKey } from './support/createTestSetup.js';
import { createFakeChain, type FakeChain } from './support/fakeChain.js';
import { answerWith, completion, startScriptedUpstream } from './support/scriptedUpstream.js';

test('a capture that the chain loses while nobody calls is made again, by a gateway that goes on running', async () => {
  const upstream = await startScriptedUpstream(answerWith(completion('Hello there.')));
  const setup = await createChainSetup(upstream.url, 1);
  const [{ apiKey, channel } = {} as never] = setup.channels;
  const { testClient } = setup.anvil;
  const gateway = await setup.start({ batchIntervalMs: 100 });
  try {
    const before = await testClient.snapshot();
    expect(await use(gateway.url, apiKey)).toBe(200);
    await expect.poll(() => setup.capturedOf(channel)).toBeGreaterThan(0n);
    const captured = await setup.capturedOf(channel);
    const nonce = await setup.nonce();
    await expect.poll(() => setup.logs.some(({ event }) => event === 'captured')).toBe(true);
    // Eleven blocks above it, and none of them, nor it, is left.
    await testClient.mine({ blocks: 11 });
    await testClient.revert({ id: before });
    await expect.poll(() => setup.capturedOf(channel)).toBe(captured);
    expect(await setup.nonce()).toBe(nonce);
  } finally {
    await gateway.close();
    await setup.remove();
    await upstream.close();
  }
});

const operator = operatorKeyOf(operatorKey);
const channelId = `0x${'11'.repeat(32)}` as const;
const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };
const minute = 60_000;

/** A batcher on the log of a folder; its calls are of 20 units. */
async function openBatcher(folder: string, chain: FakeChain) {
  const ignore = (): void => undefined;
  const events: string[] = [];
  const ledger = await openLedger({
    path: join(folder, 'ledger.log'),
    domain,
    operator,
    log: quiet,
    now: Date.now,
    onAnswer: ignore,
    onVoucher: ignore,
    onKeyUse: ignore,
    running: () => 0,
    onCommitted: ignore,
  });
  const channel: Channel = {
    holder: holderAddress,
    tokenId: 1n,
    operator: operator.address,
    channelKey: operator.address,
    cap: 1_000n,
    rate: 1n,
    burst: 1_000n,
    deadline: 1_000n,
    grace: 86_400,
    mode: 'capped',
    salt: zeroHash,
  };
  // What captures look at.
  const served = { channel, channelId, edges: [] } as unknown as ServedChannel;
  const note = (event: string): void => void events.push(event);
  const batcher = createCaptureBatcher({
    ledger,
    chain,
    operator,
    domain,
    putLeaves: async () => 'leaves',
    channelOf: () => served,
    isUnserved: () => false,
    endedChannelsFile: endedChannelsIn(folder),
    voucherOf: () => undefined,
    onGone: ignore,
    intervalMs: 1_000,
    maxReceipts: 1_000,
    now: Date.now,
    elapsedMs: () => performance.now(),
    log: { info: note, warn: note, error: note },
  });
  batcher.track(channelId, chain.captured.get(channelId) ?? 0n);
  const call = () =>
    ledger.commit({
      channelId,
      tokenId: 1n,
      classId: 1n,
      policyHash: zeroHash,
      requestHash: zeroHash,
      responseHash: zeroHash,
      metrics: [],
      units: 20n,
      salt: zeroHash,
      issuedAt: 0n,
      hasWindows: false,
    });
  const close = async (): Promise<void> => {
    await batcher.cancel();
    await ledger.close();
  };
  return { batcher, call, close, events };
}

/** A chain on which 20 units were captured by a batcher that has nothing more to do. Its timers are the test's. */
async function beginCaptured() {
  const folder = mkdtempSync(join(tmpdir(), 'kedge-gateway-test-'));
  const chain = createFakeChain(zeroHash, 0n);
  let run = await openBatcher(folder, chain);
  await run.call();
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  expect(await run.batcher.captureNow()).toBeUndefined();
  expect(chain.captured.get(channelId)).toBe(20n);
  onTestFinished(async () => {
    vi.useRealTimers();
    await run.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const restart = async () => {
    vi.useRealTimers();
    await run.close();
    return (run = await openBatcher(folder, chain));
  };
  return { chain, restart };
}

test('R18: an idle gateway asks ever less often for the newest block while it stays the same, and sends nothing', async () => {
  const { chain } = await beginCaptured();
  const before = chain.looks;
  await vi.advanceTimersByTimeAsync(60 * minute);
  expect(chain.looks - before).toBeGreaterThan(50);
  expect(chain.looks - before).toBeLessThan(70);
  expect(chain.mined).toHaveLength(1);
});

test('a capture is looked after until it is 12 blocks deep, and no longer', async () => {
  const { chain } = await beginCaptured();
  for (const blocks of [1, 10]) {
    chain.pass(blocks);
    await vi.advanceTimersByTimeAsync(minute);
    await expect.poll(() => vi.getTimerCount()).toBe(1);
  }
  chain.reorganise(1);
  expect(chain.captured.get(channelId)).toBeUndefined();
  await vi.advanceTimersByTimeAsync(minute);
  await expect.poll(() => chain.captured.get(channelId)).toBe(20n);
  chain.pass(12);
  await vi.advanceTimersByTimeAsync(minute);
  await expect.poll(() => vi.getTimerCount()).toBe(0);
  const { looks } = chain;
  chain.pass(1);
  await vi.advanceTimersByTimeAsync(60 * minute);
  expect(chain.looks).toBe(looks);
  expect(chain.mined).toHaveLength(1);
});

test('a capture that was 12 blocks deep is not asked for after a start: its node may keep no receipts of that time', async () => {
  const { chain, restart } = await beginCaptured();
  chain.pass(12);
  await vi.advanceTimersByTimeAsync(minute);
  await expect.poll(() => vi.getTimerCount()).toBe(0);
  const { outcomeOf } = chain;
  const [first] = chain.mined;
  Object.assign(chain, {
    outcomeOf: async (hash: string) => (hash === first?.transaction.hash ? undefined : outcomeOf(hash as never)),
  });
  const { batcher, call, events } = await restart();
  await call();
  expect(await batcher.captureNow()).toBeUndefined();
  expect(events).not.toContain('transaction_dropped');
  expect(
    chain.mined.map(({ capture }) => capture.anchors.map(({ firstBatch, lastBatch }) => lastBatch - firstBatch)),
  ).toEqual([[0n], [0n]]);
});
