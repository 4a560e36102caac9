import type { Address, Hex } from '@kedge/core';
import { createJournal, type Journal, type Table } from './journal.js';

/** Everything below is in lower case, so that addresses are equal as strings. */
export type Addresses = {
  readonly token: Address;
  readonly extension: Address;
  readonly channels: Address;
  readonly market: Address;
  /** Contracts that act for the test. They take ETH and tokens, or not, and may call back while they do. */
  readonly actors: readonly Address[];
  readonly assets: readonly AssetTerms[];
};

/** @param feeBps Basis points that vanish from every transfer. */
type AssetTerms = { readonly address: Address; readonly feeBps: bigint };

export type Policy = { readonly uri: string; readonly hash: Hex };
export type Parent = { readonly classId: bigint; readonly royaltyBps: number; readonly accepted: boolean };

/** What a class is bound to. Zero: not bound. */
export type ClassOptions = {
  readonly shareCap: bigint;
  readonly sharesFrozenFrom: bigint;
  readonly activationDelay: bigint;
  readonly policyNotice: bigint;
  readonly appealWindow: bigint;
  readonly nonTransferable: boolean;
  readonly valueKeepsExpiry: boolean;
  readonly sharesOutliveExpiry: boolean;
};

export type ClassRecord = {
  readonly classId: bigint;
  readonly issuer: Address;
  readonly pendingIssuer: Address;
  readonly kind: number;
  readonly unitDecimals: number;
  readonly metadataURI: string;
  readonly integrityHash: Hex;
  readonly beneficiary: Address;
  readonly parents: readonly Parent[];
  /** Version 1 is the first. */
  readonly policies: readonly Policy[];
  /** Waits for the end of its notice. */
  readonly announced?: Policy & { readonly effectiveAt: bigint };
  readonly options: ClassOptions;
  readonly lotCount: number;
  readonly tokenCount: number;
  /** What is asked of who resells a token. */
  readonly saleRoyalty: { readonly receiver: Address; readonly royaltyBps: number };
};

export type LotTerms = {
  readonly asset: Address;
  readonly priceNumerator: bigint;
  readonly priceDenominator: bigint;
  readonly operatorBps: number;
  readonly refundable: boolean;
  readonly expiredToClass: boolean;
  readonly seller: Address;
};

/** A backed lot; `spent`, `outstanding` and `escrow` over all its tokens and locks. */
export type LotRecord = {
  readonly classId: bigint;
  readonly lot: number;
  readonly terms: LotTerms;
  readonly policyVersion: number;
  readonly outstanding: bigint;
  readonly spent: bigint;
  readonly escrow: bigint;
};

export type TokenRecord = {
  readonly tokenId: bigint;
  readonly classId: bigint;
  readonly lot: number;
  readonly owner: Address;
  readonly value: bigint;
  readonly expireAt: bigint;
  readonly share: bigint;
  /** Last second before the share earns; 0 when it never waited. */
  readonly activateAt: bigint;
  /** Somebody has let the share that waited into the class's total. */
  readonly shareEntered: boolean;
  /** Somebody has taken its expired share out of the class's total. */
  readonly shareRemoved: boolean;
  readonly expirySeen: boolean;
  readonly approved: Address;
  /** Expiry that its holder may have for its share; 0: none. */
  readonly renewalOffer: bigint;
  readonly revocation?: Revocation;
};

/** Announced, and effective from `effectiveAt` for one window (P27). */
export type Revocation = { readonly effectiveAt: bigint; readonly window: bigint; readonly appealed: boolean };

/** The revenue of one class in one asset. */
export type Books = {
  readonly index: bigint;
  readonly carry: bigint;
  readonly received: bigint;
  readonly claimed: bigint;
  readonly orphan: bigint;
  readonly backing: bigint;
  /** What each parent has collected, by edge. */
  readonly collected: readonly bigint[];
};

