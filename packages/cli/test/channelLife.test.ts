import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import {
  BaseError,
  bytesToHex,
  encodeReceiptLeaves,
  encodeSignedReceipt,
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
  toProblemDetails,
  utf8,
  voucherTypes,
  zeroHash,
  type Channel,
  type Receipt,
  type SignedReceipt,
} from '@kedge/core';
import { createContentStore } from '@kedge/store';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { developmentAccount } from '../src/accounts/developmentAccount.js';
import { keccak256 } from '../src/keccak256.js';
import { startAgentClass, type AgentClass } from './agentClass.js';
import { buildCli, configureGateway, runInProcess, runKedge } from './kedge.js';

// The tests run in order: a channel is opened, its receipts are checked and captured, what they earned is claimed, it is closed.
const operator = developmentAccount('operator');
let cwd: AgentClass['cwd'];
let anvil: AgentClass['anvil'];
let deployment: AgentClass['deployment'];
let chain: AgentClass['chain'];
let client: AgentClass['client'];
let policy: AgentClass['policy'];
let shareTokenId: AgentClass['shareTokenId'];
let kedge: AgentClass['kedge'];
let kedgeJson: AgentClass['kedgeJson'];
/** What the tests hand on to each other. */
const made = {} as {
  tokenId: string;
  channelId: `0x${string}`;
  channel: Channel;
  receipts: SignedReceipt[];
};

beforeAll(async () => {
  buildCli();
  ({ cwd, anvil, deployment, chain, client, policy, shareTokenId, kedge, kedgeJson } = await startAgentClass());
  made.tokenId = (await kedgeJson('buy', '2', '1000'))['tokenId']!;
});
afterAll(() => anvil.stop());

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
  const { code, stdout } = await runKedge(['status', ...chain], { cwd });
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
  expect(sumOf('owed')).toBe(cut);
  expect(sumOf('share')).toBe(revenue);
  expect(paid.find(({ tokenId }) => tokenId === shareTokenId)?.amount).toBe(String(royalty));
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

const sha256 = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest();

/** A hundred tokens in, and ten out. */
const requestBody = (index: number): string =>
  JSON.stringify({ model: 'test-model', messages: [{ role: 'user', content: words(93) }], user: `${index}` });
const responseBody = (index: number): string =>
  JSON.stringify({ id: `${index}`, choices: [{ index: 0, message: { role: 'assistant', content: words(10) } }] });
const words = (count: number): string => `word${' word'.repeat(count - 1)}`;

/** Receipts of the test channel in one batch, signed as a gateway signs them. */
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
    const { body } = toProblemDetails(new BaseError('not yet', { kind: 'transient', hints: ['Wait.'] }));
    const work = isAsked && status === 200 ? capture() : Promise.resolve();
    void work.then(() =>
      response.writeHead(isAsked ? status : 404).end(JSON.stringify(status === 200 ? { captured: true } : body)),
    );
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
