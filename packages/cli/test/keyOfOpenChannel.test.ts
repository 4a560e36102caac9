import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseChannelRecords, zeroHash, type Address, type Channel } from '@kedge/core';
import { createKedgeClient } from '@kedge/sdk';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { developmentAccount } from '../src/accounts/developmentAccount.js';
import { roles } from '../src/accounts/roles.js';
import { apiKeyHash } from '../src/up/apiKey.js';
import { startAgentClass, type AgentClass } from './agentClass.js';
import { configureGateway } from './kedge.js';

let made: AgentClass;
let tokenId: bigint;
beforeAll(async () => {
  made = await startAgentClass();
  configureGateway(made.cwd, made.deployment);
  tokenId = BigInt((await made.kedgeJson('buy', '2', '1000'))['tokenId']!);
});
afterAll(() => made.anvil.stop());

/** Opens a channel as the dashboard does: with no word to any gateway. */
async function openAlone(change: Partial<Channel> = {}): Promise<{ channelId: string; channel: Channel }> {
  const { anvil, deployment } = made;
  const walletClient = anvil.walletOf(roles.consumer);
  const consumer = createKedgeClient({ publicClient: anvil.publicClient, walletClient, deployment });
  const { timestamp } = await anvil.publicClient.getBlock();
  const operator = developmentAccount('operator').address;
  const terms = {
    tokenId,
    operator,
    channelKey: operator,
    cap: 7_001n,
    rate: 1n,
    burst: 7_001n,
    mode: 'capped',
  } as const;
  return consumer.openChannel({ ...terms, deadline: timestamp + 86_400n, salt: zeroHash, ...change });
}

const refusal = async (...args: string[]): Promise<string> => (await made.kedge('key', 'create', ...args)).stderr;

test('a channel that was opened elsewhere gets its first key with kedge key create, and is served from then on', async () => {
  const { channelId, channel } = await openAlone();
  const { apiKey } = await made.kedgeJson('key', 'create', '--channel', channelId, '--name', 'mine', '--cap', '5');
  const file = join(made.cwd, '.kedge', 'gateway', 'channels.json');
  const records = parseChannelRecords(JSON.parse(readFileSync(file, 'utf8')));
  const record = records.find((each) => each.channelId === channelId)!;
  const apiKeySha256 = apiKeyHash(apiKey!);
  expect(record).toMatchObject({ apiKeySha256, name: 'mine', channel, policy: made.policy, classId: 2n });
  expect(record.keys).toMatchObject([{ apiKeySha256, name: 'mine', capUnits: 5_000n }]);
  // Of a channel that is served, one more.
  await made.kedgeJson('key', 'create', '--channel', channelId, '--name', 'second');
  const [again] = parseChannelRecords(JSON.parse(readFileSync(file, 'utf8')));
  expect(again!.keys?.map(({ name }) => name)).toEqual(['mine', 'second']);
});

test('a channel that is not there, is closed, or is strict, gets none', async () => {
  expect(await refusal('--channel', `0x${'ab'.repeat(32)}`)).toContain('No channel 0xabab');
  const channelKey: Address = '0x00000000000000000000000000000000000000bb';
  const strict = await openAlone({ mode: 'strict', channelKey, rate: 0n, burst: 0n });
  expect(await refusal('--channel', strict.channelId)).toContain('API keys belong to capped channels');
  const closed = await openAlone({ salt: `0x${'01'.repeat(32)}` });
  const { anvil, deployment } = made;
  const walletClient = anvil.walletOf(roles.operator);
  const operator = createKedgeClient({ publicClient: anvil.publicClient, walletClient, deployment });
  await operator.closeChannel({ channel: closed.channel });
  expect(await refusal('--channel', closed.channelId)).toContain(`Channel ${closed.channelId} is closed`);
});
