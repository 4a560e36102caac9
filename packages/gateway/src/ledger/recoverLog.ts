import { open, type FileHandle } from 'node:fs/promises';
import { BaseError } from '@kedge/core';
import type { StructuredLog } from '../structuredLog.js';
import { type Frame, frameHeaderBytes, frameLengthAt, maxPayloadBytes } from './frame.js';
import { expandFrame } from './groupFrame.js';
import { listSegments, type Segment } from './segments/segmentFiles.js';

const windowBytes = 4 * 1024 * 1024;

/**
 * Reads every whole record of the log in order, from the segment that begins at `from`, and cuts the zeros after the last. A
 * damaged tail (torn by a crash: nothing after it is whole) is reported, kept in a file beside the log, and cut. Damage with
 * whole frames after it is refused: those frames were acknowledged.
 * @returns The last segment, if there is one, and the length of the log after recovery.
 * @throws BaseError `log_corrupt` for damage in the middle, or a segment that is missing.
 */
export async function recoverSegments(
  log: string,
  from: number,
  onRecord: (record: Frame, payloadOffset: number) => void,
  lines: StructuredLog,
): Promise<{ readonly last: Segment | undefined; readonly size: number }> {
  const segments = listSegments(log);
  const onFrame = (frame: Frame, offset: number): void => expandFrame(frame, offset, onRecord);
  const last = segments.at(-1);
  let size = from;
  if (from > 0 && !segments.some(({ base }) => base === from)) throw missing(log, from, undefined);
  for (const segment of segments.filter(({ base }) => base >= from)) {
    if (segment.base !== size) throw missing(log, size, segment.base);
    size = segment === last ? await recoverLast(segment, onFrame, lines) : await readSealed(segment, onFrame);
  }
  return { last, size };
}

/**
 * Reads a segment that others follow: every byte of it was acknowledged.
 * @returns Where the next one begins.
 * @throws BaseError `log_corrupt`
 */
export async function readSealed(
  { path, base }: Segment,
  onFrame: (frame: Frame, payloadOffset: number) => void,
): Promise<number> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const whole = await readFrames(file, base, size, onFrame);
    if (whole < size) throw damaged({ path, damagedAt: base + whole, segmentEndsAt: base + size });
    return base + size;
  } finally {
    await file.close();
  }
}

async function recoverLast(
  { path, base }: Segment,
  onFrame: (frame: Frame, payloadOffset: number) => void,
  log: StructuredLog,
): Promise<number> {
  const file = await open(path, 'r+');
  try {
    const { size } = await file.stat();
    const whole = await readFrames(file, base, size, onFrame);
    // The log is written into space that was filled with zeros before: what only that is, is no damage.
    const end = await endOfContent(file, whole, size);
    if (end > whole) await cutTail(file, { path, base }, whole, end, log);
    if (whole < size) {
      await file.truncate(whole);
      await file.sync();
    }
    return base + whole;
  } finally {
    await file.close();
  }
}

function damaged(values: Readonly<Record<string, unknown>>): BaseError {
  return new BaseError('The ledger log is damaged in the middle: whole records follow the damage.', {
    code: 'log_corrupt',
    kind: 'bug',
    values,
    hints: [
      'Nothing was changed. Restore the file from a copy: cutting it here would lose receipts that were given out.',
    ],
  });
}

function missing(log: string, at: number, next: number | undefined): BaseError {
  return new BaseError('A file of the ledger log is missing, or shorter than it was.', {
    code: 'log_corrupt',
    kind: 'bug',
    values: { path: log, missingFrom: at, ...(next === undefined ? {} : { nextBeginsAt: next }) },
    hints: ['Nothing was changed. Restore the file from a copy: all files from the newest checkpoint on are needed.'],
  });
}

/** Calls `onFrame` for each whole frame of a file, whose first byte is the log's byte `base`. Returns where they end in it. */
export async function readFrames(
  file: FileHandle,
  base: number,
  size: number,
  onFrame: (frame: Frame, payloadOffset: number) => void,
): Promise<number> {
  let from = 0;
  let want = windowBytes;
  while (from < size) {
    const bytes = await readRange(file, from, Math.min(want, size - from));
    const place = base + from;
    let at = 0;
    for (let length = frameLengthAt(bytes, at, place); length !== undefined; length = frameLengthAt(bytes, at, place)) {
      const payload = bytes.subarray(at + frameHeaderBytes, at + length);
      onFrame({ type: bytes[at + 8] ?? 0, payload }, place + at + frameHeaderBytes);
      at += length;
    }
    if (at > 0) {
      from += at;
      want = windowBytes;
      continue;
    }
    // Nothing whole in this window: the frame is longer than the window, or damaged.
    const announced = bytes.length >= frameHeaderBytes ? frameHeaderBytes + bytes.readUInt32BE(0) : size;
    if (want >= announced || announced > frameHeaderBytes + maxPayloadBytes || from + announced > size) return from;
    want = announced;
  }
  return from;
}

async function cutTail(
  file: FileHandle,
  { path, base }: Segment,
  whole: number,
  size: number,
  log: StructuredLog,
): Promise<void> {
  const after = await findFrame(file, base, whole + 1, size);
  if (after !== undefined) throw damaged({ path, damagedAt: base + whole, nextWholeRecordAt: base + after, size });
  const sideFile = `${path}.cut-${whole}-${size}`;
  const side = await open(sideFile, 'w', 0o600);
  try {
    for (let at = whole; at < size; at += windowBytes) {
      await side.write(await readRange(file, at, Math.min(windowBytes, size - at)));
    }
    await side.sync();
  } finally {
    await side.close();
  }
  log.warn('log_tail_cut', { path, offset: base + whole, bytesCut: size - whole, keptIn: sideFile });
}

/** Where the last byte that is not zero ends, at least `from`. */
async function endOfContent(file: FileHandle, from: number, size: number): Promise<number> {
  for (let end = size; end > from;) {
    const base = Math.max(from, end - windowBytes);
    const bytes = await readRange(file, base, end - base);
    for (let at = bytes.length - 1; at >= 0; at--) if (bytes[at] !== 0) return base + at + 1;
    end = base;
  }
  return from;
}

/** The first whole frame at or after `from` in a file. One longer than what is held in memory is read on demand. */
async function findFrame(file: FileHandle, base: number, from: number, size: number): Promise<number | undefined> {
  for (let begin = from; begin < size; begin += windowBytes) {
    const bytes = await readRange(file, begin, Math.min(windowBytes + frameHeaderBytes, size - begin));
    const last = Math.min(windowBytes, bytes.length - frameHeaderBytes + 1);
    for (let at = 0; at < last; at++) {
      const length = bytes.readUInt32BE(at);
      const place = begin + at;
      if (length > maxPayloadBytes || place + frameHeaderBytes + length > size) continue;
      const inMemory = at + frameHeaderBytes + length <= bytes.length;
      const candidate = inMemory ? bytes : await readRange(file, place, frameHeaderBytes + length);
      const [index, first] = inMemory ? [at, base + begin] : [0, base + place];
      if (frameLengthAt(candidate, index, first) !== undefined) return place;
    }
  }
  return undefined;
}

async function readRange(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length);
  let read = 0;
  while (read < length) {
    const { bytesRead } = await file.read(bytes, read, length - read, position + read);
    if (bytesRead === 0) break;
    read += bytesRead;
  }
  return bytes.subarray(0, read);
}
