import { dataAnchoringTokenAbi, isSameAddress, splitTokenId, type Address, type Hex } from '@kedge/core';
import { firstBlockOf, readEvents, type TokenView } from '@kedge/sdk';
import type { Connection } from './connect.js';
import { readDebts, type Debt } from './readAssets.js';
import { readChannels, type OpenedChannel } from './readChannels.js';
import { classCountOf, readTokens, readTokensOf } from './readTokens.js';
import { someOf } from './someOf.js';

/** What an overview is of. */
export type OverviewScope = {
  readonly classIds: readonly bigint[];
  readonly tokens: readonly TokenView[];
  readonly channels: readonly OpenedChannel[];
  readonly debts: readonly Debt[];
  /** Whether a revocation of this token is part of it. */
  readonly concerns: (tokenId: bigint) => boolean;
};

/** All that the contracts know. */
export async function scopeOfAll(connection: Connection): Promise<OverviewScope> {
  const [count, tokens, channels, debts] = await Promise.all([
    classCountOf(connection),
    readTokens(connection),
    readChannels(connection),
    readDebts(connection),
  ]);
  const classIds = Array.from({ length: Number(count) }, (_, index) => BigInt(index + 1));
  return { classIds, tokens, channels, debts, concerns: () => true };
}

/**
 * What is one account's: the tokens that it holds, with the channels that units of them are locked in, the channels that it
 * opened or serves, what it is owed, the classes that it issues, and those of its tokens and channels. Events of the account
 * itself lead there, so what others have is not read.
 */
export async function scopeOfAccount(connection: Connection, account: Address): Promise<OverviewScope> {
  const [tokens, opened, served, issued, debts] = await Promise.all([
    readTokensOf(connection, [account]),
    readChannels(connection, { holder: account }),
    readChannels(connection, { operator: account }),
    readClassesIssuedBy(connection, account),
    readDebts(connection, [account]),
  ]);
  const held = new Set(tokens.map(({ tokenId }) => tokenId));
  const locked = await readLocksOf(connection, [...held]);
  const filled = await someOf(locked, (channelId) => readChannels(connection, { channelId }));
  const channels = [...new Map([...opened, ...served, ...filled].map((each) => [each.channelId, each])).values()];
  const classIds = new Set([
    ...issued,
    ...tokens.map(({ classId }) => classId),
    ...channels.map(({ channel }) => splitTokenId(channel.tokenId).classId),
  ]);
  return {
    classIds: [...classIds].toSorted((one, other) => Number(one - other)),
    tokens,
    channels,
    debts,
    concerns: (tokenId) => held.has(tokenId) || issued.has(splitTokenId(tokenId).classId),
  };
}

/** The channels in which units of these tokens were ever locked: whoever holds a token now, they belong to it. */
async function readLocksOf({ client, contracts }: Connection, tokenIds: readonly bigint[]): Promise<Hex[]> {
  const locked = await someOf(tokenIds, (tokenId) =>
    readEvents(client.publicClient, {
      address: contracts.DataAnchoringToken,
      abi: dataAnchoringTokenAbi,
      eventName: 'ValueLocked',
      args: { tokenId, module: contracts.ValueChannels },
      fromBlock: firstBlockOf(client.deployment),
    }),
  );
  return locked.map(({ args: { lockId } }) => lockId);
}

/** Classes that an account made, or was given, and did not give on. */
async function readClassesIssuedBy({ client, contracts }: Connection, issuer: Address): Promise<Set<bigint>> {
  const events = {
    address: contracts.DataAnchoringToken,
    abi: dataAnchoringTokenAbi,
    args: { issuer },
    fromBlock: firstBlockOf(client.deployment),
  } as const;
  const [made, given] = await Promise.all([
    readEvents(client.publicClient, { ...events, eventName: 'ClassConfigured' }),
    readEvents(client.publicClient, { ...events, eventName: 'IssuerTransferred' }),
  ]);
  const classIds = [...new Set([...made, ...given].map(({ args: { classId } }) => classId))];
  const classes = await Promise.all(classIds.map((classId) => client.getClass({ classId })));
  return new Set(classes.filter((each) => isSameAddress(each.issuer, issuer)).map(({ classId }) => classId));
}
