import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { promisify } from 'node:util';
import {
  type ApiKeyRecord,
  type ChannelRecord,
  encodeChannelRecords,
  type Hex,
  parseChannelRecords,
} from '@kedge/core';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createChannelBook } from '../src/channels/channelBook.js';
import type { ServedChannel } from '../src/channels/servedChannel.js';
import { createChannelAccount } from '../src/ledger/channelAccount.js';
import { createWorkersSetup, type WorkersSetup } from './support/workersSetup.js';

const count = 20;
let setup: WorkersSetup;
beforeEach(() => (setup = createWorkersSetup(count, { upstreamUrl: 'http://127.0.0.1:1' })));
afterEach(() => setup.remove());

function open() {
  const checks = { all: 0, running: 0, most: 0 };
  const asked: Hex[] = [];
  const node = { answers: true };
  const quiet = (): void => undefined;
  const book = createChannelBook({
    path: setup.config.channelsFile,
    // The node does not know of any, after a while, or does not answer.
    check: async ({ channelId }) => {
      asked.push(channelId);
      checks.all++;
      checks.most = Math.max(checks.most, ++checks.running);
      await turn();
      checks.running--;
      if (!node.answers) throw new Error('the node does not answer');
      return { usable: false, reason: 'the node does not know the channel', isUnseen: true };
    },
    keyAccountOf: (apiKeySha256) => ({ apiKeySha256, committedUnits: 0n, reservedUnits: 0n }),
    nowSeconds: () => Date.now() / 1000,
    onServed: quiet,
    log: { info: quiet, warn: quiet, error: quiet },
  });
  return { book, checks, asked, node };
}

test('channels are checked eight at a time', async () => {
  const { book, checks } = open();
  await book.refresh();
  expect(checks).toEqual({ all: count, running: 0, most: 8 });
  expect(book.uncheckedCount()).toBe(count);
});

test('a channel with several keys that is not checked yet counts once', async () => {
  const { channelsFile } = setup.config;
  const [first, ...others] = parseChannelRecords(JSON.parse(readFileSync(channelsFile, 'utf8')));
  writeFileSync(channelsFile, encodeChannelRecords([{ ...first, keys: [keyOf('one'), keyOf('two')] }, ...others]));
  const { book, checks } = open();
  await book.refresh();
  expect([checks.all, book.uncheckedCount()]).toEqual([count, count]);
});

test('a node that does not answer is asked for eight channels at a time, and for the others first when it is next', async () => {
  const { book, asked, node } = open();
  const ids = setup.channels.map(({ channelId }) => channelId);
  node.answers = false;
  await book.refresh();
  expect(asked.splice(0)).toEqual(ids.slice(0, 8));
  expect(book.uncheckedCount()).toBe(count);
  await book.refresh();
  expect(asked.splice(0)).toEqual(ids.slice(8, 16));
  node.answers = true;
  await book.refresh();
  expect(asked.splice(0).toSorted()).toEqual(ids.toSorted());
});

test('a key that nobody has makes nobody ask the chain, and calls at once share one look', async () => {
  const { book, checks } = open();
  const keys = Array.from({ length: 50 }, (_, index) => `${index}`.padStart(64, '0'));
  await Promise.all(keys.map((key) => book.refreshFor(key)));
  expect(checks.all).toBe(count);
  await Promise.all(keys.map((key) => book.refreshFor(key)));
  expect(checks.all).toBe(count);
});

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const keyOf = (name: string, more: Partial<ApiKeyRecord> = {}): ApiKeyRecord => ({
  name,
  apiKeySha256: sha256(name),
  createdAt: 1n,
  ...more,
});

/** What the book says of its file, without where that is. */
function collect() {
  const said: unknown[] = [];
  const push =
    (level: string) =>
    (event: string, { unlisted, listed }: Record<string, unknown> = {}): void => {
      if (event.startsWith('channels_'))
        said.push({ level, event, ...(unlisted === undefined ? {} : { unlisted, listed }) });
    };
  return { said, log: { info: push('info'), warn: push('warn'), error: push('error') } };
}

