import { spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import {
  type Channel,
  decodeSignedReceipt,
  hashReceipt,
  parseGatewayLive,
  parseReceiptLeaves,
  type Policy,
  policyHashOf,
  receiptAnchorTree,
  type SignedReceipt,
  valueChannelsAbi,
  verifyReceipts,
  zeroAddress,
} from '@kedge/core';
import { createKedgeClient, deployContracts, type KedgeClient } from '@kedge/sdk';
import { createContentStore } from '@kedge/store';
import { type Anvil, developmentAccount, startAnvil } from '@kedge/testing';
import { recoverAddress } from 'viem';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { keccak256 } from '../src/crypto/hashers.js';
import { operatorKey, testPolicy } from './support/createTestSetup.js';
import { buildGateway, gatewayProgram } from './support/gatewayProcess.js';
import {
  answerWith,
  completion,
  type ScriptedUpstream,
  startScriptedUpstream,
  streamWords,
} from './support/scriptedUpstream.js';

// The real program in front of real contracts on a real local chain. Account 1 of the development mnemonic is the operator.
const operator = developmentAccount(1).address;
const wei = 10n ** 12n;
const sha256Hex = (text: string): string => createHash('sha256').update(text).digest('hex');

let anvil: Anvil;
let upstream: ScriptedUpstream;
let folder: string;
let issuer: KedgeClient;
let holder: KedgeClient;
let policy: Policy;
let classes: { datasetId: bigint; agentId: bigint };
let configFile: string;
let contracts: Awaited<ReturnType<typeof deployContracts>>['contracts'];
const program: { child?: ChildProcess; url: string; log: string[] } = { url: '', log: [] };
const channels: { apiKey: string; channelId: `0x${string}`; channel: Channel }[] = [];

beforeAll(async () => {
  buildGateway();
  [anvil, upstream] = await Promise.all([startAnvil(), startScriptedUpstream(answerWith(completion('Hello there.')))]);
  folder = mkdtempSync(join(tmpdir(), 'kedge-gateway-chain-'));
  const { publicClient } = anvil;
  const deployment = await deployContracts({ publicClient, walletClient: anvil.walletOf(0) });
  contracts = deployment.contracts;
  issuer = createKedgeClient({ publicClient, walletClient: anvil.walletOf(0), deployment });
  holder = createKedgeClient({ publicClient, walletClient: anvil.walletOf(2), deployment });
  policy = testPolicy();
  const integrityHash = `0x${'ab'.repeat(32)}` as const;
  const dataset = await issuer.createClass({ kind: 'dataset', metadataURI: 'ipfs://d', integrityHash });
  const agent = await issuer.createClass({
    kind: 'agent',
    metadataURI: 'ipfs://a',
    integrityHash,
    unitDecimals: 3,
    policy: { uri: 'ipfs://p', hash: policyHashOf(policy, keccak256) },
    parents: [{ classId: dataset.classId, royaltyBps: 3_000 }],
  });
  classes = { datasetId: dataset.classId, agentId: agent.classId };
  await issuer.mintShare({ classId: dataset.classId, to: developmentAccount(3).address, shareRatio: 10_000n });
  await issuer.mintShare({ classId: agent.classId, to: operator, shareRatio: 10_000n });
  const { lot } = await issuer.createLot({
    classId: agent.classId,
    price: { numerator: wei, denominator: 1n },
    operatorBps: 2_000,
    refundable: true,
  });
  await issuer.openListing({ classId: agent.classId, lot, supply: 100_000_000n, expireAt: 0n });
  for (const index of [0, 1]) {
    const { tokenId } = await holder.buyValue({ classId: agent.classId, lot, units: 1_000_000n });
    const { timestamp } = await publicClient.getBlock();
    const opened = await holder.openChannel({
      tokenId,
      operator,
      channelKey: operator,
      cap: 1_000_000n,
      rate: 1n,
      burst: 1_000_000n,
      deadline: timestamp + 86_400n,
      mode: 'capped',
      salt: `0x${String(index).repeat(64)}`,
    });
    channels.push({ apiKey: `kedge_key_${index}`, channelId: opened.channelId, channel: opened.channel });
  }
  const records = channels.map(({ apiKey, channelId, channel }) => ({
    apiKeySha256: sha256Hex(apiKey),
    channel,
    channelId,
    classId: classes.agentId,
    policy,
    policyHash: policyHashOf(policy, keccak256),
    lotAsset: zeroAddress,
    edges: [{ classId: classes.agentId, parentIndex: 0n, asset: zeroAddress }],
  }));
  const channelsFile = join(folder, 'channels.json');
  writeFileSync(
    channelsFile,
    JSON.stringify(records, (_, value) => (typeof value === 'bigint' ? String(value) : value)),
  );
  writeFileSync(join(folder, 'operator-key'), operatorKey, { mode: 0o600 });
  configFile = join(folder, 'config.json');
  writeFileSync(
    configFile,
    JSON.stringify({
      dataDir: join(folder, 'ledger'),
      port: 0,
      upstream: { url: upstream.url },
      rpcUrl: anvil.rpcUrl,
      chainId: deployment.chainId,
      contracts,
      operatorKeyFile: join(folder, 'operator-key'),
      contentStoreDir: join(folder, 'store'),
      channelsFile,
      batchIntervalMs: 300,
      policyWatchMs: 200,
    }),
  );
  await startProgram();
});

afterAll(async () => {
  await stopProgram('SIGKILL');
  await upstream?.close();
  await anvil?.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function startProgram(): Promise<void> {
  const child = spawn(process.execPath, [gatewayProgram, '--config', configFile], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  program.child = child;
  createInterface({ input: child.stderr }).on('line', (line) => program.log.push(line));
  program.url = await new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => resolve((JSON.parse(line) as { url: string }).url));
    child.once('exit', (code) => reject(new Error(`the gateway ended with ${code}:\n${program.log.join('\n')}`)));
  });
}

async function stopProgram(signal: NodeJS.Signals): Promise<number | null> {
  const { child } = program;
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return null;
  const code = new Promise<number | null>((resolve) => child.once('exit', resolve));
  child.kill(signal);
  return code;
}

/** One call; its receipt. Undefined when the gateway went away before the receipt arrived. */
async function call(index = 0, stream = false): Promise<SignedReceipt | undefined> {
  const response = await fetch(`${program.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${channels[index]?.apiKey}` },
    body: JSON.stringify({ model: 'demo', stream, messages: [{ role: 'user', content: 'Hi' }] }),
  }).catch(() => undefined);
  const text = await response?.text().catch(() => undefined);
  if (response === undefined || text === undefined || response.status !== 200) return undefined;
  const found = response.headers.get('kedge-receipt') ?? /: kedge-receipt (\S+)/.exec(text)?.[1];
  return found === undefined ? undefined : decodeSignedReceipt(found);
}

