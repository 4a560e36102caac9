import { zeroAddress, type Address, type Channel } from '@kedge/core';
import { developmentAccount } from '../../startAnvil.js';
import { eth } from '../assets.js';
import { idOf } from '../channels.js';
import { lockOf } from '../locks.js';
import type { Command, ReferenceToken } from '../referenceToken.js';
import { uint32Max, uint64Max } from '../tokens.js';
import { keyOf, type ClassRecord, type LotRecord, type TokenRecord, type World } from '../world.js';
import type { Random } from '../../createRandom.js';

export const day = 86_400n;

/** Keys of channels. Foundry's well-known development ones: worthless, on local chains only. */
export const channelKeys = [5, 6, 7].map((index) => {
  const account = developmentAccount(index);
  return { ...account, address: account.address.toLowerCase() as Address };
});
/** Accounts without code, and without ETH at the beginning. */
export const outsiderAccounts = [20, 21].map((index) => {
  const account = developmentAccount(index);
  return { ...account, address: account.address.toLowerCase() as Address };
});
export const outsiders = outsiderAccounts.map(({ address }) => address);

/** What a command is made from: the state so far, and chance. */
export type Scene = {
  readonly random: Random;
  readonly world: World;
  /** Terms that somebody tried to open a channel with, the oldest first. */
  readonly channels: Channel[];
  /** A world of its own kind: its shares expire far away, each in a second of its own (R21). */
  readonly crowded: boolean;
};

/** A way to make a command; undefined where there is nothing to make it with. */
export type Idea = (scene: Scene) => Command | undefined;
export type Ideas = readonly (readonly [number, Idea])[];

export function createScene({ world }: ReferenceToken, random: Random): Scene {
  return { random, world, channels: [], crowded: random.chance(25) };
}

export function command(
  sender: Address,
  target: Address,
  name: string,
  args: readonly unknown[],
  value: bigint = 0n,
): Command {
  return { sender, target, name, args, value };
}

export function anActor({ random, world }: Scene): Address {
  return random.pick(world.addresses.actors);
}

/** `account`, if it can act, but sometimes somebody else. */
export function mostly(scene: Scene, account: Address): Address {
  const acts = scene.world.addresses.actors.includes(account);
  return acts && scene.random.chance(93) ? account : anActor(scene);
}

export function aRecipient(scene: Scene): Address {
  const { token, channels, market, extension } = scene.world.addresses;
  return scene.random.weighted<() => Address>([
    [92, () => anActor(scene)],
    [3, () => scene.random.pick(outsiders)],
    [2, () => zeroAddress],
    [3, () => scene.random.pick([token, channels, market, extension])],
  ])();
}

export function anAsset({ random, world }: Scene): Address {
  const [plain, taxed] = world.addresses.assets.map(({ address }) => address) as [Address, Address];
  return random.weighted([
    [45, eth],
    [35, plain],
    [20, taxed],
  ]);
}

/** Now and then what is no asset. */
export function anyAsset(scene: Scene): Address {
  return scene.random.chance(94) ? anAsset(scene) : scene.random.pick([...outsiders, scene.world.addresses.channels]);
}

/** A recent one rather than an old one. */
function recent<Item>({ random }: Scene, items: readonly Item[]): Item | undefined {
  if (items.length === 0) return undefined;
  return random.chance(60) ? items[items.length - 1 - random.below(Math.min(8, items.length))] : random.pick(items);
}

export function aClass(scene: Scene): ClassRecord | undefined {
  const classes = scene.world.classes.values();
  return scene.crowded && scene.random.chance(80) ? classes[0] : recent(scene, classes);
}

/** Mostly one that fits, if there is any. */
export function mostlyOf<Item>(
  { random }: Scene,
  fitting: readonly Item[],
  any: () => Item | undefined,
): Item | undefined {
  return fitting.length > 0 && random.chance(88) ? random.pick(fitting) : any();
}

/** Mostly one that exists. */
export function aClassId(scene: Scene): bigint {
  const found = scene.random.chance(97) ? aClass(scene) : undefined;
  return found?.classId ?? scene.random.pick([0n, 999n, 2n ** 64n + 1n, 2n ** 200n]);
}

export function aLot(scene: Scene): LotRecord | undefined {
  return recent(scene, scene.world.lots.values());
}

