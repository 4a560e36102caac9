import { zeroAddress, zeroHash, type Address, type Hex } from '@kedge/core';
import { balanceOf } from './assets.js';
import type { Call, Handlers } from './call.js';
import { requireClass, requireParent } from './classes.js';
import { backingLotOf, costUp, requireLot } from './lots.js';
import { booksOf, holdersPart, owedTo, pendingRevenue, royaltyBpsOf, royaltyDue } from './revenue.js';
import { refuse } from './revert.js';
import { pendingShareOf, totalShareOf } from './shares.js';
import { isClassOperator, isNonTransferable, isOperator, requireToken } from './tokens.js';
import { keyOf, type World } from './world.js';

const nothingAnnounced = { uri: '', hash: zeroHash, effectiveAt: 0n };

/** Every view of the token contract that state can change. */
export function viewHandlers(world: World): Handlers {
  const { token: self } = world.addresses;
  const sum = (amounts: readonly bigint[]) => amounts.reduce((total, amount) => total + amount, 0n);
  const policyOf = (classId: bigint, version: number) =>
    requireClass(world, classId).policies[version - 1] ?? { uri: '', hash: zeroHash };
  return {
    classOf: (_: Call, tokenId: bigint) => requireToken(world, tokenId).classId,
    valueOf: (_: Call, tokenId: bigint) => requireToken(world, tokenId).value,
    shareRatioOf: (_: Call, tokenId: bigint) => requireToken(world, tokenId).share,
    expireAtOf: (_: Call, tokenId: bigint) => requireToken(world, tokenId).expireAt,
    ownerOf: (_: Call, tokenId: bigint) => requireToken(world, tokenId).owner,
    lotOf: (_: Call, tokenId: bigint) => requireToken(world, tokenId).lot,
    getApproved: (_: Call, tokenId: bigint) => requireToken(world, tokenId).approved,
    tokenURI: (_: Call, tokenId: bigint) => requireClass(world, requireToken(world, tokenId).classId).metadataURI,
    policyOfToken(_: Call, tokenId: bigint) {
      const token = requireToken(world, tokenId);
      const version = backingLotOf(world, token)?.policyVersion ?? token.lot;
      return [version, policyOf(token.classId, version).hash];
    },
    pendingRevenue(_: Call, tokenId: bigint, asset: Address) {
      requireToken(world, tokenId);
      return pendingRevenue(world, tokenId, asset);
    },
    balanceOf(_: Call, owner: Address) {
      if (owner === zeroAddress) refuse('ERC721InvalidOwner', owner);
      return BigInt(world.tokens.values().filter((token) => token.owner === owner).length);
    },
    isApprovedForAll: (_: Call, owner: Address, operator: Address) => isOperator(world, owner, operator),
    isApprovedForClass: (_: Call, owner: Address, classId: bigint, operator: Address) =>
      isClassOperator(world, owner, classId, operator),
    getClassMeta(_: Call, classId: bigint) {
      const { metadataURI, integrityHash, unitDecimals, policies } = requireClass(world, classId);
      return [metadataURI, integrityHash, unitDecimals, policies.at(-1)!.uri];
    },
    classInfo(_: Call, classId: bigint) {
      const { issuer, pendingIssuer, kind, unitDecimals, policies, lotCount, tokenCount, beneficiary } = requireClass(
        world,
        classId,
      );
      const totalShare = totalShareOf(world, classId);
      const royaltyBps = Number(royaltyBpsOf(world, classId));
      return {
        issuer,
        pendingIssuer,
        kind,
        unitDecimals,
        policyVersion: policies.length,
        lotCount,
        tokenCount,
        totalShare,
        royaltyBps,
        beneficiary,
      };
    },
    classCount: () => BigInt(world.classes.keys().length),
    issuerOf: (_: Call, classId: bigint) => requireClass(world, classId).issuer,
    policyOf(_: Call, classId: bigint, version: number) {
      const { uri, hash } = policyOf(classId, version);
      return [uri, hash];
    },
    parentsOf: (_: Call, classId: bigint) => requireClass(world, classId).parents,
    totalShareOf(_: Call, classId: bigint) {
      requireClass(world, classId);
      return totalShareOf(world, classId);
    },
    royaltyDue(_: Call, classId: bigint, edge: bigint, asset: Address) {
      requireParent(world, classId, edge);
      return royaltyDue(world, classId, Number(edge), asset);
    },
    owedTo: (_: Call, account: Address, asset: Address) => owedTo(world, account, asset),
    revenueInfo(_: Call, classId: bigint, asset: Address) {
      requireClass(world, classId);
      const { index, carry, received, claimed, orphan, backing, collected } = booksOf(world, classId, asset);
      const royaltiesReserved = received - holdersPart(received, royaltyBpsOf(world, classId));
      const royaltiesPaid = sum(collected);
      return { index, carry, received, royaltiesReserved, royaltiesPaid, claimed, orphan, backing };
    },
    /** What is owed, counted from those whom it is owed to (L3): accounts, escrows, and of each class what nobody took. */
    solvency(_: Call, asset: Address, first: bigint, last: bigint) {
      const toAccounts = world.owed.entries().filter(([key]) => key.endsWith(`/${asset}`));
      const ofClasses = world.classes.keys().filter((classId) => classId >= first && classId <= last);
      const unpaid = ofClasses.map((classId) => {
        const { received, claimed, collected, backing } = booksOf(world, classId, asset);
        return received - claimed - sum(collected) + backing;
      });
      return [sum(toAccounts.map(([, amount]) => amount)) + sum(unpaid), balanceOf(world, asset, self)];
    },
    lockInfo(_: Call, module: Address, lockId: Hex) {
      const lock = world.locks.get(keyOf(module, lockId));
      return lock === undefined ? [0n, 0n, 0n] : [lock.ended ? 0n : lock.tokenId, lock.remaining, lock.lockedAt];
    },
    classOptions: (_: Call, classId: bigint) => requireClass(world, classId).options,
    announcedPolicy(_: Call, classId: bigint) {
      const { uri, hash, effectiveAt } = requireClass(world, classId).announced ?? nothingAnnounced;
      return [uri, hash, effectiveAt];
    },
    pendingShareOf(_: Call, classId: bigint) {
      requireClass(world, classId);
      return pendingShareOf(world, classId);
    },
    classSupply(_: Call, classId: bigint) {
      const { tokenCount } = requireClass(world, classId);
      return [BigInt(tokenCount), totalShareOf(world, classId), pendingShareOf(world, classId)];
    },
    /** Lots are numbered from 1; on chain their highest bit is set. */
    unitSupply(_: Call, classId: bigint, first: number, last: number) {
      requireClass(world, classId);
      const lots = world.lots
        .values()
        .filter((lot) => lot.classId === classId && lot.lot - 2 ** 31 >= first && lot.lot - 2 ** 31 <= last);
      return [sum(lots.map(({ outstanding }) => outstanding)), sum(lots.map(({ spent }) => spent))];
    },
    royaltyInfo(_: Call, tokenId: bigint, price: bigint) {
      const { receiver, royaltyBps } = requireClass(world, requireToken(world, tokenId).classId).saleRoyalty;
      return [receiver, (price * BigInt(royaltyBps)) / 10_000n];
    },
    locked: (_: Call, tokenId: bigint) => isNonTransferable(world, requireToken(world, tokenId)),
    renewalOffer: (_: Call, tokenId: bigint) => requireToken(world, tokenId).renewalOffer,
    activateAtOf: (_: Call, tokenId: bigint) => requireToken(world, tokenId).activateAt,
    isSuperseded: (_: Call, classId: bigint, lot: number) =>
      requireLot(world, classId, lot).policyVersion !== requireClass(world, classId).policies.length,
    lotInfo(_: Call, classId: bigint, lot: number) {
      const { terms, policyVersion, outstanding, spent, escrow } = requireLot(world, classId, lot);
      return { terms, policyVersion, outstanding, spent, escrow };
    },
    lotCostUp: (_: Call, classId: bigint, lot: number, units: bigint) =>
      costUp(requireLot(world, classId, lot).terms, units),
    lotQuoteUp(_: Call, classId: bigint, lot: number, units: bigint) {
      const { terms } = requireLot(world, classId, lot);
      return [costUp(terms, units), terms.asset];
    },
  };
}