async function used(index: number): Promise<bigint> {
  const signed = await call(index);
  if (signed === undefined) throw new Error('the call was not served');
  return signed.receipt.cumulativeUnits;
}

const capturedOf = async (index: number): Promise<bigint> =>
  (await holder.getChannelState({ channel: channels[index]?.channel as Channel })).capturedUnits;

const anchors = () =>
  anvil.publicClient.getContractEvents({
    address: contracts.ValueChannels,
    abi: valueChannelsAbi,
    eventName: 'ReceiptsAnchored',
    fromBlock: 0n,
  });

/** Every receipt verifies, they form one chain per channel, and none is missing between them. */
async function expectChain(receipts: readonly SignedReceipt[]): Promise<void> {
  const checks = await verifyReceipts({
    receipts,
    policy,
    domain: { chainId: 31337, verifyingContract: contracts.ValueChannels },
    operator,
    keccak256,
    recover: (digest, signature) => recoverAddress({ hash: digest, signature }),
  });
  expect(checks.filter(({ ok }) => !ok)).toEqual([]);
}

test('L2, R8, R16, R19: a call is captured to the unit, its royalty collected and its receipt anchored, by itself', async () => {
  const signed = (await call()) as SignedReceipt;
  await expectChain([signed]);
  await expect.poll(() => capturedOf(0), { timeout: 15_000 }).toBe(signed.receipt.units);
  const revenue = (signed.receipt.units * wei * 8n) / 10n;
  const cut = signed.receipt.units * wei - revenue;
  expect(await holder.getOwed({ account: operator })).toBe(cut);
  const told = async () => parseGatewayLive(await (await fetch(`${program.url}/admin/live`)).json());
  expect((await told()).lastMinute.revenue).toEqual([{ asset: zeroAddress, amount: signed.receipt.units * wei, cut }]);
  // The gateway may hear of it after we did.
  await expect
    .poll(async () => (await told()).batches)
    .toMatchObject({ unanchored: 0, transactions: [{ state: 'confirmed', batches: 1 }] });
  const { received } = await holder.getRevenue({ classId: classes.datasetId });
  expect(received).toBe((revenue * 3n) / 10n);
  const [anchor] = await anchors();
  const store = createContentStore({ dir: join(folder, 'store') });
  const leaves = parseReceiptLeaves(await store.getJson(anchor?.args.cid as string), keccak256);
  expect(leaves.batches[0]?.leaves).toContain(hashReceipt(signed.receipt, keccak256));
  const domain = { chainId: 31337, verifyingContract: contracts.ValueChannels };
  const batches = leaves.batches.map(({ batch, root: batchRoot }) => ({
    operator,
    epoch: leaves.epoch,
    batch,
    root: batchRoot,
  }));
  expect(receiptAnchorTree(domain, batches, keccak256).root).toBe(anchor?.args.root);
});