export function aLotOf(scene: Scene): readonly [bigint, number] {
  const lot = scene.random.chance(95) ? aLot(scene) : undefined;
  return lot ? [lot.classId, lot.lot] : [aClassId(scene), scene.random.pick([0, 1, 2 ** 31, 2 ** 31 + 99])];
}

export function aToken(scene: Scene, wanted: (token: TokenRecord) => boolean = () => true): TokenRecord | undefined {
  const tokens = scene.world.tokens.values();
  const fitting = tokens.filter(wanted);
  const held = fitting.filter(({ owner }) => scene.world.addresses.actors.includes(owner));
  return mostlyOf(scene, held, () => recent(scene, fitting.length > 0 && scene.random.chance(50) ? fitting : tokens));
}

/** Mostly one whose value is backed. */
export function aTokenToUse(scene: Scene, wanted: (token: TokenRecord) => boolean): TokenRecord | undefined {
  const isBacked = ({ classId, lot }: TokenRecord) => scene.world.lots.has(keyOf(classId, lot));
  return aToken(scene, scene.random.chance(60) ? (token) => wanted(token) && isBacked(token) : wanted);
}

export function tokenIdOr(scene: Scene, token: TokenRecord | undefined): bigint {
  if (token !== undefined && scene.random.chance(97)) return token.tokenId;
  return scene.random.pick([0n, 1n, 2n ** 64n + 2n ** 32n + 9999n, 2n ** 255n]);
}

/** Around `limit`: nothing, one, a part, all, too much. */
export function anAmount({ random }: Scene, limit: bigint, maximum: bigint = uint64Max): bigint {
  const amount = random.weighted<() => bigint>([
    [3, () => 0n],
    [9, () => 1n],
    [54, () => (limit > 0n ? 1n + random.upTo(limit - 1n) : 0n)],
    [22, () => limit],
    [6, () => limit + 1n],
    [3, () => random.upTo(maximum)],
    [3, () => maximum],
  ])();
  return amount > maximum ? maximum : amount;
}

export function anExpiry(scene: Scene): bigint {
  const { random, world, crowded } = scene;
  const now = world.now();
  if (crowded && random.chance(85)) return now + 30n * day + random.upTo(200n * day);
  return random.weighted<() => bigint>([
    [42, () => 0n],
    [10, () => now + random.upTo(3n * 3600n)],
    [20, () => now + day + random.upTo(6n * day)],
    [14, () => (now / day + 2n + random.upTo(6n)) * day],
    [12, () => aToken(scene, (token) => token.expireAt > now)?.expireAt ?? now],
    [4, () => now],
    [2, () => now - 1n],
    [2, () => uint32Max + random.upTo(2n)],
    [1, () => uint64Max],
  ])();
}

/** Terms that a channel was, or may have been, opened with. */
export function aChannel(scene: Scene): Channel | undefined {
  const { world, channels } = scene;
  const open = channels.filter((channel) => lockOf(world, world.addresses.channels, idOf(world, channel)));
  const inTime = open.filter(({ deadline, grace }) => deadline + BigInt(grace) >= world.now());
  return mostlyOf(scene, inTime, () => recent(scene, open.length > 0 && scene.random.chance(60) ? open : channels));
}

/** A second at which something changes, or just before or after it; else some time later. */
export function aLaterTime({ random, world, channels }: Scene): bigint {
  const now = world.now();
  const soon = (time: bigint) => time > now + 1n && time < now + 12n * day;
  const ends = [
    ...world.tokens
      .values()
      .flatMap(({ expireAt, activateAt, revocation }) => [
        expireAt,
        activateAt,
        ...(revocation ? [revocation.effectiveAt, revocation.effectiveAt + revocation.window] : []),
      ]),
    ...world.classes
      .values()
      .flatMap(({ announced, options }) => [announced?.effectiveAt ?? 0n, options.sharesFrozenFrom]),
    ...world.usageAllowances.values().map(({ expireAt }) => expireAt),
    ...channels.flatMap(({ deadline, grace }) => [deadline, deadline + BigInt(grace)]),
  ].filter(soon);
  return random.weighted<() => bigint>([
    [64, () => now + 1n + random.upTo(300n)],
    [26, () => (ends.length === 0 ? now + 1n : random.pick(nearest(ends)) + BigInt(random.below(3)) - 1n)],
    [10, () => now + 1n + random.upTo(2n * day)],
  ])();
}

function nearest(times: readonly bigint[]): readonly bigint[] {
  return times.toSorted((a, b) => (a < b ? -1 : 1)).slice(0, 6);
}
