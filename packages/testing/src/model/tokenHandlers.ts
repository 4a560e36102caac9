import { zeroAddress, type Address, type Hex } from '@kedge/core';
import { recordAllowed } from './approvals.js';
import { inside, type Call, type Handlers } from './call.js';
import { requireIssuer } from './classes.js';
import { releaseSpent } from './lots.js';
import { refuse } from './revert.js';
import {
  giveValue,
  isOperator,
  isUser,
  mintUnbacked,
  requireAcceptance,
  requireLifetime,
  requireToken,
  requireUnexpired,
  takeValue,
  transfer,
} from './tokens.js';
import { keyOf, type World } from './world.js';

export function tokenHandlers(world: World): Handlers {
  const { token: self } = world.addresses;
  return {
    mint({ sender }: Call, classId: bigint, to: Address, value: bigint, shareRatio: bigint, expireAt: bigint) {
      requireIssuer(world, classId, sender);
      return mintUnbacked(world, classId, to, value, shareRatio, expireAt);
    },
    transferValue({ sender }: Call, fromId: bigint, toId: bigint, units: bigint) {
      if (fromId === toId) refuse('DATSameToken', fromId);
      const from = requireToken(world, fromId);
      const to = requireToken(world, toId);
      if (from.classId !== to.classId) refuse('ERC8028ClassMismatch', fromId, toId);
      if (from.lot !== to.lot) refuse('DATLotMismatch', fromId, toId);
      if (!isUser(world, from, sender)) refuse('ERC8028Unauthorized', fromId, sender);
      if (units === 0n) refuse('DATZeroUnits');
      requireUnexpired(world, from);
      requireUnexpired(world, to);
      requireLifetime(world, from, to);
      takeValue(world, fromId, units);
      giveValue(world, toId, units);
      world.emit(self, 'ValueTransferred', fromId, toId, units);
    },
    recordUsage({ sender }: Call, tokenId: bigint, metricType: Hex, amount: bigint) {
      const token = requireToken(world, tokenId);
      if (!isUser(world, token, sender)) return recordAllowed(world, sender, token, metricType, amount);
      if (sender === token.owner) world.emit(self, 'UsageSelfReported', tokenId);
      requireUnexpired(world, token);
      takeValue(world, tokenId, amount);
      world.emit(self, 'UsageRecorded', tokenId, metricType, amount, sender);
      // No channel, so nobody has a cut.
      releaseSpent(world, token, amount, zeroAddress);
    },
    approveForClass({ sender }: Call, classId: bigint, operator: Address, approved: boolean) {
      world.classOperators.set(keyOf(sender, classId, operator), approved);
      world.emit(self, 'ApprovalForClass', sender, classId, operator, approved);
    },
    transferToken({ sender }: Call, tokenId: bigint, to: Address) {
      transfer(world, sender, requireToken(world, tokenId).owner, to, tokenId);
    },
    transferFrom({ sender }: Call, from: Address, to: Address, tokenId: bigint) {
      transfer(world, sender, from, to, tokenId);
    },
    safeTransferFrom({ sender }: Call, from: Address, to: Address, tokenId: bigint) {
      inside(world, self, () => {
        transfer(world, sender, from, to, tokenId);
        requireAcceptance(world, to);
      });
    },
    approve({ sender }: Call, to: Address, tokenId: bigint) {
      const token = requireToken(world, tokenId);
      if (sender !== token.owner && !isOperator(world, token.owner, sender)) {
        refuse('ERC8028Unauthorized', tokenId, sender);
      }
      world.tokens.set(tokenId, { ...token, approved: to });
      world.emit(self, 'Approval', token.owner, to, tokenId);
    },
    setApprovalForAll({ sender }: Call, operator: Address, approved: boolean) {
      if (operator === zeroAddress) refuse('ERC721InvalidOperator', operator);
      world.operators.set(keyOf(sender, operator), approved);
      world.emit(self, 'ApprovalForAll', sender, operator, approved);
    },
  };
}
