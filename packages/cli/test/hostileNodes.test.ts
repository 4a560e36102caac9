import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Deployment } from '@kedge/core';
import { createKedgeClient, deployContracts } from '@kedge/sdk';
import { startAnvil, type Anvil } from '@kedge/testing';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { roles } from '../src/accounts/roles.js';
import { runInProcess, temporaryFolder } from './kedge.js';

type Message = { readonly id: number; readonly method?: string; readonly params?: readonly unknown[] };
type Answer = { readonly status?: number; readonly text: string };

const cwd = temporaryFolder();
const error = { code: -32600, message: 'no company, please' };
let anvil: Anvil;
let node: Server | undefined;

beforeAll(async () => {
  anvil = await startAnvil();
  const deployment = await deployContracts({
    publicClient: anvil.publicClient,
    walletClient: anvil.walletOf(roles.deployer),
  });
  writeFileSync(join(cwd, 'contracts.json'), JSON.stringify(deployment));
});
afterEach(() => node?.close());
afterAll(() => anvil.stop());

/** What the chain behind the node answers. */
async function ask(body: unknown): Promise<string> {
  const response = await fetch(anvil.rpcUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return response.text();
}

/** A node in front of the chain that answers so; the sizes of what it was asked, in their order, 0 for what came alone. */
async function startNode(answer: (body: Message | Message[]) => Promise<Answer>) {
  const sizes: number[] = [];
  node = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = JSON.parse(Buffer.concat(chunks).toString()) as Message | Message[];
      sizes.push(Array.isArray(body) ? body.length : 0);
      void answer(body).then(({ status = 200, text }) => {
        const type = /^[[{]/.test(text) ? 'application/json' : 'text/plain';
        response.writeHead(status, { 'content-type': type }).end(text);
      });
    });
  });
  await new Promise<void>((resolve) => node!.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(node.address() as AddressInfo).port}`, sizes };
}

const status = (url: string) =>
  runInProcess(['status', '--rpc', url, '--contracts', 'contracts.json', '--json'], { cwd });

const refusals: Record<string, (batch: Message[]) => Promise<Answer>> = {
  'one error for all': async () => ({ text: JSON.stringify({ jsonrpc: '2.0', id: null, error }) }),
  'a status': async () => ({ status: 500, text: JSON.stringify({ jsonrpc: '2.0', id: null, error }) }),
  'a status and no JSON': async () => ({ text: 'Forbidden' }),
  'a list of one error': async () => ({ text: JSON.stringify([{ jsonrpc: '2.0', id: null, error }]) }),
  'answers to the first only': async (batch) => ({ text: await ask(batch.slice(0, 1)) }),
};

test.each(Object.entries(refusals))('a node that answers a batch with %s is asked one by one', async (_, refuse) => {
  const { url, sizes } = await startNode(async (body) =>
    Array.isArray(body) && body.length > 1 ? refuse(body) : { text: await ask(body) },
  );
  const [there, here] = [await status(url), await status(anvil.rpcUrl)];
  expect([there.code, there.stderr]).toEqual([0, '']);
  expect(there.stdout.replaceAll(url, anvil.rpcUrl)).toBe(here.stdout);
  // It is tried once.
  expect(sizes.filter((size) => size > 1)).toHaveLength(1);
});

test('a node that takes batches gets them', async () => {
  const { url, sizes } = await startNode(async (body) => ({ text: await ask(body) }));
  expect((await status(url)).code).toBe(0);
  expect(sizes).not.toContain(0);
});

test('a node that takes no batches and limits requests is asked as often as it answers', async () => {
  let last = 0;
  const { url, sizes } = await startNode(async (body) => {
    if (Array.isArray(body) && body.length > 1) return refusals['a status']!(body);
    const now = performance.now();
    if (now - last < 20) return { status: 429, text: 'too many' };
    last = now;
    return { text: await ask(body) };
  });
  const [there, here] = [await status(url), await status(anvil.rpcUrl)];
  expect([there.code, there.stdout.replaceAll(url, anvil.rpcUrl)]).toEqual([0, here.stdout]);
  expect(sizes.length).toBeGreaterThan(20);
});

test('what a node says in the place of an answer is passed on, with what to do', async () => {
  const said = async (answer: Answer) => {
    const { url } = await startNode(async () => answer);
    const { code, stderr } = await runInProcess(['status', '--rpc', url, '--contracts', 'contracts.json'], { cwd });
    node!.close();
    return [code, stderr.replaceAll(url, 'URL')];
  };
  const unknownKey = { jsonrpc: '2.0', id: 1, error: { code: -32600, message: 'unknown key' } };
  expect(await said({ status: 401, text: JSON.stringify(unknownKey) })).toEqual([
    1,
    expect.stringContaining('Could not ask URL for the id of its chain: the node says: unknown key'),
  ]);
  expect(await said({ status: 401, text: 'no' })).toEqual([1, expect.stringMatching(/HTTP 401[\s\S]*key in it/)]);
  expect(await said({ status: 404, text: 'no' })).toEqual([1, expect.stringContaining('HTTP 404')]);
  expect(await said({ status: 429, text: 'no' })).toEqual([3, expect.stringMatching(/HTTP 429[\s\S]*ask again later/)]);
  expect(await said({ status: 502, text: 'no' })).toEqual([3, expect.stringContaining('HTTP 502')]);
  expect(await said({ text: '<html>' })).toEqual([3, expect.stringContaining('does not answer at URL')]);
});

test('a transaction whose answer is lost is handed over once, and looked for', async () => {
  let handedOver = 0;
  const { url } = await startNode(async (body) => {
    const text = await ask(body);
    if (!JSON.stringify(body).includes('eth_sendRawTransaction')) return { text };
    handedOver += 1;
    return { status: 502, text: 'Bad Gateway' };
  });
  const args = ['class', 'create', '--name', 'Mine'];
  const { code, stdout } = await runInProcess([...args, '--rpc', url, '--contracts', 'contracts.json'], { cwd });
  expect([handedOver, code]).toEqual([1, 0]);
  expect(stdout).toContain('class ');
});

test('a node that goes away once the transaction is mined leads nobody to pay again', async () => {
  const { publicClient } = anvil;
  const deployment = JSON.parse(readFileSync(join(cwd, 'contracts.json'), 'utf8')) as Deployment;
  const issuer = createKedgeClient({ publicClient, walletClient: anvil.walletOf(roles.operator), deployment });
  const policy = { uri: 'ipfs://p', hash: `0x${'ab'.repeat(32)}` } as const;
  const terms = { kind: 'agent', metadataURI: 'ipfs://m', integrityHash: policy.hash, policy } as const;
  const { classId } = await issuer.createClass(terms);
  const price = { numerator: 1n, denominator: 1n };
  const { lot } = await issuer.createLot({ classId, price, operatorBps: 0 });
  await issuer.openListing({ classId, lot, supply: 1_000n });
  const consumer = createKedgeClient({ publicClient, walletClient: anvil.walletOf(roles.consumer), deployment });
  const { tokenId } = await consumer.buyValue({ classId, lot, units: 1n });
  // The second command sends two.
  for (const [command, transactions, said] of [
    [['buy', String(classId), '10'], 1, 'do not buy them again'],
    [['token', 'top-up', String(tokenId), '10'], 2, 'do not buy them again'],
    [['bond', 'post', '--amount', '1'], 1, 'do not post it again'],
  ] as const) {
    let sent = 0;
    const { url } = await startNode(async (body) => {
      const asked = JSON.stringify(body);
      if (asked.includes('eth_sendRawTransaction')) sent += 1;
      if (sent === transactions && asked.includes('eth_call')) return { status: 503, text: 'Service Unavailable' };
      return { text: await ask(body) };
    });
    const ran = await runInProcess([...command, '--rpc', url, '--contracts', 'contracts.json'], { cwd });
    node!.close();
    expect([ran.code, sent], ran.stderr).toEqual([3, transactions]);
    expect(ran.stderr).toContain(said);
    expect(ran.stderr).toMatch(/transactionHash: 0x[0-9a-f]{64}/);
  }
});

describe('a node that has pruned what is old', () => {
  /** How nodes and providers say it, with a status or without. */
  const refusals: readonly (Answer & { readonly said: string })[] = [
    { text: '{"code":4444,"message":"pruned history unavailable"}', said: 'pruned history unavailable' },
    { text: '{"code":-32000,"message":"Receipt not available for From block 0."}', said: 'Receipt not available' },
    { text: '{"code":-32002,"message":"Archive requests need a paid plan"}', said: 'Archive requests' },
  ];

  /** A node in front of the chain that answers each message by itself: as `answer` says, else as the chain. */
  const startAnswering = (answer: (message: Message) => Answer | undefined) =>
    startNode(async (body) => {
      const asked = Array.isArray(body) ? body : [body];
      const answers = await Promise.all(asked.map(async (each) => answer(each) ?? { text: await ask(each) }));
      const { status = 200 } = answers.find((each) => each.status !== undefined) ?? {};
      return { status, text: Array.isArray(body) ? `[${answers.map(({ text }) => text).join()}]` : answers[0]!.text };
    });
  const isOld = (block: unknown, keepsFrom: number): boolean =>
    String(block).startsWith('0x') && Number(block) < keepsFrom;

  /** It keeps neither events nor state before a block. */
  const startPruned = (keepsFrom: number, { status, text }: Answer) =>
    startAnswering(({ id, method, params = [] }) => {
      const [first, second] = params as readonly [{ readonly fromBlock?: string }?, string?];
      const lacks =
        (method === 'eth_getLogs' && isOld(first?.fromBlock, keepsFrom)) ||
        (method === 'eth_getCode' && isOld(second, keepsFrom));
      if (!lacks) return undefined;
      return { ...(status === undefined ? {} : { status }), text: `{"jsonrpc":"2.0","id":${id},"error":${text}}` };
    });

  let deployment: Deployment;
  let firstBlock: number;

  beforeAll(async () => {
    const { publicClient, testClient } = anvil;
    await testClient.mine({ blocks: 40 });
    deployment = await deployContracts({ publicClient, walletClient: anvil.walletOf(roles.deployer) });
    firstBlock = deployment.firstBlock!;
    writeFileSync(join(cwd, 'later.json'), JSON.stringify(deployment));
    await testClient.mine({ blocks: 40 });
  });

  test.each(refusals)('is told by "$said", and what to do', async ({ said, ...refusal }) => {
    const { url } = await startPruned(firstBlock + 1, refusal);
    const chain = ['--rpc', url, '--contracts', 'later.json'];
    for (const command of [['status'], ['audit'], ['claim', '--account', 'contributor']]) {
      const { stderr } = await runInProcess([...command, ...chain], { cwd });
      expect(stderr).toContain(`error: The node refuses the events of block ${firstBlock}.`);
      expect(stderr).toContain(said);
      expect(stderr).toMatch(/ {2}-> .*archive node, with --rpc/);
      expect(stderr).toMatch(command[0] === 'audit' ? / {2}-> .*--from-block/ : / {2}-> .*"firstBlock"/);
    }
  });

  test('answers all the same where what it lacks is older than the contracts, and that is known', async () => {
    const { url } = await startPruned(firstBlock, refusals[0]!);
    const named = Object.entries(deployment.contracts).map((pair) => pair.join('='));
    const unknown = ['--rpc', url, '--contracts', named.join()];
    const audit = await runInProcess(['audit', ...unknown], { cwd });
    expect([audit.code, audit.stderr]).toEqual([2, expect.stringContaining('refuses the events of block 0')]);
    const at = ['--from-block', String(firstBlock)];
    expect((await runInProcess(['audit', ...unknown, ...at], { cwd })).code).toBe(0);
    expect((await runInProcess(['audit', '--rpc', url, '--contracts', 'later.json'], { cwd })).code).toBe(0);
  });

  test('is not taken for a contract that hides its events where it gives none in place of an error', async () => {
    const { publicClient } = anvil;
    const issuer = createKedgeClient({ publicClient, walletClient: anvil.walletOf(roles.operator), deployment });
    await issuer.createClass({ kind: 'model', metadataURI: 'ipfs://m', integrityHash: `0x${'ab'.repeat(32)}` });
    const { url } = await startAnswering(({ id, method, params = [] }) => {
      const result = (rest: string): Answer => ({ text: `{"jsonrpc":"2.0","id":${id},${rest}}` });
      if (method === 'eth_getLogs') return result('"result":[]');
      const lacks = method === 'eth_getCode' && isOld(params[1], Infinity);
      return lacks ? result('"error":{"code":-32000,"message":"missing trie node"}') : undefined;
    });
    const { code, stderr } = await runInProcess(
      ['audit', '--rpc', url, '--address', deployment.contracts.DataAnchoringToken],
      { cwd },
    );
    expect([code, stderr]).toEqual([2, expect.stringMatching(/does not give all events[\s\S]*archive node/)]);
  });
});
