import { costUp } from '../lots.js';
import type { SplitPart } from '../lifecycle.js';
import { keyOf, type TokenRecord } from '../world.js';
import { aPayment, isCurrent } from './commandsOfLots.js';
import { minterOf } from '../lifecycle.js';
import { outlivesExpiry } from '../shares.js';
import {
  anActor,
  anAmount,
  anExpiry,
  day,
  aRecipient,
  aToken,
  command,
  mostly,
  tokenIdOr,
  type Scene,
  type Idea,
  type Ideas,
} from './scene.js';

const lives = ({ world }: Scene, { expireAt }: TokenRecord) => expireAt === 0n || expireAt >= world.now();

const topUp: Idea = (scene) => {
  const { random, world } = scene;
  const lotOf = ({ classId, lot }: TokenRecord) => world.lots.get(keyOf(classId, lot));
  const sellerOf = (token: TokenRecord) => lotOf(token)?.terms.seller ?? world.classes.get(token.classId)!.issuer;
  const token = aToken(scene, (one) => {
    const lot = lotOf(one);
    const current =
      lot === undefined ? one.lot === world.classes.get(one.classId)!.policies.length : isCurrent(scene, lot);
    return current && lives(scene, one) && world.addresses.actors.includes(sellerOf(one));
  });
  const lot = token && lotOf(token);
  const units = anAmount(scene, random.chance(93) ? 1n + random.upTo(10n ** 6n) : 2n ** 62n);
  const sender = token ? mostly(scene, sellerOf(token)) : anActor(scene);
  const value = lot ? aPayment(scene, lot.terms.asset, costUp(lot.terms, units)) : random.chance(4) ? 1n : 0n;
  return command(sender, world.addresses.token, 'topUp', [tokenIdOr(scene, token), units], value);
};

const burnValue: Idea = (scene) => {
  const token = aToken(scene, (one) => one.value > 0n && lives(scene, one));
  const units = anAmount(scene, token?.value ?? 5n);
  const sender = token ? mostly(scene, token.owner) : anActor(scene);
  return command(sender, scene.world.addresses.token, 'burnValue', [tokenIdOr(scene, token), units]);
};

const retireShare: Idea = (scene) => {
  const token = aToken(scene, ({ share }) => share > 0n);
  const sender = token ? mostly(scene, token.owner) : anActor(scene);
  return command(sender, scene.world.addresses.token, 'retireShare', [tokenIdOr(scene, token)]);
};

/** `whole` in `count` parts, of which some may be nothing. */
function partsOf({ random }: Scene, whole: bigint, count: number): readonly bigint[] {
  const cuts = Array.from({ length: count - 1 }, () => random.upTo(whole)).toSorted((a, b) => (a < b ? -1 : 1));
  return [...cuts, whole].map((cut, i) => cut - (cuts[i - 1] ?? 0n));
}

const split: Idea = (scene) => {
  const { random, world } = scene;
  const wanted = random.chance(60) ? ({ share }: TokenRecord) => share > 0n : ({ value }: TokenRecord) => value > 0n;
  const token = aToken(scene, (one) => wanted(one) && lives(scene, one));
  const count = random.below(4);
  const value = token?.value ?? 5n;
  const units = partsOf(scene, random.chance(90) ? random.upTo(value) : anAmount(scene, value), count || 1);
  const share = token?.share ?? 0n;
  const total = random.weighted([
    [70, share],
    [20, 0n],
    [5, share === 0n ? 1n : share - 1n],
    [5, share === 2n ** 32n - 1n ? share : share + 1n],
  ] as const);
  const shares = partsOf(scene, total, count || 1);
  const parts: readonly SplitPart[] = Array.from({ length: count }, (_, i) => ({
    to: random.chance(80) ? anActor(scene) : aRecipient(scene),
    units: units[i]!,
    share: Number(shares[i]!),
  }));
  const sender = token ? mostly(scene, token.owner) : anActor(scene);
  return command(sender, world.addresses.token, 'split', [tokenIdOr(scene, token), parts]);
};

