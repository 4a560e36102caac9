import { spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import {
  bytesToHex,
  dataAnchoringTokenAbi,
  encodeReceiptLeaves,
  encodeSignedReceipt,
  formatUnits,
  hashBody,
  hashReceipt,
  hexToBytes,
  merkleTree,
  protocolDomain,
  receiptAnchorTree,
  receiptBatchTypes,
  receiptLeaf,
  seqOf,
  signedReceiptToJson,
  utf8,
  voucherTypes,
  zeroHash,
  type Channel,
  type Deployment,
  type Policy,
  type Receipt,
  type SignedReceipt,
  zeroAddress,
} from '@kedge/core';
import { createKedgeClient, type KedgeClient } from '@kedge/sdk';
import { createContentStore } from '@kedge/store';
import { startAnvil, type Anvil } from '@kedge/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { roles } from '../src/accounts/roles.js';
import { developmentAccount } from '../src/accounts/developmentAccount.js';
import { roleAccount } from '../src/accounts/resolveAccount.js';
import { commandTable } from '../src/commandTable.js';
import { keccak256 } from '../src/keccak256.js';
import { demoPolicy } from '../src/up/demoTerms.js';
import { buildCli, configureGateway, runInProcess, runJson, runKedge, temporaryFolder } from './kedge.js';

const cwd = temporaryFolder();
const operator = developmentAccount('operator');
const policy: Policy = demoPolicy(operator.address, ['test-model']);
let anvil: Anvil;
let deployment: Deployment;
let client: KedgeClient;
/** The options that name the chain. */
let chain: string[];

/** What the tests, which run in order, hand on to each other. */
const made = {} as {
  shareTokenId: string;
  tokenId: string;
  channelId: `0x${string}`;
  channel: Channel;
  receipts: SignedReceipt[];
};

const kedge = (...args: string[]) => runInProcess([...args, ...chain], { cwd });
/** The built program in a process of its own: a few calls, for what is the process's and not the command's. */
const kedgeProgram = (...args: string[]) => runKedge([...args, ...chain], { cwd });
const kedgeJson = <value = Record<string, unknown>>(...args: string[]) => runJson<value>([...args, ...chain], { cwd });

beforeAll(async () => {
  buildCli();
  anvil = await startAnvil();
});
afterAll(() => anvil.stop());

test('the built program loads every command, each with all that it imports', () => {
  const table = new URL('../dist/commandTable.js', import.meta.url).href;
  const load = `import { commandTable } from '${table}'; for (const { name, load } of commandTable) if ((await load()).name !== name) throw new Error(name); console.log(commandTable.length);`;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', load], { encoding: 'utf8' });
  expect([stdout, stderr]).toEqual([`${commandTable.length}\n`, '']);
});

test('deploy prints the chain and the address of everything it deployed', async () => {
  const { code, stdout, stderr } = await runKedge(['deploy', '--rpc', anvil.rpcUrl, '--json'], { cwd });
  expect(code, stderr).toBe(0);
  const printed = JSON.parse(stdout) as Deployment;
  expect(printed.chainId).toBe(31337);
  expect(Object.keys(printed.contracts).toSorted()).toEqual([
    'AttestationRegistry',
    'ChannelDeposits',
    'ContributorRoots',
    'DataAnchoringToken',
    'DataAnchoringTokenExtension',
    'DataAnchoringTokenSecondExtension',
    'DataAnchoringTokenThirdExtension',
    'ERC3525Adapter',
    'OperatorBond',
    'PermitBuyer',
    'ValueChannels',
    'ValueMarket',
    'ValuePlans',
  ]);
  for (const address of Object.values(printed.contracts)) {
    expect((await anvil.publicClient.getCode({ address }))?.length).toBeGreaterThan(100);
  }
  deployment = printed;
  writeFileSync(join(cwd, 'contracts.json'), JSON.stringify(printed));
  chain = ['--rpc', anvil.rpcUrl, '--contracts', 'contracts.json'];
  client = createKedgeClient({
    publicClient: anvil.publicClient,
    walletClient: anvil.walletOf(roles.operator),
    deployment,
  });
});

test('anchor puts content into the store and its class on chain, bound to the manifest (R29)', async () => {
  mkdirSync(join(cwd, 'data'));
  writeFileSync(join(cwd, 'data', 'a.txt'), 'first\n');
  writeFileSync(join(cwd, 'data', 'b.txt'), randomBytes(2 * 1024 * 1024 + 7));
  const anchored = await kedgeJson<Record<string, string>>('anchor', 'data', '--share', '1000', '--licence', 'MIT');
  expect(anchored['classId']).toBe('1');
  made.shareTokenId = anchored['shareTokenId']!;
  const onChain = await client.getClass({ classId: 1n });
  expect(onChain).toMatchObject({
    kind: 'dataset',
    integrityHash: anchored['integrityHash'],
    metadataURI: anchored['metadataURI'],
  });
  const manifest = JSON.parse(readFileSync(join(cwd, 'data.kedge.json'), 'utf8')) as Record<string, unknown>;
  expect(manifest).toMatchObject({
    classId: '1',
    chainId: 31337,
    cid: anchored['cid'],
    integrityHash: anchored['integrityHash'],
  });
  const store = createContentStore({ dir: join(cwd, '.kedge', 'store') });
  const croissant = await store.getJson(anchored['metadataURI']!.slice('ipfs://'.length));
  expect(croissant).toMatchObject({ name: 'data', license: 'MIT' });
});

test('anchor refuses to write over a manifest, and a path that is not there', async () => {
  const again = await kedge('anchor', 'data');
  expect([again.code, again.stderr]).toEqual([1, expect.stringContaining('--out')]);
  const missing = await kedge('anchor', 'nothing');
  expect([missing.code, missing.stderr]).toEqual([1, expect.stringContaining('nothing at that path')]);
});

test('anchor verify names the file and the chunk of a changed byte', async () => {
  expect((await runInProcess(['anchor', 'verify', 'data.kedge.json', 'data'], { cwd })).code).toBe(0);
  const file = join(cwd, 'data', 'b.txt');
  const bytes = readFileSync(file);
  bytes[1024 * 1024 + 5]! ^= 1;
  writeFileSync(file, bytes);
  const { code, stdout } = await runKedge(['anchor', 'verify', 'data.kedge.json', 'data'], { cwd });
  expect(code).toBe(1);
  expect(stdout).toContain('b.txt changed in chunk 1 (bytes 1048576 to 2097151)');
});

test('anchor --no-chain needs no chain, and anchors the folder it is run in beside it', async () => {
  const inside = join(cwd, 'data');
  const args = ['anchor', '.', '--no-chain', '--data-dir', '../.kedge', '--out', '../inside.json', '--json'];
  const anchored = await runKedge(args, { cwd: inside });
  expect(anchored.code).toBe(0);
  expect((JSON.parse(anchored.stdout) as Record<string, string>)['classId']).toBeUndefined();
  expect((await runInProcess(['anchor', 'verify', 'inside.json', 'data'], { cwd })).code).toBe(0);
});

test('class create takes a policy and a parent, and puts units on sale', async () => {
  writeFileSync(join(cwd, 'policy.json'), JSON.stringify(policy));
  const created = await kedgeJson(
    'class',
    'create',
    '--name',
    'Agent',
    '--policy',
    'policy.json',
    '--parent',
    '1:3000',
    '--sell',
    '5000',
    '--dilutable',
  );
  expect(created).toMatchObject({ classId: '2', kind: 'agent', lot: 1, supply: '5000000' });
  const { issuer, parents, policy: onChain } = await client.getClass({ classId: 2n });
  expect(issuer).toBe(operator.address);
  expect(parents).toMatchObject([{ classId: 1n, royaltyBps: 3000 }]);
  expect(onChain.hash).toBe(created['policyHash']);
});

test('mint makes a share with the key of the issuer', async () => {
  const minted = await kedgeJson('mint', '2', '--share', '1000');
  expect(await client.getToken({ tokenId: BigInt(minted['tokenId'] as string) })).toMatchObject({
    holder: operator.address,
    shareRatio: 1000n,
  });
});

test('buy pays exactly the price of the lot', async () => {
  const bought = await kedgeJson<Record<string, string>>('buy', '2', '1000');
  expect(bought).toMatchObject({ units: '1000000', cost: String(10n ** 18n) });
  made.tokenId = bought['tokenId']!;
  expect((await client.getToken({ tokenId: BigInt(made.tokenId) })).value).toBe(1_000_000n);
});

test('channel open locks units, prints the key once and gives the gateway only its hash', async () => {
  // The folder of a gateway: without it a file is written for an operator elsewhere.
  configureGateway(cwd, deployment);
  const opened = await kedgeJson<Record<string, string>>(
    'channel',
    'open',
    made.tokenId,
    '--units',
    '400',
    '--burst',
    '400',
  );
  made.channelId = opened['channelId'] as `0x${string}`;
  const file = join(cwd, '.kedge', 'gateway', 'channels.json');
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const text = readFileSync(file, 'utf8');
  expect(text).not.toContain(opened['apiKey']);
  const [entry] = JSON.parse(text) as Record<string, unknown>[];
  expect(entry).toMatchObject({
    channelId: made.channelId,
    apiKeySha256: createHash('sha256').update(opened['apiKey']!).digest('hex'),
    policy,
    classId: '2',
    edges: [{ classId: '2', parentIndex: '0', asset: '0x0000000000000000000000000000000000000000' }],
  });
  const channel = entry!['channel'] as Record<string, string>;
  made.channel = {
    ...(channel as unknown as Channel),
    tokenId: BigInt(made.tokenId),
    cap: 400000n,
    rate: BigInt(channel['rate']!),
    burst: 400000n,
    deadline: BigInt(channel['deadline']!),
  };
  expect(await client.getChannelState({ channel: made.channel })).toMatchObject({
    open: true,
    remainingUnits: 400_000n,
  });
});

test('verify checks receipts before they are anchored: path, signature, chain, units, channel', async () => {
  made.receipts = await signReceipts(3);
  writeFileSync(join(cwd, 'receipts.json'), JSON.stringify(made.receipts.map(signedReceiptToJson)));
  const { code, stdout } = await kedge('verify', 'receipts.json');
  expect([code, stdout]).toEqual([0, expect.stringContaining('all 3 receipts are good')]);
  for (const name of ['path', 'signature', 'units', 'chain', 'cumulative', 'channel'])
    expect(stdout).toContain(`✓ ${name}`);
  expect(stdout).toContain('is not anchored yet');
});

test('verify works without the chain, and takes a header value or stdin', async () => {
  const encoded = encodeSignedReceipt(made.receipts[0]!);
  const offline = ['--contracts', 'contracts.json', '--policy', 'policy.json'];
  expect((await runInProcess(['verify', encoded, ...offline], { cwd })).code).toBe(0);
  const piped = await runKedge(['verify', '-', ...offline], { cwd, stdin: `kedge-receipt: ${encoded}\n` });
  expect([piped.code, piped.stdout]).toEqual([0, expect.stringContaining('the receipt is good')]);
  const unreachable = await runInProcess(['verify', encoded, ...offline, '--rpc', 'http://127.0.0.1:1'], { cwd });
  expect([unreachable.code, unreachable.stderr]).toEqual([
    0,
    expect.stringContaining('What needs the chain is not checked'),
  ]);
});

test('verify checks the exact bytes of the bodies', async () => {
  writeFileSync(join(cwd, 'one.json'), JSON.stringify(signedReceiptToJson(made.receipts[0]!)));
  writeFileSync(join(cwd, 'request'), requestBody(0));
  writeFileSync(join(cwd, 'response'), responseBody(0));
  const bodies = ['--request', 'request', '--response', 'response'];
  const good = await kedge('verify', 'one.json', ...bodies);
  expect([good.code, good.stdout.match(/✓ (body|recount)/g)?.length]).toEqual([0, 4]);
  writeFileSync(join(cwd, 'response'), responseBody(1));
  const bad = await kedge('verify', 'one.json', ...bodies);
  expect([bad.code, bad.stdout]).toEqual([1, expect.stringContaining('✗ body')]);
});

test.each([
  ['units', (receipt: Record<string, unknown>) => ({ ...receipt, units: '1' })],
  ['channelId', (receipt: Record<string, unknown>) => ({ ...receipt, channelId: `0x${'ab'.repeat(32)}` })],
  ['issuedAt', (receipt: Record<string, unknown>) => ({ ...receipt, issuedAt: '1' })],
])('verify finds a receipt whose %s was changed', async (_field, change) => {
  const json = signedReceiptToJson(made.receipts[1]!);
  writeFileSync(join(cwd, 'changed.json'), JSON.stringify({ ...json, receipt: change(json.receipt) }));
  const { code, stdout } = await kedge('verify', 'changed.json');
  expect([code, stdout]).toEqual([1, expect.stringContaining('✗ path')]);
  const report = JSON.parse((await kedge('verify', 'changed.json', '--json')).stdout) as { ok: boolean };
  expect(report.ok).toBe(false);
});

test('verify finds a gap between receipts', async () => {
  writeFileSync(join(cwd, 'gap.json'), JSON.stringify([made.receipts[0]!, made.receipts[2]!].map(signedReceiptToJson)));
  const { code, stdout } = await kedge('verify', 'gap.json');
  expect([code, stdout]).toEqual([1, expect.stringContaining('✗ chain')]);
});

test('capture asks the gateway, and shows what it took', async () => {
  const gateway = await startGatewayStandIn(captureReceipts);
  try {
    const { captures } = await kedgeJson<{ captures: Record<string, unknown>[] }>(
      'capture',
      '--gateway',
      `${gateway.url}/v1`,
    );
    const units = String(made.receipts.at(-1)!.receipt.cumulativeUnits);
    expect(captures).toMatchObject([{ captured: [{ channelId: made.channelId, units }], failed: [] }]);
    gateway.answerWith(503);
    const postponed = await kedge('capture', '--gateway', gateway.url);
    expect([postponed.code, postponed.stderr]).toEqual([3, expect.stringMatching(/not yet[\s\S]*-> Wait\./)]);
  } finally {
    await gateway.stop();
  }
  const gone = await kedge('capture', '--gateway', gateway.url);
  expect([gone.code, gone.stderr]).toEqual([3, expect.stringContaining('kedge up')]);
});

test('verify checks inclusion under the anchored root once it is on chain', async () => {
  const { code, stdout } = await kedge('verify', 'receipts.json');
  expect(code).toBe(0);
  expect(stdout.match(/✓ anchor/g)?.length).toBe(3);
});

test('status shows value, used, revenue and claimable; with --json exact integers', async () => {
  const units = made.receipts.at(-1)!.receipt.cumulativeUnits;
  const { code, stdout } = await kedgeProgram('status');
  expect(code).toBe(0);
  for (const heading of ['CLASSES', 'LOTS ON SALE', 'TOKENS', 'CHANNELS', 'OWED']) expect(stdout).toContain(heading);
  expect(stdout).toContain('development key, public');
  const overview = await kedgeJson<{
    tokens: Record<string, unknown>[];
    channels: Record<string, unknown>[];
    owed: unknown[];
  }>('status');
  expect(overview.tokens.find(({ tokenId }) => tokenId === made.tokenId)).toMatchObject({
    value: '600000',
    usedUnits: String(units),
    lockedUnits: String(400_000n - units),
  });
  expect(overview.channels).toMatchObject([{ channelId: made.channelId, open: true, capturedUnits: String(units) }]);
  expect(overview.owed).toMatchObject([
    { account: operator.address, amount: String((units * 10n ** 12n * 2_000n) / 10_000n) },
  ]);
});

test('settle adds revenue, and refuses a class without shares', async () => {
  expect(await kedgeJson('settle', '2', '--amount', '0.5')).toMatchObject({
    classId: '2',
    amount: String(5n * 10n ** 17n),
  });
  await kedge('class', 'create', '--name', 'Empty');
  const refused = await kedge('settle', '3', '--amount', '1');
  expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('kedge mint')]);
});