test('R18: an idle gateway sends nothing', async () => {
  const sent = () => anvil.publicClient.getTransactionCount({ address: operator, blockTag: 'pending' });
  const nonce = await sent();
  // Asked outright, four intervals' worth: there is nothing to do.
  for (let asked = 0; asked < 4; asked++) {
    expect((await fetch(`${program.url}/admin/capture`, { method: 'POST' })).status).toBe(200);
  }
  expect(await sent()).toBe(nonce);
});

test('R13, R15: kill -9 under load loses no receipt that was given out, and charges nothing twice', async () => {
  upstream.script = (request, response) =>
    (request.json.stream ? streamWords(['One', ' two']) : answerWith(completion('Hello there.')))(request, response);
  const received: SignedReceipt[][] = [[], []];
  let epochs = 0;
  for (let round = 0; round < 3; round++) {
    const load = { stopped: false };
    let count = 0;
    const enough = new Promise<void>((resolve) => {
      const callers = Array.from({ length: 8 }, async (_, caller) => {
        while (!load.stopped) {
          const signed = await call(caller % 2, caller > 3);
          if (signed === undefined) continue;
          received[caller % 2]?.push(signed);
          if (++count === 60) resolve();
        }
      });
      void Promise.all(callers);
    });
    await enough;
    await stopProgram('SIGKILL');
    load.stopped = true;
    await startProgram();
    epochs++;
  }
  for (const index of [0, 1]) {
    const receipts = (received[index] as SignedReceipt[]).toSorted((a, b) => Number(a.receipt.seq - b.receipt.seq));
    const seqs = receipts.map(({ receipt }) => receipt.seq);
    expect(new Set(seqs).size).toBe(seqs.length);
    // What was given out is in the log as it was given out.
    for (const signed of [receipts[0], receipts.at(-1)] as SignedReceipt[]) {
      const { channelId, seq } = signed.receipt;
      const response = await fetch(`${program.url}/v1/receipts/${channelId}/${seq}`, {
        headers: { authorization: `Bearer ${channels[index]?.apiKey}` },
      });
      expect(decodeSignedReceipt(Buffer.from(await response.text()).toString('base64url'))).toEqual(signed);
    }
    // Cumulative units only grow, by what each receipt says, and by whole receipts that did not reach their caller.
    for (let at = 1; at < receipts.length; at++) {
      const [before, after] = [receipts[at - 1], receipts[at]] as [SignedReceipt, SignedReceipt];
      expect(after.receipt.cumulativeUnits - after.receipt.units).toBeGreaterThanOrEqual(
        before.receipt.cumulativeUnits,
      );
    }
    const total = await used(index);
    await expect.poll(() => capturedOf(index), { timeout: 20_000 }).toBe(total);
  }
  expect(epochs).toBe(3);
  expect(program.log.join('\n')).not.toContain('channel_refused');
});

