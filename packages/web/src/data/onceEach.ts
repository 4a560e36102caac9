import type { Address } from '@kedge/core';

/** What tokens earned, each by its token and asset: between two pages of a list one may have come to stand on both. */
export function onceEach<earned extends { readonly tokenId: bigint; readonly asset: Address }>(
  all: readonly earned[],
): earned[] {
  return [...new Map(all.map((each) => [`${each.tokenId}/${each.asset}`, each])).values()];
}
