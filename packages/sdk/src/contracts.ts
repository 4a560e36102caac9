import { dataAnchoringTokenAbi, valueChannelsAbi, valueMarketAbi, type Deployment } from '@kedge/core';
import { withErrors } from './errorAbi.js';

const tokenAbi = withErrors(dataAnchoringTokenAbi);
const channelsAbi = withErrors(valueChannelsAbi);
const marketAbi = withErrors(valueMarketAbi);

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
