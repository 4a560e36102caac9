import {
  BaseError,
  dataAnchoringTokenAbi,
  isDilutable,
  zeroAddress,
  type Address,
  type Channel,
  type ClassKind,
  type Hex,
} from '@kedge/core';
import type { RevenueView, TokenView } from '@kedge/sdk';
import { atOneBlock } from './atOneBlock.js';
import type { Connection } from './connect.js';
import { lotIdOf } from './lotNumber.js';
import { scopeOfAccount, scopeOfAll, type OverviewScope } from './overviewScope.js';
import type { Asset } from './readAsset.js';
import { assetsIn, readClassAssets } from './readAssets.js';
import { readOffer, type Offer, type PlansRead } from './readOffer.js';
import { readRevocations, type PendingRevocation } from './readRevocations.js';
import { readStoredJson } from './readStoredJson.js';

/** Amounts are in smallest units of the asset, units in base units of the class. */
export type ClassOverview = {
  readonly classId: bigint;
  readonly kind: ClassKind;
  readonly name: string | undefined;
  readonly issuer: Address;
  readonly unitDecimals: number;
  readonly totalShare: bigint;
  /** Most that weights may sum to, 0 without a cap; and since when no share is minted, 0 while they are. */
  readonly shareCap: bigint;
  readonly sharesFrozenFrom: bigint;
  /** Whether the issuer may mint shares without a bound (R23). */
  readonly dilutable: boolean;
  /** Whether the expiry of a token ends its use only, and not its share (P21). */
  readonly sharesOutliveExpiry: boolean;
  /** Lots of earlier versions sell nothing. */
  readonly policyVersion: number;
  readonly parents: readonly { readonly classId: bigint; readonly royaltyBps: number; readonly accepted: boolean }[];
  /** In ETH, and in each asset that it received or its lots are priced in. */
  readonly revenue: readonly RevenueView[];
  readonly lots: readonly Offer[];
};
type TokenOverview = TokenView & {
  readonly lockedUnits: bigint;
  readonly usedUnits: bigint;
  /** Last second of its share, Unix time; 0 for ever. */
  readonly shareExpireAt: bigint;
  readonly claimable: readonly { readonly asset: Address; readonly amount: bigint }[];
};
type ChannelOverview = Channel & {
  readonly channelId: Hex;
  readonly open: boolean;
  readonly capturedUnits: bigint;
  readonly remainingUnits: bigint;
};
export type Overview = {
  readonly assets: readonly Asset[];
  readonly classes: readonly ClassOverview[];
  readonly tokens: readonly TokenOverview[];
  readonly channels: readonly ChannelOverview[];
  readonly revocations: readonly PendingRevocation[];
  /** What accounts may withdraw: operators, beneficiaries, and who held a token that was revoked. */
  readonly owed: readonly { readonly account: Address; readonly asset: Address; readonly amount: bigint }[];
};

/** Reads what the contracts know, all of it or what is one account's, from their events and views, as of the newest block. */
export async function readOverview(latest: Connection, account?: Address): Promise<Overview> {
  const connection = await atOneBlock(latest);
  const scope = account === undefined ? await scopeOfAll(connection) : await scopeOfAccount(connection, account);
  const [received, channels, revocations, owed, { timestamp }] = await Promise.all([
    readClassAssets(connection, account === undefined ? undefined : scope.classIds),
    readChannelOverviews(connection, scope),
    readRevocations(connection, scope.concerns),
    readOwed(connection, scope),
    connection.client.publicClient.getBlock(),
  ]);
  const assetsOf = (classId: bigint): readonly Address[] => [
    ...new Set([zeroAddress, ...(received.get(classId) ?? [])]),
  ];
  const [assets, classes] = await Promise.all([
    assetsIn(connection, [...received.values(), new Set(owed.map(({ asset }) => asset))]),
    Promise.all(scope.classIds.map((classId) => readClassOverview(connection, classId, assetsOf(classId), timestamp))),
  ]);
  const outliving = new Set(classes.filter((each) => each.sharesOutliveExpiry).map(({ classId }) => classId));
  const tokens = await Promise.all(
    scope.tokens.map((token) =>
      readTokenOverview(connection, token, { channels, assets: assetsOf(token.classId), outliving }),
    ),
  );
  return { assets, classes, tokens, channels, revocations, owed };
}

