import { zeroAddress, type Address } from '@kedge/core';
import { hasCode, inside, requireOutside, type Call, type Handlers } from './call.js';
import { eth, pullAsset, sendEth, transferAsset } from './assets.js';
import { requireClass, requireParent } from './classes.js';
import { refuse } from './revert.js';
import { isExpired, observeExpired, sharesOf, syncExpired, totalShareOf } from './shares.js';
import { requireToken } from './tokens.js';
import { keyOf, type Books, type World } from './world.js';

export const scale = 2n ** 48n;
/** Exact parts of revenue have so many more bits. */
export const fairScale = 2n ** 144n;
const receivedMax = 2n ** 112n - 1n;
const noBooks: Books = { index: 0n, carry: 0n, received: 0n, claimed: 0n, orphan: 0n, backing: 0n, collected: [] };

export function booksOf(world: World, classId: bigint, asset: Address): Books {
  return world.books.get(keyOf(classId, asset)) ?? noBooks;
}

export function changeBooks(world: World, classId: bigint, asset: Address, change: Partial<Books>): void {
  world.books.set(keyOf(classId, asset), { ...booksOf(world, classId, asset), ...change });
}

export function owedTo(world: World, account: Address, asset: Address): bigint {
  return world.owed.get(keyOf(account, asset)) ?? 0n;
}

export function owe(world: World, account: Address, asset: Address, amount: bigint): void {
  world.owed.set(keyOf(account, asset), owedTo(world, account, asset) + amount);
  world.emit(world.addresses.token, 'OwedIncreased', account, asset, amount);
}

export function royaltyBpsOf(world: World, classId: bigint): bigint {
  return world.classes.get(classId)!.parents.reduce((sum, parent) => sum + BigInt(parent.royaltyBps), 0n);
}

/** All that holders ever had of `received`: floor(received x (1 - royalties)). */
export function holdersPart(received: bigint, royaltyBps: bigint): bigint {
  return (received * (10_000n - royaltyBps)) / 10_000n;
}

export function royaltyDue(world: World, classId: bigint, edge: number, asset: Address): bigint {
  const { royaltyBps } = world.classes.get(classId)!.parents[edge]!;
  const books = booksOf(world, classId, asset);
  return (books.received * BigInt(royaltyBps)) / 10_000n - (books.collected[edge] ?? 0n);
}

export function pendingRevenue(world: World, tokenId: bigint, asset: Address): bigint {
  return (world.earned.get(keyOf(tokenId, asset)) ?? 0n) / scale;
}

/** Revenue from outside. */
export function settle(world: World, classId: bigint, asset: Address, amount: bigint): void {
  world.emit(world.addresses.token, 'RevenueSettled', classId, asset, amount);
  accrue(world, classId, asset, amount);
}

/** Revenue, wherever from: the parents' part is set aside, the rest is the holders' (R19, R20). */
function accrue(world: World, classId: bigint, asset: Address, amount: bigint): void {
  syncExpired(world, classId);
  const before = booksOf(world, classId, asset);
  const received = before.received + amount;
  if (received > receivedMax) refuse('DATAmountTooLarge', received);
  changeBooks(world, classId, asset, { received });
  const royalties = royaltyBpsOf(world, classId);
  const toHolders = holdersPart(received, royalties) - holdersPart(before.received, royalties);
  const total = totalShareOf(world, classId);
  const { beneficiary } = world.classes.get(classId)!;
  if (total > 0n) {
    changeBooks(world, classId, asset, { orphan: 0n });
    distribute(world, classId, asset, before.orphan + toHolders, total);
  } else if (toHolders > 0n && beneficiary !== zeroAddress) {
    changeBooks(world, classId, asset, { claimed: before.claimed + toHolders });
    owe(world, beneficiary, asset, toHolders);
  } else {
    changeBooks(world, classId, asset, { orphan: before.orphan + toHolders });
  }
  const { index } = booksOf(world, classId, asset);
  world.emit(world.addresses.token, 'RevenueAccrued', classId, asset, amount, toHolders, index, total);
}

