import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  hashReceipt,
  hexToBytes,
  labelHash,
  merkleTree,
  operatorBondAbi,
  receiptBatchDigest,
  receiptLeaf,
  seqOf,
  signedReceiptToJson,
  zeroAddress,
  zeroHash,
  type Address,
  type Deployment,
  type Hex,
  type Channel,
  type Receipt,
  type SignedReceipt,
} from '@kedge/core';
import { createKedgeClient, deployContracts, type KedgeClient } from '@kedge/sdk';
import { authorizedErc20Abi, deployAuthorizedErc20, deployErc20, startAnvil, type Anvil } from '@kedge/testing';
import { getAddress } from 'viem';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { developmentAccount } from '../src/accounts/developmentAccount.js';
import { roles, type Role } from '../src/accounts/roles.js';
import { contentStoreOf } from '../src/contentStoreOf.js';
import { keccak256 } from '../src/keccak256.js';
import { runInProcess, runJson, temporaryFolder } from './kedge.js';

const cwd = temporaryFolder();
const someHash: Hex = `0x${'ab'.repeat(32)}`;
let anvil: Anvil;
let deployment: Deployment;
let chain: string[];
const as = (role: Role): KedgeClient =>
  createKedgeClient({ publicClient: anvil.publicClient, walletClient: anvil.walletOf(roles[role]), deployment });
const kedge = (...args: string[]) => runInProcess([...args, ...chain], { cwd });
const kedgeJson = <value = Record<string, unknown>>(...args: string[]) => runJson<value>([...args, ...chain], { cwd });

beforeAll(async () => {
  anvil = await startAnvil();
  deployment = await deployContracts({
    publicClient: anvil.publicClient,
    walletClient: anvil.walletOf(roles.deployer),
  });
  writeFileSync(join(cwd, 'contracts.json'), JSON.stringify(deployment));
  chain = ['--rpc', anvil.rpcUrl, '--contracts', 'contracts.json'];
});
afterAll(() => anvil.stop());

test('R24: contributors are committed, paid, and set anew, from files and the content store', async () => {
  const contributor = as('contributor');
  const { classId } = await contributor.createClass({
    kind: 'dataset',
    metadataURI: 'ipfs://d',
    integrityHash: someHash,
  });
  const to = developmentAccount('contributor').address;
  const { tokenId } = await contributor.mintShare({ classId, to, shareRatio: 1_024n });
  const [consumer, operator] = [developmentAccount('consumer').address, developmentAccount('operator').address];
  await contributor.settleRevenue({ classId, amount: 1_024n });

  writeFileSync(join(cwd, 'first.txt'), `# who, weight\n${consumer} 3\n${operator}, 1\n`);
  writeFileSync(join(cwd, 'second.txt'), `${operator} 1\n`);
  const id = String(tokenId);
  expect((await kedge('contributors', 'claim', id)).stderr).toMatch(/not committed[\s\S]*->/);
  const unasked = await kedge('contributors', 'commit', id, 'first.txt');
  expect([unasked.code, unasked.stderr]).toEqual([2, expect.stringContaining('--yes')]);
  const committed = await kedgeJson('contributors', 'commit', id, 'first.txt', '--yes');
  expect(committed).toMatchObject({ contributors: 2, totalWeight: '4' });
  // What was earned before was paid to the one who committed.
  expect((await contributor.getToken({ tokenId })).pendingRevenue).toBe(0n);

  await contributor.settleRevenue({ classId, amount: 4_096n });
  const { paid } = await kedgeJson<{ paid: unknown[] }>('contributors', 'claim', id, '--account', 'consumer');
  expect(paid).toMatchObject([{ epoch: 1, index: 0, amount: '3072' }]);
  await contributor.settleRevenue({ classId, amount: 4_096n });
  expect(await kedgeJson('contributors', 'set', id, 'second.txt')).toMatchObject({ epoch: 2, totalWeight: '1' });
  await contributor.settleRevenue({ classId, amount: 1_024n });
  const late = await kedgeJson<{ paid: unknown[] }>('contributors', 'claim', id, '--for', operator);
  expect(late.paid).toMatchObject([
    { epoch: 1, amount: '2048' },
    { epoch: 2, amount: '1024' },
  ]);
  expect((await kedge('contributors', 'claim', id, '--for', operator)).stdout).toContain('nothing to claim');
  const refused = await kedge('contributors', 'set', id, 'second.txt', '--account', 'consumer');
  expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('may not set roots')]);

  // Without the content store the lists are passed as files.
  const elsewhere = ['--data-dir', join(cwd, 'elsewhere')];
  const missing = await kedge('contributors', 'claim', id, ...elsewhere);
  expect([missing.code, missing.stderr]).toEqual([1, expect.stringContaining('--file')]);
  const files = ['--file', 'first.txt', '--file', 'second.txt'];
  expect((await kedge('contributors', 'claim', id, ...files, ...elsewhere)).code).toBe(0);
  writeFileSync(join(cwd, 'broken.txt'), `${operator}\n`);
  expect((await kedge('contributors', 'set', id, 'broken.txt')).stderr).toContain('line 1');

  // Who sets the lists publishes none of the next, and names a CID of something else.
  const cid = await contentStoreOf(join(cwd, '.kedge')).putJson({ format: 'no list' });
  await contributor.settleRevenue({ classId, amount: 1_024n });
  await contributor.setContributors({
    tokenId,
    contributors: [{ account: consumer, weight: 5n }],
    cid,
    assets: [zeroAddress],
  });
  const unpublished = await kedge('contributors', 'claim', id, '--for', operator, '--json');
  expect(JSON.parse(unpublished.stdout)).toMatchObject({ paid: [{ epoch: 2, amount: '1024' }], missing: [3] });
  expect([unpublished.code, unpublished.stderr]).toEqual([1, expect.stringContaining('List 3 of token')]);
});

