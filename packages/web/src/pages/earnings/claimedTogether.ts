import { mostTogether } from '@kedge/sdk';

type Claimable = { readonly tokenId: bigint; readonly claimable: bigint };

/**
 * What one transaction claims: of all tokens, or of those with the most where they are too many for one. Anyone can give an
 * account tokens that have earned next to nothing.
 *
 * @param tokens those with the most, at least
 * @param all how many tokens have something to claim
 * @returns `others`: how many tokens with something to claim are left for the next.
 */
export function claimedTogether(
  tokens: readonly Claimable[],
  all: number,
): {
  readonly tokenIds: readonly bigint[];
  readonly amount: bigint;
  readonly others: number;
} {
  const payable = tokens
    .filter(({ claimable }) => claimable > 0n)
    .toSorted((one, other) => Number(other.claimable > one.claimable) - Number(other.claimable < one.claimable));
  const together = payable.slice(0, mostTogether);
  return {
    tokenIds: together.map(({ tokenId }) => tokenId),
    amount: together.reduce((sum, { claimable }) => sum + claimable, 0n),
    others: Math.max(0, all - together.length),
  };
}
