import { BaseError, type Deployment } from '@kedge/core';
import { createKedgeClient, toChainError, type KedgeReadClient } from '@kedge/sdk';
import {
  BaseError as ViemError,
  createPublicClient,
  defineChain,
  http,
  HttpRequestError,
  RpcRequestError,
  type PublicClient,
} from 'viem';
import { developmentChainId } from '../accounts/roles.js';
import type { Context } from '../context.js';
import { shownUrl } from '../proposal.js';
import { findTarget, type Target } from '../target.js';
import { createBatchFetch } from './createBatchFetch.js';
import { createPacedFetch } from './createPacedFetch.js';

/** A chain that answers. */
export type ChainConnection = {
  readonly rpcUrl: string;
  readonly chainId: number;
  readonly publicClient: PublicClient;
};

/** The same with the contracts that were found on it. */
export type Connection = Omit<Target, 'contracts'> &
  ChainConnection & {
    readonly contracts: Deployment['contracts'];
    readonly client: KedgeReadClient;
  };

type Asking = Pick<Context, 'cwd' | 'options' | 'output'>;

/**
 * Connects to the chain of a command and checks that the contracts are there.
 *
 * @throws BaseError which says whether the chain is missing, is another one, or lacks the contracts, and what to do
 */
export async function connect(context: Asking): Promise<Connection> {
  return connectTarget(context, await findTarget(context));
}

/** The same for a target that was looked at before. */
export async function connectTarget(context: Pick<Context, 'output'>, target: Target): Promise<Connection> {
  const connection = await connectChain(context, target);
  const { rpcUrl, chainId, publicClient } = connection;
  const { contracts, firstBlock } = target;
  if (contracts === undefined) {
    throw new BaseError(`No contracts are named for chain ${chainId}.`, {
      code: 'no_contracts',
      hints: [
        `Deploy them: kedge deploy --rpc ${shownUrl(rpcUrl)} --json > contracts.json`,
        'Then pass --contracts contracts.json.',
      ],
    });
  }
  const deployment: Deployment = {
    chainId: target.chainId ?? chainId,
    contracts,
    ...(firstBlock === undefined ? {} : { firstBlock }),
  };
  const client = createKedgeClient({ publicClient, deployment });
  await context.output.waitFor('the contracts to be found', client.checkDeployment());
  return { ...target, ...connection, contracts, client };
}

/** Connects to the chain alone, for `kedge deploy`. */
export async function connectChain(context: Pick<Context, 'output'>, target: Target): Promise<ChainConnection> {
  const { rpcUrl, dataDir, up } = target;
  if (rpcUrl === undefined) {
    throw new BaseError('No chain is named, and no local stack was found.', {
      code: 'no_chain',
      values: { lookedFor: `${dataDir}/up.json` },
      hints: ['Start the local stack with: kedge up', 'Or name a chain: --rpc URL --contracts contracts.json'],
    });
  }
  // Reads that are made together travel together.
  const fetchFn = createBatchFetch(createPacedFetch(fetch));
  const transport = http(rpcUrl, { retryCount: 1, timeout: 20_000, batch: true, fetchFn });
  const asking = createPublicClient({ transport }).getChainId();
  const chainId = await context.output.waitFor(`${originOf(rpcUrl)} to answer`, asking).catch((cause: unknown) => {
    if (isAnswer(cause)) throw toChainError(cause, `ask ${originOf(rpcUrl)} for the id of its chain`);
    throw new BaseError(`The chain does not answer at ${originOf(rpcUrl)}.`, {
      kind: 'transient',
      code: 'chain_unreachable',
      hints: [up === undefined ? 'Check --rpc, and that the node runs.' : 'Start the local stack again with: kedge up'],
      cause,
    });
  });
  const chain = defineChain({
    id: chainId,
    name: chainId === developmentChainId ? 'local' : `chain ${chainId}`,
    nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 },
    rpcUrls: { default: { http: [rpcUrl] } },
  });
  return { rpcUrl, chainId, publicClient: createPublicClient({ chain, transport }) };
}

/** Whether there is a node that said why it does not answer: by a status, or by an error of its own. */
function isAnswer(error: unknown): boolean {
  if (!(error instanceof ViemError)) return false;
  const said = error.walk((cause) => cause instanceof HttpRequestError || cause instanceof RpcRequestError);
  return said instanceof RpcRequestError || (said instanceof HttpRequestError && said.status !== undefined);
}

/** RPC providers put keys into paths and queries: only the origin is shown. */
export function originOf(url: string): string {
  return URL.canParse(url) ? new URL(url).origin : url;
}
