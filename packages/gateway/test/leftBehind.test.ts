import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Channel, type Hex, zeroAddress, zeroHash } from '@kedge/core';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createLeftBehind } from '../src/capture/createLeftBehind.js';

// What a gateway asks the chain at its starts of channels that it serves no more. The chain is scripted: it takes back what it said.
const hour = 3_600;
const start = 1_800_000_000;
const idOf = (index: number): Hex => `0x${index.toString(16).padStart(64, '0')}`;
const [first, second] = [idOf(1), idOf(2)];
const channel: Channel = {
  holder: zeroAddress,
  tokenId: 1n,
  operator: zeroAddress,
  channelKey: zeroAddress,
  cap: 100n,
  rate: 1n,
  burst: 1n,
  deadline: BigInt(start + 1_000 * hour),
  grace: 86_400,
  mode: 'capped',
  salt: zeroHash,
};

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kedge-left-behind-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));
const file = (): string => join(folder, 'ended-channels');

/** One start of a gateway whose ledger has these channels: what the chain is asked for, and what is captured from then on. */
async function startAt(seconds: number, said: ReadonlyMap<Hex, Channel | 'ended' | undefined>) {
  const [asked, tracked, warned]: [Hex[], Hex[], string[]] = [[], [], []];
  const ignore = (): void => undefined;
  const { find } = createLeftBehind(
    {
      ledger: { usedUnits: async () => new Map([...said.keys()].map((channelId) => [channelId, 50n])) },
      chain: {
        findChannel: async (channelId) => {
          asked.push(channelId);
          return said.get(channelId);
        },
        readChannel: async () => ({
          open: true,
          capturedUnits: 20n,
          capturableUnits: 80n,
          openedAt: 1n,
          policyHash: zeroHash,
        }),
      },
      isUnserved: () => true,
      endedChannelsFile: file(),
      now: () => seconds * 1_000,
      log: { info: ignore, warn: (event) => void warned.push(event), error: ignore },
    },
    (channelId) => void tracked.push(channelId),
    () => 1_000,
  );
  expect(await find()).toBeUndefined();
  return { asked, tracked, warned };
}

test('what ended a day ago and before is not asked for again, however much it is', async () => {
  const ended = new Map(Array.from({ length: 1_000 }, (_, index) => [idOf(index), 'ended'] as const));
  expect((await startAt(start, ended)).asked).toHaveLength(1_000);
  expect((await startAt(start + 23 * hour, ended)).asked).toHaveLength(1_000);
  expect((await startAt(start + 25 * hour, ended)).asked).toEqual([]);
  const more = await startAt(start + 26 * hour, new Map([...ended, [idOf(1_000), 'ended']]));
  expect(more.asked).toEqual([idOf(1_000)]);
  expect(statSync(file()).mode & 0o777).toBe(0o600);
});

test('a channel whose end the chain takes back is captured, and asked for at each start again', async () => {
  await startAt(start, new Map([[first, 'ended']]));
  const reorganised = await startAt(start + hour, new Map([[first, channel]]));
  expect([reorganised.tracked, reorganised.warned]).toEqual([[first], ['channel_left_behind']]);
  expect((await startAt(start + 25 * hour, new Map([[first, 'ended']]))).asked).toEqual([first]);
  expect((await startAt(start + 50 * hour, new Map([[first, 'ended']]))).asked).toEqual([]);
});

test('a channel that the chain does not know is asked for at each start: the node may be behind', async () => {
  const unknown = new Map([[first, undefined]]);
  for (let day = 0; day < 3; day++) expect((await startAt(start + day * 25 * hour, unknown)).asked).toEqual([first]);
  expect((await startAt(start + 80 * hour, new Map([[first, channel]]))).tracked).toEqual([first]);
});

test('a channel past its deadline and grace has ended, unless it was the clock that was wrong', async () => {
  const open = new Map([[first, channel]]);
  const later = start + 1_025 * hour;
  expect((await startAt(later, open)).tracked).toEqual([]);
  expect((await startAt(start, open)).tracked).toEqual([first]);
  await startAt(later, open);
  expect((await startAt(later + 25 * hour, open)).asked).toEqual([]);
});

test('of a file that is damaged, whole lines count; one that cannot be read or written holds up nothing', async () => {
  const ended = new Map([first, second].map((channelId) => [channelId, 'ended'] as const));
  await startAt(start, ended);
  writeFileSync(file(), readFileSync(file(), 'utf8').slice(0, -9));
  expect((await startAt(start + 25 * hour, ended)).asked).toEqual([second]);
  const elsewhere = folder;
  folder = join(folder, 'not-there');
  expect(await startAt(start, ended)).toEqual({
    asked: [first, second],
    tracked: [],
    warned: ['ended_channels_unkept'],
  });
  folder = elsewhere;
});
