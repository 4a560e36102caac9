import { shareRatioMax } from '@kedge/core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addressOf, createClasses, startStage, type Stage } from './fixture.js';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
});
afterAll(() => stage.anvil.stop());

describe('mint and mintShare', () => {
  test('value and share come with the token of the event', async () => {
    const { agentId } = await createClasses(stage);
    const { tokenId } = await stage.as('issuer').mint({ classId: agentId, to: addressOf('consumer'), value: 5n });
    expect(await stage.as('stranger').getToken({ tokenId })).toMatchObject({
      classId: agentId,
      lot: 1,
      holder: addressOf('consumer'),
      value: 5n,
      shareRatio: 0n,
      expireAt: 0n,
    });
    const share = await stage.as('issuer').mintShare({
      classId: agentId,
      to: addressOf('consumer'),
      shareRatio: shareRatioMax,
      expireAt: 4_000_000_000n,
    });
    expect(await stage.as('stranger').getToken({ tokenId: share.tokenId })).toMatchObject({
      value: 0n,
      shareRatio: shareRatioMax,
      expireAt: 4_000_000_000n,
    });
  });

  test('R23: a weight that the contract would cut is refused before it is sent', async () => {
    const mint = { classId: 1n, to: addressOf('consumer'), shareRatio: shareRatioMax + 1n };
    await expect(stage.as('issuer').mintShare(mint)).rejects.toMatchObject({ code: 'share_too_large' });
    await expect(stage.as('issuer').mintShare({ ...mint, shareRatio: 0n })).rejects.toMatchObject({
      code: 'share_zero',
    });
  });

  test('an expiry in the past is refused with a way out', async () => {
    const { agentId } = await createClasses(stage);
    await expect(
      stage.as('issuer').mint({ classId: agentId, to: addressOf('consumer'), value: 1n, expireAt: 1n }),
    ).rejects.toMatchObject({ code: 'DATInvalidExpiry', values: { expireAt: 1n }, hints: [expect.any(String)] });
  });
});
