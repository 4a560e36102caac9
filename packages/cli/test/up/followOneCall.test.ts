import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeSignedReceipt, type Address } from '@kedge/core';
import { getChannelState, getOwed, getRevenue, getSolvency, getToken } from '@kedge/sdk';
import { developmentChain } from '@kedge/testing';
import OpenAI from 'openai';
import { createPublicClient, http } from 'viem';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { dataPathsOf } from '../../src/files/dataPaths.js';
import { readUpState } from '../../src/up/upState.js';
import { runInProcess, runKedge } from '../kedge.js';
import { runningUp, type RunningUp } from './runningUp.js';

// Terms of the demonstration: 10^12 wei a base unit, 20 % to the operator, 30 % of the rest to the dataset.
const weiPerUnit = 10n ** 12n;
const operatorBps = 2_000n;
const royaltyBps = 3_000n;
const bought = 1_000_000n;

const folder = mkdtempSync(join(tmpdir(), 'kedge-follow-'));
const paths = dataPathsOf(join(folder, '.kedge'));
let up: RunningUp;

beforeAll(async () => {
  up = await runningUp(paths);
});
afterAll(async () => {
  await up?.end('SIGTERM');
  rmSync(folder, { recursive: true, force: true });
});

it('one call: value falls by the receipt’s units, every wei has its place, the contributor gets the royalty', async () => {
  const { upFile } = up;
  const publicClient = createPublicClient({ chain: developmentChain, transport: http(upFile.rpcUrl), cacheTime: 0 });
  const chain = { publicClient, deployment: upFile };
  const channel = readUpState(paths.state)!.steps.channel!;
  const [dataset, agent] = upFile.classes.map(({ classId }) => BigInt(classId)) as [bigint, bigint];
  const accounts = upFile['accounts'] as Record<'contributor' | 'operator', Address>;
  const worth = (address: Address) => publicClient.getBalance({ address });

  const client = new OpenAI({ baseURL: upFile.gatewayUrl, apiKey: upFile.apiKey, maxRetries: 0 });
  const { response } = await client.chat.completions
    .create({ model: 'kedge-docs', messages: [{ role: 'user', content: 'How are contributors paid?' }] })
    .withResponse();
  const { units } = decodeSignedReceipt(response.headers.get('kedge-receipt')!).receipt;
  expect(units).toBeGreaterThan(0n);
  expect((await runKedge(['capture'], { cwd: folder })).code).toBe(0);

  // Value (L1).
  const { capturedUnits, remainingUnits } = await getChannelState(chain, { channel });
  const { value } = await getToken(chain, { tokenId: channel.tokenId });
  expect(capturedUnits).toBe(units);
  expect(value + remainingUnits).toBe(bought - units);

  // Money (L3): what the holder paid for these units is the operator's cut, the agent's revenue and the royalty in it.
  const released = units * weiPerUnit;
  const cut = (released * operatorBps) / 10_000n;
  const royalty = ((released - cut) * royaltyBps) / 10_000n;
  const [ofAgent, ofDataset] = [
    await getRevenue(chain, { classId: agent }),
    await getRevenue(chain, { classId: dataset }),
  ];
  expect(await getOwed(chain, { account: accounts.operator })).toBe(cut);
  expect(ofAgent.received).toBe(released - cut);
  expect(ofAgent.royaltiesPaid).toBe(royalty);
  expect(ofAgent.backing).toBe(bought * weiPerUnit - released);
  expect(ofDataset.received).toBe(royalty);
  expect(await getSolvency(chain)).toMatchObject({ owed: bought * weiPerUnit, held: bought * weiPerUnit });

  // The claim pays the contributor the royalty, to the wei: the deployer sends it, so no fee blurs the sum.
  const before = await worth(accounts.contributor);
  const claimed = await runInProcess(['claim', '--json'], { cwd: folder });
  expect(claimed.code, claimed.stderr).toBe(0);
  expect((await worth(accounts.contributor)) - before).toBe(royalty);
  expect(await getSolvency(chain)).toMatchObject({ owed: ofAgent.backing, held: ofAgent.backing });

  // A second claim pays nothing (L4).
  expect((await runInProcess(['claim', '--json'], { cwd: folder })).code).toBe(0);
  expect((await worth(accounts.contributor)) - before).toBe(royalty);
});
