import type { Address, UpFile } from '@kedge/core';
import { isAddressEqual } from 'viem';
import { developmentAccount } from '../accounts/developmentAccount.js';
import type { Connection } from '../chain/connect.js';
import { readGatewayConfig } from './gatewayFiles.js';

/**
 * Whether the gateway of the data folder is the one of a channel: it serves this chain and these channels, as its configuration says,
 * and in a local stack this operator. Another one would refuse the channel, and its operator would never hear of it.
 */
export function isGatewayHere(
  {
    dataDir,
    chainId,
    contracts,
    up,
  }: Pick<Connection, 'dataDir' | 'chainId' | 'contracts'> & { readonly up?: UpFile | undefined },
  operator: Address,
): boolean {
  if (up !== undefined) return isAddressEqual(operator, developmentAccount('operator').address);
  const served = (readGatewayConfig(dataDir) ?? {}) as {
    readonly chainId?: unknown;
    readonly contracts?: { readonly ValueChannels?: unknown };
  };
  const channels = String(served.contracts?.ValueChannels).toLowerCase();
  return String(served.chainId) === String(chainId) && channels === contracts.ValueChannels.toLowerCase();
}
