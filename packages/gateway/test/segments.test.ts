import {
  cpSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { seqOf, splitSeq, toProblemDetails } from '@kedge/core';
import { testSeed } from '@kedge/testing';
import { beforeAll, expect, test } from 'vitest';
import { type BatchName, type LogPlace, createLedgerIndex } from '../src/ledger/ledgerIndex.js';
import { besideSegment, listBeside, listSegments } from '../src/ledger/segments/segmentFiles.js';
import { openSegmentIndex, writeSegmentIndex } from '../src/ledger/segments/segmentIndex.js';
import { createUsedLedgers, logOf } from './support/usedLedgers.js';

const ledgers = createUsedLedgers();
const {
  random,
  channelIds,
  segmentBytes,
  never,
  open,
  use,
  receipts,
  emptyFolder,
  copy,
  copyOfAll,
  makeAll,
  expectCheckpointOfLast,
} = ledgers;
const { bytes32 } = random;
let folder: string;

beforeAll(async () => {
  folder = await ledgers.fill();
  return ledgers.remove;
});

test('a log is divided into segments; each that is sealed has an index, and the last two have checkpoints', async () => {
  const segments = listSegments(logOf(folder));
  expect(segments.length, `seed ${testSeed}`).toBeGreaterThan(10);
  for (const { path } of segments.slice(0, -1)) expect(statSync(path).size).toBeGreaterThanOrEqual(segmentBytes);
  // Beside the calls some were made already.
  expect(listBeside(logOf(folder), 'checkpoint').length).toBeGreaterThan(0);
  const of = copy();
  // Of one that was killed while it wrote.
  writeFileSync(`${besideSegment(logOf(of), 0, 'index')}.4711.new`, 'half');
  await makeAll(of);
  const bases = segments.map(({ base }) => base);
  expect(listBeside(logOf(of), 'index')).toEqual(bases.slice(0, -1));
  expect(listBeside(logOf(of), 'checkpoint')).toEqual(bases.slice(-2));
  expect(readdirSync(of).filter((name) => name.endsWith('.new'))).toEqual([]);
});

test('files before the checkpoint may be moved away: only their receipts are not found until they are back', async () => {
  const of = await copyOfAll();
  const away = emptyFolder();
  const old = listSegments(logOf(of)).slice(0, 5);
  for (const { path } of old) renameSync(path, join(away, basename(path)));
  const { ledger } = await open(of, never);
  try {
    const { channelId, seq } = receipts[0]!.receipt;
    const refused = { code: 'ledger_part_missing', status: 410, values: { offset: expect.any(Number) as number } };
    const found = await ledger.receiptOf(channelId, seq).catch((error: unknown) => error);
    expect(found).toMatchObject(refused);
    // A client is told so: the operator's folders are no matter of it.
    expect(JSON.stringify(toProblemDetails(found))).not.toContain(of);
    const newest = receipts.at(-1)!;
    expect(await ledger.receiptOf(newest.receipt.channelId, newest.receipt.seq)).toEqual(newest);
    for (const { path } of old) renameSync(join(away, basename(path)), path);
    expect(await ledger.receiptOf(channelId, seq)).toEqual(receipts[0]);
  } finally {
    await ledger.close();
  }
});

test('files before the checkpoint may be links to where nothing is now', async () => {
  const of = await copyOfAll();
  for (const { path } of listSegments(logOf(of)).slice(0, 5)) {
    rmSync(path);
    symlinkSync(join(of, 'elsewhere', basename(path)), path);
  }
  const { ledger } = await open(of, never);
  const { channelId, seq } = receipts[0]!.receipt;
  await expect(ledger.receiptOf(channelId, seq)).rejects.toMatchObject({ code: 'ledger_part_missing' });
  await ledger.close();
});

test('files that were moved away with their indexes before a start are found when they are put back', async () => {
  const of = await copyOfAll();
  const away = emptyFolder();
  const old = listSegments(logOf(of)).slice(0, 5);
  const files = old.flatMap(({ path, base }) => [path, besideSegment(logOf(of), base, 'index')]);
  for (const path of files) renameSync(path, join(away, basename(path)));
  const { ledger } = await open(of, never);
  try {
    const { channelId, seq } = receipts[0]!.receipt;
    expect(await ledger.receiptOf(channelId, seq)).toBe(undefined);
    for (const path of files) renameSync(join(away, basename(path)), path);
    expect(await ledger.receiptOf(channelId, seq)).toEqual(receipts[0]);
  } finally {
    await ledger.close();
  }
});

test('an index that is left of another log, beside an older copy of this one, is made anew', async () => {
  const [of, other] = [emptyFolder(), emptyFolder()];
  const useUntilMade = async (used: string): Promise<void> => {
    const opened = await open(used);
    const given = await use(opened);
    await expectCheckpointOfLast(used);
    for (const { receipt } of given) {
      expect((await opened.ledger.receiptOf(receipt.channelId, receipt.seq))?.receipt).toEqual(receipt);
    }
    await opened.ledger.close();
  };
  await useUntilMade(other);
  cpSync(besideSegment(logOf(other), 0, 'index'), besideSegment(logOf(of), 0, 'index'));
  await useUntilMade(of);
});

test('what was damaged since in files that a start does not read is neither given out nor anchored', async () => {
  const of = await copyOfAll();
  const sealed = listSegments(logOf(of)).slice(0, -1);
  for (const { path } of sealed) {
    const bytes = readFileSync(path);
    for (let at = 99; at < bytes.length; at += 100) bytes[at] = (bytes[at] ?? 0) ^ 1;
    writeFileSync(path, bytes);
  }
  const { ledger } = await open(of, never);
  try {
    for (const { receipt } of receipts.slice(0, 20)) {
      const found = ledger.receiptOf(receipt.channelId, receipt.seq);
      await expect(found).rejects.toMatchObject({ code: 'log_corrupt', status: 500 });
    }
    await expect(ledger.leavesOf(ledger.unanchored()[0]!)).rejects.toMatchObject({ code: 'log_corrupt' });
  } finally {
    await ledger.close();
  }
});

test('an index that names another batch, or is cut, is no way to what is anchored', async () => {
  const of = await copyOfAll();
  const { ledger } = await open(of, never);
  try {
    const [name, other] = ledger.unanchored() as [BatchName, BatchName];
    const pathOf = (base: number): string => besideSegment(logOf(of), base, 'index');
    const placesOf = (named: BatchName): Promise<(LogPlace | undefined)[]> =>
      Promise.all(listBeside(logOf(of), 'index').map((base) => openSegmentIndex(pathOf(base)).placeOfBatch(named)));
    const place = (await placesOf(other)).find((one) => one !== undefined)!;
    const path = pathOf(listBeside(logOf(of), 'index')[(await placesOf(name)).findIndex((one) => one !== undefined)]!);
    const index = createLedgerIndex();
    index.add({ ...name, receipts: [] }, place);
    await writeSegmentIndex(path, index);
    await expect(ledger.leavesOf(name)).rejects.toMatchObject({
      code: 'log_corrupt',
      values: { offset: place.offset },
    });
    truncateSync(path, 20);
    const again = await open(of, never);
    await expect(again.ledger.leavesOf(name)).rejects.toMatchObject({
      code: 'ledger_index_damaged',
      values: { file: basename(path) },
    });
    await again.ledger.close();
  } finally {
    await ledger.close();
  }
});

test('receipts and batches that never were are found in no index', async () => {
  const { ledger } = await open(await copyOfAll(), never);
  try {
    const known = receipts.map(({ receipt }) => splitSeq(receipt.seq));
    const epochs = [...new Set(known.map(({ epoch }) => epoch))];
    for (const channelId of [...channelIds, bytes32()]) {
      for (const epoch of [0n, ...epochs, 2n ** 24n - 1n]) {
        for (const counter of [0n, 1_000_000n, 2n ** 32n - 1n]) {
          expect(await ledger.receiptOf(channelId, seqOf(epoch, counter))).toBe(undefined);
        }
      }
    }
    await expect(ledger.leavesOf({ epoch: epochs[0]!, batch: 2n ** 40n })).rejects.toThrow(/has no batch/);
  } finally {
    await ledger.close();
  }
});

test('an index finds what it was made of: numbers beyond 32 bits, gaps, and what came out of order', async () => {
  const path = join(copy(), 'other.index');
  const index = createLedgerIndex();
  const [channelId, other] = [bytes32(), bytes32()];
  const batches = [2n ** 33n, 2n ** 33n + 1n, 2n ** 33n + 4n, 2n ** 33n - 2n];
  const added = batches.map((batch, at) => ({
    name: { epoch: 2n ** 24n - 1n, batch },
    receipts: [
      { channelId, seq: seqOf(2n ** 24n - 1n, 2n ** 40n - 90n + 3n * batch - 3n * 2n ** 33n) },
      { channelId: other, seq: seqOf(2n ** 24n - 1n, BigInt(at + 1)) },
    ],
    place: { offset: 2 ** 45 + at, length: at + 1 },
  }));
  for (const { name, receipts: of, place } of added) index.add({ ...name, receipts: of }, place);
  await writeSegmentIndex(path, index);
  const found = openSegmentIndex(path);
  for (const { name, receipts: of, place } of added) {
    for (const source of [index, found]) {
      expect(await source.placeOfBatch(name)).toEqual(place);
      for (const { channelId: channel, seq } of of) expect(await source.placeOfReceipt(channel, seq)).toEqual(place);
    }
  }
  for (const source of [index, found]) {
    for (const batch of [1n, 2n ** 33n - 3n, 2n ** 33n - 1n, 2n ** 33n + 2n, 2n ** 33n + 5n]) {
      expect(await source.placeOfBatch({ epoch: 2n ** 24n - 1n, batch })).toBe(undefined);
    }
    for (const counter of [0n, 5n, 2n ** 40n - 89n]) {
      expect(await source.placeOfReceipt(other, seqOf(2n ** 24n - 1n, counter))).toBe(undefined);
      expect(await source.placeOfReceipt(channelId, seqOf(2n ** 24n - 1n, counter))).toBe(undefined);
    }
  }
});

test('an index that is gone is made again at the next start', async () => {
  const of = await copyOfAll();
  const before = listBeside(logOf(of), 'index');
  rmSync(besideSegment(logOf(of), before[2] ?? 0, 'index'));
  const { ledger } = await open(of);
  // A start may begin another segment.
  await expect.poll(() => listBeside(logOf(of), 'index')).toEqual(expect.arrayContaining(before));
  await ledger.close();
});
