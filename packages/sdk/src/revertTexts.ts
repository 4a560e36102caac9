/** What a custom error means to its reader, and the way out. */
type RevertText = { readonly message: string; readonly hints?: readonly string[] };

const notIssuer = ['Sign with the issuer of the class: getClass names it.'];
const holderOnly = ['Sign with the holder of the token: getToken names it.'];

/** By the error's name. An error without a text is shown by its name and values. */
export const revertTexts: Readonly<Record<string, RevertText>> = {
  ERC8028NonexistentClass: {
    message: 'There is no such class.',
    hints: ['Class ids run from 1 in order of creation.'],
  },
  ERC8028NonexistentToken: { message: 'There is no such token.' },
  ERC8028Unauthorized: { message: 'The caller may not act on the token.', hints: holderOnly },
  ERC8028Expired: { message: 'The token has expired.', hints: ['Revenue that it earned before can still be claimed.'] },
  ERC8028InsufficientValue: {
    message: 'The token has less value than asked for.',
    hints: ['Ask for less, close a channel that holds value of this token, or buy more.'],
  },
  ERC8028ClassMismatch: { message: 'Value does not move between classes.' },
  ERC8028NoActiveShare: {
    message: 'The class has no active share that could receive revenue.',
    hints: ['Mint a share of the class first: mintShare.'],
  },
  DATUsageAllowanceExceeded: {
    message: 'The allowance covers less than asked for.',
    hints: ['Ask the holder for a larger allowance: approveUsage.'],
  },
  DATPermitExpired: { message: 'The permit came after its deadline.', hints: ['Sign a new one.'] },
  DATPermitNotSigned: {
    message: 'The permit is not signed by its owner over these terms and the current nonce.',
    hints: ['Somebody may have sent it already: look at the approval, then sign with the nonce that nonces() answers.'],
  },
  DATMalformedItems: { message: 'The packed items end within a run.' },
  DATInvalidOption: { message: 'The class cannot be bound to this option.' },
  DATShareCapExceeded: {
    message: 'The new share would bring the class above the cap that it is bound to.',
    hints: ['Mint a smaller weight, or wait until shares expire.'],
  },
  DATSharesFrozen: { message: 'The shares of the class are frozen: no more are minted.' },
  DATLotSuperseded: {
    message: 'The policy of the lot is not the current one of the class, so nothing is sold from it any more.',
    hints: ['Buy from a lot of the current policy; its issuer makes one with createLot.'],
  },
  DATNothingAnnounced: { message: 'The class has announced no policy.' },
  DATNoticeRunning: { message: 'The notice of the policy is still running.' },
  DATRefundsOpen: { message: 'The lot is refundable already.' },
  DATNoActiveShare: {
    message: 'The token has no active share.',
    hints: ['A share that expired, was retired or waits to enter cannot be retired or split.'],
  },
  DATWrongParts: { message: 'The shares of the parts do not sum to the share of the token.' },
  DATNotToppedUpBy: {
    message: 'Only the seller of the lot may top up its tokens, and only the issuer unbacked ones.',
  },
  DATNotRenewedBy: {
    message: 'Only the seller of the lot may renew its tokens, and only the issuer unbacked ones.',
    hints: ['ValueMarket and ValuePlans renew nothing: what they sold ends at its expiry. Refund it, and buy anew.'],
  },
  DATShareNotRenewed: {
    message: 'A token with a share is not renewed in place.',
    hints: ['The issuer offers a later expiry, offerShareRenewal, and the holder takes it, renewShare.'],
  },
  DATShareOutlivesExpiry: {
    message: 'The share does not end with its token, so there is nothing to renew.',
    hints: ['Renew the token itself, for its value: renew.'],
  },
  DATRenewalDelaysRefund: {
    message: 'The lot refunds at expiry only, which a renewal would put off.',
    hints: ['The issuer can open refunds before expiry: openRefunds.'],
  },
  DATRenewalNotOffered: {
    message: 'The issuer did not offer this expiry for the share.',
    hints: ['Ask the issuer for an offer, and take exactly that.'],
  },
  DATSaleRoyaltyTooHigh: { message: 'More than a tenth of the price of a resale cannot be asked.' },
  DATNotRevocable: {
    message: 'The class did not say at its creation that its tokens can be revoked.',
    hints: ['Only classes with an appeal window can: createClassWithOptions.'],
  },
  DATNoReason: { message: 'A revocation needs a reason.' },
  DATRevocationPending: { message: 'A revocation of the token is pending.' },
  DATNothingRevoked: {
    message: 'No revocation of the token is pending.',
    hints: ['One that is not carried out within a window of becoming effective lapses.'],
  },
  DATAppealRunning: { message: 'The appeal window of the revocation is still open.' },
  DATNoAppeal: { message: 'The revocation was appealed before, or its window is over.' },
  DATNonTransferable: { message: 'Tokens of this class stay with their holder.' },
  DATLessValue: {
    message: 'The token holds less value than was agreed to.',
    hints: ['Some of it was used, moved or locked since: see what is left with getResale, and agree again.'],
  },
  DATLessPending: {
    message: 'Less unclaimed revenue goes along with the token than was agreed to.',
    hints: ['Some of it was claimed since: see what is left with getResale, and agree again.'],
  },
  DATNotIssuer: { message: 'The caller is not the issuer of the class.', hints: notIssuer },
  DATNotParentIssuer: {
    message: 'The caller does not issue the parent class.',
    hints: ['Sign with the issuer of the parent: getClass names it.'],
  },
  DATNotPendingIssuer: {
    message: 'The issuer role was not offered to the caller.',
    hints: ['Ask the issuer to offer it: offerIssuer.'],
  },
  DATTooManyParents: { message: 'The class names too many parents.' },
  DATRoyaltiesTooHigh: { message: 'The royalties of the parents sum to more than the whole.' },
  DATDuplicateParent: { message: 'A parent is named twice.' },
  DATNonexistentParent: { message: 'The class has no such parent.' },
  DATNonexistentLot: { message: 'The class has no such lot.', hints: ['Create one first: createLot.'] },
  DATInvalidLotTerms: { message: 'The terms of the lot cannot be honoured.' },
  DATPolicyWithoutHash: {
    message: 'The policy of the class has no hash, so it cannot back value.',
    hints: ['Publish it with its hash: publishPolicy.'],
  },
  DATNotSeller: { message: 'Only the seller of the lot may mint from it.', hints: ['Buy from the market: buyValue.'] },
  DATWrongDeposit: { message: 'The deposit is not exactly the price.' },
  DATNotRefundable: {
    message: 'The terms of the lot allow no refund now.',
    hints: ['Locked units are never refundable: close the channel first.'],
  },
  DATNothingToSweep: {
    message: 'The token has nothing to sweep.',
    hints: [
      'Only units that expired unspent are swept, where the lot gives them to the class; else their holder refunds them.',
    ],
  },
  DATLotMismatch: { message: 'Value does not move between lots.' },
  DATOutlivesSource: {
    message: 'Value does not move to a token that outlives it.',
    hints: ['It is backed, or its class keeps expiries: move it to a token that expires no later.'],
  },
  DATSameToken: { message: 'Value does not move from a token to itself.' },
  DATZeroUnits: { message: 'Zero units were asked for.' },
  DATZeroAmount: { message: 'The settlement brings nothing.' },
  DATValueTooLarge: { message: 'The value exceeds 2^64 - 1 units.' },
  DATInvalidExpiry: {
    message: 'The expiry is too early, or beyond 2^32 - 1.',
    hints: [
      'Give Unix seconds after now; to renew, after the expiry that there is; where new shares wait, after that. A mint takes 0 for ever.',
    ],
  },
  DATAmountTooLarge: { message: 'The amount exceeds what the ledger can hold.' },
  DATInvalidAsset: { message: 'The asset is not an ERC-20 contract.', hints: ['The zero address means ETH.'] },
  DATTooManyExpiries: {
    message: 'The class has too many different share expiries pending.',
    hints: ['Use an expiry that another share of the class has.'],
  },
  DATTotalShareTooHigh: { message: 'The total share of the class would exceed 2^48 - 1.' },
  DATPaymentFailed: { message: 'The recipient refused the payment.' },
  DATDirectCall: {
    message: 'The extension is no contract of its own.',
    hints: ['Call the DataAnchoringToken.'],
  },
  DATNonexistentLock: { message: 'There is no such lock.' },
  DATLockExists: { message: 'This channel was opened before.', hints: ['Use another salt.'] },
  ValueChannelsNotToken: { message: 'Channels are opened by the token contract only.' },
  ValueChannelsInvalidTerms: {
    message: 'The terms of the channel cannot be honoured.',
    hints: [
      'The deadline must be still to come, deadline and grace must end before the token expires, grace lasts a day at least, ' +
        'capped mode needs a rate.',
    ],
  },
  ValueChannelsMalformedItems: {
    message: 'The items of the capture end within a run.',
    hints: ['Pack them with encodeCaptureItems of @kedge/core.'],
  },
  ValueChannelsNotOpen: { message: 'The channel is not open: never opened, or closed.' },
  ValueChannelsWrongSigner: { message: 'The channel key neither signed the voucher nor sends the capture itself.' },
  ValueChannelsTooLate: { message: 'Deadline and grace have passed: nothing can be captured any more.' },
  ValueChannelsTooEarly: {
    message: 'Only the operator may close the channel before deadline and grace have passed.',
    hints: ['Ask the operator to close it, or wait.'],
  },
  ValueMarketNotIssuer: { message: 'The caller is not the issuer of the class.', hints: notIssuer },
  ValueMarketNotSeller: {
    message: 'The lot names another seller than the market.',
    hints: ['Create a lot whose seller is the ValueMarket.'],
  },
  ValueMarketNotListed: { message: 'The lot is not on sale.', hints: ['The issuer puts it on sale: openListing.'] },
  ValueMarketSoldOut: { message: 'Fewer units are left than asked for.' },
  ValueMarketTooExpensive: { message: 'The price is above what the buyer allows.' },
  ValueMarketWrongPayment: { message: 'The payment does not fit the price.' },
  ValueMarketSurplusRefused: { message: 'The buyer refused the ETH beyond the price.' },
  ContributorRootsNotOwner: { message: 'Only the holder of the token may commit it.', hints: holderOnly },
  ContributorRootsNoShare: { message: 'The token has no share, so it would never earn.' },
  ContributorRootsShareExpired: { message: 'The share of the token has expired, so it would never earn.' },
  ContributorRootsRevocationPending: {
    message: 'The issuer announced that it would take the share of the token.',
    hints: ['Appeal with appealRevocation, or wait until the announcement is withdrawn or lapses.'],
  },
  ContributorRootsEmptyRoot: { message: 'The root or its total weight is zero.' },
  ContributorRootsNotCommitted: {
    message: 'The token is not committed to contributors.',
    hints: ['Its holder does so with commitContributors.'],
  },
  ContributorRootsNotController: { message: 'The caller may not set roots of the token.' },
  ContributorRootsNotPendingController: { message: 'The right to re-root was not offered to the caller.' },
  ContributorRootsWrongProof: {
    message: 'The proof does not lead to the root of its epoch.',
    hints: ['Make it from the list of that epoch, in its order: contributorTree of @kedge/core.'],
  },
  ContributorRootsUnauthorized: { message: 'Only the contributor itself may choose where its part is paid.' },
  ContributorRootsExhausted: {
    message: 'The leaves weigh more than their root says, and others have taken what there was.',
  },
  ContributorRootsTooManyRenewals: { message: 'The share was renewed as often as it can be.' },
  OperatorBondNothingPosted: { message: 'Nothing was posted, or for nobody.' },
  OperatorBondWrongPayment: { message: 'The ETH sent is not the amount of the bond.' },
  OperatorBondInvalidAsset: { message: 'The asset is not an ERC-20 contract.', hints: ['The zero address means ETH.'] },
  OperatorBondWrongPromise: { message: 'The promise of a bond is only ever lengthened.' },
  OperatorBondUnbonding: { message: 'The bond is unbonding where it must not be, or is not where it must be.' },
  OperatorBondTooEarly: { message: 'The bond may not go yet.', hints: ['releaseAt is when it may.'] },
  OperatorBondOtherChannel: { message: 'A receipt is of another channel.' },
  OperatorBondNoEquivocation: {
    message: 'The receipts are one, or have two numbers: that is no equivocation.',
    hints: ['findEquivocations of @kedge/core finds pairs that are.'],
  },
  OperatorBondWrongSigner: { message: 'A receipt is not signed by the operator of the channel.' },
  OperatorBondAlreadyProven: {
    message: 'The channel was proven before in this asset.',
    hints: ['raiseClaim claims what was captured since: kedge bond raise.'],
  },
  OperatorBondNeverOpened: { message: 'The channel never was open: nobody lost anything in it.' },
  OperatorBondNotProven: {
    message: 'The channel was not proven in this asset.',
    hints: ['proveFraud takes two receipts with one number: kedge prove-fraud.'],
  },
  OperatorBondNothingToRaise: { message: 'Nothing was captured beyond what is claimed.' },
  OperatorBondNothingBonded: { message: 'The operator has no bond in this asset.' },
  OperatorBondNothingToPay: { message: 'The channel was not proven in this asset, or is paid already.' },
  OperatorBondNothingToBurn: { message: 'There is nothing to burn in that window.' },
  OperatorBondWindowOpen: {
    message: 'The window that proofs collect in has not ended.',
    hints: ['Try again after endsAt.', 'raiseClaim claims what is captured until then.'],
  },
  OperatorBondPaymentFailed: { message: 'The recipient refused the payment.' },
  ValuePlansInvalidPlan: { message: 'The plan cannot be sold.' },
  ValuePlansNotLinear: {
    message: 'A lot of the schedule does not continue the one before.',
    hints: ['Create its lots one after the other, with the same terms, each dearer by the same amount.'],
  },
  ValuePlansWrongUnits: { message: 'The plan sells other numbers of units.' },
  ValuePlansStepNotReached: {
    message: 'The step before is not sold out.',
    hints: ['Buy from that step: currentStep names it.'],
  },
  PermitBuyerNotErc20: {
    message: 'The lot is priced in ETH, which needs no permit.',
    hints: ['Buy it with buyValue.'],
  },
  PermitBuyerTooExpensive: { message: 'The price is above what the buyer allows.' },
  PermitBuyerWrongPayment: { message: 'Less arrived than the cost: the asset keeps a fee.' },
  PermitBuyerWrongAsset: { message: 'The signature is over another asset than the lot’s.' },
  ChannelDepositsNothingToSweep: {
    message: 'What was deposited does not buy one unit.',
    hints: ['Pay more to the deposit address, or see in kedge status whether somebody swept it.'],
  },
  ChannelDepositsNothingToRefund: { message: 'Nothing of this asset is deposited.' },
  ChannelDepositsWrongAsset: { message: 'The lot is priced in another asset than the deposit is for.' },
  ChannelDepositsNotPaid: {
    message: 'The asset refused the payment: its signature, its time or the payer’s means.',
    hints: ['Nothing was paid. Sign again for this deposit address and amount.'],
  },
  ChannelDepositsTooEarly: { message: 'Before the deadline only the refund address takes a deposit back.' },
  ChannelDepositsUnauthorized: { message: 'Only the refund address may ask for this.' },
  ERC3525AdapterUnauthorized: { message: 'The caller may not act on the token.', hints: holderOnly },
  ERC3525AdapterInsufficientAllowance: { message: 'The operator may move less than asked for.' },
  ERC3525AdapterCannotMint: {
    message: 'The adapter makes no tokens.',
    hints: ['Move the value to a token of its lot that exists.'],
  },
  ERC3525AdapterRefused: { message: 'The contract that owns the receiving token does not take the value.' },
  ERC3525AdapterApproveAtToken: { message: 'Approvals of tokens are given at the token contract.' },
  AttestationRegistryExists: {
    message: 'The attestation is there already, or was put forward before: its id is its content.',
  },
  AttestationRegistryUnknown: {
    message: 'There is no such attestation.',
    hints: ['getAttestations lists those of a class or token.'],
  },
  AttestationRegistryMissing: { message: 'An attestation needs a type, the hash of a statement and a version.' },
  AttestationRegistryNotYetIssued: { message: 'The attestation is dated ahead of the chain.' },
  AttestationRegistryExpired: { message: 'The attestation has expired.' },
  AttestationRegistryNotSigned: {
    message: 'The attestation is not signed by its attester, for this chain and registry.',
    hints: ['signAttestation makes a signature; the attester itself needs none.'],
  },
  AttestationRegistryNoVerdict: {
    message: 'A verdict has a reference, an outcome, a method and the type of verdicts.',
  },
  AttestationRegistryOtherSubject: { message: 'The verdict names another class or token than what it is about.' },
  AttestationRegistryVerdictOnVerdict: {
    message: 'A verdict cannot be about a verdict.',
    hints: ['Give a verdict on the attestation itself.'],
  },
  AttestationRegistryOwnVerdict: { message: 'Nobody gives a verdict on what it attested itself.' },
  AttestationRegistrySuperseded: {
    message: 'A verdict of this verifier with that version, or a later one, is there already.',
    hints: ['Give it a higher version.'],
  },
  AttestationRegistryNotAttester: { message: 'Only who attested it can revoke it.' },
  AttestationRegistryRevoked: { message: 'The attestation was revoked before.' },
  AttestationRegistryUnauthorized: {
    message: 'Only the holder or its operator puts a proof forward.',
    hints: holderOnly,
  },
  AttestationRegistryShortProof: {
    message: 'The signature lacks what it must begin with.',
    hints: ['packProof of the AttestationRegistry makes it.'],
  },
  AttestationRegistryUnsorted: {
    message: 'Verifiers must be listed once each, ascending by address.',
  },
  AttestationRegistryZeroThreshold: { message: 'At least one verifier must agree.' },
  ERC20InsufficientBalance: { message: 'The account has too little of the asset.' },
  ERC20InsufficientAllowance: { message: 'The account allows too little of the asset to be taken.' },
  ERC721IncorrectOwner: { message: 'The token belongs to another account.' },
  ERC721InsufficientApproval: { message: 'The caller may not transfer the token.' },
  ERC721InvalidApprover: { message: 'The caller may not approve for the token.' },
  ERC721InvalidOperator: { message: 'The zero address can be no operator.' },
  ERC721InvalidOwner: { message: 'The zero address owns no tokens.' },
  ERC721InvalidSender: { message: 'Tokens do not come from the zero address.' },
  ERC721NonexistentToken: { message: 'There is no such token.' },
  ReentrancyGuardReentrantCall: {
    message: 'The call came while another one of the contract was not finished.',
    hints: ['Call from outside of a transfer or a lock.'],
  },
  ERC721InvalidReceiver: { message: 'The recipient is the zero address, or a contract that does not take tokens.' },
  SafeERC20FailedOperation: { message: 'The asset refused the payment.' },
};
