import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createKedgeClient } from '@kedge/sdk';
import { decodeSignedReceipt, parseSignedChannelAccess, signedReceiptToJson, type Deployment } from '@kedge/core';
import { startAnvil, type Anvil } from '@kedge/testing';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { developmentAccount } from '../src/accounts/developmentAccount.js';
import { demoPolicy } from '../src/up/demoTerms.js';
import { buildCli, kedgeProgram, runInProcess, runJson, runKedge, temporaryFolder } from './kedge.js';

// An operator and a consumer on two machines, which share the chain and one file.
const [operatorFolder, consumerFolder] = [temporaryFolder(), temporaryFolder()];
const messages = [{ role: 'user' as const, content: 'Hi' }];
const opened = {} as { apiKey: string; channelId: string; accessFile: string };

let anvil: Anvil;
let deployment: Deployment;
let upstream: Server;
let chain: string[];
let running: { readonly child: ChildProcess; readonly url: string; readonly ended: Promise<number | null> };

const asOperator = <value = Record<string, unknown>>(...args: string[]) =>
  runJson<value>([...args, ...chain], { cwd: operatorFolder });
const openai = (): OpenAI => new OpenAI({ baseURL: running.url, apiKey: opened.apiKey, maxRetries: 0 });

beforeAll(async () => {
  buildCli();
  const choices = [{ index: 0, message: { role: 'assistant', content: 'Hello.' }, finish_reason: 'stop' }];
  const answer = { id: 'a', object: 'chat.completion', created: 1, model: 'test-model', choices };
  upstream = createServer((request, response) => {
    const isKnown = request.headers.authorization === 'Bearer of-the-upstream';
    request.resume().on('end', () => {
      response.writeHead(isKnown ? 200 : 401, { 'content-type': 'application/json' });
      response.end(JSON.stringify(isKnown ? answer : { error: { message: 'who?' } }));
    });
  });
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
  anvil = await startAnvil();
  deployment = await runJson<Deployment>(['deploy', '--rpc', anvil.rpcUrl], { cwd: operatorFolder });
  const policy = demoPolicy(developmentAccount('operator').address, ['test-model']);
  for (const folder of [operatorFolder, consumerFolder]) {
    writeFileSync(join(folder, 'contracts.json'), JSON.stringify(deployment));
    writeFileSync(join(folder, 'policy.json'), JSON.stringify(policy));
  }
  chain = ['--rpc', anvil.rpcUrl, '--contracts', 'contracts.json'];
  await asOperator('class', 'create', '--name', 'Agent', '--policy', 'policy.json', '--sell', '5000');
  running = await startGateway();
});

afterAll(async () => {
  if (running.child.exitCode === null) running.child.kill('SIGKILL');
  upstream.close();
  upstream.closeAllConnections();
  await anvil.stop();
});

test('channel open writes a file for an operator elsewhere, without a secret', async () => {
  const as = { cwd: consumerFolder };
  const { tokenId } = await runJson<{ tokenId: string }>(['buy', '1', '1000', ...chain], as);
  const withoutPolicy = await runInProcess(['channel', 'open', tokenId, ...chain], as);
  expect([withoutPolicy.code, withoutPolicy.stderr]).toEqual([1, expect.stringContaining('--policy <file>')]);
  const args = ['channel', 'open', tokenId, '--units', '100', '--policy', 'policy.json', '--gateway', running.url];
  // What the operator needs is on disk before the value is locked, or nothing is.
  const unwritable = await runInProcess([...args, '--access', 'policy.json/channel.json', ...chain], as);
  expect([unwritable.code, unwritable.stdout]).toEqual([1, '']);
  const { publicClient } = anvil;
  const token = await createKedgeClient({ publicClient, deployment }).getToken({ tokenId: BigInt(tokenId) });
  expect(token.value).toBe(1_000_000n);
  Object.assign(opened, await runJson([...args, ...chain], as));
  expect(opened.accessFile).toBe(join(consumerFolder, `kedge-channel-${opened.channelId.slice(2, 10)}.json`));
  const text = readFileSync(opened.accessFile, 'utf8');
  expect(text).not.toContain(opened.apiKey);
  expect(parseSignedChannelAccess(JSON.parse(text)).channel.cap).toBe(100_000n);
  expect(existsSync(join(consumerFolder, '.kedge', 'gateway'))).toBe(false);
  await expect(openai().chat.completions.create({ model: 'test-model', messages })).rejects.toThrow(/401/);
});

