import { index, onchainTable, primaryKey } from 'ponder';

// Units and amounts are numeric(78); a position is block << 24 | log index, which orders events as the chain did.
// Every number is what the events say, by the contracts' own arithmetic; nothing is read back from the chain.
// PostgreSQL's integer ends at 2^31 - 1, and what it cannot hold stops the indexer: integers are what the contracts count or
// bound, and a number that whoever sends a transaction chooses is a numeric.

type Columns = Parameters<Extract<Parameters<typeof onchainTable>[1], (...columns: never[]) => unknown>>[0];

/** Where something happened. */
const happened = (t: Columns) => ({
  at: t.integer().notNull(),
  blockNumber: t.integer().notNull(),
  transactionHash: t.hex().notNull(),
});

/** A class, and what it has come to. */
export const classBook = onchainTable('class', (t) => ({
  classId: t.bigint().primaryKey(),
  issuer: t.hex().notNull(),
  pendingIssuer: t.hex(),
  kind: t.integer().notNull(),
  unitDecimals: t.integer().notNull(),
  metadataURI: t.text().notNull(),
  integrityHash: t.hex().notNull(),
  beneficiary: t.hex(),
  policyVersion: t.integer().notNull(),
  royaltyBps: t.integer().notNull(),
  childCount: t.integer().notNull(),
  tokenCount: t.integer().notNull(),
  /** Active share as the contract stores it: shares that expired unseen are still in it. */
  totalShare: t.bigint().notNull(),
  shareCap: t.bigint(),
  sharesFrozenFrom: t.bigint(),
  activationDelay: t.integer(),
  policyNotice: t.integer(),
  appealWindow: t.integer(),
  nonTransferable: t.boolean(),
  valueKeepsExpiry: t.boolean(),
  sharesOutliveExpiry: t.boolean(),
  createdAt: t.integer().notNull(),
  position: t.bigint().notNull(),
}));

/** A lineage edge. */
export const royaltyEdge = onchainTable(
  'royalty_edge',
  (t) => ({
    childId: t.bigint().notNull(),
    parentIndex: t.integer().notNull(),
    parentId: t.bigint().notNull(),
    royaltyBps: t.integer().notNull(),
    accepted: t.boolean().notNull(),
  }),
  (table) => ({
    pk: primaryKey({ columns: [table.childId, table.parentIndex] }),
    byParent: index().on(table.parentId),
  }),
);

/** What an edge has carried in one asset. */
export const edgeFlow = onchainTable(
  'edge_flow',
  (t) => ({
    childId: t.bigint().notNull(),
    parentIndex: t.integer().notNull(),
    asset: t.hex().notNull(),
    collected: t.bigint().notNull(),
  }),
  (table) => ({ pk: primaryKey({ columns: [table.childId, table.parentIndex, table.asset] }) }),
);

export const policyVersion = onchainTable(
  'policy_version',
  (t) => ({
    classId: t.bigint().notNull(),
    version: t.integer().notNull(),
    uri: t.text().notNull(),
    /** Null: without a hash. */
    hash: t.hex(),
    ...happened(t),
  }),
  (table) => ({ pk: primaryKey({ columns: [table.classId, table.version] }) }),
);

export const announcedPolicy = onchainTable('announced_policy', (t) => ({
  classId: t.bigint().primaryKey(),
  version: t.integer().notNull(),
  uri: t.text().notNull(),
  hash: t.hex(),
  effectiveAt: t.integer().notNull(),
}));

export const lot = onchainTable(
  'lot',
  (t) => ({
    classId: t.bigint().notNull(),
    lot: t.bigint().notNull(),
    policyVersion: t.integer().notNull(),
    asset: t.hex().notNull(),
    priceNumerator: t.bigint().notNull(),
    priceDenominator: t.bigint().notNull(),
    operatorBps: t.integer().notNull(),
    refundable: t.boolean().notNull(),
    expiredToClass: t.boolean().notNull(),
    seller: t.hex().notNull(),
    listed: t.boolean(),
    supply: t.bigint().notNull(),
    listingExpireAt: t.bigint().notNull(),
    outstanding: t.bigint().notNull(),
    spent: t.bigint().notNull(),
    escrow: t.bigint().notNull(),
    /** Position of the newest release of its backing. */
    releasedAt: t.bigint().notNull(),
  }),
  (table) => ({ pk: primaryKey({ columns: [table.classId, table.lot] }) }),
);

