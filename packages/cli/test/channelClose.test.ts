import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { decodeSignedReceipt, type Deployment } from '@kedge/core';
import type { Gateway } from '@kedge/gateway';
import { startAnvil, type Anvil } from '@kedge/testing';
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest';
import { developmentAccount } from '../src/accounts/developmentAccount.js';
import { demoPolicy } from '../src/up/demoTerms.js';
import { buildCli, configureGateway, kedgeProgram, runInProcess, runJson, temporaryFolder } from './kedge.js';
import { startGatewayHere } from './startGatewayHere.js';

// A running gateway whose operator closes a channel over an RPC that fails, before or after it has the transaction.
const cwd = temporaryFolder();
const channelsFile = join(cwd, '.kedge', 'gateway', 'channels.json');
let anvil: Anvil;
let rpc: Server;
let upstream: Server;
let gateway: Gateway;
let chain: string[];
/** When the RPC fails: as the transaction is prepared, or once the chain has it; or who presses Ctrl-C as it is prepared. */
let failsAt: 'prepared' | 'sent' | (() => void) | undefined;
/** What happens as the command looks for events. */
let onEvents: () => Promise<void> = async () => undefined;
/** Nothing is heard of it any more. */
let isGone = false;
/** What the gateway answered while the transaction was made. */
let meanwhile: number | undefined;
let opened: { readonly channelId: string; readonly apiKey: string };

const onChain = (): string[] => ['--rpc', anvil.rpcUrl, '--contracts', 'contracts.json'];
const call = (): Promise<Response> => {
  const headers = { authorization: `Bearer ${opened.apiKey}`, 'content-type': 'application/json' };
  const body = JSON.stringify({ model: 'test-model', max_tokens: 5, messages: [{ role: 'user', content: 'Hi' }] });
  return fetch(`${gateway.url}/v1/chat/completions`, { method: 'POST', headers, body });
};
const ask = async (): Promise<number> => (await call()).status;
/** The gateway looks at a file that changed within a second, and at once when it meets a key that it does not know. */
const soon = (status: number) => expect.poll(ask).toBe(status);
const close = async () => {
  const url = `${gateway.url}/v1`;
  const args = ['channel', 'close', opened.channelId, '--gateway', url, '--no-capture', '--json', ...chain];
  const { code, stdout, stderr } = await runInProcess(args, { cwd });
  return { code, stdout, error: (JSON.parse(stderr) as { error: { code: string; message: string } }).error };
};

async function passOn(body: string, response: ServerResponse): Promise<void> {
  if (isGone) return void response.destroy();
  if (body.includes('eth_getLogs')) await onEvents();
  if (failsAt !== undefined && failsAt !== 'sent' && /eth_(estimateGas|fillTransaction)/.test(body)) {
    meanwhile = await ask();
    if (failsAt === 'prepared') response.writeHead(500).end();
    else failsAt();
    return;
  }
  const headers = { 'content-type': 'application/json' };
  const answer = await (await fetch(anvil.rpcUrl, { method: 'POST', headers, body })).text();
  if (failsAt === 'sent' && body.includes('eth_sendRawTransaction')) {
    meanwhile = await ask();
    isGone = true;
    response.destroy();
  } else response.writeHead(200, headers).end(answer);
}

function serve(answer: (body: string, response: ServerResponse) => void): Promise<Server> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => answer(Buffer.concat(chunks).toString(), response));
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}
const urlOf = (server: Server): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