test('P27: the share of a committed token is renewed by anyone, and its controller appeals a revocation', async () => {
  const contributor = as('contributor');
  const { classId } = await contributor.createClass({
    kind: 'dataset',
    metadataURI: 'ipfs://d',
    integrityHash: someHash,
    options: { appealWindow: 86_400 },
  });
  const to = developmentAccount('contributor').address;
  const { timestamp } = await anvil.publicClient.getBlock();
  const terms = { classId, to, shareRatio: 1n, expireAt: timestamp + 2_000_000n };
  const { tokenId } = await contributor.mintShare(terms);
  const id = String(tokenId);
  writeFileSync(join(cwd, 'one.txt'), `${developmentAccount('consumer').address} 1\n`);
  await kedgeJson('contributors', 'commit', id, 'one.txt', '--yes');
  const expireAt = timestamp + 3_000_000n;
  const early = await kedge('contributors', 'renew', id, String(expireAt), '--account', 'consumer');
  expect([early.code, early.stderr]).toEqual([1, expect.stringContaining('did not offer')]);
  const offered = await kedge('token', 'renew', id, String(expireAt));
  expect(offered.stdout).toContain(`next, by anyone: kedge contributors renew ${id} ${expireAt} ${chain.join(' ')}\n`);
  const renewed = await kedgeJson('contributors', 'renew', id, String(expireAt), '--account', 'consumer');
  const { shareTokenId } = await contributor.getContributors({ tokenId });
  expect(renewed).toMatchObject({ newTokenId: String(shareTokenId) });
  const announced = await kedge('token', 'revoke', String(shareTokenId), '--reason', 'ipfs://reason');
  expect(announced.stdout).toContain(`objects: kedge contributors appeal ${id} <statement> ${chain.join(' ')}\n`);
  for (const words of [
    ['contributors', 'commit', id, 'one.txt', '--yes'],
    ['token', 'appeal', String(shareTokenId), 'no'],
  ]) {
    const ofVault = await kedge(...words);
    expect([ofVault.code, ofVault.stderr]).toEqual([1, expect.stringContaining(`Token ${id} is committed`)]);
  }
  const { effectiveAt } = await kedgeJson('contributors', 'appeal', id, 'not so');
  expect((await contributor.getRevocation({ tokenId: shareTokenId }))!.effectiveAt).toBe(BigInt(String(effectiveAt)));
});

