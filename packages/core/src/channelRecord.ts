import { z } from 'zod';
import { channelModes, type Channel } from './channel.js';
import type { Address, Hex } from './hex.js';
import { policySchema, type Policy } from './policy.js';
import { addressSchema, hashSchema, parseWith, uintSchema } from './schemas.js';

const channelSchema = z.object({
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

const recordSchema = z.looseObject({
  /** SHA-256 of the API key's text, as hexadecimal digits with or without 0x. */
  apiKeySha256: z
    .string()
    .regex(/^(0x)?[0-9a-f]{64}$/)
    .transform((text) => text.replace(/^0x/, '')),
  channel: channelSchema,
  channelId: hashSchema,
  classId: uintSchema(256),
  policy: policySchema,
  policyHash: hashSchema,
  lotAsset: addressSchema,
  /** Lineage edges whose royalties are collected with each capture, in this order: from the class upwards. */
  edges: z.array(z.object({ classId: uintSchema(256), parentIndex: uintSchema(256), asset: addressSchema })),
  name: z.string().optional(),
});

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
};

/**
 * Reads the channels file's content.
 *
 * @throws BaseError `channels_file_invalid`.
 *
 * @example
 * const records = parseChannelRecords(JSON.parse(await readFile(channelsFile, 'utf8')));
 */
export function parseChannelRecords(json: unknown): ChannelRecord[] {
  return parseWith(z.array(recordSchema), json, {
    what: 'The channels file',
    code: 'channels_file_invalid',
    hints: ['It is written by: kedge channel open'],
  });
}

/**
 * The channels file's content: integers as decimal strings.
 *
 * @example
 * await writeFile(channelsFile, encodeChannelRecords([record]));
 */
export function encodeChannelRecords(records: readonly unknown[]): string {
  const text = JSON.stringify(records, (_key, value: unknown) => (typeof value === 'bigint' ? `${value}` : value), 2);
  return `${text}\n`;
}