/** How a plan sells a lot: a tier, a subscription, or a step of a schedule. */
export const plan = onchainTable(
  'plan',
  (t) => ({
    classId: t.bigint().notNull(),
    lot: t.bigint().notNull(),
    open: t.boolean().notNull(),
    supply: t.bigint().notNull(),
    minUnits: t.bigint().notNull(),
    exact: t.boolean().notNull(),
    duration: t.bigint().notNull(),
    expireAt: t.bigint().notNull(),
    /** The step of a schedule that must be sold out first. */
    lotBefore: t.bigint(),
  }),
  (table) => ({ pk: primaryKey({ columns: [table.classId, table.lot] }) }),
);

export const token = onchainTable(
  'token',
  (t) => ({
    tokenId: t.bigint().primaryKey(),
    classId: t.bigint().notNull(),
    lot: t.bigint().notNull(),
    owner: t.hex().notNull(),
    value: t.bigint().notNull(),
    locked: t.bigint().notNull(),
    spent: t.bigint().notNull(),
    share: t.bigint().notNull(),
    expireAt: t.bigint().notNull(),
    /** Last second of the share: that of its token, or 0 where the class's shares outlive expiry (P21). */
    shareExpireAt: t.bigint().notNull(),
    /** The share earns what is settled after this position, or, where `activateAt` is not 0, after it was let in. */
    entry: t.bigint().notNull(),
    activateAt: t.bigint().notNull(),
    /** Position at which the share was retired. */
    retired: t.bigint(),
    /**
     * Open locks of modules other than ValueChannels. While there are any, `value` and `locked` are sure in their sum only:
     * no event says what such a module consumed of a lock.
     */
    foreignLocks: t.integer().notNull(),
    mintedAt: t.integer().notNull(),
  }),
  (table) => ({ byOwner: index().on(table.owner), byClass: index().on(table.classId) }),
);

/** What an issuer announced about a token: an offer to renew its share, a revocation. */
export const tokenNotice = onchainTable('token_notice', (t) => ({
  tokenId: t.bigint().primaryKey(),
  /** 0: no offer. */
  renewalOffer: t.bigint().notNull(),
  revocationAt: t.bigint(),
  reason: t.text(),
  /** The holder's appeal. */
  statement: t.text(),
  revokedAt: t.integer(),
}));

/** Shares of a class that leave and enter at the end of a second, and the position at which the contract did that. */
export const shareMoment = onchainTable(
  'share_moment',
  (t) => ({
    classId: t.bigint().notNull(),
    moment: t.bigint().notNull(),
    leaving: t.bigint().notNull(),
    entering: t.bigint().notNull(),
    done: t.bigint(),
  }),
  (table) => ({ pk: primaryKey({ columns: [table.classId, table.moment] }) }),
);

/** The money of a class in one asset (law L3). */
export const ledger = onchainTable(
  'ledger',
  (t) => ({
    classId: t.bigint().notNull(),
    asset: t.hex().notNull(),
    received: t.bigint().notNull(),
    royaltiesPaid: t.bigint().notNull(),
    claimed: t.bigint().notNull(),
    orphan: t.bigint().notNull(),
    backing: t.bigint().notNull(),
    /** Revenue per unit of share, scaled by 2^48. */
    index: t.bigint().notNull(),
    /** What announced itself as the cause of the next accrual: position and kind. */
    causePosition: t.bigint(),
    cause: t.text(),
    /** Position of the newest accrual; 0 before the first. */
    lastAccrual: t.bigint().notNull(),
  }),
  (table) => ({ pk: primaryKey({ columns: [table.classId, table.asset] }) }),
);

/** An arrival of revenue: a settlement, a release of backing, or a collected royalty. */
export const accrual = onchainTable(
  'accrual',
  (t) => ({
    position: t.bigint().primaryKey(),
    classId: t.bigint().notNull(),
    asset: t.hex().notNull(),
    amount: t.bigint().notNull(),
    toHolders: t.bigint().notNull(),
    totalShare: t.bigint().notNull(),
    /** Of the ledger, after this. */
    index: t.bigint().notNull(),
    received: t.bigint().notNull(),
    /** `settlement`; `release` or `royalty`, which are rows at `causePosition`; or `backing` of a lot that came free. */
    cause: t.text().notNull(),
    causePosition: t.bigint(),
    lot: t.bigint(),
    payer: t.hex().notNull(),
    ...happened(t),
  }),
  (table) => ({
    byLedger: index().on(table.classId, table.asset, table.position),
    byTime: index().on(table.classId, table.at),
  }),
);

