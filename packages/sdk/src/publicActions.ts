import { bindActions, type BoundActions } from './bindActions.js';
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
import { getRoyaltyEdges } from './actions/getRoyaltyEdges.js';
import { getSolvency } from './actions/getSolvency.js';
import { getToken } from './actions/getToken.js';
import { getUsageAllowance } from './actions/getUsageAllowance.js';

const actions = {
  checkDeployment,
  findChannel,
  findReceiptAnchor,
  getAttestations,
  getBond,
  getChannelState,
  getClass,
  getContribution,
  getContributors,
  getDeposit,
  getLot,
  getOwed,
  getPlan,
  getRevenue,
  getResale,
  getRevocation,
  getRoyaltyEdges,
  getSolvency,
  getToken,
  getUsageAllowance,
};

export type PublicActions = BoundActions<typeof actions>;

/**
 * The reading actions, bound to a client.
 *
 * @example
 * const { getClass } = publicActions({ publicClient, deployment });
 */
export function publicActions(client: ReadClient): PublicActions {
  return bindActions(actions, client);
}
