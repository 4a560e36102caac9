/** What to do about an error, in commands: by its code, which for reverts is the error's name in the ABI. */
export const commandHints: Readonly<Record<string, readonly string[]>> = {
  ERC8028NonexistentClass: ['List the classes: kedge status'],
  ERC8028NonexistentToken: ['List the tokens: kedge status'],
  ERC8028Unauthorized: ["Pass --account with the holder's key."],
  ERC8028Expired: ['What the token earned before can still be claimed. Buy value anew: kedge buy <classId> <units>'],
  ERC8028InsufficientValue: [
    'Name fewer units, close a channel that holds some, or buy more: kedge buy <classId> <units>',
  ],
  ERC8028NoActiveShare: ['Its issuer mints a share first: kedge mint <classId> --share 1000'],
  DATInvalidOption: ['--policy-notice is 365d at most, --appeal-window from 1d to 365d.'],
  DATLotSuperseded: ['See what is on sale: kedge status', 'Its issuer sells more: kedge lot create <classId> <units>'],
  DATNotRevocable: [
    'Only those of a class with an appeal window can be. It is fixed when the class is created: --appeal-window.',
  ],
  DATRenewalDelaysRefund: ['The issuer can open refunds before expiry: kedge lot refunds <classId> <lot>'],
  DATLessValue: ['Some of it was used, moved or locked since. Agree again on what is left: kedge status'],
  DATLessPending: ['Some of it was claimed since. Agree again on what is left: kedge status'],
  DATNotIssuer: ["Pass --account with the issuer's key."],
  DATNotParentIssuer: ["Pass --account with the key of the parent's issuer."],
  DATNotPendingIssuer: ['Pass --account with the key of the account that the role was offered to.'],
  DATShareCapExceeded: [
    'Mint a smaller weight.',
    'A holder gives a part of a share away: kedge token split <tokenId> --part 0:<weight>:<to>',
  ],
  DATInvalidExpiry: [
    'Name a time after now and before the year 2106, to renew after the expiry that there is; or none.',
  ],
  DATNonexistentLot: ['List the lots: kedge status'],
  DATPolicyWithoutHash: ['Create the class with --policy <file>.'],
  DATRoyaltiesTooHigh: ['Lower the basis points given with --parent <classId>:<bps>.'],
  DATInvalidAsset: ['Name the address of an ERC-20 contract, or leave --asset out for ETH.'],
  ValueChannelsNotOpen: ['List the channels: kedge status', 'Open one: kedge channel open <tokenId>'],
  ValueChannelsTooEarly: ["Pass --account with the operator's key, or wait."],
  ValueMarketNotIssuer: ["Pass --account with the issuer's key."],
  ValueMarketNotListed: ['See what is on sale: kedge status'],
  ValueMarketSoldOut: ['Buy fewer units. See how many are left: kedge status'],
  ValueMarketTooExpensive: ['Allow more with --max-cost.'],
  ValuePlansWrongUnits: ['See how many units each lot sells at once: kedge status'],
  ValuePlansStepNotReached: ['Name the lot that is sold now with --lot. See which it is: kedge status'],
  ContributorRootsNotOwner: [
    "Pass --account with the holder's key.",
    'Set the next list of a token that is committed already: kedge contributors set <tokenId> <file>',
  ],
  ContributorRootsRevocationPending: [
    'Wait until the announcement is withdrawn or lapses, or appeal: kedge token appeal <tokenId> <statement>',
  ],
  ContributorRootsNotCommitted: [
    'Its holder commits it: kedge contributors commit <tokenId> <file>',
    'A token that its share was renewed into goes by the id that was committed.',
  ],
  ContributorRootsNotController: ['Pass --account with the key of the account that sets its lists.'],
  OperatorBondNoEquivocation: [
    'kedge prove-fraud looks for two different receipts with one number among all that you give it.',
  ],
  OperatorBondAlreadyProven: ['Claim what was captured since: kedge bond raise <channelId>'],
  OperatorBondNotProven: ['Prove it with two receipts of one number: kedge prove-fraud <receipts>'],
  OperatorBondWindowOpen: ['Try again after endsAt. Until then claim what is captured: kedge bond raise <channelId>'],
  OperatorBondNothingBonded: [
    'Name another asset with --asset. List the bonds in every asset: kedge bond show <operator>',
  ],
  OperatorBondWrongSigner: [
    'A receipt holds on the chain, and with the contracts, that it was made for.',
    'See what is wrong with each: kedge verify <receipts>',
  ],
  AttestationRegistryUnknown: ['List those of a class: kedge attestations --class <classId>'],
  AttestationRegistryNotSigned: [
    'The attester signs it for this chain and these contracts: kedge attest proof <file> --token <tokenId> --type <label> --sign --json',
  ],
  AttestationRegistryNotAttester: ["Pass --account with the attester's key."],
  AttestationRegistryUnauthorized: [
    "Pass --account with the holder's key.",
    'Anyone may state something else: kedge attest <file> --token <tokenId> --type <label>',
  ],
  AttestationRegistryOwnVerdict: ['Pass --account with the key of another verifier.'],
  AttestationRegistrySuperseded: ['Leave --number out: the next one is taken.'],
  insufficient_funds: ['Fund the account, or sign with another one: --account <name>.'],
  events_unavailable: [
    'It may keep only those of newer blocks: name a node that keeps all, such as an archive node, with --rpc.',
    'If the contracts are newer than what it lacks, say in which block they begin: "firstBlock" in the file of --contracts.',
  ],
  chain_unreachable: ['Name another RPC with --rpc, or start the local stack: kedge up'],
  transaction_pending: ['Before it is sent again, see whether it was mined: kedge status'],
};
