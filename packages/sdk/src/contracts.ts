import {
  BaseError,
  attestationRegistryAbi,
  channelDepositsAbi,
  contributorRootsAbi,
  dataAnchoringTokenAbi,
  operatorBondAbi,
  permitBuyerAbi,
  valueChannelsAbi,
  valueMarketAbi,
  valuePlansAbi,
  type Address,
  type ContractName,
  type Deployment,
} from '@kedge/core';
import { withErrors } from './errorAbi.js';

const tokenAbi = withErrors(dataAnchoringTokenAbi);
const channelsAbi = withErrors(valueChannelsAbi);
const marketAbi = withErrors(valueMarketAbi);
const rootsAbi = withErrors(contributorRootsAbi);
const bondAbi = withErrors(operatorBondAbi);
const plansAbi = withErrors(valuePlansAbi);
const buyerAbi = withErrors(permitBuyerAbi);
const depositsAbi = withErrors(channelDepositsAbi);
const registryAbi = withErrors(attestationRegistryAbi);

/**
 * Where to look for the contracts' events from, where the caller does not say.
 *
 * @example
 * const bought = await readEvents(publicClient, {
 *   address: contracts.ValueMarket,
 *   abi: valueMarketAbi,
 *   eventName: 'ValueBought',
 *   fromBlock: firstBlockOf(deployment),
 * });
 */
export function firstBlockOf({ firstBlock = 0 }: Deployment): bigint {
  return BigInt(firstBlock);
}

/** `address` and `abi` of the token, for viem's contract functions. */
export function tokenOf(deployment: Deployment) {
  return { address: deployment.contracts.DataAnchoringToken, abi: tokenAbi } as const;
}

export function channelsOf(deployment: Deployment) {
  return { address: deployment.contracts.ValueChannels, abi: channelsAbi } as const;
}

export function marketOf(deployment: Deployment) {
  return { address: deployment.contracts.ValueMarket, abi: marketAbi } as const;
}

export function contributorRootsOf(deployment: Deployment) {
  return { address: laterAddress(deployment, 'ContributorRoots'), abi: rootsAbi } as const;
}

export function operatorBondOf(deployment: Deployment) {
  return { address: laterAddress(deployment, 'OperatorBond'), abi: bondAbi } as const;
}

export function valuePlansOf(deployment: Deployment) {
  return { address: laterAddress(deployment, 'ValuePlans'), abi: plansAbi } as const;
}

export function permitBuyerOf(deployment: Deployment) {
  return { address: laterAddress(deployment, 'PermitBuyer'), abi: buyerAbi } as const;
}

export function channelDepositsOf(deployment: Deployment) {
  return { address: laterAddress(deployment, 'ChannelDeposits'), abi: depositsAbi } as const;
}

export function attestationRegistryOf(deployment: Deployment) {
  return { address: laterAddress(deployment, 'AttestationRegistry'), abi: registryAbi } as const;
}

/** Contracts beside the token came later: an older deployment lacks them. */
function laterAddress({ chainId, contracts }: Deployment, name: ContractName): Address {
  const address = contracts[name];
  if (address !== undefined) return address;
  throw new BaseError(`The deployment on chain ${chainId} has no ${name}.`, {
    code: 'contract_missing',
    values: { contract: name },
    hints: [`Deploy ${name} for its DataAnchoringToken and add the address to the deployment.`],
  });
}
