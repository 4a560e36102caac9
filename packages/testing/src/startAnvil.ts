import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Wallet } from '@kedge/sdk';
import { createPublicClient, createTestClient, createWalletClient, type PublicClient, type TestClient } from 'viem';
import { mnemonicToAccount, type HDAccount } from 'viem/accounts';
import { developmentChain as chain } from './developmentChain.js';
import { nodeTransport } from './nodeTransport.js';

/** Foundry's well-known development phrase: worthless keys, on local chains only. */
export const developmentMnemonic = 'test test test test test test test test test test test junk';

export type StartAnvilOptions = {
  /** Further arguments, such as `--timestamp` or `--state`. */
  readonly args?: readonly string[];
  /** Keeps the state of every block, some 0.3 MB each of a long test, on disk. Without it: of the newest 256, in memory. */
  readonly archive?: boolean;
};

export type Anvil = {
  readonly rpcUrl: string;
  readonly port: number;
  readonly publicClient: PublicClient;
  /** For time travel, snapshots and dumps. */
  readonly testClient: TestClient<'anvil'>;
  /** A wallet of the development account at `index`, 0 to 9. */
  readonly walletOf: (index: number) => Wallet;
  readonly stop: () => Promise<void>;
};

/**
 * Starts a local chain of its own on a free port, with ten funded development accounts. Mines each transaction at once.
 *
 * @example
 * const anvil = await startAnvil();
 * await anvil.stop();
 */
export async function startAnvil({ args = [], archive = false }: StartAnvilOptions = {}): Promise<Anvil> {
  // Left to itself the node writes states to the user's home, and leaves them there.
  const states = archive ? mkdtempSync(join(tmpdir(), 'kedge-anvil-')) : undefined;
  const child = spawn(
    anvilPath(),
    [
      '--host=127.0.0.1',
      '--port=0',
      `--mnemonic=${developmentMnemonic}`,
      '--hardfork=cancun',
      states === undefined ? '--prune-history=256' : `--cache-path=${states}`,
      ...args,
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const kill = () => void child.kill('SIGTERM');
  process.once('exit', kill);
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const port = await new Promise<number>((resolve, reject) => {
    let output = '';
    const streams = [child.stdout.setEncoding('utf8'), child.stderr.setEncoding('utf8')];
    const read = (text: string) => {
      output += text;
      const match = /Listening on 127\.0\.0\.1:(\d+)/.exec(output);
      if (match === null) return;
      // What comes from now on is taken from its pipe and not looked at.
      for (const stream of streams) stream.off('data', read).resume();
      resolve(Number(match[1]));
    };
    for (const stream of streams) stream.on('data', read);
    child.once('error', reject);
    child.once('close', (code) => reject(new Error(`anvil ended with code ${code} before it listened:\n${output}`)));
  });
  const rpcUrl = `http://127.0.0.1:${port}`;
  const { transport, close } = nodeTransport(rpcUrl);
  const publicClient = createPublicClient({ chain, transport, pollingInterval: 25, cacheTime: 0 });
  const testClient = createTestClient({ chain, mode: 'anvil', transport });
  // A line a request, which nobody reads.
  await testClient.setLoggingEnabled(false);
  return {
    rpcUrl,
    port,
    publicClient: {
      ...publicClient,
      // While viem looks for a replacement it hears of no block, and no other block may come.
      waitForTransactionReceipt: (given) =>
        publicClient.waitForTransactionReceipt({ checkReplacement: false, ...given }),
    },
    testClient,
    walletOf: (index) => createWalletClient({ account: developmentAccount(index), chain, transport }),
    async stop() {
      process.off('exit', kill);
      kill();
      await ended;
      close();
      if (states !== undefined) rmSync(states, { recursive: true });
    },
  };
}

const accounts = new Map<number, HDAccount>();

/** The development account at `index` of {@link developmentMnemonic}. Stretching that takes long, so it is done once. */
export function developmentAccount(index: number): HDAccount {
  const account = accounts.get(index) ?? mnemonicToAccount(developmentMnemonic, { addressIndex: index });
  accounts.set(index, account);
  return account;
}

/** The one that npm installed, else the one on PATH. */
function anvilPath(): string {
  const installed = fileURLToPath(new URL('../../../node_modules/.bin/anvil', import.meta.url));
  return existsSync(installed) ? installed : 'anvil';
}
