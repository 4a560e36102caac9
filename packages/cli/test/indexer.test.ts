import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deployContracts } from '@kedge/sdk';
import { type Anvil, startAnvil } from '@kedge/testing';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { roles } from '../src/accounts/roles.js';
import type { ProgramInput } from '../src/program.js';
import { runInProcess, temporaryFolder } from './kedge.js';

const started: number[] = [];
/** Stands in for the indexer, which ends twice so that it is started again, and for the gateway. */
const runForeground: NonNullable<ProgramInput['runForeground']> = async (_, { args }, what, onReady) => {
  type Listening = { readonly port: number; readonly host?: string };
  const { port, host = '127.0.0.1' } = JSON.parse(readFileSync(args.at(-1)!, 'utf8')) as Listening;
  started.push(port);
  onReady(`http://${host.includes(':') ? `[${host}]` : host}:${port === 0 ? 40_000 + started.length : port}`);
  return what === 'The indexer' && started.length < 3 ? 75 : 0;
};

let anvil: Anvil;
let cwd: string;
let run: (...args: string[]) => ReturnType<typeof runInProcess>;
beforeAll(async () => {
  anvil = await startAnvil();
  const { publicClient } = anvil;
  const deployment = await deployContracts({ publicClient, walletClient: anvil.walletOf(roles.deployer) });
  cwd = temporaryFolder();
  writeFileSync(join(cwd, 'contracts.json'), JSON.stringify(deployment));
  run = (...args) =>
    runInProcess([...args, '--rpc', anvil.rpcUrl, '--contracts', 'contracts.json'], { cwd, runForeground });
});
afterAll(() => anvil.stop());
beforeEach(() => void started.splice(0));

test('an indexer that starts again answers where it did before', async () => {
  const ran = await run('indexer');
  expect(started).toEqual([0, 40_001, 40_001]);
  expect(ran.stdout).toContain('http://127.0.0.1:40001');
  expect(ran.stdout).not.toContain('listens on');
  expect(ran.stderr.match(/answers again at http:\/\/127\.0\.0\.1:40001/g)).toHaveLength(2);
});

test.each([
  ['indexer', '0.0.0.0', '0.0.0.0:4000'],
  ['indexer', '::', '[::]:4000'],
  ['gateway', '0.0.0.0', '0.0.0.0:4000'],
  ['gateway', '::', '[::]:4000'],
])(
  'kedge %s on all addresses, %s, says one that this machine reaches, and where it listens',
  async (command, host, at) => {
    const more = command === 'gateway' ? ['--upstream', 'http://127.0.0.1:1/v1'] : [];
    const args = [command, '--host', host, '--port', '4000', ...more];
    const { stdout, stderr } = await run(...args);
    expect([...new Set(`${stdout}${stderr}`.match(/http:\/\/[^ /]+:4000/g))]).toEqual(['http://127.0.0.1:4000']);
    expect(stdout).toContain(`it listens on ${at}: other machines`);
    const json = await run(...args, '--json');
    expect(JSON.parse(json.stdout)).toMatchObject({
      url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:4000(\/v1)?$/),
    });
  },
);

test('an indexer on one other address says that one', async () => {
  expect((await run('indexer', '--host', '127.0.0.2', '--port', '4000')).stdout).toContain('http://127.0.0.2:4000 ');
});
