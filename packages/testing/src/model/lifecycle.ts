import type { Address } from '@kedge/core';
import { requireOutside, type Call, type Handlers } from './call.js';
import { requireClass } from './classes.js';
import { backingLotOf, backUnits, redeem } from './lots.js';
import { settle } from './revenue.js';
import { refuse } from './revert.js';
import { endShare, requireActiveShare } from './shares.js';
import { requireNoRevocation } from './revocations.js';
import {
  giveValue,
  isNonTransferable,
  mintToken,
  requireLifetime,
  requireOwner,
  requireToken,
  requireUnexpired,
  takeValue,
} from './tokens.js';
import type { TokenRecord, World } from './world.js';

/** @param share As the ABI has it: 32 bits. */
export type SplitPart = { readonly to: Address; readonly units: bigint; readonly share: number };

export function lifecycleHandlers(world: World): Handlers {
  const { token: self } = world.addresses;
  return {
    topUp(call: Call, tokenId: bigint, units: bigint) {
      requireOutside(world, self);
      const token = requireToken(world, tokenId);
      requireUnexpired(world, token);
      if (units === 0n) refuse('DATZeroUnits');
      const lot = backingLotOf(world, token);
      const minter = minterOf(world, token);
      if (call.sender !== minter) refuse('DATNotToppedUpBy', tokenId, call.sender, minter);
      requireCurrentLot(world, token);
      const deposit = lot === undefined ? topUpUnbacked(call) : backUnits(world, call, lot, units);
      giveValue(world, tokenId, units);
      world.emit(self, 'ValueToppedUp', tokenId, units, deposit);
    },
    burnValue({ sender }: Call, tokenId: bigint, units: bigint) {
      requireOutside(world, self);
      const token = requireOwner(world, tokenId, sender);
      requireUnexpired(world, token);
      if (units === 0n) refuse('DATZeroUnits');
      const lot = backingLotOf(world, token);
      if (lot === undefined) takeValue(world, tokenId, units);
      const revenue = lot === undefined ? 0n : redeem(world, token, lot, units);
      if (lot !== undefined && revenue > 0n) settle(world, lot.classId, lot.terms.asset, revenue);
      world.emit(self, 'ValueBurned', tokenId, units, revenue);
    },
    retireShare({ sender }: Call, tokenId: bigint) {
      endShare(world, requireActiveShare(world, requireOwner(world, tokenId, sender)));
    },
    split({ sender }: Call, tokenId: bigint, parts: readonly SplitPart[]) {
      const token = requireOwner(world, tokenId, sender);
      requireUnexpired(world, token);
      const bound = isNonTransferable(world, token);
      for (const { to, units, share } of parts) {
        if (bound && to !== sender) refuse('DATNonTransferable', tokenId);
        if (units === 0n && share === 0) refuse('DATZeroUnits');
      }
      takeValue(
        world,
        tokenId,
        parts.reduce((sum, { units }) => sum + units, 0n),
      );
      const shares = parts.reduce((sum, { share }) => sum + BigInt(share), 0n);
      if (shares > 0n) {
        requireNoRevocation(world, token);
        const active = requireActiveShare(world, token);
        if (shares !== active.share) refuse('DATWrongParts', tokenId, shares, active.share);
        endShare(world, active);
      }
      return parts.map((part) => splitOff(world, token, part));
    },
    merge({ sender }: Call, fromIds: readonly bigint[], toId: bigint) {
      const to = requireOwner(world, toId, sender);
      requireUnexpired(world, to);
      for (const fromId of fromIds) {
        if (fromId === toId) refuse('DATSameToken', fromId);
        const from = requireOwner(world, fromId, sender);
        if (from.classId !== to.classId) refuse('ERC8028ClassMismatch', fromId, toId);
        if (from.lot !== to.lot) refuse('DATLotMismatch', fromId, toId);
        requireUnexpired(world, from);
        requireLifetime(world, from, to);
        if (from.value === 0n) refuse('DATZeroUnits');
        takeValue(world, fromId, from.value);
        giveValue(world, toId, from.value);
        world.emit(self, 'ValueTransferred', fromId, toId, from.value);
      }
    },
  };
}

/** Who may mint from the token's lot. */
export function minterOf(world: World, token: TokenRecord): Address {
  return backingLotOf(world, token)?.terms.seller ?? requireClass(world, token.classId).issuer;
}

/** An unbacked lot is the policy that its number names (R25). */
export function requireCurrentLot(world: World, token: TokenRecord): void {
  const version = backingLotOf(world, token)?.policyVersion ?? token.lot;
  const current = requireClass(world, token.classId).policies.length;
  if (version !== current) refuse('DATLotSuperseded', token.classId, token.lot, version, current);
}

function topUpUnbacked({ value }: Call): bigint {
  if (value !== 0n) refuse('DATWrongDeposit', 0n, value);
  return 0n;
}

/** A share that goes on in another token neither waits nor asks for room: the class's total stays. */
function splitOff(world: World, { tokenId, classId, lot, expireAt }: TokenRecord, { to, units, share }: SplitPart) {
  const birth = { classId, lot, to, value: units, share: BigInt(share), expireAt };
  const newTokenId = mintToken(world, birth, (_, token, given) =>
    world.tokens.set(token.tokenId, { ...token, share: given }),
  );
  world.emit(world.addresses.token, 'TokenSplit', tokenId, newTokenId, units, BigInt(share));
  return newTokenId;
}
