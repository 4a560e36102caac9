import { dataAnchoringTokenAbi } from '@kedge/core';
import { parseEventLogs } from 'viem';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addressOf, createClasses, createSale, price, roles, someHash, startStage, type Stage } from './fixture.js';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
});
afterAll(() => stage.anvil.stop());

const valueOf = async (tokenId: bigint) => (await stage.as('stranger').getToken({ tokenId })).value;

/** What a seller that is no market does. */
async function mintFromLot(classId: bigint, lot: number, units: bigint): Promise<bigint> {
  const { publicClient, walletOf } = stage.anvil;
  const hash = await walletOf(roles.issuer).writeContract({
    address: stage.deployment.contracts.DataAnchoringToken,
    abi: dataAnchoringTokenAbi,
    functionName: 'mintFromLot',
    args: [classId, lot, addressOf('consumer'), units, 0n],
    value: units * price.numerator,
    chain: null,
  });
  const { logs } = await publicClient.waitForTransactionReceipt({ hash, pollingInterval: 20 });
  return parseEventLogs({ abi: dataAnchoringTokenAbi, logs, eventName: 'ValueBacked' })[0]!.args.tokenId;
}

describe('topUp', () => {
  test('P27: the holder tops up a token of the market at the price of its lot', async () => {
    const { agentId, lot } = await createSale(stage);
    const { tokenId } = await stage.as('consumer').buyValue({ classId: agentId, lot, units: 1_000n });
    const { cost } = await stage.as('consumer').topUp({ tokenId, units: 500n });
    expect(cost).toBe(500n * price.numerator);
    expect(await valueOf(tokenId)).toBe(1_500n);
  });

  test('P27: whoever does not hold the token, or whose token would outlive the value, pays nothing', async () => {
    const { agentId, lot } = await createSale(stage);
    const { tokenId } = await stage.as('consumer').buyValue({ classId: agentId, lot, units: 1_000n });
    await expect(stage.as('stranger').topUp({ tokenId, units: 1n })).rejects.toMatchObject({
      code: 'top_up_not_holder',
    });
    const { timestamp } = await stage.anvil.publicClient.getBlock();
    const expireAt = timestamp + 86_400n;
    await stage.as('issuer').openListing({ classId: agentId, lot, supply: 1_000n, expireAt });
    await expect(stage.as('consumer').topUp({ tokenId, units: 1n })).rejects.toMatchObject({
      code: 'top_up_outlives',
      values: { tokenId, expireAt: 0n, expireAtOfValue: expireAt },
    });
    expect(await valueOf(tokenId)).toBe(1_000n);
  });

  test('P27: the seller of a lot tops up with the exact deposit, and never above what it allows', async () => {
    const { agentId } = await createClasses(stage);
    const issuer = stage.as('issuer');
    const { lot } = await issuer.createLot({ classId: agentId, price, operatorBps: 0, seller: addressOf('issuer') });
    const tokenId = await mintFromLot(agentId, lot, 10n);
    expect((await issuer.topUp({ tokenId, units: 5n })).cost).toBe(5n * price.numerator);
    expect(await valueOf(tokenId)).toBe(15n);
    await expect(issuer.topUp({ tokenId, units: 5n, maxCost: 1n })).rejects.toMatchObject({
      code: 'top_up_too_expensive',
    });
  });

  test('P27: the issuer tops up unbacked value while its policy is the current one (R25)', async () => {
    const { agentId } = await createClasses(stage);
    const issuer = stage.as('issuer');
    const { tokenId } = await issuer.mint({ classId: agentId, to: addressOf('consumer'), value: 10n });
    expect((await issuer.topUp({ tokenId, units: 7n })).cost).toBe(0n);
    expect(await valueOf(tokenId)).toBe(17n);
    await expect(stage.as('consumer').topUp({ tokenId, units: 1n })).rejects.toMatchObject({
      code: 'DATNotToppedUpBy',
    });
    await issuer.publishPolicy({ classId: agentId, uri: 'ipfs://next', hash: someHash });
    await expect(issuer.topUp({ tokenId, units: 1n })).rejects.toMatchObject({ code: 'DATLotSuperseded' });
  });
});

