import type { Address } from '@kedge/core';
import { inside, type Call, type Handlers } from './call.js';
import { backingLotOf } from './lots.js';
import { claimFor, pay, pendingRevenue } from './revenue.js';
import { refuse } from './revert.js';
import { pendingRevocationOf } from './revocations.js';
import { outlivesExpiry } from './shares.js';
import { isNonTransferable, requireAcceptance, requireToken, transfer } from './tokens.js';
import type { World } from './world.js';

type PendingTerm = { readonly asset: Address; readonly minPending: bigint };

/** A token is sold on, its seller paid first (P23), or with what its buyer agreed to (R30). */
export function resaleHandlers(world: World): Handlers {
  const { token: self } = world.addresses;
  return {
    transferWithTerms(
      { sender }: Call,
      from: Address,
      to: Address,
      tokenId: bigint,
      minValue: bigint,
      minPending: readonly PendingTerm[],
    ) {
      const { owner, value } = requireToken(world, tokenId);
      if (owner !== from) refuse('ERC721IncorrectOwner', from, tokenId, owner);
      if (value < minValue) refuse('DATLessValue', tokenId, value, minValue);
      for (const { asset, minPending: least } of minPending) {
        const pending = pendingRevenue(world, tokenId, asset);
        if (pending < least) refuse('DATLessPending', tokenId, asset, pending, least);
      }
      transfer(world, sender, from, to, tokenId);
    },
    safeTransferWithClaim(
      { sender }: Call,
      from: Address,
      to: Address,
      tokenId: bigint,
      assets: readonly Address[],
    ): readonly bigint[] {
      return inside(world, self, () => {
        const { owner } = requireToken(world, tokenId);
        if (owner !== from) refuse('ERC721IncorrectOwner', from, tokenId, owner);
        const amounts = assets.map((asset) => claimFor(world, sender, tokenId, asset, from));
        transfer(world, sender, from, to, tokenId);
        for (const [i, asset] of assets.entries()) pay(world, asset, from, amounts[i]!);
        requireAcceptance(world, to);
        return amounts;
      });
    },
    resaleOf(_: Call, tokenId: bigint, assets: readonly Address[]) {
      const token = requireToken(world, tokenId);
      return {
        owner: token.owner,
        value: token.value,
        shareRatio: token.share,
        activateAt: token.activateAt,
        expireAt: token.expireAt,
        revokedAt: pendingRevocationOf(world, token)?.effectiveAt ?? 0n,
        policyVersion: backingLotOf(world, token)?.policyVersion ?? token.lot,
        transferable: !isNonTransferable(world, token),
        shareOutlivesExpiry: outlivesExpiry(world, token),
        pending: assets.map((asset) => pendingRevenue(world, tokenId, asset)),
      };
    },
  };
}
