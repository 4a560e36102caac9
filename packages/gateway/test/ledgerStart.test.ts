import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hashReceipt, type Hex, metricLabels, seqOf, type SignedReceipt, zeroHash } from '@kedge/core';
import { createRandom, testSeed } from '@kedge/testing';
import { expect, onTestFinished, test } from 'vitest';
import { keccak256 } from '../src/crypto/hashers.js';
import { operatorKeyOf } from '../src/crypto/operatorKey.js';
import {
  createHashNames,
  decodeBatchRecord,
  encodeBatchRecord,
  readBatchUse,
  saltAt,
  wordsOf,
} from '../src/ledger/batchRecord.js';
import { type LogLedger, openLedger } from '../src/ledger/openLedger.js';
import { isTransient } from '../src/ledger/postgres/database.js';
import type { CommitInput } from '../src/ledger/receiptBatcher.js';
import { recordTypes } from '../src/ledger/recordTypes.js';
import { hashWords, sealReceipt } from '../src/ledger/sealReceipt.js';
import { encodeProgressRecord } from '../src/vouchers/progressRecord.js';
import { domain, operatorKey } from './support/createTestSetup.js';

// A start reads of a receipt only what it needs: these hold that to the whole receipt.
const random = createRandom(testSeed);
const { bytes32 } = random;
const operator = operatorKeyOf(operatorKey);
const ignore = (): void => undefined;
const uint64 = (): bigint => random.upTo(2n ** 64n - 1n);
const channelIds = Array.from({ length: 5 }, bytes32);

const options = {
  domain,
  operator,
  log: { info: ignore, warn: ignore, error: ignore },
  now: () => Date.UTC(2026, 10, 23),
  onAnswer: ignore,
  onVoucher: ignore,
  onKeyUse: ignore,
  running: () => 0,
  onCommitted: ignore,
};

const call = (): CommitInput => ({
  channelId: random.pick(channelIds),
  tokenId: random.upTo(2n ** 256n - 1n),
  classId: random.upTo(2n ** 256n - 1n),
  policyHash: bytes32(),
  requestHash: bytes32(),
  responseHash: bytes32(),
  metrics: metricLabels
    .filter((label) => label !== 'rate_quote' && random.chance(30))
    .map((metric) => ({ metric, amount: uint64() })),
  units: random.upTo(2n ** 40n),
  salt: bytes32(),
  issuedAt: BigInt(Date.UTC(2026, 10, 21) / 1000 + random.below(200_000)),
  hasWindows: true,
});

test('R13: of every batch a start reads what the whole receipts say', () => {
  const names = createHashNames();
  for (let round = 0; round < 80; round++) {
    const receipts = Array.from({ length: random.below(20) }, () => {
      const { hasWindows: _, salt, ...rest } = call();
      const receipt = {
        ...rest,
        units: uint64(),
        seq: uint64(),
        cumulativeUnits: uint64(),
        previousReceiptHash: bytes32(),
      };
      return { salt, receipt, sealed: sealReceipt(receipt) };
    });
    const batch = {
      operator: operator.address,
      epoch: BigInt(random.below(2 ** 24)),
      batch: uint64(),
      root: bytes32(),
    };
    const record = encodeBatchRecord(batch, `0x${bytes32().slice(2).repeat(2)}1b`, receipts);
    // In the log a record begins anywhere in what was read.
    const before = random.below(9);
    const bytes = Buffer.concat([Buffer.alloc(before, 7), record, Buffer.alloc(3, 7)]).subarray(
      before,
      before + record.length,
    );
    const whole = decodeBatchRecord(bytes);
    const use = readBatchUse(bytes, names);
    expect(whole.receipts, `seed ${testSeed}`).toEqual(receipts.map(({ receipt, salt }) => ({ receipt, salt })));
    expect({ epoch: use.epoch, batch: use.batch }).toEqual({ epoch: whole.epoch, batch: whole.batch });
    expect(use.receipts).toHaveLength(receipts.length);
    use.receipts.forEach(({ at, ...read }, index) => {
      const { receipt, salt } = whole.receipts[index]!;
      expect(receipt).toMatchObject(read);
      expect(saltAt(bytes, { at, ...read })).toBe(salt);
      expect(hashWords(wordsOf(bytes, { at, ...read }))).toBe(hashReceipt(receipt, keccak256));
    });
  }
});