test('claim collects royalties, pays holders and the operator to the wei, and a second time nothing (L4)', async () => {
  const units = made.receipts.at(-1)!.receipt.cumulativeUnits;
  const released = units * 10n ** 12n;
  const cut = (released * 2_000n) / 10_000n;
  const revenue = released - cut + 5n * 10n ** 17n;
  const royalty = (revenue * 3_000n) / 10_000n;
  const { paid } = await kedgeJson<{ paid: { kind: string; amount: string; tokenId?: string }[] }>('claim');
  const sumOf = (kind: string) =>
    paid.filter((payment) => payment.kind === kind).reduce((sum, { amount }) => sum + BigInt(amount), 0n);
  expect(sumOf('cut')).toBe(cut);
  expect(sumOf('share')).toBe(revenue);
  expect(paid.find(({ tokenId }) => tokenId === made.shareTokenId)?.amount).toBe(String(royalty));
  expect((await kedge('claim')).stdout).toBe('nothing to claim\n');
});

test('channel close returns what was not used, and takes the key from the gateway', async () => {
  const units = made.receipts.at(-1)!.receipt.cumulativeUnits;
  expect(await kedgeJson('channel', 'close', made.channelId, '--no-capture')).toMatchObject({
    returnedUnits: String(400_000n - units),
  });
  expect(JSON.parse(readFileSync(join(cwd, '.kedge', 'gateway', 'channels.json'), 'utf8'))).toEqual([]);
  const again = await kedge('channel', 'close', made.channelId, '--no-capture');
  expect([again.code, again.stderr]).toEqual([1, expect.stringContaining('not open')]);
});

