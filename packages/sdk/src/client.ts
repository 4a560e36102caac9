import type { Deployment } from '@kedge/core';
import type { Account, Block, Chain, PublicClient, Transport, WalletClient } from 'viem';

/**
 * The part of a public client of viem that the actions use. A client of any chain has it: also of one whose blocks and
 * transactions have fields of their own, such as those of the OP stack.
 */
export type ChainReader = Pick<
  PublicClient,
  | 'chain'
  | 'getBalance'
  | 'getBlockNumber'
  | 'getChainId'
  | 'getCode'
  | 'getContractEvents'
  | 'getGasPrice'
  | 'readContract'
  | 'waitForTransactionReceipt'
> & {
  readonly estimateContractGas: (call: never) => Promise<bigint>;
  readonly getBlock: () => Promise<Pick<Block<bigint, boolean, 'latest'>, 'number' | 'timestamp'>>;
  readonly simulateContract: (call: never) => Promise<{ readonly request: unknown }>;
};

/** What reading actions need: a chain, and where Kedge's contracts are on it. */
export type ReadClient = { readonly publicClient: ChainReader; readonly deployment: Deployment };

/** A wallet that signs as one account. Its chain may be left out: the deployment names it. */
export type Wallet = WalletClient<Transport, Chain | undefined, Account>;

/** What writing actions need. */
export type WriteClient = ReadClient & { readonly walletClient: Wallet };

/** What every writing action returns beside its own values. */
export type Sent = {
  readonly transactionHash: `0x${string}`;
  readonly blockNumber: bigint;
  readonly gasUsed: bigint;
};