test('R26: a bond is posted, shown, slashed by two receipts with one number, paid out and released', async () => {
  const operatorAddress = developmentAccount('operator').address;
  const { channel, channelId } = await openCapturedChannel();
  expect((await kedge('bond', 'show', operatorAddress)).stdout).toContain('has no bond');
  expect(await kedgeJson('bond', 'post', '--amount', '1', '--cover', '60d')).toMatchObject({ bonded: `${10n ** 18n}` });
  expect((await kedge('bond', 'show', operatorAddress)).stdout).toMatch(/1 ETH\n {2}covers {3}20/);
  // In an asset that no class is paid in.
  const asset = await deployErc20(
    { publicClient: anvil.publicClient, walletClient: anvil.walletOf(roles.operator) },
    500n,
  );
  await as('operator').postBond({ asset, amount: 500n });
  const { bonds } = await kedgeJson('bond', 'show', operatorAddress);
  expect(bonds).toMatchObject([{ amount: `${10n ** 18n}` }, { amount: '500' }]);

  const one = await signReceipt(channelId, `0x${'01'.repeat(32)}`, 1n);
  const two = await signReceipt(channelId, `0x${'02'.repeat(32)}`, 2n);
  writeFileSync(join(cwd, 'one.json'), JSON.stringify(signedReceiptToJson(one)));
  writeFileSync(join(cwd, 'two.json'), JSON.stringify(signedReceiptToJson(two)));
  const honest = await kedge('prove-fraud', 'one.json', 'one.json');
  expect([honest.code, honest.stderr]).toEqual([1, expect.stringContaining('no two have one number')]);
  // One that somebody else signed stands before the operator's own, and hides it not.
  const foreign = { ...two, signature: (await signReceipt(channelId, `0x${'03'.repeat(32)}`, 3n)).signature };
  writeFileSync(join(cwd, 'foreign.json'), JSON.stringify(signedReceiptToJson(foreign)));
  const forged = await kedge('prove-fraud', 'one.json', 'foreign.json');
  expect([forged.code, forged.stderr]).toEqual([
    1,
    expect.stringContaining('See what is wrong with each: kedge verify'),
  ]);
  const { proven } = await kedgeJson<{ proven: unknown[] }>(
    'prove-fraud',
    'one.json',
    'foreign.json',
    'two.json',
    '--account',
    'deployer',
  );
  expect(proven).toMatchObject([{ channelId, window: 1, backing: '4000' }]);
  // What the operator captures after that is claimed without the receipts.
  expect((await kedge('bond', 'raise', channelId)).stderr).toContain('nothing was captured beyond');
  await captureTo(channel, channelId, 60n);
  expect(await kedgeJson('bond', 'raise', channelId)).toMatchObject({ window: 1, backing: '6000' });
  const early = await kedge('bond', 'pay', channelId);
  expect([early.code, early.stderr]).toEqual([1, expect.stringContaining('has not ended')]);

  await anvil.testClient.increaseTime({ seconds: 7 * 86_400 + 1 });
  await anvil.testClient.mine({ blocks: 1 });
  const pot = 10n ** 18n / 2n;
  const paid = {
    holder: developmentAccount('consumer').address,
    holderAmount: '6000',
    reporter: developmentAccount('deployer').address,
    reporterAmount: String(pot / 20n),
  };
  const burned = String(pot - pot / 20n - 6_000n);
  const owed = (account: Address) =>
    anvil.publicClient.readContract({
      address: deployment.contracts.OperatorBond!,
      abi: operatorBondAbi,
      functionName: 'owedTo',
      args: [account, zeroAddress],
    });
  // A run that broke off after the first transaction: the next one burns and withdraws.
  const before = await anvil.testClient.snapshot();
  await as('operator').payFraud({ channelId });
  expect(await owed(paid.holder)).toBe(6_000n);
  expect(await kedgeJson('bond', 'pay', channelId)).toMatchObject({ ...paid, burned });
  expect([await owed(paid.holder), await owed(paid.reporter)]).toEqual([0n, 0n]);
  await anvil.testClient.revert({ id: before });

  expect(await kedgeJson('bond', 'pay', channelId)).toMatchObject({ ...paid, burned });
  expect([await owed(paid.holder), await owed(paid.reporter)]).toEqual([0n, 0n]);
  expect(await kedgeJson('bond', 'pay', channelId)).toMatchObject({ ...paid, burned: '0' });
  expect((await kedge('bond', 'pay', channelId)).stdout).toMatch(/^this was paid before:\n/);
  expect((await kedge('bond', 'show', operatorAddress)).stdout).toContain('slashed  1 time\n');

  expect(await kedgeJson('bond', 'release')).toMatchObject({ released: false });
  expect((await kedge('bond', 'release')).stderr).toContain('may not go yet');
  await anvil.testClient.increaseTime({ seconds: 100 * 86_400 });
  await anvil.testClient.mine({ blocks: 1 });
  expect(await kedgeJson('bond', 'release')).toMatchObject({ released: true, amount: String(pot) });
});