async function readClassOverview(
  connection: Connection,
  classId: bigint,
  assets: readonly Address[],
  nowSeconds: bigint,
): Promise<ClassOverview> {
  const { client } = connection;
  const found = await client.getClass({ classId });
  const { kind, issuer, unitDecimals, totalShare, parents, lotCount, metadataURI, options } = found;
  const plans: PlansRead = new Map();
  const [revenue, lots, name] = await Promise.all([
    Promise.all(assets.map((asset) => client.getRevenue({ classId, asset }))),
    Promise.all(
      Array.from({ length: lotCount }, (_, index) =>
        readOffer(connection, { classId, lot: lotIdOf(index + 1) }, plans),
      ),
    ),
    nameOf(connection, classId, metadataURI),
  ]);
  const { shareCap, sharesFrozenFrom, sharesOutliveExpiry } = options;
  const dilutable = isDilutable(options, nowSeconds);
  const shares = { totalShare, shareCap, sharesFrozenFrom, dilutable, sharesOutliveExpiry };
  const policyVersion = found.policy.version;
  return { classId, kind, name, issuer, unitDecimals, ...shares, policyVersion, parents, revenue, lots };
}

/** A name is a courtesy: metadata that is not in this content store, or has none, leaves it out. */
async function nameOf({ up, dataDir }: Connection, classId: bigint, metadataURI: string): Promise<string | undefined> {
  const listed = up?.classes.find((candidate) => candidate.classId === String(classId));
  if (listed !== undefined) return listed.name;
  const metadata = await readStoredJson(dataDir, metadataURI).catch((error: unknown) => {
    if (error instanceof BaseError) return undefined;
    throw error;
  });
  const name = (metadata as { name?: unknown } | undefined)?.name;
  return typeof name === 'string' ? name : undefined;
}

function readChannelOverviews({ client }: Connection, { channels }: OverviewScope): Promise<ChannelOverview[]> {
  return Promise.all(
    channels.map(async ({ channelId, channel }) => {
      const { open, capturedUnits, remainingUnits } = await client.getChannelState({ channel });
      return { channelId, ...channel, open, capturedUnits, remainingUnits };
    }),
  );
}

/** `outliving` are the classes whose shares outlive the expiry of a token. */
async function readTokenOverview(
  connection: Connection,
  token: TokenView,
  {
    channels,
    assets,
    outliving,
  }: {
    readonly channels: readonly ChannelOverview[];
    readonly assets: readonly Address[];
    readonly outliving: ReadonlySet<bigint>;
  },
): Promise<TokenOverview> {
  const own = channels.filter(({ tokenId }) => tokenId === token.tokenId);
  return {
    ...token,
    lockedUnits: sum(own.map(({ remainingUnits }) => remainingUnits)),
    usedUnits: sum(own.map(({ capturedUnits }) => capturedUnits)),
    shareExpireAt: outliving.has(token.classId) ? 0n : token.expireAt,
    claimable: await readClaimable(connection, token, assets),
  };
}

async function readClaimable(
  { client, contracts }: Connection,
  { tokenId, pendingRevenue }: TokenView,
  assets: readonly Address[],
): Promise<TokenOverview['claimable']> {
  const token = { address: contracts.DataAnchoringToken, abi: dataAnchoringTokenAbi } as const;
  const pending = async (asset: Address): Promise<bigint> =>
    asset === zeroAddress
      ? pendingRevenue
      : client.publicClient.readContract({ ...token, functionName: 'pendingRevenue', args: [tokenId, asset] });
  const all = await Promise.all(assets.map(async (asset) => ({ asset, amount: await pending(asset) })));
  return all.filter(({ amount }) => amount > 0n);
}

async function readOwed({ client }: Connection, { debts }: OverviewScope): Promise<Overview['owed']> {
  const owed = await Promise.all(debts.map(async (debt) => ({ ...debt, amount: await client.getOwed(debt) })));
  return owed.filter(({ amount }) => amount > 0n);
}

function sum(units: readonly bigint[]): bigint {
  return units.reduce((total, each) => total + each, 0n);
}
