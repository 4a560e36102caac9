import { contributorTree, zeroAddress, type Contributor } from '@kedge/core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { getContributors } from '../src/index.js';
import { addressOf, createClasses, hash, refusedUnsent, someHash, startStage, type Stage } from './fixture.js';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
});
afterAll(() => stage.anvil.stop());

const first: Contributor[] = [
  { account: addressOf('consumer'), weight: 3n },
  { account: addressOf('operator'), weight: 1n },
];
const second: Contributor[] = [{ account: addressOf('stranger'), weight: 1n }];

describe('contributors of a token', () => {
  test('a list that would lose a part of what is earned is refused, and nothing is sent', async () => {
    const { datasetShareId: tokenId } = await createClasses(stage);
    const contributor = stage.as('contributor');
    const losing = [...first, { account: zeroAddress, weight: 1n }];
    const refusal = { code: 'contributors_invalid', values: { index: 2, account: zeroAddress, weight: 1n } };
    const commit = () => contributor.commitContributors({ tokenId, contributors: losing });
    await refusedUnsent(stage, 'contributor', commit, refusal);
    await contributor.commitContributors({ tokenId, contributors: first });
    const set = () => contributor.setContributors({ tokenId, contributors: losing, assets: [] });
    await refusedUnsent(stage, 'contributor', set, refusal);
  });

  test('R24: a token is committed, settled, claimed, and re-rooted without loss', async () => {
    const { datasetId, datasetShareId: tokenId } = await createClasses(stage);
    const [contributor, consumer, stranger] = [stage.as('contributor'), stage.as('consumer'), stage.as('stranger')];
    const committed = await contributor.commitContributors({ tokenId, contributors: first, cid: 'bafy-first' });
    const tree = contributorTree(first, hash);
    expect(committed).toMatchObject({ root: tree.root, totalWeight: 4n });
    expect(await stranger.getContributors({ tokenId })).toEqual({
      vault: committed.vault,
      controller: addressOf('contributor'),
      epoch: 1,
      root: tree.root,
      totalWeight: 4n,
      shareTokenId: tokenId,
    });
    expect((await consumer.getToken({ tokenId })).holder).toBe(committed.vault);

    await stage.as('issuer').settleRevenue({ classId: datasetId, amount: 10_000n });
    const before = { tokenId, epoch: 1, leaf: { index: 0, ...first[0]! } };
    expect(await consumer.getContribution(before)).toEqual({ claimable: 0n, open: true, unsettled: 10_000n });
    expect((await stranger.settleContributors({ tokenId })).amount).toBe(10_000n);
    expect(await consumer.getContribution(before)).toEqual({ claimable: 7_500n, open: true, unsettled: 0n });

    const paid = await consumer.claimContribution({ tokenId, epoch: 1, leaf: tree.proofOf(0) });
    expect(paid.amount).toBe(7_500n);
    const again = await consumer.claimContribution({ tokenId, epoch: 1, leaf: tree.proofOf(0) });
    expect(again.amount).toBe(0n);

    await stage.as('issuer').settleRevenue({ classId: datasetId, amount: 10_000n });
    const set = await contributor.setContributors({ tokenId, contributors: second, assets: [zeroAddress] });
    expect(set.epoch).toBe(2);
    await stage.as('issuer').settleRevenue({ classId: datasetId, amount: 20_000n });
    expect((await stranger.settleContributors({ tokenId })).amount).toBe(20_000n);
    // Anyone may pay a contributor.
    const late = await stranger.claimContribution({ tokenId, epoch: 1, leaf: tree.proofOf(1) });
    expect(late.amount).toBe(5_000n);
    const newest = await stranger.claimContribution({
      tokenId,
      epoch: 2,
      leaf: contributorTree(second, hash).proofOf(0),
    });
    expect(newest.amount).toBe(20_000n);
  });

  test('R24: what cannot be is refused, and named', async () => {
    const { datasetShareId: tokenId, agentShareId } = await createClasses(stage);
    const [contributor, stranger] = [stage.as('contributor'), stage.as('stranger')];
    await expect(stranger.getContributors({ tokenId })).rejects.toMatchObject({ code: 'ContributorRootsNotCommitted' });
    await expect(stranger.commitContributors({ tokenId: agentShareId, contributors: second })).rejects.toMatchObject({
      code: 'ContributorRootsNotOwner',
    });
    await contributor.commitContributors({ tokenId, contributors: first });
    await expect(stranger.setContributors({ tokenId, contributors: second, assets: [] })).rejects.toMatchObject({
      code: 'ContributorRootsNotController',
      values: { controller: addressOf('contributor') },
    });
    const leaf = { ...contributorTree(first, hash).proofOf(0), weight: 4n };
    await expect(stranger.claimContribution({ tokenId, epoch: 1, leaf })).rejects.toMatchObject({
      code: 'ContributorRootsWrongProof',
    });
  });

  test('R24: the right to set lists is offered, accepted and given up, and nothing else moves', async () => {
    const { datasetShareId: tokenId } = await createClasses(stage);
    const [contributor, stranger] = [stage.as('contributor'), stage.as('stranger')];
    await contributor.commitContributors({ tokenId, contributors: first });
    await contributor.offerContributorControl({ tokenId, to: addressOf('stranger') });
    expect((await stranger.getContributors({ tokenId })).pendingController).toBe(addressOf('stranger'));
    await expect(contributor.acceptContributorControl({ tokenId })).rejects.toMatchObject({
      code: 'ContributorRootsNotPendingController',
    });
    await stranger.acceptContributorControl({ tokenId });
    expect((await stranger.getContributors({ tokenId })).controller).toBe(addressOf('stranger'));
    await stranger.renounceContributorControl({ tokenId });
    expect(await stranger.getContributors({ tokenId })).not.toHaveProperty('controller');
  });

  test('a deployment without the contract is named', async () => {
    const { publicClient } = stage.anvil;
    const { ContributorRoots: _, ...contracts } = stage.deployment.contracts;
    const deployment = { ...stage.deployment, contracts };
    await expect(getContributors({ publicClient, deployment }, { tokenId: 1n })).rejects.toMatchObject({
      code: 'contract_missing',
      values: { contract: 'ContributorRoots' },
    });
  });

  test('P27, R24: a committed share is renewed, its revocation appealed, and stray value moved on', async () => {
    const [issuer, stranger] = [stage.as('issuer'), stage.as('stranger')];
    const { timestamp } = await stage.anvil.publicClient.getBlock();
    const { classId } = await issuer.createClass({
      kind: 'dataset',
      metadataURI: 'ipfs://d',
      integrityHash: someHash,
      options: { appealWindow: 86_400 },
    });
    const expireAt = timestamp + 30n * 86_400n;
    const { tokenId } = await issuer.mintShare({ classId, to: addressOf('issuer'), shareRatio: 10n, expireAt });
    await issuer.commitContributors({ tokenId, contributors: first });
    await issuer.settleRevenue({ classId, amount: 1_000n });
    await issuer.offerShareRenewal({ tokenId, expireAt: expireAt + 1n });
    const { newTokenId } = await stranger.renewContributorShare({ tokenId, expireAt: expireAt + 1n });
    expect(await stranger.getContributors({ tokenId })).toMatchObject({ shareTokenId: newTokenId });
    await issuer.settleRevenue({ classId, amount: 500n });
    const leaf = { index: 0, ...first[0]! };
    expect((await stranger.getContribution({ tokenId, epoch: 1, leaf })).unsettled).toBe(1_500n);
    expect((await stranger.settleContributors({ tokenId })).amount).toBe(1_500n);

    await issuer.announceRevocation({ tokenId: newTokenId, reason: 'ipfs://reason' });
    const appeal = { tokenId, statement: 'ipfs://statement' };
    await expect(stranger.appealContributorRevocation(appeal)).rejects.toMatchObject({
      code: 'ContributorRootsNotController',
    });
    const { effectiveAt } = await issuer.appealContributorRevocation(appeal);
    expect(await stranger.getRevocation({ tokenId: newTokenId })).toMatchObject({ effectiveAt, appealed: true });

    const { tokenId: own } = await issuer.mint({ classId, to: addressOf('issuer'), value: 5n });
    await issuer.transferValue({ fromTokenId: own, toTokenId: tokenId, units: 5n });
    await issuer.moveContributorValue({ tokenId, toTokenId: own, units: 5n });
    expect((await stranger.getToken({ tokenId: own })).value).toBe(5n);
  });
});
