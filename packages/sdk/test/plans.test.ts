import { zeroAddress, type Address } from '@kedge/core';
import { deployErc20, deployPermit2, erc20Abi, startAnvil, type Anvil } from '@kedge/testing';
import { toFunctionSelector } from 'viem';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createKedgeClient, deployContracts, type KedgeClient } from '../src/index.js';
import { addressOf, policy, roles, someHash, type Role } from './fixture.js';

let anvil: Anvil;
let asset: Address;
let permit2: Address;
let as: (role: Role) => KedgeClient;
beforeAll(async () => {
  anvil = await startAnvil();
  const { publicClient } = anvil;
  permit2 = await deployPermit2({ publicClient, walletClient: anvil.walletOf(roles.issuer) });
  asset = await deployErc20({ publicClient, walletClient: anvil.walletOf(roles.consumer) }, 1_000_000n);
  const deployment = await deployContracts({ publicClient, walletClient: anvil.walletOf(roles.issuer) }, { permit2 });
  as = (role) => createKedgeClient({ publicClient, walletClient: anvil.walletOf(roles[role]), deployment });
});
afterAll(() => anvil.stop());

async function createClass(): Promise<bigint> {
  const terms = { kind: 'agent', metadataURI: 'ipfs://a', integrityHash: someHash, policy } as const;
  return (await as('issuer').createClass(terms)).classId;
}

async function createLot(classId: bigint, price: bigint, of: Address = zeroAddress): Promise<number> {
  const issuer = as('issuer');
  const seller = issuer.deployment.contracts.ValuePlans!;
  const terms = { classId, asset: of, price: { numerator: price, denominator: 1n }, operatorBps: 0, seller };
  return (await issuer.createLot(terms)).lot;
}

const now = async () => (await anvil.publicClient.getBlock()).timestamp;