/** Backing that became the operator's cut and revenue. */
export const release = onchainTable(
  'release',
  (t) => ({
    position: t.bigint().primaryKey(),
    classId: t.bigint().notNull(),
    lot: t.bigint().notNull(),
    operator: t.hex(),
    operatorAmount: t.bigint().notNull(),
    revenue: t.bigint().notNull(),
    /** Uses of the lot after this position and before its own were released. */
    since: t.bigint().notNull(),
    at: t.integer().notNull(),
    transactionHash: t.hex().notNull(),
  }),
  (table) => ({ byOperator: index().on(table.operator, table.at) }),
);

/** A royalty that a parent collected. */
export const royalty = onchainTable(
  'royalty',
  (t) => ({
    position: t.bigint().primaryKey(),
    childId: t.bigint().notNull(),
    parentId: t.bigint().notNull(),
    parentIndex: t.integer().notNull(),
    asset: t.hex().notNull(),
    amount: t.bigint().notNull(),
    /** Of the edge, before this. */
    collectedBefore: t.bigint().notNull(),
    ...happened(t),
  }),
  (table) => ({ byChild: index().on(table.childId, table.position) }),
);

export const usage = onchainTable(
  'usage',
  (t) => ({
    position: t.bigint().primaryKey(),
    tokenId: t.bigint().notNull(),
    classId: t.bigint().notNull(),
    lot: t.bigint().notNull(),
    metricType: t.hex().notNull(),
    units: t.bigint().notNull(),
    actor: t.hex().notNull(),
    /** The owner recorded it on its own token (P15). */
    selfReported: t.boolean().notNull(),
    ...happened(t),
  }),
  (table) => ({
    byLot: index().on(table.classId, table.lot, table.position),
    byTime: index().on(table.classId, table.at),
  }),
);

/** Use of a class by day; all days together are its use. */
export const usageDay = onchainTable(
  'usage_day',
  (t) => ({
    classId: t.bigint().notNull(),
    day: t.integer().notNull(),
    metricType: t.hex().notNull(),
    units: t.bigint().notNull(),
    /** Of which backed value that another than its holder captured through the channels of the deployment. */
    paidUnits: t.bigint().notNull(),
    selfReportedUnits: t.bigint().notNull(),
    records: t.integer().notNull(),
  }),
  (table) => ({ pk: primaryKey({ columns: [table.classId, table.day, table.metricType] }) }),
);

export const revenueDay = onchainTable(
  'revenue_day',
  (t) => ({
    classId: t.bigint().notNull(),
    day: t.integer().notNull(),
    asset: t.hex().notNull(),
    received: t.bigint().notNull(),
    royalties: t.bigint().notNull(),
  }),
  (table) => ({ pk: primaryKey({ columns: [table.classId, table.day, table.asset] }) }),
);

export const channel = onchainTable(
  'channel',
  (t) => ({
    channelId: t.hex().primaryKey(),
    tokenId: t.bigint().notNull(),
    classId: t.bigint().notNull(),
    holder: t.hex().notNull(),
    operator: t.hex().notNull(),
    channelKey: t.hex().notNull(),
    mode: t.integer().notNull(),
    cap: t.bigint().notNull(),
    rate: t.bigint().notNull(),
    burst: t.bigint().notNull(),
    deadline: t.bigint().notNull(),
    grace: t.bigint().notNull(),
    salt: t.hex().notNull(),
    captured: t.bigint().notNull(),
    returned: t.bigint().notNull(),
    captureCount: t.integer().notNull(),
    lastSeq: t.bigint(),
    lastReceiptHash: t.hex(),
    openedAt: t.integer().notNull(),
    closedAt: t.integer(),
    position: t.bigint().notNull(),
  }),
  (table) => ({
    byToken: index().on(table.tokenId),
    byHolder: index().on(table.holder),
    byOperator: index().on(table.operator),
    byPosition: index().on(table.position),
  }),
);

export const capture = onchainTable(
  'capture',
  (t) => ({
    position: t.bigint().primaryKey(),
    channelId: t.hex().notNull(),
    tokenId: t.bigint().notNull(),
    classId: t.bigint().notNull(),
    operator: t.hex().notNull(),
    units: t.bigint().notNull(),
    capturedUnits: t.bigint().notNull(),
    seq: t.bigint().notNull(),
    receiptHash: t.hex().notNull(),
    ...happened(t),
  }),
  (table) => ({
    byChannel: index().on(table.channelId, table.position),
    byOperator: index().on(table.operator, table.position),
    byTransaction: index().on(table.transactionHash),
  }),
);

