import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import {
  decodeSignedReceipt,
  hashBody,
  hashReceipt,
  hexToBytes,
  merkleTree,
  receiptBatchDigest,
  receiptHeader,
  policyHashOf,
  receiptLeaf,
  signedReceiptToJson,
  unitsOf,
  type Deployment,
  type MetricLabel,
  type Policy,
  type SignedReceipt,
} from '@kedge/core';
import { tokenizerPin, type Gateway } from '@kedge/gateway';
import { deployContracts } from '@kedge/sdk';
import { startAnvil, type Anvil } from '@kedge/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { developmentAccount } from '../src/accounts/developmentAccount.js';
import { roles } from '../src/accounts/roles.js';
import { keccak256 } from '../src/keccak256.js';
import { parseReceipts } from '../src/receipts/readReceipts.js';
import { configureGateway, runInProcess, runJson, temporaryFolder } from './kedge.js';
import { ask, calls, chunks, done, events, said, type Call, type Scripted } from './recountCalls.js';
import { startGatewayHere } from './startGatewayHere.js';

// Receipts of a gateway that runs, with a chain behind it; only the model is a script.
const cwd = temporaryFolder();
const operator = developmentAccount('operator');
let anvil: Anvil;
let upstream: Server;
let gateway: Gateway;
let deployment: Deployment;
/** What the model answers. */
let script: Scripted;
/** API keys, by the policy that they spend under. */
const keys = {} as Record<keyof typeof policies, string>;

const basic: Policy = {
  format: 'kedge-policy/2',
  unit: { name: 'unit', decimals: 3 },
  rates: {
    input_tokens: '1',
    output_tokens: '3',
    requests: '2',
    images: '50',
    seconds: '5',
    bytes: '1',
    records: '7',
  },
  caps: { outputTokensPerCall: 64 },
  tokenizer: tokenizerPin(),
  operators: [operator.address],
  models: ['demo'],
  licence: 'CC-BY-4.0',
  price: { asset: `0x${'0'.repeat(40)}`, numerator: '1000000000000', denominator: '1' },
};
const policies = {
  basic,
  hidden: { ...basic, rates: { input_tokens: '4', cached_tokens: '1', output_tokens: '3', reasoning_tokens: '5' } },
  upstream: { ...basic, usage: { rules: 'upstream', toleranceBasisPoints: 0, toleranceTokens: 3 } },
  capped: { ...basic, caps: { outputTokensPerCall: 64, unitsPerCall: '27' } },
} as const satisfies Record<string, Policy>;

