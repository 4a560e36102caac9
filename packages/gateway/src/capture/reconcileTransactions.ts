import type { CaptureOutcome, GatewayChain } from '../chain/gatewayChain.js';
import type { CaptureLedger } from '../ledger/ledger.js';
import type { StructuredLog } from '../structuredLog.js';
import type { JournalEntry } from './transactionJournal.js';

export type ReconcileContext = {
  readonly ledger: CaptureLedger;
  readonly chain: GatewayChain;
  readonly log: StructuredLog;
  /** The number of the newest block, or of one a little older. */
  readonly height: bigint;
  /** What others took the nonce of, for its price: it may be mined all the same. By nonce. */
  readonly replaced: Map<number, readonly JournalEntry[]>;
};

// As deep as a reorganisation is expected to reach at most.
const settledDepth = 12n;

/** A transaction that was mined: that of the entry asked for, or one that it replaced. */
export type Mined = { readonly entry: JournalEntry; readonly outcome: CaptureOutcome };
/** Undefined: it is not mined within the time that is waited for it. */
type AwaitMined = (entry: JournalEntry) => Promise<Mined | undefined>;

/**
 * Brings the journal and the chain together, in the order of the nonces. What the chain lacks is sent again as it was signed
 * (a local chain that was killed has lost its last blocks), and for more when it is still not mined: one that waits holds up
 * all that follow; for less when its account cannot pay what it offers. What can never be mined is dropped, and its work is rebuilt:
 * captures are cumulative, so nothing is taken twice.
 * @returns The nonce of the next transaction, or undefined while one is still in flight. `changed`: captured amounts may
 * differ from what was known.
 */
export async function reconcileTransactions(
  context: ReconcileContext,
  awaitMined: AwaitMined,
): Promise<{ readonly nextNonce: number | undefined; readonly changed: boolean }> {
  const { chain, ledger } = context;
  let changed = false;
  let nextNonce = await chain.minedNonce();
  const entries = [...ledger.journal.entries()];
  for (const entry of entries) {
    if (entry.state === 'dropped') continue;
    if (entry.nonce < nextNonce) {
      if (await settleSpent(context, entry, awaitMined)) changed = true;
      continue;
    }
    changed = true;
    if (entry.nonce > nextNonce) {
      await drop(context, entry, `the chain is at nonce ${nextNonce}`);
      continue;
    }
    const became = await sendAgain(context, entry, awaitMined);
    if (became === 'dropped') continue;
    if (became === 'waiting') return { nextNonce: undefined, changed };
    nextNonce = entry.nonce + 1;
  }
  return { nextNonce, changed };
}

/** Of an entry whose nonce is spent; whether captured amounts may differ from what was known. */
async function settleSpent(context: ReconcileContext, entry: JournalEntry, awaitMined: AwaitMined): Promise<boolean> {
  // Nodes may keep no receipts of long ago.
  if (entry.state === 'settled') return false;
  const mined = (await minedOf(context, entry)) ?? (await awaitMined(entry));
  if (mined === undefined) await drop(context, entry, 'its nonce was used by another transaction');
  else if (entry.state === 'sent') await confirmMined(context, entry, mined);
  else if (!mined.outcome.succeeded) await drop(context, entry, 'it reverted in another block than before');
  else {
    const { blockNumber } = mined.outcome;
    const isDeep = context.height - blockNumber >= settledDepth;
    if (isDeep) await context.ledger.journal.end(entry, 'settled', `block ${blockNumber}`);
    return false;
  }
  return true;
}

/** Of an entry whose nonce is the next. */
async function sendAgain(
  context: ReconcileContext,
  entry: JournalEntry,
  awaitMined: AwaitMined,
): Promise<'mined' | 'waiting' | 'dropped'> {
  context.log.warn('transaction_resent', { hash: entry.hash, nonce: entry.nonce, was: entry.state });
  let waiting = entry;
  let mined: Mined | undefined;
  try {
    await sendOrDrop(context, entry);
    mined = await awaitMined(entry);
  } catch (error) {
    const { code } = error as { code?: unknown };
    if (code === 'capture_too_large') return 'dropped';
    if (code === 'no_coin_for_gas' && (await context.chain.isPayableForLess(entry))) {
      await drop(context, entry, 'its account cannot pay what it offers, and gas costs less now');
      noteReplaced(context, entry);
      return 'dropped';
    }
    if (code !== 'capture_underpriced') throw error;
  }
  if (mined === undefined && entry.state === 'sent') {
    waiting = (await replace(context, entry)) ?? entry;
    if (waiting !== entry) mined = await awaitMined(waiting);
  }
  if (mined === undefined) return 'waiting';
  if (waiting.state !== 'confirmed') await confirmMined(context, waiting, mined);
  return 'mined';
}

