import type { Deployment } from '@kedge/core';
import type { AnyReader, AnyWallet, ChainReader, ReadClient, Wallet, WriteClient } from './client.js';
import { plainDeployment } from './plainAddress.js';
import { publicActions, type PublicActions } from './publicActions.js';
import { walletActions, type WalletActions } from './walletActions.js';

export type KedgeReadClient = ReadClient & PublicActions;
export type KedgeClient = WriteClient & PublicActions & WalletActions;

export type CreateKedgeClientParameters = {
  readonly publicClient: AnyReader;
  /** With a wallet the client writes as its account, too. */
  readonly walletClient?: AnyWallet;
  readonly deployment: Deployment;
  /**
   * Units of gas; a transaction that would be sent with more is not sent (`gas_above_limit`). Anybody can pay a class in an asset
   * of their own, whose code takes from who claims it as much gas as it is given.
   */
  readonly mostGas?: bigint | undefined;
};

/**
 * A client whose methods are this package's actions, bound to a chain, a deployment and perhaps an account. One client
 * speaks for one account. Who has a client of viem extends it instead: {@link kedgeActions}.
 *
 * @example
 * const client = createKedgeClient({ publicClient, walletClient, deployment });
 * const { tokenId } = await client.buyValue({ classId: 2n, lot: 0x80000001, units: 1_000_000n });
 */
export function createKedgeClient(
  parameters: CreateKedgeClientParameters & { readonly walletClient: AnyWallet },
): KedgeClient;
export function createKedgeClient(parameters: CreateKedgeClientParameters): KedgeReadClient;
export function createKedgeClient(parameters: CreateKedgeClientParameters): KedgeReadClient | KedgeClient {
  const { publicClient, walletClient, mostGas } = parameters;
  const deployment = plainDeployment(parameters.deployment);
  const reader: ReadClient = { publicClient: publicClient as ChainReader, deployment };
  if (walletClient === undefined) return { ...reader, ...publicActions(reader) };
  const writer: WriteClient = { ...reader, walletClient: walletClient as Wallet, mostGas };
  return { ...writer, ...publicActions(writer), ...walletActions(writer) };
}
