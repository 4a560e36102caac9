import type { Address } from '@kedge/core';
import { eth } from '../assets.js';
import type { RoyaltyEdge } from '../channels.js';
import { booksOf, royaltyDue } from '../revenue.js';
import {
  aClassId,
  anActor,
  anAsset,
  anyAsset,
  aRecipient,
  aToken,
  command,
  mostly,
  mostlyOf,
  tokenIdOr,
  type Scene,
  type Idea,
} from './scene.js';

const revenueMax = 2n ** 112n - 1n;

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

export const settleRevenueETH: Idea = (scene) => {
  const classId = anEarningClass(scene);
  const value = aRevenue(scene, classId, eth);
  return command(anActor(scene), scene.world.addresses.token, 'settleRevenueETH', [classId], value);
};

export const settleRevenueERC20: Idea = (scene) => {
  const { random, world } = scene;
  const classId = anEarningClass(scene);
  const asset = random.chance(92) ? random.pick(world.addresses.assets).address : anyAsset(scene);
  const args = [classId, asset, aRevenue(scene, classId, asset)];
  return command(anActor(scene), world.addresses.token, 'settleRevenueERC20', args);
};

export const claim: Idea = (scene) => {
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

export const collectRoyalty: Idea = (scene) => {
  const { classId, parentIndex, asset } = aRoyaltyEdge(scene);
  return command(anActor(scene), scene.world.addresses.token, 'collectRoyalty', [classId, parentIndex, asset]);
};

export const withdraw: Idea = (scene) => {
  const { random, world } = scene;
  const due = world.owed
    .entries()
    .filter(([key, amount]) => amount > 0n && world.addresses.actors.some((a) => key.startsWith(a)));
  const [account, asset] = due.length > 0 && random.chance(85) ? random.pick(due)[0].split('/') : [anActor(scene), eth];
  return command(account as Address, world.addresses.token, 'withdraw', [asset, aRecipient(scene)]);
};
