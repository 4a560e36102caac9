import { BaseError, type Channel, type Hex, type Policy } from '@kedge/core';
import { readJsonFile, writeDurably } from './durableFile.js';

/** An entry of the gateway's channels file; integers as decimal strings. */
export type ChannelEntry = {
  readonly name: string;
  readonly apiKeySha256: string;
  readonly channel: Channel;
  readonly channelId: Hex;
  readonly classId: bigint;
  readonly policy: Policy;
  readonly policyHash: Hex;
  readonly lotAsset: Hex;
  readonly edges: readonly { readonly classId: bigint; readonly parentIndex: bigint; readonly asset: Hex }[];
};

/**
 * Puts an entry into the channels file, in place of the one of the same channel or API key. Entries that
 * `kedge channel open` made are kept. Writes nothing when nothing changes.
 */
export function putChannelEntry(file: string, entry: ChannelEntry): void {
  const present = readJsonFile(file) ?? [];
  if (!Array.isArray(present)) {
    throw new BaseError(`${file} is damaged: it is not a list of channels`, {
      code: 'damaged_file',
      hints: ['move it away: kedge up writes its own channel again, kedge channel open others'],
    });
  }
  const own = JSON.parse(stringify(entry)) as Record<string, unknown>;
  const others = (present as Record<string, unknown>[]).filter(
    ({ channelId, apiKeySha256 }) => channelId !== own['channelId'] && apiKeySha256 !== own['apiKeySha256'],
  );
  const text = `${JSON.stringify([own, ...others], null, 2)}\n`;
  if (text !== `${JSON.stringify(present, null, 2)}\n`) writeDurably(file, text);
}

function stringify(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) => (typeof item === 'bigint' ? item.toString() : item));
}
