import { zeroAddress, type Address, type Hex } from '@kedge/core';
import type { Call, Handlers } from './call.js';
import { refuse } from './revert.js';
import { requireUnexpired, takeValue } from './tokens.js';
import { releaseSpent } from './lots.js';
import { keyOf, type Allowance, type TokenRecord, type World } from './world.js';

/** A signature over the terms of a permit: who really signed, over which nonce, and whether over these terms. */
export type SignedPermit = {
  readonly signature: Hex;
  readonly signer: Address;
  readonly nonce: bigint;
  readonly overTheseTerms: boolean;
};

const none: Allowance = { units: 0n, expireAt: 0n };

function allowanceOfUsage(world: World, owner: Address, scope: bigint, operator: Address): Allowance {
  return world.usageAllowances.get(keyOf(owner, scope, operator)) ?? none;
}

export function nonceOf(world: World, owner: Address): bigint {
  return world.nonces.get(owner) ?? 0n;
}

/** Records what an allowance of the owner pays for: the token's if that covers all of it, else the class's (P13). */
export function recordAllowed(
  world: World,
  caller: Address,
  token: TokenRecord,
  metricType: Hex,
  amount: bigint,
): void {
  const { tokenId, classId, owner } = token;
  const left = (scope: bigint) => {
    const { units, expireAt } = allowanceOfUsage(world, owner, scope, caller);
    return expireAt === 0n || world.now() <= expireAt ? units : 0n;
  };
  const scope = [tokenId, classId].find((one) => left(one) > 0n && left(one) >= amount);
  if (scope === undefined) {
    const most = left(tokenId) > left(classId) ? left(tokenId) : left(classId);
    if (most === 0n) refuse('ERC8028Unauthorized', tokenId, caller);
    return refuse('DATUsageAllowanceExceeded', tokenId, caller, most, amount);
  }
  const allowance = allowanceOfUsage(world, owner, scope, caller);
  const units = allowance.units - amount;
  world.usageAllowances.set(keyOf(owner, scope, caller), { ...allowance, units });
  world.emit(world.addresses.token, 'UsageAllowanceSpent', owner, scope, caller, units);
  requireUnexpired(world, token);
  takeValue(world, tokenId, amount);
  world.emit(world.addresses.token, 'UsageRecorded', tokenId, metricType, amount, caller);
  releaseSpent(world, token, amount, zeroAddress);
}

export function approvalHandlers(world: World): Handlers {
  const { token: self } = world.addresses;
  const approve = (owner: Address, scope: bigint, operator: Address, units: bigint, expireAt: bigint) => {
    world.usageAllowances.set(keyOf(owner, scope, operator), { units, expireAt });
    world.emit(self, 'UsageApproval', owner, scope, operator, units, expireAt);
  };
  const takeNonce = (owner: Address) => {
    const nonce = nonceOf(world, owner);
    world.nonces.set(owner, nonce + 1n);
    world.emit(self, 'NonceUsed', owner, nonce + 1n);
    return nonce;
  };
  const takePermit = (owner: Address, deadline: bigint, { signer, nonce, overTheseTerms }: SignedPermit) => {
    const current = takeNonce(owner);
    if (world.now() > deadline) refuse('DATPermitExpired', deadline);
    if (signer !== owner || nonce !== current || !overTheseTerms) refuse('DATPermitNotSigned', owner, current);
  };
  return {
    approveUsage({ sender }: Call, scope: bigint, operator: Address, units: bigint, expireAt: bigint) {
      approve(sender, scope, operator, units, expireAt);
    },
    permitForClass(
      _: Call,
      owner: Address,
      classId: bigint,
      operator: Address,
      approved: boolean,
      deadline: bigint,
      permit: SignedPermit,
    ) {
      takePermit(owner, deadline, permit);
      world.classOperators.set(keyOf(owner, classId, operator), approved);
      world.emit(self, 'ApprovalForClass', owner, classId, operator, approved);
    },
    permitUsage(
      _: Call,
      owner: Address,
      scope: bigint,
      operator: Address,
      units: bigint,
      expireAt: bigint,
      deadline: bigint,
      permit: SignedPermit,
    ) {
      takePermit(owner, deadline, permit);
      approve(owner, scope, operator, units, expireAt);
    },
    cancelPermits({ sender }: Call) {
      takeNonce(sender);
    },
    usageAllowance(_: Call, owner: Address, scope: bigint, operator: Address) {
      const { units, expireAt } = allowanceOfUsage(world, owner, scope, operator);
      return [units, expireAt];
    },
    nonces: (_: Call, owner: Address) => nonceOf(world, owner),
  };
}
