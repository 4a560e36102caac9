import { createHash, randomBytes } from 'node:crypto';
import { parseChannelRecords } from '@kedge/core';
import { readIfExists, writeDurably } from '../files/durableFile.js';
import { readChannelEntries } from '../gateway/channelsFile.js';

/** The API key of a data folder: made once, kept in a file that only this user can read. */
export function keepApiKey(file: string): string {
  const kept = readIfExists(file)?.trim();
  if (kept !== undefined && kept !== '') return kept;
  const made = newApiKey();
  writeDurably(file, `${made}\n`);
  return made;
}

export function newApiKey(): string {
  return `kedge-${randomBytes(24).toString('base64url')}`;
}

/** What the gateway is told of a key: 64 hexadecimal digits. */
export function apiKeyHash(apiKey: string): string {
  return createHash('sha256').update(apiKey, 'utf8').digest('hex');
}

/** Whether it pays for nothing more, by the file that the gateway reads. */
export function isApiKeyRevoked(channelsFile: string, apiKey: string): boolean {
  const keys = parseChannelRecords(readChannelEntries(channelsFile)).flatMap((record) => record.keys ?? []);
  return keys.some((key) => key.apiKeySha256 === apiKeyHash(apiKey) && key.revokedAt !== undefined);
}
