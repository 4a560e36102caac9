import { isRefundable } from '@kedge/core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createChannel, createSale, price, signVoucher, startStage, type Stage } from './fixture.js';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
});
afterAll(() => stage.anvil.stop());

describe('refund and withdraw', () => {
  test('R4: unspent value returns its backing, more than is there does not', async () => {
    const { agentId, lot } = await createSale(stage);
    const { tokenId } = await stage.as('consumer').buyValue({ classId: agentId, lot, units: 1_000n });
    expect((await stage.as('consumer').refund({ tokenId, units: 400n })).amount).toBe(400n * price.numerator);
    await expect(stage.as('consumer').refund({ tokenId, units: 601n })).rejects.toMatchObject({
      code: 'ERC8028InsufficientValue',
      values: { tokenId, value: 600n, needed: 601n },
    });
  });

  test('R4: a lot without refunds refuses them', async () => {
    const { agentId, lot } = await createSale(stage, { refundable: false });
    const { tokenId } = await stage.as('consumer').buyValue({ classId: agentId, lot, units: 1_000n });
    await expect(stage.as('consumer').refund({ tokenId, units: 1n })).rejects.toMatchObject({
      code: 'DATNotRefundable',
      values: { tokenId },
    });
  });

  test('P33: what expired is its holder’s to refund, or swept to the class by anyone, as the lot says', async () => {
    const { agentId, agentShareId } = await createSale(stage);
    const issuer = stage.as('issuer');
    const { timestamp } = await stage.anvil.publicClient.getBlock();
    const expireAt = timestamp + 3_600n;
    const buyOf = async (expiredToClass: boolean) => {
      const terms = { classId: agentId, price, operatorBps: 0, refundable: false, expiredToClass };
      const { lot } = await issuer.createLot(terms);
      await issuer.openListing({ classId: agentId, lot, supply: 1_000n, expireAt });
      const { tokenId } = await stage.as('consumer').buyValue({ classId: agentId, lot, units: 100n });
      expect(isRefundable(terms, false)).toBe(false);
      expect(isRefundable(terms, true)).toBe(!expiredToClass);
      return tokenId;
    };
    const [own, ofClass] = [await buyOf(false), await buyOf(true)];
    const refund = (tokenId: bigint) => stage.as('consumer').refund({ tokenId, units: 100n });
    const sweep = (tokenId: bigint) => stage.as('stranger').sweepExpired({ tokenId });
    for (const tokenId of [own, ofClass]) {
      await expect(refund(tokenId)).rejects.toMatchObject({ code: 'DATNotRefundable' });
    }
    await expect(sweep(ofClass)).rejects.toMatchObject({ code: 'DATNothingToSweep', values: { tokenId: ofClass } });

    await stage.anvil.testClient.increaseTime({ seconds: 3_601 });
    await stage.anvil.testClient.mine({ blocks: 1 });
    expect((await refund(own)).amount).toBe(100n * price.numerator);
    await expect(refund(ofClass)).rejects.toMatchObject({ code: 'DATNotRefundable' });
    await expect(sweep(own)).rejects.toMatchObject({ code: 'DATNothingToSweep' });
    expect(await sweep(ofClass)).toMatchObject({ units: 100n, amount: 100n * price.numerator });
    const { pendingRevenue } = await issuer.getToken({ tokenId: agentShareId });
    // The dataset's royalty is 30 %.
    expect(pendingRevenue).toBe(70n * price.numerator);
  });

  test('R3: the operator withdraws its cut, once', async () => {
    const scene = await createChannel(stage, 1_000n);
    await stage.as('operator').capture({ items: [await signVoucher(stage, scene, 1_000n)] });
    expect((await stage.as('operator').withdraw()).amount).toBe(200n * price.numerator);
    expect((await stage.as('operator').withdraw({})).amount).toBe(0n);
    const { solvent, owed, held } = await stage.as('stranger').getSolvency();
    expect(solvent).toBe(true);
    expect(held).toBe(owed);
  });
});
