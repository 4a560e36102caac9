import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  decodeSignedReceipt,
  parsePolicy,
  parseSignedReceipt,
  signedReceiptToJson,
  splitSeq,
  verifyReceipts,
  type SignedReceipt,
} from '@kedge/core';
import { getChannelState, getSolvency, getToken } from '@kedge/sdk';
import { createContentStore } from '@kedge/store';
import { developmentChain } from '@kedge/testing';
import OpenAI from 'openai';
import { createPublicClient, http, keccak256, recoverAddress } from 'viem';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dataPathsOf } from '../../src/files/dataPaths.js';
import { endLeftovers } from '../../src/up/endLeftovers.js';
import { readUpState } from '../../src/up/upState.js';
import { runningUp, servicePid, type RunningUp } from './runningUp.js';

describe('kedge up, with its real programs', () => {
  const paths = dataPathsOf(join(mkdtempSync(join(tmpdir(), 'kedge-e2e-')), '.kedge'));
  const receipts: SignedReceipt[] = [];
  let up: RunningUp;

  const client = () => new OpenAI({ baseURL: up.upFile.gatewayUrl, apiKey: up.upFile.apiKey, maxRetries: 0 });
  const messages = [{ role: 'user' as const, content: 'How are contributors paid?' }];
  const call = async () => {
    const { data, response } = await client().chat.completions.create({ model: 'kedge-docs', messages }).withResponse();
    expect(data.choices[0]?.message.content).toContain('docs/');
    receipts.push(decodeSignedReceipt(response.headers.get('kedge-receipt')!));
  };
  const recorded = async (seq: bigint) => {
    const response = await fetch(`${up.upFile.gatewayUrl}/receipts/${up.upFile.channelId}/${seq}`, {
      headers: { authorization: `Bearer ${up.upFile.apiKey}` },
    });
    expect(response.status).toBe(200);
    return parseSignedReceipt(await response.json());
  };
  const chain = () => ({
    publicClient: createPublicClient({ chain: developmentChain, transport: http(up.upFile.rpcUrl), cacheTime: 0 }),
    deployment: up.upFile,
  });
  const channel = () => readUpState(paths.state)!.steps.channel!;
  /** Every receipt ever given is still there, they form one chain, and each unit is charged once. */
  const nothingLostOrChargedTwice = async () => {
    for (const receipt of receipts) {
      expect(signedReceiptToJson(await recorded(receipt.receipt.seq))).toEqual(signedReceiptToJson(receipt));
    }
    const { policyCid } = readUpState(paths.state)!.steps.agent!;
    const checks = await verifyReceipts({
      receipts,
      policy: parsePolicy(await createContentStore({ dir: paths.store }).getJson(policyCid)),
      domain: { chainId: up.upFile.chainId, verifyingContract: up.upFile.contracts.ValueChannels },
      operator: channel().operator,
      keccak256: (bytes) => keccak256(bytes, 'bytes'),
      recover: (hash, signature) => recoverAddress({ hash, signature }),
    });
    expect(checks.filter(({ ok }) => !ok)).toEqual([]);
    const sum = receipts.reduce((total, { receipt }) => total + receipt.units, 0n);
    expect(receipts.at(-1)!.receipt.cumulativeUnits).toBe(sum);
  };
  const sameAsBefore = (before: RunningUp) => {
    const { times: _before, ...old } = before.upFile;
    const { times: _now, ...now } = up.upFile;
    expect(now).toEqual(old);
  };

  beforeAll(async () => {
    up = await runningUp(paths);
  });
  afterAll(async () => {
    if (up !== undefined) await up.end('SIGKILL');
    await endLeftovers(paths, async () => undefined);
    rmSync(join(paths.root, '..'), { recursive: true, force: true });
  });

  test('up.json is private and says where everything is', () => {
    expect(statSync(paths.upFile).mode & 0o777).toBe(0o600);
    const { times: _, ...printed } = up.upFile;
    expect(JSON.parse(readFileSync(paths.upFile, 'utf8'))).toEqual(printed);
    expect(up.upFile.gatewayUrl).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/v1$/);
    expect(up.upFile.classes.map(({ kind }) => kind)).toEqual(['dataset', 'agent']);
  });

  test('an OpenAI client is served, with JSON and with a stream, and gets a receipt for each call', async () => {
    await call();
    const stream = await client().chat.completions.create({
      model: 'kedge-docs',
      messages,
      stream: true,
      stream_options: { include_usage: true },
    });
    let text = '';
    let completionTokens = 0;
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? '';
      completionTokens = chunk.usage?.completion_tokens ?? completionTokens;
    }
    expect(text).toContain('docs/');
    const streamed = await recorded(receipts.at(-1)!.receipt.seq + 1n);
    expect(streamed.receipt.metrics.find(({ metric }) => metric === 'output_tokens')?.amount).toBe(
      BigInt(completionTokens),
    );
    receipts.push(streamed);
    await nothingLostOrChargedTwice();
  });

  test('a second up in the same folder is refused, with process and folder', async () => {
    await expect(runningUp(paths)).rejects.toThrow(new RegExp(`ended with 1: [^]*${paths.root}: process ${up.pid}`));
  });

  test('a gateway that is killed comes back by itself and charges on where it was', async () => {
    const again = up.saying('the gateway runs again');
    process.kill(servicePid(paths, 'gateway'), 'SIGKILL');
    await again;
    await call();
    expect(splitSeq(receipts.at(-1)!.receipt.seq).epoch).toBeGreaterThan(splitSeq(receipts[0]!.receipt.seq).epoch);
    await nothingLostOrChargedTwice();
  });

  test('a chain that is killed comes back with its blocks, and the gateway with it', async () => {
    const again = up.saying('the gateway started anew on the restored chain');
    process.kill(servicePid(paths, 'chain'), 'SIGKILL');
    await again;
    expect((await getChannelState(chain(), { channel: channel() })).open).toBe(true);
    await call();
    await nothingLostOrChargedTwice();
  });

  test('after a kill of the supervisor the next start goes on with the same chain, keys and channel', async () => {
    const before = up;
    const { number, hash } = await chain().publicClient.getBlock();
    expect(await up.end('SIGKILL')).toBe(null);
    up = await runningUp(paths);
    sameAsBefore(before);
    expect((await chain().publicClient.getBlock({ blockNumber: number })).hash).toBe(hash);
    await call();
    await nothingLostOrChargedTwice();
  });

  test('Ctrl-C ends it with exit code 0, with all that was used captured and all value accounted for', async () => {
    const before = up;
    expect(await up.end('SIGINT')).toBe(0);
    up = await runningUp(paths);
    sameAsBefore(before);
    await nothingLostOrChargedTwice();
    const { capturedUnits, remainingUnits } = await getChannelState(chain(), { channel: channel() });
    expect(capturedUnits).toBe(receipts.at(-1)!.receipt.cumulativeUnits);
    const { value } = await getToken(chain(), { tokenId: channel().tokenId });
    expect(capturedUnits + remainingUnits + value).toBe(1_000_000n);
    const { owed, held } = await getSolvency(chain());
    expect(held).toBe(owed);
  });
});
