import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Hex, metricLabels, type SignedReceipt, type SignedVoucher } from '@kedge/core';
import { createRandom, testSeed } from '@kedge/testing';
import { expect } from 'vitest';
import { operatorKeyOf } from '../../src/crypto/operatorKey.js';
import { createIdempotency, type Idempotency } from '../../src/idempotency/createIdempotency.js';
import { createKeyAccounts } from '../../src/keys/keyAccounts.js';
import { makeCheckpoint } from '../../src/ledger/checkpoint/makeCheckpoint.js';
import type { MakeCheckpoint } from '../../src/ledger/checkpoint/keepCheckpoints.js';
import { type LogLedger, openLedger } from '../../src/ledger/openLedger.js';
import type { CommitInput } from '../../src/ledger/receiptBatcher.js';
import { recordTypes } from '../../src/ledger/recordTypes.js';
import { listBeside, listSegments } from '../../src/ledger/segments/segmentFiles.js';
import type { StructuredLog } from '../../src/structuredLog.js';
import { payingOf } from '../../src/vouchers/heldVouchers.js';
import { encodeProgressRecord } from '../../src/vouchers/progressRecord.js';
import { createVoucherRecovery } from '../../src/vouchers/voucherRecovery.js';
import { encodeVoucherRecord } from '../../src/vouchers/voucherRecord.js';
import { domain, operatorKey } from './createTestSetup.js';

// A log without checkpoints is read whole. What a start makes of checkpoints and the last segments is held to that.

/** A ledger, and what it says beside receipts. */
export type Opened = {
  readonly ledger: LogLedger;
  readonly vouchers: ReturnType<typeof createVoucherRecovery>;
  readonly keyAccounts: ReturnType<typeof createKeyAccounts>;
  readonly idempotency: Idempotency;
};

/** Ledgers that everything was written to, at random: each test file has its own. */
export function createUsedLedgers() {
  const all = mkdtempSync(join(tmpdir(), 'kedge-ledgers-'));
  const random = createRandom(testSeed);
  const { bytes32 } = random;
  const operator = operatorKeyOf(operatorKey);
  const quiet: StructuredLog = { info: ignore, warn: ignore, error: ignore };
  const noon = Date.UTC(2026, 10, 23, 12);
  const channelIds = Array.from({ length: 5 }, bytes32);
  const keys = Array.from({ length: 3 }, () => bytes32().slice(2));
  const segmentBytes = 6_000;

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
        receipts: await Promise.all(
          receipts.map(({ receipt: { channelId, seq } }) => ledger.receiptOf(channelId, seq)),
        ),
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
      const isSettled = entry.state === 'confirmed' && random.chance(50);
      return journal.end(entry, isSettled ? 'settled' : random.chance(70) ? 'confirmed' : 'dropped', 'test');
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

  let folder: string;
  const receipts: SignedReceipt[] = [];

  function emptyFolder(): string {
    return mkdtempSync(join(all, 'ledger-'));
  }

  function copy(change: (folder: string) => void = ignore, of = folder): string {
    const other = emptyFolder();
    cpSync(of, other, { recursive: true });
    change(other);
    return other;
  }

  const copyOfAll = async (): Promise<string> => {
    const of = copy();
    await makeAll(of);
    return of;
  };

  /** Uses a ledger over four starts. */
  async function fill(): Promise<string> {
    folder = emptyFolder();
    for (let run = 0; run < 4; run++) {
      const opened = await open(folder);
      receipts.push(...(await use(opened)));
      await opened.ledger.close();
    }
    return folder;
  }

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

  return {
    random,
    channelIds,
    noon,
    quiet,
    segmentBytes,
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
    fill,
    remove: (): void => rmSync(all, { recursive: true, force: true }),
  };
}

/** Where the log in a folder begins. */
export const logOf = (of: string): string => join(of, 'ledger.log');

/** Leaves what was written, and nothing that was made of it. */
export const withoutCheckpoints = (of: string): void => {
  for (const name of readdirSync(of).filter((name) => /checkpoint$|index$/.test(name))) rmSync(join(of, name));
};

const ignore = (): void => undefined;
const min = (one: bigint, other: bigint): bigint => (one < other ? one : other);
