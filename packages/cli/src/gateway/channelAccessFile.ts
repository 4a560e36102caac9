import {
  BaseError,
  channelAccessDigest,
  channelIdOf,
  encodeSignedChannelAccess,
  parseSignedChannelAccess,
  type ChannelRecord,
  type Hex,
  type SignedChannelAccess,
} from '@kedge/core';
import type { LocalAccount } from 'viem';
import type { Connection } from '../chain/connect.js';
import { writeDurably } from '../files/durableFile.js';
import { keccak256 } from '../keccak256.js';
import { readJson } from '../target.js';

/** Writes the holder's word for the operator: which API key pays from the channel. */
export async function writeAccessFile(
  file: string,
  { chainId, contracts }: Connection,
  { channel, channelId, apiKeySha256, name }: ChannelRecord,
  holder: LocalAccount,
): Promise<void> {
  const domain = { chainId, verifyingContract: contracts.ValueChannels };
  const digest = channelAccessDigest(domain, { channelId, apiKeySha256 }, keccak256);
  if (holder.sign === undefined) throw new Error('a local account signs');
  const signature = await holder.sign({ hash: digest });
  writeDurably(file, encodeSignedChannelAccess({ channel, apiKeySha256, name, signature }));
}

/**
 * Reads such a file and holds it against the chain.
 *
 * @throws BaseError `channel_access_invalid`, `channel_not_open`, `channel_access_wrong`
 */
export async function readAccessFile(
  path: string,
  { chainId, contracts, client, publicClient }: Connection,
): Promise<SignedChannelAccess & { readonly channelId: Hex }> {
  const access = parseSignedChannelAccess(await readJson(path));
  const { channel, apiKeySha256, signature } = access;
  const domain = { chainId, verifyingContract: contracts.ValueChannels };
  const channelId = channelIdOf(domain, channel, keccak256);
  const { open } = await client.getChannelState({ channel });
  if (!open) {
    throw new BaseError(`On chain ${chainId} no channel with these terms is open.`, {
      code: 'channel_not_open',
      values: { file: path, channelId },
      hints: ['Name the chain that it was opened on with --rpc and --contracts; a closed channel is not opened again.'],
    });
  }
  const hash = channelAccessDigest(domain, { channelId, apiKeySha256 }, keccak256);
  // An account's own signature, or what a contract wallet says of it (ERC-1271).
  if (await publicClient.verifyHash({ address: channel.holder, hash, signature })) {
    return { ...access, channelId };
  }
  throw new BaseError(`The holder of the channel did not sign ${path}.`, {
    code: 'channel_access_wrong',
    values: { holder: channel.holder, channelId },
    hints: [
      'Take nothing from it: whoever changed the key in it would spend the value. Ask the holder for the file anew.',
    ],
  });
}
