import { basename } from 'node:path';
import { BaseError, type Hex, hexToBytes } from '@kedge/core';
import { type BatchRecord, decodeBatchRecord } from './batchRecord.js';
import type { BatchName, LogPlace } from './ledgerIndex.js';
import { receiptTree } from './receiptTree.js';
import type { RecordLog } from './recordLog.js';
import { segmentHolding } from './segments/segmentFiles.js';
import { receiptHashesOf } from './signedReceipts.js';

/**
 * Reads a batch of the log at `path`, and holds it to its root: a start finds damage in what it reads; of files that it did not, it is
 * looked for here.
 * @param name The batch that is to be there; without it, any.
 * @throws BaseError `log_corrupt`, `ledger_part_missing`.
 */
export async function readWrittenBatch(
  path: string,
  { readAt }: Pick<RecordLog, 'readAt'>,
  { offset, length }: LogPlace,
  name?: BatchName,
): Promise<{ readonly record: BatchRecord; readonly receiptHashes: readonly Hex[] }> {
  const bytes = await readAt(offset, length);
  try {
    const record = decodeBatchRecord(bytes);
    const { epoch, batch, root } = record;
    if (name !== undefined && (epoch !== name.epoch || batch !== name.batch)) {
      throw new Error(`it is batch ${batch} of epoch ${epoch}`);
    }
    const receiptHashes = receiptHashesOf(record);
    if (receiptTree(receiptHashes.map(hexToBytes)).root !== root) throw new Error('it has another root');
    return { record, receiptHashes };
  } catch (cause) {
    throw batchDamaged(path, offset, cause);
  }
}

function batchDamaged(log: string, offset: number, cause: unknown): BaseError {
  return new BaseError('A batch of receipts is not in the ledger log as it was written.', {
    code: 'log_corrupt',
    status: 500,
    // Clients see it, too: where the file is is no matter of theirs.
    values: { file: basename(segmentHolding(log, offset)?.path ?? log), offset },
    cause,
    hints: ['Restore the file from a copy: the gateway reads it again at once.'],
  });
}
