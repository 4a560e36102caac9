import { zeroAddress } from '@kedge/core';
import { pendingRevenue } from '../revenue.js';
import { uint64Max } from '../tokens.js';
import { keyOf, type TokenRecord } from '../world.js';
import {
  acceptIssuer,
  acceptParent,
  activatePolicy,
  createClass,
  createClassWithOptions,
  createClassWithTerms,
  freezeShares,
  publishPolicy,
  setSaleRoyalty,
  syncExpired,
  transferIssuer,
  updateClassMetadata,
  updateClassPolicy,
} from './commandsOfClasses.js';
import { buy, closeListing, createLot, mintFromLot, openListing, openRefunds } from './commandsOfLots.js';
import { claim, collectRoyalty, settleRevenueERC20, settleRevenueETH, withdraw } from './commandsOfRevenue.js';
import {
  aClass,
  aClassId,
  anActor,
  anAmount,
  anAsset,
  anExpiry,
  anyAsset,
  aRecipient,
  aToken,
  aTokenToUse,
  command,
  mostly,
  tokenIdOr,
  type Idea,
  type Ideas,
} from './scene.js';

const metric = `0x${'5a'.repeat(32)}` as const;
const uint256Max = 2n ** 256n - 1n;

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

/** What is made of classes, lots, revenue and tokens, in one list: what follows from a seed hangs on its order. */
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
  [9, publishPolicy],
  [3, updateClassPolicy],
  [6, updateClassMetadata],
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
