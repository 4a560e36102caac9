import { isSameAddress, zeroAddress, zeroHash, type Address } from '@kedge/core';
import { costUp } from '../lots.js';
import type { RoyaltyEdge } from '../channels.js';
import { booksOf, pendingRevenue, royaltyDue } from '../revenue.js';
import type { ClassTerms } from '../classes.js';
import { listingOf } from '../market.js';
import type { Command } from '../referenceToken.js';
import { uint64Max } from '../tokens.js';
import { keyOf, type ClassOptions, type LotRecord, type LotTerms, type TokenRecord } from '../world.js';
import { eth } from '../assets.js';
import {
  aClass,
  aClassId,
  aLot,
  aLotOf,
  anActor,
  anAmount,
  anAsset,
  anExpiry,
  anyAsset,
  aRecipient,
  aToken,
  aTokenToUse,
  command,
  day,
  mostly,
  mostlyOf,
  tokenIdOr,
  type Scene,
} from './scene.js';

/** A way to make a command; undefined where there is nothing to make it with. */
export type Idea = (scene: Scene) => Command | undefined;
export type Ideas = readonly (readonly [number, Idea])[];

const metric = `0x${'5a'.repeat(32)}` as const;
const uint256Max = 2n ** 256n - 1n;
const revenueMax = 2n ** 112n - 1n;

function onClass(name: string, args: (scene: Scene) => readonly unknown[]): Idea {
  return (scene) => {
    const found = aClass(scene);
    const sender = found ? mostly(scene, found.issuer) : anActor(scene);
    const classId = scene.random.chance(96) ? (found?.classId ?? 1n) : aClassId(scene);
    return command(sender, scene.world.addresses.token, name, [classId, ...args(scene)]);
  };
}

const aHash = ({ random }: Scene) => (random.chance(85) ? random.bytes32() : zeroHash);
const anUri = ({ random }: Scene) => `ipfs://${'x'.repeat(random.below(50))}`;

function classTerms(scene: Scene): ClassTerms {
  const { random, world } = scene;
  const known = world.classes.keys().length;
  const count = random.weighted([
    [40, 0],
    [30, 1],
    [20, 2],
    [6, Math.min(known, 16)],
    [6, 17],
  ] as const);
  const parents = Array.from({ length: count }, (_, i) => ({
    classId: count > 3 && random.chance(97) ? BigInt(i + 1) : aClassId(scene) % 2n ** 64n,
    royaltyBps: count > 3 ? random.below(700) : random.pick([0, 1, 333, 2500, 4000, 10_000]),
  }));
  return {
    metadataURI: anUri(scene),
    integrityHash: random.bytes32(),
    unitDecimals: random.below(256),
    policyURI: anUri(scene),
    policyHash: random.chance(92) ? random.bytes32() : zeroHash,
    kind: random.below(4),
    beneficiary: random.chance(30) ? anActor(scene) : zeroAddress,
    parents,
  };
}

export const createClassWithTerms: Idea = (scene) =>
  command(anActor(scene), scene.world.addresses.token, 'createClassWithTerms', [classTerms(scene)]);

const createClassWithOptions: Idea = (scene) => {
  const { random, world } = scene;
  const now = world.now();
  const bound = (usual: () => bigint) => (random.chance(45) ? usual() : 0n);
  const options: ClassOptions = {
    shareCap: bound(() => random.pick([30_000n, 2n ** 32n, 2n ** 34n])),
    sharesFrozenFrom: random.chance(20) ? now + random.upTo(20n * day) - (random.chance(20) ? 1n : 0n) : 0n,
    activationDelay: bound(() => random.pick([1n, day, 3n * day, random.upTo(370n * day)])),
    policyNotice: bound(() => random.pick([1n, day, random.upTo(370n * day)])),
    appealWindow: bound(() => random.pick([day, day, 3n * day, random.upTo(370n * day)])),
    nonTransferable: random.chance(15),
    valueKeepsExpiry: random.chance(30),
    sharesOutliveExpiry: random.chance(30),
  };
  return command(anActor(scene), world.addresses.token, 'createClassWithOptions', [classTerms(scene), options]);
};

