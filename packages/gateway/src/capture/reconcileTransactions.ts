import type { CaptureOutcome, GatewayChain } from '../chain/gatewayChain.js';
import type { CaptureLedger } from '../ledger/openLedger.js';
import type { StructuredLog } from '../structuredLog.js';
import type { JournalEntry } from './transactionJournal.js';

export type ReconcileContext = {
  readonly ledger: CaptureLedger;
  readonly chain: GatewayChain;
  readonly log: StructuredLog;
  /** How many of the last confirmed transactions are looked up again: the chain may have lost them. */
  readonly recheck: number;
};

/**
 * Brings the journal and the chain together, in the order of the nonces. What the chain lacks is sent again as it was signed
 * (a local chain that was killed has lost its last blocks); what can never be mined is dropped, and its work is rebuilt:
 * captures are cumulative, so nothing is taken twice.
 * @returns The nonce of the next transaction, or undefined while one is still in flight. `changed`: captured amounts may
 * differ from what was known.
 */
export async function reconcileTransactions(
  context: ReconcileContext,
  awaitOutcome: (entry: JournalEntry) => Promise<CaptureOutcome | undefined>,
): Promise<{ readonly nextNonce: number | undefined; readonly changed: boolean }> {
  const { chain, ledger, log } = context;
  const { journal } = ledger;
  let changed = false;
  let nextNonce = await chain.minedNonce();
  const entries = [...journal.entries()];
  for (const [index, entry] of entries.entries()) {
    if (entry.state === 'dropped') continue;
    if (entry.nonce < nextNonce) {
      if (entry.state === 'confirmed' && index < entries.length - context.recheck) continue;
      const outcome = await chain.outcomeOf(entry.hash);
      if (outcome !== undefined) {
        if (entry.state === 'sent') {
          await confirmTransaction(context, entry, outcome);
          changed = true;
        }
      } else {
        await drop(context, entry, 'its nonce was used by another transaction');
        changed = true;
      }
      continue;
    }
    if (entry.nonce > nextNonce) {
      await drop(context, entry, `the chain is at nonce ${nextNonce}`);
      changed = true;
      continue;
    }
    log.warn('transaction_resent', { hash: entry.hash, nonce: entry.nonce, was: entry.state });
    changed = true;
    try {
      await sendOrDrop(context, entry);
    } catch (error) {
      if ((error as { code?: unknown }).code !== 'capture_too_large') throw error;
      continue;
    }
    const outcome = await awaitOutcome(entry);
    if (outcome === undefined) return { nextNonce: undefined, changed };
    if (entry.state === 'sent') await confirmTransaction(context, entry, outcome);
    nextNonce = entry.nonce + 1;
  }
  return { nextNonce, changed };
}

type DropContext = Pick<ReconcileContext, 'ledger' | 'log'>;

async function drop({ ledger, log }: DropContext, entry: JournalEntry, why: string): Promise<void> {
  log.warn('transaction_dropped', { hash: entry.hash, nonce: entry.nonce, why });
  if (entry.state === 'confirmed') for (const range of entry.anchors) ledger.markUnanchored(range);
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
export async function confirmTransaction(
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
