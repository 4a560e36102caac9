import { zeroAddress, type Address } from '@kedge/core';
import { holdersPartDown, owedIn, pendingOf, type Books, type LedgerBook } from './books.js';
import { askAll, orRevert, type Views } from './readViews.js';

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

/**
 * Compares books with views and balances; `held` is what the contract has of each asset, undefined where the asset fails, and
 * `unreadable` are the assets in which it does not say what it owes, which it cannot where the asset fails.
 * Only what events name is asked for: who settles in assets of their own pays for every call that this adds.
 */
export async function compareBooks(
  books: Books,
  views: Views,
  { classCount, onProgress }: Options,
): Promise<{ differences: Difference[]; held: ReadonlyMap<Address, bigint | undefined>; unreadable: Address[] }> {
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

  const ledgers = [...books.ledgers.values()];
  const told = (what: string) => (done: number, total: number) => onProgress?.(`compared ${what}: ${done} of ${total}`);
  const infos = await askAll(
    ledgers,
    ({ classId, asset }) => orRevert(views.revenueInfo(classId, asset)),
    told('classes'),
  );
  for (const [position, book] of ledgers.entries()) {
    const { classId, asset } = book;
    const info = infos[position];
    const royaltyBps = books.classes.get(classId)?.royaltyBps ?? 0n;
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

  const ledgersOf = new Map<bigint, LedgerBook[]>();
  for (const ledger of ledgers) ledgersOf.set(ledger.classId, [...(ledgersOf.get(ledger.classId) ?? []), ledger]);
  // Tokens without a share, too: none may be able to claim.
  const claims = [...books.tokens.values()].flatMap((token) =>
    (ledgersOf.get(token.classId) ?? []).map((ledger) => ({ token, ledger })),
  );
  const pending = await askAll(
    claims,
    ({ token, ledger }) => orRevert(views.pendingRevenue(token.tokenId, ledger.asset)),
    told('tokens'),
  );
  for (const [position, { token, ledger }] of claims.entries()) {
    compare(`token ${token.tokenId}`, ledger.asset, 'pending', pendingOf(books, token, ledger), pending[position]);
  }

  const held = new Map<Address, bigint | undefined>();
  const unreadable: Address[] = [];
  // What it calls its number of classes was compared above, and may be endless.
  const lastClass = BigInt(books.classes.size);
  for (const asset of books.assets) {
    const isEth = asset === zeroAddress;
    const balance = isEth ? await views.balance() : await views.balanceIn(asset);
    held.set(asset, balance);
    // The view asks the asset for the same balance.
    const owedOnChain = balance === undefined ? undefined : await owedByView(views, asset, lastClass);
    const expected = owedIn(books, asset);
    if (!isEth && owedOnChain === undefined) unreadable.push(asset);
    else compare('contract', asset, 'owed', expected, owedOnChain);
    // More than is owed is nobody's, and no fault: anyone can send it there.
    if (balance !== undefined && balance < expected) compare('contract', asset, 'balance', expected, balance);
  }
  return { differences, held, unreadable };
}

/**
 * The contract's own sum of what it owes: `solvency` of an empty range is what accounts are owed. Undefined where it fails.
 */
async function owedByView(views: Views, asset: Address, lastClass: bigint): Promise<bigint | undefined> {
  const ask = (first: bigint, last: bigint) =>
    asset === zeroAddress ? orRevert(views.solvency(first, last)) : views.solvencyIn(asset, first, last);
  const accounts = await ask(1n, 0n);
  if (accounts === undefined) return undefined;
  let [sum] = accounts;
  for (let first = 1n; first <= lastClass; first += classesAtOnce) {
    const last = first + classesAtOnce - 1n < lastClass ? first + classesAtOnce - 1n : lastClass;
    const classes = await ask(first, last);
    if (classes === undefined) return undefined;
    sum += classes[0] - accounts[0];
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