test('deposit, deposit sweep and deposit refund top a channel up by a plain payment, for the same key (R28)', async () => {
  const file = join(cwd, '.kedge', 'gateway', 'channels.json');
  const { tokenId } = await kedgeJson<Record<string, string>>('buy', '2', '10');
  const { channelId } = await kedgeJson<Record<string, string>>('channel', 'open', tokenId!);
  const shown = await kedgeJson<Record<string, string>>('deposit', channelId!, '--units', '5');
  const cost = 5n * 10n ** 15n;
  expect(shown).toMatchObject({ channelId, units: '5000', cost: String(cost), deposited: '0' });
  const other = await kedgeJson<Record<string, string>>('deposit', channelId!, '--refund-to', operator.address);
  expect(other['deposit']).not.toBe(shown['deposit']);
  const nothing = await kedge('deposit', 'sweep', channelId!);
  expect([nothing.code, nothing.stderr]).toEqual([1, expect.stringContaining('does not buy one unit')]);

  const pay = async (value: bigint): Promise<void> => {
    const to = shown['deposit'] as `0x${string}`;
    const hash = await anvil.walletOf(8).sendTransaction({ to, value, chain: null });
    await anvil.publicClient.waitForTransactionReceipt({ hash });
  };
  await pay(cost + 1n);
  // The policy of the channel is in its record, so the content store is not needed once money has moved.
  const store = join(cwd, '.kedge', 'store');
  renameSync(store, `${store}.away`);
  const swept = await kedgeJson<Record<string, string>>('deposit', 'sweep', channelId!);
  renameSync(`${store}.away`, store);
  expect(swept).toMatchObject({ continues: channelId, units: '5000', spent: String(cost) });
  const [first, next] = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>[];
  expect(first).toMatchObject({ channelId });
  expect(next).toMatchObject({
    channelId: swept['channelId'],
    apiKeySha256: first!['apiKeySha256'],
    continues: { rootId: channelId, holder: roleAccount('consumer').account.address },
  });
  // What continues a channel is topped up at the same address.
  expect(await kedgeJson('deposit', swept['channelId']!)).toMatchObject({ deposit: shown['deposit'], deposited: '1' });
  await pay(cost);
  const refunded = await kedgeJson('deposit', 'refund', swept['channelId']!);
  expect(refunded).toMatchObject({ amount: String(cost + 1n), refundTo: roleAccount('consumer').account.address });
  // A new channel of another key leaves both in the file; closing them takes both out.
  for (const open of [channelId!, swept['channelId']!]) await kedgeJson('channel', 'close', open, '--no-capture');
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual([]);
});

