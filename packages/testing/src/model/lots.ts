import { zeroAddress, zeroHash, type Address } from '@kedge/core';
import { eth, pullAsset } from './assets.js';
import { hasCode, inside, requireOutside, type Call, type Handlers } from './call.js';
import { requireClass, requireIssuer } from './classes.js';
import { booksOf, changeBooks, owe, pay, settle } from './revenue.js';
import { bytes32Of, refuse } from './revert.js';
import { isExpired, observeExpired } from './shares.js';
import { mintToken, requireOwner, requireToken, takeValue, uint64Max } from './tokens.js';
import { keyOf, type LotRecord, type LotTerms, type TokenRecord, type World } from './world.js';

/** Backed lots are numbered apart from the unbacked ones, which bear their policy's version (R1). */
const firstBackedLot = 2 ** 31;
const uint96Max = 2n ** 96n - 1n;
const uint112Max = 2n ** 112n - 1n;

export function requireLot(world: World, classId: bigint, lot: number): LotRecord {
  return world.lots.get(keyOf(classId, lot)) ?? refuse('DATNonexistentLot', classId, lot);
}

/** The lot that backs a token's value; none for what the issuer minted. */
export function backingLotOf(world: World, token: TokenRecord): LotRecord | undefined {
  return world.lots.get(keyOf(token.classId, token.lot));
}

export function costUp({ priceNumerator, priceDenominator }: LotTerms, units: bigint): bigint {
  return (priceNumerator * units + priceDenominator - 1n) / priceDenominator;
}

function costDown({ priceNumerator, priceDenominator }: LotTerms, units: bigint): bigint {
  return (priceNumerator * units) / priceDenominator;
}

/** The backing of spent units: the operator's cut, and the class's revenue (R2, R3). */
export function releaseSpent(world: World, token: TokenRecord, units: bigint, operator: Address): void {
  const lot = backingLotOf(world, token);
  if (lot === undefined || units === 0n) return;
  requireOutside(world, world.addresses.token);
  const spent = lot.spent + units;
  // Of all that was ever spent, less what was released before: how the use was divided does not matter.
  const released = costDown(lot.terms, spent) - costDown(lot.terms, lot.spent);
  const residue = takeFromLot(world, { ...lot, spent }, units, released);
  const cut = operator === zeroAddress ? 0n : (released * BigInt(lot.terms.operatorBps)) / 10_000n;
  if (cut > 0n) owe(world, operator, lot.terms.asset, cut);
  release(world, lot, operator, cut, released + residue - cut);
}

function release(world: World, lot: LotRecord, operator: Address, cut: bigint, revenue: bigint): void {
  world.emit(world.addresses.token, 'BackingReleased', lot.classId, lot.lot, operator, cut, revenue);
  if (revenue > 0n) settle(world, lot.classId, lot.terms.asset, revenue);
}

/** Takes units and money out of the lot. What is left when nothing is outstanding is the answer, and no longer escrow. */
function takeFromLot(world: World, lot: LotRecord, units: bigint, amount: bigint): bigint {
  const outstanding = lot.outstanding - units;
  const left = lot.escrow - amount;
  if (outstanding < 0n || left < 0n) throw new Error(`R2: lot ${lot.lot} of class ${lot.classId} is short`);
  const residue = outstanding === 0n ? left : 0n;
  world.lots.set(keyOf(lot.classId, lot.lot), { ...lot, outstanding, escrow: left - residue });
  const { backing } = booksOf(world, lot.classId, lot.terms.asset);
  changeBooks(world, lot.classId, lot.terms.asset, { backing: backing - amount - residue });
  return residue;
}

/** Unspent units leave their token, and the lot, for what they are worth. */
export function redeem(world: World, token: TokenRecord, lot: LotRecord, units: bigint): bigint {
  takeValue(world, token.tokenId, units);
  const amount = costDown(lot.terms, units);
  const residue = takeFromLot(world, lot, units, amount);
  if (residue > 0n) release(world, lot, zeroAddress, 0n, residue);
  return amount;
}

function addToLot(world: World, lot: LotRecord, units: bigint, deposit: bigint): void {
  const outstanding = lot.outstanding + units;
  if (outstanding + lot.spent > uint64Max) refuse('DATValueTooLarge', outstanding + lot.spent);
  const escrow = lot.escrow + deposit;
  if (escrow > uint96Max) refuse('DATAmountTooLarge', escrow);
  const backing = booksOf(world, lot.classId, lot.terms.asset).backing + deposit;
  if (backing > uint112Max) refuse('DATAmountTooLarge', backing);
  world.lots.set(keyOf(lot.classId, lot.lot), { ...lot, outstanding, escrow });
  changeBooks(world, lot.classId, lot.terms.asset, { backing });
}

