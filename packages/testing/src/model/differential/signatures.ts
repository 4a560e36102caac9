import type { Address, Hex } from '@kedge/core';
import { secp256k1 } from '@noble/curves/secp256k1';
import { hexToSignature, serializeSignature, toHex } from 'viem';
import { publicKeyToAddress, type HDAccount } from 'viem/accounts';

/** What `account.sign` answers, but at once: histories are made without waiting. */
export function signNow(account: Pick<HDAccount, 'getHdKey'>, hash: Hex): Hex {
  const { r, s, recovery } = secp256k1.sign(hash.slice(2), account.getHdKey().privateKey!, { lowS: true });
  return serializeSignature({ r: toHex(r, { size: 32 }), s: toHex(s, { size: 32 }), yParity: recovery });
}

/** What `recoverAddress` answers, in lower case and at once. */
export function signerNow(hash: Hex, signature: Hex): Address {
  const { r, s, yParity } = hexToSignature(signature);
  const key = new secp256k1.Signature(BigInt(r), BigInt(s)).addRecoveryBit(yParity).recoverPublicKey(hash.slice(2));
  return publicKeyToAddress(`0x${key.toHex(false)}`).toLowerCase() as Address;
}
