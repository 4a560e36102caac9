import {
  channelIdOf,
  contributorRootsAbi,
  contributorTree,
  dataAnchoringTokenAbi,
  findEquivocations,
  hashReceipt,
  hexToBytes,
  merkleTree,
  receiptBatchDigest,
  receiptLeaf,
  seqOf,
  voucherDigest,
  zeroAddress,
  zeroHash,
  type Address,
  type Contributor,
  type Deployment,
  type DepositTerms,
  type Hex,
  type Receipt,
  type SignedReceipt,
} from '@kedge/core';
import { createKedgeClient, deployContracts, type KedgeClient } from '@kedge/sdk';
import {
  deployErc20,
  developmentAccount,
  startAnvil,
  startPostgres,
  type Anvil,
  type TestPostgres,
} from '@kedge/testing';
import pg from 'pg';
import { concat, encodeFunctionData, keccak256, numberToHex, stringToHex } from 'viem';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkExplanation } from './checkExplanation.js';
import { compareWithChain } from './compareWithChain.js';
import { countQueries, type CountedDatabase } from './countQueries.js';
import { patience, startIndexer, type RunningIndexer } from './startIndexer.js';

const hash = (bytes: Uint8Array) => keccak256(bytes, 'bytes');
const someHash: Hex = `0x${'ab'.repeat(32)}`;
const lower = (address: Address) => address.toLowerCase() as Address;
const roles = { issuer: 0, operator: 1, consumer: 2, first: 3, second: 4 } as const;
type Role = keyof typeof roles;
const addressOf = (role: Role) => lower(developmentAccount(roles[role]).address);

