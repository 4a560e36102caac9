import { zeroAddress, type Address } from '@kedge/core';
import { hasCode, isActor, react } from './call.js';
import { requireClass } from './classes.js';
import { refuse } from './revert.js';
import { addShare, isExpired } from './shares.js';
import { keyOf, type TokenRecord, type World } from './world.js';

export const uint64Max = 2n ** 64n - 1n;
export const uint32Max = 2n ** 32n - 1n;

export function requireToken(world: World, tokenId: bigint): TokenRecord {
  return world.tokens.get(tokenId) ?? refuse('ERC8028NonexistentToken', tokenId);
}

export function requireOwner(world: World, tokenId: bigint, caller: Address): TokenRecord {
  const token = requireToken(world, tokenId);
  if (token.owner !== caller) refuse('ERC8028Unauthorized', tokenId, caller);
  return token;
}

export function requireUnexpired(world: World, token: TokenRecord): void {
  if (isExpired(world, token)) refuse('ERC8028Expired', token.tokenId, token.expireAt);
}

export function takeValue(world: World, tokenId: bigint, units: bigint): void {
  const token = requireToken(world, tokenId);
  if (units > token.value) refuse('ERC8028InsufficientValue', tokenId, token.value, units);
  world.tokens.set(tokenId, { ...token, value: token.value - units });
}

export function giveValue(world: World, tokenId: bigint, units: bigint): void {
  const token = requireToken(world, tokenId);
  const value = token.value + units;
  if (value > uint64Max) refuse('DATValueTooLarge', value);
  world.tokens.set(tokenId, { ...token, value });
}

type Birth = {
  readonly classId: bigint;
  readonly lot: number;
  readonly to: Address;
  readonly value: bigint;
  readonly share: bigint;
  readonly expireAt: bigint;
};

/** @param giveShare How its share, if it has one, becomes the token's. */
export function mintToken(
  world: World,
  { classId, lot, to, value, share, expireAt }: Birth,
  giveShare: (world: World, token: TokenRecord, share: bigint) => void = addShare,
): bigint {
  if (to === zeroAddress) refuse('ERC721InvalidReceiver', to);
  if (value > uint64Max) refuse('DATValueTooLarge', value);
  if (expireAt !== 0n && (expireAt < world.now() || expireAt > uint32Max)) refuse('DATInvalidExpiry', expireAt);
  const record = world.classes.get(classId)!;
  const tokenCount = record.tokenCount + 1;
  // The ids of tokens that stay with their holder show it (ERC-5192).
  const serial = BigInt(tokenCount) + (record.options.nonTransferable ? 2n ** 31n : 0n);
  const tokenId = classId * 2n ** 64n + BigInt(lot) * 2n ** 32n + serial;
  const token: TokenRecord = {
    tokenId,
    classId,
    lot,
    owner: to,
    value,
    expireAt,
    share: 0n,
    activateAt: 0n,
    shareEntered: false,
    shareRemoved: false,
    expirySeen: false,
    approved: zeroAddress,
    renewalOffer: 0n,
  };
  world.classes.set(classId, { ...record, tokenCount });
  world.tokens.set(tokenId, token);
  if (share > 0n) giveShare(world, token, share);
  world.emit(world.addresses.token, 'Minted', tokenId, classId, to, value, share, expireAt);
  world.emit(world.addresses.token, 'TransferToken', tokenId, zeroAddress, to);
  world.emit(world.addresses.token, 'Transfer', zeroAddress, to, tokenId);
  if (record.options.nonTransferable) world.emit(world.addresses.token, 'Locked', tokenId);
  return tokenId;
}

export function isOperator(world: World, owner: Address, operator: Address): boolean {
  return world.operators.get(keyOf(owner, operator)) ?? false;
}

export function isClassOperator(world: World, owner: Address, classId: bigint, operator: Address): boolean {
  return world.classOperators.get(keyOf(owner, classId, operator)) ?? false;
}

/** Whether somebody may use and move the value of a token. */
export function isUser(world: World, { owner, classId }: TokenRecord, caller: Address): boolean {
  return caller === owner || isClassOperator(world, owner, classId, caller);
}

export function isNonTransferable(world: World, { classId }: TokenRecord): boolean {
  return world.classes.get(classId)!.options.nonTransferable;
}

/** Value that is backed, or of a class that keeps expiries (P22), does not come to live longer. */
export function requireLifetime(world: World, from: TokenRecord, to: TokenRecord): void {
  const backed = world.lots.has(keyOf(from.classId, from.lot));
  const bound = backed || world.classes.get(from.classId)!.options.valueKeepsExpiry;
  const outlives = from.expireAt !== 0n && (to.expireAt === 0n || to.expireAt > from.expireAt);
  if (bound && outlives) refuse('DATOutlivesSource', from.tokenId, to.tokenId);
}

/** What an issuer mints: in the unbacked lot of the class's newest policy. */
export function mintUnbacked(
  world: World,
  classId: bigint,
  to: Address,
  value: bigint,
  shareRatio: bigint,
  expireAt: bigint,
): bigint {
  const lot = requireClass(world, classId).policies.length;
  // P10
  const share = shareRatio > uint32Max ? uint32Max : shareRatio;
  return mintToken(world, { classId, lot, to, value, share, expireAt });
}

/** What is sent safely, a contract must take. */
export function requireAcceptance(world: World, to: Address): void {
  if (!hasCode(world, to)) return;
  // It says why, and its reason is passed on.
  if (to === world.addresses.extension) refuse('DATDirectCall');
  if (isActor(world, to)) react(world, to);
  if (!isActor(world, to) || world.actors.get(to)!.rejectsTokens) refuse('ERC721InvalidReceiver', to);
}

/** ERC-721's conditions, and the draft's event beside its own. */
export function transfer(world: World, caller: Address, from: Address, to: Address, tokenId: bigint): void {
  const { token: self } = world.addresses;
  const token = requireToken(world, tokenId);
  if (token.owner !== from) refuse('ERC721IncorrectOwner', from, tokenId, token.owner);
  if (isNonTransferable(world, token)) refuse('DATNonTransferable', tokenId);
  if (to === zeroAddress) refuse('ERC721InvalidReceiver', to);
  if (![token.owner, token.approved].includes(caller) && !isOperator(world, token.owner, caller)) {
    refuse('ERC8028Unauthorized', tokenId, caller);
  }
  world.tokens.set(tokenId, { ...token, owner: to, approved: zeroAddress });
  world.emit(self, 'TransferToken', tokenId, from, to);
  world.emit(self, 'Transfer', from, to, tokenId);
}