test('token split, merge, top-up and burn move, add and destroy units; retire ends a share (P27, R22)', async () => {
  const value = async (tokenId: string) => (await client.getToken({ tokenId: BigInt(tokenId) })).value;
  const { tokenId } = await kedgeJson<Record<string, string>>('buy', '2', '10');
  const part = ['--part', '2', '--part', '3:0:contributor'];
  const { parts } = await kedgeJson<{ parts: { tokenId: string; to: string }[] }>('token', 'split', tokenId!, ...part);
  expect(parts).toMatchObject([
    { units: '2000', to: roleAccount('consumer').account.address },
    { units: '3000', to: roleAccount('contributor').account.address },
  ]);
  expect(await kedgeJson('token', 'merge', tokenId!, parts[0]!.tokenId)).toMatchObject({
    units: '2000',
    value: '7000',
  });
  const topped = await kedgeJson('token', 'top-up', tokenId!, '1');
  expect(topped).toMatchObject({ value: '8000', cost: String(10n ** 15n) });
  const dear = await kedge('token', 'top-up', tokenId!, '1', '--max-cost', '0.0001');
  expect([dear.code, dear.stderr]).toEqual([1, expect.stringContaining('above what the buyer allows')]);
  const burned = await kedgeJson('token', 'burn', tokenId!, '4', '--yes');
  expect(burned).toMatchObject({ value: '4000', revenue: String(4n * 10n ** 15n) });
  expect(await value(tokenId!)).toBe(4_000n);

  const unasked = await kedge('token', 'burn', tokenId!, '1');
  expect([unasked.code, unasked.stderr]).toEqual([2, expect.stringContaining('--yes')]);
  const burn = (typed: string) => runInProcess(['token', 'burn', tokenId!, '1', ...chain], { cwd, typed });
  const declined = await burn('no\n');
  expect([declined.code, declined.stderr]).toEqual([
    1,
    expect.stringContaining(`Destroy 1 units of the 4 that token ${tokenId} has? This cannot be undone. [y/N]`),
  ]);
  for (const silence of ['', '\n']) expect((await burn(silence)).stderr).toContain('Not confirmed');
  expect(await value(tokenId!)).toBe(4_000n);
  expect(await burn('y\n')).toMatchObject({ code: 0 });
  expect(await value(tokenId!)).toBe(3_000n);

  const { tokenId: shareId } = await kedgeJson<Record<string, string>>(
    'mint',
    '2',
    '--share',
    '1000',
    '--to',
    'consumer',
  );
  expect(await kedgeJson('token', 'retire', shareId!, '--yes')).toMatchObject({ share: '1000', totalShare: '1000' });
  const again = await runInProcess(['token', 'retire', shareId!, ...chain], { cwd, typed: 'yes\n' });
  expect([again.code, again.stderr]).toEqual([1, expect.stringContaining('no active share')]);
});

