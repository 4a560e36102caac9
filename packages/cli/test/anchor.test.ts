import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createContentStore } from '@kedge/store';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { developmentAccount } from '../src/accounts/developmentAccount.js';
import { startAgentClass, type AgentClass } from './agentClass.js';
import { buildCli, runInProcess, runKedge } from './kedge.js';

// The tests run in order, on one folder that is anchored.
let cwd: AgentClass['cwd'];
let anvil: AgentClass['anvil'];
let client: AgentClass['client'];
let kedge: AgentClass['kedge'];
let kedgeJson: AgentClass['kedgeJson'];

beforeAll(async () => {
  buildCli();
  ({ cwd, anvil, client, kedge, kedgeJson } = await startAgentClass());
});
afterAll(() => anvil.stop());

test('anchor puts content into the store and its class on chain, bound to the manifest (R29)', async () => {
  mkdirSync(join(cwd, 'data'));
  writeFileSync(join(cwd, 'data', 'a.txt'), 'first\n');
  writeFileSync(join(cwd, 'data', 'b.txt'), randomBytes(2 * 1024 * 1024 + 7));
  const anchored = await kedgeJson<Record<string, string>>('anchor', 'data', '--share', '1000', '--licence', 'MIT');
  expect(anchored['classId']).toBe('3');
  expect(anchored).toMatchObject({ kind: 'dataset', issuer: developmentAccount('contributor').address, parents: [] });
  const hash = anchored['transactionHash'] as `0x${string}`;
  expect((await anvil.publicClient.getTransactionReceipt({ hash })).status).toBe('success');
  const onChain = await client.getClass({ classId: 3n });
  expect(onChain).toMatchObject({
    kind: 'dataset',
    integrityHash: anchored['integrityHash'],
    metadataURI: anchored['metadataURI'],
  });
  const manifest = JSON.parse(readFileSync(join(cwd, 'data.kedge.json'), 'utf8')) as Record<string, unknown>;
  expect(manifest).toMatchObject({
    classId: '3',
    chainId: 31337,
    cid: anchored['cid'],
    integrityHash: anchored['integrityHash'],
  });
  const store = createContentStore({ dir: join(cwd, '.kedge', 'store') });
  const croissant = await store.getJson(anchored['metadataURI']!.slice('ipfs://'.length));
  expect(croissant).toMatchObject({ name: 'data', license: 'MIT' });
});

test('anchor refuses to write over a manifest, and a path that is not there', async () => {
  const again = await kedge('anchor', 'data');
  expect([again.code, again.stderr]).toEqual([1, expect.stringContaining('--out')]);
  const missing = await kedge('anchor', 'nothing');
  expect([missing.code, missing.stderr]).toEqual([1, expect.stringContaining('nothing at that path')]);
});

test('anchor says before it reads that no manifest can be made there', async () => {
  const args = ['anchor', 'data', '--no-chain', '--data-dir', 'unread', '--out', 'nowhere/manifest.json'];
  const refused = await kedge(...args);
  expect([refused.code, refused.stderr]).toEqual([1, expect.stringMatching(/nowhere does not exist\.\n {2}->/)]);
  expect(existsSync(join(cwd, 'unread'))).toBe(false);
});

test('anchor puts no manifest where every comparison would find it as a difference', async () => {
  for (const out of ['data/manifest.json', './data/../data/manifest.json']) {
    const refused = await kedge('anchor', 'data', '--no-chain', '--out', out);
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('inside of what is anchored')]);
  }
  const hidden = ['anchor', 'data', '--no-chain', '--out', 'data/.manifest.json'];
  expect(await kedge(...hidden, '--hidden')).toMatchObject({ code: 2 });
  expect(await kedge(...hidden)).toMatchObject({ code: 0 });
  expect((await runInProcess(['anchor', 'verify', 'data/.manifest.json', 'data'], { cwd })).code).toBe(0);
  rmSync(join(cwd, 'data', '.manifest.json'));
});

test('anchor verify names the file and the chunk of a changed byte', async () => {
  const same = await runInProcess(['anchor', 'verify', 'data.kedge.json', 'data'], { cwd });
  expect(same.code).toBe(0);
  // Anybody can write a manifest that names class 3: what was compared, and with what, is said.
  expect(same.stdout).toMatch(
    /as the manifest says\n {2}CID {10}bafy\S+\n {2}Merkle root {2}0x\S+\nThe manifest says that this is class 3\.\n.*kedge class metadata 3\n$/,
  );
  const file = join(cwd, 'data', 'b.txt');
  const bytes = readFileSync(file);
  bytes[1024 * 1024 + 5]! ^= 1;
  writeFileSync(file, bytes);
  const { code, stdout } = await runKedge(['anchor', 'verify', 'data.kedge.json', 'data'], { cwd });
  expect(code).toBe(1);
  expect(stdout).toContain('b.txt changed in chunk 1 (bytes 1048576 to 2097151)');
});

test('a file cannot say by its name that all is well', async () => {
  const file = join(cwd, 'data', 'c\n✓ 9 files: every byte is as the manifest says');
  writeFileSync(file, '');
  const { code, stdout } = await runInProcess(['anchor', 'verify', 'data.kedge.json', 'data'], { cwd });
  rmSync(file);
  expect(code).toBe(1);
  expect(stdout.split('\n').filter((line) => !line.startsWith('✗'))).toEqual(['']);
});

test('anchor --no-chain needs no chain, and anchors the folder it is run in beside it', async () => {
  const inside = join(cwd, 'data');
  const args = ['anchor', '.', '--no-chain', '--data-dir', '../.kedge', '--out', '../inside.json', '--json'];
  const anchored = await runKedge(args, { cwd: inside });
  expect(anchored.code).toBe(0);
  expect((JSON.parse(anchored.stdout) as Record<string, string>)['classId']).toBeUndefined();
  expect((await runInProcess(['anchor', 'verify', 'inside.json', 'data'], { cwd })).code).toBe(0);
});
