import type { ReadClient } from './client.js';
import { checkDeployment } from './actions/checkDeployment.js';
import { findChannel } from './actions/findChannel.js';
import { findReceiptAnchor } from './actions/findReceiptAnchor.js';
import { getAttestations } from './actions/getAttestations.js';
import { getBond } from './actions/getBond.js';
import { getChannelState } from './actions/getChannelState.js';
import { getClass } from './actions/getClass.js';
import { getContribution } from './actions/getContribution.js';
import { getContributors } from './actions/getContributors.js';
import { getDeposit } from './actions/getDeposit.js';
import { getLot } from './actions/getLot.js';
import { getOwed } from './actions/getOwed.js';
import { getPlan } from './actions/getPlan.js';
import { getRevenue } from './actions/getRevenue.js';
import { getResale } from './actions/getResale.js';
import { getRevocation } from './actions/getRevocation.js';
import { getSolvency } from './actions/getSolvency.js';
import { getToken } from './actions/getToken.js';
import { getUsageAllowance } from './actions/getUsageAllowance.js';

type Bound<action> = action extends (client: never, ...rest: infer rest) => infer result
  ? (...rest: rest) => result
  : never;

export type PublicActions = {
  readonly checkDeployment: Bound<typeof checkDeployment>;
  readonly findChannel: Bound<typeof findChannel>;
  readonly findReceiptAnchor: Bound<typeof findReceiptAnchor>;
  readonly getAttestations: Bound<typeof getAttestations>;
  readonly getBond: Bound<typeof getBond>;
  readonly getChannelState: Bound<typeof getChannelState>;
  readonly getClass: Bound<typeof getClass>;
  readonly getContribution: Bound<typeof getContribution>;
  readonly getContributors: Bound<typeof getContributors>;
  readonly getDeposit: Bound<typeof getDeposit>;
  readonly getLot: Bound<typeof getLot>;
  readonly getOwed: Bound<typeof getOwed>;
  readonly getPlan: Bound<typeof getPlan>;
  readonly getRevenue: Bound<typeof getRevenue>;
  readonly getResale: Bound<typeof getResale>;
  readonly getRevocation: Bound<typeof getRevocation>;
  readonly getSolvency: Bound<typeof getSolvency>;
  readonly getToken: Bound<typeof getToken>;
  readonly getUsageAllowance: Bound<typeof getUsageAllowance>;
};

/**
 * The reading actions, bound to a client.
 *
 * @example
 * const { getClass } = publicActions({ publicClient, deployment });
 */
export function publicActions(client: ReadClient): PublicActions {
  return {
    checkDeployment: () => checkDeployment(client),
    findChannel: (parameters) => findChannel(client, parameters),
    findReceiptAnchor: (parameters) => findReceiptAnchor(client, parameters),
    getAttestations: (parameters) => getAttestations(client, parameters),
    getBond: (parameters) => getBond(client, parameters),
    getChannelState: (parameters) => getChannelState(client, parameters),
    getClass: (parameters) => getClass(client, parameters),
    getContribution: (parameters) => getContribution(client, parameters),
    getContributors: (parameters) => getContributors(client, parameters),
    getDeposit: (parameters) => getDeposit(client, parameters),
    getLot: (parameters) => getLot(client, parameters),
    getOwed: (parameters) => getOwed(client, parameters),
    getPlan: (parameters) => getPlan(client, parameters),
    getRevenue: (parameters) => getRevenue(client, parameters),
    getResale: (parameters) => getResale(client, parameters),
    getRevocation: (parameters) => getRevocation(client, parameters),
    getSolvency: (parameters) => getSolvency(client, parameters),
    getToken: (parameters) => getToken(client, parameters),
    getUsageAllowance: (parameters) => getUsageAllowance(client, parameters),
  };
}
