import * as z from 'zod';
import type { Channel } from './channel.js';
import { channelSchema, keyHashSchema } from './channelRecord.js';
import { channelAccessTypes, separatorOf, typedDigest, typeHashOf, type DomainOrSeparator } from './domain.js';
import { bytesToHex, writeHex, type Hasher, type Hex } from './hex.js';
import { hexSchema, parseWith } from './schemas.js';
import { withDecimals } from './withDecimals.js';

/** The holder's word on which API key pays from a channel: whoever could name a key of their own would spend its value. */
export type ChannelAccess = {
  readonly channelId: Hex;
  /** SHA-256 of the key's text, as 64 hexadecimal digits. */
  readonly apiKeySha256: string;
};

/** What a holder gives the operator of a channel, so that its gateway serves it. No secret is in it. */
export type SignedChannelAccess = {
  readonly channel: Channel;
  readonly apiKeySha256: string;
  /** What the gateway calls the channel in its log. */
  readonly name?: string | undefined;
  /** The holder's, over {@link channelAccessDigest}. */
  readonly signature: Hex;
};

const signedSchema = z.object({
  channel: channelSchema,
  apiKeySha256: keyHashSchema,
  name: z.string().max(100).optional(),
  signature: hexSchema,
}) satisfies z.ZodType<SignedChannelAccess>;

const accessTypeHash = typeHashOf(channelAccessTypes);

/**
 * EIP-712 digest of a {@link ChannelAccess}, under the domain of `ValueChannels`: what the holder of a channel signs.
 *
 * @example
 * const digest = channelAccessDigest(domain, { channelId, apiKeySha256: bytesToHex(sha256(utf8(apiKey))) }, keccak256);
 * const isHolders = await publicClient.verifyHash({ address: channel.holder, hash: digest, signature });
 */
export function channelAccessDigest(domain: DomainOrSeparator, access: ChannelAccess, keccak256: Hasher): Hex {
  const data = new Uint8Array(3 * 32);
  data.set(accessTypeHash(keccak256), 0);
  writeHex(data, 32, access.channelId, 32);
  writeHex(data, 64, `0x${access.apiKeySha256}`, 32);
  return typedDigest(separatorOf(domain, keccak256), bytesToHex(keccak256(data)), keccak256);
}

/**
 * Reads the JSON of a signed access. The signature is not checked.
 *
 * @throws BaseError `channel_access_invalid`.
 */
export function parseSignedChannelAccess(json: unknown): SignedChannelAccess {
  return parseWith(signedSchema, json, {
    what: 'The access to a channel',
    code: 'channel_access_invalid',
    hints: ['It is the file that kedge channel open writes for the operator.'],
  });
}

/** The JSON of a signed access: integers as decimal strings. */
export function encodeSignedChannelAccess(signed: SignedChannelAccess): string {
  const text = JSON.stringify(signed, withDecimals, 2);
  return `${text}\n`;
}
