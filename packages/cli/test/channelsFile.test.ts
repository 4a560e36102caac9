import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  BaseError,
  encodeChannelRecords,
  parseChannelRecords,
  zeroAddress,
  zeroHash,
  type ChannelRecord,
} from '@kedge/core';
import { expect, test } from 'vitest';
import { developmentAccount } from '../src/accounts/developmentAccount.js';
import { apiKeyHash, keepApiKey } from '../src/up/apiKey.js';
import { changeChannelKeys, putChannelRecord, takeOutChannel } from '../src/gateway/channelsFile.js';
import { demoPolicy } from '../src/up/demoTerms.js';
import { takeProcessLock } from '../src/files/processLock.js';
import { temporaryDataFolder } from './up/support.js';

const { address } = developmentAccount('operator');
const entry = (key: string, byte: string): ChannelRecord => ({
  name: 'test',
  apiKeySha256: apiKeyHash(key),
  channelId: `0x${byte.repeat(32)}`,
  channel: {
    holder: address,
    tokenId: 2n << 64n,
    operator: address,
    channelKey: address,
    cap: 10n,
    rate: 1n,
    burst: 1n,
    deadline: 2_000_000_000n,
    grace: 86_400,
    mode: 'capped',
    salt: zeroHash,
  },
  classId: 2n,
  policy: demoPolicy(address, ['kedge-docs']),
  policyHash: zeroHash,
  lotAsset: zeroAddress,
  edges: [{ classId: 2n, parentIndex: 0n, asset: zeroAddress }],
});

test('the gateway reads what is written, and channels of others are kept', async () => {
  const file = join(temporaryDataFolder().gateway, 'channels.json');
  await putChannelRecord(file, entry('other', '01'));
  await putChannelRecord(file, entry('own', '02'));
  await putChannelRecord(file, entry('own', '03'));
  const records = parseChannelRecords(JSON.parse(readFileSync(file, 'utf8')));
  expect(records.map(({ channelId }) => channelId.slice(0, 4))).toEqual(['0x03', '0x01']);
  expect(records[0]!.channel).toEqual(entry('own', '03').channel);
});

test('an entry that is there already leaves the file alone', async () => {
  const file = join(temporaryDataFolder().gateway, 'channels.json');
  await putChannelRecord(file, entry('own', '02'));
  const { ino } = statSync(file);
  await putChannelRecord(file, entry('own', '02'));
  expect(statSync(file).ino).toBe(ino);
});

test('keys that the gateway could not read again are not written', async () => {
  const file = join(temporaryDataFolder().gateway, 'channels.json');
  const { channelId } = entry('own', '02');
  await putChannelRecord(file, entry('own', '02'));
  const before = readFileSync(file, 'utf8');
  const key = { name: 'one', apiKeySha256: apiKeyHash('one'), createdAt: 1n, capUnits: 1n << 64n };
  await expect(changeChannelKeys(file, channelId, () => [key])).rejects.toThrow('capUnits');
  expect(readFileSync(file, 'utf8')).toBe(before);
});

test('a change waits for one that is under way, and both are kept', async () => {
  const file = join(temporaryDataFolder().gateway, 'channels.json');
  const { channelId } = entry('own', '02');
  await putChannelRecord(file, entry('own', '02'));
  const keyOf = (name: string) => ({ name, apiKeySha256: apiKeyHash(name), createdAt: 1n });
  const other = await takeProcessLock(`${file}.lock`, () => new BaseError('held'));
  const changing = changeChannelKeys(file, channelId, (keys) => [...keys, keyOf('second')]);
  writeFileSync(file, encodeChannelRecords([{ ...entry('own', '02'), keys: [keyOf('first')] }]));
  other.release();
  await changing;
  const [record] = parseChannelRecords(JSON.parse(readFileSync(file, 'utf8')));
  expect(record?.keys?.map(({ name }) => name)).toEqual(['first', 'second']);
});

test('where no channel was ever served there is nothing to take out', async () => {
  const { root } = temporaryDataFolder();
  const file = join(root, 'nowhere', 'channels.json');
  await (
    await takeOutChannel(file, entry('own', '02').channelId)
  )();
  expect(existsSync(join(root, 'nowhere'))).toBe(false);
});