/** What a module other than ValueChannels was given, while its lock is open. */
export const foreignLock = onchainTable(
  'foreign_lock',
  (t) => ({ module: t.hex().notNull(), lockId: t.hex().notNull(), units: t.bigint().notNull() }),
  (table) => ({ pk: primaryKey({ columns: [table.module, table.lockId] }) }),
);

export const receiptRoot = onchainTable(
  'receipt_root',
  (t) => ({
    position: t.bigint().primaryKey(),
    operator: t.hex().notNull(),
    root: t.hex().notNull(),
    epoch: t.bigint().notNull(),
    firstBatch: t.bigint().notNull(),
    lastBatch: t.bigint().notNull(),
    cid: t.text().notNull(),
    ...happened(t),
  }),
  (table) => ({
    byOperator: index().on(table.operator, table.position),
    byTransaction: index().on(table.transactionHash),
  }),
);

export const claim = onchainTable(
  'claim',
  (t) => ({
    position: t.bigint().primaryKey(),
    tokenId: t.bigint().notNull(),
    classId: t.bigint().notNull(),
    to: t.hex().notNull(),
    asset: t.hex().notNull(),
    amount: t.bigint().notNull(),
    ...happened(t),
  }),
  (table) => ({ byToken: index().on(table.tokenId, table.position), byRecipient: index().on(table.to) }),
);

/** What a token has claimed in one asset. */
export const tokenClaims = onchainTable(
  'token_claims',
  (t) => ({ tokenId: t.bigint().notNull(), asset: t.hex().notNull(), claimed: t.bigint().notNull() }),
  (table) => ({ pk: primaryKey({ columns: [table.tokenId, table.asset] }) }),
);

/** What an account earned outside of tokens, and what of that it has not withdrawn. */
export const due = onchainTable(
  'due',
  (t) => ({
    account: t.hex().notNull(),
    asset: t.hex().notNull(),
    earned: t.bigint().notNull(),
    owed: t.bigint().notNull(),
  }),
  (table) => ({ pk: primaryKey({ columns: [table.account, table.asset] }) }),
);

/** A token that was given to its contributors (R24). */
export const commitment = onchainTable('commitment', (t) => ({
  tokenId: t.bigint().primaryKey(),
  vault: t.hex().notNull(),
  controller: t.hex(),
  pendingController: t.hex(),
  epoch: t.integer().notNull(),
}));

export const contributorRoot = onchainTable(
  'contributor_root',
  (t) => ({
    tokenId: t.bigint().notNull(),
    epoch: t.integer().notNull(),
    root: t.hex().notNull(),
    totalWeight: t.bigint().notNull(),
    cid: t.text().notNull(),
    ...happened(t),
  }),
  (table) => ({ pk: primaryKey({ columns: [table.tokenId, table.epoch] }) }),
);

/** What was settled for the leaves of a root, and claimed by them, in one asset. */
export const contributorBook = onchainTable(
  'contributor_book',
  (t) => ({
    tokenId: t.bigint().notNull(),
    epoch: t.integer().notNull(),
    asset: t.hex().notNull(),
    accrued: t.bigint().notNull(),
    claimed: t.bigint().notNull(),
  }),
  (table) => ({ pk: primaryKey({ columns: [table.tokenId, table.epoch, table.asset] }) }),
);

/** A payment to a contributor. */
export const contribution = onchainTable(
  'contribution',
  (t) => ({
    position: t.bigint().primaryKey(),
    tokenId: t.bigint().notNull(),
    classId: t.bigint().notNull(),
    account: t.hex().notNull(),
    asset: t.hex().notNull(),
    epoch: t.integer().notNull(),
    leaf: t.bigint().notNull(),
    to: t.hex().notNull(),
    amount: t.bigint().notNull(),
    ...happened(t),
  }),
  (table) => ({
    byToken: index().on(table.tokenId, table.position),
    byAccount: index().on(table.account),
    byRecipient: index().on(table.to),
  }),
);

/** What an operator stands in for with money, in one asset (R26). */
export const bond = onchainTable(
  'bond',
  (t) => ({
    operator: t.hex().notNull(),
    asset: t.hex().notNull(),
    amount: t.bigint().notNull(),
    coveredUntil: t.bigint().notNull(),
    releaseAt: t.bigint().notNull(),
  }),
  (table) => ({ pk: primaryKey({ columns: [table.operator, table.asset] }) }),
);