describe('split, merge, burn and retire', () => {
  test('R22: a split hands the share over, and what was earned stays', async () => {
    const { agentId, agentShareId } = await createClasses(stage);
    await stage.as('stranger').settleRevenue({ classId: agentId, amount: 10_000_000n });
    const { tokenIds } = await stage.as('operator').split({
      tokenId: agentShareId,
      parts: [{ share: 7_500n }, { share: 2_500n, to: addressOf('stranger') }],
    });
    await stage.as('stranger').settleRevenue({ classId: agentId, amount: 10_000_000n });
    const tokens = await Promise.all(
      [agentShareId, ...tokenIds].map((tokenId) => stage.as('issuer').getToken({ tokenId })),
    );
    expect(tokens.map(({ shareRatio, pendingRevenue }) => [shareRatio, pendingRevenue])).toEqual([
      [0n, 7_000_000n],
      [7_500n, 5_250_000n],
      [2_500n, 1_750_000n],
    ]);
    expect(tokens.map(({ holder }) => holder)).toEqual(
      ['operator', 'operator', 'stranger'].map((role) => addressOf(role as 'operator')),
    );
  });

  test('R22: parts that are not the whole share are refused', async () => {
    const { agentShareId } = await createClasses(stage);
    await expect(stage.as('operator').split({ tokenId: agentShareId, parts: [{ share: 1n }] })).rejects.toMatchObject({
      code: 'DATWrongParts',
      values: { parts: 1n, share: 10_000n },
    });
    await expect(
      stage.as('operator').split({ tokenId: agentShareId, parts: [{ share: 2n ** 32n }] }),
    ).rejects.toMatchObject({ code: 'share_too_large' });
  });

  test('P27: value that was split off is merged again', async () => {
    const { agentId, lot } = await createSale(stage);
    const consumer = stage.as('consumer');
    const { tokenId } = await consumer.buyValue({ classId: agentId, lot, units: 1_000n });
    const { tokenIds } = await consumer.split({ tokenId, parts: [{ units: 300n }, { units: 200n }] });
    expect(await valueOf(tokenId)).toBe(500n);
    expect((await consumer.merge({ fromTokenIds: tokenIds, toTokenId: tokenId })).units).toBe(500n);
    expect(await valueOf(tokenId)).toBe(1_000n);
  });

  test('P27: the backing of burned units is revenue of the class', async () => {
    const { agentId, lot } = await createSale(stage);
    const { tokenId } = await stage.as('consumer').buyValue({ classId: agentId, lot, units: 1_000n });
    expect((await stage.as('consumer').burnValue({ tokenId, units: 400n })).revenue).toBe(400n * price.numerator);
    expect(await valueOf(tokenId)).toBe(600n);
  });

  test('R22: a retired share leaves the class', async () => {
    const { agentShareId } = await createClasses(stage);
    expect(await stage.as('operator').retireShare({ tokenId: agentShareId })).toMatchObject({
      share: 10_000n,
      totalShare: 0n,
    });
    await expect(stage.as('operator').retireShare({ tokenId: agentShareId })).rejects.toMatchObject({
      code: 'DATNoActiveShare',
    });
  });
});

describe('renew', () => {
  test('P27: the issuer renews unbacked value, and not into the past', async () => {
    const { agentId } = await createClasses(stage);
    const issuer = stage.as('issuer');
    const { timestamp } = await stage.anvil.publicClient.getBlock();
    const expireAt = timestamp + 86_400n;
    const { tokenId } = await issuer.mint({ classId: agentId, to: addressOf('consumer'), value: 10n, expireAt });
    await issuer.renew({ tokenId, expireAt: expireAt + 1n });
    expect((await issuer.getToken({ tokenId })).expireAt).toBe(expireAt + 1n);
    await expect(issuer.renew({ tokenId, expireAt })).rejects.toMatchObject({ code: 'DATInvalidExpiry' });
    const terms = { tokenId, expireAt: expireAt + 2n };
    await expect(stage.as('consumer').renew(terms)).rejects.toMatchObject({ code: 'DATNotRenewedBy' });
  });

  test('R22: a share is renewed in a new token, once its issuer offered that', async () => {
    const { agentId } = await createClasses(stage);
    const issuer = stage.as('issuer');
    const { timestamp } = await stage.anvil.publicClient.getBlock();
    const expireAt = timestamp + 86_400n;
    const minted = await issuer.mint({ classId: agentId, to: addressOf('consumer'), shareRatio: 5n, expireAt });
    const terms = { tokenId: minted.tokenId, expireAt: expireAt + 86_400n };
    await expect(stage.as('consumer').renewShare(terms)).rejects.toMatchObject({ code: 'DATRenewalNotOffered' });
    await issuer.offerShareRenewal(terms);
    const { newTokenId } = await stage.as('consumer').renewShare(terms);
    expect(await issuer.getToken({ tokenId: newTokenId })).toMatchObject({
      holder: addressOf('consumer'),
      shareRatio: 5n,
      expireAt: terms.expireAt,
    });
    expect((await issuer.getToken({ tokenId: minted.tokenId })).shareRatio).toBe(0n);
  });
});

