import type { Deployment } from '@kedge/core';
import type { Account, Block, Chain, Hex, PublicClient, Transport, WalletClient } from 'viem';

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

/**
 * A public client of viem as a program hands it over. Its viem may be another copy than this package's, of another version:
 * the types of the two do not fit together, and what is called does.
 */
export type AnyReader = {
  readonly [name in Exclude<keyof ChainReader, 'chain'>]: (call: never) => Promise<unknown>;
} & { readonly chain?: { readonly id: number } | undefined };

/** A wallet client of viem, of any copy of it, that signs as one account. */
export type AnyWallet = {
  readonly account: { readonly address: Hex; readonly type: string };
  readonly chain?: { readonly id: number } | undefined;
  readonly getChainId: () => Promise<number>;
  readonly sendTransaction: (call: never) => Promise<Hex>;
  readonly signTypedData: (call: never) => Promise<Hex>;
  readonly writeContract: (call: never) => Promise<Hex>;
};

/** What reading actions need: a chain, and where Kedge's contracts are on it. */
export type ReadClient = { readonly publicClient: ChainReader; readonly deployment: Deployment };

/** A wallet that signs as one account. Its chain may be left out: the deployment names it. */
export type Wallet = WalletClient<Transport, Chain | undefined, Account>;

/** What writing actions need. */
export type WriteClient = ReadClient & {
  readonly walletClient: Wallet;
  /** Units of gas; what would be sent with more is not sent. Without it the chain's own bound holds. */
  readonly mostGas?: bigint | undefined;
};

/** What every writing action returns beside its own values. */
export type Sent = {
  readonly transactionHash: `0x${string}`;
  readonly blockNumber: bigint;
  readonly gasUsed: bigint;
};
