import {
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import {
  type Hex,
  metricLabels,
  seqOf,
  type SignedReceipt,
  type SignedVoucher,
  splitSeq,
  toProblemDetails,
} from '@kedge/core';
import { createRandom, testSeed } from '@kedge/testing';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { operatorKeyOf } from '../src/crypto/operatorKey.js';
import { createIdempotency, type Idempotency } from '../src/idempotency/createIdempotency.js';
import { createKeyAccounts } from '../src/keys/keyAccounts.js';
import { isWholeCheckpoint, readCheckpoint } from '../src/ledger/checkpoint/checkpointFile.js';
import { makeCheckpoint } from '../src/ledger/checkpoint/makeCheckpoint.js';
import type { MakeCheckpoint } from '../src/ledger/checkpoint/keepCheckpoints.js';
import { type BatchName, type BatchPlace, createLedgerIndex } from '../src/ledger/ledgerIndex.js';
import { type LogLedger, openLedger } from '../src/ledger/openLedger.js';
import type { CommitInput } from '../src/ledger/receiptBatcher.js';
import { recordTypes } from '../src/ledger/recordTypes.js';
import {
  besideSegment,
  listBeside,
  listSegments,
  type Segment,
  segmentAt,
} from '../src/ledger/segments/segmentFiles.js';
import { openSegmentIndex, writeSegmentIndex } from '../src/ledger/segments/segmentIndex.js';
import type { StructuredLog } from '../src/structuredLog.js';
import { payingOf } from '../src/vouchers/heldVouchers.js';
import { encodeProgressRecord } from '../src/vouchers/progressRecord.js';
import { createVoucherRecovery } from '../src/vouchers/voucherRecovery.js';
import { encodeVoucherRecord } from '../src/vouchers/voucherRecord.js';
import { domain, operatorKey } from './support/createTestSetup.js';

// A log without checkpoints is read whole. What a start makes of checkpoints and the last segments is held to that.
const random = createRandom(testSeed);
const { bytes32 } = random;
const operator = operatorKeyOf(operatorKey);
const ignore = (): void => undefined;
const quiet: StructuredLog = { info: ignore, warn: ignore, error: ignore };
const noon = Date.UTC(2026, 10, 23, 12);
const channelIds = Array.from({ length: 5 }, bytes32);
const keys = Array.from({ length: 3 }, () => bytes32().slice(2));
const segmentBytes = 6_000;

/** A ledger, and what it says beside receipts. */
type Opened = {
  readonly ledger: LogLedger;
  readonly vouchers: ReturnType<typeof createVoucherRecovery>;
  readonly keyAccounts: ReturnType<typeof createKeyAccounts>;
  readonly idempotency: Idempotency;
};

const beside: MakeCheckpoint = (segment) => makeCheckpoint(segment, noon);
const never: MakeCheckpoint = () => new Promise((_, reject) => setTimeout(reject, 5, new Error('not now')));

async function open(folder: string, make: MakeCheckpoint = beside, log = quiet): Promise<Opened> {
  const vouchers = createVoucherRecovery();
  const keyAccounts = createKeyAccounts();
  const idempotency = createIdempotency(() => noon);
  const ledger = await openLedger({
    path: join(folder, 'ledger.log'),
    domain,
    operator,
    log,
    now: () => noon,
    segmentBytes,
    makeCheckpoint: make,
    onReceipt: vouchers.settled,
    onAnswer: idempotency.recover,
    onVoucher: vouchers.recover,
    onKeyUse: keyAccounts.recover,
    running: () => 0,
    onCommitted: ignore,
  });
  return { ledger, vouchers, keyAccounts, idempotency };
}

/** All that a gateway knows of its past after a start, but of its epoch, which is a new one at each. */
async function standingOf(of: string, make?: MakeCheckpoint): Promise<unknown> {
  const { ledger, vouchers, keyAccounts, idempotency } = await open(of, make);
  try {
    const names = ledger.unanchored();
    return {
      accounts: channelIds.map((channelId) => {
        const { committedUnits, windows, lastSeq, lastReceiptHash, durable } = ledger.accountOf(channelId);
        return { committedUnits, windows, lastSeq, lastReceiptHash, durable };
      }),
      names,
      leaves: await Promise.all(names.map(ledger.leavesOf)),
      transactions: ledger.journal.entries(),
      keyUses: keyAccounts.all(),
      topUps: await ledger.newTopUps(),
      interrupted: vouchers.interrupted,
      vouchers: channelIds.map((channelId) => {
        const { held, recent } = vouchers.accountOf(channelId);
        const { committedUnits } = ledger.accountOf(channelId);
        return { highest: held.at(-1), pays: payingOf(vouchers.accountOf(channelId), committedUnits), recent };
      }),
      answers: await Promise.all(
        keptKeys.map(async ({ channelId, key }) => {
          const request = { channelId, key, path: '/chat/completions', body: Buffer.from(key) };
          const found = await idempotency.begin(request, ledger.answers);
          return 'end' in found ? undefined : found;
        }),
      ),
      receipts: await Promise.all(receipts.map(({ receipt: { channelId, seq } }) => ledger.receiptOf(channelId, seq))),
    };
  } finally {
    await ledger.close();
  }
}

const keptKeys: { channelId: Hex; key: string }[] = [];

async function call(idempotency: Idempotency, ledger: LogLedger): Promise<CommitInput> {
  const channelId = random.pick(channelIds);
  const input = {
    channelId,
    tokenId: 7n,
    classId: 1n,
    policyHash: bytes32(),
    requestHash: bytes32(),
    responseHash: bytes32(),
    metrics: metricLabels
      .filter((label) => label !== 'rate_quote' && random.chance(30))
      .map((metric) => ({ metric, amount: random.upTo(1_000n) })),
    units: random.upTo(1_000n),
    salt: bytes32(),
    issuedAt: BigInt(noon / 1000 - random.below(200_000)),
    hasWindows: true,
  };
  const apiKeySha256 = random.pick(keys);
  const key = random.chance(50) ? { key: { apiKeySha256, committedUnits: 0n, reservedUnits: 0n } } : {};
  if (!random.chance(30)) return { ...input, ...key };
  const name = bytes32();
  keptKeys.push({ channelId, key: name });
  const request = { channelId, key: name, path: '/chat/completions', body: Buffer.from(name) };
  const slot = await idempotency.begin(request, ledger.answers);
  if (!('keep' in slot)) throw new Error('The key is new.');
  return { ...input, ...key, answer: slot.keep({ 'x-a': 'b' }, Buffer.from(bytes32()), -1) };
}

function voucher(channelId: Hex, cumulativeUnits: bigint): SignedVoucher {
  const signature: Hex = `0x${bytes32().slice(2).repeat(2)}1b`;
  return { voucher: { channelId, cumulativeUnits, receiptHash: bytes32(), seq: random.upTo(2n ** 40n) }, signature };
}

/** Everything that a log holds, at random. */
async function use({ ledger, idempotency }: Opened): Promise<SignedReceipt[]> {
  const given: SignedReceipt[] = [];
  for (let turn = 0; turn < 25; turn++) {
    const calls = await Promise.all(Array.from({ length: 1 + random.below(6) }, () => call(idempotency, ledger)));
    given.push(...(await Promise.all(calls.map(ledger.commit))));
    if (random.chance(30)) {
      const channelId = random.pick(channelIds);
      const { committedUnits } = ledger.accountOf(channelId);
      const signed = voucher(channelId, committedUnits + random.upTo(500n));
      const progress = random.chance(50)
        ? [{ ...(await call(idempotency, ledger)), channelId, answer: undefined }]
        : [];
      await ledger.keepRecords([
        ...progress.map((input) => [recordTypes.progress, encodeProgressRecord(input)] as const),
        [recordTypes.voucher, encodeVoucherRecord(signed)],
      ]);
      if (progress[0] !== undefined && random.chance(50)) given.push(await ledger.commit(progress[0]));
    }
    if (random.chance(10)) await ledger.keepRecords([[recordTypes.topUp, Buffer.from(bytes32())]]);
    if (random.chance(20)) await transact(ledger);
  }
  return given;
}

/** A transaction that anchors some batches, or the end of one: a confirmed one may be dropped by a chain that lost blocks. */
async function transact({ journal, unanchored }: LogLedger): Promise<void> {
  const entry = random.pick(journal.entries().filter(({ state }) => state !== 'dropped'));
  if (entry !== undefined && random.chance(60)) {
    return journal.end(entry, random.chance(70) ? 'confirmed' : 'dropped', 'test');
  }
  const first = random.pick(unanchored());
  if (first === undefined) return;
  const ofEpoch = unanchored().filter(({ epoch }) => epoch === first.epoch);
  const lastBatch = ofEpoch.at(-1)?.batch ?? first.batch;
  const range = {
    epoch: first.epoch,
    firstBatch: first.batch,
    lastBatch: min(lastBatch, first.batch + random.upTo(9n)),
  };
  await journal.add({ nonce: random.below(1_000), hash: bytes32(), raw: bytes32() }, [range]);
}

const min = (one: bigint, other: bigint): bigint => (one < other ? one : other);

let folder: string;
const receipts: SignedReceipt[] = [];

function emptyFolder(): string {
  const made = mkdtempSync(join(tmpdir(), 'kedge-checkpoints-'));
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

function copy(change: (folder: string) => void = ignore, of = folder): string {
  const other = emptyFolder();
  cpSync(of, other, { recursive: true });
  change(other);
  return other;
}

const logOf = (of: string): string => join(of, 'ledger.log');
const withoutCheckpoints = (of: string): void => {
  for (const name of readdirSync(of).filter((name) => /checkpoint$|index$/.test(name))) rmSync(join(of, name));
};
const copyOfAll = async (): Promise<string> => {
  const of = copy();
  await makeAll(of);
  return of;
};

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'kedge-checkpoints-'));
  for (let run = 0; run < 4; run++) {
    const opened = await open(folder);
    receipts.push(...(await use(opened)));
    await opened.ledger.close();
  }
  return () => rmSync(folder, { recursive: true, force: true });
});

