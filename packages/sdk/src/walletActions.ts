import { BaseError } from '@kedge/core';
import { bindActions, type BoundActions } from './bindActions.js';
import type { WriteClient } from './client.js';
import { acceptContributorControl } from './actions/acceptContributorControl.js';
import { acceptIssuer } from './actions/acceptIssuer.js';
import { acceptParent } from './actions/acceptParent.js';
import { activatePolicy } from './actions/activatePolicy.js';
import { addProof } from './actions/addProof.js';
import { announceRevocation } from './actions/announceRevocation.js';
import { appealContributorRevocation } from './actions/appealContributorRevocation.js';
import { appealRevocation } from './actions/appealRevocation.js';
import { approveForClass } from './actions/approveForClass.js';
import { approveUsage } from './actions/approveUsage.js';
import { attest } from './actions/attest.js';
import { burnSlashed } from './actions/burnSlashed.js';
import { burnValue } from './actions/burnValue.js';
import { buyValue } from './actions/buyValue.js';
import { buyValueByPermit } from './actions/buyValueByPermit.js';
import { buyValueSigned } from './actions/buyValueSigned.js';
import { cancelUnbonding } from './actions/cancelUnbonding.js';
import { capture } from './actions/capture.js';
import { checkClassTerms } from './actions/checkClassTerms.js';
import { claim } from './actions/claim.js';
import { claimBatch } from './actions/claimBatch.js';
import { claimContribution } from './actions/claimContribution.js';
import { closeChannel } from './actions/closeChannel.js';
import { closeListing } from './actions/closeListing.js';
import { closePlan } from './actions/closePlan.js';
import { collectRoyalties } from './actions/collectRoyalties.js';
import { collectRoyalty } from './actions/collectRoyalty.js';
import { commitContributors } from './actions/commitContributors.js';
import { createClass } from './actions/createClass.js';
import { createLot } from './actions/createLot.js';
import { freezeShares } from './actions/freezeShares.js';
import { giveVerdict } from './actions/giveVerdict.js';
import { merge } from './actions/merge.js';
import { mint } from './actions/mint.js';
import { mintBatch } from './actions/mintBatch.js';
import { mintShare } from './actions/mintShare.js';
import { moveContributorValue } from './actions/moveContributorValue.js';
import { offerContributorControl } from './actions/offerContributorControl.js';
import { offerIssuer } from './actions/offerIssuer.js';
import { offerShareRenewal } from './actions/offerShareRenewal.js';
import { openChannel } from './actions/openChannel.js';
import { openListing } from './actions/openListing.js';
import { openPlan } from './actions/openPlan.js';
import { openRefunds } from './actions/openRefunds.js';
import { openSchedule } from './actions/openSchedule.js';
import { payFraud } from './actions/payFraud.js';
import { permitUsage } from './actions/permitUsage.js';
import { postBond } from './actions/postBond.js';
import { proveFraud } from './actions/proveFraud.js';
import { publishPolicy } from './actions/publishPolicy.js';
import { raiseClaim } from './actions/raiseClaim.js';
import { recordUsage } from './actions/recordUsage.js';
import { recordUsageBatch } from './actions/recordUsageBatch.js';
import { refund } from './actions/refund.js';
import { refundDeposit } from './actions/refundDeposit.js';
import { releaseBond } from './actions/releaseBond.js';
import { renew } from './actions/renew.js';
import { renewContributorShare } from './actions/renewContributorShare.js';
import { renewShare } from './actions/renewShare.js';
import { renounceContributorControl } from './actions/renounceContributorControl.js';
import { retireShare } from './actions/retireShare.js';
import { revoke } from './actions/revoke.js';
import { revokeAttestation } from './actions/revokeAttestation.js';
import { setContributors } from './actions/setContributors.js';
import { setSaleRoyalty } from './actions/setSaleRoyalty.js';
import { settleContributors } from './actions/settleContributors.js';
import { settleRevenue } from './actions/settleRevenue.js';
import { signAttestation } from './actions/signAttestation.js';
import { signPurchase } from './actions/signPurchase.js';
import { signUsagePermit } from './actions/signUsagePermit.js';
import { split } from './actions/split.js';
import { startUnbonding } from './actions/startUnbonding.js';
import { sweepDeposit } from './actions/sweepDeposit.js';
import { sweepExpired } from './actions/sweepExpired.js';
import { topUp } from './actions/topUp.js';
import { transferToken } from './actions/transferToken.js';
import { transferValue } from './actions/transferValue.js';
import { transferWithTerms } from './actions/transferWithTerms.js';
import { updateClassMetadata } from './actions/updateClassMetadata.js';
import { withdraw } from './actions/withdraw.js';
import { withdrawBondDues } from './actions/withdrawBondDues.js';
import { withdrawRevocation } from './actions/withdrawRevocation.js';

const actions = {
  acceptContributorControl,
  acceptIssuer,
  acceptParent,
  activatePolicy,
  addProof,
  announceRevocation,
  appealContributorRevocation,
  appealRevocation,
  approveForClass,
  approveUsage,
  attest,
  burnSlashed,
  burnValue,
  buyValue,
  buyValueByPermit,
  buyValueSigned,
  cancelUnbonding,
  capture,
  checkClassTerms,
  claim,
  claimBatch,
  claimContribution,
  closeChannel,
  closeListing,
  closePlan,
  collectRoyalties,
  collectRoyalty,
  commitContributors,
  createClass,
  createLot,
  freezeShares,
  giveVerdict,
  merge,
  mint,
  mintBatch,
  mintShare,
  moveContributorValue,
  offerContributorControl,
  offerIssuer,
  offerShareRenewal,
  openChannel,
  openListing,
  openPlan,
  openRefunds,
  openSchedule,
  payFraud,
  permitUsage,
  postBond,
  proveFraud,
  publishPolicy,
  raiseClaim,
  recordUsage,
  recordUsageBatch,
  refund,
  refundDeposit,
  releaseBond,
  renew,
  renewContributorShare,
  renewShare,
  renounceContributorControl,
  retireShare,
  revoke,
  revokeAttestation,
  setContributors,
  setSaleRoyalty,
  settleContributors,
  settleRevenue,
  signAttestation,
  signPurchase,
  signUsagePermit,
  split,
  startUnbonding,
  sweepDeposit,
  sweepExpired,
  topUp,
  transferToken,
  transferValue,
  transferWithTerms,
  updateClassMetadata,
  withdraw,
  withdrawBondDues,
  withdrawRevocation,
};

export type WalletActions = BoundActions<typeof actions>;

/**
 * The writing actions, bound to a client and its account.
 *
 * @throws BaseError `account_missing`.
 *
 * @example
 * const { claim } = walletActions({ publicClient, walletClient, deployment });
 */
export function walletActions(client: WriteClient): WalletActions {
  // Programs that are not type-checked come without.
  if (client.walletClient.account === undefined) {
    throw new BaseError('The wallet client has no account to sign as.', {
      code: 'account_missing',
      hints: ['Give it one: createWalletClient({ account, … }).'],
    });
  }
  return bindActions(actions, client);
}
