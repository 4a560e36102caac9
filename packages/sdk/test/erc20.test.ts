import { deployErc20, erc20Abi } from '@kedge/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Address } from '@kedge/core';
import { addressOf, createClasses, refusedUnsent, roles, startStage, type Stage } from './fixture.js';

let stage: Stage;
let asset: Address;
beforeAll(async () => {
  stage = await startStage();
  const { publicClient, walletOf } = stage.anvil;
  asset = await deployErc20({ publicClient, walletClient: walletOf(roles.consumer) }, 1_000_000n);
});
afterAll(() => stage.anvil.stop());

const allowanceOf = (spender: Address) =>
  stage.anvil.publicClient.readContract({
    address: asset,
    abi: erc20Abi,
    functionName: 'allowance',
    args: [addressOf('consumer'), spender],
  });

describe('ERC-20 assets', () => {
  test('P7: a settlement allows exactly its amount, also over an allowance that is too low', async () => {
    const { agentId, agentShareId } = await createClasses(stage);
    const token = stage.deployment.contracts.DataAnchoringToken;
    const consumer = stage.anvil.walletOf(roles.consumer);
    const hash = await consumer.writeContract({
      address: asset,
      abi: erc20Abi,
      functionName: 'approve',
      args: [token, 3n],
      chain: null,
      account: consumer.account,
    });
    await stage.anvil.publicClient.waitForTransactionReceipt({ hash });
    const { amount } = await stage.as('consumer').settleRevenue({ classId: agentId, asset, amount: 100_000n });
    expect(amount).toBe(100_000n);
    expect(await allowanceOf(token)).toBe(0n);
    expect(await stage.as('stranger').getRevenue({ classId: agentId, asset })).toMatchObject({ received: 100_000n });
    expect((await stage.as('operator').claim({ tokenId: agentShareId, asset })).amount).toBe(70_000n);
    expect(await stage.as('stranger').getSolvency({ asset })).toEqual({ owed: 30_000n, held: 30_000n, solvent: true });
  });

  test('nothing is allowed for a class that takes no revenue', async () => {
    const token = stage.deployment.contracts.DataAnchoringToken;
    const settled = stage.as('consumer').settleRevenue({ classId: 999n, asset, amount: 100_000n });
    await expect(settled).rejects.toMatchObject({ code: 'ERC8028NonexistentClass' });
    expect(await allowanceOf(token)).toBe(0n);
  });

  test('R2: value priced in an asset is paid in it', async () => {
    const { agentId } = await createClasses(stage);
    const issuer = stage.as('issuer');
    const terms = { price: { numerator: 3n, denominator: 2n }, operatorBps: 0, asset };
    const { lot } = await issuer.createLot({ classId: agentId, ...terms });
    await issuer.openListing({ classId: agentId, lot, supply: 1_000n });
    const bought = await stage.as('consumer').buyValue({ classId: agentId, lot, units: 5n });
    expect(bought).toMatchObject({ cost: 8n });
    expect(bought.asset.toLowerCase()).toBe(asset.toLowerCase());
    expect(await allowanceOf(stage.deployment.contracts.ValueMarket)).toBe(0n);
  });

  test('who has none of it is told so, and an address without code is no asset', async () => {
    const { agentId } = await createClasses(stage);
    await expect(stage.as('stranger').settleRevenue({ classId: agentId, asset, amount: 1n })).rejects.toMatchObject({
      name: 'BaseError',
      shortMessage: expect.stringContaining('Could not settle the revenue'),
    });
    await expect(
      stage.as('stranger').settleRevenue({ classId: agentId, asset: `0x${'de'.repeat(20)}`, amount: 1n }),
    ).rejects.toMatchObject({ name: 'BaseError', code: 'asset_missing' });
  });

  test('nobody pays or signs for a lot that an account sells, and its seller is named', async () => {
    const { agentId: classId } = await createClasses(stage);
    const seller = addressOf('issuer');
    const terms = { price: { numerator: 3n, denominator: 2n }, operatorBps: 0, asset, seller };
    const { lot } = await stage.as('issuer').createLot({ classId, ...terms });
    const consumer = stage.as('consumer');
    const refusal = { code: 'ValueMarketNotSeller', values: { classId, lot, seller } };
    const purchase = { classId, lot, units: 5n };
    const deadline = 2_000_000_000n;
    await refusedUnsent(stage, 'consumer', () => consumer.buyValue(purchase), refusal);
    await refusedUnsent(stage, 'consumer', () => consumer.buyValueByPermit({ ...purchase, deadline }), refusal);
    await refusedUnsent(stage, 'consumer', () => consumer.signPurchase({ ...purchase, deadline, nonce: 0n }), refusal);
  });

  test('what is no asset, or no address, is said to be none', async () => {
    const stranger = stage.as('stranger');
    const nothing = addressOf('stranger');
    await expect(stranger.getSolvency({ asset: nothing })).rejects.toMatchObject({ code: 'asset_missing' });
    const shouted = `0x${asset.slice(2).toUpperCase()}` as Address;
    for (const wrong of ['0x11', shouted] as const) {
      const read = stranger.getRevenue({ classId: 1n, asset: wrong });
      await expect(read).rejects.toMatchObject({
        shortMessage: `Could not read the revenue: asset cannot be "${wrong}".`,
        hints: [expect.stringContaining('checksum')],
      });
    }
    const settled = stranger.settleRevenue({ classId: 1n, asset: '0x11', amount: 1n });
    await expect(settled).rejects.toMatchObject({
      shortMessage: 'Could not settle the revenue: asset cannot be "0x11".',
    });
  });
});
