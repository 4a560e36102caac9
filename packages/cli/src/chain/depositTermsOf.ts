import {
  continuationTerms,
  isBackedLot,
  parseChannelRecords,
  splitTokenId,
  type ChannelRecord,
  type DepositTerms,
  type Hex,
} from '@kedge/core';
import { recipientOf } from '../accounts/recipient.js';
import { channelsFileOf, readChannelEntries } from '../gateway/channelsFile.js';
import type { Option } from '../command.js';
import type { Context } from '../context.js';
import { shellWord } from '../human.js';
import { argument, flagOf, parseChannelId, parseInteger, parseMoment, parsedOption, textOption } from '../parse.js';
import { usageError } from '../usageError.js';
import { readAsset, type Asset } from './readAsset.js';
import type { Connection } from './connect.js';
import { lotIdOf } from './lotNumber.js';
import { readChannel } from './readChannels.js';

/** The options that name a deposit beside its channel: with others it is another address. */
export const depositOptions: readonly Option[] = [
  { flags: '--lot <number>', summary: 'the lot to buy from; without it the one of the token of the channel' },
  {
    flags: '--deadline <when>',
    summary: 'last moment of service after a top-up: 2027-01-31 or Unix seconds; without it the one of the channel',
  },
  {
    flags: '--refund-to <address>',
    summary:
      'who gets back what buys nothing: an address, or a role on the local chain; without it the holder of the channel',
  },
];

/** A deposit as a command means it. */
type NamedDeposit = {
  /** The channel that is topped up: the first one, where the one that was named continues it. */
  readonly channelId: Hex;
  readonly terms: DepositTerms;
  readonly asset: Asset;
  readonly unitDecimals: number;
  /** What the gateway here knows of the channel. */
  readonly record: ChannelRecord | undefined;
};

/** The options as they were given, for the next command about the same deposit. */
export function sameDeposit(context: Pick<Context, 'options'>): string {
  return ['lot', 'deadline', 'refundTo']
    .map((name) => [flagOf(name), textOption(context, name)] as const)
    .map(([flag, text]) => (text === undefined ? '' : ` ${flag} ${shellWord(text)}`))
    .join('');
}

/** Reads which deposit a command is about: the channel, and the options. */
export async function depositTermsOf(context: Context, connection: Connection): Promise<NamedDeposit> {
  const named = parseChannelId(argument(context, 0));
  const records = parseChannelRecords(readChannelEntries(channelsFileOf(connection.dataDir)));
  const channelId = records.find((record) => record.channelId === named)?.continues?.rootId ?? named;
  const record = records.find((known) => known.channelId === channelId);
  const channel = record?.channel ?? (await readChannel(connection, channelId));
  if (channel.mode === 'strict') {
    throw usageError(
      'A strict channel is not topped up by deposit: its client signs for one channel.',
      `Open another one: kedge channel open ${channel.tokenId} --mode strict`,
    );
  }
  const { classId, lot: ownLot } = splitTokenId(channel.tokenId);
  const namedLot = parsedOption(context, 'lot', parseInteger);
  if (namedLot === undefined && !isBackedLot(ownLot)) {
    throw usageError('The token of this channel was not bought, so its lot sells nothing.', 'Name a lot with --lot.');
  }
  const lot = namedLot === undefined ? ownLot : lotIdOf(Number(namedLot));
  const { client } = connection;
  const [sold, { unitDecimals }] = await Promise.all([client.getLot({ classId, lot }), client.getClass({ classId })]);
  const terms = continuationTerms({
    channel,
    channelId,
    market: sold.seller,
    classId,
    lot,
    asset: sold.asset,
    deadline: parsedOption(context, 'deadline', parseDeadline) ?? channel.deadline,
    refundTo: parsedOption(context, 'refundTo', (text, flag) => recipientOf(text, connection.chainId, flag)),
  });
  return { channelId, terms, asset: await readAsset(connection, sold.asset), unitDecimals, record };
}

/** One moment for good: counted from now, each command would mean another, and so another address. */
function parseDeadline(text: string, flag: string): bigint {
  if (!/^\d+[smhd]$/.test(text)) return parseMoment(text, 0n, flag);
  throw usageError(
    `${flag} is a date or Unix seconds here, not "${text}": a later command would count it from another moment.`,
    'Example: 2027-01-31',
  );
}
