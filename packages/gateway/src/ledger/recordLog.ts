import { constants, fdatasync, fsync, fsyncSync, ftruncateSync, openSync, closeSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { BaseError } from '@kedge/core';
import { makeFolder } from '@kedge/store/makeFolder';
import type { StructuredLog } from '../structuredLog.js';
import { type Frame, maxPayloadBytes } from './frame.js';
import { bytesIn, encodeRecords, groupItemHeaderBytes, type LogRecord } from './groupFrame.js';
import { recoverSegments } from './recoverLog.js';
import { openIfThere } from './segments/openIfThere.js';
import { type Segment, segmentAt, segmentHolding } from './segments/segmentFiles.js';

const allocationBytes = 4 * 1024 * 1024;

/**
 * Typed records that are appended to a file, and to the next one when it is long enough. What `append` resolved for survives a
 * crash of the process and of the machine.
 */
export type RecordLog = {
  /** Resolves with the payload's offset once it is on disk. Appends made while a flush runs share the next one. */
  readonly append: (...record: LogRecord) => Promise<number>;
  /** The same for several, which are in one frame: a crash leaves all of them or none. */
  readonly appendAll: (records: readonly LogRecord[]) => Promise<readonly number[]>;
  readonly readAt: (offset: number, length: number) => Promise<Buffer>;
  /** Set once a write failed: nothing more is accepted. */
  readonly failure: () => unknown;
  readonly flushCount: () => number;
  readonly close: () => Promise<void>;
};

/** What was appended together. */
type Waiting = {
  readonly records: readonly LogRecord[];
  /** In a frame of their own. */
  readonly bytes: number;
  readonly resolve: (offsets: readonly number[]) => void;
  readonly reject: (error: unknown) => void;
};

export type RecordLogOptions = {
  /** Whether the files are still this process's: nothing is written to those that are not. */
  readonly isHeld?: (() => boolean) | undefined;
  /** The base of the first segment to read: all before it is known. */
  readonly from?: number;
  /** When a segment has so many bytes, the next one begins. Without it: never. */
  readonly segmentBytes?: number | undefined;
  /** A segment will not change any more: the next one has begun. */
  readonly onSealed?: (base: number, next: number) => void;
};

/**
 * Opens a log, recovers it and calls `onRecord` for every record in it.
 * One flush is one frame (several records share a frame of type 255), so that a torn flush is always the last frame.
 * @throws BaseError `log_corrupt` when there is damage before whole records.
 */
export async function openRecordLog(
  path: string,
  onRecord: (record: Frame, payloadOffset: number) => void,
  log: StructuredLog,
  options: RecordLogOptions = {},
): Promise<RecordLog> {
  const { isHeld = () => true, from = 0, segmentBytes = Infinity } = options;
  makeFolder(dirname(path), 0o700);
  const { last, ...recovered } = await recoverSegments(path, from, onRecord, log);
  let { size } = recovered;
  let { base, fd } = openSegment(last ?? segmentAt(path, from));
  let waiting: Waiting[] = [];
  let running: Promise<void> | undefined;
  let failure: unknown;
  let flushes = 0;
  let allocated = base;
  let endsAt = base + segmentBytes;

  const expectHeld = (): void => {
    if (!isHeld()) throw new Error('another process has taken the data folder over');
  };

  /** What is whole stays as it is: the next frame is the first of another file. */
  const beginSegment = async (): Promise<void> => {
    ftruncateSync(fd, size - base);
    allocated = size;
    await sync(fsync, fd);
    // That may have taken long, and for who took the folder over meanwhile the file does not end here.
    expectHeld();
    const sealed = base;
    try {
      const opened = openSegment(segmentAt(path, size));
      closeSync(fd);
      ({ base, fd } = opened);
    } catch (error) {
      if (!isOutOfFiles(error)) throw error;
      // Connections come and go: this file gets longer instead.
      endsAt = size + allocationBytes;
      return;
    }
    endsAt = base + segmentBytes;
    options.onSealed?.(sealed, base);
    expectHeld();
  };

  const flush = async (): Promise<void> => {
    while (waiting.length > 0) {
      const group = takeGroup(waiting);
      waiting = waiting.slice(group.length);
      try {
        expectHeld();
        if (size >= endsAt) await beginSegment();
        const { frame, offsets } = encodeRecords(
          size,
          group.flatMap(({ records }) => records),
        );
        if (size + frame.length > allocated) {
          allocated = base + allocate(fd, Math.max(size, allocated) - base, size + frame.length - base);
        }
        writeAll(fd, frame, size - base);
        await sync(fdatasync, fd);
        flushes++;
        size += frame.length;
        let first = 0;
        for (const { records, resolve } of group) resolve(offsets.slice(first, (first += records.length)));
      } catch (error) {
        failure = error;
        const left = isHeld() ? cutBack(fd, size - base) : {};
        for (const item of [...group, ...waiting]) item.reject(unavailable(error));
        waiting = [];
        log.error('log_write_failed', { path, reason: String(error), ...left });
      }
    }
    running = undefined;
  };

  const appendAll = (records: readonly LogRecord[]): Promise<readonly number[]> => {
    if (failure !== undefined) return Promise.reject(unavailable(failure));
    const headers = records.length === 1 ? 0 : groupItemHeaderBytes * records.length;
    const bytes = records.reduce((sum, [, payload]) => sum + bytesIn(payload), headers);
    // Alone: it must not fail what would be written with it, nor pass for a fault of the disk.
    if (bytes > maxPayloadBytes) return Promise.reject(tooLong(bytes));
    return new Promise((resolve, reject) => {
      waiting.push({ records, bytes, resolve, reject });
      // One turn later, so that records appended together are flushed together.
      running ??= Promise.resolve().then(flush);
    });
  };

  return {
    append: async (...record) => (await appendAll([record]))[0] ?? 0,
    appendAll,
    readAt: async (offset, length) => {
      const segment = offset >= base ? segmentAt(path, base) : segmentHolding(path, offset);
      const bytes = segment && (await readIn(segment, offset, length));
      if (bytes === undefined) throw movedAway(offset);
      return bytes;
    },
    failure: () => failure,
    flushCount: () => flushes,
    close: async () => {
      await running;
      if (failure === undefined && isHeld()) ftruncateSync(fd, size - base);
      failure ??= new Error('The log is closed.');
      closeSync(fd);
    },
  };
}

/** Makes its name durable, too: a new file's directory entry is not covered by syncing the file. */
function openSegment({ base, path }: Segment): { base: number; fd: number } {
  // First: where this process has too many files open, none is made.
  const folder = openSync(dirname(path), 'r');
  try {
    const fd = openSync(path, constants.O_RDWR | constants.O_CREAT, 0o600);
    fsyncSync(folder);
    return { base, fd };
  } finally {
    closeSync(folder);
  }
}

function isOutOfFiles(error: unknown): boolean {
  return ['EMFILE', 'ENFILE'].includes((error as NodeJS.ErrnoException).code ?? '');
}

/** With a handle of its own: the segment may be sealed, and its file closed, meanwhile. Undefined: it is not there. */
async function readIn({ base, path }: Segment, offset: number, length: number): Promise<Buffer | undefined> {
  const file = await openIfThere(path);
  try {
    const read = await file?.read(Buffer.alloc(length), 0, length, offset - base);
    return read?.bytesRead === length ? read.buffer : undefined;
  } finally {
    await file?.close();
  }
}

function movedAway(offset: number): BaseError {
  return new BaseError('This part of the ledger is not in the data folder any more.', {
    code: 'ledger_part_missing',
    status: 410,
    values: { offset },
    hints: ['Put the file back to where it was: the gateway reads it again at once.'],
  });
}

/** As much as one frame takes; what was appended together stays together. */
function takeGroup(waiting: readonly Waiting[]): readonly Waiting[] {
  let sum = 0;
  const end = waiting.findIndex(({ bytes }) => (sum += bytes) > maxPayloadBytes / 2);
  return end === -1 ? waiting : waiting.slice(0, Math.max(end, 1));
}

/**
 * Takes back what a failed write or sync may have left in the file: who waited for it is told that nothing was charged, and
 * the next start would find it and charge it. When that fails, too, only that start can tell.
 */
function cutBack(fd: number, size: number): { readonly uncertain?: string } {
  try {
    ftruncateSync(fd, size);
    fsyncSync(fd);
    return {};
  } catch (error) {
    return { uncertain: String(error) };
  }
}

function tooLong(bytes: number): BaseError {
  return new BaseError('A record is longer than the log takes.', {
    code: 'record_too_long',
    status: 500,
    kind: 'bug',
    values: { bytes, maxPayloadBytes },
  });
}

function unavailable(cause: unknown): BaseError {
  return new BaseError('The gateway cannot write its log: it serves nothing that it cannot record.', {
    code: 'log_unavailable',
    status: 503,
    kind: 'transient',
    cause,
    hints: ['Free space on the disk of dataDir, then restart the gateway.'],
  });
}

// Syncing into space that exists already is a write of data alone; a growing file's is a commit of the file system's journal,
// which waits for everybody else's changes too (measured on a busy machine: 0.2 ms against 6 ms).
function allocate(fd: number, from: number, needed: number): number {
  const end = Math.ceil(needed / allocationBytes) * allocationBytes;
  writeAll(fd, Buffer.alloc(end - from), from);
  return end;
}

// Into the system's cache: a memory copy, cheaper here than a trip through the thread pool. Only the sync waits for the disk.
function writeAll(fd: number, bytes: Buffer, position: number): void {
  for (let from = 0; from < bytes.length;) from += writeSync(fd, bytes, from, bytes.length - from, position + from);
}

function sync(how: typeof fdatasync, fd: number): Promise<void> {
  return new Promise((resolve, reject) => how(fd, (error) => (error === null ? resolve() : reject(error))));
}
