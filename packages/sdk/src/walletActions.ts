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

type Bound<action> = action extends (client: never, ...rest: infer rest) => infer result
  ? (...rest: rest) => result
  : never;

export type WalletActions = {
  readonly acceptContributorControl: Bound<typeof acceptContributorControl>;
  readonly acceptIssuer: Bound<typeof acceptIssuer>;
  readonly acceptParent: Bound<typeof acceptParent>;
  readonly activatePolicy: Bound<typeof activatePolicy>;
  readonly addProof: Bound<typeof addProof>;
  readonly announceRevocation: Bound<typeof announceRevocation>;
  readonly appealContributorRevocation: Bound<typeof appealContributorRevocation>;
  readonly appealRevocation: Bound<typeof appealRevocation>;
  readonly approveForClass: Bound<typeof approveForClass>;
  readonly approveUsage: Bound<typeof approveUsage>;
  readonly attest: Bound<typeof attest>;
  readonly burnSlashed: Bound<typeof burnSlashed>;
  readonly burnValue: Bound<typeof burnValue>;
  readonly buyValue: Bound<typeof buyValue>;
  readonly buyValueByPermit: Bound<typeof buyValueByPermit>;
  readonly buyValueSigned: Bound<typeof buyValueSigned>;
  readonly cancelUnbonding: Bound<typeof cancelUnbonding>;
  readonly capture: Bound<typeof capture>;
  readonly checkClassTerms: Bound<typeof checkClassTerms>;
  readonly claim: Bound<typeof claim>;
  readonly claimBatch: Bound<typeof claimBatch>;
  readonly claimContribution: Bound<typeof claimContribution>;
  readonly closeChannel: Bound<typeof closeChannel>;
  readonly closeListing: Bound<typeof closeListing>;
  readonly closePlan: Bound<typeof closePlan>;
  readonly collectRoyalties: Bound<typeof collectRoyalties>;
  readonly collectRoyalty: Bound<typeof collectRoyalty>;
  readonly commitContributors: Bound<typeof commitContributors>;
  readonly createClass: Bound<typeof createClass>;
  readonly createLot: Bound<typeof createLot>;
  readonly freezeShares: Bound<typeof freezeShares>;
  readonly giveVerdict: Bound<typeof giveVerdict>;
  readonly merge: Bound<typeof merge>;
  readonly mint: Bound<typeof mint>;
  readonly mintBatch: Bound<typeof mintBatch>;
  readonly mintShare: Bound<typeof mintShare>;
  readonly moveContributorValue: Bound<typeof moveContributorValue>;
  readonly offerContributorControl: Bound<typeof offerContributorControl>;
  readonly offerIssuer: Bound<typeof offerIssuer>;
  readonly offerShareRenewal: Bound<typeof offerShareRenewal>;
  readonly openChannel: Bound<typeof openChannel>;
  readonly openListing: Bound<typeof openListing>;
  readonly openPlan: Bound<typeof openPlan>;
  readonly openRefunds: Bound<typeof openRefunds>;
  readonly openSchedule: Bound<typeof openSchedule>;
  readonly payFraud: Bound<typeof payFraud>;
  readonly permitUsage: Bound<typeof permitUsage>;
  readonly postBond: Bound<typeof postBond>;
  readonly proveFraud: Bound<typeof proveFraud>;
  readonly publishPolicy: Bound<typeof publishPolicy>;
  readonly raiseClaim: Bound<typeof raiseClaim>;
  readonly recordUsage: Bound<typeof recordUsage>;
  readonly recordUsageBatch: Bound<typeof recordUsageBatch>;
  readonly refund: Bound<typeof refund>;
  readonly refundDeposit: Bound<typeof refundDeposit>;
  readonly releaseBond: Bound<typeof releaseBond>;
  readonly renew: Bound<typeof renew>;
  readonly renewContributorShare: Bound<typeof renewContributorShare>;
  readonly renewShare: Bound<typeof renewShare>;
  readonly renounceContributorControl: Bound<typeof renounceContributorControl>;
  readonly retireShare: Bound<typeof retireShare>;
  readonly revoke: Bound<typeof revoke>;
  readonly revokeAttestation: Bound<typeof revokeAttestation>;
  readonly setContributors: Bound<typeof setContributors>;
  readonly setSaleRoyalty: Bound<typeof setSaleRoyalty>;
  readonly settleContributors: Bound<typeof settleContributors>;
  readonly settleRevenue: Bound<typeof settleRevenue>;
  readonly signAttestation: Bound<typeof signAttestation>;
  readonly signPurchase: Bound<typeof signPurchase>;
  readonly signUsagePermit: Bound<typeof signUsagePermit>;
  readonly split: Bound<typeof split>;
  readonly startUnbonding: Bound<typeof startUnbonding>;
  readonly sweepDeposit: Bound<typeof sweepDeposit>;
  readonly sweepExpired: Bound<typeof sweepExpired>;
  readonly topUp: Bound<typeof topUp>;
  readonly transferToken: Bound<typeof transferToken>;
  readonly transferValue: Bound<typeof transferValue>;
  readonly transferWithTerms: Bound<typeof transferWithTerms>;
  readonly updateClassMetadata: Bound<typeof updateClassMetadata>;
  readonly withdraw: Bound<typeof withdraw>;
  readonly withdrawBondDues: Bound<typeof withdrawBondDues>;
  readonly withdrawRevocation: Bound<typeof withdrawRevocation>;
};

/**
 * The writing actions, bound to a client and its account.
 *
 * @example
 * const { claim } = walletActions({ publicClient, walletClient, deployment });
 */
