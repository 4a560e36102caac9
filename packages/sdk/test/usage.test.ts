import { zeroAddress } from '@kedge/core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addressOf, createClasses, createSale, startStage, type Stage } from './fixture.js';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
});
afterAll(() => stage.anvil.stop());

const valueOf = async (tokenId: bigint) => (await stage.as('stranger').getToken({ tokenId })).value;
const later = async () => (await stage.anvil.publicClient.getBlock()).timestamp + 1_000n;

describe('use outside of channels', () => {
  test('P13: an allowance for a token, or for a class, lets its operator record use up to its units', async () => {
    const { agentId: classId, lot } = await createSale(stage);
    const [consumer, operator] = [stage.as('consumer'), stage.as('operator')];
    const { tokenId } = await consumer.buyValue({ classId, lot, units: 1_000n });
    const given = { owner: addressOf('consumer'), operator: addressOf('operator') };
    await expect(operator.recordUsage({ tokenId, units: 1n })).rejects.toMatchObject({ code: 'ERC8028Unauthorized' });

    const expireAt = await later();
    await consumer.approveUsage({ tokenId, operator: addressOf('operator'), units: 100n, expireAt });
    await operator.recordUsage({ tokenId, units: 60n, metric: 'requests' });
    expect(await operator.getUsageAllowance({ tokenId, ...given })).toEqual({ units: 40n, expireAt });
    await expect(operator.recordUsage({ tokenId, units: 41n })).rejects.toMatchObject({
      code: 'DATUsageAllowanceExceeded',
    });
    await consumer.approveUsage({ classId, operator: addressOf('operator'), units: 500n });
    await operator.recordUsage({ tokenId, units: 41n });
    expect(await operator.getUsageAllowance({ classId, ...given })).toEqual({ units: 459n, expireAt: 0n });
    expect(await valueOf(tokenId)).toBe(899n);
    const { received } = await operator.getRevenue({ classId, asset: zeroAddress });
    expect(received).toBeGreaterThan(0n);
  });

  test('P13: a permit is signed by the owner and sent by anyone, once', async () => {
    const { agentId: classId, lot } = await createSale(stage);
    const { tokenId } = await stage.as('consumer').buyValue({ classId, lot, units: 10n });
    const terms = { tokenId, operator: addressOf('operator'), units: 7n };
    const permit = await stage.as('consumer').signUsagePermit({ ...terms, deadline: await later() });
    const other = { ...permit, units: 8n };
    await expect(stage.as('stranger').permitUsage(other)).rejects.toMatchObject({ code: 'DATPermitNotSigned' });
    await stage.as('stranger').permitUsage(permit);
    await expect(stage.as('stranger').permitUsage(permit)).rejects.toMatchObject({ code: 'DATPermitNotSigned' });
    await stage.as('operator').recordUsage({ tokenId, units: 7n });
    expect(await valueOf(tokenId)).toBe(3n);
  });

  test('P29: tokens are minted and used in batches, of several lots and classes, all or nothing', async () => {
    const { agentId: classId, lot, datasetId } = await createSale(stage);
    const [issuer, contributor, consumer] = [stage.as('issuer'), stage.as('contributor'), stage.as('consumer')];
    const to = addressOf('consumer');
    const expireAt = await later();
    const { tokenIds } = await issuer.mintBatch({
      classId,
      tokens: [
        { to, value: 5n },
        { to, value: 6n, expireAt },
        { to, shareRatio: 7n },
      ],
    });
    const minted = await Promise.all(tokenIds.map((tokenId) => consumer.getToken({ tokenId })));
    expect(minted).toMatchObject([
      { value: 5n, shareRatio: 0n, expireAt: 0n },
      { value: 6n, expireAt },
      { value: 0n, shareRatio: 7n },
    ]);
    const tooLarge = issuer.mintBatch({ classId, tokens: [{ to, shareRatio: 2n ** 32n }] });
    await expect(tooLarge).rejects.toMatchObject({ code: 'share_too_large' });

    const bought = await consumer.buyValue({ classId, lot, units: 9n });
    const foreign = await contributor.mint({ classId: datasetId, to, value: 4n });
    const uses = [tokenIds[0]!, bought.tokenId, foreign.tokenId, tokenIds[1]!, tokenIds[0]!].map((tokenId, at) => ({
      tokenId,
      units: BigInt(at + 1),
    }));
    const operator = addressOf('operator');
    for (const each of [classId, datasetId]) {
      await consumer.approveForClass({ classId: each, operator, approved: true });
    }
    await expect(stage.as('operator').recordUsageBatch({ uses })).rejects.toMatchObject({
      code: 'ERC8028InsufficientValue',
    });
    expect(await valueOf(bought.tokenId)).toBe(9n);
    await stage.as('operator').recordUsageBatch({ uses: uses.slice(0, 4), metric: 'records' });
    const left = await Promise.all([tokenIds[0]!, bought.tokenId, foreign.tokenId, tokenIds[1]!].map(valueOf));
    expect(left).toEqual([4n, 7n, 1n, 2n]);
    await consumer.approveForClass({ classId, operator, approved: false });
    await expect(stage.as('operator').recordUsageBatch({ uses: uses.slice(1, 2) })).rejects.toMatchObject({
      code: 'ERC8028Unauthorized',
    });
  });

  test('P29: a hundred uses cost at most 7,420 gas each', async () => {
    const { agentId: classId } = await createSale(stage);
    const to = addressOf('consumer');
    const tokens = Array.from({ length: 100 }, () => ({ to, value: 1_000n }));
    const { tokenIds } = await stage.as('issuer').mintBatch({ classId, tokens });
    await stage.as('consumer').approveForClass({ classId, operator: addressOf('operator'), approved: true });
    const uses = tokenIds.map((tokenId) => ({ tokenId, units: 100n }));
    const { gasUsed } = await stage.as('operator').recordUsageBatch({ uses });
    expect(Number(gasUsed) / 100).toBeLessThanOrEqual(7_420);
    // Fewer are not worth the list, which would cost more than it saves.
    const { transactionHash } = await stage.as('operator').recordUsageBatch({ uses: uses.slice(0, 24) });
    expect((await stage.anvil.publicClient.getTransaction({ hash: transactionHash })).accessList).toEqual([]);
  });
});

describe('what an issuer ends', () => {
  test('P17: after shares are frozen none is minted', async () => {
    const { agentId: classId } = await createClasses(stage);
    await stage.as('issuer').freezeShares({ classId });
    const share = stage.as('issuer').mintShare({ classId, to: addressOf('stranger'), shareRatio: 1n });
    await expect(share).rejects.toMatchObject({ code: 'DATSharesFrozen' });
    await expect(stage.as('issuer').freezeShares({ classId })).rejects.toMatchObject({ code: 'DATSharesFrozen' });
  });

  test('R1: a lot that is off sale sells nothing, until it is on sale again', async () => {
    const { agentId: classId, lot } = await createSale(stage);
    await stage.as('issuer').closeListing({ classId, lot });
    const purchase = () => stage.as('consumer').buyValue({ classId, lot, units: 1n });
    await expect(purchase()).rejects.toMatchObject({ code: 'ValueMarketNotListed' });
    await expect(stage.as('issuer').closeListing({ classId, lot })).rejects.toMatchObject({
      code: 'ValueMarketNotListed',
    });
    await stage.as('issuer').openListing({ classId, lot, supply: 5n });
    expect((await purchase()).tokenId).toBeGreaterThan(0n);
  });
});