test('channel add refuses what the holder did not sign, and terms that no channel has', async () => {
  const access = parseAccess();
  const changed = (change: object): string => {
    const file = join(operatorFolder, 'changed.json');
    writeFileSync(file, JSON.stringify({ ...access, ...change }));
    return file;
  };
  const add = (file: string) => runInProcess(['channel', 'add', file, ...chain], { cwd: operatorFolder });
  const stolen = await add(changed({ apiKeySha256: 'ab'.repeat(32) }));
  expect([stolen.code, stolen.stderr]).toEqual([1, expect.stringContaining('did not sign')]);
  const richer = await add(changed({ channel: { ...(access['channel'] as object), cap: '999' } }));
  expect([richer.code, richer.stderr]).toEqual([1, expect.stringContaining('no channel with these terms is open')]);
  writeFileSync(join(operatorFolder, 'garbage.json'), '{"channel": 5}');
  const garbage = await add('garbage.json');
  expect([garbage.code, garbage.stderr]).toEqual([1, expect.stringContaining('kedge channel open writes')]);
  expect(existsSync(join(operatorFolder, '.kedge', 'gateway', 'channels.json'))).toBe(false);
});

test('a gateway of its own serves the channel once it is added, and captures what was used when it stops', async () => {
  const added = await asOperator('channel', 'add', opened.accessFile);
  expect(added['channelId']).toBe(opened.channelId);
  expect(readFileSync(String(added['channelsFile']), 'utf8')).not.toContain(opened.apiKey);
  const call = () => openai().chat.completions.create({ model: 'test-model', messages }).withResponse();
  await expect
    .poll(() => call().catch(() => undefined))
    .toMatchObject({ data: { choices: [{ message: { content: 'Hello.' } }] } });
  const receipt = decodeSignedReceipt((await call()).response.headers.get('kedge-receipt')!);
  writeFileSync(join(consumerFolder, 'receipt.json'), JSON.stringify(signedReceiptToJson(receipt)));
  running.child.kill('SIGTERM');
  expect(await running.ended).toBe(0);
  const client = createKedgeClient({ publicClient: anvil.publicClient, deployment });
  const { channel } = parseSignedChannelAccess(parseAccess());
  expect((await client.getChannelState({ channel })).capturedUnits).toBeGreaterThan(0n);
});

test('channel add refuses a key that another channel has, also as one of more, and no key of one that is continued', async () => {
  const file = join(operatorFolder, '.kedge', 'gateway', 'channels.json');
  const before = readFileSync(file, 'utf8');
  const [record] = JSON.parse(before) as [Record<string, unknown>];
  const { apiKeySha256 } = record;
  const add = (other: object) => {
    writeFileSync(file, JSON.stringify([{ ...record, channelId: `0x${'12'.repeat(32)}`, ...other }]));
    return runInProcess(['channel', 'add', opened.accessFile, ...chain], { cwd: operatorFolder });
  };
  const keys = [{ name: 'more', apiKeySha256, createdAt: '1' }];
  for (const other of [{}, { apiKeySha256: 'ab'.repeat(32), keys }]) {
    const taken = await add(other);
    expect([taken.code, taken.stderr]).toEqual([1, expect.stringContaining('for another channel already')]);
  }
  const continues = { rootId: opened.channelId, holder: developmentAccount('deployer').address };
  expect(await add({ continues, keys })).toMatchObject({ code: 0 });
  writeFileSync(file, before);
});

