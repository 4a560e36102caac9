import { rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { BaseError, type ChannelRecord, type Hex } from '@kedge/core';
import type { LocalAccount } from 'viem';
import type { Connection } from '../chain/connect.js';
import { writeAccessFile } from './channelAccessFile.js';
import { channelsFileOf, readChannelEntries } from './channelsFile.js';
import { isGatewayHere } from './isGatewayHere.js';
import type { Context } from '../context.js';
import { textOption } from '../parse.js';
import { channelsFolderOf, writeStrictChannel } from '../strict/strictChannelFile.js';
import { makeFolder } from '../files/dataPaths.js';
import { writeDurably } from '../files/durableFile.js';

/** What opens a channel's value for its holder. */
type ChannelSecrets = {
  readonly apiKey: string;
  /** Private key of a channel key that was made for the channel. */
  readonly channelKey: Hex | undefined;
  /** Ends in /v1; undefined when it is not known. */
  readonly gatewayUrl: string | undefined;
};

/** The files that were written for a channel before value is locked in it. */
type KeptChannel = {
  /** The API key and nothing else, or the file of a strict channel with both of its keys. */
  readonly secretFile: string;
  /** The holder's word for the operator, without a secret. */
  readonly accessFile: string;
  /** Whether the gateway of this data folder serves it, so that nobody needs to be sent the access file. */
  readonly isServedHere: boolean;
  /** Takes the access file away where it is of no more use. */
  readonly done: () => void;
  /** Takes all of it away: nothing was opened. */
  readonly discard: () => void;
};

/**
 * Keeps, on disk, all without which value that is locked in a channel could not be spent: its keys, for the holder only,
 * and the holder's word for the operator. Where one of them cannot be written none stays.
 */
export async function keepChannel(
  context: Context,
  connection: Connection,
  record: ChannelRecord,
  holder: LocalAccount,
  secrets: ChannelSecrets,
): Promise<KeptChannel> {
  const { dataDir } = connection;
  const named = textOption(context, 'access');
  const isServedHere = named === undefined && isGatewayHere(connection, record.channel.operator);
  if (isServedHere) readChannelEntries(channelsFileOf(dataDir));
  const written: string[] = [];
  const discard = (): void => written.forEach((file) => rmSync(file, { force: true }));
  try {
    makeFolder(channelsFolderOf(dataDir));
    const accessFile = isServedHere
      ? join(channelsFolderOf(dataDir), `${record.channelId}.access`)
      : resolve(context.cwd, named ?? `kedge-channel-${record.channelId.slice(2, 10)}.json`);
    await writeAccessFile(accessFile, connection, record, holder);
    written.push(accessFile);
    const secretFile = writeSecrets(connection, record, secrets);
    written.push(secretFile);
    const done = (): void => (isServedHere ? rmSync(accessFile, { force: true }) : undefined);
    return { secretFile, accessFile, isServedHere, done, discard };
  } catch (error) {
    discard();
    throw error;
  }
}

/** The error of a transaction of which nobody knows whether it opened the channel: it says what to do in both cases. */
export function mayBeOpen(cause: unknown, channelId: Hex, kept: KeptChannel): BaseError {
  const { message, kind } =
    cause instanceof BaseError ? { message: cause.shortMessage, kind: cause.kind } : { message: String(cause) };
  return new BaseError(`${message} The channel may be open all the same.`, {
    code: 'channel_may_be_open',
    ...(kind === undefined ? {} : { kind }),
    cause,
    values: { channelId, keptIn: kept.secretFile },
    hints: [
      'If it is not, open one anew. See whether it is: kedge status',
      kept.isServedHere
        ? `If it is, tell the gateway here: kedge channel add ${kept.accessFile}`
        : `If it is, give the operator ${kept.accessFile}, for kedge channel add.`,
      `Its key is in ${kept.secretFile}: keep that file like a password.`,
    ],
  });
}

function writeSecrets(
  { dataDir, chainId, contracts }: Connection,
  record: ChannelRecord,
  { apiKey, channelKey, gatewayUrl }: ChannelSecrets,
): string {
  if (channelKey !== undefined) {
    const valueChannels = contracts.ValueChannels;
    return writeStrictChannel(dataDir, { record, chainId, valueChannels, channelKey, apiKey, gatewayUrl });
  }
  const file = join(channelsFolderOf(dataDir), `${record.channelId}.api-key`);
  writeDurably(file, `${apiKey}\n`);
  return file;
}
