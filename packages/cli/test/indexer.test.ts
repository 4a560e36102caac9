import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deployContracts } from '@kedge/sdk';
import { startAnvil } from '@kedge/testing';
import { expect, onTestFinished, test, vi } from 'vitest';
import { roles } from '../src/accounts/roles.js';
import { runInProcess, temporaryFolder } from './kedge.js';

const started = vi.hoisted(() => [] as number[]);
vi.mock('../src/up/programs.js', async (original) => ({
  ...(await original<object>()),
  indexerCommand: (configFile: string) => ({ configFile }),
}));
vi.mock('../src/up/runForeground.js', () => ({
  runForeground: async (
    _context: unknown,
    { configFile }: { configFile: string },
    _what: string,
    onReady: (url: string) => void,
  ) => {
    const { port } = JSON.parse(readFileSync(configFile, 'utf8')) as { port: number };
    started.push(port);
    onReady(`http://127.0.0.1:${port === 0 ? 40_000 + started.length : port}`);
    return started.length < 3 ? 75 : 0;
  },
}));

test('an indexer that starts again answers where it did before', async () => {
  const cwd = temporaryFolder();
  const anvil = await startAnvil();
  onTestFinished(() => anvil.stop());
  const { publicClient } = anvil;
  const deployment = await deployContracts({ publicClient, walletClient: anvil.walletOf(roles.deployer) });
  writeFileSync(join(cwd, 'contracts.json'), JSON.stringify(deployment));
  const ran = await runInProcess(['indexer', '--rpc', anvil.rpcUrl, '--contracts', 'contracts.json'], { cwd });
  expect(started).toEqual([0, 40_001, 40_001]);
  expect(ran.stdout).toContain('http://127.0.0.1:40001');
  expect(ran.stderr.match(/answers again at http:\/\/127\.0\.0\.1:40001/g)).toHaveLength(2);
});