describe('a consumer elsewhere and the root on chain', () => {
  const verify = async (...args: string[]) => {
    const run = ['verify', 'receipt.json', '--policy', 'policy.json', ...args, ...chain];
    const { code, stdout, stderr } = await runInProcess([...run, '--json'], { cwd: consumerFolder });
    const { included, checks } = JSON.parse(stdout || '{}') as Verified;
    return { code, included, anchor: checks?.find(({ name }) => name === 'anchor'), stderr };
  };
  const save = (name: string, text: string): string => {
    writeFileSync(join(consumerFolder, name), text);
    return name;
  };
  let leaves: string;
  beforeAll(async () => {
    running = await startGateway();
    const cid = /\((baf[a-z2-7]+)\)/.exec((await verify()).anchor!.detail)![1]!;
    leaves = await (await fetch(`${running.url}/anchors/${cid}`)).text();
  });

  test('R16: without the leaves kedge verify says that inclusion was not confirmed, and does not fail', async () => {
    expect(await verify()).toMatchObject({ code: 0, included: false, anchor: { reason: 'leaves_missing' } });
    const { stdout } = await runInProcess(['verify', 'receipt.json', ...chain], { cwd: consumerFolder });
    expect(stdout).toContain('- inclusion on chain is not confirmed\n  -> pass --gateway <url>');
    expect(stdout).toContain(
      '- that the units follow from the policy was not checked\n  -> pass the policy with --policy',
    );
    const priced = await runInProcess(['verify', 'receipt.json', '--policy', 'policy.json', ...chain], {
      cwd: consumerFolder,
    });
    expect(priced.stdout).not.toContain('was not checked');
    const gone = await verify('--gateway', 'http://127.0.0.1:1/v1');
    expect(gone).toMatchObject({ code: 0, included: false, anchor: { reason: 'leaves_missing' } });
    expect(gone.anchor?.detail).toContain('does not answer');
    expect(await verify('--offline')).toMatchObject({ included: false, anchor: { reason: 'chain_not_asked' } });
  });

  test('without the chain kedge verify says that nobody told it who the operator is, until --operator does', async () => {
    const unchecked = '- who the operator is was not checked: pass --operator';
    const run = (...args: string[]) => {
      const all = ['verify', 'receipt.json', '--policy', 'policy.json', ...args];
      return runInProcess(all, { cwd: consumerFolder });
    };
    const contracts = ['--contracts', 'contracts.json'];
    for (const silent of [['--offline'], ['--rpc', 'http://127.0.0.1:1']]) {
      const { code, stdout } = await run(...contracts, ...silent);
      expect([code, stdout]).toEqual([0, expect.stringContaining(`is good\n${unchecked}\n`)]);
    }
    const { address } = developmentAccount('operator');
    expect((await run(...contracts, '--offline', '--operator', address)).stdout).not.toContain('was not checked');
    expect((await run(...chain)).stdout).not.toContain('was not checked');
    const other = await run(...contracts, '--offline', '--operator', developmentAccount('consumer').address);
    expect(other.code).toBe(1);
  });

  test('R16: the gateway serves the leaves to everybody, and the root on chain says whether they are those', async () => {
    const confirmed = { code: 0, included: true, anchor: { ok: true } };
    expect(await verify('--gateway', running.url)).toMatchObject(confirmed);
    expect(await verify('--leaves', save('leaves.json', leaves))).toMatchObject(confirmed);
    const { stdout } = await runInProcess(['verify', 'receipt.json', '--leaves', 'leaves.json', ...chain], {
      cwd: consumerFolder,
    });
    expect(stdout).toContain('✓ the receipt is good, and included under the root on chain');
  });

  test('R16: the gateway that a strict channel was opened for is asked without being named', async () => {
    const channels = join(consumerFolder, '.kedge', 'channels');
    mkdirSync(channels, { recursive: true });
    const known = {
      format: 'kedge-strict-channel/1',
      record: null,
      chainId: 31337,
      valueChannels: deployment.contracts.ValueChannels,
      channelKey: `0x${'11'.repeat(32)}`,
      apiKey: 'kedge-x',
      gatewayUrl: running.url,
    };
    const file = join(channels, `${opened.channelId}.json`);
    writeFileSync(file, JSON.stringify(known));
    expect(await verify()).toMatchObject({ code: 0, included: true });
    rmSync(file);
    expect(await verify()).toMatchObject({ code: 0, included: false });
  });

  test('R16: leaves that are cut, changed or of something else fail, from a file and from a gateway', async () => {
    const other = leaves.replace(/"leaves":\["0x../, '"leaves":["0x00');
    for (const [name, text] of [
      ['cut.json', leaves.slice(0, -1)],
      ['changed.json', other],
      ['empty.json', ''],
    ] as const) {
      const wrong = await verify('--leaves', save(name, text));
      expect([name, wrong.code, wrong.anchor?.ok]).toEqual([name, 1, false]);
      expect(wrong.anchor?.detail).toContain(`${name} is not its leaves`);
    }
    // One that is right beside one that is not is enough.
    expect(await verify('--leaves', 'cut.json', '--leaves', 'leaves.json')).toMatchObject({ code: 0, included: true });
    const missing = await verify('--leaves', 'nothing.json');
    expect([missing.code, missing.stderr]).toEqual([1, expect.stringContaining('nothing.json')]);
    const liar = createServer((_request, response) => response.end(leaves.slice(0, -1)));
    await new Promise<void>((resolve) => liar.listen(0, '127.0.0.1', resolve));
    const { port } = liar.address() as AddressInfo;
    const lied = await verify('--gateway', `http://127.0.0.1:${port}/v1`).finally(() => liar.close());
    expect(lied).toMatchObject({ code: 1, included: false, anchor: { ok: false } });
  });
});

type Verified = {
  readonly included: boolean;
  readonly checks?: readonly {
    readonly name: string;
    readonly ok?: boolean;
    readonly reason?: string;
    readonly detail: string;
  }[];
};

test('a gateway whose command was killed captures what was used and ends, and the next one starts', async () => {
  running.child.kill('SIGTERM');
  await running.ended;
  // A terminal outlives the command, unlike a pipe to it.
  const log = join(operatorFolder, 'terminal.txt');
  const child = spawn(process.execPath, [kedgeProgram, 'gateway', ...chain, '--upstream', upstreamUrl()], {
    cwd: operatorFolder,
    stdio: ['ignore', openSync(log, 'w'), openSync(log, 'a')],
    env: { ...process.env, KEDGE_UPSTREAM_API_KEY: 'of-the-upstream' },
  });
  const said = (): string => readFileSync(log, 'utf8');
  await expect.poll(said).toContain('Ctrl-C ends it');
  const url = /^gateway {2}(\S+)/m.exec(said())![1]!;
  const openai = new OpenAI({ baseURL: url, apiKey: opened.apiKey, maxRetries: 0 });
  await openai.chat.completions.create({ model: 'test-model', messages });
  child.kill('SIGKILL');
  await expect.poll(said).toContain('gateway_stopped');
  expect(said()).toContain('"event":"captured"');
  await expect.poll(() => fetch(url).catch(() => 'ended')).toBe('ended');
  running = await startGateway();
});

test('kedge gateway says what is missing, and leaves the folder of a local stack alone', async () => {
  const run = (...args: string[]) => runInProcess(['gateway', ...args], { cwd: operatorFolder });
  const none = await run(...chain);
  expect([none.code, none.stderr]).toEqual([2, expect.stringContaining('--upstream')]);
  writeFileSync(join(operatorFolder, 'list.json'), '[]');
  const list = await run('--config', 'list.json');
  expect([list.code, list.stderr]).toEqual([2, expect.stringContaining('one JSON object')]);
  const stack = join(operatorFolder, 'stack');
  mkdirSync(stack);
  const up = { chainId: 31337, rpcUrl: anvil.rpcUrl, gatewayUrl: 'http://127.0.0.1:1/v1', apiKey: 'kedge-x' };
  writeFileSync(
    join(stack, 'up.json'),
    JSON.stringify({ ...up, contracts: deployment.contracts, classes: [], tokenId: '1', channelId: opened.channelId }),
  );
  const refused = await run('--data-dir', 'stack', '--upstream', 'http://127.0.0.1:1/v1');
  expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('folder of a local stack')]);
  const wrong = join(operatorFolder, 'wrong.json');
  writeFileSync(wrong, JSON.stringify({ upstream: { url: 'http://127.0.0.1:1/v1' }, prot: 1 }));
  const misspelt = await runKedge(['gateway', '--config', 'wrong.json', '--data-dir', 'other', ...chain], {
    cwd: operatorFolder,
  });
  expect([misspelt.code, misspelt.stderr]).toEqual([1, expect.stringContaining('prot')]);
});

