import { apiKeyIdOf, BaseError, parseChannelRecords, type ApiKeyRecord, type ChannelRecord } from '@kedge/core';
import type { Context } from '../context.js';
import { urlOption } from '../parse.js';
import { findTarget } from '../target.js';
import { channelsFileOf, readChannelEntries } from './channelsFile.js';
import { gatewayUrlHere } from './gatewayFiles.js';
import { makeGatewayReread } from './makeGatewayReread.js';

/** A key of a channel that this machine's gateway serves. The first key of a channel has no terms of its own. */
export type ApiKey = {
  readonly keyId: string;
  readonly record: ChannelRecord;
  readonly apiKeySha256: string;
  readonly terms: ApiKeyRecord | undefined;
};

/** The channels file of the data folder, its keys, and a way to have a running gateway follow it at once. */
export async function openKeys(context: Context): Promise<{
  readonly file: string;
  readonly records: readonly ChannelRecord[];
  readonly keys: readonly ApiKey[];
  readonly gatewayUrl: string | undefined;
  /** Whether a chain is named, which knows more channels than the file. */
  readonly isChainNamed: boolean;
  /** Whether it heard of it. */
  readonly tellGateway: () => Promise<boolean>;
}> {
  const target = await findTarget(context);
  const file = channelsFileOf(target.dataDir);
  const records = parseChannelRecords(readChannelEntries(file));
  const gatewayUrl = urlOption(context, 'gateway') ?? gatewayUrlHere(target);
  return {
    file,
    records,
    keys: records.flatMap(keysOf),
    gatewayUrl,
    isChainNamed: target.rpcUrl !== undefined,
    tellGateway: async () => gatewayUrl !== undefined && makeGatewayReread(gatewayUrl),
  };
}

/** @throws BaseError `channel_unknown` unless exactly one channel is meant. */
export function channelOfKeys(records: readonly ChannelRecord[], channelId: string | undefined): ChannelRecord {
  const found = records.filter((record) => channelId === undefined || record.channelId === channelId.toLowerCase());
  const [only] = found;
  if (only !== undefined && found.length === 1) return only;
  throw new BaseError(
    found.length === 0
      ? 'The gateway of this data folder serves no such channel.'
      : 'The gateway serves several channels.',
    {
      code: 'channel_unknown',
      hints: [
        records.length === 0
          ? 'There is none yet. Open one: kedge channel open <tokenId>'
          : `Name one with --channel: ${records.map((record) => record.channelId).join(', ')}.`,
      ],
    },
  );
}

/** @throws BaseError `key_unknown`. */
export function findKey(keys: readonly ApiKey[], keyId: string): ApiKey {
  const key = keys.find((one) => one.keyId === keyId.toLowerCase());
  if (key !== undefined) return key;
  const named = keys.filter(({ terms }) => terms?.name === keyId).map((one) => one.keyId);
  throw new BaseError(`There is no key ${keyId}.`, {
    code: 'key_unknown',
    hints: [
      named.length > 0 ? `A key is named by its id. So called: ${named.join(', ')}.` : 'List the keys: kedge key list',
    ],
  });
}

/** All that pay from the channel. */
export function keysOf(record: ChannelRecord): ApiKey[] {
  const own = record.keys ?? [];
  const first = own.some(({ apiKeySha256 }) => apiKeySha256 === record.apiKeySha256)
    ? []
    : [{ apiKeySha256: record.apiKeySha256, terms: undefined }];
  const all = [...first, ...own.map((terms) => ({ apiKeySha256: terms.apiKeySha256, terms }))];
  return all.map((key) => ({ ...key, keyId: apiKeyIdOf(key.apiKeySha256), record }));
}
