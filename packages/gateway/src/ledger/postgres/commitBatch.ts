import { BaseError, type Hex, splitSeq } from '@kedge/core';
import { reasonOf, type StructuredLog } from '../../structuredLog.js';
import { encodeBatchRecord } from '../batchRecord.js';
import { ChannelsLostError } from '../channelsLostError.js';
import type { SignedBatch } from '../receiptBatcher.js';
import { type UseWindows, windowsText } from '../useWindows.js';
import { bytesOf, type Database, isTimeout, isTransient, sqlState } from './database.js';
import { raised } from './schema.js';

/** What a batch does to one channel. */
type Step = {
  readonly epoch: bigint;
  /** The receipt that its first one follows. */
  readonly before: Hex;
  readonly used: bigint;
  readonly first: bigint;
  readonly last: bigint;
  /** Of all its receipts up to the last. */
  readonly units: bigint;
  readonly receiptHash: Hex;
};

const firstPauseMs = 20;
const longestPauseMs = 1_000;
// Of the statement that writes a batch with its answers.
const mostTimeouts = 2;

/**
 * Writes a batch, all of it or nothing. While the database cannot be reached, it may have been written or not: so the same
 * batch is given again and again until the answer is known, and nobody is told before. Answers that keep it from being written
 * in time are given up: their keys are kept.
 * @throws ChannelsLostError when other gateways hold some of its channels; BaseError 503 `record_refused` when the database
 * refuses it; `record_unknown` when it could not be reached before, or cannot be and the gateway stops.
 */
export async function commitBatch(
  { batch, signature, receipts, answers, keyUses }: SignedBatch,
  context: {
    readonly database: Database;
    /** At least what these receipts used: those of the next batch may be in it. */
    readonly windowsOf: (channelId: Hex) => UseWindows;
    readonly isClosed: () => boolean;
    readonly log: StructuredLog;
  },
): Promise<ReadonlyMap<Hex, Step>> {
  const { database, log } = context;
  const steps = new Map<Hex, Step>();
  for (const { receipt, sealed } of receipts) {
    const { channelId, seq, cumulativeUnits } = receipt;
    const { epoch } = splitSeq(seq);
    const known = steps.get(channelId);
    steps.set(channelId, {
      epoch,
      before: known?.before ?? receipt.previousReceiptHash,
      used: (known?.used ?? 0n) + receipt.units,
      first: known?.first ?? seq,
      last: seq,
      units: cumulativeUnits,
      receiptHash: sealed.receiptHash,
    });
  }
  const of = <T>(pick: (step: Step) => T): T[] => [...steps.values()].map(pick);
  const valuesWith = (payloads: readonly Buffer[]): unknown[] => [
    batch.epoch,
    batch.batch,
    bytesOf(batch.root),
    encodeBatchRecord(batch, signature, receipts),
    [...steps.keys()].map(bytesOf),
    of(({ epoch }) => epoch),
    of(({ before }) => bytesOf(before)),
    of(({ used }) => used),
    of(({ first }) => first),
    of(({ last }) => last),
    of(({ units }) => units),
    of(({ receiptHash }) => bytesOf(receiptHash)),
    [...steps.keys()].map((channelId) => windowsText(context.windowsOf(channelId))),
    answers.map(({ answer }) => bytesOf(answer.channelId)),
    answers.map(({ answer }) => Buffer.from(answer.keySha256, 'hex')),
    payloads,
    keyUses.map(({ channelId }) => bytesOf(channelId)),
    keyUses.map(({ apiKeySha256 }) => Buffer.from(apiKeySha256, 'hex')),
    keyUses.map(({ units }) => units),
  ];
  let values = valuesWith(answers.map(({ answer, signed }) => Buffer.concat(answer.encode(signed))));
  let timeouts = 0;
  let mayBeWritten = false;
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
    try {
      await database.query(
        'kedge_commit',
        'select kedge_gateway.commit_batch($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)',
        values,
      );
      return steps;
    } catch (error) {
      if (sqlState(error) === raised.lost) throw lostIn(error);
      log.warn('ledger_commit_failed', { batch: batch.batch, receipts: receipts.length, reason: reasonOf(error) });
      if (!isTransient(error)) throw mayBeWritten ? outcomeUnknown(error) : refused(error);
      if (context.isClosed()) throw outcomeUnknown(error);
      mayBeWritten = true;
      if (isTimeout(error) && ++timeouts === mostTimeouts) {
        // The receipts are what must be written: no call waits for ever for answers that the database does not take in time.
        values = valuesWith(answers.map(({ answer, signed }) => Buffer.concat(answer.encodeWithoutBody(signed))));
        if (answers.length > 0) log.warn('answers_not_kept', { batch: batch.batch, answers: answers.length });
      }
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }
}

/** Not `log_unavailable`, after which another gateway may try the same call again: this one was served. */
function refused(cause: unknown): BaseError {
  return new BaseError('The gateway’s ledger refused to record this call: it was served, and not charged.', {
    code: 'record_refused',
    status: 503,
    kind: 'transient',
    cause,
    values: { retryAfterSeconds: 2 },
    hints: [
      'Make the call again. The operator should look at the PostgreSQL server of the gateways: is its disk full?',
    ],
  });
}

function outcomeUnknown(cause: unknown): BaseError {
  return new BaseError(
    'The gateway’s ledger could not be reached in the middle of this call: it may have been recorded.',
    {
      code: 'record_unknown',
      status: 503,
      kind: 'transient',
      cause,
      hints: ['Make the call again. With an Idempotency-Key it is charged once, whatever became of this one.'],
    },
  );
}

function lostIn(error: unknown): ChannelsLostError {
  const { detail } = error as { detail?: string };
  return new ChannelsLostError((detail ?? '').split(',').map((digits): Hex => `0x${digits}`));
}
