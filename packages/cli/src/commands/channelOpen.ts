import { randomBytes } from 'node:crypto';
import {
  BaseError,
  channelIdOf,
  channelModes,
  channelPace,
  termsFault,
  tokenizer,
  unrecountable,
  type Address,
  type Channel,
  type ChannelRecord,
  type Hex,
  type Policy,
} from '@kedge/core';
import type { TokenView } from '@kedge/sdk';
import { bytesToHex } from 'viem';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import { recipientOf } from '../accounts/recipient.js';
import { requireOwnOperators } from '../accounts/requireOwnOperators.js';
import type { SigningAccount } from '../accounts/resolveAccount.js';
import { channelRecordOf, readRecordContext } from '../chain/channelRecordOf.js';
import { connect, type Connection } from '../chain/connect.js';
import { readPolicyOfToken } from '../chain/readPolicy.js';
import { resolveWriter } from '../chain/resolveWriter.js';
import { channelsFileOf, putChannelRecord } from '../gateway/channelsFile.js';
import { accountOptions, policyOption, type Command } from '../command.js';
import type { Context } from '../context.js';
import { humanMoment, humanUnits, shortHex } from '../human.js';
import {
  argument,
  parseAddress,
  parseAmount,
  parseChoice,
  parseDuration,
  parseInteger,
  parseMoment,
  parsedOption,
  textOption,
  urlOption,
} from '../parse.js';
import { keccak256 } from '../keccak256.js';
import { keepChannel, mayBeOpen } from '../gateway/keepChannel.js';
import { unixNow } from '../unixNow.js';
import { apiKeyHash, newApiKey } from '../up/apiKey.js';
import { usageError } from '../usageError.js';

