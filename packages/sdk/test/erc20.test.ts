import { deployErc20, erc20Abi } from '@kedge/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Address } from '@kedge/core';
import { addressOf, createClasses, roles, startStage, type Stage } from './fixture.js';

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
});