export function walletActions(client: WriteClient): WalletActions {
  return {
    acceptContributorControl: (parameters) => acceptContributorControl(client, parameters),
    acceptIssuer: (parameters) => acceptIssuer(client, parameters),
    acceptParent: (parameters) => acceptParent(client, parameters),
    activatePolicy: (parameters) => activatePolicy(client, parameters),
    addProof: (parameters) => addProof(client, parameters),
    announceRevocation: (parameters) => announceRevocation(client, parameters),
    appealContributorRevocation: (parameters) => appealContributorRevocation(client, parameters),
    appealRevocation: (parameters) => appealRevocation(client, parameters),
    approveForClass: (parameters) => approveForClass(client, parameters),
    approveUsage: (parameters) => approveUsage(client, parameters),
    attest: (parameters) => attest(client, parameters),
    burnSlashed: (parameters) => burnSlashed(client, parameters),
    burnValue: (parameters) => burnValue(client, parameters),
    buyValue: (parameters) => buyValue(client, parameters),
    buyValueByPermit: (parameters) => buyValueByPermit(client, parameters),
    buyValueSigned: (parameters) => buyValueSigned(client, parameters),
    cancelUnbonding: (parameters) => cancelUnbonding(client, parameters),
    capture: (parameters) => capture(client, parameters),
    checkClassTerms: (parameters) => checkClassTerms(client, parameters),
    claim: (parameters) => claim(client, parameters),
    claimBatch: (parameters) => claimBatch(client, parameters),
    claimContribution: (parameters) => claimContribution(client, parameters),
    closeChannel: (parameters) => closeChannel(client, parameters),
    closeListing: (parameters) => closeListing(client, parameters),
    closePlan: (parameters) => closePlan(client, parameters),
    collectRoyalties: (parameters) => collectRoyalties(client, parameters),
    collectRoyalty: (parameters) => collectRoyalty(client, parameters),
    commitContributors: (parameters) => commitContributors(client, parameters),
    createClass: (parameters) => createClass(client, parameters),
    createLot: (parameters) => createLot(client, parameters),
    freezeShares: (parameters) => freezeShares(client, parameters),
    giveVerdict: (parameters) => giveVerdict(client, parameters),
    merge: (parameters) => merge(client, parameters),
    mint: (parameters) => mint(client, parameters),
    mintBatch: (parameters) => mintBatch(client, parameters),
    mintShare: (parameters) => mintShare(client, parameters),
    moveContributorValue: (parameters) => moveContributorValue(client, parameters),
    offerContributorControl: (parameters) => offerContributorControl(client, parameters),
    offerIssuer: (parameters) => offerIssuer(client, parameters),
    offerShareRenewal: (parameters) => offerShareRenewal(client, parameters),
    openChannel: (parameters) => openChannel(client, parameters),
    openListing: (parameters) => openListing(client, parameters),
    openPlan: (parameters) => openPlan(client, parameters),
    openRefunds: (parameters) => openRefunds(client, parameters),
    openSchedule: (parameters) => openSchedule(client, parameters),
    payFraud: (parameters) => payFraud(client, parameters),
    permitUsage: (parameters) => permitUsage(client, parameters),
    postBond: (parameters) => postBond(client, parameters),
    proveFraud: (parameters) => proveFraud(client, parameters),
    publishPolicy: (parameters) => publishPolicy(client, parameters),
    raiseClaim: (parameters) => raiseClaim(client, parameters),
    recordUsage: (parameters) => recordUsage(client, parameters),
    recordUsageBatch: (parameters) => recordUsageBatch(client, parameters),
    refund: (parameters) => refund(client, parameters),
    refundDeposit: (parameters) => refundDeposit(client, parameters),
    releaseBond: (parameters) => releaseBond(client, parameters),
    renew: (parameters) => renew(client, parameters),
    renewContributorShare: (parameters) => renewContributorShare(client, parameters),
    renewShare: (parameters) => renewShare(client, parameters),
    renounceContributorControl: (parameters) => renounceContributorControl(client, parameters),
    retireShare: (parameters) => retireShare(client, parameters),
    revoke: (parameters) => revoke(client, parameters),
    revokeAttestation: (parameters) => revokeAttestation(client, parameters),
    setContributors: (parameters) => setContributors(client, parameters),
    setSaleRoyalty: (parameters) => setSaleRoyalty(client, parameters),
    settleContributors: (parameters) => settleContributors(client, parameters),
    settleRevenue: (parameters) => settleRevenue(client, parameters),
    signAttestation: (parameters) => signAttestation(client, parameters),
    signPurchase: (parameters) => signPurchase(client, parameters),
    signUsagePermit: (parameters) => signUsagePermit(client, parameters),
    split: (parameters) => split(client, parameters),
    startUnbonding: (parameters) => startUnbonding(client, parameters),
    sweepDeposit: (parameters) => sweepDeposit(client, parameters),
    sweepExpired: (parameters) => sweepExpired(client, parameters),
    topUp: (parameters) => topUp(client, parameters),
    transferToken: (parameters) => transferToken(client, parameters),
    transferValue: (parameters) => transferValue(client, parameters),
    transferWithTerms: (parameters) => transferWithTerms(client, parameters),
    updateClassMetadata: (parameters) => updateClassMetadata(client, parameters),
    withdraw: (parameters) => withdraw(client, parameters),
    withdrawBondDues: (parameters) => withdrawBondDues(client, parameters),
    withdrawRevocation: (parameters) => withdrawRevocation(client, parameters),
  };
}
