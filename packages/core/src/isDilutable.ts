/** How a class is bound in the shares that it may mint. 0: not bound. */
type ShareTerms = { readonly shareCap: bigint; readonly sharesFrozenFrom: bigint };

/**
 * Whether the issuer may mint shares without a bound, so that nobody can say what part of the class a weight will be (R23).
 *
 * @param nowSeconds Unix time, of the chain where that is known.
 */
export function isDilutable({ shareCap, sharesFrozenFrom }: ShareTerms, nowSeconds: bigint): boolean {
  return shareCap === 0n && (sharesFrozenFrom === 0n || sharesFrozenFrom > nowSeconds);
}
