/** What a transaction of EIP-1559 offers, in wei a unit of gas. */
export type Fees = { readonly maxFeePerGas: bigint; readonly maxPriorityFeePerGas: bigint };

/**
 * Fees for a transaction in place of one that waits with the same nonce: what the chain asks now, and of both at least a
 * quarter more than before. Nodes take a replacement from 10 % (geth, `pricebump`) or 12.5 % more on.
 */
export function replacementFees(now: Fees, before: Fees): Fees {
  const over = (fee: bigint, old: bigint): bigint => {
    const least = (old * 5n) / 4n + 1n;
    return fee > least ? fee : least;
  };
  const maxPriorityFeePerGas = over(now.maxPriorityFeePerGas, before.maxPriorityFeePerGas);
  const maxFeePerGas = over(now.maxFeePerGas, before.maxFeePerGas);
  return {
    maxFeePerGas: maxFeePerGas > maxPriorityFeePerGas ? maxFeePerGas : maxPriorityFeePerGas,
    maxPriorityFeePerGas,
  };
}
