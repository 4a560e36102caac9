import { dataAnchoringTokenAbi, zeroAddress, type Address } from '@kedge/core';
import { getAddress, parseEventLogs, type Log } from 'viem';
import {
  emptyBooks,
  holdersPartDown,
  scaleBits,
  type Books,
  type ClassBook,
  type LedgerBook,
  type LotBook,
  type TokenBook,
} from './books.js';

const lotOfToken = (tokenId: bigint): number => Number((tokenId >> 32n) & 0xffffffffn);

/**
 * Works out every amount from the events of a Data Anchoring Token, in their order, by the rules of the profile's ledger
 * (law L3). Asks the chain nothing.
 *
 * @example
 * const books = replay(await publicClient.getLogs({ address, fromBlock: 0n }));
 */
export function replay(logs: readonly Log<bigint, number, false>[]): Books {
  const books = emptyBooks();
  const events = parseEventLogs({ abi: dataAnchoringTokenAbi, logs: [...logs] });
  for (const [number, event] of events.entries()) {
    switch (event.eventName) {
      case 'ClassCreated':
        classOf(books, event.args.classId);
        break;
      case 'ClassConfigured':
        classOf(books, event.args.classId).beneficiary = event.args.beneficiary;
        break;
      case 'ParentLinked':
        classOf(books, event.args.classId).royaltyBps += BigInt(event.args.royaltyBps);
        break;
      case 'Minted':
        minted(books, number, event.args);
        break;
      case 'SharesExpired': {
        const book = classOf(books, event.args.classId);
        book.totalShare -= event.args.shareRemoved;
        book.exits.set(event.args.expireAt, number);
        break;
      }
      case 'SharePending':
        waits(books, event.args.tokenId, event.args.activateAt);
        break;
      case 'SharesActivated': {
        const book = classOf(books, event.args.classId);
        book.totalShare += event.args.shareAdded;
        book.entries.set(event.args.activateAt, number);
        break;
      }
      case 'ShareRetired': {
        const { tokenId, share } = event.args;
        classOf(books, tokenId >> 64n).totalShare -= share;
        const token = books.tokens.get(tokenId);
        if (token !== undefined) token.exit = number;
        break;
      }
      case 'TokenRenewed': {
        const token = books.tokens.get(event.args.tokenId);
        if (token !== undefined) token.expireAt = event.args.expireAt;
        break;
      }
      case 'RevenueAccrued':
        accrued(books, number, event.args);
        break;
      case 'RoyaltyCollected':
        ledgerOf(books, event.args.classId, event.args.asset).royaltiesPaid += event.args.amount;
        break;
      case 'Claimed':
        claimed(books, event.args);
        break;
      case 'LotCreated': {
        const { classId, lot, terms } = event.args;
        books.lots.set(`${classId}/${lot}`, { classId, lot, asset: getAddress(terms.asset), escrow: 0n });
        break;
      }
      case 'ValueBacked':
      case 'ValueToppedUp':
        backed(books, event.args.tokenId >> 64n, lotOfToken(event.args.tokenId), event.args.deposit);
        break;
      case 'BackingReleased': {
        const { classId, lot, operatorAmount, revenue } = event.args;
        backed(books, classId, lot, -(operatorAmount + revenue));
        break;
      }
      case 'ValueRefunded':
      case 'ExpiredValueSwept':
      case 'TokenRevoked':
        backed(books, event.args.tokenId >> 64n, lotOfToken(event.args.tokenId), -event.args.amount);
        break;
      case 'ValueBurned':
        backed(books, event.args.tokenId >> 64n, lotOfToken(event.args.tokenId), -event.args.revenue);
        break;
      case 'OwedIncreased':
        owe(books, event.args.account, event.args.asset, event.args.amount);
        break;
      case 'Withdrawn':
        owe(books, event.args.account, event.args.asset, -event.args.amount);
        break;
      default:
      // The rest moves no money.
    }
  }
  return books;
}

function ledgerOf(books: Books, classId: bigint, given: Address): LedgerBook {
  const asset = assetOf(books, given);
  const key = `${classId}/${asset}`;
  const known = books.ledgers.get(key);
  if (known !== undefined) return known;
  const amounts = { received: 0n, royaltiesPaid: 0n, claimed: 0n, orphan: 0n, backing: 0n, index: 0n, carry: 0n };
  const made: LedgerBook = { classId, asset, ...amounts, history: [] };
  books.ledgers.set(key, made);
  return made;
}