/** Every active share gets its weight times what one unit of weight gets, times 2^48; the rest is carried (P5). */
function distribute(world: World, classId: bigint, asset: Address, amount: bigint, total: bigint): void {
  if (amount === 0n) return;
  const { index, carry } = booksOf(world, classId, asset);
  const divided = amount * scale + carry;
  const rise = divided / total;
  changeBooks(world, classId, asset, { index: index + rise, carry: divided % total });
  for (const token of sharesOf(world, classId)) {
    const key = keyOf(token.tokenId, asset);
    world.earned.set(key, (world.earned.get(key) ?? 0n) + token.share * rise);
    const { exact, given } = world.fair.get(key) ?? { exact: 0n, given: 0n };
    const part = (amount * scale * fairScale * token.share) / total;
    world.fair.set(key, { exact: exact + part, given: given + token.share * rise });
  }
}

/** A payment to whom the caller chose. Nobody can be paid at the zero address. */
export function pay(world: World, asset: Address, to: Address, amount: bigint): void {
  if (to === zeroAddress) refuse('DATPaymentFailed', to, amount);
  if (amount === 0n) return;
  if (asset !== eth) return transferAsset(world, asset, world.addresses.token, to, amount);
  const paid = sendEth(world, world.addresses.token, to, amount);
  if (!paid) refuse('DATPaymentFailed', to, amount);
}

/** Takes what a token has earned, for a payment to `to`. The owner chooses that; anybody else may choose the owner (P11). */
export function claimFor(world: World, caller: Address, tokenId: bigint, asset: Address, to: Address): bigint {
  const token = requireToken(world, tokenId);
  if (caller !== token.owner && to !== token.owner) refuse('ERC8028Unauthorized', tokenId, caller);
  if (isExpired(world, token)) observeExpired(world, tokenId);
  const amount = pendingRevenue(world, tokenId, asset);
  const key = keyOf(tokenId, asset);
  world.earned.set(key, (world.earned.get(key) ?? 0n) - amount * scale);
  const { claimed } = booksOf(world, token.classId, asset);
  changeBooks(world, token.classId, asset, { claimed: claimed + amount });
  world.emit(world.addresses.token, 'Claimed', tokenId, to, asset, amount);
  return amount;
}

export function revenueHandlers(world: World): Handlers {
  const { token: self } = world.addresses;
  const settleDirect = (classId: bigint, asset: Address, amount: bigint) => {
    if (amount === 0n) refuse('DATZeroAmount');
    requireClass(world, classId);
    if (totalShareOf(world, classId) === 0n) refuse('ERC8028NoActiveShare', classId);
    settle(world, classId, asset, amount);
  };
  return {
    settleRevenueETH({ value }: Call, classId: bigint) {
      requireOutside(world, self);
      settleDirect(classId, eth, value);
    },
    settleRevenueERC20({ sender }: Call, classId: bigint, asset: Address, amount: bigint) {
      inside(world, self, () => {
        if (!hasCode(world, asset)) refuse('DATInvalidAsset', asset);
        settleDirect(classId, asset, pullAsset(world, asset, self, sender, amount));
      });
    },
    claim({ sender }: Call, tokenId: bigint, asset: Address, to: Address) {
      return inside(world, self, () => {
        const amount = claimFor(world, sender, tokenId, asset, to);
        pay(world, asset, to, amount);
        return amount;
      });
    },
    collectRoyalty(_: Call, classId: bigint, edge: bigint, asset: Address) {
      requireOutside(world, self);
      const parent = requireParent(world, classId, edge);
      const at = Number(edge);
      const amount = royaltyDue(world, classId, at, asset);
      if (amount === 0n) return 0n;
      const { collected } = booksOf(world, classId, asset);
      const paid = Array.from({ length: Math.max(collected.length, at + 1) }, (__, i) => collected[i] ?? 0n);
      changeBooks(world, classId, asset, { collected: paid.with(at, paid[at]! + amount) });
      world.emit(self, 'RoyaltyCollected', classId, parent.classId, asset, edge, amount);
      accrue(world, parent.classId, asset, amount);
      return amount;
    },
    withdraw({ sender }: Call, asset: Address, to: Address) {
      return inside(world, self, () => {
        const amount = owedTo(world, sender, asset);
        if (amount === 0n) return 0n;
        world.owed.delete(keyOf(sender, asset));
        world.emit(self, 'Withdrawn', sender, asset, to, amount);
        pay(world, asset, to, amount);
        return amount;
      });
    },
    syncExpired(_: Call, classId: bigint) {
      requireClass(world, classId);
      syncExpired(world, classId);
    },
    observeExpiry(_: Call, tokenId: bigint) {
      const token = requireToken(world, tokenId);
      if (!isExpired(world, token)) return;
      syncExpired(world, token.classId);
      observeExpired(world, tokenId);
    },
  };
}