/** Makes all that waits to be made. */
async function makeAll(of: string, most = Infinity, now = noon): Promise<void> {
  const path = logOf(of);
  const sealed = listSegments(path).slice(0, -1);
  for (const { base } of sealed.slice(0, most)) await makeCheckpoint({ path, base }, now);
}

async function expectCheckpointOfLast(of: string): Promise<void> {
  const { base } = listSegments(logOf(of)).at(-1)!;
  await expect.poll(() => listBeside(logOf(of), 'checkpoint').at(-1), { timeout: 10_000 }).toBe(base);
}

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

test('a checkpoint that is gone, or not whole any more, when it is read is no empty one', async () => {
  const of = await copyOfAll();
  const path = besideSegment(logOf(of), listBeside(logOf(of), 'checkpoint').at(-1) ?? 0, 'checkpoint');
  truncateSync(path, 1_000);
  await expect(readCheckpoint(path, ignore)).rejects.toThrow(/changed/);
  rmSync(path);
  await expect(readCheckpoint(path, ignore)).rejects.toThrow(/changed/);
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
    const placesOf = (named: BatchName): Promise<(BatchPlace | undefined)[]> =>
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
  await expect.poll(() => listBeside(logOf(of), 'index')).toEqual(before);
  await ledger.close();
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
