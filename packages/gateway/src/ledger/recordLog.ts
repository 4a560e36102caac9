import { constants, fdatasync, fsyncSync, ftruncateSync, openSync, closeSync, read, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { BaseError } from '@kedge/core';
import { makeFolder } from '@kedge/store/makeFolder';
import type { StructuredLog } from '../structuredLog.js';
import { encodeFrame, type Frame, maxPayloadBytes } from './frame.js';
import { recoverLog } from './recoverLog.js';

const readAt = promisify(read);
const groupType = 255;
const groupItemHeaderBytes = 5;
const allocationBytes = 4 * 1024 * 1024;

export type LogRecord = readonly [type: number, payload: readonly Uint8Array[]];

/** An append-only file of typed records. What `append` resolved for survives a crash of the process and of the machine. */
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

/**
 * Opens a log, recovers it and calls `onRecord` for every record in it.
 * One flush is one frame (several records share a frame of type 255), so that a torn flush is always the last frame.
 * @param isHeld Whether the file is still this process's: nothing is written to one that is not.
 * @throws BaseError `log_corrupt` when there is damage before whole records.
 */
export async function openRecordLog(
  path: string,
  onRecord: (record: Frame, payloadOffset: number) => void,
  log: StructuredLog,
  isHeld: () => boolean = () => true,
): Promise<RecordLog> {
  makeFolder(dirname(path), 0o700);
  const fd = openSync(path, constants.O_RDWR | constants.O_CREAT, 0o600);
  syncFolder(dirname(path));
  let size: number;
  try {
    size = await recoverLog(path, (frame, offset) => expand(frame, offset, onRecord), log);
  } catch (error) {
    closeSync(fd);
    throw error;
  }
  let waiting: Waiting[] = [];
  let running: Promise<void> | undefined;
  let failure: unknown;
  let flushes = 0;
  let allocated = 0;

  const flush = async (): Promise<void> => {
    while (waiting.length > 0) {
      const group = takeGroup(waiting);
      waiting = waiting.slice(group.length);
      try {
        if (!isHeld()) throw new Error('another process has taken the data folder over');
        const { frame, offsets } = encodeGroup(size, group);
        if (size + frame.length > allocated) {
          allocated = allocate(fd, Math.max(size, allocated), size + frame.length);
        }
        writeAll(fd, frame, size);
        await sync(fd);
        flushes++;
        size += frame.length;
        let first = 0;
        for (const { records, resolve } of group) resolve(offsets.slice(first, (first += records.length)));
      } catch (error) {
        failure = error;
        const left = isHeld() ? cutBack(fd, size) : {};
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
      const { bytesRead, buffer } = await readAt(fd, Buffer.alloc(length), 0, length, offset);
      if (bytesRead !== length) throw new Error(`The log ends ${length - bytesRead} bytes early at ${offset}.`);
      return buffer as Buffer;
    },
    failure: () => failure,
    flushCount: () => flushes,
    close: async () => {
      await running;
      if (failure === undefined && isHeld()) ftruncateSync(fd, size);
      failure ??= new Error('The log is closed.');
      closeSync(fd);
    },
  };
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

/** With the offset of each record's payload. */
function encodeGroup(base: number, group: readonly Waiting[]): { frame: Buffer; offsets: number[] } {
  const records = group.flatMap((item) => item.records);
  const [only] = records;
  const payloadBase = base + 9;
  if (only !== undefined && records.length === 1) return { frame: encodeFrame(base, ...only), offsets: [payloadBase] };
  const parts: Uint8Array[] = [];
  const offsets: number[] = [];
  let at = payloadBase;
  for (const [type, payload] of records) {
    const header = Buffer.allocUnsafe(groupItemHeaderBytes);
    const length = bytesIn(payload);
    header[0] = type;
    header.writeUInt32BE(length, 1);
    parts.push(header, ...payload);
    offsets.push(at + groupItemHeaderBytes);
    at += groupItemHeaderBytes + length;
  }
  return { frame: encodeFrame(base, groupType, parts), offsets };
}

function bytesIn(payload: readonly Uint8Array[]): number {
  return payload.reduce((sum, part) => sum + part.length, 0);
}

function expand(frame: Frame, offset: number, onRecord: (record: Frame, payloadOffset: number) => void): void {
  if (frame.type !== groupType) return onRecord(frame, offset);
  for (let at = 0; at < frame.payload.length;) {
    const start = at + groupItemHeaderBytes;
    const end = start + frame.payload.readUInt32BE(at + 1);
    onRecord({ type: frame.payload[at] ?? 0, payload: frame.payload.subarray(start, end) }, offset + start);
    at = end;
  }
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

function sync(fd: number): Promise<void> {
  return new Promise((resolve, reject) => fdatasync(fd, (error) => (error === null ? resolve() : reject(error))));
}

/** Makes the log's own name durable: a new file's directory entry is not covered by syncing the file. */
function syncFolder(path: string): void {
  const folder = openSync(path, 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