export const channelOpen: Command = {
  name: 'channel open',
  summary: "lock a token's value to an operator and get an API key",
  description:
    'Locks units of a token to one operator until a deadline. In capped mode the operator holds the channel key, and you ' +
    "get an API key for any OpenAI client: the operator can take the cap, at the channel's rate, without service; what " +
    'it captures beyond the receipts it gave is visible to everyone. In strict mode nobody can take more than your ' +
    'client signed: kedge connect signs for any client, with a channel key that is made here and kept in the data folder. ' +
    'Before any value is locked the keys are kept in channels/ of the data folder, for you only; the gateway keeps only ' +
    'the hash of the API key. Where the gateway is not of this data folder, a file is written for the operator, who takes ' +
    'it with kedge channel add: it has the terms and the hash of the key, signed by you.',
  arguments: [{ name: 'tokenId', summary: 'the token whose value pays' }],
  options: [
    { flags: '--units <units>', summary: 'how many units at most (the cap); without it all that the token has' },
    { flags: '--operator <address>', summary: 'who serves; without it the one that the policy names' },
    { flags: '--mode <mode>', summary: 'capped or strict', default: 'capped' },
    {
      flags: '--channel-key <address>',
      summary: 'strict mode: whose signature counts; without it a key is made for kedge connect',
    },
    {
      flags: '--deadline <when>',
      summary:
        'last moment of service: 30d, 2027-01-31, Unix seconds; without it 30d, or what the expiry of the token allows',
    },
    {
      flags: '--grace <duration>',
      summary: 'how long captures still work after the deadline, a day at least',
      default: '1d',
    },
    {
      flags: '--rate <units>',
      summary: 'units a second that may be captured; without it the cap in an hour (strict: no limit)',
    },
    {
      flags: '--burst <units>',
      summary: 'units that may be captured at once beside the rate; without it half of the cap',
    },
    { flags: '--name <name>', summary: 'what the gateway calls the channel in its log', default: 'channel' },
    { flags: '--gateway <url>', summary: 'base URL to show with the key; without it the one of the local stack' },
    policyOption,
    {
      flags: '--access <file>',
      summary:
        'where to write the file for the operator; without it kedge-channel-<id>.json, unless the gateway is of this data folder',
    },
    ...accountOptions,
  ],
  examples: [
    { command: 'kedge channel open 36893488156009037825', summary: 'all of the token, for a month' },
    {
      command: 'kedge channel open 36893488156009037825 --units 100 --deadline 7d',
      summary: 'a hundred units for a week',
    },
    {
      command: 'kedge channel open 36893488156009037825 --mode strict',
      summary: 'nobody can take more than your client signed',
    },
  ],
  run: async (context) => {
    const tokenId = parseInteger(argument(context, 0), 'tokenId');
    const mode = parsedOption(context, 'mode', (text, flag) => parseChoice(text, channelModes, flag)) ?? 'capped';
    const connection = await connect(context);
    const token = await connection.client.getToken({ tokenId });
    const policy = await readPolicyOfToken(context, connection, token);
    if (mode === 'strict') requireRecountable(policy);
    const operator = operatorOf(context, connection, policy);
    requireOwnOperators(connection.chainId, [operator]);
    const { signer, write, mayHaveSent } = await resolveWriter(context, connection, token.holder);
    const ownKey =
      mode === 'strict' && textOption(context, 'channelKey') === undefined ? generatePrivateKey() : undefined;
    const terms = termsOf(context, { token, policy, operator, mode, ownKey });
    requireServable(terms, policy);
    // Before the transaction: once the value is locked, the keys must reach the gateway and the client.
    const shared = await readRecordContext(connection, token, policy);
    const apiKey = newApiKey();
    const baseUrl = urlOption(context, 'gateway') ?? connection.up?.gatewayUrl;
    const name = textOption(context, 'name') ?? 'channel';
    const apiKeySha256 = apiKeyHash(apiKey);
    const planned = plannedChannel(connection, signer, terms);
    const record = channelRecordOf(shared, { name, apiKeySha256, ...planned });
    const kept = await keepChannel(context, connection, record, signer.account, {
      apiKey,
      channelKey: ownKey,
      gatewayUrl: baseUrl,
    });
    const { channelId, channel, transactionHash } = await write('open the channel', (client) =>
      client.openChannel(terms),
    ).catch((error: unknown) => {
      if (mayHaveSent() && !isOver(error)) throw mayBeOpen(error, planned.channelId, kept);
      kept.discard();
      throw error;
    });
    if (kept.isServedHere) {
      await registerKey(context, connection, record).catch((error: unknown) => {
        throw mayBeOpen(error, channelId, kept);
      });
    }
    kept.done();
    const { secretFile, accessFile, isServedHere } = kept;
    const human = (units: bigint): string => humanUnits(units, policy.unit.decimals);
    context.output.result(
      {
        channelId,
        channel,
        transactionHash,
        apiKey,
        gatewayUrl: baseUrl,
        ...(ownKey === undefined ? { apiKeyFile: secretFile } : { keyFile: secretFile }),
        ...(isServedHere ? {} : { accessFile }),
      },
      () => [
        `channel ${channelId}`,
        `  locked    ${human(channel.cap)} of token ${tokenId}, opened by ${signer.label}`,
        `  operator  ${operator}`,
        `  rate      ${channel.rate === 0n ? 'no limit' : `${human(channel.rate)} a second, ${human(channel.burst)} at once`}`,
        `  until     ${humanMoment(channel.deadline)}, captures until ${humanMoment(channel.deadline + BigInt(channel.grace))}`,
        `  base URL  ${baseUrl ?? 'the URL of the gateway, ending in /v1'}`,
        `  API key   ${apiKey}`,
        ...(mode === 'capped' ? [] : [`  key       ${channel.channelKey} signs for it`]),
        ...(isServedHere
          ? []
          : [
              `Give the operator ${accessFile}, for kedge channel add: no secret is in it, and without it the key opens nothing.`,
            ]),
        ...(ownKey === undefined
          ? [
              `The API key is kept in ${secretFile}. Whoever has it can spend from this channel: keep it like a password.`,
            ]
          : [
              `The channel key and the API key are in ${secretFile}: keep it like a password.`,
              `Use the channel with any OpenAI client: kedge connect ${channelId}`,
            ]),
      ],
    );
  },
};

/** Before anything is locked: what no gateway would serve. */
function requireServable(terms: Omit<Channel, 'holder'>, policy: Policy): void {
  const fault = termsFault(terms, policy, tokenizer);
  if (fault === undefined) return;
  throw new BaseError(`No gateway would serve this channel: ${fault}.`, {
    code: 'channel_unservable',
    values: { operator: terms.operator, channelKey: terms.channelKey, mode: terms.mode },
    hints: [
      `The policy names: ${policy.operators.join(', ')}. Leave --operator out where it names one.`,
      'A --channel-key of your own is for --mode strict.',
    ],
  });
}