/** Of a nonce that was spent: by the entry's transaction, or by one that it replaced. */
export async function minedOf(
  { chain, replaced }: Pick<ReconcileContext, 'chain' | 'replaced'>,
  entry: JournalEntry,
): Promise<Mined | undefined> {
  for (const one of [entry, ...(replaced.get(entry.nonce) ?? [])]) {
    const outcome = await chain.outcomeOf(one.hash);
    if (outcome !== undefined) return { entry: one, outcome };
  }
  return undefined;
}

/** Sends the same for more. The journal has one transaction a nonce; that of the other, if it is mined, comes back to it. */
async function replace(context: ReconcileContext, entry: JournalEntry): Promise<JournalEntry | undefined> {
  const { chain, ledger, log } = context;
  const dearer = await chain.reprice(entry);
  if (dearer === undefined) return undefined;
  log.warn('transaction_replaced', { hash: entry.hash, nonce: entry.nonce, by: dearer.hash });
  await ledger.journal.end(entry, 'dropped', `replaced by ${dearer.hash}`);
  noteReplaced(context, entry);
  const added = await ledger.journal.add(dearer, entry.anchors);
  await sendOrDrop(context, added);
  return added;
}

/** Another takes its nonce. */
function noteReplaced({ replaced }: Pick<ReconcileContext, 'replaced'>, entry: JournalEntry): void {
  replaced.set(entry.nonce, [...(replaced.get(entry.nonce) ?? []), entry]);
}

/** Records that the entry, or what it replaced, was mined: one of them, whatever it says of the other. */
export async function confirmMined(context: ReconcileContext, entry: JournalEntry, mined: Mined): Promise<void> {
  const { journal } = context.ledger;
  let confirmed = entry;
  if (mined.entry.hash !== entry.hash) {
    await drop(context, entry, 'what it replaced was mined');
    confirmed = await journal.add(mined.entry, mined.entry.anchors);
  }
  await confirmTransaction(context, confirmed, mined.outcome);
  context.replaced.delete(entry.nonce);
}

type DropContext = Pick<ReconcileContext, 'ledger' | 'log'>;

async function drop({ ledger, log }: DropContext, entry: JournalEntry, why: string): Promise<void> {
  log.warn('transaction_dropped', { hash: entry.hash, nonce: entry.nonce, why });
  if (entry.state !== 'sent') for (const range of entry.anchors) ledger.markUnanchored(range);
  await ledger.journal.end(entry, 'dropped', why);
}

/**
 * Hands a transaction to the node. One that is too large for it would be so for ever: it is dropped, and its work rebuilt.
 * @throws BaseError `capture_too_large`, when it was dropped.
 */
export async function sendOrDrop(
  context: DropContext & Pick<ReconcileContext, 'chain'>,
  entry: JournalEntry,
): Promise<void> {
  try {
    await context.chain.send(entry);
  } catch (error) {
    if ((error as { code?: unknown }).code === 'capture_too_large') {
      await drop(context, entry, 'the node refuses its size');
    }
    throw error;
  }
}

/** Records that a transaction was mined, and what came of it. */
async function confirmTransaction(
  { ledger, log }: ReconcileContext,
  entry: JournalEntry,
  outcome: CaptureOutcome,
): Promise<void> {
  const { blockNumber, gasUsed, succeeded, failures } = outcome;
  if (succeeded) {
    await ledger.journal.end(entry, 'confirmed', `block ${blockNumber}`);
    for (const range of entry.anchors) ledger.markAnchored(range);
    log.info('captured', { hash: entry.hash, nonce: entry.nonce, blockNumber, gasUsed, anchors: entry.anchors.length });
  } else {
    // Its nonce is spent and it did nothing: the same work is built anew.
    await ledger.journal.end(entry, 'dropped', 'reverted');
    log.error('capture_reverted', { hash: entry.hash, nonce: entry.nonce, blockNumber });
  }
  for (const { channelId, reason } of failures) log.error('capture_failed', { channelId, reason, hash: entry.hash });
}
