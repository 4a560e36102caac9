import type { Call, Handlers } from './call.js';
import { requireIssuer } from './classes.js';
import { backingLotOf } from './lots.js';
import { refuse } from './revert.js';
import { requireNoRevocation } from './revocations.js';
import { endShare, outlivesExpiry, requireActiveShare, requireRoomForMoments } from './shares.js';
import { minterOf, requireCurrentLot } from './lifecycle.js';
import { mintToken, requireOwner, requireToken, requireUnexpired, uint32Max } from './tokens.js';
import type { TokenRecord, World } from './world.js';

export function renewalHandlers(world: World): Handlers {
  const { token: self } = world.addresses;
  return {
    renew({ sender }: Call, tokenId: bigint, expireAt: bigint) {
      const token = requireToken(world, tokenId);
      requireLater(world, token, expireAt);
      const minter = minterOf(world, token);
      if (sender !== minter) refuse('DATNotRenewedBy', tokenId, sender, minter);
      requireCurrentLot(world, token);
      if (token.share > 0n && !outlivesExpiry(world, token)) refuse('DATShareNotRenewed', tokenId);
      const terms = backingLotOf(world, token)?.terms;
      if (terms && !terms.refundable && !terms.expiredToClass) refuse('DATRenewalDelaysRefund', tokenId);
      world.tokens.set(tokenId, { ...token, expireAt });
      world.emit(self, 'TokenRenewed', tokenId, token.expireAt, expireAt);
    },
    offerShareRenewal({ sender }: Call, tokenId: bigint, expireAt: bigint) {
      const token = requireToken(world, tokenId);
      requireIssuer(world, token.classId, sender);
      if (expireAt !== 0n) {
        requireLater(world, token, expireAt);
        if (token.share === 0n) refuse('DATNoActiveShare', tokenId);
        if (outlivesExpiry(world, token)) refuse('DATShareOutlivesExpiry', tokenId);
      }
      world.tokens.set(tokenId, { ...token, renewalOffer: expireAt });
      world.emit(self, 'ShareRenewalOffered', tokenId, expireAt);
    },
    renewShare({ sender }: Call, tokenId: bigint, expireAt: bigint) {
      const token = requireOwner(world, tokenId, sender);
      requireUnexpired(world, token);
      const { renewalOffer, classId, lot } = token;
      if (renewalOffer === 0n || renewalOffer !== expireAt) {
        refuse('DATRenewalNotOffered', tokenId, expireAt, renewalOffer);
      }
      const { sharesFrozenFrom } = world.classes.get(classId)!.options;
      if (sharesFrozenFrom !== 0n && world.now() >= sharesFrozenFrom) {
        refuse('DATSharesFrozen', classId, sharesFrozenFrom);
      }
      requireNoRevocation(world, token);
      const { share } = requireActiveShare(world, token);
      endShare(world, token);
      world.tokens.set(tokenId, { ...world.tokens.get(tokenId)!, renewalOffer: 0n });
      const birth = { classId, lot, to: sender, value: 0n, share, expireAt };
      // As in a split, it neither waits nor asks for room under the cap; but its expiry may be one too many.
      const newTokenId = mintToken(world, birth, (_, renewed, given) => {
        world.tokens.set(renewed.tokenId, { ...renewed, share: given });
        requireRoomForMoments(world, classId);
      });
      world.emit(self, 'ShareRenewed', tokenId, newTokenId, share, expireAt);
      return newTokenId;
    },
  };
}

/** A token that never expires has no later expiry. */
function requireLater(world: World, token: TokenRecord, expireAt: bigint): void {
  requireUnexpired(world, token);
  if (token.expireAt === 0n || expireAt <= token.expireAt || expireAt > uint32Max) refuse('DATInvalidExpiry', expireAt);
}
