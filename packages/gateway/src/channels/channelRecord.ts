import {
  addressSchema,
  type Channel,
  channelModes,
  hashSchema,
  type Hex,
  parseWith,
  type Policy,
  policySchema,
  uintSchema,
} from '@kedge/core';
import { z } from 'zod';

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

/** One line of the channels file: an API key and the channel that pays for its calls. */
export type ChannelRecord = {
  readonly apiKeySha256: string;
  readonly channel: Channel;
  readonly channelId: Hex;
  readonly classId: bigint;
  readonly policy: Policy;
  readonly policyHash: Hex;
  readonly lotAsset: Hex;
  readonly edges: readonly { readonly classId: bigint; readonly parentIndex: bigint; readonly asset: Hex }[];
  readonly name?: string | undefined;
};

/**
 * Reads the channels file's content.
 * @throws BaseError `channels_file_invalid`.
 */
export function parseChannelRecords(json: unknown): ChannelRecord[] {
  return parseWith(z.array(recordSchema), json, {
    what: 'The channels file',
    code: 'channels_file_invalid',
    hints: ['It is written by: kedge channel open'],
  });
}
