import { chainOptions, type Command } from '../command.js';
import { changeChannelKeys } from '../gateway/channelsFile.js';
import { findKey, openKeys } from '../gateway/openKeys.js';
import { humanMoment, shortHex } from '../human.js';
import { argument } from '../parse.js';
import { unixNow } from '../unixNow.js';

export const keyRevoke: Command = {
  name: 'key revoke',
  summary: 'make an API key pay for nothing more',
  description:
    'Revokes an API key, for ever: a running gateway answers 401 to it from now on. Calls that are running end as they began. ' +
    'Other keys of the channel, and its value, are as before.',
  arguments: [{ name: 'keyId', summary: 'as kedge key list shows it' }],
  options: [
    { flags: '--gateway <url>', summary: 'the gateway; without it the one of the data folder, where it has a port' },
    ...chainOptions,
  ],
  examples: [{ command: 'kedge key revoke 9f86d081884c7d65', summary: 'one key' }],
  run: async (context) => {
    const { file, keys, tellGateway } = await openKeys(context);
    const { keyId, record, apiKeySha256, terms } = findKey(keys, argument(context, 0));
    const now = unixNow();
    const revokedAt = terms?.revokedAt ?? now;
    const known = terms ?? { name: record.name ?? 'first key', apiKeySha256, createdAt: now };
    await changeChannelKeys(file, record.channelId, (all) => [
      ...all.filter((key) => key.apiKeySha256 !== apiKeySha256),
      { ...known, revokedAt },
    ]);
    if (!(await tellGateway()))
      context.output.note(
        'no gateway was told: one that runs takes the key for some seconds more; name it with --gateway',
      );
    context.output.result({ keyId, channelId: record.channelId, revokedAt }, () => [
      `key ${keyId} of channel ${shortHex(record.channelId)} is revoked since ${humanMoment(revokedAt)}`,
    ]);
  },
};