test('R26: each command about a proof means the bond in the asset of the channel’s lot, and names another one to the next', async () => {
  const { publicClient } = anvil;
  const consumer = anvil.walletOf(roles.consumer);
  const coin = getAddress(await deployAuthorizedErc20({ publicClient, walletClient: consumer }, 10n ** 12n));
  const hash = await consumer.writeContract({
    address: coin,
    abi: authorizedErc20Abi,
    functionName: 'transfer',
    args: [developmentAccount('operator').address, 10n ** 11n],
    chain: null,
  });
  await publicClient.waitForTransactionReceipt({ hash });
  const { channelId } = await openCapturedChannel(coin);
  const receipts = await Promise.all([
    signReceipt(channelId, `0x${'01'.repeat(32)}`, 1n),
    signReceipt(channelId, `0x${'02'.repeat(32)}`, 2n),
  ]);
  writeFileSync(join(cwd, 'both.json'), JSON.stringify(receipts.map(signedReceiptToJson)));
  for (const asset of [[], ['--asset', coin]])
    await kedgeJson('bond', 'post', '--amount', '1', '--cover', '60d', ...asset);
  const proven = await kedge('prove-fraud', 'both.json', '--asset', 'ETH');
  expect(proven.stdout).toContain(`kedge bond pay ${channelId} --asset ETH ${chain.join(' ')}\n`);
  expect(await kedgeJson('prove-fraud', 'both.json')).toMatchObject({ proven: [{ asset: coin, backing: '4000' }] });
  await anvil.testClient.increaseTime({ seconds: 7 * 86_400 + 1 });
  await anvil.testClient.mine({ blocks: 1 });
  expect(await kedgeJson('bond', 'pay', channelId)).toMatchObject({ asset: coin, holderAmount: '4000' });
  expect(await kedgeJson('bond', 'pay', channelId, '--asset', 'ETH')).toMatchObject({ asset: zeroAddress });
});

test('R26: what somebody else proved of one channel keeps nobody from proving the others', async () => {
  await kedgeJson('bond', 'post', '--amount', '1', '--cover', '60d');
  const [taken, left] = [await openCapturedChannel(), await openCapturedChannel()];
  const frauds = [taken, left].map(({ channelId }) =>
    Promise.all([
      signReceipt(channelId, `0x${'01'.repeat(32)}`, 1n),
      signReceipt(channelId, `0x${'02'.repeat(32)}`, 2n),
    ]),
  );
  const receipts = (await Promise.all(frauds)).flat();
  await as('consumer').proveFraud({ channel: taken.channel, first: receipts[0]!, second: receipts[1]! });
  const files = receipts.map((signed, index) => {
    writeFileSync(join(cwd, `fraud-${index}.json`), JSON.stringify(signedReceiptToJson(signed)));
    return `fraud-${index}.json`;
  });
  const { code, stdout, stderr } = await kedge('prove-fraud', ...files, '--account', 'deployer');
  expect(stdout).toContain(`kedge bond pay ${left.channelId}`);
  expect(stderr).toContain(`Nothing is proven of channel ${taken.channelId}.`);
  expect(code).toBe(1);
  const again = await kedge('prove-fraud', ...files, '--account', 'deployer');
  expect([again.code, again.stdout]).toEqual([1, '']);
});

test('a time from now on is counted from now on, too, where the chain has stood still for days', async () => {
  const { classId } = await as('contributor').createClass({
    kind: 'dataset',
    metadataURI: 'ipfs://idle',
    integrityHash: someHash,
  });
  writeFileSync(join(cwd, 'idle.txt'), 'said later');
  const later = Date.now() + 10 * 86_400_000;
  vi.useFakeTimers({ toFake: ['Date'], now: later });
  try {
    const attest = ['attest', 'idle.txt', '--class', String(classId), '--type', 'note', '--expires', '1d'];
    const { expireAt } = await kedgeJson<{ expireAt: string }>(...attest);
    expect(Number(expireAt) * 1000).toBeGreaterThan(later);
    const bond = ['bond', 'post', '--amount', '0.01', '--cover', '1d', '--account', 'deployer'];
    const { coveredUntil } = await kedgeJson<{ coveredUntil: string }>(...bond);
    expect(Number(coveredUntil) * 1000).toBeGreaterThan(later);
  } finally {
    vi.useRealTimers();
  }
});

