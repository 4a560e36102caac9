import { developmentAccount, startAnvil, type Anvil, type StartAnvilOptions } from '@kedge/testing';
import { type Address, createPublicClient, custom, type Hex, TransactionReceiptNotFoundError } from 'viem';
import { runConformance, type ConformanceParameters, type ConformanceReport } from '../src/index.js';

/** Runs take seconds each: every transaction is real. */
export const patience = 240_000;

export async function deployCode(anvil: Anvil, data: Hex, account = 0): Promise<Address> {
  const hash = await anvil.walletOf(account).sendTransaction({ data, chain: null });
  for (;;) {
    const receipt = await anvil.publicClient.getTransactionReceipt({ hash }).catch((error: unknown) => {
      if (error instanceof TransactionReceiptNotFoundError) return undefined;
      throw error;
    });
    if (receipt === undefined) continue;
    if (!receipt.contractAddress) throw new Error(`The transaction ${hash} deployed nothing.`);
    return receipt.contractAddress;
  }
}

/**
 * So starts a fork of a chain, and a fork makes no root of its state with each block: on a chain of its own that comes to a fifth of
 * the time of a run, as it takes the longer the more a chain holds.
 */
export const forkOf = ({ rpcUrl }: Anvil): readonly string[] => [
  '--fork-url',
  rpcUrl,
  '--no-storage-caching',
  '--no-rate-limit',
];

/** Starts a chain for a test, and stops it after. */
export async function onChain<result>(
  run: (anvil: Anvil) => Promise<result>,
  options: StartAnvilOptions = {},
): Promise<result> {
  const anvil = await startAnvil(options);
  try {
    return await run(anvil);
  } finally {
    await anvil.stop();
  }
}

/** What a node answers while the kit tries a clause; `ask` asks the chain behind it, for what was asked where nothing else is given. */
export type Node = (asked: {
  readonly method: string;
  readonly params: readonly unknown[];
  readonly clause: string;
  readonly ask: (params?: readonly unknown[]) => Promise<unknown>;
}) => Promise<unknown>;

/** Tries a contract through a node that stands before its chain. */
export async function tryBehind(
  anvil: Anvil,
  node: Node,
  options: Partial<ConformanceParameters> & Pick<ConformanceParameters, 'address'>,
): Promise<ConformanceReport> {
  let clause = '';
  const request = async ({ method, params = [] }: { method: string; params?: unknown }): Promise<unknown> => {
    const asked = params as readonly unknown[];
    const ask = (given = asked) => anvil.publicClient.request({ method, params: given } as never);
    return node({ method, params: asked, clause, ask });
  };
  return runConformance({
    publicClient: createPublicClient({ transport: custom({ request }, { retryCount: 0 }) }),
    funder: developmentAccount(0),
    onProgress: (_done, _total, next) => {
      clause = next;
    },
    ...options,
  });
}

/** Deploys to a chain of its own and tries it there. */
export async function tryContract(
  deploy: (anvil: Anvil) => Promise<Address | Pick<ConformanceParameters, 'address' | 'registry' | 'adapter'>>,
  { args = [], ...options }: Partial<ConformanceParameters> & StartAnvilOptions = {},
): Promise<ConformanceReport> {
  const run = async (anvil: Anvil): Promise<ConformanceReport> => {
    const deployed = await deploy(anvil);
    const where = typeof deployed === 'string' ? { address: deployed } : deployed;
    const { publicClient } = anvil;
    return runConformance({ publicClient, ...where, funder: developmentAccount(0), profile: 'kedge', ...options });
  };
  return onChain(run, { args });
}

export const failing = ({ results }: ConformanceReport): string[] =>
  results.filter(({ status }) => status === 'fail').map(({ id }) => id);

export const unreached = ({ results }: ConformanceReport): string[] =>
  results.filter(({ isUnchecked }) => isUnchecked).map(({ id }) => id);

/** What every contract lacks that has the draft's interface and nothing else. */
export const beyondTheDraft = [
  'P8.view',
  'P12.ids',
  'P12.transfers',
  'P12.mint',
  'P12.safe',
  'P14',
  'P15',
  'P16.two-steps',
  'P18',
  'P23.seller-first',
  'P23.view',
  'P24.view',
  'P28',
  'P29',
  'P32',
  'P33',
];