describe('createClass', () => {
  test('P21, P22: a class binds its value to its expiry, and its shares to none', async () => {
    const issuer = stage.as('issuer');
    const { classId } = await issuer.createClass({
      kind: 'agent',
      metadataURI: 'ipfs://a',
      integrityHash: someHash,
      options: { valueKeepsExpiry: true, sharesOutliveExpiry: true },
    });
    const { timestamp } = await stage.anvil.publicClient.getBlock();
    const [expireAt, to] = [timestamp + 86_400n, addressOf('issuer')];
    const month = await issuer.mint({ classId, to, value: 5n, expireAt });
    const never = await issuer.mint({ classId, to, value: 5n });
    const moved = { fromTokenId: month.tokenId, toTokenId: never.tokenId, units: 1n };
    await expect(issuer.transferValue(moved)).rejects.toMatchObject({ code: 'DATOutlivesSource' });
    const share = await issuer.mintShare({ classId, to, shareRatio: 5n, expireAt });
    const offered = { tokenId: share.tokenId, expireAt: expireAt + 1n };
    await expect(issuer.offerShareRenewal(offered)).rejects.toMatchObject({ code: 'DATShareOutlivesExpiry' });
    expect(await issuer.getResale({ tokenId: share.tokenId })).toMatchObject({ expireAt, shareOutlivesExpiry: true });
  });
});

describe('revoke', () => {
  test('P27: an issuer revokes after the appeal window only, and the holder keeps what was paid', async () => {
    const issuer = stage.as('issuer');
    const base = { kind: 'agent', metadataURI: 'ipfs://a', integrityHash: someHash } as const;
    const policy = { uri: 'ipfs://p', hash: someHash };
    const day = 86_400;
    const { classId } = await issuer.createClass({
      ...base,
      policy,
      options: { appealWindow: day, nonTransferable: true },
    });
    const { lot } = await issuer.createLot({ classId, price, operatorBps: 0 });
    await issuer.openListing({ classId, lot, supply: 100n });
    const { tokenId } = await stage.as('consumer').buyValue({ classId, lot, units: 10n });
    expect((await issuer.getToken({ tokenId })).nonTransferable).toBe(true);
    await expect(issuer.revoke({ tokenId })).rejects.toMatchObject({ code: 'DATNothingRevoked' });
    const announced = await issuer.announceRevocation({ tokenId, reason: 'ipfs://reason' });
    await expect(issuer.revoke({ tokenId })).rejects.toMatchObject({ code: 'DATAppealRunning' });
    const appealed = await stage.as('consumer').appealRevocation({ tokenId, statement: 'ipfs://statement' });
    expect(appealed.effectiveAt).toBeGreaterThanOrEqual(announced.effectiveAt);
    expect(await issuer.getRevocation({ tokenId })).toEqual({ effectiveAt: appealed.effectiveAt, appealed: true });
    await issuer.withdrawRevocation({ tokenId });
    expect((await issuer.getRevocation({ tokenId })).effectiveAt).toBe(0n);
    await issuer.announceRevocation({ tokenId, reason: 'ipfs://reason' });
    await stage.anvil.testClient.increaseTime({ seconds: day });
    await stage.anvil.testClient.mine({ blocks: 1 });
    expect(await issuer.revoke({ tokenId })).toMatchObject({
      holder: addressOf('consumer'),
      units: 10n,
      share: 0n,
      amount: 10n * price.numerator,
    });
    expect((await stage.as('consumer').withdraw()).amount).toBe(10n * price.numerator);
  });

  test('P27: a class that named no appeal window revokes nothing', async () => {
    const { agentShareId } = await createClasses(stage);
    const refused = stage.as('issuer').announceRevocation({ tokenId: agentShareId, reason: 'x' });
    await expect(refused).rejects.toMatchObject({ code: 'DATNotRevocable' });
  });
});
