import { createHash, randomBytes } from 'node:crypto';
import { readIfExists, writeDurably } from '../files/durableFile.js';

/** The API key of a data folder: made once, kept in a file that only this user can read. */
export function keepApiKey(file: string): string {
  const kept = readIfExists(file)?.trim();
  if (kept !== undefined && kept !== '') return kept;
  const made = `kedge-${randomBytes(24).toString('base64url')}`;
  writeDurably(file, `${made}\n`);
  return made;
}

/** What the gateway is told of a key: 64 hexadecimal digits. */
export function apiKeyHash(apiKey: string): string {
  return createHash('sha256').update(apiKey, 'utf8').digest('hex');
}