function assetOf(books: Books, given: Address): Address {
  const asset = getAddress(given);
  books.assets.add(asset);
  return asset;
}

function classOf(books: Books, classId: bigint): ClassBook {
  const known = books.classes.get(classId);
  if (known !== undefined) return known;
  const made: ClassBook = {
    classId,
    beneficiary: zeroAddress,
    royaltyBps: 0n,
    totalShare: 0n,
    exits: new Map(),
    entries: new Map(),
  };
  books.classes.set(classId, made);
  return made;
}

function minted(
  books: Books,
  entry: number,
  args: { readonly tokenId: bigint; readonly classId: bigint; readonly shareRatio: bigint; readonly expireAt: bigint },
): void {
  const { tokenId, classId, shareRatio: share, expireAt } = args;
  classOf(books, classId).totalShare += share;
  const token: TokenBook = { tokenId, classId, share, expireAt, entry, claimed: new Map() };
  books.tokens.set(tokenId, token);
}

/** A share that waits is not in the total yet. */
function waits(books: Books, tokenId: bigint, activateAt: bigint): void {
  const token = books.tokens.get(tokenId);
  if (token === undefined) return;
  classOf(books, token.classId).totalShare -= token.share;
  token.activateAt = activateAt;
}

function accrued(
  books: Books,
  event: number,
  args: {
    readonly classId: bigint;
    readonly asset: Address;
    readonly amount: bigint;
    readonly toHolders: bigint;
    readonly index: bigint;
    readonly totalShare: bigint;
  },
): void {
  const ledger = ledgerOf(books, args.classId, args.asset);
  const book = classOf(books, args.classId);
  const before = holdersPartDown(ledger.received, book.royaltyBps);
  ledger.received += args.amount;
  const toHolders = holdersPartDown(ledger.received, book.royaltyBps) - before;
  const where = `class ${args.classId}, asset ${ledger.asset}, accrual of ${args.amount}`;
  const differs = (what: string, told: bigint, worked: bigint): void => {
    if (told !== worked) books.contradictions.push(`${where}: the event says ${what} ${told}, its history ${worked}`);
  };
  differs('to holders', args.toHolders, toHolders);
  differs('total share', args.totalShare, book.totalShare);
  if (book.totalShare === 0n) {
    if (book.beneficiary === zeroAddress) ledger.orphan += toHolders;
    else ledger.claimed += toHolders;
  } else if (toHolders + ledger.orphan > 0n) {
    const scaled = ((toHolders + ledger.orphan) << scaleBits) + ledger.carry;
    ledger.orphan = 0n;
    ledger.index += scaled / book.totalShare;
    ledger.carry = scaled % book.totalShare;
    ledger.history.push({ event, index: ledger.index });
  }
  differs('index', args.index, ledger.index);
}

function claimed(
  books: Books,
  { tokenId, asset, amount }: { readonly tokenId: bigint; readonly asset: Address; readonly amount: bigint },
): void {
  const token = books.tokens.get(tokenId);
  const ledger = ledgerOf(books, token?.classId ?? tokenId >> 64n, asset);
  ledger.claimed += amount;
  token?.claimed.set(ledger.asset, (token.claimed.get(ledger.asset) ?? 0n) + amount);
}

function backed(books: Books, classId: bigint, lot: number, amount: bigint): void {
  // Value that nobody paid for is burned, topped up and revoked, too.
  if (amount === 0n) return;
  const book: LotBook | undefined = books.lots.get(`${classId}/${lot}`);
  if (book === undefined) {
    books.contradictions.push(`class ${classId}: backing of ${amount} moves in lot ${lot}, which was never created`);
    return;
  }
  book.escrow += amount;
  ledgerOf(books, classId, book.asset).backing += amount;
}

function owe(books: Books, account: Address, given: Address, amount: bigint): void {
  const asset = assetOf(books, given);
  const key = `${account.toLowerCase()}/${asset}`;
  const known = books.owed.get(key);
  if (known === undefined) books.owed.set(key, { account: getAddress(account), asset, amount });
  else known.amount += amount;
}
