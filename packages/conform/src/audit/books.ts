import { zeroAddress, type Address } from '@kedge/core';
import { getAddress } from 'viem';

/** The money of one class in one asset, as events tell it. Amounts in the asset's smallest unit. */
export type LedgerBook = {
  readonly classId: bigint;
  readonly asset: Address;
  received: bigint;
  royaltiesPaid: bigint;
  claimed: bigint;
  orphan: bigint;
  backing: bigint;
  /** Revenue per unit of share, scaled by 2^48, and what could not be divided. */
  index: bigint;
  carry: bigint;
  /** The index after each change of it, by the number of the event. */
  readonly history: { readonly event: number; readonly index: bigint }[];
};

export type ClassBook = {
  readonly classId: bigint;
  beneficiary: Address;
  royaltyBps: bigint;
  totalShare: bigint;
  /** The number of the event at which the shares that expire at a second left the total. */
  readonly exits: Map<bigint, number>;
  /** The number of the event at which the shares that waited until a second entered it. */
  readonly entries: Map<bigint, number>;
};

export type TokenBook = {
  readonly tokenId: bigint;
  readonly classId: bigint;
  readonly share: bigint;
  expireAt: bigint;
  /** The number of the event at which its share entered the total, where it did not wait for that. */
  readonly entry: number;
  /** Last second that its share waited for, where it did. */
  activateAt?: bigint;
  /** The number of the event at which its share ended before its expiry. */
  exit?: number;
  readonly claimed: Map<Address, bigint>;
};

export type LotBook = { readonly classId: bigint; readonly lot: number; readonly asset: Address; escrow: bigint };

/** Everything that the events of a contract say about money. */
export type Books = {
  readonly classes: Map<bigint, ClassBook>;
  readonly ledgers: Map<string, LedgerBook>;
  readonly lots: Map<string, LotBook>;
  readonly tokens: Map<bigint, TokenBook>;
  readonly owed: Map<string, { readonly account: Address; readonly asset: Address; amount: bigint }>;
  readonly assets: Set<Address>;
  /** Where events contradict each other. */
  readonly contradictions: string[];
};

export function emptyBooks(): Books {
  return {
    classes: new Map(),
    ledgers: new Map(),
    lots: new Map(),
    tokens: new Map(),
    owed: new Map(),
    assets: new Set([zeroAddress]),
    contradictions: [],
  };
}

export const basisPoints = 10_000n;
export const scaleBits = 48n;

/** The holders' cumulative part of what a class received. */
export function holdersPartDown(received: bigint, royaltyBps: bigint): bigint {
  return (received * (basisPoints - royaltyBps)) / basisPoints;
}

/** What the contract owes for a class in an asset: to holders, to parents, to the next shares, and behind unspent value. */
export function liabilityOf({ received, backing, claimed, royaltiesPaid }: LedgerBook): bigint {
  return received + backing - claimed - royaltiesPaid;
}

/** What is owed in an asset, over all classes and accounts. */
export function owedIn(books: Books, asset: Address): bigint {
  let sum = 0n;
  for (const ledger of books.ledgers.values()) if (ledger.asset === asset) sum += liabilityOf(ledger);
  for (const owed of books.owed.values()) if (owed.asset === asset) sum += owed.amount;
  return sum;
}

/** The same books, in some assets only. */
export function booksIn(books: Books, assets: readonly Address[]): Books {
  const kept = new Set(assets.map((asset) => getAddress(asset)));
  const keep = <key, book extends { readonly asset: Address }>(of: ReadonlyMap<key, book>): Map<key, book> =>
    new Map([...of].filter(([, { asset }]) => kept.has(asset)));
  const { ledgers, lots, owed } = books;
  return { ...books, ledgers: keep(ledgers), lots: keep(lots), owed: keep(owed), assets: kept };
}

/** What a token may claim: its share of the index between its entry and its exit, less what it claimed. */
export function pendingOf(books: Books, token: TokenBook, ledger: LedgerBook): bigint {
  const book = books.classes.get(token.classId);
  const entry = token.activateAt === undefined ? token.entry : book?.entries.get(token.activateAt);
  if (entry === undefined) return 0n;
  const exit = token.exit ?? book?.exits.get(token.expireAt);
  const end = exit === undefined ? ledger.index : indexBefore(ledger, exit);
  const earned = (token.share * (end - indexBefore(ledger, entry))) >> scaleBits;
  return earned - (token.claimed.get(ledger.asset) ?? 0n);
}

function indexBefore({ history }: LedgerBook, event: number): bigint {
  let low = 0;
  let high = history.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (history[middle]!.event < event) low = middle + 1;
    else high = middle;
  }
  return low === 0 ? 0n : history[low - 1]!.index;
}