test('P23: token transfer pays what was earned to who gives it away, or leaves it to the new holder', async () => {
  const share = ['mint', '2', '--share', '1000000', '--to', 'consumer'];
  const { tokenId } = await kedgeJson<Record<string, string>>(...share);
  const holder = async () => (await client.getToken({ tokenId: BigInt(tokenId!) })).holder;
  const earn = async () => {
    await kedgeJson('settle', '2', '--amount', '0.01');
    return (await client.getToken({ tokenId: BigInt(tokenId!) })).pendingRevenue;
  };
  const earned = await earn();
  expect(earned).toBeGreaterThan(0n);
  const moved = await kedgeJson<Record<string, unknown>>('token', 'transfer', tokenId!, 'contributor');
  expect(moved).toMatchObject({ paid: [{ amount: String(earned) }] });
  expect(await holder()).toBe(roleAccount('contributor').account.address);
  const second = await earn();
  const back = await kedgeJson<Record<string, unknown>>('token', 'transfer', tokenId!, 'consumer', '--with-revenue');
  expect(back).toMatchObject({ paid: [] });
  expect(await client.getToken({ tokenId: BigInt(tokenId!) })).toMatchObject({ pendingRevenue: second });
  const stranger = await kedge('token', 'transfer', tokenId!, 'operator', '--account', 'operator');
  expect([stranger.code, stranger.stderr]).toEqual([1, expect.stringContaining('belongs to another account')]);
});