describe('the indexer and the contracts beside the token', { timeout: patience }, () => {
  let anvil: Anvil;
  let deployment: Deployment;
  let indexer: RunningIndexer;
  let postgres: TestPostgres;
  let database: CountedDatabase;
  const clients = new Map<Role, KedgeClient>();
  const as = (role: Role): KedgeClient => clients.get(role)!;
  const now = async () => (await anvil.publicClient.getBlock()).timestamp;
  const pass = async (seconds: number): Promise<void> => {
    await anvil.testClient.increaseTime({ seconds });
    await anvil.testClient.mine({ blocks: 1 });
  };
  const compare = async () => {
    await indexer.caughtUp();
    const accounts = (Object.keys(roles) as Role[]).map(addressOf);
    return compareWithChain(indexer.client, anvil.rpcUrl, deployment.contracts, [zeroAddress], accounts);
  };

  beforeAll(async () => {
    [anvil, postgres] = await Promise.all([startAnvil(), startPostgres()]);
    const { publicClient } = anvil;
    deployment = await deployContracts({ publicClient, walletClient: anvil.walletOf(0) });
    for (const [role, number] of Object.entries(roles)) {
      const walletClient = anvil.walletOf(number);
      clients.set(role as Role, createKedgeClient({ publicClient, walletClient, deployment }));
    }
    const { contracts } = deployment;
    database = await countQueries(postgres.url);
    indexer = await startIndexer({
      rpcUrl: anvil.rpcUrl,
      chainId: 31337,
      contracts,
      database: { kind: 'postgres', url: database.url, schema: 'kedge' },
    });
  }, patience);
  afterAll(async () => {
    await indexer?.stop('SIGKILL');
    await database?.close();
    await postgres?.close();
    await anvil?.stop();
  }, patience);

  test('R24: contributors’ roots, settlements and payments are there, and an explanation says where a claim goes', async () => {
    const issuer = as('issuer');
    const { classId } = await issuer.createClass({ kind: 'dataset', metadataURI: 'ipfs://d', integrityHash: someHash });
    const { tokenId } = await issuer.mintShare({ classId, to: addressOf('issuer'), shareRatio: 1_024n });
    const leaves: Contributor[] = [
      { account: addressOf('first'), weight: 3n },
      { account: addressOf('second'), weight: 1n },
    ];
    const later: Contributor[] = [{ account: addressOf('second'), weight: 1n }];
    const [tree, laterTree] = [contributorTree(leaves, hash), contributorTree(later, hash)];
    const { vault } = await issuer.commitContributors({ tokenId, contributors: leaves, cid: 'bafy-first' });
    await issuer.settleRevenue({ classId, amount: 10_000n });
    await issuer.settleContributors({ tokenId });
    await as('first').claimContribution({ tokenId, epoch: 1, leaf: tree.proofOf(0) });
    await issuer.setContributors({ tokenId, contributors: later, assets: [zeroAddress] });
    await issuer.settleRevenue({ classId, amount: 600n });
    await as('first').settleContributors({ tokenId });
    await as('first').claimContribution({ tokenId, epoch: 2, leaf: laterTree.proofOf(0) });
    // Not settled yet: still the token's.
    await issuer.settleRevenue({ classId, amount: 50n });
    await issuer.offerContributorControl({ tokenId, to: addressOf('second') });
    await compare();

    const { contributors } = await indexer.client.token({ tokenId });
    expect(contributors).toMatchObject({
      vault: lower(vault),
      controller: addressOf('issuer'),
      pendingController: addressOf('second'),
      epochs: [
        {
          epoch: 1,
          root: tree.root,
          totalWeight: 4n,
          cid: 'bafy-first',
          books: [{ asset: zeroAddress, accrued: 10_000n, claimed: 7_500n }],
        },
        { epoch: 2, root: laterTree.root, books: [{ accrued: 600n, claimed: 600n }] },
      ],
    });
    const explained = await indexer.client.explainClaim({ tokenId, asset: zeroAddress, limit: 1 });
    expect(explained).toMatchObject({ owner: lower(vault), claimed: 10_600n, claimable: 50n });
    expect(explained.contributors).toMatchObject({
      vault: lower(vault),
      epoch: 2,
      settled: 10_600n,
      paid: 8_100n,
      payments: [{ account: addressOf('second'), epoch: 2, index: 0, amount: 600n }],
      otherPayments: { amount: 7_500n, count: 1 },
    });
    const { totals } = await indexer.client.earnings({ address: addressOf('first') });
    expect(totals).toEqual([{ asset: zeroAddress, claimable: 0n, claimableCount: 0, claimed: 7_500n, owed: 0n }]);
    const { items: earned } = await indexer.client.contributorEarnings({ address: addressOf('first') });
    expect(earned).toMatchObject([{ tokenId, classId, asset: zeroAddress, paid: 7_500n, payments: 1 }]);
    const { items } = await indexer.client.contributions({ tokenId, account: addressOf('first') });
    expect(items).toMatchObject([{ account: addressOf('first'), to: addressOf('first'), epoch: 1, amount: 7_500n }]);
    const claims = await indexer.client.activity({ type: 'claim', account: addressOf('second') });
    expect(claims.items).toMatchObject([{ tokenId, amount: 600n }]);

    await as('second').acceptContributorControl({ tokenId });
    await as('second').renounceContributorControl({ tokenId });
    await indexer.caughtUp();
    const given = (await indexer.client.token({ tokenId })).contributors;
    expect([given?.controller, given?.pendingController]).toEqual([null, null]);
  });

  test('R24: what a contributor was paid comes in pages: ETH first, and of each asset what paid most', async () => {
    const issuer = as('issuer');
    const minter = { publicClient: anvil.publicClient, walletClient: anvil.walletOf(roles.issuer) };
    const asset = lower(await deployErc20(minter, 600n));
    const address = lower(developmentAccount(9).address);
    const contributors: Contributor[] = [{ account: address, weight: 1n }];
    const leaf = contributorTree(contributors, hash).proofOf(0);
    const { classId } = await issuer.createClass({ kind: 'dataset', metadataURI: 'ipfs://d', integrityHash: someHash });
    const tokenIds: bigint[] = [];
    for (const shareRatio of [1n, 3n, 2n]) {
      const { tokenId } = await issuer.mintShare({ classId, to: addressOf('issuer'), shareRatio });
      await issuer.commitContributors({ tokenId, contributors });
      tokenIds.push(tokenId);
    }
    for (const paid of [asset, zeroAddress]) {
      await issuer.settleRevenue({ classId, asset: paid, amount: 600n });
      for (const tokenId of tokenIds) {
        await issuer.settleContributors({ tokenId, asset: paid });
        await issuer.claimContribution({ tokenId, epoch: 1, asset: paid, leaf });
      }
    }
    await indexer.caughtUp();
    const first = await indexer.client.contributorEarnings({ address, limit: 4 });
    const second = await indexer.client.contributorEarnings({ address, limit: 4, after: first.next! });
    const [one, three, two] = tokenIds;
    const told = [...first.items, ...second.items].map((item) => [item.asset, item.tokenId, item.paid]);
    expect(told).toEqual([
      [zeroAddress, three, 300n],
      [zeroAddress, two, 200n],
      [zeroAddress, one, 100n],
      [asset, three, 300n],
      [asset, two, 200n],
      [asset, one, 100n],
    ]);
    expect([first.items.length, second.next]).toEqual([4, null]);
    const csv = await fetch(indexer.client.urlOf('contributorEarnings', { address, format: 'csv' }));
    expect((await csv.text()).trim().split('\n')).toHaveLength(7);
  });

  test('R1: lots that plans sell say so, and what is bought there is told as any purchase', async () => {
    const [issuer, consumer] = [as('issuer'), as('consumer')];
    const policy = { uri: 'ipfs://p', hash: someHash };
    const { classId } = await issuer.createClass({
      kind: 'agent',
      metadataURI: 'ipfs://a',
      integrityHash: someHash,
      policy,
    });
    const seller = deployment.contracts.ValuePlans!;
    const lotAt = async (numerator: bigint): Promise<number> =>
      (await issuer.createLot({ classId, price: { numerator, denominator: 1n }, operatorBps: 0, seller })).lot;
    const [tier, first, , closed] = [await lotAt(7n), await lotAt(100n), await lotAt(110n), await lotAt(9n)];
    await issuer.openPlan({ classId, lot: tier, supply: 1_000n, minUnits: 10n, duration: 86_400 });
    await issuer.openSchedule({ classId, firstLot: first, steps: 2, supply: 20n });
    await issuer.openPlan({ classId, lot: closed, supply: 1n });
    await issuer.closePlan({ classId, lot: closed });
    const { tokenId, cost } = await consumer.buyValue({ classId, lot: tier, units: 12n });
    await compare();

    const { lots } = await indexer.client.class({ classId });
    expect(lots.map(({ plan }) => plan)).toEqual([
      { supply: 988n, minUnits: 10n, exact: false, duration: 86_400, expireAt: 0, lotBefore: null },
      { supply: 20n, minUnits: 1n, exact: false, duration: 0, expireAt: 0, lotBefore: null },
      { supply: 20n, minUnits: 1n, exact: false, duration: 0, expireAt: 0, lotBefore: first },
      null,
    ]);
    const bought = await indexer.client.activity({ type: 'purchase', classId });
    expect(bought.items).toMatchObject([{ tokenId, account: addressOf('consumer'), units: 12n, amount: cost }]);
  });

  test('P27: an offered renewal and a revocation with its appeal are with the token', async () => {
    const issuer = as('issuer');
    const { classId } = await issuer.createClass({
      kind: 'model',
      metadataURI: 'ipfs://m',
      integrityHash: someHash,
      options: { appealWindow: 86_400 },
    });
    const expireAt = (await now()) + 1_000_000n;
    const mint = async (): Promise<bigint> =>
      (await issuer.mintShare({ classId, to: addressOf('consumer'), shareRatio: 10n, expireAt })).tokenId;
    const [renewed, revoked] = [await mint(), await mint()];
    await issuer.offerShareRenewal({ tokenId: renewed, expireAt: expireAt + 50n });
    await issuer.announceRevocation({ tokenId: revoked, reason: 'a copy of another' });
    await as('consumer').appealRevocation({ tokenId: revoked, statement: 'it is not' });
    await compare();
    const noticesOf = async () => {
      const [one, other] = await Promise.all([renewed, revoked].map((tokenId) => indexer.client.token({ tokenId })));
      return [one!.renewalOffer, other!.revocation] as const;
    };
    const ends = { expireAt: Number(expireAt), shareExpireAt: Number(expireAt) };
    expect(await indexer.client.token({ tokenId: renewed })).toMatchObject(ends);
    const [offer, pending] = await noticesOf();
    expect(offer).toBe(Number(expireAt) + 50);
    expect(pending).toMatchObject({ reason: 'a copy of another', statement: 'it is not', revokedAt: null });
    await as('consumer').renewShare({ tokenId: renewed, expireAt: expireAt + 50n });
    await pass(86_401);
    await issuer.revoke({ tokenId: revoked });
    await compare();
    expect(await noticesOf()).toEqual([0, { ...pending, revokedAt: Number(await now()) }]);
  });

  test('P21, P22: a share that outlives its expiry goes on earning, and the class says so', async () => {
    const issuer = as('issuer');
    const { classId } = await issuer.createClass({
      kind: 'model',
      metadataURI: 'ipfs://m',
      integrityHash: someHash,
      options: { activationDelay: 1, valueKeepsExpiry: true, sharesOutliveExpiry: true },
    });
    const day = 86_400n;
    // It expires in the very second after which it enters.
    const expireAt = (((await now()) + day) / day) * day;
    const shareOf = { classId, to: addressOf('consumer'), expireAt };
    const { tokenId } = await issuer.mintShare({ ...shareOf, shareRatio: 3n });
    await issuer.mintShare({ ...shareOf, shareRatio: 1n });
    await pass(2 * 86_400);
    await issuer.settleRevenue({ classId, amount: 400n });
    await issuer.settleRevenue({ classId, amount: 400n });
    await compare();
    const stateOf = async () => (await indexer.client.token({ tokenId }))!.shareState;
    expect(await stateOf()).toBe('active');
    const ends = { expireAt: Number(expireAt), shareExpireAt: 0 };
    expect(await indexer.client.token({ tokenId })).toMatchObject(ends);
    expect((await issuer.getToken({ tokenId })).pendingRevenue).toBe(600n);
    await as('consumer').retireShare({ tokenId });
    await issuer.settleRevenue({ classId, amount: 400n });
    await compare();
    expect(await stateOf()).toBe('ended');
    const { options } = (await indexer.client.class({ classId }))!;
    expect(options).toMatchObject({ valueKeepsExpiry: true, sharesOutliveExpiry: true, nonTransferable: false });
  });

  test('R28: what was bought from a deposit address, and what was paid back from it', async () => {
    const [issuer, consumer] = [as('issuer'), as('consumer')];
    const { classId } = await issuer.createClass({
      kind: 'agent',
      metadataURI: 'ipfs://a',
      integrityHash: someHash,
      policy: { uri: 'ipfs://p', hash: someHash },
    });
    const price = { numerator: 1_000n, denominator: 1n };
    const { lot } = await issuer.createLot({ classId, price, operatorBps: 0, refundable: true });
    await issuer.openListing({ classId, lot, supply: 1_000n, expireAt: 0n });
    const terms: DepositTerms = {
      market: deployment.contracts.ValueMarket,
      classId,
      lot,
      asset: zeroAddress,
      holder: addressOf('consumer'),
      refundTo: addressOf('consumer'),
      operator: addressOf('operator'),
      channelKey: addressOf('operator'),
      rate: 1n,
      burst: 1_000n,
      deadline: (await now()) + 86_400n,
      grace: 86_400,
      mode: 'capped',
      salt: someHash,
    };
    const deposit = lower((await consumer.getDeposit({ terms })).address);
    await anvil.testClient.setBalance({ address: deposit, value: 12_500n });
    const { channelId, spent } = await as('first').sweepDeposit({ terms });
    const { amount } = await consumer.refundDeposit({ terms });
    expect([spent, amount]).toEqual([12_000n, 500n]);
    await compare();
    const { items } = await indexer.client.deposits({ deposit });
    const [asset, operator] = [zeroAddress, addressOf('operator')];
    expect(items).toMatchObject([
      {
        kind: 'refund',
        deposit,
        asset,
        amount,
        to: addressOf('consumer'),
        channelId: null,
        operator: null,
        units: null,
      },
      { kind: 'sweep', deposit, asset, amount: spent, to: null, channelId, operator, units: 12n },
    ]);
    const first = await indexer.client.deposits({ deposit, limit: 1 });
    const rest = await indexer.client.deposits({ deposit, limit: 1, after: first.next! });
    expect([...first.items, ...rest.items]).toEqual(items);
    const served = await indexer.client.deposits({ operator });
    expect(served.items.map(({ kind }) => kind)).toEqual(['sweep']);
    expect((await indexer.client.deposits({ deposit: addressOf('first') })).items).toEqual([]);
  });

  test('R26: an operator’s bond, its promise, and what it lost for two receipts with one number', async () => {
    const [issuer, operator, consumer] = [as('issuer'), as('operator'), as('consumer')];
    const policy = { uri: 'ipfs://p', hash: someHash };
    const { classId } = await issuer.createClass({
      kind: 'agent',
      metadataURI: 'ipfs://a',
      integrityHash: someHash,
      policy,
    });
    const price = { numerator: 10n ** 6n, denominator: 1n };
    const { lot } = await issuer.createLot({ classId, price, operatorBps: 1_000, refundable: true });
    await issuer.openListing({ classId, lot, supply: 1_110n, expireAt: 0n });
    const { tokenId } = await consumer.buyValue({ classId, lot, units: 1_000n });
    const keys = { operator: addressOf('operator'), channelKey: addressOf('operator') };
    const terms = { cap: 1_000n, rate: 1n, burst: 1_000n, deadline: (await now()) + 86_400n, mode: 'capped' } as const;
    const { channel, channelId } = await consumer.openChannel({ tokenId, ...keys, ...terms, salt: someHash });
    const spare = await consumer.buyValue({ classId, lot, units: 110n });
    const small = { ...keys, ...terms, cap: 100n, burst: 100n, salt: zeroHash };
    const { channel: other } = await consumer.openChannel({ tokenId: spare.tokenId, ...small });
    const domain = { chainId: 31337, verifyingContract: deployment.contracts.ValueChannels };
    const account = developmentAccount(roles.operator);
    const captureTo = async (cumulativeUnits: bigint) => {
      const voucher = { channelId, cumulativeUnits, receiptHash: zeroHash, seq: seqOf(1n, 1n) };
      const signature = await account.sign({ hash: voucherDigest(domain, voucher, hash) });
      await operator.capture({ items: [{ channel, voucher, signature }] });
    };
    await captureTo(30n);
    // Anyone may bring an operator's voucher to the chain, and roots of their own with it.
    const relayed = { channelId, cumulativeUnits: 40n, receiptHash: zeroHash, seq: seqOf(1n, 1n) };
    const signature = await account.sign({ hash: voucherDigest(domain, relayed, hash) });
    const anchors = [{ root: someHash, epoch: 1n, firstBatch: 1n, lastBatch: 1n, cid: '' }];
    await as('first').capture({ items: [{ channel, voucher: relayed, signature }], anchors });
    await compare();
    const batches = await indexer.client.batches({ address: addressOf('first') });
    expect(batches.items).toMatchObject([{ operator: addressOf('first'), captures: 0, units: 0n }]);
    const amount = 10n ** 12n;
    await operator.postBond({ amount, coverUntil: channel.deadline + BigInt(channel.grace) });

    const receiptOf = (channelId: Hex, responseHash: Hex): Receipt => ({
      channelId,
      tokenId,
      classId,
      policyHash: someHash,
      seq: seqOf(1n, 7n),
      requestHash: someHash,
      responseHash,
      metrics: [{ metric: 'units', amount: 1n }],
      units: 1n,
      cumulativeUnits: 41n,
      previousReceiptHash: zeroHash,
      issuedAt: 1_790_000_000n,
    });
    const sign = async (receipt: Receipt, number: bigint): Promise<SignedReceipt> => {
      const { root, pathOf } = merkleTree([hexToBytes(receiptLeaf(hashReceipt(receipt, hash), hash))], hash);
      const batch = { operator: account.address, epoch: 1n, batch: number, root };
      const signed = await account.sign({ hash: receiptBatchDigest(domain, batch, hash) });
      return { receipt, batch, path: pathOf(0), signature: signed, signer: account.address, salt: zeroHash };
    };
    const pairOf = async (channelId: Hex) => {
      const receipts = [await sign(receiptOf(channelId, someHash), 1n), await sign(receiptOf(channelId, zeroHash), 2n)];
      const { first, second } = findEquivocations(receipts, hash)[0]!;
      return { first, second };
    };
    await as('first').proveFraud({ channel, ...(await pairOf(channelId)) });
    await compare();
    const proven = (await indexer.client.operator({ address: addressOf('operator') })).bonds;
    const pot = amount / 2n;
    const backing = 40n * price.numerator;
    const fraud = { channelId, window: 1, holder: addressOf('consumer'), reporter: addressOf('first'), backing };
    expect(proven).toMatchObject([
      { amount: amount - pot, slashes: [{ window: 1, pot, claims: backing, proofs: 1, burned: null }] },
    ]);
    expect(proven[0]!.frauds).toEqual([{ ...fraud, paid: null }]);

    // What is posted while the window is open is slashed by the next proof, too.
    await operator.postBond({ amount });
    await as('second').proveFraud({ channel: other, ...(await pairOf(channelIdOf(domain, other, hash))) });
    await compare();
    const grown = (await indexer.client.operator({ address: addressOf('operator') })).bonds[0]!;
    expect(grown).toMatchObject({ amount, slashes: [{ window: 1, pot: amount, claims: backing, proofs: 2 }] });

    // What is captured after the proof is claimed as well.
    await captureTo(45n);
    await as('second').raiseClaim({ channel });
    await compare();
    fraud.backing = 45n * price.numerator;
    const raised = (await indexer.client.operator({ address: addressOf('operator') })).bonds[0]!;
    expect(raised.slashes).toMatchObject([{ window: 1, pot: amount, claims: fraud.backing, proofs: 2 }]);
    await captureTo(48n);

    await pass(7 * 86_400 + 1);
    const { holderAmount, reporterAmount } = await as('first').payFraud({ channelId });
    const { amount: burned } = await as('first').burnSlashed({ operator: addressOf('operator'), window: 1 });
    const { releaseAt } = await operator.startUnbonding();
    await compare();
    const paid = (await indexer.client.operator({ address: addressOf('operator') })).bonds[0]!;
    expect(paid).toMatchObject({ releaseAt, slashes: [{ burned }] });
    expect(paid.frauds.find((each) => each.channelId === channelId)).toEqual({
      ...fraud,
      paid: { holderAmount, reporterAmount },
    });
    // What a holder's operator says was used is use, but only what channels captured was paid for as far as anyone can see.
    const [owner, user] = [roles.consumer, roles.first].map((number) => developmentAccount(number));
    const token = {
      address: deployment.contracts.DataAnchoringToken,
      abi: dataAnchoringTokenAbi,
      chain: null,
    } as const;
    const approval = {
      functionName: 'approveForClass',
      args: [classId, user!.address, true],
      account: owner!,
    } as const;
    await anvil.walletOf(roles.consumer).writeContract({ ...token, ...approval });
    const use = { functionName: 'recordUsage', args: [spare.tokenId, someHash, 7n], account: user! } as const;
    await anvil.walletOf(roles.first).writeContract({ ...token, ...use });
    await compare();
    const { usage } = await indexer.client.class({ classId });
    expect(usage).toMatchObject({ units: 55n, paidUnits: 48n, selfReportedUnits: 0n });

    // What nobody claimed in the proof's window slashes anew: the fraud is told of as it is in the last.
    await as('second').raiseClaim({ channel });
    await compare();
    const anew = (await indexer.client.operator({ address: addressOf('operator') })).bonds[0]!;
    const more = 3n * price.numerator;
    expect(anew.slashes.find(({ window }) => window === 2)).toMatchObject({ claims: more, proofs: 1 });
    expect(anew.frauds.find((each) => each.channelId === channelId)).toEqual({
      ...fraud,
      window: 2,
      reporter: addressOf('second'),
      backing: more,
      paid: null,
    });
    await pass(Number(releaseAt - (await now())) + 1);
    await operator.releaseBond();
    await compare();
    const released = (await indexer.client.operator({ address: addressOf('operator') })).bonds[0]!;
    expect([released.amount, released.coveredUntil, released.releaseAt]).toEqual([0n, 0n, 0n]);
  });

  test('what anybody may send stops nothing: the largest numbers, any bytes as text, a market of one’s own', async () => {
    const [issuer, consumer] = [as('issuer'), as('consumer')];
    const [most, mostTime] = [0xffff_ffff, 2n ** 64n - 1n];
    const text = 'no \u0000 text';
    const { classId } = await issuer.createClass({
      kind: 'agent',
      metadataURI: text,
      integrityHash: someHash,
      policy: { uri: text, hash: someHash },
      options: { appealWindow: 86_400 },
    });
    // Bytes that are no UTF-8.
    const update = { abi: dataAnchoringTokenAbi, functionName: 'updateClassMetadata' } as const;
    const data = encodeFunctionData({ ...update, args: [classId, 'spoiled', someHash] });
    const spoiled = data.replace(stringToHex('spoiled').slice(2), 'ff00fe80c0edff') as Hex;
    await anvil
      .walletOf(0)
      .sendTransaction({ to: deployment.contracts.DataAnchoringToken, data: spoiled, chain: null });

    const { id } = await issuer.attest({ classId, type: 'licence', version: most, statementHash: someHash, uri: text });
    const verdict = { attestationId: id, outcome: 'confirmed', method: 'document_review', version: most } as const;
    await consumer.giveVerdict({ ...verdict, statementHash: someHash });

    const price = { numerator: 1n, denominator: 1n };
    const seller = deployment.contracts.ValuePlans!;
    const { lot: planned } = await issuer.createLot({ classId, price, operatorBps: 0, seller });
    await issuer.openPlan({ classId, lot: planned, supply: mostTime, duration: most, expireAt: BigInt(most) });
    const { lot } = await issuer.createLot({ classId, price, operatorBps: 0 });
    await issuer.openListing({ classId, lot, supply: mostTime, expireAt: mostTime });
    // A lot that is listed until then sells tokens for ever.
    await issuer.openListing({ classId, lot, supply: mostTime, expireAt: 0n });
    const { tokenId } = await consumer.buyValue({ classId, lot, units: 100n });
    const keys = { operator: addressOf('operator'), channelKey: addressOf('operator') };
    const terms = { cap: 100n, rate: mostTime, burst: mostTime, grace: most, mode: 'capped' } as const;
    const deadline = mostTime - BigInt(most);
    const { channelId } = await consumer.openChannel({ tokenId, ...keys, ...terms, deadline, salt: someHash });
    await issuer.openListing({ classId, lot, supply: mostTime, expireAt: mostTime });

    // A root of one leaf, which says of itself that it is the last there could be.
    const { tokenId: shared } = await issuer.mintShare({ classId, to: addressOf('issuer'), shareRatio: 1n });
    await issuer.announceRevocation({ tokenId: shared, reason: text });
    await issuer.withdrawRevocation({ tokenId: shared });
    const roots = { address: deployment.contracts.ContributorRoots!, abi: contributorRootsAbi } as const;
    const [account, weight] = [addressOf('first'), mostTime];
    const root = await anvil.publicClient.readContract({
      ...roots,
      functionName: 'leafOf',
      args: [most, account, weight],
    });
    const wallet = { account: developmentAccount(0), chain: null };
    const token = { address: deployment.contracts.DataAnchoringToken, abi: dataAnchoringTokenAbi } as const;
    const approved = [roots.address, shared] as const;
    await anvil.walletOf(0).writeContract({ ...token, functionName: 'approve', args: approved, ...wallet });
    const committed = [shared, { root, totalWeight: weight, cid: text }, []] as const;
    await anvil.walletOf(0).writeContract({ ...roots, functionName: 'commit', args: committed, ...wallet });
    await issuer.settleRevenue({ classId, amount: 600n });
    await issuer.settleContributors({ tokenId: shared });
    const leaf = { tokenId: shared, epoch: 1, asset: zeroAddress, index: most, account, weight };
    await anvil.walletOf(0).writeContract({ ...roots, functionName: 'claim', args: [leaf, [], account], ...wallet });

    // The terms of a deposit may name any contract as its market: here one that answers every call with one token's id.
    const market: Address = `0x${'3a'.repeat(20)}`;
    const deposit: DepositTerms = {
      market,
      classId,
      lot,
      asset: zeroAddress,
      holder: account,
      refundTo: account,
      ...keys,
      rate: 1n,
      burst: 1n,
      deadline: (await now()) + 86_400n,
      grace: 86_400,
      mode: 'capped',
      salt: someHash,
    };
    const { address } = await consumer.getDeposit({ terms: deposit });
    const { tokenId: unsold } = await issuer.mint({ classId, to: address, value: 100n });
    const answer = concat(['0x7f', numberToHex(unsold, { size: 32 }), '0x60005260406000f3']);
    await anvil.testClient.setCode({ address: market, bytecode: answer });
    await anvil.testClient.setBalance({ address, value: 100n });
    const swept = await consumer.sweepDeposit({ terms: deposit });
    await compare();

    const { items: stated } = await indexer.client.attestations({ classId });
    expect(stated).toMatchObject([{ version: most, uri: 'no  text', verdicts: [{ version: most }] }]);
    expect(await indexer.client.channel({ channelId })).toMatchObject({ grace: most, deadline, rate: mostTime });
    expect((await indexer.client.contributions({ tokenId: shared })).items).toMatchObject([{ index: most }]);
    const { lots, metadataURI } = await indexer.client.class({ classId });
    expect(metadataURI).not.toBe('spoiled');
    expect(lots[0]!.plan).toMatchObject({ supply: mostTime, duration: most, expireAt: most });
    expect(lots[1]!.listing).toMatchObject({ expireAt: Number.MAX_SAFE_INTEGER });
    const { items: moves } = await indexer.client.deposits({ deposit: lower(address) });
    expect(moves).toMatchObject([{ kind: 'sweep', asset: null, amount: 100n, channelId: swept.channelId }]);
  });

  test('R20: of what waited for a share, the newest is listed and the rest is summed', async () => {
    const issuer = as('issuer');
    const made = { kind: 'dataset', metadataURI: 'ipfs://d', integrityHash: someHash } as const;
    const { classId: parent } = await issuer.createClass(made);
    const parents = [{ classId: parent, royaltyBps: 5_000 }];
    const { classId } = await issuer.createClass({ ...made, kind: 'agent', parents });
    await issuer.mintShare({ classId, to: addressOf('issuer'), shareRatio: 1n });
    for (let count = 0; count < 6; count += 1) {
      await issuer.settleRevenue({ classId, amount: 100n });
      await issuer.collectRoyalty({ classId, parentIndex: 0n });
    }
    const { tokenId } = await issuer.mintShare({ classId: parent, to: addressOf('issuer'), shareRatio: 1n });
    await issuer.settleRevenue({ classId: parent, amount: 7n });
    await compare();

    const explain = async (limit: number) => {
      const explained = await indexer.client.explainClaim({ tokenId, asset: zeroAddress, limit });
      checkExplanation(explained);
      return [explained.parts.map(({ amount }) => amount), explained.earlier];
    };
    expect(await explain(10)).toEqual([[7n, 50n, 50n, 50n, 50n, 50n, 50n], { amount: 0n, count: 0 }]);
    expect(await explain(3)).toEqual([[7n, 50n, 50n], { amount: 200n, count: 4 }]);
    expect(await explain(1)).toEqual([[7n], { amount: 300n, count: 6 }]);
    await issuer.settleRevenue({ classId: parent, amount: 9n });
    await indexer.caughtUp();
    expect(await explain(2)).toEqual([[9n, 7n], { amount: 300n, count: 6 }]);
  });

  test('what tokens earned takes as many queries for many of them as for few: anybody may settle in assets of their own', async () => {
    const [issuer, owner] = [as('issuer'), addressOf('issuer')];
    const { classId } = await issuer.createClass({ kind: 'dataset', metadataURI: 'ipfs://d', integrityHash: someHash });
    await issuer.mintShare({ classId, to: owner, shareRatio: 7n });
    await issuer.settleRevenue({ classId, amount: 700n });
    for (let count = 1; count < 40; count += 1) {
      await issuer.mintShare({ classId, to: owner, shareRatio: 1n });
      if (count % 8 === 0) await issuer.settleRevenue({ classId, amount: 1_000n });
    }
    await issuer.settleRevenue({ classId, amount: 1_000n });
    await compare();
    const queriesFor = async (limit: number): Promise<number> => {
      const before = database.queries();
      expect((await indexer.client.tokens({ classId, limit })).items.length).toBe(limit);
      return database.queries() - before;
    };
    const few = await queriesFor(1);
    expect((await queriesFor(40)) - few).toBeLessThan(20);
  });

  test('an account that was given more tokens than a statement takes parameters learns what they earned', async () => {
    const issuer = as('issuer');
    const { classId } = await issuer.createClass({ kind: 'dataset', metadataURI: 'ipfs://d', integrityHash: someHash });
    await issuer.mintShare({ classId, to: addressOf('first'), shareRatio: 7n });
    await issuer.settleRevenue({ classId, amount: 700n });
    await indexer.caughtUp();
    const owner: Address = '0x00000000000000000000000000000000000a11ce';
    const many = 66_000;
    const sql = new pg.Client({ connectionString: postgres.url });
    await sql.connect();
    try {
      // As the indexer writes them, without the triggers of its own transactions: minted, they would take a minute.
      await sql.query('SET session_replication_role = replica');
      await sql.query(
        `INSERT INTO kedge.token (token_id, class_id, lot, owner, value, locked, spent, share, expire_at, share_expire_at, entry, activate_at, foreign_locks, minted_at)
         SELECT $1::numeric * 18446744073709551616 + 1099511627776 + each, $1, 1, $2, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1 FROM generate_series(1, $3::int) AS each`,
        [String(classId), owner, many],
      );
      const first = await indexer.client.earnings({ address: owner, limit: 500 });
      const claimable = {
        asset: zeroAddress,
        claimable: 100n * BigInt(many),
        claimableCount: many,
        claimed: 0n,
        owed: 0n,
      };
      expect([first.tokens.length, first.totals]).toEqual([500, [claimable]]);
      const second = await indexer.client.earnings({ address: owner, limit: 500, after: first.next! });
      const ids = [...first.tokens, ...second.tokens].map(({ tokenId }) => tokenId);
      expect([new Set(ids).size, second.totals]).toEqual([1_000, [claimable]]);
      const last = await indexer.client.earnings({ address: owner, after: String(many - 3) });
      expect([last.tokens.length, last.next]).toEqual([3, null]);
      const inOther = await indexer.client.earnings({ address: owner, asset: addressOf('first') });
      expect([inOther.tokens, inOther.next, inOther.totals]).toEqual([[], null, [claimable]]);
      const csv = await fetch(indexer.client.urlOf('earnings', { address: owner, format: 'csv' }));
      expect((await csv.text()).trim().split('\r\n')).toHaveLength(many + 1);
      const { items, next } = await indexer.client.holders({ classId, limit: 1 });
      expect(items).toEqual([{ owner, share: BigInt(many), pendingShare: 0n, tokenCount: many }]);
      const others = await indexer.client.holders({ classId, after: next! });
      expect(others).toEqual({
        items: [{ owner: addressOf('first'), share: 7n, pendingShare: 0n, tokenCount: 1 }],
        next: null,
      });
    } finally {
      await sql.query('DELETE FROM kedge.token WHERE owner = $1', [owner]);
      await sql.end();
    }
  });
});
