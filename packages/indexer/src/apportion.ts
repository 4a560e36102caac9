/**
 * Divides an amount by weights. Each part is a difference of cumulative sums rounded down, so the parts sum to the amount, to
 * the smallest unit; and a part is 0 only where its share is less than one. Where all weights are 0, all is the last's.
 *
 * @example
 * apportion(10n, [1n, 1n, 1n]); // [3n, 3n, 4n]
 */
export function apportion(amount: bigint, weights: readonly bigint[]): bigint[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0n);
  if (total === 0n) return weights.map((_, place) => (place === weights.length - 1 ? amount : 0n));
  let reached = 0n;
  let given = 0n;
  return weights.map((weight) => {
    reached += weight;
    const upTo = (amount * reached) / total;
    const part = upTo - given;
    given = upTo;
    return part;
  });
}
