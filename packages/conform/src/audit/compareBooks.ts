import type { Address } from '@kedge/core';
import { holdersPartDown, owedIn, pendingOf, type Books } from './books.js';
import { askAll, orRevert, type Views } from './readViews.js';
import { ledgerOf } from './replay.js';

/** One number that is not what events say. */
export type Difference = {
  /** `class 1`, `class 1 lot 2147483649`, `token …`, `account 0x…`, or `contract`. */
  readonly where: string;
  readonly asset?: Address;
  readonly field: string;
  readonly fromEvents: bigint;
  /** Undefined where the view reverts. */
  readonly onChain?: bigint;
  /** `onChain - fromEvents`. */
  readonly difference?: bigint;
};

type Options = {
  readonly classCount: bigint;
  readonly onProgress: ((what: string) => void) | undefined;
};

/** Classes that one call of `solvency` walks over. */
const classesAtOnce = 200n;

/** Compares books with views and balances; `held` is what the contract has of each asset. */
export async function compareBooks(
  books: Books,
  views: Views,
  { classCount, onProgress }: Options,
): Promise<{ differences: Difference[]; held: ReadonlyMap<Address, bigint> }> {
  const differences: Difference[] = [];
  const compare = (
    where: string,
    asset: Address | undefined,
    field: string,
    fromEvents: bigint,
    onChain: bigint | undefined,
  ): void => {
    if (fromEvents === onChain) return;
    const told = onChain === undefined ? {} : { onChain, difference: onChain - fromEvents };
    differences.push({ where, ...(asset === undefined ? {} : { asset }), field, fromEvents, ...told });
  };
  for (const text of books.contradictions) differences.push({ where: 'events', field: text, fromEvents: 0n });
  compare('contract', undefined, 'classes', BigInt(books.classes.size), classCount);

  const classIds = [...books.classes.keys()].filter((classId) => classId <= classCount);
  const pairs = classIds.flatMap((classId) => [...books.assets].map((asset) => [classId, asset] as const));
  const told = (what: string) => (done: number, total: number) => onProgress?.(`compared ${what}: ${done} of ${total}`);
  const infos = await askAll(pairs, ([classId, asset]) => orRevert(views.revenueInfo(classId, asset)), told('classes'));
  for (const [position, [classId, asset]] of pairs.entries()) {
    const book = ledgerOf(books, classId, asset);
    const info = infos[position];
    const { royaltyBps } = books.classes.get(classId)!;
    const expected = { ...book, royaltiesReserved: book.received - holdersPartDown(book.received, royaltyBps) };
    for (const field of comparedFields)
      compare(`class ${classId}`, asset, field, expected[field], info && BigInt(info[field]));
  }

  const lots = [...books.lots.values()];
  const escrows = await askAll(lots, ({ classId, lot }) => orRevert(views.lotInfo(classId, lot)), told('lots'));
  for (const [position, { classId, lot, asset, escrow }] of lots.entries()) {
    compare(`class ${classId} lot ${lot}`, asset, 'escrow', escrow, escrows[position]?.escrow);
  }

  const owed = [...books.owed.values()];
  const owedOnChain = await askAll(
    owed,
    ({ account, asset }) => orRevert(views.owedTo(account, asset)),
    told('accounts'),
  );
  for (const [position, { account, asset, amount }] of owed.entries()) {
    compare(`account ${account}`, asset, 'owed', amount, owedOnChain[position]);
  }

  // Tokens without a share, and assets without revenue, too: none may be able to claim.
  const claims = [...books.tokens.values()].flatMap((token) => [...books.assets].map((asset) => ({ token, asset })));
  const pending = await askAll(
    claims,
    ({ token, asset }) => orRevert(views.pendingRevenue(token.tokenId, asset)),
    told('tokens'),
  );
  for (const [position, { token, asset }] of claims.entries()) {
    const expected = pendingOf(books, token, ledgerOf(books, token.classId, asset));
    compare(`token ${token.tokenId}`, asset, 'pending', expected, pending[position]);
  }

  const held = new Map<Address, bigint>();
  for (const asset of books.assets) {
    const balance = await views.holdings(asset);
    held.set(asset, balance);
    const expected = owedIn(books, asset);
    compare('contract', asset, 'owed', expected, await orRevert(owedByView(views, asset, classCount)));
    // More than is owed is nobody's, and no fault: anyone can send it there.
    if (balance < expected) compare('contract', asset, 'balance', expected, balance);
  }
  return { differences, held };
}

/** The contract's own sum of what it owes: `solvency` of an empty range is what accounts are owed. */
async function owedByView(views: Views, asset: Address, classCount: bigint): Promise<bigint> {
  const [accounts] = await views.solvency(asset, 1n, 0n);
  let sum = accounts;
  for (let first = 1n; first <= classCount; first += classesAtOnce) {
    const last = first + classesAtOnce - 1n < classCount ? first + classesAtOnce - 1n : classCount;
    const [owed] = await views.solvency(asset, first, last);
    sum += owed - accounts;
  }
  return sum;
}

const comparedFields = [
  'received',
  'claimed',
  'royaltiesReserved',
  'royaltiesPaid',
  'orphan',
  'backing',
  'index',
  'carry',
] as const;