describe('plans', () => {
  test('R1: a tier, a subscription and a pass are bought as any lot, on their own terms', async () => {
    const [issuer, consumer] = [as('issuer'), as('consumer')];
    const classId = await createClass();
    const lot = await createLot(classId, 100n);
    await issuer.openPlan({ classId, lot, supply: 1_000n, minUnits: 10n, duration: 86_400 });
    await expect(consumer.buyValue({ classId, lot, units: 9n })).rejects.toMatchObject({
      code: 'ValuePlansWrongUnits',
      values: { minUnits: 10n, units: 9n },
    });
    const { tokenId, cost } = await consumer.buyValue({ classId, lot, units: 10n });
    expect(cost).toBe(1_000n);
    expect((await consumer.getToken({ tokenId })).expireAt).toBe((await now()) + 86_400n);
    expect(await consumer.getPlan({ classId, lot })).toEqual({
      open: true,
      supply: 990n,
      minUnits: 10n,
      exact: false,
      duration: 86_400,
      expireAt: 0n,
    });
    expect((await consumer.getLot({ classId, lot })).listing).toEqual({ open: true, supply: 990n, expireAt: 0n });
    expect((await consumer.refund({ tokenId, units: 10n })).amount).toBe(1_000n);
    await issuer.openPlan({ classId, lot, supply: 5n, minUnits: 1n, exact: true });
    await expect(consumer.buyValue({ classId, lot, units: 2n })).rejects.toMatchObject({
      code: 'ValuePlansWrongUnits',
    });
  });

  test('P27: the holder tops up what a plan sold, unless the token would outlive it; nobody renews it', async () => {
    const [issuer, consumer] = [as('issuer'), as('consumer')];
    const classId = await createClass();
    const lot = await createLot(classId, 100n);
    await issuer.openPlan({ classId, lot, supply: 100n, minUnits: 10n, duration: 86_400 });
    const { tokenId } = await consumer.buyValue({ classId, lot, units: 10n });
    const { expireAt } = await consumer.getToken({ tokenId });
    await expect(consumer.topUp({ tokenId, units: 9n })).rejects.toMatchObject({ code: 'ValuePlansWrongUnits' });
    expect((await consumer.topUp({ tokenId, units: 20n })).cost).toBe(2_000n);
    expect(await consumer.getToken({ tokenId })).toMatchObject({ value: 30n, expireAt });
    for (const who of [issuer, consumer]) {
      await expect(who.renew({ tokenId, expireAt: expireAt + 1n })).rejects.toMatchObject({ code: 'DATNotRenewedBy' });
    }
    const end = (await now()) + 3_600n;
    await issuer.openPlan({ classId, lot, supply: 100n, duration: 86_400, expireAt: end });
    await expect(consumer.topUp({ tokenId, units: 1n })).rejects.toMatchObject({
      code: 'top_up_outlives',
      values: { tokenId, expireAt, expireAtOfValue: end },
    });
    expect((await consumer.getToken({ tokenId })).value).toBe(30n);
  });

  test('R1: a plan is closed, and sells nothing more', async () => {
    const classId = await createClass();
    const lot = await createLot(classId, 100n);
    await as('issuer').openPlan({ classId, lot, supply: 10n });
    await as('issuer').closePlan({ classId, lot });
    expect((await as('consumer').getPlan({ classId, lot })).open).toBe(false);
    await expect(as('consumer').buyValue({ classId, lot, units: 1n })).rejects.toMatchObject({
      code: 'ValueMarketNotListed',
    });
  });

  test('R1: a schedule is sold step after step', async () => {
    const [issuer, consumer] = [as('issuer'), as('consumer')];
    const classId = await createClass();
    const firstLot = await createLot(classId, 100n);
    await createLot(classId, 110n);
    await createLot(classId, 120n);
    expect((await issuer.openSchedule({ classId, firstLot, steps: 3, supply: 50n })).slope).toBe(10n);
    await expect(consumer.buyValue({ classId, lot: firstLot + 1, units: 1n })).rejects.toMatchObject({
      code: 'ValuePlansStepNotReached',
    });
    await consumer.buyValue({ classId, lot: firstLot, units: 50n });
    expect((await consumer.buyValue({ classId, lot: firstLot + 1, units: 50n })).cost).toBe(5_500n);
    expect((await consumer.getPlan({ classId, lot: firstLot + 2 })).lotBefore).toBe(firstLot + 1);
  });

  test('P29: value priced in an ERC-20 is bought by permit, without an approval', async () => {
    const consumer = as('consumer');
    const classId = await createClass();
    const lot = await createLot(classId, 100n, asset);
    await as('issuer').openPlan({ classId, lot, supply: 1_000n });
    const deadline = (await now()) + 3_600n;
    const { tokenId, cost } = await consumer.buyValueByPermit({ classId, lot, units: 7n, deadline });
    expect(cost).toBe(700n);
    expect(await consumer.getToken({ tokenId })).toMatchObject({ value: 7n, holder: addressOf('consumer') });
    const inEther = await createLot(classId, 100n);
    await expect(
      consumer.signPurchase({ classId, lot: inEther, units: 1n, deadline, nonce: 1n }),
    ).rejects.toMatchObject({
      code: 'PermitBuyerNotErc20',
    });
  });

  /** An error that is none of Kedge's contracts is known by its selector. */
  const permit2Says = (error: string) => ({ code: 'chain_error', values: { selector: toFunctionSelector(error) } });

  test('P29: a purchase signed for Permit2 is sent by anyone, as it was signed and once', async () => {
    const [consumer, stranger] = [as('consumer'), as('stranger')];
    const wallet = anvil.walletOf(roles.consumer);
    const hash = await wallet.writeContract({
      address: asset,
      abi: erc20Abi,
      functionName: 'approve',
      args: [permit2, 10_000n],
      chain: null,
      account: wallet.account,
    });
    await anvil.publicClient.waitForTransactionReceipt({ hash });
    const classId = await createClass();
    const lot = await createLot(classId, 100n, asset);
    await as('issuer').openPlan({ classId, lot, supply: 1_000n });
    const deadline = (await now()) + 3_600n;
    const signed = await consumer.signPurchase({ classId, lot, units: 5n, deadline, nonce: 9n });
    const stolen = { ...signed, purchase: { ...signed.purchase, to: addressOf('stranger') } };
    await expect(stranger.buyValueSigned(stolen)).rejects.toMatchObject(permit2Says('InvalidSigner()'));
    const { tokenId, cost } = await stranger.buyValueSigned(signed);
    expect(cost).toBe(500n);
    expect((await consumer.getToken({ tokenId })).holder).toBe(addressOf('consumer'));
    await expect(stranger.buyValueSigned(signed)).rejects.toMatchObject(permit2Says('InvalidNonce()'));
  });
});