const merge: Idea = (scene) => {
  const { random, world } = scene;
  const tokens = world.tokens.values();
  const isMate = (one: TokenRecord) => (other: TokenRecord) =>
    other.tokenId !== one.tokenId &&
    other.owner === one.owner &&
    other.classId === one.classId &&
    other.lot === one.lot;
  const to = aToken(
    scene,
    (one) => lives(scene, one) && tokens.some((other) => isMate(one)(other) && other.value > 0n),
  );
  if (to === undefined) return undefined;
  const from = Array.from({ length: random.below(4) }, () =>
    random.weighted<() => TokenRecord | undefined>([
      [80, () => aToken(scene, (other) => isMate(to)(other) && other.value > 0n && lives(scene, other))],
      [8, () => aToken(scene, isMate(to))],
      [5, () => aToken(scene, (other) => other.owner === to.owner && other.classId === to.classId)],
      [5, () => aToken(scene, (other) => other.owner === to.owner)],
      [2, () => to],
    ])(),
  );
  const args = [from.map((one) => tokenIdOr(scene, one)), tokenIdOr(scene, to)];
  return command(mostly(scene, to.owner), world.addresses.token, 'merge', args);
};

/** Later, mostly. */
const aLaterExpiry = (scene: Scene, { expireAt }: TokenRecord) =>
  scene.random.chance(70) ? expireAt + 1n + scene.random.upTo(20n * day) : anExpiry(scene);

const renew: Idea = (scene) => {
  const { world } = scene;
  const token = aToken(scene, (one) => {
    const terms = world.lots.get(keyOf(one.classId, one.lot))?.terms;
    const sold = terms === undefined || world.addresses.actors.includes(terms.seller);
    const renewable = one.share === 0n || outlivesExpiry(world, one);
    return renewable && one.expireAt !== 0n && lives(scene, one) && sold;
  });
  if (token === undefined) return undefined;
  const args = [tokenIdOr(scene, token), aLaterExpiry(scene, token)];
  return command(mostly(scene, minterOf(world, token)), world.addresses.token, 'renew', args);
};

const offerShareRenewal: Idea = (scene) => {
  const { random, world } = scene;
  const token = aToken(scene, (one) => one.share > 0n && one.expireAt !== 0n && lives(scene, one));
  if (token === undefined) return undefined;
  const args = [tokenIdOr(scene, token), random.chance(4) ? 0n : aLaterExpiry(scene, token)];
  const { issuer } = world.classes.get(token.classId)!;
  return command(mostly(scene, issuer), world.addresses.token, 'offerShareRenewal', args);
};

const renewShare: Idea = (scene) => {
  const { random, world } = scene;
  const token = aToken(scene, ({ renewalOffer }) => renewalOffer > 0n);
  const expireAt = token && random.chance(94) ? token.renewalOffer : anExpiry(scene);
  const sender = token ? mostly(scene, token.owner) : anActor(scene);
  return command(sender, world.addresses.token, 'renewShare', [tokenIdOr(scene, token), expireAt]);
};

const isRevocable = ({ world }: Scene, { classId }: TokenRecord) =>
  world.classes.get(classId)!.options.appealWindow > 0n;

const announceRevocation: Idea = (scene) => {
  const token = aToken(
    scene,
    (one) => isRevocable(scene, one) && (lives(scene, one) || outlivesExpiry(scene.world, one)),
  );
  if (token === undefined) return undefined;
  const { issuer } = scene.world.classes.get(token.classId)!;
  const args = [tokenIdOr(scene, token), scene.random.chance(95) ? 'ipfs://reason' : ''];
  return command(mostly(scene, issuer), scene.world.addresses.token, 'announceRevocation', args);
};

/** What is done about a revocation that is, or was, announced. */
function onRevocation(name: 'appealRevocation' | 'withdrawRevocation' | 'revoke'): Idea {
  return (scene) => {
    const { world } = scene;
    const isDue = ({ revocation }: TokenRecord) => {
      if (revocation === undefined) return false;
      return name === 'withdrawRevocation' || (name === 'revoke') === world.now() >= revocation.effectiveAt;
    };
    const token = aToken(scene, isDue);
    if (token === undefined) return undefined;
    const sender = name === 'appealRevocation' ? token.owner : world.classes.get(token.classId)!.issuer;
    const args = [tokenIdOr(scene, token), ...(name === 'appealRevocation' ? ['ipfs://statement'] : [])];
    return command(mostly(scene, sender), world.addresses.token, name, args);
  };
}

export const lifecycleIdeas: Ideas = [
  [22, topUp],
  [12, burnValue],
  [8, retireShare],
  [26, split],
  [24, merge],
  [14, renew],
  [16, offerShareRenewal],
  [14, renewShare],
  [22, announceRevocation],
  [6, onRevocation('appealRevocation')],
  [3, onRevocation('withdrawRevocation')],
  [14, onRevocation('revoke')],
];