test('L9: a ledger that is opened again says of every channel and receipt what it said before', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'kedge-gateway-test-'));
  const settled: Hex[] = [];
  const open = (): Promise<LogLedger> =>
    openLedger({ ...options, path: join(folder, 'ledger.log'), onReceipt: (salt) => settled.push(salt) });
  const standing = ({ accountOf, unanchored }: LogLedger): unknown => [
    unanchored(),
    channelIds.map((channelId) => {
      const { committedUnits, windows, lastSeq, lastReceiptHash, durable } = accountOf(channelId);
      return { committedUnits, windows, lastSeq, lastReceiptHash, durable };
    }),
  ];
  const given: SignedReceipt[] = [];
  for (let run = 0; run < 3; run++) {
    const ledger = await open();
    for (let turn = 0; turn < 20; turn++) {
      const calls = Array.from({ length: 1 + random.below(6) }, call);
      given.push(...(await Promise.all(calls.map(ledger.commit))));
    }
    const before = standing(ledger);
    await ledger.close();
    const again = await open();
    expect(standing(again), `seed ${testSeed}`).toEqual(before);
    for (const signed of given) {
      expect(await again.receiptOf(signed.receipt.channelId, signed.receipt.seq)).toEqual(signed);
    }
    await again.close();
  }
  expect(settled).toEqual([]);
  const ledger = await open();
  const interrupted = call();
  await ledger.keepRecords([[recordTypes.progress, encodeProgressRecord(interrupted)]]);
  await ledger.commit(interrupted);
  await ledger.close();
  await (await open()).close();
  expect(settled).toEqual([interrupted.salt]);
  rmSync(folder, { recursive: true, force: true });
});

test('a ledger of another operator is refused, with whose it is and both ways on', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'kedge-ledger-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const own = { ...options, path: join(folder, 'ledger.log'), onReceipt: ignore };
  await (await openLedger(own)).close();
  const other = operatorKeyOf(bytes32());
  await expect(openLedger({ ...own, operator: other })).rejects.toMatchObject({
    code: 'log_foreign',
    values: { operator: operator.address, ownOperator: other.address },
    hints: [expect.stringMatching(/dataDir of its own, or start it for the operator/)],
  });
});

test('R18: of receipts that wait for a transaction to anchor them, memory holds the hashes of so many: the rest is read again', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'kedge-gateway-test-'));
  const ledger = await openLedger({ ...options, path: join(folder, 'ledger.log') });
  try {
    const own = await ledger.commit(call());
    const count = 199_999;
    const other = { epoch: 9n, batch: 1n };
    await ledger.keepBatch({
      ...other,
      root: bytes32(),
      record: Buffer.alloc(100),
      receiptHashes: Buffer.alloc(32 * count),
      steps: [
        {
          channelId: bytes32(),
          before: zeroHash,
          receipts: count,
          lastSeq: seqOf(9n, BigInt(count)),
          receiptHash: bytes32(),
          units: 1n,
          windows: undefined,
        },
      ],
      keyUses: [],
      answers: [],
      settled: [],
    });
    const later = await ledger.commit(call());
    const [first, last] = [own, later].map(({ batch: { epoch, batch } }) => ({ epoch, batch }));
    const hashes = (signed: SignedReceipt) => [hashReceipt(signed.receipt, keccak256)];
    expect((await ledger.leavesOf(first!)).receiptHashes).toEqual(hashes(own));
    expect(await ledger.leavesOf(first!)).toBe(await ledger.leavesOf(first!));
    expect((await ledger.leavesOf(last!)).receiptHashes).toEqual(hashes(later));
    expect(await ledger.leavesOf(last!)).not.toBe(await ledger.leavesOf(last!));
    // When those before it are anchored, there is room again.
    ledger.markAnchored({ epoch: 9n, firstBatch: 1n, lastBatch: 1n });
    const { epoch, batch } = (await ledger.commit(call())).batch;
    expect(await ledger.leavesOf({ epoch, batch })).toBe(await ledger.leavesOf({ epoch, batch }));
  } finally {
    await ledger.close();
    rmSync(folder, { recursive: true, force: true });
  }
});

test('R13, R27: answers are in one flush with their receipts, as many as a batch takes', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'kedge-gateway-test-'));
  let batches = 0;
  const ledger = await openLedger({
    ...options,
    path: join(folder, 'ledger.log'),
    running: () => 5,
    onCommitted: () => void batches++,
  });
  const stored: number[] = [];
  const answered = (bytes: number): CommitInput => {
    const encode = (): Uint8Array[] => [Buffer.alloc(bytes, 'a')];
    const names = { channelId: bytes32(), keySha256: bytes32(), bodySha256: bytes32(), at: 0 };
    const answer = { ...names, bytes, encode, encodeWithoutBody: encode };
    return { ...call(), answer: { ...answer, onStored: ({ length }) => void stored.push(length) } };
  };
  try {
    const before = ledger.flushCount();
    // Of 20 MB each, two are more than a batch is kept with; one of 48 MiB is a batch of its own.
    const sizes = [20e6, 20e6, 1e6, 48 * 1024 * 1024, 1e6];
    const signed = await Promise.all(sizes.map((bytes) => ledger.commit(answered(bytes))));
    expect(stored).toEqual(sizes);
    expect(ledger.flushCount() - before).toBe(batches);
    expect(signed.map(({ batch }) => batch.batch)).toEqual([1n, 2n, 2n, 3n, 4n]);
  } finally {
    await ledger.close();
    rmSync(folder, { recursive: true, force: true });
  }
});

test('what cannot be said to the database is no reason to say it again and again', () => {
  expect(isTransient(new RangeError('Invalid string length'))).toBe(false);
  expect(isTransient(Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }))).toBe(true);
  expect(isTransient(new Error('Connection terminated unexpectedly'))).toBe(true);
  expect(isTransient(Object.assign(new Error('no space'), { code: '53100' }))).toBe(false);
});
