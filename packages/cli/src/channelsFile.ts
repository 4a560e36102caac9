import { join } from 'node:path';
import {
  BaseError,
  encodeChannelRecords,
  parseChannelRecords,
  type ApiKeyRecord,
  type ChannelRecord,
  type Hex,
} from '@kedge/core';
import { dataPathsOf } from './up/dataPaths.js';
import { readJsonFile, writeDurably } from './up/durableFile.js';

/** An entry as written: fields that a later version adds are kept. */
type WrittenEntry = Record<string, unknown>;

/** The gateway's channels file: which API key pays from which channel. */
export function channelsFileOf(dataDir: string): string {
  return join(dataPathsOf(dataDir).gateway, 'channels.json');
}

/** The entries of the channels file, as written; none when there is no file. */
export function readChannelEntries(file: string): WrittenEntry[] {
  const entries = readJsonFile(file) ?? [];
  if (Array.isArray(entries)) return entries as WrittenEntry[];
  throw new BaseError(`${file} is damaged: it is not a list of channels`, {
    code: 'damaged_file',
    hints: ['move it away: kedge up writes its own channel again, kedge channel open others'],
  });
}

/**
 * Puts a record into the channels file, in place of the one of the same channel or API key. Keys that were made for the channel
 * stay.
 */
export function putChannelRecord(file: string, record: ChannelRecord): void {
  const entries = readChannelEntries(file);
  const others = entries.filter(
    ({ channelId, apiKeySha256, continues }) =>
      channelId !== record.channelId && (apiKeySha256 !== record.apiKeySha256 || continues !== undefined),
  );
  const keys = entries.find(({ channelId }) => channelId === record.channelId)?.['keys'];
  writeEntries(file, [keys === undefined ? record : { ...record, keys }, ...others]);
}

/** Adds a channel that the keys of another pay from, when that one has no value left. */
export function addContinuation(file: string, record: ChannelRecord): void {
  const entries = readChannelEntries(file).filter(({ channelId }) => channelId !== record.channelId);
  writeEntries(file, [...entries, record]);
}

/**
 * The keys of one channel, as `change` makes them. Nothing is written that the gateway could not read again.
 *
 * @throws BaseError `channels_file_invalid`.
 */
export function changeChannelKeys(
  file: string,
  channelId: Hex,
  change: (keys: readonly ApiKeyRecord[]) => readonly ApiKeyRecord[],
): void {
  const entries = readChannelEntries(file);
  const [record] = parseChannelRecords(entries.filter((entry) => entry['channelId'] === channelId));
  const keys = change(record?.keys ?? []);
  const changed = entries.map((entry) => (entry['channelId'] === channelId ? { ...entry, keys } : entry));
  parseChannelRecords(JSON.parse(encodeChannelRecords(changed.filter((entry) => entry['channelId'] === channelId))));
  writeEntries(file, changed);
}

/** Takes the entries of a channel out, so that its API keys answer 401. */
export function removeChannelRecord(file: string, channelId: Hex): void {
  writeEntries(
    file,
    readChannelEntries(file).filter((entry) => entry['channelId'] !== channelId),
  );
}

/** Writes nothing when nothing changes. */
function writeEntries(file: string, entries: readonly unknown[]): void {
  const text = encodeChannelRecords(entries);
  if (text !== encodeChannelRecords(readChannelEntries(file))) writeDurably(file, text);
}