describe('a configuration file, and what is passed beside it', () => {
  const elsewhere = ['--data-dir', 'elsewhere'];
  const channelsFile = join(operatorFolder, 'lists', 'channels.json');

  test('what is passed to kedge gateway counts above its file, field by field', async () => {
    running.child.kill('SIGTERM');
    expect(await running.ended).toBe(0);
    const { address } = developmentAccount('operator');
    const ofFile = {
      rpcUrl: 'http://127.0.0.1:1',
      chainId: 1,
      contracts: { DataAnchoringToken: address, ValueChannels: address },
      operatorKeyFile: 'no-such-key',
      upstream: { url: 'http://127.0.0.1:1/v1', apiKeyEnv: 'NO_SUCH_VARIABLE', maxWaiting: 5 },
      channelsFile: 'lists/channels.json',
      // The log of the channel, which no gateway serves without.
      dataDir: '.kedge/gateway/ledger',
      batchIntervalMs: 600_000,
    };
    writeFileSync(join(operatorFolder, 'file.json'), JSON.stringify(ofFile));
    writeFileSync(join(operatorFolder, 'upstream-key'), 'of-the-upstream\n');
    const flags = ['--upstream-key-file', 'upstream-key', '--account', 'operator'];
    running = await startGateway('--config', 'file.json', ...elsewhere, ...flags);
    const written: unknown = JSON.parse(
      readFileSync(join(operatorFolder, 'elsewhere', 'gateway', 'config.json'), 'utf8'),
    );
    expect(written).toMatchObject({
      rpcUrl: anvil.rpcUrl,
      chainId: 31337,
      contracts: deployment.contracts,
      operatorKeyEnv: 'KEDGE_OPERATOR_PRIVATE_KEY',
      upstream: { url: upstreamUrl(), apiKeyFile: join(operatorFolder, 'upstream-key'), maxWaiting: 5 },
      channelsFile,
      batchIntervalMs: 600_000,
    });
    expect(written).not.toHaveProperty('operatorKeyFile');
    expect(written).not.toHaveProperty('upstream.apiKeyEnv');
  });

  test('commands write the channels file that the configuration names, which is the one that the gateway reads', async () => {
    const added = await asOperator('channel', 'add', opened.accessFile, '--policy', 'policy.json', ...elsewhere);
    expect(added['channelsFile']).toBe(channelsFile);
    expect(existsSync(join(operatorFolder, 'elsewhere', 'gateway', 'channels.json'))).toBe(false);
    const call = () => openai().chat.completions.create({ model: 'test-model', messages });
    await expect.poll(() => call().catch(String)).toMatchObject({ choices: [{ message: { content: 'Hello.' } }] });
  });

  test('channel close refuses while a gateway holds what it did not capture, and asks the one that is named', async () => {
    const { channel } = parseSignedChannelAccess(parseAccess());
    const client = createKedgeClient({ publicClient: anvil.publicClient, deployment });
    const before = await client.getChannelState({ channel });
    const args = ['channel', 'close', opened.channelId, ...elsewhere, ...chain];
    const close = (...more: string[]) => runInProcess([...args, ...more], { cwd: operatorFolder });
    const unasked = await close();
    expect([unasked.code, unasked.stderr]).toEqual([1, expect.stringContaining('--gateway')]);
    expect(unasked.stderr).toContain('--no-capture');
    const silent = await close('--gateway', 'http://127.0.0.1:1/v1');
    expect([silent.code, silent.stderr]).toEqual([3, expect.stringContaining('--no-capture')]);
    expect(await client.getChannelState({ channel })).toEqual(before);
    expect(JSON.parse(readFileSync(channelsFile, 'utf8'))).toHaveLength(1);
    const closed = await close('--gateway', running.url, '--json');
    const { capturedUnits } = JSON.parse(closed.stdout) as { capturedUnits: string };
    expect(BigInt(capturedUnits)).toBeGreaterThan(before.capturedUnits);
    expect(JSON.parse(readFileSync(channelsFile, 'utf8'))).toEqual([]);
  });
});

function parseAccess(): Record<string, unknown> {
  return JSON.parse(readFileSync(opened.accessFile, 'utf8')) as Record<string, unknown>;
}

function upstreamUrl(): string {
  return `http://127.0.0.1:${(upstream.address() as AddressInfo).port}/v1`;
}

async function startGateway(...more: string[]): Promise<typeof running> {
  const args = ['gateway', ...chain, '--upstream', upstreamUrl(), ...more, '--json'];
  const child = spawn(process.execPath, [kedgeProgram, ...args], {
    cwd: operatorFolder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, KEDGE_UPSTREAM_API_KEY: 'of-the-upstream' },
  });
  let log = '';
  child.stderr!.on('data', (bytes) => (log += String(bytes)));
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const url = await new Promise<string>((resolve, reject) => {
    void ended.then((code) => reject(new Error(`the gateway ended with ${code}: ${log}`)));
    createInterface({ input: child.stdout! }).on('line', (line) => {
      const found = /"url": "([^"]+)"/.exec(line)?.[1];
      if (found !== undefined) resolve(found);
    });
  });
  return { child, url, ended };
}
