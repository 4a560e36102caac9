import { readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { testSeed } from '@kedge/testing';
import { beforeAll, expect, test } from 'vitest';
import { isWholeCheckpoint, readCheckpoint } from '../src/ledger/checkpoint/checkpointFile.js';
import { makeCheckpoint } from '../src/ledger/checkpoint/makeCheckpoint.js';
import {
  besideSegment,
  listBeside,
  listSegments,
  type Segment,
  segmentAt,
} from '../src/ledger/segments/segmentFiles.js';
import { createUsedLedgers, logOf, withoutCheckpoints } from './support/usedLedgers.js';

const ignore = (): void => undefined;
const ledgers = createUsedLedgers();
const {
  random,
  noon,
  quiet,
  never,
  open,
  standingOf,
  use,
  receipts,
  emptyFolder,
  copy,
  copyOfAll,
  makeAll,
  expectCheckpointOfLast,
} = ledgers;
let folder: string;

beforeAll(async () => {
  folder = await ledgers.fill();
  return ledgers.remove;
});

test('L9, R27: a start from a checkpoint, whichever, knows what a start that reads the whole log knows', async () => {
  const whole = await standingOf(copy(withoutCheckpoints));
  expect(whole).toMatchObject({ receipts });
  expect(await standingOf(folder), `seed ${testSeed}`).toEqual(whole);
  expect(await standingOf(await copyOfAll()), `seed ${testSeed}`).toEqual(whole);
  // With a clock that is days ahead.
  const ahead = copy(withoutCheckpoints);
  await makeAll(ahead, Infinity, noon + 7 * 86_400_000);
  expect(await standingOf(ahead), `seed ${testSeed}`).toEqual(whole);
  for (const made of [1, 2, ...Array.from({ length: 4 }, () => 3 + random.below(20))]) {
    const of = copy(withoutCheckpoints);
    await makeAll(of, made);
    expect(await standingOf(of, never), `seed ${testSeed}, ${made} made`).toEqual(whole);
  }
});

test('a start reads what is after the checkpoint, and nothing before it', async () => {
  const of = await copyOfAll();
  const bases = listSegments(logOf(of)).map(({ base }) => base);
  // Bytes before it that are wrong are met by nobody who does not read them.
  for (const { path } of listSegments(logOf(of)).slice(0, -1)) truncateSync(path, 10);
  const { ledger } = await open(of, never);
  await ledger.close();
  expect(bases.length).toBeGreaterThan(10);
});

test('a checkpoint that is damaged or cut anywhere is passed over, and said', async () => {
  const all = await copyOfAll();
  const whole = await standingOf(all, never);
  const newest = listBeside(logOf(all), 'checkpoint').at(-1) ?? 0;
  const bytes = readFileSync(besideSegment(logOf(all), newest, 'checkpoint'));
  for (let turn = 0; turn < 4; turn++) {
    const damaged = Buffer.from(bytes);
    const at = random.below(bytes.length);
    damaged[at] = (damaged[at] ?? 0) ^ (1 + random.below(255));
    const of = copy(ignore, all);
    const path = besideSegment(logOf(of), newest, 'checkpoint');
    writeFileSync(path, random.chance(50) ? damaged : bytes.subarray(0, at));
    const said: unknown[] = [];
    const log = { ...quiet, warn: (event: string, fields?: object) => void said.push({ event, fields }) };
    const { ledger } = await open(of, never, log);
    await ledger.close();
    expect(said).toContainEqual({ event: 'checkpoint_damaged', fields: { path } });
    expect(await standingOf(of, never), `seed ${testSeed}, byte ${at}`).toEqual(whole);
    // It is made again.
    await makeAll(of);
    expect(await isWholeCheckpoint(path)).toBe(true);
  }
});

test('what is missing of the files that a start needs is named, and nothing is changed', async () => {
  const all = await copyOfAll();
  const segments = listSegments(logOf(all));
  const expectRefusal = async (of: string, values: object): Promise<void> => {
    const before = readdirSync(of);
    await expect(open(of, never)).rejects.toMatchObject({ code: 'log_corrupt', values });
    expect(readdirSync(of)).toEqual(before);
  };
  const last = segments.at(-1)!;
  const path = (of: string, { base }: Segment): string => segmentAt(logOf(of), base).path;
  // The newest, which the checkpoint at its begin tells of.
  await expectRefusal(
    copy((of) => rmSync(path(of, last)), all),
    { missingFrom: last.base },
  );
  // One in the middle, or its end.
  const middle = segments.at(-3)!;
  const next = segments.at(-2)!;
  const cut = copy((of) => {
    withoutCheckpoints(of);
    rmSync(path(of, middle));
  }, all);
  await expectRefusal(cut, { missingFrom: middle.base, nextBeginsAt: next.base });
  const shorter = copy((of) => {
    withoutCheckpoints(of);
    truncateSync(path(of, middle), statSync(middle.path).size - 1);
  }, all);
  await expectRefusal(shorter, { segmentEndsAt: next.base - 1 });
  // The first, when no checkpoint is there to begin from.
  await expectRefusal(
    copy((of) => {
      withoutCheckpoints(of);
      rmSync(logOf(of));
    }, all),
    { missingFrom: 0, nextBeginsAt: segments[1]?.base },
  );
});

test('a checkpoint that is gone, or not whole any more, when it is read is no empty one', async () => {
  const of = await copyOfAll();
  const path = besideSegment(logOf(of), listBeside(logOf(of), 'checkpoint').at(-1) ?? 0, 'checkpoint');
  truncateSync(path, 1_000);
  await expect(readCheckpoint(path, ignore)).rejects.toThrow(/changed/);
  rmSync(path);
  await expect(readCheckpoint(path, ignore)).rejects.toThrow(/changed/);
});

test('a checkpoint that cannot be made stops nothing, and is made with the next segment', async () => {
  const of = emptyFolder();
  const said: string[] = [];
  let failures = 2;
  const opened = await open(
    of,
    (segment) => (failures-- > 0 ? Promise.reject(new Error('no space')) : makeCheckpoint(segment, noon)),
    { ...quiet, warn: (event: string) => void said.push(event) },
  );
  await use(opened);
  await expect.poll(() => listBeside(logOf(of), 'checkpoint').length).toBe(2);
  await opened.ledger.close();
  expect(said).toEqual(['checkpoint_not_made', 'checkpoint_not_made']);
});

test('an old segment of which no index can be made stands in the way of no newer checkpoint', async () => {
  const of = await copyOfAll();
  const old = listSegments(logOf(of))[2]!;
  rmSync(besideSegment(logOf(of), old.base, 'index'));
  truncateSync(old.path, statSync(old.path).size - 1);
  const opened = await open(of);
  await use(opened);
  await expectCheckpointOfLast(of);
  await opened.ledger.close();
});
