import { readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expandFrame } from '../groupFrame.js';
import { readSealed } from '../recoverLog.js';
import { besideSegment, listBeside, segmentAt } from '../segments/segmentFiles.js';
import { writeSegmentIndex } from '../segments/segmentIndex.js';
import { isWholeCheckpoint, readCheckpoint, writeCheckpoint } from './checkpointFile.js';
import { createCheckpointState } from './createCheckpointState.js';

/** A segment that is sealed, of the log at `path`. */
export type SealedSegment = {
  readonly path: string;
  readonly base: number;
};

/**
 * Makes what a start, and who asks for an old receipt, need of a sealed segment, so that neither reads it: its index, and the
 * checkpoint at its end, out of the one at its begin. The checkpoints before that one are deleted. What is
 * there already may be of another log, beside which an older copy of this one was put back: it is made anew.
 * @param now Milliseconds since 1970.
 * @throws BaseError `log_corrupt` when the segment is damaged.
 */
export async function makeCheckpoint({ path, base }: SealedSegment, now: number): Promise<void> {
  removeUnfinished(path);
  const state = createCheckpointState(now);
  const before = besideSegment(path, base, 'checkpoint');
  const isKnown = base === 0 || (await isWholeCheckpoint(before));
  if (isKnown && base > 0) await readCheckpoint(before, (record) => state.read(record, 0));
  const end = await readSealed(segmentAt(path, base), (frame, offset) => expandFrame(frame, offset, state.read));
  await writeSegmentIndex(besideSegment(path, base, 'index'), state.index);
  if (!isKnown) return;
  await writeCheckpoint(besideSegment(path, end, 'checkpoint'), state.records());
  for (const old of listBeside(path, 'checkpoint')) {
    if (old < base) rmSync(besideSegment(path, old, 'checkpoint'), { force: true });
  }
}

/** What those left that were ended while they wrote. One that still runs, for a gateway that was killed, fails by it. */
function removeUnfinished(path: string): void {
  for (const name of readdirSync(dirname(path))) {
    if (/\.(index|checkpoint)\.\d+\.new$/.test(name)) rmSync(join(dirname(path), name), { force: true });
  }
}