test('R30: token transfer goes with what was agreed to at least, or does nothing', async () => {
  const minted = ['mint', '2', '--share', '1000000', '--value', '5', '--to', 'consumer'];
  const { tokenId } = await kedgeJson<Record<string, string>>(...minted);
  await kedgeJson('settle', '2', '--amount', '0.01');
  const { pendingRevenue: earned } = await client.getToken({ tokenId: BigInt(tokenId!) });
  expect(earned).toBeGreaterThan(0n);
  const give = ['token', 'transfer', tokenId!, 'contributor'];
  const units = await kedge(...give, '--min-value', '6');
  expect([units.code, units.stderr]).toEqual([1, expect.stringContaining('less value than was agreed to')]);
  const revenue = await kedge(...give, '--min-value', '5', '--min-pending', formatUnits(earned + 1n, 18));
  expect([revenue.code, revenue.stderr]).toEqual([1, expect.stringContaining('DATLessPending')]);
  const wrong = await kedge(...give, '--min-pending', '1:ETH:2');
  expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('<amount[:asset]>')]);
  const agreed = ['--min-value', '5', '--min-pending', `${formatUnits(earned, 18)}:ETH`];
  expect(await kedgeJson<Record<string, unknown>>(...give, ...agreed)).toMatchObject({ paid: [] });
  const holder = roleAccount('contributor').account.address;
  expect(await client.getToken({ tokenId: BigInt(tokenId!) })).toMatchObject({ holder, pendingRevenue: earned });
});

test('class sale-royalty sets what resales are asked for, and refuses more than a tenth', async () => {
  expect(await kedgeJson('class', 'sale-royalty', '2', '250')).toMatchObject({ royaltyBps: '250' });
  const much = await kedge('class', 'sale-royalty', '2', '1001');
  expect([much.code, much.stderr]).toEqual([2, expect.stringContaining('more than 1000')]);
  expect(await kedgeJson('class', 'sale-royalty', '2', '0')).toMatchObject({ receiver: zeroAddress });
});

test('token renew extends value, and offers and accepts a share (P27, R22)', async () => {
  const later = 2_000_000_000n;
  const minted = await kedgeJson<Record<string, string>>('mint', '2', '--value', '1', '--expires', '30d');
  expect(await kedgeJson('token', 'renew', minted['tokenId']!, String(later))).toMatchObject({ offered: false });
  expect((await client.getToken({ tokenId: BigInt(minted['tokenId']!) })).expireAt).toBe(later);
  const share = ['mint', '2', '--share', '7', '--expires', '30d', '--to', 'consumer'];
  const { tokenId } = await kedgeJson<Record<string, string>>(...share);
  const early = await kedge('token', 'renew', tokenId!, String(later), '--accept');
  expect([early.code, early.stderr]).toEqual([1, expect.stringContaining('did not offer')]);
  expect(await kedgeJson('token', 'renew', tokenId!, String(later))).toMatchObject({ offered: true });
  const taken = await kedgeJson<Record<string, string>>('token', 'renew', tokenId!, String(later), '--accept');
  expect(await client.getToken({ tokenId: BigInt(taken['newTokenId']!) })).toMatchObject({
    shareRatio: 7n,
    expireAt: later,
    holder: roleAccount('consumer').account.address,
  });
  const sold = await kedgeJson<Record<string, string>>('buy', '2', '1');
  const refused = await kedge('token', 'renew', sold['tokenId']!, String(later));
  expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('was sold by ValueMarket')]);
});

test('token revoke announces, hears an appeal and carries out, where the class said so (P27)', async () => {
  const options = ['--appeal-window', '1d', '--non-transferable', '--share-cap', '10'];
  const { classId } = await kedgeJson<Record<string, string>>('class', 'create', '--name', 'Passes', ...options);
  const { tokenId } = await kedgeJson<Record<string, string>>('mint', classId!, '--value', '5', '--to', 'consumer');
  const refused = await kedge('mint', classId!, '--share', '11');
  expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('above the cap')]);
  const safe = await kedge('token', 'revoke', made.tokenId, '--reason', 'none');
  expect([safe.code, safe.stderr]).toEqual([1, expect.stringContaining('appeal window')]);
  await kedgeJson('token', 'revoke', tokenId!, '--reason', 'leaked');
  await kedgeJson('token', 'appeal', tokenId!, 'no');
  const early = await kedge('token', 'revoke', tokenId!);
  expect([early.code, early.stderr]).toEqual([1, expect.stringContaining('still open')]);
  await kedgeJson('token', 'revoke', tokenId!, '--withdraw');
  await kedgeJson('token', 'revoke', tokenId!, '--reason', 'leaked');
  await anvil.testClient.increaseTime({ seconds: 86_400 });
  await anvil.testClient.mine({ blocks: 1 });
  expect(await kedgeJson('token', 'revoke', tokenId!)).toMatchObject({ units: '5', share: '0', amount: '0' });
});