/** Takes what new units of a lot cost, from its seller, and puts it behind them (R2). */
export function backUnits(
  world: World,
  { sender, value }: Call,
  { classId, lot, ...record }: LotRecord,
  units: bigint,
) {
  const current = requireClass(world, classId).policies.length;
  if (record.policyVersion !== current) refuse('DATLotSuperseded', classId, lot, record.policyVersion, current);
  const { asset } = record.terms;
  const deposit = costUp(record.terms, units);
  const expected = asset === eth ? deposit : 0n;
  if (value !== expected) refuse('DATWrongDeposit', expected, value);
  if (asset !== eth) {
    const received = inside(world, world.addresses.token, () =>
      pullAsset(world, asset, world.addresses.token, sender, deposit),
    );
    if (received !== deposit) refuse('DATWrongDeposit', deposit, received);
  }
  // The asset may have called somebody.
  addToLot(world, requireLot(world, classId, lot), units, deposit);
  return deposit;
}

/** Mints from a lot that `seller` sells, with its ETH or its asset. */
export function mintFromLot(
  world: World,
  { sender: seller, value }: Call,
  { classId, lot, to, units, expireAt }: Sale,
): bigint {
  requireOutside(world, world.addresses.token);
  const record = requireLot(world, classId, lot);
  if (record.terms.seller !== seller) refuse('DATNotSeller', classId, lot, seller);
  if (units === 0n) refuse('DATZeroUnits');
  const deposit = backUnits(world, { sender: seller, value }, record, units);
  const tokenId = mintToken(world, { classId, lot, to, value: units, share: 0n, expireAt });
  world.emit(world.addresses.token, 'ValueBacked', tokenId, units, deposit);
  return tokenId;
}

export type Sale = {
  readonly classId: bigint;
  readonly lot: number;
  readonly to: Address;
  readonly units: bigint;
  readonly expireAt: bigint;
};

export function lotHandlers(world: World): Handlers {
  const { token: self } = world.addresses;
  return {
    createLot({ sender }: Call, classId: bigint, terms: LotTerms) {
      const record = requireIssuer(world, classId, sender);
      const policyVersion = record.policies.length;
      if (record.policies[policyVersion - 1]!.hash === zeroHash) refuse('DATPolicyWithoutHash', classId, policyVersion);
      const wrong = (field: string) => refuse('DATInvalidLotTerms', bytes32Of(field));
      if (terms.priceNumerator === 0n) wrong('priceNumerator');
      if (terms.priceDenominator === 0n) wrong('priceDenominator');
      if (terms.operatorBps > 10_000) wrong('operatorBps');
      if (terms.seller === zeroAddress) wrong('seller');
      if (terms.asset !== eth && !hasCode(world, terms.asset)) refuse('DATInvalidAsset', terms.asset);
      const lotCount = record.lotCount + 1;
      const lot = firstBackedLot + lotCount;
      world.classes.set(classId, { ...record, lotCount });
      const empty = { outstanding: 0n, spent: 0n, escrow: 0n };
      world.lots.set(keyOf(classId, lot), { classId, lot, terms, policyVersion, ...empty });
      world.emit(self, 'LotCreated', classId, lot, policyVersion, terms);
      return lot;
    },
    openRefunds({ sender }: Call, classId: bigint, lot: number) {
      requireIssuer(world, classId, sender);
      const record = requireLot(world, classId, lot);
      if (record.terms.refundable) refuse('DATRefundsOpen', classId, lot);
      world.lots.set(keyOf(classId, lot), { ...record, terms: { ...record.terms, refundable: true } });
      world.emit(self, 'RefundsOpened', classId, lot);
    },
    mintFromLot: (call: Call, classId: bigint, lot: number, to: Address, units: bigint, expireAt: bigint) =>
      mintFromLot(world, call, { classId, lot, to, units, expireAt }),
    refund({ sender }: Call, tokenId: bigint, units: bigint, to: Address) {
      return inside(world, self, () => {
        const token = requireOwner(world, tokenId, sender);
        const lot = backingLotOf(world, token) ?? refuse('DATNotRefundable', tokenId);
        const expired = isExpired(world, token);
        // R4 before the expiry, P33 after it.
        if (expired ? lot.terms.expiredToClass : !lot.terms.refundable) refuse('DATNotRefundable', tokenId);
        if (units === 0n) refuse('DATZeroUnits');
        const amount = redeem(world, token, lot, units);
        if (expired) observeExpired(world, tokenId);
        world.emit(self, 'ValueRefunded', tokenId, to, units, amount);
        pay(world, lot.terms.asset, to, amount);
        return amount;
      });
    },
    sweepExpired(_: Call, tokenId: bigint) {
      requireOutside(world, self);
      const token = requireToken(world, tokenId);
      const lot = backingLotOf(world, token);
      if (lot === undefined || token.value === 0n || !isExpired(world, token) || !lot.terms.expiredToClass) {
        return refuse('DATNothingToSweep', tokenId);
      }
      observeExpired(world, tokenId);
      const amount = redeem(world, requireToken(world, tokenId), lot, token.value);
      world.emit(self, 'ExpiredValueSwept', tokenId, token.value, amount);
      if (amount > 0n) settle(world, lot.classId, lot.terms.asset, amount);
      return amount;
    },
  };
}
