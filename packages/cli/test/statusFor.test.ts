import { zeroHash } from '@kedge/core';
import { createKedgeClient } from '@kedge/sdk';
import { startLaggingNode } from '@kedge/testing';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { roles, type Role } from '../src/accounts/roles.js';
import { startAgentClass, type AgentClass } from './agentClass.js';
import { runInProcess } from './kedge.js';

type Row = Readonly<Record<string, unknown>>;
type Seen = Readonly<Record<'classes' | 'tokens' | 'channels' | 'owed' | 'assets' | 'revocations', readonly Row[]>>;

let made: AgentClass;
let tokenId: string;
const as = (role: Role) =>
  createKedgeClient({
    publicClient: made.anvil.publicClient,
    walletClient: made.anvil.walletOf(roles[role]),
    deployment: made.deployment,
  });
const statusOf = (account?: string) =>
  made.kedgeJson<Seen>('status', ...(account === undefined ? [] : ['--for', account]));

beforeAll(async () => {
  made = await startAgentClass();
  tokenId = (await made.kedgeJson('buy', '2', '1000'))['tokenId']!;
  await made.kedgeJson('channel', 'open', tokenId, '--units', '400');
  // What is locked stays so: the token is the deployer's now, its channel still names the consumer.
  await made.kedgeJson('token', 'transfer', tokenId, 'deployer');
  await as('deployer').settleRevenue({ classId: 2n, amount: 100n });
});
afterAll(() => made.anvil.stop());

test('kedge status --for says of an account what the whole status does', async () => {
  const all = await statusOf();
  expect(all.channels).toHaveLength(1);
  const classesOf = { deployer: ['2'], contributor: ['1'], operator: ['2'], consumer: ['2'] } as const;
  for (const role of ['deployer', 'contributor', 'operator', 'consumer'] as const) {
    const { address } = made.anvil.walletOf(roles[role]).account;
    const isOwn = ({ holder }: Row) => holder === address;
    const own = await statusOf(role);
    expect(await statusOf(address)).toEqual(own);
    expect(own.classes).toEqual(
      all.classes.filter(({ classId }) => (classesOf[role] as readonly unknown[]).includes(classId)),
    );
    expect(own.tokens).toEqual(all.tokens.filter(isOwn));
    expect(own.channels).toEqual(role === 'contributor' ? [] : all.channels);
    expect(own.owed).toEqual(all.owed.filter(({ account }) => account === address));
  }
  const { tokens } = await statusOf('deployer');
  expect(tokens).toMatchObject([{ tokenId, lockedUnits: '400000', value: '600000' }]);
});

test('kedge status --for leaves out a class that was given away, and shows it to who has it', async () => {
  const { classId } = await as('contributor').createClass({
    kind: 'dataset',
    metadataURI: '',
    integrityHash: zeroHash,
  });
  const { address } = made.anvil.walletOf(roles.deployer).account;
  await as('contributor').offerIssuer({ classId, to: address });
  const idsOf = async (role: Role) => (await statusOf(role)).classes.map((each) => each['classId']);
  expect(await idsOf('contributor')).toContain(String(classId));
  await as('deployer').acceptIssuer({ classId });
  expect(await idsOf('contributor')).not.toContain(String(classId));
  expect(await idsOf('deployer')).toContain(String(classId));
});

test('kedge status --for shows what is announced against a token to its holder and to its issuer alone', async () => {
  const kept = { kind: 'dataset', metadataURI: '', integrityHash: zeroHash } as const;
  const { classId } = await as('contributor').createClass({ ...kept, options: { appealWindow: 86_400 } });
  const { address } = made.anvil.walletOf(roles.consumer).account;
  const token = await as('contributor').mintShare({ classId, to: address, shareRatio: 1n });
  await as('contributor').announceRevocation({ tokenId: token.tokenId, reason: 'leaked' });
  const revocationsOf = async (role: Role) => (await statusOf(role)).revocations.map((each) => each['reason']);
  expect(await revocationsOf('contributor')).toEqual(['leaked']);
  expect(await revocationsOf('consumer')).toEqual(['leaked']);
  expect(await revocationsOf('operator')).toEqual([]);
});

test('what is neither an address nor a role is told what may be said', async () => {
  const { code, stderr } = await runInProcess(
    ['status', '--for', 'oprator', '--rpc', made.anvil.rpcUrl, '--contracts', 'contracts.json'],
    { cwd: made.cwd },
  );
  expect([code, stderr]).toEqual([
    2,
    expect.stringContaining('or a role, deployer, contributor, operator, consumer, not "oprator"'),
  ]);
});

test('kedge status --for asks no more of the chain for what is of others', async () => {
  const node = await startLaggingNode(made.anvil.rpcUrl, () => false);
  onTestFinished(() => node.stop());
  const asked = async () => {
    node.asked.length = 0;
    const { code } = await runInProcess(
      ['status', '--for', 'operator', '--rpc', node.url, '--contracts', 'contracts.json'],
      { cwd: made.cwd },
    );
    expect(code).toBe(0);
    return node.asked.filter((method) => ['eth_call', 'eth_getLogs'].includes(method)).toSorted();
  };
  await asked();
  const before = await asked();
  const { address } = made.anvil.walletOf(roles.consumer).account;
  for (let count = 0; count < 3; count++) {
    const terms = { kind: 'model', metadataURI: '', integrityHash: zeroHash } as const;
    const { classId } = await as('consumer').createClass(terms);
    const tokens = Array.from({ length: 20 }, () => ({ to: address, shareRatio: 1n }));
    await as('consumer').mintBatch({ classId, tokens });
    await as('deployer').settleRevenue({ classId, amount: 20n });
  }
  expect(await asked()).toEqual(before);
});

test('kedge status --for says that an account has nothing, and refuses what is none', async () => {
  const nobody = '0x00000000000000000000000000000000000000aa';
  expect((await made.kedge('status', '--for', nobody)).stdout).toContain('nothing yet');
  const { code, stderr } = await made.kedge('status', '--for', 'somebody');
  expect([code, stderr]).toEqual([2, expect.stringContaining('--for')]);
});
