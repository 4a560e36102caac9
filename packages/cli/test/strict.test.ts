import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseChannelRecords, type Address, type Channel, type Deployment, type Hex } from '@kedge/core';
import { createKedgeClient, kedgeFetch, type KedgeClient } from '@kedge/sdk';
import { startAnvil, type Anvil } from '@kedge/testing';
import OpenAI from 'openai';
import { privateKeyToAccount } from 'viem/accounts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { roles } from '../src/accounts/roles.js';
import { roleAccount } from '../src/accounts/resolveAccount.js';
import { demoPolicy } from '../src/up/demoTerms.js';
import { developmentKey } from '../src/accounts/developmentAccount.js';
import { buildCli, configureGateway, kedgeProgram, runJson, runKedge, temporaryFolder } from './kedge.js';

// Strict mode with the real programs: a chain, the gateway, and the proxy that signs; only the model is a script.
const cwd = temporaryFolder();
const root = fileURLToPath(new URL('../../../', import.meta.url));
const operator = roleAccount('operator').account.address;
const messages = [{ role: 'user' as const, content: 'Say something, please.' }];
const words = Array.from({ length: 60 }, (_, index) => ` word${index}`);

let anvil: Anvil;
let upstream: Server;
let operatorClient: KedgeClient;
let consumer: KedgeClient;
let chain: string[];
/** What the model waits for between two words of a stream. */
let nextWord: () => Promise<void> = async () => undefined;
let heard = 0;
let onHeard: () => void = () => undefined;
const gateway = { url: '' } as { url: string; child?: ChildProcess };
const proxy = { url: '' } as { url: string; child?: ChildProcess };
const made = {} as { tokenId: string; channelId: Hex; channel: Channel; keyFile: string };

const kedgeJson = <value = Record<string, unknown>>(...args: string[]) => runJson<value>([...args, ...chain], { cwd });
const openai = (): OpenAI => new OpenAI({ baseURL: proxy.url, apiKey: 'any', maxRetries: 0 });

beforeAll(async () => {
  buildCli();
  [anvil, upstream] = await Promise.all([startAnvil(), startModel()]);
  const deployment = await runJson<Deployment>(['deploy', '--rpc', anvil.rpcUrl], { cwd });
  writeFileSync(join(cwd, 'contracts.json'), JSON.stringify(deployment));
  chain = ['--rpc', anvil.rpcUrl, '--contracts', 'contracts.json'];
  const clientOf = (role: keyof typeof roles): KedgeClient =>
    createKedgeClient({ publicClient: anvil.publicClient, walletClient: anvil.walletOf(roles[role]), deployment });
  operatorClient = clientOf('operator');
  consumer = clientOf('consumer');
  writeFileSync(join(cwd, 'policy.json'), JSON.stringify(demoPolicy(operator, ['test-model'])));
  await kedgeJson('class', 'create', '--name', 'Agent', '--policy', 'policy.json', '--sell', '5000');
  made.tokenId = (await kedgeJson<{ tokenId: string }>('buy', '1', '1000')).tokenId;
  const files = join(cwd, '.kedge', 'gateway');
  configureGateway(cwd, deployment);
  writeFileSync(join(files, 'operator-key'), developmentKey('operator'), { mode: 0o600 });
  const config = {
    dataDir: join(files, 'ledger'),
    port: 0,
    upstream: { url: `http://127.0.0.1:${(upstream.address() as AddressInfo).port}/v1` },
    rpcUrl: anvil.rpcUrl,
    chainId: deployment.chainId,
    contracts: deployment.contracts,
    operatorKeyFile: join(files, 'operator-key'),
    contentStoreDir: join(cwd, '.kedge', 'store'),
    channelsFile: join(files, 'channels.json'),
    // Three whole words ahead of payment, and what a JSON answer may come to where the client asks for little.
    strict: { startUnits: '60', growthBasisPoints: 0 },
  };
  writeFileSync(join(cwd, 'gateway.json'), JSON.stringify(config));
  await startGateway();
});

afterAll(async () => {
  await Promise.all([kill(gateway), kill(proxy)]);
  upstream?.close();
  upstream?.closeAllConnections();
  await anvil?.stop();
});

test('R11: channel open --mode strict makes a channel key that only this user can read', async () => {
  const opened = await kedgeJson<Record<string, never>>(
    'channel',
    'open',
    made.tokenId,
    '--units',
    '400',
    '--mode',
    'strict',
    '--gateway',
    `${gateway.url}/v1`,
  );
  Object.assign(made, opened);
  expect(opened).toMatchObject({ channel: { mode: 'strict', rate: '0' } });
  expect(statSync(made.keyFile).mode & 0o777).toBe(0o600);
  expect(readFileSync(made.keyFile, 'utf8')).toContain(made.channelId);
  const record = readFileSync(join(cwd, '.kedge', 'gateway', 'channels.json'), 'utf8');
  const { channelKey } = JSON.parse(readFileSync(made.keyFile, 'utf8')) as { channelKey: string };
  expect(record).not.toContain(channelKey.slice(2));
});

