import { execFile } from 'node:child_process';
import fs, { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { frameHeaderBytes, maxPayloadBytes } from '../src/ledger/frame.js';
import { openRecordLog } from '../src/ledger/recordLog.js';

const dist = new URL('../dist', import.meta.url).href;
let folder: string;
let path: string;
const lines: { event: string; [field: string]: unknown }[] = [];
const write = (event: string, fields?: object): void => void lines.push({ event, ...fields });
const log = { info: write, warn: write, error: write };

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kedge-log-test-'));
  path = join(folder, 'ledger.log');
  lines.length = 0;
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function readAll(): Promise<string[]> {
  const records: string[] = [];
  const opened = await openRecordLog(path, ({ type, payload }) => records.push(`${type}:${payload.toString()}`), log);
  await opened.close();
  return records;
}

async function writeThree(): Promise<Buffer> {
  const opened = await openRecordLog(path, () => undefined, log);
  await opened.append(3, [Buffer.from('first')]);
  await opened.append(3, [Buffer.from('sec'), Buffer.from('ond')]);
  // Appended together: one frame.
  await Promise.all([opened.append(4, [Buffer.from('third')]), opened.append(6, [Buffer.from('fourth')])]);
  await opened.close();
  return readFileSync(path);
}

test('records appended together share one flush, and come back in order from where append said', async () => {
  const opened = await openRecordLog(path, () => undefined, log);
  const texts = Array.from({ length: 256 }, (_, index) => `record ${index}`);
  const offsets = await Promise.all(texts.map((text) => opened.append(3, [Buffer.from(text)])));
  expect(opened.flushCount()).toBe(1);
  const last = texts.at(-1) as string;
  expect((await opened.readAt(offsets.at(-1) as number, last.length)).toString()).toBe(last);
  await opened.close();
  expect(await readAll()).toEqual(texts.map((text) => `3:${text}`));
});

test('a record longer than the log takes is refused alone: what came with it and after it is written', async () => {
  const opened = await openRecordLog(path, () => undefined, log);
  const before = opened.append(3, [Buffer.from('before')]);
  const long = opened.append(3, [Buffer.alloc(maxPayloadBytes), Buffer.alloc(1)]);
  const beside = opened.append(3, [Buffer.from('beside')]);
  await expect(long).rejects.toMatchObject({ code: 'record_too_long', values: { bytes: maxPayloadBytes + 1 } });
  await Promise.all([before, beside]);
  await opened.append(3, [Buffer.from('after')]);
  expect(opened.failure()).toBe(undefined);
  await opened.close();
  expect(await readAll()).toEqual(['3:before', '3:beside', '3:after']);
});

test('records appended as one are in one flush, however long, and a tear leaves none of them', async () => {
  const opened = await openRecordLog(path, () => undefined, log);
  const long = Math.floor(maxPayloadBytes / 3);
  const offsets = await opened.appendAll([
    [3, [Buffer.from('first')]],
    [4, [Buffer.alloc(long, 'a')]],
    [5, [Buffer.alloc(long, 'b'), Buffer.from('end')]],
  ]);
  expect(opened.flushCount()).toBe(1);
  expect((await opened.readAt((offsets[2] ?? 0) + long, 3)).toString()).toBe('end');
  // What is appended beside them may be in another flush, and comes back in order.
  await Promise.all([
    opened.append(6, [Buffer.from('x')]),
    opened.appendAll([
      [7, [Buffer.alloc(long, 'c')]],
      [8, []],
    ]),
  ]);
  await opened.close();
  const types = async (): Promise<string[]> => (await readAll()).map((record) => record.slice(0, 2));
  expect(await types()).toEqual(['3:', '4:', '5:', '6:', '7:', '8:']);
  writeFileSync(path, readFileSync(path).subarray(0, (offsets[2] ?? 0) + long));
  expect(await types()).toEqual([]);
});

test('records that one frame does not hold are refused as one, and nothing of them is written', async () => {
  const opened = await openRecordLog(path, () => undefined, log);
  const half = Buffer.alloc(maxPayloadBytes / 2);
  const refused = opened.appendAll([
    [3, [half]],
    [4, [half]],
  ]);
  await expect(refused).rejects.toMatchObject({ code: 'record_too_long', values: { bytes: maxPayloadBytes + 10 } });
  await opened.append(5, [Buffer.from('after')]);
  await opened.close();
  expect(await readAll()).toEqual(['5:after']);
});

test('a tail torn at any byte is reported, kept aside and cut at the last whole record', async () => {
  const whole = await writeThree();
  const lastFrame = whole.length - (frameHeaderBytes + 5 + 5 + 5 + 6);
  for (let end = lastFrame + 1; end < whole.length; end++) {
    writeFileSync(path, whole.subarray(0, end));
    lines.length = 0;
    expect(await readAll()).toEqual(['3:first', '3:second']);
    expect(statSync(path).size).toBe(lastFrame);
    // Zeros alone are space that was filled beforehand: there is nothing in them to report.
    const cut = whole.subarray(lastFrame, end);
    const content = cut.subarray(0, cut.findLastIndex((byte) => byte !== 0) + 1);
    if (content.length === 0) {
      expect(lines).toEqual([]);
      continue;
    }
    expect(lines).toMatchObject([{ event: 'log_tail_cut', offset: lastFrame, bytesCut: content.length }]);
    const kept = readdirSync(folder).find((name) => name.includes('.cut-')) as string;
    expect(readFileSync(join(folder, kept))).toEqual(content);
    rmSync(join(folder, kept));
  }
});

test('any flipped byte of the last record cuts it, and only it', async () => {
  const whole = await writeThree();
  const lastFrame = whole.length - (frameHeaderBytes + 5 + 5 + 5 + 6);
  for (let at = lastFrame; at < whole.length; at++) {
    const damaged = Buffer.from(whole);
    damaged[at] = (damaged[at] ?? 0) ^ 0x41;
    writeFileSync(path, damaged);
    expect(await readAll()).toEqual(['3:first', '3:second']);
  }
});

test('any flipped byte with whole records after it is refused, and nothing is changed', async () => {
  const whole = await writeThree();
  const second = frameHeaderBytes + 5;
  for (let at = 0; at < second + frameHeaderBytes + 6; at++) {
    const damaged = Buffer.from(whole);
    damaged[at] = (damaged[at] ?? 0) ^ 0x41;
    writeFileSync(path, damaged);
    await expect(readAll()).rejects.toMatchObject({
      code: 'log_corrupt',
      values: { damagedAt: at < second ? 0 : second },
    });
    expect(readFileSync(path)).toEqual(damaged);
  }
});

test('a payload that quotes a whole frame is not taken for one', async () => {
  const whole = await writeThree();
  const opened = await openRecordLog(path, () => undefined, log);
  await opened.append(6, [whole]);
  await opened.close();
  const quoting = readFileSync(path);
  writeFileSync(path, quoting.subarray(0, quoting.length - 1));
  expect(await readAll()).toEqual(['3:first', '3:second', '4:third', '6:fourth']);
});

test('records larger than the reading window come back whole', async () => {
  const opened = await openRecordLog(path, () => undefined, log);
  await opened.append(6, [Buffer.alloc(9_000_000, 'x')]);
  await opened.append(3, [Buffer.from('after')]);
  await opened.close();
  const sizes: number[] = [];
  const again = await openRecordLog(path, ({ payload }) => sizes.push(payload.length), log);
  await again.close();
  expect(sizes).toEqual([9_000_000, 5]);
});

test('a write that fails makes the log refuse everything after it', async () => {
  const opened = await openRecordLog(path, () => undefined, log);
  await opened.append(3, [Buffer.from('first')]);
  const { fdatasync } = fs;
  try {
    fs.fdatasync = ((_: number, callback: (error: Error) => void) =>
      setImmediate(callback, new Error('EIO'))) as unknown as typeof fdatasync;
    syncBuiltinESMExports();
    const failed = opened.append(3, [Buffer.from('not written')]);
    await expect(failed).rejects.toMatchObject({ code: 'log_unavailable', status: 503 });
  } finally {
    fs.fdatasync = fdatasync;
    syncBuiltinESMExports();
  }
  await expect(opened.append(3, [Buffer.from('second')])).rejects.toMatchObject({ code: 'log_unavailable' });
  expect(lines).toMatchObject([{ event: 'log_write_failed' }]);
  await opened.close();
  expect(await readAll()).toEqual(['3:first']);
});

test('what a killed process left after its last record, zeros and half a frame, is told apart', async () => {
  const whole = await writeThree();
  writeFileSync(path, Buffer.concat([whole, Buffer.alloc(100_000)]));
  lines.length = 0;
  expect(await readAll()).toEqual(['3:first', '3:second', '4:third', '6:fourth']);
  expect(lines).toEqual([]);
  expect(statSync(path).size).toBe(whole.length);
  writeFileSync(path, Buffer.concat([whole.subarray(0, -3), Buffer.alloc(5_000_000)]));
  expect(await readAll()).toEqual(['3:first', '3:second']);
  expect(lines).toMatchObject([{ event: 'log_tail_cut' }]);
});

test('appending after a reopening keeps what was there', async () => {
  await writeThree();
  for (const text of ['fifth', 'sixth']) {
    const opened = await openRecordLog(path, () => undefined, log);
    await opened.append(3, [Buffer.from(text)]);
    await opened.close();
  }
  expect(await readAll()).toEqual(['3:first', '3:second', '4:third', '6:fourth', '3:fifth', '3:sixth']);
});

test('what a failed sync left in the file is taken back: its callers were told that nothing was charged', async () => {
  const opened = await openRecordLog(path, () => undefined, log);
  await opened.append(3, [Buffer.from('synced')]);
  const { fdatasync } = fs;
  try {
    fs.fdatasync = ((_: number, callback: (error: Error) => void) =>
      setImmediate(callback, new Error('EIO'))) as unknown as typeof fdatasync;
    syncBuiltinESMExports();
    await expect(opened.append(3, [Buffer.from('not synced')])).rejects.toMatchObject({ code: 'log_unavailable' });
  } finally {
    fs.fdatasync = fdatasync;
    syncBuiltinESMExports();
  }
  await opened.close();
  expect(await readAll()).toEqual(['3:synced']);
});

test('a file is not ended for who took the folder over while it was synced', async () => {
  let looks = Infinity;
  const isHeld = (): boolean => looks-- > 0;
  const opened = await openRecordLog(path, () => undefined, log, { isHeld, segmentBytes: 1 });
  await opened.append(3, [Buffer.from('first')]);
  looks = 1;
  await expect(opened.append(3, [Buffer.from('second')])).rejects.toMatchObject({ code: 'log_unavailable' });
  await opened.close();
  // Any other would be in the middle of what the new holder writes.
  expect(readdirSync(folder)).toEqual(['ledger.log']);
});

test('a process that has too many files open goes on in the same file, and begins the next one later', async () => {
  const program = `
    import { closeSync, openSync } from 'node:fs';
    import { keepCheckpoints } from '${dist}/ledger/checkpoint/keepCheckpoints.js';
    import { openRecordLog } from '${dist}/ledger/recordLog.js';
    const log = { info() {}, warn: (event) => console.log(event), error: (event) => console.log(event) };
    const path = process.argv[1];
    const onSealed = () => console.log('next');
    const records = await openRecordLog(path, () => {}, log, { segmentBytes: 1, onSealed });
    await records.append(3, [Buffer.from('first')]);
    console.log('full');
    const files = [];
    try { for (;;) files.push(openSync('/dev/null')); } catch (error) { console.log(error.code); }
    await records.append(3, [Buffer.from('second')]);
    // None is left for the pipe to a process, either.
    const checkpoints = keepCheckpoints({ from: 0, onMade() {}, log });
    checkpoints.add({ path, base: 0 });
    await new Promise((resolve) => setTimeout(resolve, 50));
    files.forEach((file) => closeSync(file));
    await records.append(3, [Buffer.alloc(4 * 1024 * 1024)]);
    await records.append(3, [Buffer.from('fourth')]);
    await checkpoints.close();
    await records.close();`;
  const node = [process.execPath, '--input-type=module', '--eval', program, path];
  const { stdout } = await promisify(execFile)('sh', ['-c', 'ulimit -n 512; exec "$@"', 'sh', ...node]);
  expect(stdout.split('\n')).toEqual(['full', 'EMFILE', 'checkpoint_not_made', 'next', '']);
  expect(readdirSync(folder)).toHaveLength(2);
  expect((await readAll()).map((record) => record.slice(0, 8))).toEqual([
    '3:first',
    '3:second',
    `3:${'\0'.repeat(6)}`,
    '3:fourth',
  ]);
});