test('a channel that was taken out is put back as it was, fields of later versions too', async () => {
  const file = join(temporaryDataFolder().gateway, 'channels.json');
  const own = { ...entry('own', '02'), later: 'kept' } as ChannelRecord;
  writeFileSync(file, encodeChannelRecords([own, entry('other', '01')]));
  const before = readFileSync(file, 'utf8');
  const putBack = await takeOutChannel(file, own.channelId);
  expect(parseChannelRecords(JSON.parse(readFileSync(file, 'utf8')))).toHaveLength(1);
  await putBack();
  expect(readFileSync(file, 'utf8')).toBe(before);
});

test('a channel that was taken out is put back in its place, whatever came and went meanwhile', async () => {
  const file = join(temporaryDataFolder().gateway, 'channels.json');
  const [first, own, last, added] = ['01', '02', '03', '04'].map((byte) => entry(byte, byte)) as ChannelRecord[];
  const order = () =>
    parseChannelRecords(JSON.parse(readFileSync(file, 'utf8'))).map(({ channelId }) => channelId.slice(2, 4));
  writeFileSync(file, encodeChannelRecords([first!, own!, last!]));
  const putBack = await takeOutChannel(file, own!.channelId);
  await putChannelRecord(file, added!);
  await putBack();
  expect(order()).toEqual(['04', '01', '02', '03']);
  await (
    await takeOutChannel(file, added!.channelId)
  )();
  expect(order()).toEqual(['04', '01', '02', '03']);
  const putBackAlone = await takeOutChannel(file, own!.channelId);
  writeFileSync(file, encodeChannelRecords([last!]));
  await putBackAlone();
  expect(order()).toEqual(['02', '03']);
});

test('R28: the terms of the keys of a channel that is taken out go to the one that continues it', async () => {
  const file = join(temporaryDataFolder().gateway, 'channels.json');
  const keys = [{ name: 'first', apiKeySha256: apiKeyHash('own'), createdAt: 1n, revokedAt: 2n }];
  const root = { ...entry('own', '01'), keys };
  const continues = { rootId: root.channelId, holder: address };
  const heirs = ['02', '03'].map((byte) => ({ ...entry('own', byte), continues }));
  writeFileSync(file, encodeChannelRecords([root, entry('other', '04'), ...heirs]));
  const keysThere = () =>
    parseChannelRecords(JSON.parse(readFileSync(file, 'utf8'))).map(({ channelId, keys: own }) => [
      channelId.slice(2, 4),
      own?.map(({ revokedAt }) => revokedAt),
    ]);
  await takeOutChannel(file, root.channelId);
  expect(keysThere()).toEqual([
    ['04', undefined],
    ['02', [2n]],
    ['03', undefined],
  ]);
  await takeOutChannel(file, heirs[0]!.channelId);
  expect(keysThere()).toEqual([
    ['04', undefined],
    ['03', [2n]],
  ]);
});

test('a damaged channels file is reported, not replaced', async () => {
  const file = join(temporaryDataFolder().gateway, 'channels.json');
  writeFileSync(file, '{}');
  await expect(putChannelRecord(file, entry('own', '02'))).rejects.toThrow(file);
  expect(readFileSync(file, 'utf8')).toBe('{}');
});

test('the API key is made once, is private, and only its hash is written elsewhere', () => {
  const { apiKey } = temporaryDataFolder();
  const key = keepApiKey(apiKey);
  expect(key).toMatch(/^kedge-[\w-]{32}$/);
  expect(keepApiKey(apiKey)).toBe(key);
  expect(statSync(apiKey).mode & 0o777).toBe(0o600);
  expect(apiKeyHash(key)).toMatch(/^[0-9a-f]{64}$/);
});

test.each([
  ['is not JSON', '[{'],
  ['is not a list of channels', '{}'],
])('a file that %s is to be mended, and the folder with the log is not to be moved away for it', async (what, text) => {
  const file = join(temporaryDataFolder().gateway, 'channels.json');
  await putChannelRecord(file, entry('own', '02'));
  writeFileSync(file, text);
  const error = await putChannelRecord(file, entry('other', '01')).catch((thrown: unknown) => thrown as BaseError);
  expect(error).toMatchObject({ code: 'damaged_file', message: expect.stringContaining(what) });
  expect((error as BaseError).hints.join()).toContain('restore it from a copy');
  expect((error as BaseError).hints.join()).not.toContain('away');
  expect(readFileSync(file, 'utf8')).toBe(text);
});
