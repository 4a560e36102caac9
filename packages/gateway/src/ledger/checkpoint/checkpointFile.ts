import { encodeFrame, type Frame, frameHeaderBytes } from '../frame.js';
import { bytesIn, type LogRecord } from '../groupFrame.js';
import { readFrames } from '../recoverLog.js';
import { recordTypes } from '../recordTypes.js';
import type { StructuredLog } from '../../structuredLog.js';
import { openIfThere } from '../segments/openIfThere.js';
import { besideSegment, listBeside } from '../segments/segmentFiles.js';
import { writeWhole } from '../segments/writeWhole.js';

/**
 * Writes a checkpoint: records that make a ledger what all records of the log before some place make it. Frames as in the log,
 * each of one record; the last says how many there are.
 */
export function writeCheckpoint(path: string, records: Iterable<LogRecord>): Promise<void> {
  return writeWhole(path, function* () {
    let at = 0;
    let count = 0;
    for (const [type, payload] of records) {
      yield encodeFrame(at, type, payload);
      at += frameHeaderBytes + bytesIn(payload);
      count++;
    }
    const end = Buffer.alloc(4);
    end.writeUInt32BE(count);
    yield encodeFrame(at, recordTypes.end, [end]);
  });
}

/** Whether a checkpoint is there, whole and undamaged. */
export async function isWholeCheckpoint(path: string): Promise<boolean> {
  let count = 0;
  let announced: number | undefined;
  const isReadToItsEnd = await readRecords(path, ({ type, payload }) => {
    if (type === recordTypes.end) announced = payload.readUInt32BE(0);
    else count++;
  });
  return isReadToItsEnd && announced === count;
}

/** Calls `onRecord` for each record of a checkpoint that is whole. */
export async function readCheckpoint(path: string, onRecord: (record: Frame) => void): Promise<void> {
  await readRecords(path, (record) => {
    if (record.type !== recordTypes.end) onRecord(record);
  });
}

async function readRecords(path: string, onRecord: (record: Frame) => void): Promise<boolean> {
  const file = await openIfThere(path);
  if (file === undefined) return false;
  try {
    const { size } = await file.stat();
    return (await readFrames(file, 0, size, onRecord)) === size;
  } finally {
    await file.close();
  }
}

/**
 * From where on a log is read: the base of its newest checkpoint; 0: there is none, and all of it is read. One that is damaged
 * is passed over, and said.
 */
export async function newestCheckpoint(log: string, lines: StructuredLog): Promise<number> {
  for (const base of listBeside(log, 'checkpoint').toReversed()) {
    const path = besideSegment(log, base, 'checkpoint');
    if (await isWholeCheckpoint(path)) return base;
    lines.warn('checkpoint_damaged', { path });
  }
  return 0;
}
