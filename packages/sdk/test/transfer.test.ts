import { dataAnchoringTokenAbi, zeroAddress } from '@kedge/core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addressOf, createClasses, createSale, startStage, type Stage } from './fixture.js';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
});
afterAll(() => stage.anvil.stop());

const read = (tokenId: bigint) => stage.as('stranger').getToken({ tokenId });

describe('transferValue', () => {
  test('value moves between tokens of a lot, and L1: its sum stays', async () => {
    const { agentId, lot } = await createSale(stage);
    const from = await stage.as('consumer').buyValue({ classId: agentId, lot, units: 1_000n });
    const to = await stage.as('stranger').buyValue({ classId: agentId, lot, units: 1n });
    await stage.as('consumer').transferValue({ fromTokenId: from.tokenId, toTokenId: to.tokenId, units: 400n });
    expect([(await read(from.tokenId)).value, (await read(to.tokenId)).value]).toEqual([600n, 401n]);
    await expect(
      stage.as('consumer').transferValue({ fromTokenId: from.tokenId, toTokenId: to.tokenId, units: 601n }),
    ).rejects.toMatchObject({ code: 'ERC8028InsufficientValue' });
  });
});

describe('transferToken', () => {
  test('the token has a new holder, and only its holder gives it away', async () => {
    const { agentId, lot } = await createSale(stage);
    const { tokenId } = await stage.as('consumer').buyValue({ classId: agentId, lot, units: 10n });
    const to = addressOf('stranger');
    await expect(stage.as('operator').transferToken({ tokenId, to })).rejects.toMatchObject({
      code: 'ERC8028Unauthorized',
    });
    await stage.as('consumer').transferToken({ tokenId, to });
    expect(await read(tokenId)).toMatchObject({ holder: to, value: 10n });
  });

  test('P23: the seller is paid first, and the buyer reads before what it gets', async () => {
    const { agentId } = await createClasses(stage);
    const [seller, buyer] = [addressOf('consumer'), addressOf('stranger')];
    const { tokenId } = await stage.as('issuer').mintShare({ classId: agentId, to: seller, shareRatio: 7n });
    await stage.as('issuer').settleRevenue({ classId: agentId, amount: 1_000_000n });
    const { pendingRevenue } = await read(tokenId);
    expect(pendingRevenue).toBeGreaterThan(0n);
    const offered = { owner: seller, value: 0n, shareRatio: 7n, transferable: true, revokedAt: 0n };
    expect(await stage.as('stranger').getResale({ tokenId })).toMatchObject({ ...offered, pending: [pendingRevenue] });
    const { claimed } = await stage.as('consumer').transferToken({ tokenId, to: buyer, claim: [zeroAddress] });
    expect(claimed).toEqual([pendingRevenue]);
    expect(await read(tokenId)).toMatchObject({ holder: buyer, pendingRevenue: 0n });
  });
});

describe('transferWithTerms', () => {
  test('R30: a token goes with what was agreed to, or stays', async () => {
    const { agentId, lot } = await createSale(stage);
    const [seller, buyer] = [addressOf('consumer'), addressOf('stranger')];
    const { tokenId } = await stage.as('consumer').buyValue({ classId: agentId, lot, units: 10n });
    const sale = { tokenId, to: buyer };
    await expect(stage.as('consumer').transferWithTerms({ ...sale, minValue: 11n })).rejects.toMatchObject({
      code: 'DATLessValue',
      values: { tokenId, value: 10n, minValue: 11n },
    });
    await stage.as('consumer').transferWithTerms({ ...sale, minValue: 10n });
    expect(await read(tokenId)).toMatchObject({ holder: buyer, value: 10n });
    await expect(stage.as('consumer').transferWithTerms({ tokenId, to: seller, from: buyer })).rejects.toMatchObject({
      code: 'ERC8028Unauthorized',
    });
  });

  test('R30: what the seller claims before is not sold, and revenue goes along unclaimed', async () => {
    const { agentId } = await createClasses(stage);
    const [seller, buyer] = [addressOf('consumer'), addressOf('stranger')];
    const { tokenId } = await stage.as('issuer').mintShare({ classId: agentId, to: seller, shareRatio: 7n });
    await stage.as('issuer').settleRevenue({ classId: agentId, amount: 1_000_000n });
    const { pendingRevenue } = await read(tokenId);
    expect(pendingRevenue).toBeGreaterThan(0n);
    const agreed = { asset: zeroAddress, minPending: pendingRevenue };
    await stage.as('consumer').claim({ tokenId });
    await expect(
      stage.as('consumer').transferWithTerms({ tokenId, to: buyer, minPending: [agreed] }),
    ).rejects.toMatchObject({ code: 'DATLessPending', values: { pending: 0n, minPending: pendingRevenue } });
    await stage.as('issuer').settleRevenue({ classId: agentId, amount: 1_000_000n });
    const { pendingRevenue: again } = await read(tokenId);
    await stage.as('consumer').transferWithTerms({ tokenId, to: buyer, minPending: [agreed] });
    expect(await read(tokenId)).toMatchObject({ holder: buyer, pendingRevenue: again });
  });
});

describe('setSaleRoyalty', () => {
  test('ERC-2981: the issuer says what a resale owes, and nobody else', async () => {
    const { agentId } = await createClasses(stage);
    const royalty = { classId: agentId, receiver: addressOf('operator'), royaltyBps: 250 };
    await expect(stage.as('stranger').setSaleRoyalty(royalty)).rejects.toMatchObject({ code: 'DATNotIssuer' });
    await expect(stage.as('issuer').setSaleRoyalty({ ...royalty, royaltyBps: 1_001 })).rejects.toMatchObject({
      code: 'DATSaleRoyaltyTooHigh',
    });
    await stage.as('issuer').setSaleRoyalty(royalty);
    const { tokenId } = await stage
      .as('issuer')
      .mintShare({ classId: agentId, to: addressOf('consumer'), shareRatio: 1n });
    const { publicClient, deployment } = stage.as('stranger');
    const token = { address: deployment.contracts.DataAnchoringToken, abi: dataAnchoringTokenAbi } as const;
    const owed = await publicClient.readContract({ ...token, functionName: 'royaltyInfo', args: [tokenId, 1_000n] });
    expect(owed).toEqual([addressOf('operator'), 25n]);
  });
});

describe('claimBatch', () => {
  test('L4: one transaction claims what several tokens earned, and the next one nothing', async () => {
    const { agentId } = await createClasses(stage);
    const issuer = stage.as('issuer');
    const shares = [1n, 3n];
    const tokenIds: bigint[] = [];
    for (const shareRatio of shares) {
      const { tokenId } = await issuer.mintShare({ classId: agentId, to: addressOf('stranger'), shareRatio });
      tokenIds.push(tokenId);
    }
    await issuer.settleRevenue({ classId: agentId, amount: 1_000_000n });
    const claimable = await Promise.all(tokenIds.map(async (tokenId) => (await read(tokenId)).pendingRevenue));
    const { amount, claims } = await stage.as('stranger').claimBatch({ tokenIds });
    expect(claims).toEqual(tokenIds.map((tokenId, index) => ({ tokenId, amount: claimable[index] })));
    expect(amount).toBe(claimable.reduce((sum, each) => sum + each, 0n));
    expect(amount).toBeGreaterThan(0n);
    expect((await stage.as('stranger').claimBatch({ tokenIds })).amount).toBe(0n);
  });
});