test('P31: a statement is attested, judged, listed with what the trusted find, and revoked', async () => {
  const { classId } = await as('contributor').createClass({
    kind: 'dataset',
    metadataURI: 'ipfs://d',
    integrityHash: someHash,
  });
  const id = String(classId);
  const verifier = developmentAccount('deployer').address;
  writeFileSync(join(cwd, 'licence.txt'), 'CC-BY-4.0, all of it.\n');
  writeFileSync(join(cwd, 'report.txt'), 'Looked at all files.\n');
  expect((await kedge('attestations', '--class', id)).stdout).toBe('nothing was attested\n');
  const stated = await kedgeJson<Record<string, string>>('attest', 'licence.txt', '--class', id, '--type', 'licence');
  expect(stated).toMatchObject({
    subjectKind: 'class',
    subjectId: id,
    version: 1,
    attester: developmentAccount('contributor').address,
    statementHash: labelHash('CC-BY-4.0, all of it.\n', keccak256),
    uri: expect.stringMatching(/^ipfs:\/\/b/),
    expireAt: '0',
  });
  const attestationId = stated['id']!;
  const verdict = ['attest', 'report.txt', '--verdict', attestationId, '--method', 'document_review'];
  expect((await kedge(...verdict, '--outcome', 'undecided', '--expires', '30d')).stdout).toContain(': undecided');
  const given = await kedgeJson<Record<string, string>>(...verdict, '--outcome', 'confirmed');
  expect(given).toMatchObject({ version: 2, attester: verifier, verdict: { refersTo: attestationId } });

  const listed = await kedge('attestations', '--class', id, '--trust', verifier);
  expect(listed.stdout).toContain(`licence of class ${id}, version 1: valid`);
  expect(listed.stdout).toMatch(/undecided by 0x\w+ \(document_review\), superseded\n {2}verdict {4}confirmed/);
  expect(listed.stdout).toContain('verified   yes: 1 of 1 trusted confirm');
  expect((await kedge('attestations', '--class', id)).stdout).not.toContain('verified ');
  const strict = ['--trust', verifier, '--trust', developmentAccount('operator').address, '--threshold', '2'];
  expect(await kedgeJson('attestations', '--class', id, ...strict)).toMatchObject({
    threshold: 2,
    attestations: [{ id: attestationId, type: 'licence', trusted: { confirming: 1, refuting: 0, verified: false } }],
  });

  const twice = await kedge('attestations', '--class', id, '--trust', verifier, '--trust', verifier);
  expect(twice.stdout).toContain('verified   yes: 1 of 1 trusted confirm');
  // Nobody could confirm so often: it would read as if nothing were verified.
  const tooFew = await kedge('attestations', '--class', id, '--trust', verifier, '--threshold', '2');
  expect([tooFew.code, tooFew.stderr]).toEqual([2, expect.stringContaining('2 verifiers, and 1 are trusted')]);
  for (const [nowhere, said] of [
    [['--class', '99'], 'no such class'],
    [['--token', '99'], 'no such token'],
  ] as const) {
    const mistyped = await kedge('attestations', ...nowhere);
    expect([mistyped.code, mistyped.stderr]).toEqual([1, expect.stringContaining(said)]);
  }

  await kedge('attest', 'report.txt', '--class', id, '--type', 'quality', '--account', 'operator');
  const paged = await kedge('attestations', '--class', id, '--limit', '1');
  expect(paged.stdout).toContain('licence of class');
  expect(paged.stdout).not.toContain('quality of class');
  const [, place] = /there are more: the same with --after (\S+)\n$/.exec(paged.stdout)!;
  const rest = await kedge('attestations', '--class', id, '--after', place!);
  expect(rest.stdout).toMatch(/^quality of class/);
  expect(rest.stdout).not.toMatch(/licence of class|there are more/);

  const slip = await kedge('attest', 'licence.txt', '--class', id, '--type', 'license');
  expect(slip.stderr).toContain('--type "license" is none of the words that lists know');

  const own = await kedge(...verdict, '--outcome', 'confirmed', '--account', 'contributor');
  expect([own.code, own.stderr]).toEqual([1, expect.stringContaining('another verifier')]);
  const foreign = await kedge('attest', 'revoke', attestationId, '--account', 'consumer');
  expect([foreign.code, foreign.stderr]).toEqual([1, expect.stringContaining("attester's key")]);
  expect(await kedgeJson('attest', 'revoke', attestationId)).toMatchObject({ id: attestationId });
  const after = await kedge('attestations', '--class', id, '--trust', verifier);
  expect(after.stdout).toMatch(/version 1: revoked[\s\S]*verified {3}no: 1 of 1/);

  for (const wrong of [
    ['attest', 'licence.txt', '--type', 'licence'],
    ['attest', 'licence.txt', '--class', id],
    ['attest', 'licence.txt', '--class', id, '--type', 'verdict'],
    ['attest', 'licence.txt', '--class', id, '--type', 'licence', '--outcome', 'confirmed'],
    ['attest', 'report.txt', '--verdict', attestationId, '--outcome', 'confirmed'],
    ['attest', 'report.txt', '--verdict', attestationId, '--class', id],
    ['attest', 'report.txt', '--verdict', '0x12', '--outcome', 'confirmed', '--method', 'audit'],
    ['attestations'],
    ['attestations', '--class', id, '--threshold', '0'],
    ['attestations', '--class', id, '--limit', '101'],
  ]) {
    expect([wrong, (await kedge(...wrong)).code]).toEqual([wrong, 2]);
  }
});