/** Before anything is locked: a gateway serves no strict channel whose client could not recount. */
function requireRecountable(policy: Policy): void {
  const refused = unrecountable(policy);
  if (refused === undefined) return;
  throw new BaseError(`No gateway serves a strict channel of this token: ${refused.reason}.`, {
    code: 'policy_unrecountable',
    values: { clause: refused.clause },
    hints: ['Open it with --mode capped, or buy a token whose policy a strict client can recount.'],
  });
}

function operatorOf(context: Context, { chainId }: Connection, policy: Policy): Address {
  const named = textOption(context, 'operator');
  if (named !== undefined) {
    return recipientOf(named, chainId, '--operator');
  }
  const [only, ...others] = policy.operators;
  if (only !== undefined && others.length === 0) return only;
  throw usageError(
    `The policy names ${policy.operators.length} operators.`,
    `Choose one with --operator: ${policy.operators.join(', ')}`,
  );
}

type Wanted = {
  readonly token: TokenView;
  readonly policy: Policy;
  readonly operator: Address;
  readonly mode: Channel['mode'];
  /** A channel key that was made for this channel. */
  readonly ownKey: Hex | undefined;
};

function termsOf(context: Context, { token, policy, operator, mode, ownKey }: Wanted): Omit<Channel, 'holder'> {
  const units = (name: string): bigint | undefined =>
    parsedOption(context, name, (text, flag) => parseAmount(text, policy.unit.decimals, flag, 64));
  const named = units('units');
  if (named === 0n) throw usageError('A channel without units pays for nothing.', 'Name more than 0 with --units.');
  const cap = named ?? token.value;
  if (cap === 0n) {
    throw new BaseError(`Token ${token.tokenId} has no units to lock.`, {
      code: 'no_value',
      hints: [`Buy some: kedge buy ${token.classId} 1000`, 'Units in open channels return when those are closed.'],
    });
  }
  const now = unixNow();
  const grace = Number(parsedOption(context, 'grace', parseDuration) ?? 86_400n);
  const deadline =
    parsedOption(context, 'deadline', (text, flag) => parseMoment(text, now, flag)) ??
    defaultDeadline(now, token.expireAt, grace);
  const madeKey = ownKey === undefined ? operator : privateKeyToAccount(ownKey).address;
  const { rate, burst } = channelPace({ mode, cap, rate: units('rate') });
  return {
    tokenId: token.tokenId,
    operator,
    cap,
    mode,
    rate,
    channelKey: parsedOption(context, 'channelKey', parseAddress) ?? madeKey,
    burst: units('burst') ?? burst,
    deadline,
    grace,
    salt: bytesToHex(randomBytes(32)),
  };
}

/** Thirty days, or less where the token expires before: deadline and grace must end by then (R6). */
function defaultDeadline(now: bigint, expireAt: bigint, grace: number): bigint {
  const usual = now + 30n * 86_400n;
  const latest = expireAt - BigInt(grace);
  return expireAt === 0n || usual <= latest ? usual : latest;
}

/** The channel that the transaction will open: its id is known before, and so its key can be kept before. */
function plannedChannel(
  { chainId, contracts }: Connection,
  { account }: SigningAccount,
  terms: Omit<Channel, 'holder'>,
): { readonly channelId: Hex; readonly channel: Channel } {
  const channel = { ...terms, holder: account.address };
  const domain = { chainId, verifyingContract: contracts.ValueChannels };
  return { channel, channelId: channelIdOf(domain, channel, keccak256) };
}

/** A transaction that changed nothing and never will: the chain took it so, or another one in its place. */
const isOver = (error: unknown): boolean =>
  error instanceof BaseError && ['transaction_reverted', 'transaction_replaced'].includes(error.code ?? '');

/** Tells the gateway; it reads the file when it sees a key that it does not know. */
async function registerKey(context: Context, { dataDir }: Connection, record: ChannelRecord): Promise<void> {
  await putChannelRecord(channelsFileOf(dataDir), record);
  context.output.note(`told the gateway of channel ${shortHex(record.channelId)} in ${channelsFileOf(dataDir)}`);
}
