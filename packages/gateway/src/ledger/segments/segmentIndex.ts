import type { FileHandle } from 'node:fs/promises';
import { basename } from 'node:path';
import { BaseError, type Hex, hexToBytes, splitSeq } from '@kedge/core';
import type { BatchName, LogPlace, LedgerIndex } from '../ledgerIndex.js';
import { openIfThere } from './openIfThere.js';
import { writeWhole } from './writeWhole.js';

// The index of a segment on disk, big-endian: a head, the epochs, the channels with their epochs in order, then for each batch
// where it is, and for each receipt its batch. It is read from disk where it is needed: memory does not grow with the log.
// What it says is made of the segment alone, so it can be made again.

const magic = 0x6b_64_67_31;
/** [magic u32 | epochs u32 | runs of receipts u32] */
const headBytes = 12;
/** [epoch u32 | first batch u64 | batches u32 | where they are in the file u64] */
const epochBytes = 24;
/** [channel 32 bytes | epoch u32 | first counter u64 | receipts u32 | where they are in the file u64] */
const runBytes = 56;
/** [offset in the log u64 | length u32] */
const batchBytes = 12;
/** [batch u32], counted from the epoch's first in the segment, which is 1; 0: there is no such receipt. */
const receiptBytes = 4;

/** A segment's index, read from its file. */
export type SegmentIndex = {
  readonly placeOfBatch: (name: BatchName) => Promise<LogPlace | undefined>;
  readonly placeOfReceipt: (channelId: Hex, seq: bigint) => Promise<LogPlace | undefined>;
};

/** Writes what `index` holds, so that a crash leaves all of it or nothing. */
export async function writeSegmentIndex(path: string, index: LedgerIndex): Promise<void> {
  const epochs = [...index.batches];
  const runs = [...index.receipts]
    .flatMap(([channelId, ofEpochs]) =>
      [...ofEpochs].map(([epoch, run]) => ({ key: runKeyOf(channelId, epoch), epoch, ...run })),
    )
    .toSorted((one, other) => Buffer.compare(one.key, other.key));
  let at = headBytes + epochs.length * epochBytes + runs.length * runBytes;
  const head = Buffer.alloc(at);
  for (const [place, number] of [magic, epochs.length, runs.length].entries()) head.writeUInt32BE(number, place * 4);
  let row = headBytes;
  for (const [epoch, { first, numbers }] of epochs) {
    row = head.writeUInt32BE(epoch, row);
    row = head.writeBigUInt64BE(BigInt(first), row);
    row = head.writeUInt32BE(numbers.length, row);
    row = head.writeBigUInt64BE(BigInt(at), row);
    at += numbers.length * batchBytes;
  }
  for (const { key, first, numbers } of runs) {
    row += key.copy(head, row);
    row = head.writeBigUInt64BE(BigInt(first), row);
    row = head.writeUInt32BE(numbers.length, row);
    row = head.writeBigUInt64BE(BigInt(at), row);
    at += numbers.length * receiptBytes;
  }
  await writeWhole(path, function* () {
    yield head;
    for (const [, { numbers, offsets }] of epochs) yield batchRows(numbers, offsets);
    for (const { epoch, numbers } of runs) yield receiptRows(numbers, index.batches.get(epoch)?.first ?? 1);
  });
}

/** Reads an index that {@link writeSegmentIndex} wrote, of which only what it says of epochs is kept in memory. */
export function openSegmentIndex(path: string): SegmentIndex {
  let known: Head | undefined;
  const headOf = async (): Promise<Head | undefined> => (known ??= await readingFile(path, readHead));

  return {
    placeOfBatch: async ({ epoch, batch }) => {
      const run = (await headOf())?.epochs.get(Number(epoch));
      const row = rowOfBatch(run, Number(batch) - (run?.first ?? 0));
      return row === undefined ? undefined : readingFile(path, (file) => readPlace(file, row));
    },
    placeOfReceipt: async (channelId, seq) => {
      const { epoch, counter } = splitSeq(seq);
      const head = await headOf();
      if (head?.epochs.has(Number(epoch)) !== true) return undefined;
      return readingFile(path, async (file) => {
        const run = await findRow(file, head.runs, runKeyOf(channelId, Number(epoch)));
        if (run === undefined) return undefined;
        const within = Number(counter - run.readBigUInt64BE(36));
        if (within < 0 || within >= run.readUInt32BE(44)) return undefined;
        const bytes = await readBytes(file, Number(run.readBigUInt64BE(48)) + within * receiptBytes, receiptBytes);
        const row = rowOfBatch(head.epochs.get(Number(epoch)), bytes.readUInt32BE(0) - 1);
        return row === undefined ? undefined : readPlace(file, row);
      });
    },
  };
}

