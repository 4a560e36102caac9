import type { Address, Deployment } from '@kedge/core';
import { getAddress, isAddress } from 'viem';

/**
 * An address out of a file or a receipt, which may be in any letter case, as viem takes it: viem refuses one whose letters
 * are no checksum. What a caller writes itself is left to that.
 */
export function plainAddress(address: Address): Address {
  const lower = address.toLowerCase();
  return isAddress(address) || !isAddress(lower) ? address : getAddress(lower);
}

/** A deployment whose addresses viem takes. */
export function plainDeployment(deployment: Deployment): Deployment {
  const entries = Object.entries(deployment.contracts).map(([name, address]) => [name, plainAddress(address)]);
  return { ...deployment, contracts: Object.fromEntries(entries) as Deployment['contracts'] };
}