beforeAll(async () => {
  buildCli();
  anvil = await startAnvil();
  rpc = await serve((body, response) => void passOn(body, response));
  upstream = await serve((_, response) => {
    const message = { role: 'assistant', content: 'Hello.' };
    const answer = { id: 'one', object: 'chat.completion', created: 1, model: 'test-model' };
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ ...answer, choices: [{ index: 0, message, finish_reason: 'stop' }] }));
  });
  const deployment = await runJson<Deployment>(['deploy', '--rpc', anvil.rpcUrl], { cwd });
  writeFileSync(join(cwd, 'contracts.json'), JSON.stringify(deployment));
  const policy = demoPolicy(developmentAccount('operator').address, ['test-model']);
  writeFileSync(join(cwd, 'policy.json'), JSON.stringify(policy));
  configureGateway(cwd, deployment);
  writeFileSync(channelsFile, '[]');
  chain = ['--rpc', urlOf(rpc), '--contracts', 'contracts.json'];
  await runJson(['class', 'create', '--name', 'Agent', '--policy', 'policy.json', '--sell', '5000', ...onChain()], {
    cwd,
  });
  gateway = await startGatewayHere(cwd, deployment, { rpcUrl: anvil.rpcUrl, upstreamUrl: `${urlOf(upstream)}/v1` });
});
beforeEach(async () => {
  meanwhile = undefined;
  const { tokenId } = await runJson<Record<string, string>>(['buy', '1', '100', ...onChain()], { cwd });
  opened = await runJson<typeof opened>(['channel', 'open', tokenId!, ...onChain()], { cwd });
  await soon(200);
});
afterAll(async () => {
  await gateway?.close();
  for (const server of [rpc, upstream]) {
    server?.closeAllConnections();
    server?.close();
  }
  await anvil?.stop();
});

test('what is served until a channel is closed is captured, also what the gateway served as it captured', async () => {
  failsAt = undefined;
  let served = 0n;
  onEvents = async () => {
    const { headers } = await call();
    const receipt = headers.get('kedge-receipt');
    if (receipt !== null) served = decodeSignedReceipt(receipt).receipt.cumulativeUnits;
  };
  onTestFinished(() => void (onEvents = async () => undefined));
  await onEvents();
  const args = ['channel', 'close', opened.channelId, '--gateway', `${gateway.url}/v1`, ...chain];
  const { capturedUnits } = await runJson<{ capturedUnits: string }>(args, { cwd });
  expect(served).toBeGreaterThan(0n);
  expect(BigInt(capturedUnits)).toBe(served);
});

test('a close that fails before its transaction is sent puts the channel back, and its key pays again', async () => {
  const key = await runJson<{ apiKey: string }>(['key', 'create', '--channel', opened.channelId, ...onChain()], {
    cwd,
  });
  const before = readFileSync(channelsFile, 'utf8');
  failsAt = 'prepared';
  const { code, stdout, error } = await close();
  expect([code, stdout]).toEqual([3, '']);
  expect(error.code).not.toBe('channel_may_be_closed');
  // Out of the file while it might have been closed: what is served then could never be captured.
  expect(meanwhile).toBe(401);
  expect(readFileSync(channelsFile, 'utf8')).toBe(before);
  await soon(200);
  opened = { ...opened, ...key };
  await soon(200);
});

test('a close that is interrupted before its transaction is sent puts the channel back as well', async () => {
  const before = readFileSync(channelsFile, 'utf8');
  const args = ['channel', 'close', opened.channelId, '--gateway', `${gateway.url}/v1`, '--no-capture', ...chain];
  const child = spawn(process.execPath, [kedgeProgram, ...args], { cwd, stdio: 'ignore' });
  failsAt = () => child.kill('SIGINT');
  const signal = await new Promise((resolve) => child.once('close', (_, name) => resolve(name)));
  expect([signal, meanwhile]).toEqual(['SIGINT', 401]);
  expect(readFileSync(channelsFile, 'utf8')).toBe(before);
  await soon(200);
});

test('a close whose transaction was sent and not heard of leaves the channel out, which is closed indeed', async () => {
  failsAt = 'sent';
  const { code, stdout, error } = await close();
  expect([code, stdout, error.code]).toEqual([3, '', 'channel_may_be_closed']);
  expect(meanwhile).toBe(401);
  expect(readFileSync(channelsFile, 'utf8')).not.toContain(opened.channelId);
  await soon(401);
  isGone = false;
  expect((await close()).error).toMatchObject({ code: 'ValueChannelsNotOpen' });
});
