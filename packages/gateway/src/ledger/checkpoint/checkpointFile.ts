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
export function isWholeCheckpoint(path: string): Promise<boolean> {
  return readRecords(path, () => undefined);
}

/**
 * Calls `onRecord` for each record of a checkpoint that is whole.
 * @throws Error when it is not, or not any more: what was read is less than it was made of.
 */
export async function readCheckpoint(path: string, onRecord: (record: Frame) => void): Promise<void> {
  if (!(await readRecords(path, onRecord))) throw new Error(`The checkpoint ${path} has changed while it was read.`);
}

async function readRecords(path: string, onRecord: (record: Frame) => void): Promise<boolean> {
  const file = await openIfThere(path);
  if (file === undefined) return false;
  let count = 0;
  let announced: number | undefined;
  try {
    const { size } = await file.stat();
    const end = await readFrames(file, 0, size, (record) => {
      if (record.type === recordTypes.end) announced = record.payload.readUInt32BE(0);
      else {
        count++;
        onRecord(record);
      }
    });
    return end === size && announced === count;
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
