import type { Address } from '@kedge/core';
import { requireOutside, type Call, type Handlers } from './call.js';
import { requireClass, requireIssuer } from './classes.js';
import { backingLotOf, redeem } from './lots.js';
import { owe } from './revenue.js';
import { refuse } from './revert.js';
import { endShare, outlivesExpiry, requireActiveShare } from './shares.js';
import { requireOwner, requireToken, requireUnexpired, takeValue } from './tokens.js';
import type { Revocation, TokenRecord, World } from './world.js';

/** Neither carried out nor lapsed. */
export function pendingRevocationOf(world: World, { revocation }: TokenRecord): Revocation | undefined {
  return revocation && world.now() <= revocation.effectiveAt + revocation.window ? revocation : undefined;
}

export function requireNoRevocation(world: World, token: TokenRecord): void {
  const pending = pendingRevocationOf(world, token);
  if (pending) refuse('DATRevocationPending', token.tokenId, pending.effectiveAt);
}

export function revocationHandlers(world: World): Handlers {
  const { token: self } = world.addresses;
  const requireRevoker = (tokenId: bigint, sender: Address) => {
    const token = requireToken(world, tokenId);
    requireIssuer(world, token.classId, sender);
    return token;
  };
  const requirePending = (token: TokenRecord) =>
    pendingRevocationOf(world, token) ?? refuse('DATNothingRevoked', token.tokenId);
  const requireRevocable = (token: TokenRecord) => {
    if (!outlivesExpiry(world, token)) requireUnexpired(world, token);
  };
  const forget = ({ tokenId }: TokenRecord) => {
    const { revocation: _, ...token } = world.tokens.get(tokenId)!;
    world.tokens.set(tokenId, token);
  };
  return {
    announceRevocation({ sender }: Call, tokenId: bigint, reason: string) {
      const token = requireRevoker(tokenId, sender);
      const window = requireClass(world, token.classId).options.appealWindow;
      if (window === 0n) refuse('DATNotRevocable', token.classId);
      if (reason === '') refuse('DATNoReason');
      requireNoRevocation(world, token);
      requireRevocable(token);
      const effectiveAt = world.now() + window;
      world.tokens.set(tokenId, { ...token, revocation: { effectiveAt, window, appealed: false } });
      world.emit(self, 'RevocationAnnounced', tokenId, effectiveAt, reason);
    },
    appealRevocation({ sender }: Call, tokenId: bigint, statement: string) {
      const token = requireOwner(world, tokenId, sender);
      const { window, appealed, effectiveAt } = requirePending(token);
      if (appealed || world.now() >= effectiveAt) refuse('DATNoAppeal', tokenId);
      const again = world.now() + window;
      world.tokens.set(tokenId, { ...token, revocation: { effectiveAt: again, window, appealed: true } });
      world.emit(self, 'RevocationAppealed', tokenId, again, statement);
    },
    withdrawRevocation({ sender }: Call, tokenId: bigint) {
      const token = requireRevoker(tokenId, sender);
      requirePending(token);
      forget(token);
      world.emit(self, 'RevocationWithdrawn', tokenId);
    },
    revoke({ sender }: Call, tokenId: bigint) {
      requireOutside(world, self);
      const token = requireRevoker(tokenId, sender);
      const { effectiveAt } = requirePending(token);
      if (world.now() < effectiveAt) refuse('DATAppealRunning', tokenId, effectiveAt);
      requireRevocable(token);
      forget(token);
      if (token.share > 0n) endShare(world, requireActiveShare(world, token));
      const lot = backingLotOf(world, token);
      const units = token.value;
      if (lot === undefined) takeValue(world, tokenId, units);
      const amount = lot === undefined || units === 0n ? 0n : redeem(world, token, lot, units);
      if (amount > 0n) owe(world, token.owner, lot!.terms.asset, amount);
      world.emit(self, 'TokenRevoked', tokenId, token.owner, units, token.share, amount);
    },
    revocationOf(_: Call, tokenId: bigint) {
      const pending = pendingRevocationOf(world, requireToken(world, tokenId));
      return pending ? [pending.effectiveAt, pending.appealed] : [0n, false];
    },
  };
}