test('class create binds units to their expiry, and frees shares of theirs (P21, P22)', async () => {
  const options = ['--value-keeps-expiry', '--shares-outlive-expiry'];
  const { classId } = await kedgeJson<Record<string, string>>('class', 'create', '--name', 'Months', ...options);
  const bound = await anvil.publicClient.readContract({
    address: deployment.contracts.DataAnchoringToken,
    abi: dataAnchoringTokenAbi,
    functionName: 'classOptions',
    args: [BigInt(classId!)],
  });
  expect(bound).toMatchObject({ valueKeepsExpiry: true, sharesOutliveExpiry: true, nonTransferable: false });
});

test('a wrong chain, missing contracts or no chain at all say which, and how to deploy', async () => {
  const { DataAnchoringToken: token } = deployment.contracts;
  const elsewhere = await status(
    '--rpc',
    anvil.rpcUrl,
    '--contracts',
    withContracts((text) => text.replace('31337', '5')),
  );
  expect([elsewhere.code, elsewhere.stderr]).toEqual([
    1,
    expect.stringMatching(/chain 5[\s\S]*31337[\s\S]*kedge deploy/),
  ]);
  const missing = await status(
    '--rpc',
    anvil.rpcUrl,
    '--contracts',
    withContracts((text) => text.replace(token, `0x${'12'.repeat(20)}`)),
  );
  expect([missing.code, missing.stderr]).toEqual([1, expect.stringMatching(/DataAnchoringToken[\s\S]*kedge deploy/)]);
  const unnamed = await status('--rpc', anvil.rpcUrl);
  expect([unnamed.code, unnamed.stderr]).toEqual([1, expect.stringContaining('kedge deploy')]);
  const none = await status();
  expect([none.code, none.stderr]).toEqual([1, expect.stringContaining('kedge up')]);
  const dead = await status('--rpc', 'http://127.0.0.1:1', '--contracts', 'contracts.json');
  expect([dead.code, dead.stderr]).toEqual([3, expect.stringContaining('does not answer')]);
});

test('bad input says what is wrong and what to do', async () => {
  writeFileSync(join(cwd, 'broken.json'), '{');
  writeFileSync(join(cwd, 'list.json'), '[]');
  const { classes } = await kedgeJson<{ classes: unknown[] }>('status');
  const cases: [string[], number, RegExp][] = [
    [['buy', '9', '1'], 1, /no such class[\s\S]*kedge status/],
    [['buy', '1', '1'], 1, /nothing on sale/],
    [['buy', '2', '99999'], 1, /ewer units/],
    [['mint', '1', '--share', '5', '--account', 'consumer'], 1, /not the issuer[\s\S]*--account/],
    [['mint', '1', '--share', '5000000000'], 2, /--share is at most 4294967295/],
    [['anchor', 'data', '--out', 'new.json', '--share', '5000000000'], 2, /--share is at most 4294967295/],
    [['class', 'create', '--name', 'x', '--policy', 'policy.json', '--sell', '0.0001'], 2, /--sell has 4 decimals/],
    [['class', 'create', '--metadata', 'list.json'], 1, /list.json is no metadata/],
    [['mint', '2', '--value', '0.0001'], 2, /decimals/],
    [['channel', 'open', '5'], 1, /no such token/],
    [['token', 'split', '5', '--part', '1'], 1, /no such token/],
    [['token', 'split', '5'], 2, /--part/],
    [['token', 'burn', made.tokenId, '99999', '--yes'], 1, /less value/],
    [['claim', '--account', 'nobody'], 1, /KEDGE_NOBODY_PRIVATE_KEY/],
    [['class', 'create', '--name', 'x', '--policy', 'broken.json'], 1, /broken.json is not JSON/],
    [['class', 'create', '--name', 'x', '--policy', 'nothing.json'], 1, /nothing.json does not exist/],
    [['class', 'create', '--name', 'x', '--parent', '1:10001'], 2, /--parent/],
    [['verify', 'broken.json'], 1, /holds no receipt/],
  ];
  for (const [args, code, said] of cases) {
    const ran = await kedge(...args);
    expect([args, ran.code, ran.stdout]).toEqual([args, code, '']);
    expect(ran.stderr).toMatch(said);
    expect(ran.stderr).toContain('  -> ');
  }
  // None of them stopped in the middle, with a class but without its sale or share.
  expect((await kedgeJson<{ classes: unknown[] }>('status')).classes).toHaveLength(classes.length);
  const json = await kedge('buy', '9', '1', '--json');
  expect(JSON.parse(json.stderr)).toMatchObject({ error: { code: 'ERC8028NonexistentClass', kind: 'user' } });
});

const status = (...args: string[]) => runInProcess(['status', ...args], { cwd });

