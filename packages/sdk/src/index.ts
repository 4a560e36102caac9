export { acceptContributorControl } from './actions/acceptContributorControl.js';
export { acceptIssuer } from './actions/acceptIssuer.js';
export { acceptParent, type AcceptParentParameters } from './actions/acceptParent.js';
export { activatePolicy } from './actions/activatePolicy.js';
export { addProof, type AddProofParameters, type AddProofReturn } from './actions/addProof.js';
export { attest, type AttestReturn } from './actions/attest.js';
export { burnSlashed, type BurnSlashedParameters } from './actions/burnSlashed.js';
export { buyValue, type BuyValueParameters, type BuyValueReturn } from './actions/buyValue.js';
export { announceRevocation, type AnnounceRevocationParameters } from './actions/announceRevocation.js';
export { appealContributorRevocation } from './actions/appealContributorRevocation.js';
export { appealRevocation, type AppealRevocationParameters } from './actions/appealRevocation.js';
export { approveForClass, type ApproveForClassParameters } from './actions/approveForClass.js';
export { approveUsage, type UsageAllowance, type UsageScope } from './actions/approveUsage.js';
export { burnValue, type BurnValueParameters } from './actions/burnValue.js';
export { buyValueByPermit, type BuyValueByPermitParameters } from './actions/buyValueByPermit.js';
export { buyValueSigned } from './actions/buyValueSigned.js';
export { cancelUnbonding } from './actions/cancelUnbonding.js';
export {
  capture,
  captureOutcome,
  type CaptureItem,
  type CaptureOutcome,
  type CaptureParameters,
  type ReceiptAnchor,
  type RoyaltyEdge,
} from './actions/capture.js';
export { checkClassTerms } from './actions/checkClassTerms.js';
export { checkDeployment } from './actions/checkDeployment.js';
export { claim, type ClaimParameters } from './actions/claim.js';
export { claimBatch, mostTogether, type ClaimBatchParameters, type ClaimBatchReturn } from './actions/claimBatch.js';
export { claimContribution, type ClaimContributionParameters } from './actions/claimContribution.js';
export { closeChannel, type CloseChannelParameters, type CloseChannelReturn } from './actions/closeChannel.js';
export { closeListing } from './actions/closeListing.js';
export { closePlan } from './actions/closePlan.js';
export {
  collectRoyalties,
  type CollectRoyaltiesParameters,
  type CollectRoyaltiesReturn,
} from './actions/collectRoyalties.js';
export { collectRoyalty, type CollectRoyaltyParameters } from './actions/collectRoyalty.js';
export {
  commitContributors,
  type CommitContributorsParameters,
  type CommitContributorsReturn,
} from './actions/commitContributors.js';
export {
  createClass,
  type ClassOptions,
  type CreateClassParameters,
  type CreateClassReturn,
} from './actions/createClass.js';
export { createLot, type CreateLotParameters } from './actions/createLot.js';
export { deployContracts, type DeployContractsParameters } from './actions/deployContracts.js';
export { findChannel } from './actions/findChannel.js';
export { findReceiptAnchor, type AnchoredRoot, type FindReceiptAnchorParameters } from './actions/findReceiptAnchor.js';
export { freezeShares } from './actions/freezeShares.js';
export {
  getAttestations,
  type AttestationView,
  type GetAttestationsParameters,
  type VerdictView,
} from './actions/getAttestations.js';
export { getBond, type BondView } from './actions/getBond.js';
export { getChannelState, type ChannelState } from './actions/getChannelState.js';
export { getClass, type ClassView } from './actions/getClass.js';
export { getContribution, type ContributionView, type GetContributionParameters } from './actions/getContribution.js';
export { getDeposit, type Deposit } from './actions/getDeposit.js';
export { getContributors, type ContributorsView } from './actions/getContributors.js';
export { getLot, type LotView } from './actions/getLot.js';
export { getOwed } from './actions/getOwed.js';
export { getPlan, type PlanView } from './actions/getPlan.js';
export { getRevenue, type RevenueView } from './actions/getRevenue.js';
export { getResale, type ResaleView } from './actions/getResale.js';
export { getRevocation, type RevocationView } from './actions/getRevocation.js';
export { getRoyaltyEdges, type GetRoyaltyEdgesParameters, type RoyaltyEdges } from './actions/getRoyaltyEdges.js';
export { getSolvency, type Solvency } from './actions/getSolvency.js';
export { getToken, type TokenView } from './actions/getToken.js';
export { getUsageAllowance, type GetUsageAllowanceParameters } from './actions/getUsageAllowance.js';
export { giveVerdict } from './actions/giveVerdict.js';
export { merge, type MergeParameters } from './actions/merge.js';
export { mint, type MintParameters, type MintReturn } from './actions/mint.js';
export { mintBatch, type MintBatchParameters, type MintBatchReturn } from './actions/mintBatch.js';
export { mintShare, type MintShareParameters } from './actions/mintShare.js';
export { moveContributorValue, type MoveContributorValueParameters } from './actions/moveContributorValue.js';
export { offerContributorControl } from './actions/offerContributorControl.js';
export { offerIssuer, type OfferIssuerParameters } from './actions/offerIssuer.js';
export { offerShareRenewal } from './actions/offerShareRenewal.js';
export { openChannel, type OpenChannelParameters, type OpenChannelReturn } from './actions/openChannel.js';
export { openListing, type OpenListingParameters } from './actions/openListing.js';
export { openRefunds, type OpenRefundsParameters } from './actions/openRefunds.js';
export { openPlan, type OpenPlanParameters, type PlanTerms } from './actions/openPlan.js';
export { openSchedule, type OpenScheduleParameters } from './actions/openSchedule.js';
export { payFraud, type PayFraudParameters, type PayFraudReturn } from './actions/payFraud.js';
export { permitUsage } from './actions/permitUsage.js';
export { postBond, type PostBondParameters } from './actions/postBond.js';
export { proveFraud, type ProveFraudParameters, type ProveFraudReturn } from './actions/proveFraud.js';
export { publishPolicy, type PublishPolicyParameters, type PublishPolicyReturn } from './actions/publishPolicy.js';
export { raiseClaim, type RaiseClaimParameters, type RaiseClaimReturn } from './actions/raiseClaim.js';
export { recordUsage, type RecordUsageParameters } from './actions/recordUsage.js';
export { recordUsageBatch, type RecordUsageBatchParameters } from './actions/recordUsageBatch.js';
export { refund, type RefundParameters } from './actions/refund.js';
export { refundDeposit, type RefundDepositParameters } from './actions/refundDeposit.js';
export { releaseBond, type ReleaseBondParameters } from './actions/releaseBond.js';
export { renew, type RenewParameters } from './actions/renew.js';
export { renewContributorShare } from './actions/renewContributorShare.js';
export { renewShare } from './actions/renewShare.js';
export { renounceContributorControl } from './actions/renounceContributorControl.js';
export { revoke, type RevokeReturn } from './actions/revoke.js';
export { revokeAttestation } from './actions/revokeAttestation.js';
export { retireShare } from './actions/retireShare.js';
export { setContributors, type SetContributorsParameters } from './actions/setContributors.js';
export { setSaleRoyalty, type SetSaleRoyaltyParameters } from './actions/setSaleRoyalty.js';
export { settleContributors, type SettleContributorsParameters } from './actions/settleContributors.js';
export { settleRevenue, type SettleRevenueParameters, type SettleRevenueReturn } from './actions/settleRevenue.js';
export {
  signAttestation,
  type AttestationSubject,
  type AttestParameters,
  type GiveVerdictParameters,
  type SignedAttestation,
} from './actions/signAttestation.js';
export { signPurchase, type SignPurchaseParameters, type SignedPurchase } from './actions/signPurchase.js';
export { signUsagePermit, type SignedUsagePermit, type SignUsagePermitParameters } from './actions/signUsagePermit.js';
export { split, type SplitParameters, type SplitPart, type SplitReturn } from './actions/split.js';
export { sweepDeposit, type SweepDepositReturn } from './actions/sweepDeposit.js';
export { startUnbonding } from './actions/startUnbonding.js';
export { sweepExpired } from './actions/sweepExpired.js';
export { topUp, type TopUpParameters, type TopUpReturn } from './actions/topUp.js';
export { transferToken, type TransferTokenParameters } from './actions/transferToken.js';
export { transferValue, type TransferValueParameters } from './actions/transferValue.js';
export { transferWithTerms, type PendingTerm, type TransferWithTermsParameters } from './actions/transferWithTerms.js';
export { updateClassMetadata, type UpdateClassMetadataParameters } from './actions/updateClassMetadata.js';
export { withdrawRevocation } from './actions/withdrawRevocation.js';
export { withdraw, type WithdrawParameters } from './actions/withdraw.js';
export { withdrawBondDues, type WithdrawBondDuesParameters } from './actions/withdrawBondDues.js';
export { firstBlockOf } from './contracts.js';
export {
  type AnyReader,
  type AnyWallet,
  type ChainReader,
  type ReadClient,
  type Sent,
  type Wallet,
  type WriteClient,
} from './client.js';
export {
  createKedgeClient,
  type CreateKedgeClientParameters,
  type KedgeClient,
  type KedgeReadClient,
} from './createKedgeClient.js';
export {
  createIndexerClient,
  type CreateIndexerClientParameters,
  type IndexerClient,
} from './indexer/createIndexerClient.js';
export { problemError } from './indexer/problemError.js';
export { kedgeActions, kedgeWalletActions, type ReadingWallet } from './kedgeActions.js';
export { publicActions, type PublicActions } from './publicActions.js';
export { afterWrites, noteBlock } from './afterWrites.js';
export { gasWithRoom } from './writeContract.js';
export { readEvents, type ReadEventsParameters } from './readEvents.js';
export { readRevert, toChainError, type Revert } from './toChainError.js';
export { recountCall, type CallRecount, type RecountCallParameters } from './recount/recountCall.js';
export { type MetricRecount } from './recount/recountMetrics.js';
export { kedgeFetch, type KedgeFetch, type KedgeFetchParameters } from './strict/kedgeFetch.js';
export { type ChannelKey, type StrictChannel } from './strict/voucherAccount.js';
export { walletActions, type WalletActions } from './walletActions.js';