const freezeShares: Idea = (scene) => {
  // Rarely, for it is for ever.
  const found = aClass(scene);
  const sender = found ? mostly(scene, found.issuer) : anActor(scene);
  return command(sender, scene.world.addresses.token, 'freezeShares', [found?.classId ?? aClassId(scene)]);
};

const activatePolicy: Idea = (scene) => {
  const { world } = scene;
  const waiting = world.classes.values().filter(({ announced }) => announced !== undefined);
  const classId = mostlyOf(scene, waiting, () => aClass(scene))?.classId ?? aClassId(scene);
  return command(anActor(scene), world.addresses.token, 'activatePolicy', [classId]);
};

const openRefunds: Idea = (scene) => {
  const [classId, lot] = aLotOf(scene);
  const issuer = scene.world.classes.get(classId)?.issuer;
  const sender = issuer ? mostly(scene, issuer) : anActor(scene);
  return command(sender, scene.world.addresses.token, 'openRefunds', [classId, lot]);
};

const createLot: Idea = (scene) => {
  const { random, world } = scene;
  const hashed = world.classes.values().filter(({ policies }) => policies.at(-1)!.hash !== zeroHash);
  const found = mostlyOf(scene, hashed, () => aClass(scene));
  const one = (usual: bigint) => (random.chance(96) ? usual : 0n);
  const terms: LotTerms = {
    asset: random.chance(15) ? anyAsset(scene) : anAsset(scene),
    priceNumerator: one(random.pick([1n, 7n, 1000003n, 1n + random.upTo(2n ** 40n), 1n + random.upTo(2n ** 96n - 2n)])),
    priceDenominator: one(random.pick([1n, 1n, 3n, 7n, 1000n, 1n + random.upTo(uint64Max - 1n)])),
    operatorBps: random.weighted([
      [20, 0],
      [20, 1],
      [40, 2500],
      [15, 1e4],
      [5, 10001],
    ] as const),
    refundable: random.chance(60),
    expiredToClass: random.chance(40),
    seller: random.weighted<Address>([
      [50, world.addresses.market],
      [46, anActor(scene)],
      [4, zeroAddress],
    ]),
  };
  const sender = found ? mostly(scene, found.issuer) : anActor(scene);
  return command(sender, world.addresses.token, 'createLot', [found?.classId ?? aClassId(scene), terms]);
};

export const mint: Idea = (scene) => {
  const { random, world } = scene;
  const found = aClass(scene);
  const value = random.weighted<() => bigint>([
    [70, () => random.upTo(10n ** 9n)],
    [15, () => 0n],
    [10, () => uint64Max - random.upTo(10n)],
    [5, () => random.pick([2n ** 64n, uint256Max])],
  ])();
  const share = random.weighted<() => bigint>([
    [scene.crowded ? 5 : 40, () => 0n],
    [50, () => 1n + random.upTo(10_000n)],
    [10, () => random.pick([2n ** 32n - 1n, 2n ** 32n, uint256Max])],
  ])();
  const args = [found?.classId ?? aClassId(scene), aRecipient(scene), value, share, anExpiry(scene)];
  return command(found ? mostly(scene, found.issuer) : anActor(scene), world.addresses.token, 'mint', args);
};

/** What somebody sends for a `cost`: mostly that. */
export const aPayment = (scene: Scene, asset: Address, cost: bigint) =>
  scene.random.weighted<bigint>([
    [90, asset === eth ? cost : 0n],
    [5, cost + 1n],
    [5, cost === 0n ? 1n : cost - 1n],
  ]);

/** Now and then as much as the lot has room for, or one more. */
function unitsFrom({ random }: Scene, lot: LotRecord | undefined, usual: bigint): bigint {
  if (lot === undefined || random.chance(94)) return usual;
  const units = uint64Max - lot.outstanding - lot.spent + BigInt(random.below(2));
  return units > uint64Max ? uint64Max : units;
}

