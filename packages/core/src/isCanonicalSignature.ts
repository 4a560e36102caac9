import type { Hex } from './hex.js';

/** Half the order of secp256k1. */
const halfOrder = '7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0';

/**
 * Whether a signature is 65 bytes r, s (the lower one) and v (27 or 28): of those that say the same, the one
 * that the contracts take. One in another form names the same signer and proves nothing on chain.
 *
 * @example
 * isCanonicalSignature(signed.signature);
 */
export function isCanonicalSignature(signature: Hex): boolean {
  const lower = signature.toLowerCase();
  return lower.length === 132 && lower.slice(66, 130) <= halfOrder && /1[bc]$/.test(lower);
}
