import { refuse } from './revert.js';
import type { TokenRecord, World } from './world.js';

const totalShareMax = 2n ** 48n - 1n;
const pendingMomentsMax = 64;
const day = 86_400n;

/** Valid in the second of its expiry (P20). */
export function isExpired(world: World, { expireAt }: Pick<TokenRecord, 'expireAt'>): boolean {
  return expireAt !== 0n && world.now() > expireAt;
}

/** Its share's last second, 0 for none: that of its token, unless the class's shares outlive it (P21). */
function lastSecondOf(world: World, { classId, expireAt }: TokenRecord): bigint {
  return world.classes.get(classId)!.options.sharesOutliveExpiry ? 0n : expireAt;
}

function hasLeft(world: World, token: TokenRecord): boolean {
  return isExpired(world, { expireAt: lastSecondOf(world, token) });
}

/** Whether the token has a share that its expiry does not end (P21). */
export function outlivesExpiry(world: World, { classId, share }: TokenRecord): boolean {
  return share > 0n && world.classes.get(classId)!.options.sharesOutliveExpiry;
}

/** Waits to earn, up to and including the second of its activation (P17). */
function isWaiting(world: World, { activateAt }: TokenRecord): boolean {
  return activateAt !== 0n && world.now() <= activateAt;
}

function allSharesOf(world: World, classId: bigint): readonly TokenRecord[] {
  return world.tokens.values().filter((token) => token.classId === classId && token.share > 0n);
}

/** The tokens whose shares earn now. */
export function sharesOf(world: World, classId: bigint): readonly TokenRecord[] {
  return allSharesOf(world, classId).filter((token) => !isWaiting(world, token) && !hasLeft(world, token));
}

export function totalShareOf(world: World, classId: bigint): bigint {
  return sumOf(sharesOf(world, classId));
}

export function pendingShareOf(world: World, classId: bigint): bigint {
  return sumOf(allSharesOf(world, classId).filter((token) => isWaiting(world, token)));
}

function sumOf(tokens: readonly TokenRecord[]): bigint {
  return tokens.reduce((sum, token) => sum + token.share, 0n);
}

/**
 * Lets in what has waited long enough, and takes out what has expired (P3). Who earns does not depend on it: it is told once,
 * second by second.
 */
export function syncExpired(world: World, classId: bigint): void {
  const shares = allSharesOf(world, classId);
  const entering = shares.filter((token) => token.activateAt !== 0n && !isWaiting(world, token) && !token.shareEntered);
  const leaving = shares.filter((token) => hasLeft(world, token) && !token.shareRemoved);
  let total = totalShareOf(world, classId) - sumOf(entering) + sumOf(leaving);
  const seconds = new Set([
    ...entering.map(({ activateAt }) => activateAt),
    ...leaving.map(({ expireAt }) => expireAt),
  ]);
  for (const second of [...seconds].toSorted((a, b) => (a < b ? -1 : 1))) {
    const added = sumOf(entering.filter(({ activateAt }) => activateAt === second));
    const removed = sumOf(leaving.filter(({ expireAt }) => expireAt === second));
    if (added > 0n) world.emit(world.addresses.token, 'SharesActivated', classId, second, added, (total += added));
    if (removed > 0n) world.emit(world.addresses.token, 'SharesExpired', classId, second, removed, (total -= removed));
  }
  for (const { tokenId } of entering) world.tokens.set(tokenId, { ...world.tokens.get(tokenId)!, shareEntered: true });
  for (const { tokenId } of leaving) world.tokens.set(tokenId, { ...world.tokens.get(tokenId)!, shareRemoved: true });
}

/** What a new share must find room in (P17, R21). The token exists already, without it. */
export function addShare(world: World, token: TokenRecord, share: bigint): void {
  const { classId } = token;
  const expireAt = lastSecondOf(world, token);
  const { shareCap, sharesFrozenFrom, activationDelay } = world.classes.get(classId)!.options;
  if (sharesFrozenFrom !== 0n && world.now() >= sharesFrozenFrom) {
    refuse('DATSharesFrozen', classId, sharesFrozenFrom);
  }
  syncExpired(world, classId);
  const total = totalShareOf(world, classId) + pendingShareOf(world, classId) + share;
  if (total > totalShareMax) refuse('DATTotalShareTooHigh', classId, total);
  if (shareCap !== 0n && total > shareCap) refuse('DATShareCapExceeded', classId, total, shareCap);
  // Up to the end of a day, so that many shares enter together.
  const activateAt = activationDelay === 0n ? 0n : ((world.now() + activationDelay + day - 1n) / day) * day;
  if (activateAt !== 0n && expireAt !== 0n && expireAt <= activateAt) refuse('DATInvalidExpiry', expireAt);
  const waiting = { ...token, share, activateAt };
  world.tokens.set(token.tokenId, waiting);
  requireRoomForMoments(world, classId);
  if (activateAt !== 0n) world.emit(world.addresses.token, 'SharePending', token.tokenId, activateAt);
}

/** Expiries and activations that are still to come, of all shares of the class (R21). */
export function requireRoomForMoments(world: World, classId: bigint): void {
  const moments = allSharesOf(world, classId).flatMap((one) => [one.activateAt, lastSecondOf(world, one)]);
  // The end of a second that is past does not come again.
  const pending = new Set(moments.filter((moment) => moment !== 0n && moment >= world.now()));
  if (pending.size > pendingMomentsMax) refuse('DATTooManyExpiries', classId, BigInt(pendingMomentsMax));
}

/** The token, whose share earns now. Whatever is due to enter or leave has done so. */
export function requireActiveShare(world: World, { tokenId, classId }: TokenRecord): TokenRecord {
  syncExpired(world, classId);
  const token = world.tokens.get(tokenId)!;
  if (!sharesOf(world, classId).includes(token)) refuse('DATNoActiveShare', tokenId);
  return token;
}

/** Ends the token's share: it keeps what it earned. */
export function endShare(world: World, { tokenId, classId, share }: TokenRecord): void {
  world.tokens.set(tokenId, { ...world.tokens.get(tokenId)!, share: 0n });
  world.emit(world.addresses.token, 'ShareRetired', tokenId, share, totalShareOf(world, classId));
}

/** `Expired` is told once a token. */
export function observeExpired(world: World, tokenId: bigint): void {
  const token = world.tokens.get(tokenId)!;
  if (token.expirySeen) return;
  world.tokens.set(tokenId, { ...token, expirySeen: true });
  world.emit(world.addresses.token, 'Expired', tokenId);
}