test('P31: the holder of a token puts a proof forward, which is listed, judged and found by its event', async () => {
  const { classId } = await as('contributor').createClass({
    kind: 'model',
    metadataURI: 'ipfs://m',
    integrityHash: someHash,
  });
  const { tokenId } = await as('contributor').mintShare({
    classId,
    to: developmentAccount('contributor').address,
    shareRatio: 1n,
  });
  const token = String(tokenId);
  writeFileSync(join(cwd, 'quote.bin'), 'an attestation report of the enclave');
  const proof = ['attest', 'proof', 'quote.bin', '--token', token, '--type', 'TEE_REPORT'];
  const foreign = await kedge(...proof, '--account', 'operator');
  expect([foreign.code, foreign.stderr]).toEqual([1, expect.stringContaining("holder's key")]);
  const added = await kedgeJson<Record<string, string>>(...proof, '--expires', '30d', '--number', '2');
  expect(added).toMatchObject({
    subjectKind: 'token',
    subjectId: token,
    version: 2,
    attester: developmentAccount('contributor').address,
    statementHash: labelHash('an attestation report of the enclave', keccak256),
    uri: expect.stringMatching(/^ipfs:\/\/b/),
    transactionHash: expect.stringMatching(/^0x/),
    proof: expect.stringContaining(developmentAccount('contributor').address.slice(2).toLowerCase()),
  });
  const shown = await kedge(...proof, '--uri', 'https://lab.example/quote.bin');
  expect(shown.stdout).toContain(`TEE_REPORT about token ${token}: put forward`);
  expect(shown.stdout).toContain('at         https://lab.example/quote.bin');
  expect((await kedge('attestations', '--token', token)).stdout).toContain(
    `TEE_REPORT of token ${token}, version 2: valid`,
  );
  for (const wrong of [
    ['attest', 'proof', 'quote.bin', '--type', 'TEE_REPORT'],
    ['attest', 'proof', 'quote.bin', '--token', token],
    ['attest', 'proof', 'quote.bin', '--token', token, '--type', 'verdict'],
    ['attest', 'proof', '--token', token, '--type', 'TEE_REPORT'],
  ]) {
    expect([wrong, (await kedge(...wrong)).code]).toEqual([wrong, 2]);
  }
});

