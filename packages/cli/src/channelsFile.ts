import { join } from 'node:path';
import type { Hex } from '@kedge/core';
import { dataPathsOf } from './up/dataPaths.js';
import { readJsonFile, writeDurably } from './up/durableFile.js';

/** The gateway's channels file: which API key pays from which channel. */
export function channelsFileOf(dataDir: string): string {
  return join(dataPathsOf(dataDir).gateway, 'channels.json');
}

/** The entries of the channels file, as written; none when there is no file. */
export function readChannelEntries(file: string): Record<string, unknown>[] {
  const entries = readJsonFile(file);
  return Array.isArray(entries) ? (entries as Record<string, unknown>[]) : [];
}

/** Takes the entries of a channel out, so that its API keys answer 401. Writes nothing when there is none. */
export function removeChannelEntry(file: string, channelId: Hex): void {
  const entries = readChannelEntries(file);
  const left = entries.filter((entry) => entry['channelId'] !== channelId);
  if (left.length < entries.length) writeDurably(file, `${JSON.stringify(left, null, 2)}\n`);
}
