import { type Address, bytesToHex, hexToBytes, type Hex } from '@kedge/core';
import secp256k1 from 'secp256k1';
import { keccak256 } from '../crypto/hashers.js';

// Half the order of secp256k1: the contract does not count signatures with an s above it (R10), so neither does the gateway.
const halfOrder = '7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0';

/**
 * Who signed a digest, as an address in lower case; undefined for what is no signature that the contract would take.
 * @param signature 65 bytes r, s (the lower one), v (27 or 28).
 */
export function signerOf(digest: Hex, signature: Hex): Address | undefined {
  const recovery = Number.parseInt(signature.slice(130), 16) - 27;
  if (signature.length !== 132 || (recovery !== 0 && recovery !== 1)) return undefined;
  if (signature.slice(66, 130) > halfOrder) return undefined;
  try {
    const bytes = hexToBytes(signature);
    const key = secp256k1.ecdsaRecover(bytes.subarray(0, 64), recovery, hexToBytes(digest), false);
    return bytesToHex(keccak256(key.subarray(1)).subarray(12));
  } catch {
    // The library throws for numbers that belong to no point of the curve: nobody signed that.
    return undefined;
  }
}
