import { apiKeyIdOf, type ChannelRecord } from '@kedge/core';
import { connect } from '../chain/connect.js';
import { recordFromChain } from '../chain/recordFromChain.js';
import { chainOptions, policyOption, type Command } from '../command.js';
import { changeChannelKeys, putChannelRecord } from '../gateway/channelsFile.js';
import { channelOfKeys, openKeys } from '../gateway/openKeys.js';
import { humanMoment, humanUnits, shortHex } from '../human.js';
import { parseAmount, parseChannelId, parseMoment, parsedOption, textOption } from '../parse.js';
import { unixNow } from '../unixNow.js';
import { apiKeyHash, newApiKey } from '../up/apiKey.js';
import { usageError } from '../usageError.js';

export const keyCreate: Command = {
  name: 'key create',
  summary: 'make one more API key for a channel, with a cap and an expiry of its own',
  description:
    'Makes an API key that pays from a channel which the gateway of this machine serves, beside the keys that it has. A cap ' +
    'bounds what the key may spend, and an expiry for how long. The key is printed once; only its hash is kept. A running ' +
    'gateway knows it at once. A channel that was opened elsewhere, in the dashboard for example, gets its first key so.',
  arguments: [],
  options: [
    { flags: '--channel <channelId>', summary: 'which channel pays; without it the only one' },
    { flags: '--name <name>', summary: 'whom it is for', default: 'key' },
    { flags: '--cap <units>', summary: 'the most that it may spend; without it all that the channel has' },
    { flags: '--expires <when>', summary: 'when it ends: 30d, 2027-01-31, Unix seconds; without it never' },
    { flags: '--gateway <url>', summary: 'the gateway; without it the one of the data folder, where it has a port' },
    policyOption,
    ...chainOptions,
  ],
  examples: [{ command: 'kedge key create --name intern --cap 50 --expires 30d', summary: 'fifty units for a month' }],
  run: async (context) => {
    const { file, records, gatewayUrl, isChainNamed, tellGateway } = await openKeys(context);
    const named = textOption(context, 'channel');
    const connection = isServed(records, named) || !isChainNamed ? undefined : await connect(context);
    const apiKey = newApiKey();
    const apiKeySha256 = apiKeyHash(apiKey);
    const name = textOption(context, 'name') ?? 'key';
    const createdAt = unixNow();
    const bare = { name, apiKeySha256, createdAt };
    const record =
      connection === undefined
        ? channelOfKeys(records, named)
        : await recordFromChain(context, connection, parseChannelId(named!), bare);
    const { decimals } = record.policy.unit;
    if (record.channel.mode !== 'capped') {
      throw usageError(
        'API keys belong to capped channels.',
        `In strict mode the channel key pays: kedge connect ${record.channelId}`,
      );
    }
    const capUnits = parsedOption(context, 'cap', (text, flag) => parseAmount(text, decimals, flag, 64));
    if (capUnits === 0n) throw usageError('A key with a cap of 0 pays for nothing.', 'Name more than 0.');
    const expiresAt = parsedOption(context, 'expires', (text, flag) => parseMoment(text, createdAt, flag));
    if (expiresAt !== undefined && expiresAt <= createdAt) throw usageError('--expires lies in the past.');
    const key = { ...bare, expiresAt, capUnits };
    if (connection === undefined) await changeChannelKeys(file, record.channelId, (keys) => [...keys, key]);
    else await putChannelRecord(file, { ...record, keys: [key] });
    await tellGateway();
    const keyId = apiKeyIdOf(apiKeySha256);
    context.output.result({ keyId, name, channelId: record.channelId, apiKey, capUnits, expiresAt, gatewayUrl }, () => [
      `key ${keyId} (${name}) pays from channel ${shortHex(record.channelId)}`,
      `  cap       ${capUnits === undefined ? 'all that the channel has' : humanUnits(capUnits, decimals)}`,
      `  expires   ${humanMoment(expiresAt ?? 0n)}`,
      `  API key   ${apiKey}`,
      'The key is shown only now. Whoever has it can spend from this channel: keep it like a password.',
    ]);
  },
};

/** Whether the gateway's file answers for what `--channel` says: it does not know of channels that nobody told it of. */
function isServed(records: readonly ChannelRecord[], named: string | undefined): boolean {
  return named === undefined || records.some(({ channelId }) => channelId === named.toLowerCase());
}
