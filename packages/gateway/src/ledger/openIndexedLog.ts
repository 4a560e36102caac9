import { existsSync } from 'node:fs';
import type { StructuredLog } from '../structuredLog.js';
import { newestCheckpoint, readCheckpoint } from './checkpoint/checkpointFile.js';
import { type CheckpointKeeper, keepCheckpoints, type MakeCheckpoint } from './checkpoint/keepCheckpoints.js';
import type { LedgerIndex } from './ledgerIndex.js';
import type { LedgerRecovery, RecoveredLog } from './ledgerRecovery.js';
import { openRecordLog, type RecordLog } from './recordLog.js';
import { besideSegment, listSegments } from './segments/segmentFiles.js';
import { createSegmentedIndex, type SegmentedIndex } from './segments/segmentedIndex.js';

export type IndexedLog = {
  readonly records: RecordLog;
  readonly index: SegmentedIndex;
  readonly recovered: RecoveredLog;
  /** First the checkpoints, then the log. */
  readonly close: () => Promise<void>;
};

export type IndexedLogOptions = {
  /** Of its first file: the others are beside it. */
  readonly path: string;
  readonly log: StructuredLog;
  /** False once the folder is another process's: nothing is written any more. */
  readonly isHeld?: () => boolean;
  /** When a file of the log has so many bytes, the next one begins. */
  readonly segmentBytes?: number;
  /** How checkpoints are made; without it in a process of its own. */
  readonly makeCheckpoint?: MakeCheckpoint;
};

/**
 * Opens a log that knows where its batches are. What it says is read from the newest checkpoint and from the segments after it; each
 * segment that is complete gets a checkpoint and an index of its own.
 * @param recoverInto Takes what is read, and its batches into the index.
 * @throws BaseError `log_corrupt`, and what the recovery throws.
 */
export async function openIndexedLog(
  options: IndexedLogOptions,
  recoverInto: (index: Pick<LedgerIndex, 'add'>) => LedgerRecovery,
): Promise<IndexedLog> {
  const { path, log, isHeld, segmentBytes } = options;
  const from = await newestCheckpoint(path, log);
  const index = createSegmentedIndex(path, from);
  const { read, end } = recoverInto(index);
  if (from > 0) await readCheckpoint(besideSegment(path, from, 'checkpoint'), (record) => read(record, 0));
  const checkpoints = keepCheckpoints({ from, make: options.makeCheckpoint, onMade: index.onDisk, log });
  const records = await openRecordLog(path, read, log, {
    isHeld,
    from,
    segmentBytes,
    onSealed: (base, next) => {
      index.begin(next);
      checkpoints.add({ path, base });
    },
  });
  addMissing(path, from, checkpoints);
  return {
    records,
    index,
    recovered: end(),
    close: async () => {
      await checkpoints.close();
      await records.close();
    },
  };
}

/** Of the segments that are complete, those that have none yet. */
function addMissing(path: string, from: number, checkpoints: CheckpointKeeper): void {
  for (const { base } of listSegments(path).slice(0, -1)) {
    if (base >= from || !existsSync(besideSegment(path, base, 'index'))) checkpoints.add({ path, base });
  }
}