test('P31: what another signed about a token is brought by its holder, and is the other’s statement', async () => {
  const holder = developmentAccount('contributor').address;
  const terms = { kind: 'model', metadataURI: 'ipfs://n', integrityHash: someHash } as const;
  const { classId } = await as('contributor').createClass(terms);
  const { tokenId } = await as('contributor').mintShare({ classId, to: holder, shareRatio: 1n });
  writeFileSync(join(cwd, 'lab.bin'), 'a report of the lab');
  const sign = ['attest', 'proof', 'lab.bin', '--token', `${tokenId}`, '--type', 'TEE_REPORT', '--sign'];
  const signed = await kedgeJson<{ attestation: object; signature: string }>(...sign, '--account', 'consumer');
  expect((await kedge(...sign, '--account', 'consumer')).stdout).toContain('not on the chain');
  expect((await kedge('attestations', '--token', `${tokenId}`)).stdout).toBe('nothing was attested\n');
  writeFileSync(join(cwd, 'signed.json'), JSON.stringify(signed));
  const bring = ['attest', 'proof', 'lab.bin', '--signed', 'signed.json'];
  // Only the holder brings it, whoever signed.
  expect((await kedge(...bring, '--account', 'consumer')).stderr).toContain("holder's key");
  const forged = { ...signed, attestation: { ...signed.attestation, attester: holder } };
  writeFileSync(join(cwd, 'forged.json'), JSON.stringify(forged));
  const refused = await kedge('attest', 'proof', 'lab.bin', '--signed', 'forged.json');
  expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('not signed by its attester')]);
  writeFileSync(join(cwd, 'other.bin'), 'another report');
  const other = await kedge('attest', 'proof', 'other.bin', '--signed', 'signed.json');
  expect([other.code, other.stderr]).toEqual([1, expect.stringContaining('not this file')]);
  for (const more of [['--token', '1'], ['--type', 'ZKP'], ['--sign'], ['--uri', 'ipfs://x']]) {
    expect([more, (await kedge(...bring, ...more)).code]).toEqual([more, 2]);
  }
  writeFileSync(join(cwd, 'broken.json'), JSON.stringify({ ...signed, attestation: {} }));
  expect((await kedge('attest', 'proof', 'lab.bin', '--signed', 'broken.json')).stderr).toContain(
    'attestation.subjectKind',
  );
  expect(await kedgeJson(...bring)).toMatchObject({
    attester: developmentAccount('consumer').address,
    subjectId: `${tokenId}`,
    transactionHash: expect.stringMatching(/^0x/),
  });
});

/** A channel of the consumer with 40 of 100 units captured, at 100 wei each. */
async function openCapturedChannel(
  asset: Address = zeroAddress,
): Promise<{ readonly channel: Channel; readonly channelId: Hex }> {
  const [operator, consumer] = [as('operator'), as('consumer')];
  const policy = { uri: 'ipfs://policy', hash: someHash };
  const terms = { kind: 'agent', metadataURI: 'ipfs://a', integrityHash: someHash, policy } as const;
  const { classId } = await operator.createClass(terms);
  const { lot } = await operator.createLot({
    classId,
    asset,
    price: { numerator: 100n, denominator: 1n },
    operatorBps: 0,
  });
  await operator.openListing({ classId, lot, supply: 1_000n });
  const { tokenId } = await consumer.buyValue({ classId, lot, units: 100n });
  const { timestamp } = await anvil.publicClient.getBlock();
  const key = developmentAccount('operator');
  const { channel, channelId } = await consumer.openChannel({
    tokenId,
    operator: key.address,
    channelKey: key.address,
    cap: 100n,
    rate: 1n,
    burst: 100n,
    deadline: timestamp + 86_400n,
    mode: 'capped',
    salt: someHash,
  });
  await captureTo(channel, channelId, 40n);
  return { channel, channelId };
}

/** Unsigned: the operator, whose key it is, sends it itself. */
async function captureTo(channel: Channel, channelId: Hex, cumulativeUnits: bigint): Promise<void> {
  const voucher = { channelId, cumulativeUnits, receiptHash: zeroHash, seq: seqOf(1n, 1n) };
  await as('operator').capture({ items: [{ channel, voucher }] });
}

async function signReceipt(channelId: Hex, responseHash: Hex, batch: bigint): Promise<SignedReceipt> {
  const account = developmentAccount('operator');
  const receipt: Receipt = {
    channelId,
    tokenId: 1n,
    classId: 2n,
    policyHash: someHash,
    seq: seqOf(1n, 1n),
    requestHash: someHash,
    responseHash,
    metrics: [{ metric: 'units', amount: 40n }],
    units: 40n,
    cumulativeUnits: 40n,
    previousReceiptHash: zeroHash,
    issuedAt: 1_790_000_000n,
  };
  const { root, pathOf } = merkleTree([hexToBytes(receiptLeaf(hashReceipt(receipt, keccak256), keccak256))], keccak256);
  const signed = { operator: account.address, epoch: 1n, batch, root };
  const domain = { chainId: deployment.chainId, verifyingContract: deployment.contracts.ValueChannels };
  const signature = await account.sign({ hash: receiptBatchDigest(domain, signed, keccak256) });
  return { receipt, batch: signed, path: pathOf(0), signature, signer: account.address, salt: zeroHash };
}