export type LockRecord = {
  readonly module: Address;
  readonly lockId: Hex;
  readonly tokenId: bigint;
  /** After its end: what it returned. */
  readonly remaining: bigint;
  readonly lockedAt: bigint;
  /** The token's, when it was locked. */
  readonly expireAt: bigint;
  /** Its id stays used. */
  readonly ended: boolean;
};

/** What an operator may still record on the tokens of an owner. */
export type Allowance = { readonly units: bigint; readonly expireAt: bigint };

export type Listing = { readonly open: boolean; readonly supply: bigint; readonly expireAt: bigint };

/** What an actor calls when it is called back, once. */
export type Armed = { readonly target: Address; readonly name: string; readonly args: readonly unknown[] };
type ActorState = { readonly rejectsEth: boolean; readonly rejectsTokens: boolean; readonly armed?: Armed };

/** An asset moves as asked, answers false, or reverts, where one of these accounts takes part. */
export type AssetMode = 'moves' | 'false' | 'reverts';

export type Emitted = { readonly address: Address; readonly name: string; readonly args: readonly unknown[] };

export type World = {
  readonly addresses: Addresses;
  readonly journal: Journal;
  readonly classes: Table<bigint, ClassRecord>;
  readonly lots: Table<string, LotRecord>;
  readonly tokens: Table<bigint, TokenRecord>;
  readonly books: Table<string, Books>;
  /** Unclaimed revenue of a token in an asset, times 2^48. */
  readonly earned: Table<string, bigint>;
  /** What a token's part of all revenue is as a real number, and what the index gave it: L5 compares them. */
  readonly fair: Table<string, { readonly exact: bigint; readonly given: bigint }>;
  readonly owed: Table<string, bigint>;
  readonly locks: Table<string, LockRecord>;
  readonly listings: Table<string, Listing>;
  readonly operators: Table<string, boolean>;
  readonly classOperators: Table<string, boolean>;
  readonly usageAllowances: Table<string, Allowance>;
  /** Of permits. */
  readonly nonces: Table<Address, bigint>;
  /** The zero address stands for ETH. */
  readonly balances: Table<string, bigint>;
  readonly allowances: Table<string, bigint>;
  readonly assetModes: Table<string, AssetMode>;
  /** Whom an asset calls while somebody pulls it. */
  readonly assetHooks: Table<Address, Address>;
  readonly actors: Table<Address, ActorState>;
  /** Contracts that are in the middle of a call that lets somebody else call. */
  readonly entered: Table<Address, boolean>;
  readonly emitted: Table<number, Emitted>;
  /** Seconds; the time of the block. */
  readonly now: () => bigint;
  readonly emit: (address: Address, name: string, ...args: readonly unknown[]) => void;
  /** A call by an actor, from within another. */
  readonly invoke: (sender: Address, target: Address, name: string, args: readonly unknown[], value: bigint) => unknown;
};

export function createWorld(addresses: Addresses, now: () => bigint, invoke: World['invoke']): World {
  const journal = createJournal();
  const emitted = journal.table<number, Emitted>();
  return {
    addresses,
    journal,
    classes: journal.table(),
    lots: journal.table(),
    tokens: journal.table(),
    books: journal.table(),
    earned: journal.table(),
    fair: journal.table(),
    owed: journal.table(),
    locks: journal.table(),
    listings: journal.table(),
    operators: journal.table(),
    classOperators: journal.table(),
    usageAllowances: journal.table(),
    nonces: journal.table(),
    balances: journal.table(),
    allowances: journal.table(),
    assetModes: journal.table(),
    assetHooks: journal.table(),
    actors: journal.table(),
    entered: journal.table(),
    emitted,
    now,
    emit: (address, name, ...args) => emitted.set(emitted.keys().length, { address, name, args }),
    invoke,
  };
}

/** A key made of several. */
export function keyOf(...parts: readonly (string | bigint | number)[]): string {
  return parts.join('/');
}
