import { dirname, resolve } from 'node:path';
import { BaseError, parseChannelRecords, type Hex } from '@kedge/core';
import { channelRecordOf, readRecordContext } from '../chain/channelRecordOf.js';
import { connect } from '../chain/connect.js';
import { readPolicyOfToken } from '../chain/readPolicy.js';
import { chainOptions, policyOption, type Command } from '../command.js';
import { makeFolder } from '../files/dataPaths.js';
import { readAccessFile } from '../gateway/channelAccessFile.js';
import { channelsFileOf, putChannelRecord, readChannelEntries } from '../gateway/channelsFile.js';
import { keysOf } from '../gateway/openKeys.js';
import { humanMoment, humanUnits } from '../human.js';
import { argument } from '../parse.js';

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
    const connection = await connect(context);
    const access = await readAccessFile(path, connection);
    const { channel, channelId, apiKeySha256 } = access;
    const token = await connection.client.getToken({ tokenId: channel.tokenId });
    const policy = await readPolicyOfToken(context, connection, token);
    const shared = await readRecordContext(connection, token, policy);
    const file = channelsFileOf(connection.dataDir);
    refuseForeignKey(file, channelId, apiKeySha256);
    makeFolder(dirname(file));
    const name = access.name ?? 'channel';
    await putChannelRecord(file, channelRecordOf(shared, { channelId, channel, apiKeySha256, name }));
    context.output.result({ channelId, channel, name, channelsFile: file }, () => [
      `channel ${channelId}`,
      `  holder    ${channel.holder}`,
      `  operator  ${channel.operator}`,
      `  cap       ${humanUnits(channel.cap, policy.unit.decimals)} of token ${channel.tokenId}, ${channel.mode}`,
      `  until     ${humanMoment(channel.deadline)}`,
      `The gateway of this data folder is told in ${file}.`,
    ]);
  },
};

/** The key of another channel would pay from this one, and that channel from none. */
function refuseForeignKey(file: string, channelId: Hex, apiKeySha256: string): void {
  const others = parseChannelRecords(readChannelEntries(file)).filter(
    (record) => record.channelId !== channelId && record.continues === undefined,
  );
  const other = others.find((record) => keysOf(record).some((key) => key.apiKeySha256 === apiKeySha256));
  if (other === undefined) return;
  throw new BaseError('The gateway has this API key for another channel already.', {
    code: 'key_taken',
    values: { channelId, other: other.channelId },
    hints: ['Ask the holder to open the channel with a key of its own.'],
  });
}
