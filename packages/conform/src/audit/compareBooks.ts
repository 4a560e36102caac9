import { zeroAddress, type Address } from '@kedge/core';
import { holdersPartDown, owedIn, pendingOf, type Books, type LedgerBook, type TokenBook } from './books.js';
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

/** What the contract has of each asset, undefined where the asset fails; in `unreadable` ones it does not say what it owes. */
type Balances = { readonly held: ReadonlyMap<Address, bigint | undefined>; readonly unreadable: Address[] };

type Compare = (
  where: string,
  asset: Address | undefined,
  field: string,
  fromEvents: bigint,
  onChain: bigint | undefined,
) => void;

/**
 * Compares books with views and balances. Only what events name is asked for: who settles in assets of their own pays for every
 * call that this adds.
 */
export async function compareBooks(
  books: Books,
  views: Views,
  { classCount, onProgress }: Options,
): Promise<Balances & { differences: Difference[] }> {
  const differences: Difference[] = [];
  const compare: Compare = (where, asset, field, fromEvents, onChain) => {
    if (fromEvents === onChain) return;
    const told = onChain === undefined ? {} : { onChain, difference: onChain - fromEvents };
    differences.push({ where, ...(asset === undefined ? {} : { asset }), field, fromEvents, ...told });
  };
  const compareEach = async <item, answer>(
    what: string,
    items: readonly item[],
    ask: (item: item) => Promise<answer>,
    compareOne: (item: item, answer: answer | undefined) => void,
  ): Promise<void> => {
    const told = (done: number, total: number) => onProgress?.(`compared ${what}: ${done} of ${total}`);
    const answers = await askAll(items, (item) => orRevert(ask(item)), told);
    for (const [position, item] of items.entries()) compareOne(item, answers[position]);
  };
  for (const text of books.contradictions) differences.push({ where: 'events', field: text, fromEvents: 0n });
  compare('contract', undefined, 'classes', BigInt(books.classes.size), classCount);
  await compareEach(
    'classes',
    [...books.ledgers.values()],
    ({ classId, asset }) => views.revenueInfo(classId, asset),
    (book, info) => {
      const royaltyBps = books.classes.get(book.classId)?.royaltyBps ?? 0n;
      const expected = { ...book, royaltiesReserved: book.received - holdersPartDown(book.received, royaltyBps) };
      for (const field of comparedFields)
        compare(`class ${book.classId}`, book.asset, field, expected[field], info && BigInt(info[field]));
    },
  );
  await compareEach(
    'lots',
    [...books.lots.values()],
    ({ classId, lot }) => views.lotInfo(classId, lot),
    ({ classId, lot, asset, escrow }, info) =>
      compare(`class ${classId} lot ${lot}`, asset, 'escrow', escrow, info?.escrow),
  );
  await compareEach(
    'accounts',
    [...books.owed.values()],
    ({ account, asset }) => views.owedTo(account, asset),
    ({ account, asset, amount }, owed) => compare(`account ${account}`, asset, 'owed', amount, owed),
  );
  await compareEach(
    'tokens',
    claimsIn(books),
    ({ token, ledger }) => views.pendingRevenue(token.tokenId, ledger.asset),
    ({ token, ledger }, pending) =>
      compare(`token ${token.tokenId}`, ledger.asset, 'pending', pendingOf(books, token, ledger), pending),
  );
  return { differences, ...(await compareBalances(books, views, compare)) };
}

/** Each token in each asset of its class. Those without a share, too: none may be able to claim. */
function claimsIn({ ledgers, tokens }: Books): { readonly token: TokenBook; readonly ledger: LedgerBook }[] {
  const ledgersOf = new Map<bigint, LedgerBook[]>();
  for (const ledger of ledgers.values())
    ledgersOf.set(ledger.classId, [...(ledgersOf.get(ledger.classId) ?? []), ledger]);
  return [...tokens.values()].flatMap((token) =>
    (ledgersOf.get(token.classId) ?? []).map((ledger) => ({ token, ledger })),
  );
}

async function compareBalances(books: Books, views: Views, compare: Compare): Promise<Balances> {
  const held = new Map<Address, bigint | undefined>();
  const unreadable: Address[] = [];
  // What it calls its number of classes was compared before, and may be endless.
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
  return { held, unreadable };
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
