import { open, type FileHandle } from 'node:fs/promises';
import { BaseError } from '@kedge/core';
import type { StructuredLog } from '../structuredLog.js';
import { type Frame, frameHeaderBytes, frameLengthAt, maxPayloadBytes } from './frame.js';

const windowBytes = 4 * 1024 * 1024;

/**
 * Reads every whole frame of the log in order, and cuts the zeros after the last. A damaged tail (torn by a crash: nothing after it is whole) is reported,
 * kept in a file beside the log, and cut. Damage with whole frames after it is refused: those frames were acknowledged.
 * @returns The length of the log after recovery.
 * @throws BaseError `log_corrupt` for damage in the middle.
 */
export async function recoverLog(
  path: string,
  onFrame: (frame: Frame, payloadOffset: number) => void,
  log: StructuredLog,
): Promise<number> {
  const file = await open(path, 'r+');
  try {
    const { size } = await file.stat();
    const whole = await readFrames(file, size, onFrame);
    // The log is written into space that was filled with zeros before: what only that is, is no damage.
    const end = await endOfContent(file, whole, size);
    if (end > whole) await cutTail(file, path, whole, end, log);
    if (whole < size) {
      await file.truncate(whole);
      await file.sync();
    }
    return whole;
  } finally {
    await file.close();
  }
}

async function readFrames(
  file: FileHandle,
  size: number,
  onFrame: (frame: Frame, payloadOffset: number) => void,
): Promise<number> {
  let base = 0;
  let want = windowBytes;
  while (base < size) {
    const bytes = await readRange(file, base, Math.min(want, size - base));
    let at = 0;
    for (let length = frameLengthAt(bytes, at, base); length !== undefined; length = frameLengthAt(bytes, at, base)) {
      const payload = bytes.subarray(at + frameHeaderBytes, at + length);
      onFrame({ type: bytes[at + 8] ?? 0, payload }, base + at + frameHeaderBytes);
      at += length;
    }
    if (at > 0) {
      base += at;
      want = windowBytes;
      continue;
    }
    // Nothing whole in this window: the frame is longer than the window, or damaged.
    const announced = bytes.length >= frameHeaderBytes ? frameHeaderBytes + bytes.readUInt32BE(0) : size;
    if (want >= announced || announced > frameHeaderBytes + maxPayloadBytes || base + announced > size) return base;
    want = announced;
  }
  return base;
}

async function cutTail(file: FileHandle, path: string, whole: number, size: number, log: StructuredLog): Promise<void> {
  const after = await findFrame(file, whole + 1, size);
  if (after !== undefined) {
    throw new BaseError('The ledger log is damaged in the middle: whole records follow the damage.', {
      code: 'log_corrupt',
      kind: 'bug',
      values: { path, damagedAt: whole, nextWholeRecordAt: after, size },
      hints: [
        'Nothing was changed. Restore the file from a copy: cutting it here would lose receipts that were given out.',
      ],
    });
  }
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
  log.warn('log_tail_cut', { path, offset: whole, bytesCut: size - whole, keptIn: sideFile });
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

/** The first whole frame at or after `from`, at any byte. A frame longer than what is held in memory is read on demand. */
async function findFrame(file: FileHandle, from: number, size: number): Promise<number | undefined> {
  for (let base = from; base < size; base += windowBytes) {
    const bytes = await readRange(file, base, Math.min(windowBytes + frameHeaderBytes, size - base));
    const last = Math.min(windowBytes, bytes.length - frameHeaderBytes + 1);
    for (let at = 0; at < last; at++) {
      const length = bytes.readUInt32BE(at);
      if (length > maxPayloadBytes || base + at + frameHeaderBytes + length > size) continue;
      const inMemory = at + frameHeaderBytes + length <= bytes.length;
      const candidate = inMemory ? bytes : await readRange(file, base + at, frameHeaderBytes + length);
      if (frameLengthAt(candidate, inMemory ? at : 0, inMemory ? base : base + at) !== undefined) return base + at;
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