test('a chain that lost its last blocks is brought up to date with the same transactions, in order', async () => {
  await fetch(`${program.url}/admin/capture`, { method: 'POST' });
  const snapshot = await anvil.testClient.snapshot();
  const before = await capturedOf(0);
  const hashes: string[] = [];
  for (let round = 0; round < 3; round++) {
    await call(0);
    await fetch(`${program.url}/admin/capture`, { method: 'POST' });
  }
  for (const { transactionHash } of (await anchors()).slice(-3)) hashes.push(transactionHash);
  const after = await capturedOf(0);
  expect(after).toBeGreaterThan(before);
  await stopProgram('SIGKILL');
  await anvil.testClient.revert({ id: snapshot });
  expect(await capturedOf(0)).toBe(before);
  await startProgram();
  await expect.poll(() => capturedOf(0), { timeout: 20_000 }).toBe(after);
  expect((await anchors()).slice(-3).map(({ transactionHash }) => transactionHash)).toEqual(hashes);
});

test('a nonce that another used: the transaction is built anew, nothing is captured twice', async () => {
  await call(0);
  const wallet = anvil.walletOf(1);
  const hash = await wallet.sendTransaction({ to: operator, value: 1n, chain: null });
  await anvil.publicClient.waitForTransactionReceipt({ hash });
  const total = await used(0);
  await expect.poll(() => capturedOf(0), { timeout: 20_000 }).toBe(total);
});

test('R25: a model that the class’s issuer removes on chain is refused at once', async () => {
  const publish = async (models: string[]): Promise<void> => {
    const next = testPolicy({ models });
    const cid = await createContentStore({ dir: join(folder, 'store') }).putJson(next);
    const hash = policyHashOf(next, keccak256);
    await issuer.publishPolicy({ classId: classes.agentId, uri: `ipfs://${cid}`, hash });
  };
  const status = async (): Promise<number> => {
    const body = JSON.stringify({ model: 'demo', messages: [{ role: 'user', content: 'Hi' }] });
    const headers = { authorization: `Bearer ${channels[0]?.apiKey}` };
    return (await fetch(`${program.url}/v1/chat/completions`, { method: 'POST', headers, body })).status;
  };
  expect(await status()).toBe(200);
  await publish(['another']);
  await expect.poll(status, { timeout: 20_000 }).toBe(403);
  await publish(['demo', 'another']);
  await expect.poll(status, { timeout: 20_000 }).toBe(200);
});

test('SIGTERM: running calls end, what was used is captured, exit 0', async () => {
  upstream.script = async (_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write('data: {"choices":[{"index":0,"delta":{"content":"slow"}}]}\n\n');
    slow.release = () => void response.end('data: [DONE]\n\n');
    slow.started();
  };
  const slow = { release: (): void => undefined, started: (): void => undefined };
  const started = new Promise<void>((resolve) => (slow.started = resolve));
  const running = call(1, true);
  await started;
  const ended = stopProgram('SIGTERM');
  await expect.poll(() => program.log.join('\n')).toContain('gateway_draining');
  slow.release();
  const signed = (await running) as SignedReceipt;
  expect(await ended).toBe(0);
  expect(await capturedOf(1)).toBe(signed.receipt.cumulativeUnits);
  expect(readFileSync(configFile, 'utf8')).not.toContain(operatorKey);
  expect(program.log.join('\n')).not.toContain(operatorKey.slice(2));
});