export const isCurrent = ({ world }: Scene, { classId, policyVersion }: LotRecord) =>
  world.classes.get(classId)!.policies.length === policyVersion;

const mintFromLot: Idea = (scene) => {
  const { random, world } = scene;
  const sold = world.lots
    .values()
    .filter((one) => isCurrent(scene, one) && world.addresses.actors.includes(one.terms.seller));
  const lot = mostlyOf(scene, sold, () => aLot(scene));
  const [classId, number] = random.chance(96) && lot ? [lot.classId, lot.lot] : aLotOf(scene);
  const usual = anAmount(scene, random.chance(95) ? 1n + random.upTo(10n ** 6n) : 2n ** 62n);
  const units = unitsFrom(scene, lot, usual);
  const value = lot ? aPayment(scene, lot.terms.asset, costUp(lot.terms, units)) : 0n;
  const sender = lot ? mostly(scene, lot.terms.seller) : anActor(scene);
  const args = [classId, number, aRecipient(scene), units, anExpiry(scene)];
  return command(sender, world.addresses.token, 'mintFromLot', args, value);
};

const buy: Idea = (scene) => {
  const { random, world } = scene;
  const listed = world.lots.values().filter((lot) => listingOf(world, lot.classId, lot.lot).open);
  const current = listed.filter((lot) => isCurrent(scene, lot));
  const onSale = current.length > 0 && random.chance(90) ? current : listed;
  const lot = onSale.length > 0 && random.chance(93) ? random.pick(onSale) : aLot(scene);
  if (lot === undefined) return undefined;
  const { supply } = listingOf(world, lot.classId, lot.lot);
  const units = anAmount(scene, random.chance(80) && supply > 1000n ? 1n + random.upTo(999n) : supply);
  const cost = costUp(lot.terms, units);
  const paid = aPayment(scene, lot.terms.asset, cost);
  const surplus = random.chance(15) ? random.upTo(1000n) : 0n;
  const maxCost = random.weighted([
    [60, cost],
    [32, uint256Max],
    [8, cost === 0n ? 0n : cost - 1n],
  ]);
  const args = [lot.classId, lot.lot, units, aRecipient(scene), maxCost];
  return command(anActor(scene), world.addresses.market, 'buy', args, paid + surplus);
};

const openListing: Idea = (scene) => {
  const { random, world } = scene;
  const atMarket = world.lots.values().filter((lot) => isSameAddress(lot.terms.seller, world.addresses.market));
  const lot = atMarket.length > 0 && random.chance(92) ? random.pick(atMarket) : aLot(scene);
  const [classId, number] = lot ? [lot.classId, lot.lot] : aLotOf(scene);
  const issuer = world.classes.get(classId)?.issuer;
  const supply = random.chance(30) ? random.upTo(5000n) : 10n ** 9n + random.upTo(uint64Max - 10n ** 9n);
  const expireAt = random.chance(70) ? 0n : anExpiry(scene);
  const args = [classId, random.chance(97) ? number : 1, supply, expireAt];
  return command(issuer ? mostly(scene, issuer) : anActor(scene), world.addresses.market, 'openListing', args);
};

const closeListing: Idea = (scene) => {
  const [classId, lot] = aLotOf(scene);
  const issuer = scene.world.classes.get(classId)?.issuer;
  const sender = issuer ? mostly(scene, issuer) : anActor(scene);
  return command(sender, scene.world.addresses.market, 'closeListing', [classId, lot]);
};

