import { zeroAddress } from '@kedge/core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addressOf, createSale, policy, price, someHash, startStage, type Stage } from './fixture.js';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
});
afterAll(() => stage.anvil.stop());

describe('createLot, openListing and buyValue', () => {
  test('R1, R2: value bought is backed by its price, and belongs to who it was bought for', async () => {
    const { agentId, lot } = await createSale(stage);
    const args = { classId: agentId, lot, units: 1_000_000n, to: addressOf('contributor') };
    const bought = await stage.as('consumer').buyValue(args);
    expect(bought).toMatchObject({ asset: zeroAddress, cost: 10n ** 18n });
    expect(await stage.as('stranger').getToken({ tokenId: bought.tokenId })).toMatchObject({
      holder: addressOf('contributor'),
      value: 1_000_000n,
      lot,
      policy: { version: 1, hash: policy.hash },
    });
    expect(await stage.as('stranger').getLot({ classId: agentId, lot })).toEqual({
      classId: agentId,
      lot,
      policyVersion: 1,
      asset: zeroAddress,
      price,
      operatorBps: 2_000,
      refundable: true,
      expiredToClass: false,
      seller: stage.deployment.contracts.ValueMarket,
      outstanding: 1_000_000n,
      spent: 0n,
      escrow: 10n ** 18n,
      listing: { open: true, supply: 9_000_000n, expireAt: 0n },
    });
  });

  test('more than is left, more than is allowed, and an unlisted lot are refused with the numbers', async () => {
    const { agentId, lot } = await createSale(stage);
    const { buyValue } = stage.as('consumer');
    await expect(buyValue({ classId: agentId, lot, units: 10_000_001n })).rejects.toMatchObject({
      code: 'ValueMarketSoldOut',
      values: { supply: 10_000_000n, units: 10_000_001n },
    });
    await expect(buyValue({ classId: agentId, lot, units: 10n, maxCost: 1n })).rejects.toMatchObject({
      code: 'ValueMarketTooExpensive',
      values: { cost: 10n * price.numerator, maxCost: 1n },
    });
    const other = await stage.as('issuer').createLot({ classId: agentId, price, operatorBps: 0 });
    expect(other.lot).toBe(lot + 1);
    await expect(buyValue({ classId: agentId, lot: other.lot, units: 1n })).rejects.toMatchObject({
      code: 'ValueMarketNotListed',
      values: { classId: agentId, lot: other.lot },
    });
    await expect(buyValue({ classId: agentId, lot: lot + 7, units: 1n })).rejects.toMatchObject({
      code: 'DATNonexistentLot',
    });
  });

  test('R25: a policy without a hash cannot back value; wrong terms name their field', async () => {
    const issuer = stage.as('issuer');
    const bare = await issuer.createClass({ kind: 'agent', metadataURI: '', integrityHash: someHash });
    await expect(issuer.createLot({ classId: bare.classId, price, operatorBps: 0 })).rejects.toMatchObject({
      code: 'DATPolicyWithoutHash',
      hints: [expect.stringContaining('publishPolicy')],
    });
    const { agentId } = await createSale(stage);
    await expect(issuer.createLot({ classId: agentId, price, operatorBps: 10_001 })).rejects.toMatchObject({
      code: 'DATInvalidLotTerms',
      values: { field: 'operatorBps' },
    });
    await expect(stage.as('stranger').openListing({ classId: agentId, lot: 1, supply: 1n })).rejects.toMatchObject({
      code: 'ValueMarketNotIssuer',
    });
  });
});
