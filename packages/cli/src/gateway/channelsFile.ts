import { existsSync } from 'node:fs';
import {
  BaseError,
  encodeChannelRecords,
  parseChannelRecords,
  type ApiKeyRecord,
  type ChannelRecord,
  type Hex,
} from '@kedge/core';
import { dataPathsOf } from '../files/dataPaths.js';
import { readIfExists, readJsonFile, writeDurably } from '../files/durableFile.js';
import { takeProcessLock } from '../files/processLock.js';
import { gatewayFilesOf, readGatewayConfig } from './gatewayFiles.js';

/** An entry as written: fields that a later version adds are kept. */
type WrittenEntry = Record<string, unknown>;

/**
 * The gateway's channels file: which API key pays from which channel. It lies where the configuration that the gateway of the
 * data folder was started with says. A local stack has it in its folder, which may have been moved since.
 */
export function channelsFileOf(dataDir: string): string {
  const paths = dataPathsOf(dataDir);
  const named = existsSync(paths.upFile) ? undefined : readGatewayConfig(dataDir)?.['channelsFile'];
  return typeof named === 'string' ? named : gatewayFilesOf(paths).channels;
}

const wayOut =
  'put it right, or restore it from a copy: a gateway that runs goes on with what it said before, one that is started now serves nobody';

/** The entries of the channels file, as written; none when there is no file. */
export function readChannelEntries(file: string): WrittenEntry[] {
  const entries = readJsonFile(file, wayOut) ?? [];
  if (Array.isArray(entries)) return entries as WrittenEntry[];
  throw new BaseError(`${file} is damaged: it is not a list of channels`, {
    code: 'damaged_file',
    hints: [wayOut],
  });
}

/**
 * Puts a record into the channels file, in place of the one of the same channel or API key. Keys that were made for the channel
 * stay.
 */
export function putChannelRecord(file: string, record: ChannelRecord): Promise<void> {
  return changeEntries(file, (entries) => {
    const others = entries.filter(
      ({ channelId, apiKeySha256, continues }) =>
        channelId !== record.channelId && (apiKeySha256 !== record.apiKeySha256 || continues !== undefined),
    );
    const keys = entries.find(({ channelId }) => channelId === record.channelId)?.['keys'];
    return [keys === undefined ? record : { ...record, keys }, ...others];
  });
}

/** Adds a channel that the keys of another pay from, when that one has no value left. */
export function addContinuation(file: string, record: ChannelRecord): Promise<void> {
  return changeEntries(file, (entries) => [
    ...entries.filter(({ channelId }) => channelId !== record.channelId),
    record,
  ]);
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
): Promise<void> {
  return changeEntries(file, (entries) => {
    const [record] = parseChannelRecords(entries.filter((entry) => entry['channelId'] === channelId));
    const keys = change(record?.keys ?? []);
    const changed = entries.map((entry) => (entry['channelId'] === channelId ? { ...entry, keys } : entry));
    parseChannelRecords(JSON.parse(encodeChannelRecords(changed.filter((entry) => entry['channelId'] === channelId))));
    return changed;
  });
}

/**
 * Takes the entries of a channel out, so that its API keys answer 401. Where other channels continue it, the keys pay from these
 * on: on their terms, which go to the first of them.
 *
 * @returns puts them back, as they were
 */
export async function takeOutChannel(file: string, channelId: Hex): Promise<() => Promise<void>> {
  // Without the file there is perhaps no folder for the lock either.
  if (readIfExists(file) === undefined) return async () => undefined;
  const isOf = (entry: WrittenEntry): boolean => entry['channelId'] === channelId;
  let before: readonly WrittenEntry[] = [];
  await changeEntries(file, (entries) => {
    before = entries;
    const others = entries.filter((entry) => !isOf(entry));
    const { keys, continues } = entries.find(isOf) ?? {};
    const rootId = rootIdIn(continues) ?? channelId;
    const heir = keys === undefined ? undefined : others.find((entry) => rootIdIn(entry['continues']) === rootId);
    return others.map((entry) => (entry === heir ? { ...entry, keys } : entry));
  });
  return () =>
    changeEntries(file, (entries) => {
      const others = entries.filter((entry) => !isOf(entry));
      // Behind those that it stood behind: the order of channels that continue one another is that in which they are used.
      const ahead = new Set(before.slice(0, before.findIndex(isOf)).map((entry) => entry['channelId']));
      const at = others.findLastIndex((entry) => ahead.has(entry['channelId'])) + 1;
      return [...others.slice(0, at), ...before.filter(isOf), ...others.slice(at)];
    });
}

/** As entries are written. */
function rootIdIn(continues: unknown): unknown {
  return (continues as ChannelRecord['continues'])?.rootId;
}

/**
 * Reads the file, changes it and writes it, one process at a time: of two changes at once neither is lost. Writes nothing
 * when nothing changes.
 *
 * @throws BaseError `channels_file_busy`, `damaged_file`.
 */
async function changeEntries(
  file: string,
  change: (entries: readonly WrittenEntry[]) => readonly unknown[],
): Promise<void> {
  const lock = await takeProcessLock(`${file}.lock`, (pid) => busy(file, pid), { isBrief: true });
  try {
    const entries = readChannelEntries(file);
    const text = encodeChannelRecords(change(entries));
    if (text !== encodeChannelRecords(entries)) writeDurably(file, text);
  } finally {
    lock.release();
  }
}

function busy(file: string, pid: number): BaseError {
  return new BaseError(`${file} is being changed by process ${pid}.`, {
    code: 'channels_file_busy',
    kind: 'transient',
    hints: ['Try again when it has ended.'],
  });
}