const transferValue: Idea = (scene) => {
  const { random, world } = scene;
  const tokens = world.tokens.values();
  const isMate = (from: TokenRecord) => (token: TokenRecord) =>
    token.classId === from.classId && token.lot === from.lot && token.tokenId !== from.tokenId;
  const lives = (token: TokenRecord) => token.expireAt === 0n || token.expireAt >= world.now();
  const from = aToken(scene, (token) => token.value > 0n && lives(token) && tokens.some(isMate(token)));
  if (from === undefined) return undefined;
  const to = random.weighted<() => TokenRecord | undefined>([
    [60, () => aToken(scene, (token) => isMate(from)(token) && lives(token))],
    [22, () => aToken(scene, isMate(from))],
    [6, () => aToken(scene, (token) => token.classId === from.classId && token.lot !== from.lot)],
    [9, () => aToken(scene)],
    [3, () => from],
  ])();
  const args = [tokenIdOr(scene, from), tokenIdOr(scene, to), anAmount(scene, from.value, uint256Max)];
  return command(mostly(scene, from.owner), world.addresses.token, 'transferValue', args);
};

const recordUsage: Idea = (scene) => {
  const lives = (token: TokenRecord) => token.expireAt === 0n || token.expireAt >= scene.world.now();
  const token = aTokenToUse(scene, (one) => one.value > 0n && lives(one));
  const sender = token ? mostly(scene, token.owner) : anActor(scene);
  const amount = anAmount(scene, token?.value ?? 5n, uint256Max);
  return command(sender, scene.world.addresses.token, 'recordUsage', [tokenIdOr(scene, token), metric, amount]);
};

const refund: Idea = (scene) => {
  const { world } = scene;
  const backed = (token: TokenRecord) => token.value > 0n && world.lots.has(keyOf(token.classId, token.lot));
  const token = aToken(scene, backed);
  const args = [tokenIdOr(scene, token), anAmount(scene, token?.value ?? 5n), aRecipient(scene)];
  return command(token ? mostly(scene, token.owner) : anActor(scene), world.addresses.token, 'refund', args);
};

function onExpired(name: 'sweepExpired' | 'observeExpiry'): Idea {
  return (scene) => {
    const { world } = scene;
    const isDue = ({ classId, lot, value, expireAt }: TokenRecord) => {
      if (expireAt === 0n || expireAt >= world.now()) return false;
      const terms = world.lots.get(keyOf(classId, lot))?.terms;
      return name === 'observeExpiry' || (value > 0n && terms?.expiredToClass === true);
    };
    return command(anActor(scene), world.addresses.token, name, [tokenIdOr(scene, aToken(scene, isDue))]);
  };
}

/** Amounts of revenue; rarely so much that a class can hold no more. */
function aRevenue(scene: Scene, classId: bigint, asset: Address): bigint {
  const { random, world } = scene;
  const room = revenueMax - booksOf(world, classId, asset).received;
  return random.weighted<() => bigint>([
    [930, () => 1n + random.upTo(10n ** 21n)],
    [40, () => 0n],
    [25, () => room + 1n],
    [5, () => room],
  ])();
}

/** Mostly one that somebody has a share of. */
const anEarningClass = (scene: Scene): bigint =>
  mostlyOf(
    scene,
    scene.world.tokens.values().flatMap(({ share, classId }) => (share > 0n ? [classId] : [])),
    () => aClassId(scene),
  )!;

const settleRevenueETH: Idea = (scene) => {
  const classId = anEarningClass(scene);
  const value = aRevenue(scene, classId, eth);
  return command(anActor(scene), scene.world.addresses.token, 'settleRevenueETH', [classId], value);
};

const settleRevenueERC20: Idea = (scene) => {
  const { random, world } = scene;
  const classId = anEarningClass(scene);
  const asset = random.chance(92) ? random.pick(world.addresses.assets).address : anyAsset(scene);
  const args = [classId, asset, aRevenue(scene, classId, asset)];
  return command(anActor(scene), world.addresses.token, 'settleRevenueERC20', args);
};

const claim: Idea = (scene) => {
  const { random, world } = scene;
  const token = aToken(scene, ({ share }) => share > 0n);
  const sender = token ? mostly(scene, token.owner) : anActor(scene);
  const to = random.chance(50) && token ? token.owner : aRecipient(scene);
  const asset = random.chance(97) ? anAsset(scene) : random.pick([world.addresses.channels, sender]);
  return command(sender, world.addresses.token, 'claim', [tokenIdOr(scene, token), asset, to]);
};