beforeAll(async () => {
  anvil = await startAnvil();
  const walletClient = anvil.walletOf(roles.deployer);
  deployment = await deployContracts({ publicClient: anvil.publicClient, walletClient });
  writeFileSync(join(cwd, 'contracts.json'), JSON.stringify(deployment));
  const chain = ['--rpc', anvil.rpcUrl, '--contracts', 'contracts.json'];
  const kedge = <value>(...args: string[]) => runJson<value>([...args, ...chain], { cwd });
  configureGateway(cwd, deployment);
  for (const [name, policy] of Object.entries(policies) as [keyof typeof policies, Policy][]) {
    writeFileSync(join(cwd, `${name}.json`), JSON.stringify(policy));
    const create = ['class', 'create', '--name', name, '--policy', `${name}.json`, '--sell', '5000'];
    const { classId } = await kedge<{ classId: string }>(...create);
    const { tokenId } = await kedge<{ tokenId: string }>('buy', classId, '1000');
    const opened = await kedge<{ apiKey: string }>('channel', 'open', tokenId, '--units', '900', '--burst', '900');
    keys[name] = opened.apiKey;
    if (name === 'upstream') await refuseStrict(tokenId, chain);
  }
  upstream = createServer((_, response) => {
    response.setHeader('content-type', script.type);
    response.end(script.body);
  });
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
  const upstreamUrl = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}/v1`;
  gateway = await startGatewayHere(cwd, deployment, { rpcUrl: anvil.rpcUrl, upstreamUrl });
});
afterAll(async () => {
  await gateway?.close();
  upstream?.close();
  await anvil?.stop();
});

let strictRefusal: { readonly code: number; readonly stderr: string };

async function refuseStrict(tokenId: string, chain: readonly string[]): Promise<void> {
  strictRefusal = await runInProcess(['channel', 'open', tokenId, '--mode', 'strict', ...chain], { cwd });
}

describe.each(calls)('$name', (call) => {
  test('R16: verify counts the bodies again, metric by metric', async () => {
    await make(call);
    const { code, recounts } = await verify();
    expect(code).toBe(0);
    const ticks = Object.entries(call.counts).map(([metric, counted]) => ({
      metric,
      ok: true,
      amount: String(counted),
      counted: String(counted),
    }));
    expect(recounts).toEqual(ticks.map((tick) => expect.objectContaining(tick)));
  });

  test.each(Object.entries(call.counts))(
    'R11: an operator that signs for one %s too many is found, with its number and the own',
    async (metric, counted) => {
      const signed = await make(call);
      await save(await signedAgain(signed, (amount, of) => (of === metric ? amount + 1n : amount)));
      const { code, stdout } = await run();
      expect(code).toBe(1);
      // All else about the receipt is as it should be.
      expect(stdout.match(/^ +✗.*$/gm)).toEqual([
        expect.stringContaining(`recount    ${metric}: the receipt says ${counted + 1}, counted ${counted}`),
      ]);
    },
  );
});

const chat = calls[0]!;
const usage = {
  prompt_tokens: 10,
  completion_tokens: 9,
  prompt_tokens_details: { cached_tokens: 5 },
  completion_tokens_details: { reasoning_tokens: 6 },
};

test('verify says of cached and reasoning tokens that only the upstream knows, and finds what it contradicts', async () => {
  const signed = await make({ ...chat, answer: said({ content: 'One two' }, usage) }, 'hidden');
  expect((await verify()).recounts).toEqual([
    expect.objectContaining({ metric: 'input_tokens', ok: true, amount: '3', counted: '8' }),
    expect.not.objectContaining({ ok: expect.anything() }),
    expect.objectContaining({ metric: 'output_tokens', ok: true, amount: '2', counted: '2' }),
    expect.not.objectContaining({ ok: expect.anything() }),
  ]);
  const { stdout } = await run();
  expect(stdout).toContain(
    '- recount    cached_tokens: the receipt says 5; only the upstream knows, and it says the same',
  );
  expect(stdout).toContain('- recount    reasoning_tokens: the receipt says 6; only the upstream knows');
  // Less from the cache, which is cheaper: the whole input stays as it was.
  const shift: Record<string, bigint> = { input_tokens: 1n, cached_tokens: -1n };
  await save(await signedAgain(signed, (amount, metric) => amount + (shift[metric] ?? 0n)));
  const shifted = await run();
  expect(shifted.code).toBe(1);
  expect(shifted.stdout).toContain(
    '✗ recount    cached_tokens: the receipt says 4; only the upstream knows, and its own',
  );
});

test('verify takes a receipt at its word for what a stream does not show, within what is possible', async () => {
  const stream = { ...chat, request: { ...ask('Hi'), stream: true } };
  const body = chunks({ content: 'One two' });
  const signed = await make({ ...stream, answer: events([...body, { choices: [], usage }], done) }, 'hidden');
  const { code, stdout } = await run();
  expect([code, stdout]).toEqual([0, expect.stringContaining('what it said is not in the answer')]);
  await save(await signedAgain(signed, (amount, metric) => (metric === 'reasoning_tokens' ? 63n : amount)));
  expect((await run()).stdout).toContain('✗ recount    reasoning_tokens: the receipt says 63');
  await save(await signedAgain(signed, (amount, metric) => (metric === 'cached_tokens' ? 6n : amount)));
  expect((await run()).stdout).toContain('✗ recount    input_tokens: the receipt says 3 and 6 from a cache, counted 8');
});

test('where the upstream’s count rules, verify ticks what is within the tolerance, with both numbers, and fails what is beyond', async () => {
  const within = { prompt_tokens: 10, completion_tokens: 4 };
  const signed = await make({ ...chat, answer: said({ content: 'One two' }, within) }, 'upstream');
  const { code, stdout } = await run();
  expect(code).toBe(0);
  expect(stdout).toContain(
    "✓ recount    input_tokens: the receipt says 10, counted 8; the upstream's count (10) rules, within 3 of the own",
  );
  expect(stdout).toContain('✓ recount    output_tokens: the receipt says 4, counted 2');
  await save(await signedAgain(signed, (amount, metric) => (metric === 'input_tokens' ? 12n : amount)));
  const beyond = await run();
  expect([beyond.code, beyond.stdout]).toEqual([
    1,
    expect.stringContaining('✗ recount    input_tokens: the receipt says 12, counted 8'),
  ]);
});

test('of a stream that keeps the upstream’s count back, the tolerance is checked', async () => {
  const stream = { ...chat, request: { ...ask('Hi'), stream: true } };
  const withUsage = { choices: [], usage: { prompt_tokens: 11, completion_tokens: 2 } };
  const signed = await make(
    { ...stream, answer: events([...chunks({ content: 'One two' }), withUsage], done) },
    'upstream',
  );
  expect((await verify()).recounts[0]).toMatchObject({ ok: true, amount: '11', counted: '8' });
  await save(await signedAgain(signed, (amount, metric) => (metric === 'input_tokens' ? 12n : amount)));
  expect((await verify()).recounts[0]).toMatchObject({ ok: false, amount: '12', counted: '8' });
});

test('the cap that the gateway set is kept: what an upstream says beyond it is not charged', async () => {
  // 8 + 2 for what is asked leave 17 base units: five tokens.
  await make({ ...chat, answer: said({ content: 'One two three four five six seven' }) }, 'capped');
  expect((await verify()).recounts[1]).toMatchObject({ metric: 'output_tokens', ok: true, amount: '5', counted: '5' });
});

test('one body is enough for what is in it', async () => {
  await make(chat);
  const request = await verify(['--request', 'request']);
  expect(request.recounts.map(({ metric, ok }) => [metric, ok])).toEqual([
    ['input_tokens', true],
    ['output_tokens', undefined],
    ['requests', true],
  ]);
  expect(request.recounts[1]?.detail).toContain('to count it takes the answer');
  const answer = await verify(['--response', 'response']);
  expect(answer.recounts.map(({ metric, ok }) => [metric, ok])).toEqual([
    ['input_tokens', undefined],
    ['output_tokens', true],
    ['requests', true],
  ]);
});

test('a surface that the bodies do not tell must be named', async () => {
  await make(calls.find(({ name }) => name === 'message')!);
  const unnamed = await run(['--request', 'request']);
  expect([unnamed.code, unnamed.stderr]).toEqual([
    2,
    expect.stringContaining('with --surface: /chat/completions, /messages'),
  ]);
  const named = await verify(['--request', 'request', '--surface', '/v1/messages']);
  expect([named.code, named.recounts[0]]).toEqual([0, expect.objectContaining({ metric: 'input_tokens', ok: true })]);
  const wrong = await run(['--request', 'request', '--surface', '/embeddings']);
  expect([wrong.code, wrong.stdout]).toEqual([
    1,
    expect.stringMatching(/✗ recount .*is none that POST \/embeddings takes/),
  ]);
  const unknown = await run(['--request', 'request', '--surface', '/models']);
  expect([unknown.code, unknown.stderr]).toEqual([2, expect.stringContaining('no metered surface /models')]);
});

test.each<[string, 'request' | 'response', (body: Buffer) => Buffer, string]>([
  ['of another call', 'request', (body) => Buffer.from(body.toString().replace('Hi', 'Ho')), 'the receipt says 0x'],
  ['with a line break more', 'request', (body) => Buffer.concat([body, Buffer.from('\n')]), 'without the line break'],
  ['that was compressed', 'response', (body) => gzipSync(body), 'it is compressed'],
  [
    'with its headers',
    'response',
    (body) => Buffer.from(`HTTP/1.1 200 OK\r\n\r\n${body}`),
    'it begins with the headers',
  ],
  ['cut short', 'response', (body) => body.subarray(0, body.length / 2), 'a saved stream must be whole'],
])('R16: a body %s is refused and not counted', async (_, part, change, explained) => {
  const { bodies } = await makeStream();
  writeFileSync(join(cwd, part), change(bodies[part]));
  const { code, stdout } = await run();
  expect(code).toBe(1);
  expect(stdout).toMatch(new RegExp(`✗ body .*${explained}`));
  expect(stdout).toContain('- recount    nothing was recounted: these are not the bytes of this call');
});

test('a request that no surface takes fails, though its hash is good', async () => {
  const signed = await make(chat);
  const request = Buffer.from('not JSON');
  writeFileSync(join(cwd, 'request'), request);
  const requestHash = hashBody(signed.salt, request, (bytes) => createHash('sha256').update(bytes).digest());
  await save(await signedAgain({ ...signed, receipt: { ...signed.receipt, requestHash } }, (amount) => amount));
  const { code, stdout } = await run();
  expect([code, stdout]).toEqual([1, expect.stringMatching(/✗ recount .*neither JSON nor a form/)]);
});

test('an empty body is refused', async () => {
  await make(chat);
  writeFileSync(join(cwd, 'request'), '');
  const { code, stderr } = await run();
  expect([code, stderr]).toEqual([2, expect.stringContaining('request is empty')]);
});

test('a folder in the place of a body is named', async () => {
  await make(chat);
  rmSync(join(cwd, 'request'));
  mkdirSync(join(cwd, 'request'));
  const { code, stderr } = await run();
  rmSync(join(cwd, 'request'), { recursive: true });
  expect([code, stderr]).toEqual([1, expect.stringContaining('request is a folder, not a file.')]);
});

test('without the policy, or with another, nothing is recounted and that is said', async () => {
  await make(chat);
  const base = ['verify', 'receipt.json', '--offline', '--contracts', 'contracts.json', '--data-dir', 'elsewhere'];
  const bodies = ['--request', 'request', '--response', 'response'];
  const without = await runInProcess([...base, ...bodies], { cwd });
  expect([without.code, without.stdout]).toEqual([0, expect.stringMatching(/- recount +nothing.*--policy/)]);
  const other = await runInProcess([...base, ...bodies, '--policy', 'hidden.json'], { cwd });
  expect([other.code, other.stdout]).toEqual([1, expect.stringContaining('not the one that the receipt names')]);
});

test('a policy that pins another tokenizer is not recounted with this one', async () => {
  const signed = await make(chat);
  const pinned = { ...basic, tokenizer: { ...basic.tokenizer, package: 'other@1.0.0' } };
  writeFileSync(join(cwd, 'pinned.json'), JSON.stringify(pinned));
  await save(await signedAgain(signed, (amount) => amount, pinned));
  const { stdout } = await run(bodiesOf, '--policy', 'pinned.json');
  expect(stdout).toMatch(/- recount +nothing.*pins the tokenizer other@1\.0\.0/);
});

test('R11: channel open locks nothing in a strict channel that no gateway would serve', async () => {
  expect(strictRefusal.code).toBe(1);
  expect(strictRefusal.stderr).toContain("its policy lets the upstream's count rule");
  expect(strictRefusal.stderr).toContain('usage.rules');
  expect(strictRefusal.stderr).toContain('--mode capped');
});

const bodiesOf = ['--request', 'request', '--response', 'response'];

/** Makes a call, and saves its bodies and its receipt. */
async function make(
  { path, request, answer }: Pick<Call, 'path' | 'request' | 'answer'>,
  under: keyof typeof policies = 'basic',
): Promise<SignedReceipt> {
  script = answer;
  const sent = new Request(`${gateway.url}/v1${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${keys[under]}` },
    body: request instanceof FormData ? request : JSON.stringify(request),
  });
  const requestBody = Buffer.from(await sent.clone().arrayBuffer());
  const response = await fetch(sent);
  const responseBody = Buffer.from(await response.arrayBuffer());
  if (response.status !== 200) throw new Error(responseBody.toString());
  writeFileSync(join(cwd, 'request'), requestBody);
  writeFileSync(join(cwd, 'response'), responseBody);
  const header = response.headers.get(receiptHeader);
  const signed =
    header === null ? parseReceipts(responseBody.toString(), 'the stream')[0]! : decodeSignedReceipt(header);
  await save(signed);
  return signed;
}

async function makeStream(): Promise<{ readonly bodies: Record<'request' | 'response', Buffer> }> {
  await make(calls.find(({ name }) => name === 'chat stream')!);
  const read = (part: string): Buffer => readFileSync(join(cwd, part));
  return { bodies: { request: read('request'), response: read('response') } };
}

async function save(signed: SignedReceipt): Promise<void> {
  writeFileSync(join(cwd, 'receipt.json'), JSON.stringify(signedReceiptToJson(signed)));
}

/** A receipt that says something else, properly signed by the operator: all but its count is good. */
async function signedAgain(
  signed: SignedReceipt,
  amountOf: (amount: bigint, metric: MetricLabel) => bigint,
  policy: Policy = policyOf(signed),
): Promise<SignedReceipt> {
  const metrics = signed.receipt.metrics.map(({ metric, amount }) => ({ metric, amount: amountOf(amount, metric) }));
  const units = unitsOf(policy, metrics);
  const cumulativeUnits = signed.receipt.cumulativeUnits - signed.receipt.units + units;
  const policyHash = policyHashOf(policy, keccak256);
  const receipt = { ...signed.receipt, metrics, units, cumulativeUnits, policyHash };
  const { root } = merkleTree([hexToBytes(receiptLeaf(hashReceipt(receipt, keccak256), keccak256))], keccak256);
  const batch = { ...signed.batch, root };
  const domain = { chainId: deployment.chainId, verifyingContract: deployment.contracts.ValueChannels };
  const signature = await operator.sign({ hash: receiptBatchDigest(domain, batch, keccak256) });
  return { ...signed, receipt, batch, path: [], signature };
}

function policyOf({ receipt }: SignedReceipt): Policy {
  return Object.values(policies).find((policy) => policyHashOf(policy, keccak256) === receipt.policyHash)!;
}

const run = (bodies: readonly string[] = bodiesOf, ...more: readonly string[]) =>
  runInProcess(['verify', 'receipt.json', '--offline', '--contracts', 'contracts.json', ...bodies, ...more], { cwd });

type RecountJson = { name: string; metric: string; ok?: boolean; amount: string; counted?: string; detail: string };

async function verify(bodies?: readonly string[]): Promise<{ code: number; recounts: RecountJson[] }> {
  const { code, stdout } = await run(bodies, '--json');
  const { checks } = JSON.parse(stdout) as { checks: RecountJson[] };
  return { code, recounts: checks.filter(({ name }) => name === 'recount') };
}