export const slash = onchainTable(
  'slash',
  (t) => ({
    operator: t.hex().notNull(),
    asset: t.hex().notNull(),
    window: t.integer().notNull(),
    pot: t.bigint().notNull(),
    claims: t.bigint().notNull(),
    endsAt: t.bigint().notNull(),
    proofs: t.integer().notNull(),
    burned: t.bigint(),
  }),
  (table) => ({ pk: primaryKey({ columns: [table.operator, table.asset, table.window] }) }),
);

/** A proven equivocation: the last claim of its channel in an asset. */
export const fraud = onchainTable(
  'fraud',
  (t) => ({
    channelId: t.hex().notNull(),
    asset: t.hex().notNull(),
    operator: t.hex().notNull(),
    window: t.integer().notNull(),
    holder: t.hex().notNull(),
    reporter: t.hex().notNull(),
    backing: t.bigint().notNull(),
    /** Null: not paid yet. */
    holderAmount: t.bigint(),
    reporterAmount: t.bigint(),
    position: t.bigint().notNull(),
  }),
  (table) => ({ pk: primaryKey({ columns: [table.channelId, table.asset] }), byOperator: index().on(table.operator) }),
);

export const approval = onchainTable(
  'approval',
  (t) => ({
    owner: t.hex().notNull(),
    operator: t.hex().notNull(),
    /** `class` or `usage`. */
    kind: t.text().notNull(),
    scope: t.bigint().notNull(),
    approved: t.boolean().notNull(),
    units: t.bigint(),
    expireAt: t.bigint(),
    position: t.bigint().notNull(),
    ...happened(t),
  }),
  (table) => ({ pk: primaryKey({ columns: [table.owner, table.kind, table.scope, table.operator] }) }),
);

/** A statement about a class or token (P31). What `subjectKind` and `outcome` count is in @kedge/core. */
export const attestation = onchainTable(
  'attestation',
  (t) => ({
    id: t.hex().primaryKey(),
    subjectKind: t.integer().notNull(),
    subjectId: t.bigint().notNull(),
    attestationType: t.hex().notNull(),
    attester: t.hex().notNull(),
    version: t.bigint().notNull(),
    statementHash: t.hex().notNull(),
    uri: t.text().notNull(),
    issuedAt: t.bigint().notNull(),
    expireAt: t.bigint().notNull(),
    revokedAt: t.integer(),
    position: t.bigint().notNull(),
    ...happened(t),
  }),
  (table) => ({
    bySubject: index().on(table.subjectId, table.position),
    byAttester: index().on(table.attester, table.position),
    byPosition: index().on(table.position),
  }),
);

/** What a verifier found of an attestation. Of one verifier's on one attestation, that of the highest version counts. */
export const verdict = onchainTable(
  'verdict',
  (t) => ({
    id: t.hex().primaryKey(),
    attestationId: t.hex().notNull(),
    verifier: t.hex().notNull(),
    outcome: t.integer().notNull(),
    method: t.hex().notNull(),
    version: t.bigint().notNull(),
    statementHash: t.hex().notNull(),
    uri: t.text().notNull(),
    issuedAt: t.bigint().notNull(),
    expireAt: t.bigint().notNull(),
    revokedAt: t.integer(),
    position: t.bigint().notNull(),
    ...happened(t),
  }),
  (table) => ({ byAttestation: index().on(table.attestationId, table.position) }),
);

/** What became of money at a deposit address (R28): value in a channel (`sweep`), or paid back (`refund`). */
export const depositMove = onchainTable(
  'deposit_move',
  (t) => ({
    position: t.bigint().primaryKey(),
    kind: t.text().notNull(),
    deposit: t.hex().notNull(),
    /** Null: a market of the depositor's own handed out a token of no lot, so no event says what was spent. */
    asset: t.hex(),
    amount: t.bigint().notNull(),
    channelId: t.hex(),
    operator: t.hex(),
    units: t.bigint(),
    to: t.hex(),
    ...happened(t),
  }),
  (table) => ({
    byDeposit: index().on(table.deposit, table.position),
    byOperator: index().on(table.operator, table.position),
  }),
);

/** What else a live view shows; captures, uses, accruals, claims and receipt roots are in their own tables. */
export const happening = onchainTable('happening', (t) => ({
  position: t.bigint().primaryKey(),
  type: t.text().notNull(),
  classId: t.bigint(),
  tokenId: t.bigint(),
  channelId: t.hex(),
  account: t.hex(),
  units: t.bigint(),
  asset: t.hex(),
  amount: t.bigint(),
  ...happened(t),
}));
