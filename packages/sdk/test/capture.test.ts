import { channelIdOf, zeroAddress } from '@kedge/core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addressOf, createChannel, hash, signVoucher, someHash, startStage, type Stage } from './fixture.js';

let stage: Stage;
let scene: Awaited<ReturnType<typeof createChannel>>;

beforeAll(async () => {
  stage = await startStage();
  scene = await createChannel(stage);
});
afterAll(() => stage.anvil.stop());

const wei = 10n ** 12n;

describe('capture', () => {
  test('R8: takes what was signed, collects the royalty and anchors the root in one transaction', async () => {
    const item = await signVoucher(stage, scene, 1_000n);
    const outcome = await stage.as('operator').capture({
      items: [item],
      edges: [{ classId: scene.agentId, parentIndex: 0n, asset: zeroAddress }],
      anchors: [{ epoch: 1n, firstBatch: 1n, lastBatch: 3n, root: someHash, cid: 'bafy' }],
    });
    expect(outcome.failed).toEqual([]);
    expect(outcome.captured).toEqual([
      {
        channelId: scene.channelId,
        units: 1_000n,
        capturedUnits: 1_000n,
        seq: item.voucher.seq,
        receiptHash: item.voucher.receiptHash,
      },
    ]);
    // 1,000 units are 1,000 x 1e12 wei: 20 % the operator's cut, 30 % of the rest the dataset's.
    const revenue = 800n * wei;
    expect(outcome.royalties).toEqual([
      { classId: scene.agentId, parentId: scene.datasetId, asset: zeroAddress, amount: (revenue * 3n) / 10n },
    ]);
    expect(outcome.anchoredRoots).toEqual([someHash]);
    expect(await stage.as('stranger').getOwed({ account: addressOf('operator') })).toBe(200n * wei);
  });

  test('R8: a repeated voucher is a no-op that succeeds, and anyone may relay it', async () => {
    const outcome = await stage.as('stranger').capture({ items: [await signVoucher(stage, scene, 1_000n)] });
    expect(outcome).toMatchObject({ captured: [], failed: [] });
  });

  test('R10: what the channel key sends needs no signature, what another sends does', async () => {
    const { channel, voucher } = await signVoucher(stage, scene, 1_500n);
    const refused = await stage.as('stranger').capture({ items: [{ channel, voucher }] });
    expect(refused.captured).toEqual([]);
    expect(refused.failed[0]?.reason.name).toBe('ValueChannelsWrongSigner');
    const taken = await stage.as('operator').capture({ items: [{ channel, voucher }] });
    expect(taken.captured.map(({ units }) => units)).toEqual([500n]);
  });

  test('R8: one bad item fails alone, with its reason in words', async () => {
    const good = await signVoucher(stage, scene, 2_000n);
    const bad = { ...good, channel: { ...good.channel, salt: `0x${'cd'.repeat(32)}` as const } };
    const outcome = await stage.as('operator').capture({ items: [bad, good] });
    expect(outcome.captured.map(({ units }) => units)).toEqual([500n]);
    expect(outcome.failed).toHaveLength(1);
    const { chainId, contracts } = stage.deployment;
    const badId = channelIdOf({ chainId, verifyingContract: contracts.ValueChannels }, bad.channel, hash);
    expect(outcome.failed[0]).toMatchObject({ index: 0, channelId: badId });
    expect(outcome.failed[0]?.reason.name).toMatch(/^ValueChannels(NotOpen|WrongSigner)$/);
  });
});