/** Mostly one on which something is due. */
export function aRoyaltyEdge(scene: Scene): RoyaltyEdge {
  const { random, world } = scene;
  const edges = world.books.keys().flatMap((key) => {
    const [classId, asset] = key.split('/') as [string, Address];
    return world.classes.get(BigInt(classId))!.parents.map((_, edge) => ({
      classId: BigInt(classId),
      parentIndex: BigInt(edge),
      asset,
    }));
  });
  const isDue = ({ classId, parentIndex, asset }: RoyaltyEdge) =>
    royaltyDue(world, classId, Number(parentIndex), asset) > 0n;
  const any = () => ({ classId: aClassId(scene), parentIndex: BigInt(random.below(3)), asset: anAsset(scene) });
  return mostlyOf(scene, edges.filter(isDue), () =>
    edges.length > 0 && random.chance(70) ? random.pick(edges) : any(),
  )!;
}

const collectRoyalty: Idea = (scene) => {
  const { classId, parentIndex, asset } = aRoyaltyEdge(scene);
  return command(anActor(scene), scene.world.addresses.token, 'collectRoyalty', [classId, parentIndex, asset]);
};

const withdraw: Idea = (scene) => {
  const { random, world } = scene;
  const due = world.owed
    .entries()
    .filter(([key, amount]) => amount > 0n && world.addresses.actors.some((a) => key.startsWith(a)));
  const [account, asset] = due.length > 0 && random.chance(85) ? random.pick(due)[0].split('/') : [anActor(scene), eth];
  return command(account as Address, world.addresses.token, 'withdraw', [asset, aRecipient(scene)]);
};

const acceptIssuer: Idea = (scene) => {
  const { random, world } = scene;
  const offered = world.classes.values().filter(({ pendingIssuer }) => pendingIssuer !== zeroAddress);
  const found = offered.length > 0 && random.chance(90) ? random.pick(offered) : aClass(scene);
  const sender = found ? mostly(scene, found.pendingIssuer) : anActor(scene);
  return command(sender, world.addresses.token, 'acceptIssuer', [found?.classId ?? aClassId(scene)]);
};

const acceptParent: Idea = (scene) => {
  const { random, world } = scene;
  const child = random.pick([...world.classes.values().filter(({ parents }) => parents.length > 0), aClass(scene)]);
  const edge = random.below(child?.parents.length || 1);
  const issuer = world.classes.get(child?.parents[edge]?.classId ?? 0n)?.issuer;
  const sender = issuer ? mostly(scene, issuer) : anActor(scene);
  const args = [child?.classId ?? aClassId(scene), BigInt(random.chance(90) ? edge : 20)];
  return command(sender, world.addresses.token, 'acceptParent', args);
};

const setSaleRoyalty = onClass('setSaleRoyalty', (scene) => [
  scene.random.chance(85) ? anActor(scene) : zeroAddress,
  scene.random.pick([0, 1, 250, 1000, 1001]),
]);

const transferIssuer = onClass('transferIssuer', (scene) => [scene.random.chance(80) ? anActor(scene) : zeroAddress]);

function transfer(name: 'transferToken' | 'transferFrom' | 'safeTransferFrom'): Idea {
  return (scene) => {
    const { random, world } = scene;
    const token = aToken(scene);
    const id = tokenIdOr(scene, token);
    const owner = token?.owner ?? anActor(scene);
    const sender = random.chance(15) && token ? mostly(scene, token.approved) : mostly(scene, owner);
    const from = random.chance(95) ? owner : aRecipient(scene);
    const data = name === 'safeTransferFrom' && random.chance(50) ? ['0x1234'] : [];
    const args = name === 'transferToken' ? [id, aRecipient(scene)] : [from, aRecipient(scene), id, ...data];
    return command(sender, world.addresses.token, name, args);
  };
}

