import { isSameAddress, zeroAddress, zeroHash, type Address } from '@kedge/core';
import { eth } from '../assets.js';
import { costUp } from '../lots.js';
import { listingOf } from '../market.js';
import { uint64Max } from '../tokens.js';
import type { LotRecord, LotTerms } from '../world.js';
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
  command,
  mostly,
  mostlyOf,
  type Scene,
  type Idea,
} from './scene.js';

const uint256Max = 2n ** 256n - 1n;

export const createLot: Idea = (scene) => {
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

export const openRefunds: Idea = (scene) => {
  const [classId, lot] = aLotOf(scene);
  const issuer = scene.world.classes.get(classId)?.issuer;
  const sender = issuer ? mostly(scene, issuer) : anActor(scene);
  return command(sender, scene.world.addresses.token, 'openRefunds', [classId, lot]);
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

export const mintFromLot: Idea = (scene) => {
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

export const buy: Idea = (scene) => {
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

export const openListing: Idea = (scene) => {
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

export const closeListing: Idea = (scene) => {
  const [classId, lot] = aLotOf(scene);
  const issuer = scene.world.classes.get(classId)?.issuer;
  const sender = issuer ? mostly(scene, issuer) : anActor(scene);
  return command(sender, scene.world.addresses.market, 'closeListing', [classId, lot]);
};