/** A book over one channel, with keys beside its first, behind a chain that knows every channel. */
async function openServed(...keys: ApiKeyRecord[]) {
  const { said, log } = collect();
  const [record] = parseChannelRecords(JSON.parse(readFileSync(setup.config.channelsFile, 'utf8'))) as [ChannelRecord];
  const served = (of: ChannelRecord): ServedChannel => ({
    ...of,
    openedAt: 1n,
    account: createChannelAccount(of.channelId, 0n),
  });
  const book = createChannelBook({
    path: setup.config.channelsFile,
    check: async (found) => ({ usable: true, channel: served(found), capturedUnits: 0n }),
    keyAccountOf: (apiKeySha256) => ({ apiKeySha256, committedUnits: 0n, reservedUnits: 0n }),
    nowSeconds: () => Date.now() / 1000,
    onServed: () => undefined,
    log,
  });
  const write = async (...now: ApiKeyRecord[]): Promise<void> => {
    writeFileSync(setup.config.channelsFile, encodeChannelRecords([{ ...record, keys: now }]));
    await book.refresh();
  };
  await write(...keys);
  return { book, record, write, served, said };
}

test('a channel that the chain lost and found comes back with the keys that the file names by then', async () => {
  const { book, record, write } = await openServed(keyOf('revoked'), keyOf('removed'));
  await write(keyOf('revoked', { revokedAt: 2n }), keyOf('added'));
  const expectKeys = (): void => {
    expect(() => book.find(sha256('revoked'))).toThrow('was revoked');
    expect(book.find(sha256('removed'))).toBeUndefined();
    expect(book.find(sha256('added'))?.channelId).toBe(record.channelId);
  };
  expectKeys();
  book.drop(record.channelId, 'unseen');
  await book.refresh();
  expectKeys();
});

test('keys of a channel that was closed go on with one that a payment opens after it, on the terms of the file', async () => {
  const { book, record, write, served } = await openServed(keyOf('revoked'), keyOf('removed'));
  await write(keyOf('revoked', { revokedAt: 2n }));
  book.drop(record.channelId, 'closed');
  expect(book.find(record.apiKeySha256)).toBeUndefined();
  const channelId: Hex = `0x${'12'.repeat(32)}`;
  const continues = { rootId: record.channelId, holder: record.channel.holder };
  book.addNext({ ...served({ ...record, channelId }), continues }, 0n);
  expect(book.find(record.apiKeySha256)?.channelId).toBe(channelId);
  expect(() => book.find(sha256('revoked'))).toThrow('was revoked');
  expect(book.find(sha256('removed'))).toBeUndefined();
});

test('a channel that a payment opened and that the chain lost comes back, also when the file changes meanwhile', async () => {
  const { book, record, write, served } = await openServed();
  const channelId: Hex = `0x${'12'.repeat(32)}`;
  const continues = { rootId: record.channelId, holder: record.channel.holder };
  book.addNext({ ...served({ ...record, channelId }), continues }, 0n);
  book.drop(channelId, 'unseen');
  expect([book.isUnchecked(channelId), book.byId(channelId)]).toEqual([true, undefined]);
  await write(keyOf('added'));
  expect([book.isUnchecked(channelId), book.byId(channelId)?.channelId]).toEqual([false, channelId]);
});

test('a file that is mended is read, though its length and the time of its content are as before', async () => {
  const { book, record } = await openServed();
  const { channelsFile: path } = setup.config;
  const text = readFileSync(path, 'utf8');
  const at = new Date(1_700_000_000_000);
  writeFileSync(path, text.replace('[', '?'));
  utimesSync(path, at, at);
  await book.watch();
  writeFileSync(path, text.replace(record.apiKeySha256, sha256('another')));
  utimesSync(path, at, at);
  await book.watch();
  expect(book.find(sha256('another'))?.channelId).toBe(record.channelId);
});