test('R11: a program pays with kedgeFetch by the file of the channel, as the page for integrators says', async () => {
  const file = JSON.parse(readFileSync(made.keyFile, 'utf8')) as Record<string, string> & { channelKey: Hex };
  const [known] = parseChannelRecords([file['record']]);
  const { channel, channelId, policy } = known!;
  const domain = { chainId: Number(file['chainId']), verifyingContract: file['valueChannels'] as Address };
  const paid = kedgeFetch({ domain, channel, channelId, policy, account: privateKeyToAccount(file.channelKey) });
  const client = new OpenAI({ baseURL: file['gatewayUrl']!, apiKey: file['apiKey']!, fetch: paid, maxRetries: 0 });
  expect((await client.models.list()).data).toHaveLength(1);
  await paid.idle();
  expect(channelId).toBe(made.channelId);
});

test('R11: any OpenAI client pays through kedge connect, JSON and streams, and captures take what was signed', async () => {
  await startProxy();
  const answer = await openai().chat.completions.create({ model: 'test-model', messages, max_tokens: 10 });
  expect(answer.choices[0]?.message.content).toBe('Hello there.');
  expect(await say()).toBe(words.join(''));
  await settled();
  await capture();
  const { committedUnits } = await held();
  expect((await state()).capturedUnits).toBe(committedUnits);
  expect(committedUnits).toBeGreaterThan(180n);
});

test("R11: the proxy passes on the count of a message's tokens, and signs nothing for it", async () => {
  const before = await held();
  const body = JSON.stringify({ model: 'test-model', messages });
  const response = await fetch(`${proxy.url}/messages/count_tokens`, { method: 'POST', body });
  expect(await response.json()).toEqual({ input_tokens: expect.any(Number) });
  expect(await held()).toEqual(before);
});

test('R11: a second proxy for the channel is refused, with the process that holds it', async () => {
  const { code, stderr } = await runKedge(['connect'], { cwd });
  expect([code, stderr]).toEqual([1, expect.stringContaining(`Process ${proxy.child?.pid} pays from this channel`)]);
  expect((await fetch(`${proxy.url}/models`)).status).toBe(200);
});

test('R11: a web page cannot spend through the proxy', async () => {
  const response = await fetch(`${proxy.url}/chat/completions`, {
    method: 'POST',
    headers: { origin: 'https://example.org' },
    body: JSON.stringify({ model: 'test-model', messages }),
  });
  expect(response.status).toBe(403);
});

test('R11: a proxy that is killed in the middle of a stream loses at most the exposure, and goes on', async () => {
  const before = await held();
  const isKilled = killAtWord(30, proxy);
  await expect(say()).rejects.toThrow();
  await isKilled;
  nextWord = async () => undefined;
  // The gateway notices that its client left, and charges what it handed over.
  await expect.poll(async () => (await held()).committedUnits).toBeGreaterThan(before.committedUnits);
  const after = await held();
  expect(after.committedUnits - after.signedUnits).toBeLessThanOrEqual(60n);
  await startProxy();
  expect(await say()).toBe(words.join(''));
  await settled();
});

test('R11: a gateway that is killed in the middle of a stream loses at most the exposure, and goes on', async () => {
  const before = await held();
  const isKilled = killAtWord(30, gateway);
  await expect(say()).rejects.toThrow();
  await isKilled;
  nextWord = async () => undefined;
  await startGateway();
  const after = await held();
  // What the client signed for is charged, with a receipt, though the call has no end.
  expect(after.committedUnits).toBeGreaterThan(before.committedUnits);
  expect(after.signedUnits - after.committedUnits).toBeLessThanOrEqual(60n);
  expect(after.committedUnits - after.signedUnits).toBeLessThanOrEqual(60n);
  await kill(proxy);
  await startProxy();
  expect(await say()).toBe(words.join(''));
  await settled();
});

test('R8: at the end what was signed is captured, and the rest returns and is refunded', async () => {
  await capture();
  const { committedUnits } = await held();
  const { capturedUnits } = await state();
  expect(capturedUnits).toBe(committedUnits);
  const closed = await kedgeJson('channel', 'close', made.channelId, '--no-capture');
  expect(closed).toMatchObject({ returnedUnits: String(400_000n - capturedUnits) });
  const { value } = await consumer.getToken({ tokenId: BigInt(made.tokenId) });
  expect(value).toBe(1_000_000n - capturedUnits);
  await consumer.refund({ tokenId: BigInt(made.tokenId), units: value });
  expect((await consumer.getToken({ tokenId: BigInt(made.tokenId) })).value).toBe(0n);
});

