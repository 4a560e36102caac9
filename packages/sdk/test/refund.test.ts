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