/** Rows of one length, one after another. */
type Table = { readonly at: number; readonly count: number; readonly bytes: number };
type Head = {
  /** By epoch: its first batch here, and how many there are. */
  readonly epochs: ReadonlyMap<number, Table & { readonly first: number }>;
  readonly runs: Table;
};

async function readHead(file: FileHandle): Promise<Head> {
  const head = await readBytes(file, 0, headBytes);
  if (head.readUInt32BE(0) !== magic) throw new RangeError('It is no index of a segment.');
  const count = head.readUInt32BE(4);
  const rows = await readBytes(file, headBytes, count * epochBytes);
  const epochs = Array.from({ length: count }, (_, index) => {
    const row = rows.subarray(index * epochBytes);
    const run = {
      first: Number(row.readBigUInt64BE(4)),
      count: row.readUInt32BE(12),
      at: Number(row.readBigUInt64BE(16)),
      bytes: batchBytes,
    };
    return [row.readUInt32BE(0), run] as const;
  });
  const runs = { at: headBytes + count * epochBytes, count: head.readUInt32BE(8), bytes: runBytes };
  return { epochs: new Map(epochs), runs };
}

/** Where in the file it is said where a batch is: one of those of an epoch, the first of which is 0. */
function rowOfBatch(run: Table | undefined, within: number): number | undefined {
  return run === undefined || within < 0 || within >= run.count ? undefined : run.at + within * run.bytes;
}

async function readPlace(file: FileHandle, row: number): Promise<LogPlace | undefined> {
  const place = await readBytes(file, row, batchBytes);
  const length = place.readUInt32BE(8);
  return length === 0 ? undefined : { offset: Number(place.readBigUInt64BE(0)), length };
}

/** Undefined: the file is not there. */
async function readingFile<T>(path: string, read: (file: FileHandle) => Promise<T>): Promise<T | undefined> {
  const file = await openIfThere(path);
  try {
    return file && (await read(file));
  } catch (cause) {
    // The system's own errors name the file.
    throw cause instanceof RangeError ? indexDamaged(path, cause) : cause;
  } finally {
    await file?.close();
  }
}

function indexDamaged(path: string, cause: RangeError): BaseError {
  return new BaseError('An index of the ledger log is damaged.', {
    code: 'ledger_index_damaged',
    status: 500,
    values: { file: basename(path) },
    cause,
    hints: ['Delete it: the gateway makes it again at its next start.'],
  });
}

/** The row of a table, in the order of its keys, that begins with `key`. */
async function findRow(file: FileHandle, table: Table, key: Buffer): Promise<Buffer | undefined> {
  for (let [low, high] = [0, table.count]; low < high;) {
    const middle = (low + high) >>> 1;
    const row = await readBytes(file, table.at + middle * table.bytes, table.bytes);
    const order = row.compare(key, 0, key.length, 0, key.length);
    if (order === 0) return row;
    if (order < 0) low = middle + 1;
    else high = middle;
  }
  return undefined;
}

async function readBytes(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const { bytesRead, buffer } = await file.read(Buffer.alloc(length), 0, length, position);
  if (bytesRead !== length) throw new RangeError(`It ends ${length - bytesRead} bytes early.`);
  return buffer;
}

function runKeyOf(channelId: Hex, epoch: number): Buffer {
  const key = Buffer.alloc(36);
  key.set(hexToBytes(channelId));
  key.writeUInt32BE(epoch, 32);
  return key;
}

function batchRows(lengths: readonly number[], offsets: readonly number[]): Buffer {
  const rows = Buffer.alloc(lengths.length * batchBytes);
  for (let index = 0; index < lengths.length; index++) {
    rows.writeBigUInt64BE(BigInt(offsets[index] ?? 0), index * batchBytes);
    rows.writeUInt32BE(lengths[index] ?? 0, index * batchBytes + 8);
  }
  return rows;
}

function receiptRows(batches: readonly number[], first: number): Buffer {
  const rows = Buffer.alloc(batches.length * receiptBytes);
  for (let index = 0; index < batches.length; index++) {
    const batch = batches[index] || undefined;
    rows.writeUInt32BE(batch === undefined ? 0 : batch - first + 1, index * receiptBytes);
  }
  return rows;
}
