import { refuse } from './revert.js';
import type { TokenRecord, World } from './world.js';

const totalShareMax = 2n ** 48n - 1n;
const pendingExpiriesMax = 64;

/** Valid in the second of its expiry (P20). */
export function isExpired(world: World, token: TokenRecord): boolean {
  return token.expireAt !== 0n && world.now() > token.expireAt;
}

/** The tokens whose shares earn now. */
export function sharesOf(world: World, classId: bigint): readonly TokenRecord[] {
  return world.tokens
    .values()
    .filter((token) => token.classId === classId && token.share > 0n && !isExpired(world, token));
}

export function totalShareOf(world: World, classId: bigint): bigint {
  return sharesOf(world, classId).reduce((sum, token) => sum + token.share, 0n);
}

/** Takes what has expired out of the total (P3). Who earns does not depend on it: it is told once, second by second. */
export function syncExpired(world: World, classId: bigint): void {
  const due = world.tokens
    .values()
    .filter((token) => token.classId === classId && token.share > 0n && isExpired(world, token) && !token.shareRemoved);
  let total = totalShareOf(world, classId) + due.reduce((sum, token) => sum + token.share, 0n);
  const seconds = [...new Set(due.map((token) => token.expireAt))].toSorted((a, b) => (a < b ? -1 : 1));
  for (const second of seconds) {
    const leaving = due.filter((token) => token.expireAt === second);
    const removed = leaving.reduce((sum, token) => sum + token.share, 0n);
    total -= removed;
    for (const token of leaving) world.tokens.set(token.tokenId, { ...token, shareRemoved: true });
    world.emit(world.addresses.token, 'SharesExpired', classId, second, removed, total);
  }
}

/** What a new share must find room in (R21). The token exists already, without it. */
export function addShare(world: World, token: TokenRecord, share: bigint): void {
  syncExpired(world, token.classId);
  const total = totalShareOf(world, token.classId) + share;
  if (total > totalShareMax) refuse('DATTotalShareTooHigh', token.classId, total);
  const pending = new Set(sharesOf(world, token.classId).map((other) => other.expireAt));
  pending.add(token.expireAt);
  pending.delete(0n);
  if (pending.size > pendingExpiriesMax) {
    refuse('DATTooManyExpiries', token.classId, BigInt(pendingExpiriesMax));
  }
  world.tokens.set(token.tokenId, { ...token, share });
}

/** `Expired` is told once a token. */
export function observeExpired(world: World, tokenId: bigint): void {
  const token = world.tokens.get(tokenId)!;
  if (token.expirySeen) return;
  world.tokens.set(tokenId, { ...token, expirySeen: true });
  world.emit(world.addresses.token, 'Expired', tokenId);
}