/** A deployment file that is wrong somewhere. */
function withContracts(change: (text: string) => string): string {
  writeFileSync(join(cwd, 'other.json'), change(readFileSync(join(cwd, 'contracts.json'), 'utf8')));
  return 'other.json';
}

const sha256 = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest();

/** Receipts of the test channel in one batch, signed as a gateway signs them. */
/** A hundred tokens in, and ten out. */
const requestBody = (index: number): string =>
  JSON.stringify({ model: 'test-model', messages: [{ role: 'user', content: words(93) }], user: `${index}` });
const responseBody = (index: number): string =>
  JSON.stringify({ id: `${index}`, choices: [{ index: 0, message: { role: 'assistant', content: words(10) } }] });
const words = (count: number): string => `word${' word'.repeat(count - 1)}`;

async function signReceipts(count: number): Promise<SignedReceipt[]> {
  const domain = { chainId: deployment.chainId, verifyingContract: deployment.contracts.ValueChannels };
  const policyHash = (await client.getToken({ tokenId: BigInt(made.tokenId) })).policy.hash;
  const receipts: Receipt[] = [];
  const salts: `0x${string}`[] = [];
  for (let index = 0; index < count; index++) {
    const salt = bytesToHex(randomBytes(32));
    const previous = receipts.at(-1);
    const units = 100n + 3n * 10n;
    receipts.push({
      channelId: made.channelId,
      tokenId: BigInt(made.tokenId),
      classId: 2n,
      policyHash,
      seq: seqOf(1n, BigInt(index + 1)),
      requestHash: hashBody(salt, utf8(requestBody(index)), sha256),
      responseHash: hashBody(salt, utf8(responseBody(index)), sha256),
      metrics: [
        {
          metric: 'input_tokens',
          amount: 100n,
        },
        {
          metric: 'output_tokens',
          amount: 10n,
        },
      ],
      units,
      cumulativeUnits: (previous?.cumulativeUnits ?? 0n) + units,
      previousReceiptHash: previous === undefined ? zeroHash : hashReceipt(previous, keccak256),
      issuedAt: 1800000000n,
    });
    salts.push(salt);
  }
  const leaves = receipts.map((receipt) => hexToBytes(receiptLeaf(hashReceipt(receipt, keccak256), keccak256)));
  const tree = merkleTree(leaves, keccak256);
  const batch = { operator: operator.address, epoch: 1n, batch: 1n, root: tree.root };
  const signature = await operator.signTypedData({
    domain: protocolDomain(domain),
    types: receiptBatchTypes,
    primaryType: 'ReceiptBatch',
    message: { ...batch, epoch: Number(batch.epoch) },
  });
  return receipts.map((receipt, index) => ({
    receipt,
    batch,
    path: tree.pathOf(index),
    signature,
    signer: operator.address,
    salt: salts[index]!,
  }));
}

/** Answers `POST /admin/capture` as a gateway does; the work is `capture`. */
async function startGatewayStandIn(capture: () => Promise<void>) {
  let status = 200;
  const server = createServer((request, response) => {
    const isAsked = request.method === 'POST' && request.url === '/admin/capture';
    const problem = { title: 'Postponed', detail: 'not yet', hints: ['Wait.'] };
    const work = isAsked && status === 200 ? capture() : Promise.resolve();
    void work.then(() => response.writeHead(isAsked ? status : 404).end(JSON.stringify(status === 200 ? {} : problem)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const stop = () => new Promise((resolve) => server.close(resolve).closeAllConnections());
  return { url, stop, answerWith: (next: number) => void (status = next) };
}

/** What a gateway's batcher does: capture, and anchor the receipts with their leaves in the content store. */
async function captureReceipts(): Promise<void> {
  const domain = { chainId: deployment.chainId, verifyingContract: deployment.contracts.ValueChannels };
  const { batch, receipt } = made.receipts.at(-1)!;
  const leaves = made.receipts.map((signed) => hashReceipt(signed.receipt, keccak256));
  const blob = { operator: operator.address, epoch: 1n, batches: [{ batch: 1n, root: batch.root, leaves }] };
  const store = createContentStore({ dir: join(cwd, '.kedge', 'store') });
  const cid = await store.putBytes(utf8(encodeReceiptLeaves(blob)));
  const { root } = receiptAnchorTree(domain, [batch], keccak256);
  const voucher = {
    channelId: made.channelId,
    cumulativeUnits: receipt.cumulativeUnits,
    receiptHash: leaves.at(-1)!,
    seq: receipt.seq,
  };
  const signature = await operator.signTypedData({
    domain: protocolDomain(domain),
    types: voucherTypes,
    primaryType: 'Voucher',
    message: voucher,
  });
  const { captured } = await client.capture({
    items: [{ channel: made.channel, voucher, signature }],
    anchors: [{ epoch: 1n, firstBatch: 1n, lastBatch: 1n, root, cid }],
  });
  expect(captured).toMatchObject([{ units: receipt.cumulativeUnits }]);
}
