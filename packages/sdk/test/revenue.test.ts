import { zeroAddress } from '@kedge/core';
import { parseEther } from 'viem';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addressOf, createClasses, someHash, startStage, type Stage } from './fixture.js';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
});
afterAll(() => stage.anvil.stop());

describe('settleRevenue, collectRoyalty, claim and getRevenue', () => {
  test('L3, L4: revenue splits to the wei, the royalty moves when collected, claiming twice pays once', async () => {
    const ids = await createClasses(stage);
    const reader = stage.as('stranger');
    const settled = await reader.settleRevenue({ classId: ids.agentId, amount: parseEther('1') });
    expect(settled.amount).toBe(parseEther('1'));
    expect(await reader.getRevenue({ classId: ids.agentId })).toEqual({
      classId: ids.agentId,
      asset: zeroAddress,
      received: parseEther('1'),
      royaltiesReserved: parseEther('0.3'),
      royaltiesPaid: 0n,
      claimed: 0n,
      orphan: 0n,
      backing: 0n,
      royaltiesDue: [{ parentId: ids.datasetId, amount: parseEther('0.3') }],
    });
    const edge = { classId: ids.agentId, parentIndex: 0n };
    expect((await reader.collectRoyalty(edge)).amount).toBe(parseEther('0.3'));
    expect((await reader.collectRoyalty(edge)).amount).toBe(0n);
    const { datasetShareId: tokenId } = ids;
    expect((await reader.getToken({ tokenId })).pendingRevenue).toBe(parseEther('0.3'));
    const to = `0x${'77'.repeat(20)}` as const;
    expect((await stage.as('contributor').claim({ tokenId, to })).amount).toBe(parseEther('0.3'));
    expect((await stage.as('contributor').claim({ tokenId, to })).amount).toBe(0n);
    expect(await stage.anvil.publicClient.getBalance({ address: to })).toBe(parseEther('0.3'));
    expect(await reader.getSolvency()).toEqual({ owed: parseEther('0.7'), held: parseEther('0.7'), solvent: true });
  });

  test('R19: royalties reach all ancestors in one transaction, and no more edges than are asked for', async () => {
    const issuer = stage.as('issuer');
    const create = async (...parents: { classId: bigint; royaltyBps: number }[]) => {
      const { classId } = await issuer.createClass({
        kind: 'model',
        metadataURI: '',
        integrityHash: someHash,
        parents,
      });
      await issuer.mintShare({ classId, to: addressOf('issuer'), shareRatio: 1n });
      return classId;
    };
    // A diamond below a first class, and an edge without a royalty.
    const first = await create();
    const left = await create({ classId: first, royaltyBps: 5_000 });
    const right = await create({ classId: first, royaltyBps: 1_000 });
    const last = await create({ classId: right, royaltyBps: 2_000 }, { classId: left, royaltyBps: 4_000 });
    const top = await create({ classId: last, royaltyBps: 10_000 }, { classId: first, royaltyBps: 0 });
    const reader = stage.as('stranger');
    const received = async (classId: bigint) => (await reader.getRevenue({ classId })).received;

    await issuer.mintShare({ classId: top, to: addressOf('issuer'), shareRatio: 1n });
    await issuer.settleRevenue({ classId: top, amount: 10_000n });
    const ofAll = [top, last, last, right, left].map((classId, place) => ({
      classId,
      parentIndex: place === 2 ? 1n : 0n,
      asset: zeroAddress,
    }));
    expect(await reader.getRoyaltyEdges({ classId: top })).toEqual({ edges: ofAll, left: [] });
    const some = await reader.collectRoyalties({ classId: top, maxEdges: 2 });
    expect(some.royalties.map(({ parentId, amount }) => [parentId, amount])).toEqual([
      [last, 10_000n],
      [right, 2_000n],
    ]);
    expect(some.left[0]).toEqual({ classId: last, parentIndex: 1n, asset: zeroAddress });
    expect(await received(first)).toBe(0n);
    const rest = await reader.collectRoyalties({ classId: top });
    expect([rest.royalties.length, rest.left]).toEqual([3, []]);
    expect(await received(left)).toBe(4_000n);
    // Both sides of the diamond: a tenth of 2,000 and a half of 4,000.
    expect(await received(first)).toBe(2_200n);
    expect((await reader.collectRoyalties({ classId: top })).royalties).toEqual([]);
  });

  test('P11: only the owner chooses where a claim goes', async () => {
    const { agentId, agentShareId: tokenId } = await createClasses(stage);
    const [stranger, owner] = [stage.as('stranger'), addressOf('operator')];
    await expect(stranger.claim({ tokenId, to: addressOf('stranger') })).rejects.toMatchObject({
      code: 'ERC8028Unauthorized',
      values: { tokenId, caller: addressOf('stranger') },
    });
    expect((await stranger.claim({ tokenId, to: owner })).amount).toBe(0n);
    await stage.as('issuer').settleRevenue({ classId: agentId, amount: parseEther('1') });
    const { publicClient } = stage.anvil;
    const before = await publicClient.getBalance({ address: owner });
    expect((await stranger.claim({ tokenId })).amount).toBe(parseEther('0.7'));
    expect((await publicClient.getBalance({ address: owner })) - before).toBe(parseEther('0.7'));
  });

  test('P6: revenue for nobody is refused, and says what to do', async () => {
    const { classId } = await stage
      .as('issuer')
      .createClass({ kind: 'dataset', metadataURI: '', integrityHash: `0x${'00'.repeat(32)}` });
    await expect(stage.as('stranger').settleRevenue({ classId, amount: 1n })).rejects.toMatchObject({
      code: 'ERC8028NoActiveShare',
      values: { classId },
      hints: [expect.stringContaining('mintShare')],
    });
    const { agentId } = await createClasses(stage);
    await expect(stage.as('stranger').settleRevenue({ classId: agentId, amount: 0n })).rejects.toMatchObject({
      code: 'DATZeroAmount',
    });
  });
});