/** Kills a program once its client has heard so many words; the model does not run ahead of it. */
function killAtWord(last: number, program: typeof gateway): Promise<void> {
  return new Promise((resolve) => {
    let said = 0;
    nextWord = async () => {
      said++;
      while (heard < Math.min(said - 2, last)) await new Promise<void>((hear) => (onHeard = hear));
      if (heard < last) return;
      await kill(program);
      resolve();
    };
  });
}

async function say(): Promise<string> {
  heard = 0;
  const stream = await openai().chat.completions.create({ model: 'test-model', messages, stream: true });
  let said = '';
  for await (const chunk of stream) {
    said += chunk.choices[0]?.delta.content ?? '';
    heard++;
    onHeard();
  }
  return said;
}

async function held(): Promise<{ signedUnits: bigint; committedUnits: bigint }> {
  const { apiKey } = JSON.parse(readFileSync(made.keyFile, 'utf8')) as { apiKey: string };
  const response = await fetch(`${gateway.url}/v1/vouchers`, { headers: { authorization: `Bearer ${apiKey}` } });
  const json = (await response.json()) as {
    newest: { voucher: { cumulativeUnits: string } } | null;
    committedUnits: string;
  };
  return {
    signedUnits: BigInt(json.newest?.voucher.cumulativeUnits ?? 0),
    committedUnits: BigInt(json.committedUnits),
  };
}

/** The last voucher is on its way when an answer ends. */
async function settled(): Promise<void> {
  await expect
    .poll(async () => {
      const { signedUnits, committedUnits } = await held();
      return signedUnits - committedUnits;
    })
    .toBe(0n);
}

async function capture(): Promise<void> {
  expect((await fetch(`${gateway.url}/admin/capture`, { method: 'POST' })).status).toBe(200);
}

const state = () => operatorClient.getChannelState({ channel: channelOf(made.channel) });

/** `--json` prints integers as text. */
function channelOf(channel: Channel): Channel {
  const { tokenId, cap, rate, burst, deadline } = channel;
  return {
    ...channel,
    tokenId: BigInt(tokenId),
    cap: BigInt(cap),
    rate: BigInt(rate),
    burst: BigInt(burst),
    deadline: BigInt(deadline),
  };
}

async function startGateway(): Promise<void> {
  await start(gateway, [join(root, 'packages/gateway/dist/main.js'), '--config', 'gateway.json']);
  if (made.keyFile === undefined) return;
  // It listens anew: the proxy is told where.
  const file = JSON.parse(readFileSync(made.keyFile, 'utf8')) as object;
  writeFileSync(made.keyFile, JSON.stringify({ ...file, gatewayUrl: `${gateway.url}/v1` }));
}

const startProxy = (): Promise<void> => start(proxy, [kedgeProgram, 'connect', '--json']);

async function start(program: typeof gateway, args: string[]): Promise<void> {
  const child = spawn(process.execPath, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  program.child = child;
  let errors = '';
  child.stderr.on('data', (chunk) => (errors += String(chunk)));
  let text = '';
  program.url = await new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const url = /"url": ?"([^"]+)"/.exec((text += line))?.[1];
      if (url !== undefined) resolve(url);
    });
    child.once('exit', (code) => reject(new Error(`it ended with ${code}:\n${errors}`)));
  });
}

async function kill({ child }: { child?: ChildProcess }): Promise<void> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await ended;
}

/** An upstream that says `words`, one when the test lets it. */
async function startModel(): Promise<Server> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { stream } = JSON.parse(Buffer.concat(chunks).toString()) as { stream?: boolean };
      const base = { id: 'chatcmpl-1', created: 1_700_000_000, model: 'test-model' };
      if (stream !== true) {
        const message = { role: 'assistant', content: 'Hello there.' };
        const choices = [{ index: 0, message, finish_reason: 'stop' }];
        response.setHeader('content-type', 'application/json');
        return response.end(JSON.stringify({ ...base, object: 'chat.completion', choices }));
      }
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      const chunkOf = (delta: object, finish: string | null): string =>
        `data: ${JSON.stringify({ ...base, object: 'chat.completion.chunk', choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
      void (async () => {
        for (const content of words) {
          await nextWord();
          response.write(chunkOf({ content }, null));
          // One event a turn, so that a kill in between cuts the stream there.
          await new Promise((resolve) => setImmediate(resolve));
        }
        response.write(chunkOf({}, 'stop'));
        response.end('data: [DONE]\n\n');
      })();
      return undefined;
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}