const sellOn: Idea = (scene) => {
  const { random, world } = scene;
  const token = aToken(scene, ({ share }) => share > 0n || random.chance(20));
  const owner = token?.owner ?? anActor(scene);
  const from = random.chance(95) ? owner : aRecipient(scene);
  const assets = Array.from({ length: random.below(4) }, () => anAsset(scene));
  const args = [from, aRecipient(scene), tokenIdOr(scene, token), assets, '0x'];
  return command(mostly(scene, owner), world.addresses.token, 'safeTransferWithClaim', args);
};

const sellOnTerms: Idea = (scene) => {
  const { random, world } = scene;
  const token = aToken(scene, ({ share, value }) => share > 0n || value > 0n);
  const owner = token?.owner ?? anActor(scene);
  const sender = random.chance(30) && token ? mostly(scene, token.approved) : mostly(scene, owner);
  const from = random.chance(95) ? owner : aRecipient(scene);
  const minPending = Array.from({ length: random.below(3) }, () => {
    const asset = anyAsset(scene);
    return { asset, minPending: anAmount(scene, token ? pendingRevenue(world, token.tokenId, asset) : 0n, uint256Max) };
  });
  const args = [from, aRecipient(scene), tokenIdOr(scene, token), anAmount(scene, token?.value ?? 0n), minPending];
  return command(sender, world.addresses.token, 'transferWithTerms', args);
};

const approve: Idea = (scene) => {
  const token = aToken(scene);
  const sender = token ? mostly(scene, token.owner) : anActor(scene);
  return command(sender, scene.world.addresses.token, 'approve', [aRecipient(scene), tokenIdOr(scene, token)]);
};

const setApprovalForAll: Idea = (scene) => {
  const operator = scene.random.chance(90) ? anActor(scene) : zeroAddress;
  const args = [operator, scene.random.chance(40)];
  return command(anActor(scene), scene.world.addresses.token, 'setApprovalForAll', args);
};

const approveForClass: Idea = (scene) => {
  const args = [aClassId(scene), anActor(scene), scene.random.chance(50)];
  return command(anActor(scene), scene.world.addresses.token, 'approveForClass', args);
};

const createClass: Idea = (scene) => {
  const args = [anUri(scene), scene.random.bytes32(), scene.random.below(19), anUri(scene)];
  return command(anActor(scene), scene.world.addresses.token, 'createClass', args);
};

const syncExpired: Idea = (scene) =>
  command(anActor(scene), scene.world.addresses.token, 'syncExpired', [aClassId(scene)]);

export const tokenIdeas: Ideas = [
  [120, mint],
  [50, mintFromLot],
  [70, buy],
  [30, openListing],
  [8, closeListing],
  [4, createClass],
  [14, createClassWithTerms],
  [14, createClassWithOptions],
  [8, setSaleRoyalty],
  [2, freezeShares],
  [12, activatePolicy],
  [8, openRefunds],
  [35, createLot],
  [9, onClass('publishPolicy', (scene) => [anUri(scene), aHash(scene)])],
  [3, onClass('updateClassPolicy', (scene) => [anUri(scene)])],
  [6, onClass('updateClassMetadata', (scene) => [anUri(scene), aHash(scene)])],
  [8, transferIssuer],
  [8, acceptIssuer],
  [6, acceptParent],
  [15, transfer('transferToken')],
  [15, transfer('transferFrom')],
  [20, transfer('safeTransferFrom')],
  [20, sellOn],
  [20, sellOnTerms],
  [15, approve],
  [8, setApprovalForAll],
  [15, approveForClass],
  [55, transferValue],
  [60, recordUsage],
  [55, settleRevenueETH],
  [55, settleRevenueERC20],
  [90, claim],
  [45, collectRoyalty],
  [40, withdraw],
  [45, refund],
  [25, onExpired('sweepExpired')],
  [12, onExpired('observeExpiry')],
  [10, syncExpired],
];
