import * as z from 'zod';
import { channelModes, type Channel } from './channel.js';
import type { Address, Hex } from './hex.js';
import { policySchema, type Policy } from './policy.js';
import { addressSchema, hashSchema, parseWith, uintSchema } from './schemas.js';
import { withDecimals } from './withDecimals.js';

/** A channel's terms in JSON: integers as decimal strings. */
export const channelSchema = z.object({
  holder: addressSchema,
  tokenId: uintSchema(256),
  operator: addressSchema,
  channelKey: addressSchema,
  cap: uintSchema(64),
  rate: uintSchema(64),
  burst: uintSchema(64),
  deadline: uintSchema(64),
  grace: z.union([z.int().min(0), uintSchema(32).transform(Number)]),
  mode: z.enum(channelModes),
  salt: hashSchema,
}) satisfies z.ZodType<Channel>;

/** SHA-256 of an API key's text, with or without 0x. */
export const keyHashSchema = z
  .string()
  .regex(/^(0x)?[0-9a-f]{64}$/)
  .transform((text) => text.replace(/^0x/, ''));

const keySchema = z.looseObject({
  name: z.string(),
  apiKeySha256: keyHashSchema,
  createdAt: uintSchema(64),
  expiresAt: uintSchema(64).optional(),
  revokedAt: uintSchema(64).optional(),
  capUnits: uintSchema(64).optional(),
});

const recordSchema = z.looseObject({
  /** SHA-256 of the API key's text, as hexadecimal digits with or without 0x. */
  apiKeySha256: keyHashSchema,
  channel: channelSchema,
  channelId: hashSchema,
  classId: uintSchema(256),
  policy: policySchema,
  policyHash: hashSchema,
  lotAsset: addressSchema,
  /** Lineage edges whose royalties are collected with each capture, in this order: from the class upwards. */
  edges: z.array(z.object({ classId: uintSchema(256), parentIndex: uintSchema(256), asset: addressSchema })),
  name: z.string().optional(),
  keys: z.array(keySchema).optional(),
  continues: z.object({ rootId: hashSchema, holder: addressSchema }).optional(),
});

/** Which channel a key pays from is the record's that names it; those that continue a channel have no keys of their own. */
const recordsSchema = z.array(recordSchema).superRefine((records, context) => {
  const owners = new Map<string, Hex>();
  for (const { apiKeySha256: first, keys = [], channelId, continues } of records) {
    if (continues !== undefined) continue;
    for (const key of [first, ...keys.map(({ apiKeySha256 }) => apiKeySha256)]) {
      const other = owners.get(key) ?? channelId;
      owners.set(key, channelId);
      if (other === channelId) continue;
      const message = `key ${apiKeyIdOf(key)} is of two channels, ${other} and ${channelId}; leave it to the one it pays from`;
      context.addIssue({ code: 'custom', message });
    }
  }
});

/** One more API key of a channel, or, with the same hash, terms for its first one. Times are in Unix seconds. */
export type ApiKeyRecord = {
  readonly name: string;
  /** SHA-256 of the key's text, as hexadecimal digits. The key itself is kept nowhere. */
  readonly apiKeySha256: string;
  readonly createdAt: bigint;
  /** From then on it pays for nothing. */
  readonly expiresAt?: bigint | undefined;
  readonly revokedAt?: bigint | undefined;
  /** The most that it may spend, in base units; without it all that the channel has. */
  readonly capUnits?: bigint | undefined;
};

/** An entry of the gateway's channels file, which the command line writes: an API key and the channel that pays for it. */
export type ChannelRecord = {
  readonly apiKeySha256: string;
  readonly channel: Channel;
  readonly channelId: Hex;
  readonly classId: bigint;
  readonly policy: Policy;
  readonly policyHash: Hex;
  readonly lotAsset: Address;
  readonly edges: readonly { readonly classId: bigint; readonly parentIndex: bigint; readonly asset: Address }[];
  readonly name?: string | undefined;
  /** Made with `kedge key create`. */
  readonly keys?: readonly ApiKeyRecord[] | undefined;
  /** Of a channel that a deposit opened (R28): the keys of which other pay from it, and whose what it does not spend is. */
  readonly continues?: { readonly rootId: Hex; readonly holder: Address } | undefined;
};

/** What a key is called where it may be seen: the first 16 digits of its hash. */
export function apiKeyIdOf(apiKeySha256: string): string {
  return apiKeySha256.slice(0, 16);
}

/**
 * Reads a channel's terms.
 *
 * @throws BaseError `channel_invalid`.
 *
 * @example
 * const channel = parseChannel(JSON.parse(text).channel);
 */
export function parseChannel(json: unknown): Channel {
  return parseWith(channelSchema, json, { what: 'The channel', code: 'channel_invalid' });
}

/**
 * A channel's terms as JSON: integers as decimal strings.
 *
 * @example
 * const body = JSON.stringify(channelToJson(channel));
 */
export function channelToJson(channel: Channel): unknown {
  return JSON.parse(JSON.stringify(channel, withDecimals));
}

/**
 * Reads the channels file's content.
 *
 * @throws BaseError `channels_file_invalid`.
 *
 * @example
 * const records = parseChannelRecords(JSON.parse(await readFile('channels.json', 'utf8')));
 */
export function parseChannelRecords(json: unknown): ChannelRecord[] {
  return parseWith(recordsSchema, json, {
    what: 'The channels file',
    code: 'channels_file_invalid',
    hints: ['kedge channel open writes it.'],
  });
}

/**
 * The channels file's content: integers as decimal strings.
 *
 * @example
 * const records = parseChannelRecords(JSON.parse(text));
 * await writeFile('channels.json', encodeChannelRecords(records));
 */
export function encodeChannelRecords(records: readonly unknown[]): string {
  return `${JSON.stringify(records, withDecimals, 2)}\n`;
}
