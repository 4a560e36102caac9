import { mkdir } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import {
  BaseError,
  channelAccessDigest,
  channelIdOf,
  parseChannelRecords,
  parseSignedChannelAccess,
  type Hex,
  type SignedChannelAccess,
} from '@kedge/core';
import { channelRecordOf, readRecordContext } from '../chain/channelRecordOf.js';
import { connect, type Connection } from '../chain/connect.js';
import { readPolicyOfToken } from '../chain/readPolicy.js';
import { channelsFileOf, putChannelRecord, readChannelEntries } from '../channelsFile.js';
import { chainOptions, policyOption, type Command } from '../command.js';
import { humanAmount, humanMoment } from '../human.js';
import { keccak256 } from '../keccak256.js';
import { argument } from '../parse.js';
import { readJson } from '../target.js';

export const channelAdd: Command = {
  name: 'channel add',
  summary: 'have your gateway serve a channel that a consumer opened elsewhere',
  description:
    'Takes the file that kedge channel open wrote for you at the consumer: the terms of the channel and the hash of its API ' +
    "key, signed by the channel's holder. Checks the signature, the terms against the chain, and that the policy is at hand; " +
    'then tells the gateway of this data folder, which serves the key at once.',
  arguments: [{ name: 'file', summary: 'what kedge channel open wrote' }],
  options: [policyOption, ...chainOptions],
  examples: [
    { command: 'kedge channel add kedge-channel-1a2b3c4d.json', summary: 'a channel to your operator address' },
  ],
  run: async (context) => {
    const path = resolve(context.cwd, argument(context, 0));
    const access = parseSignedChannelAccess(await readJson(path));
    const connection = await connect(context);
    const channelId = await checkAccess(connection, access, path);
    const { channel, apiKeySha256 } = access;
    const token = await connection.client.getToken({ tokenId: channel.tokenId });
    const policy = await readPolicyOfToken(context, connection, token);
    const shared = await readRecordContext(connection, token, policy);
    const file = channelsFileOf(connection.dataDir);
    refuseForeignKey(file, channelId, apiKeySha256);
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    const name = access.name ?? 'channel';
    await putChannelRecord(file, channelRecordOf(shared, { channelId, channel, apiKeySha256, name }));
    context.output.result({ channelId, channel, name, channelsFile: file }, () => [
      `channel ${channelId}`,
      `  holder    ${channel.holder}`,
      `  operator  ${channel.operator}`,
      `  cap       ${humanAmount(channel.cap, policy.unit.decimals)} units of token ${channel.tokenId}, ${channel.mode}`,
      `  until     ${humanMoment(channel.deadline)}`,
      `The gateway of this data folder is told in ${file}.`,
    ]);
  },
};

/** @throws BaseError `channel_access_wrong`, `channel_not_open` */
async function checkAccess(
  { chainId, contracts, client }: Connection,
  { channel, apiKeySha256, signature }: SignedChannelAccess,
  path: string,
): Promise<Hex> {
  const domain = { chainId, verifyingContract: contracts.ValueChannels };
  const channelId = channelIdOf(domain, channel, keccak256);
  const hash = channelAccessDigest(domain, { channelId, apiKeySha256 }, keccak256);
  const { open } = await client.getChannelState({ channel });
  if (!open) {
    throw new BaseError(`On chain ${chainId} no channel with these terms is open.`, {
      code: 'channel_not_open',
      values: { file: path, channelId },
      hints: ['Name the chain that it was opened on with --rpc and --contracts; a closed channel is not opened again.'],
    });
  }
  // An account's own signature, or what a contract wallet says of it (ERC-1271).
  if (await client.publicClient.verifyHash({ address: channel.holder, hash, signature })) return channelId;
  throw new BaseError(`The holder of the channel did not sign ${path}.`, {
    code: 'channel_access_wrong',
    values: { holder: channel.holder, channelId },
    hints: [
      'Take nothing from it: whoever changed the key in it would spend the value. Ask the holder for the file anew.',
    ],
  });
}

/** The key of another channel would pay from this one, and that channel from none. */
function refuseForeignKey(file: string, channelId: Hex, apiKeySha256: string): void {
  const others = parseChannelRecords(readChannelEntries(file)).filter((record) => record.channelId !== channelId);
  const other = others.find((record) => record.apiKeySha256 === apiKeySha256);
  if (other === undefined) return;
  throw new BaseError('The gateway has this API key for another channel already.', {
    code: 'key_taken',
    values: { channelId, other: other.channelId },
    hints: ['Ask the holder to open the channel with a key of its own.'],
  });
}
