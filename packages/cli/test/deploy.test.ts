import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Deployment } from '@kedge/core';
import { startAnvil, type Anvil } from '@kedge/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildCli, runInProcess, runKedge, temporaryFolder } from './kedge.js';

// The contracts of a chain, and commands that look for them where they are not.
const cwd = temporaryFolder();
let anvil: Anvil;
let deployment: Deployment;

beforeAll(async () => {
  buildCli();
  anvil = await startAnvil();
});
afterAll(() => anvil.stop());

test('deploy prints the chain and the address of everything it deployed', async () => {
  const { code, stdout, stderr } = await runKedge(['deploy', '--rpc', anvil.rpcUrl, '--json'], { cwd });
  expect(code, stderr).toBe(0);
  const printed = JSON.parse(stdout) as Deployment;
  expect(printed.chainId).toBe(31337);
  expect(Object.keys(printed.contracts).toSorted()).toEqual([
    'AttestationRegistry',
    'ChannelDeposits',
    'ContributorRoots',
    'DataAnchoringToken',
    'DataAnchoringTokenExtension',
    'DataAnchoringTokenSecondExtension',
    'DataAnchoringTokenThirdExtension',
    'ERC3525Adapter',
    'OperatorBond',
    'PermitBuyer',
    'ValueChannels',
    'ValueMarket',
    'ValuePlans',
  ]);
  for (const address of Object.values(printed.contracts)) {
    expect((await anvil.publicClient.getCode({ address }))?.length).toBeGreaterThan(100);
  }
  deployment = printed;
  writeFileSync(join(cwd, 'contracts.json'), JSON.stringify(printed));
});

test('a wrong chain, missing contracts or no chain at all say which, and how to deploy', async () => {
  const { DataAnchoringToken: token } = deployment.contracts;
  const elsewhere = await status(
    '--rpc',
    anvil.rpcUrl,
    '--contracts',
    withContracts((text) => text.replace('31337', '5')),
  );
  expect([elsewhere.code, elsewhere.stderr]).toEqual([
    1,
    expect.stringMatching(/chain 5[\s\S]*31337[\s\S]*kedge deploy/),
  ]);
  const missing = await status(
    '--rpc',
    anvil.rpcUrl,
    '--contracts',
    withContracts((text) => text.replace(token, `0x${'12'.repeat(20)}`)),
  );
  expect([missing.code, missing.stderr]).toEqual([1, expect.stringMatching(/DataAnchoringToken[\s\S]*kedge deploy/)]);
  const unnamed = await status('--rpc', anvil.rpcUrl);
  expect([unnamed.code, unnamed.stderr]).toEqual([1, expect.stringContaining('kedge deploy')]);
  const none = await status();
  expect([none.code, none.stderr]).toEqual([1, expect.stringContaining('kedge up')]);
  const dead = await status('--rpc', 'http://127.0.0.1:1', '--contracts', 'contracts.json');
  expect([dead.code, dead.stderr]).toEqual([3, expect.stringContaining('does not answer')]);
});

const status = (...args: string[]) => runInProcess(['status', ...args], { cwd });

/** A deployment file that is wrong somewhere. */
function withContracts(change: (text: string) => string): string {
  writeFileSync(join(cwd, 'other.json'), change(readFileSync(join(cwd, 'contracts.json'), 'utf8')));
  return 'other.json';
}