test('a file that names no channel any more, or is gone, is said to, and so is one that names fewer', async () => {
  const { book, record, said } = await openServed();
  const { channelsFile: path } = setup.config;
  const text = readFileSync(path, 'utf8');
  const another = { ...record, channelId: `0x${'12'.repeat(32)}` as const, apiKeySha256: sha256('another') };
  const look = async (change: () => void): Promise<unknown[]> => {
    change();
    await book.watch();
    return said.splice(0);
  };
  expect(await look(() => rmSync(path))).toEqual([{ level: 'warn', event: 'channels_none' }]);
  expect(book.find(record.apiKeySha256)).toBeUndefined();
  expect(await look(() => writeFileSync(path, text))).toEqual([]);
  expect(book.find(record.apiKeySha256)).toBeDefined();
  expect(await look(() => writeFileSync(path, '[]'))).toEqual([{ level: 'warn', event: 'channels_none' }]);
  expect(await look(() => writeFileSync(path, encodeChannelRecords([record, another])))).toEqual([]);
  const unlisted = { level: 'info', event: 'channels_unlisted', unlisted: 1, listed: 1 };
  expect(await look(() => writeFileSync(path, text))).toEqual([unlisted]);
  expect(await look(() => writeFileSync(path, '['))).toEqual([{ level: 'error', event: 'channels_file_unreadable' }]);
  expect(await look(() => undefined)).toEqual([]);
  expect(await look(() => writeFileSync(path, '[['))).toEqual([{ level: 'error', event: 'channels_file_unreadable' }]);
});

test('a file in which two channels have one key is refused with both, and what it said before counts', async () => {
  const { book, record, said } = await openServed();
  const { channelsFile: path } = setup.config;
  const [more, another] = [keyOf('more'), sha256('another')];
  const first: ChannelRecord = { ...record, keys: [more, keyOf('own', { apiKeySha256: record.apiKeySha256 })] };
  const second: ChannelRecord = { ...record, channelId: `0x${'12'.repeat(32)}` };
  const textOf = (...others: ChannelRecord[]): string => encodeChannelRecords([first, ...others]);
  const twice = [
    second,
    { ...second, apiKeySha256: another, keys: [more] },
    { ...second, apiKeySha256: sha256('more') },
  ];
  for (const other of twice) {
    const read = (): unknown => parseChannelRecords(JSON.parse(textOf(other)));
    expect(read).toThrow(`of two channels, ${record.channelId} and ${second.channelId}`);
    writeFileSync(path, textOf(other));
    await book.watch();
    expect(said.splice(0)).toEqual([{ level: 'error', event: 'channels_file_unreadable' }]);
    expect(book.find(record.apiKeySha256)?.channelId).toBe(record.channelId);
  }
  // Keys of a channel that was closed may have been given to another, and a channel may have several.
  const rootId: Hex = `0x${'34'.repeat(32)}`;
  const next = { ...second, keys: [more], continues: { rootId, holder: record.channel.holder } };
  writeFileSync(path, textOf(next, { ...record, apiKeySha256: another }));
  await book.watch();
  expect(said).toEqual([]);
  expect(book.find(another)?.channelId).toBe(record.channelId);
});

test('a gateway that is started without the file says where it looks for it', async () => {
  const { said, log } = collect();
  const path = join(setup.folder, 'nowhere.json');
  const nothing = (): never => {
    throw new Error('There is no channel.');
  };
  const terms = { check: nothing, keyAccountOf: nothing, nowSeconds: nothing, onServed: nothing };
  const book = createChannelBook({ path, ...terms, log });
  await book.refresh();
  await book.refresh();
  expect(said).toEqual([{ level: 'info', event: 'channels_none' }]);
});

test('a change that cannot be read while too many files are open is read when they are closed: a revoked key must end', async () => {
  const dist = new URL('../dist/channels/channelsFile.js', import.meta.url).href;
  const program = `
    import { closeSync, openSync, writeFileSync } from 'node:fs';
    import { openChannelsFile } from '${dist}';
    const path = process.argv[1];
    const file = openChannelsFile(path);
    const read = async () => console.log(await file.readIfChanged().then((records) => records?.length, ({ code }) => code));
    await read();
    writeFileSync(path, '[]');
    const files = [];
    try { for (;;) files.push(openSync('/dev/null')); } catch { await read(); }
    files.forEach((one) => closeSync(one));
    await read();
    await read();`;
  const node = [process.execPath, '--input-type=module', '--eval', program, setup.config.channelsFile];
  const { stdout } = await promisify(execFile)('sh', ['-c', 'ulimit -n 512; exec "$@"', 'sh', ...node]);
  expect(stdout.split('\n')).toEqual([`${count}`, 'EMFILE', '0', 'undefined', '']);
});
