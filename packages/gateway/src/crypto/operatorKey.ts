import { BaseError, bytesToHex, hexToBytes, type Address, type Hex } from '@kedge/core';
// The package loads libsecp256k1's native addon, and plain JavaScript where no addon fits the platform.
import secp256k1 from 'secp256k1';
import { getAddress } from 'viem';
import { type Environment, type GatewayConfig, readSecret } from '../gatewayConfig.js';
import { keccak256 } from './hashers.js';

/** The operator's key: signs receipt batches and capture transactions. */
export type OperatorKey = {
  readonly address: Address;
  /** For viem's account, which signs transactions. Never logged. */
  readonly privateKey: Hex;
  /** 65 bytes r, s, v (27 or 28) over a 32-byte digest. */
  readonly signDigest: (digest: Hex) => Hex;
};

/**
 * The operator's key, from where the configuration says.
 * @throws BaseError `secret_missing`, `operator_key_invalid`.
 */
export function readOperatorKey(
  { operatorKeyEnv, operatorKeyFile }: Pick<GatewayConfig, 'operatorKeyEnv' | 'operatorKeyFile'>,
  env: Environment,
): OperatorKey {
  const source = { env: operatorKeyEnv, file: operatorKeyFile, what: operatorNames.what };
  return operatorKeyOf(readSecret(source, env) ?? '');
}

/** How an error names a key, and where the configuration names it. */
export type KeyNames = { readonly what: string; readonly at: string; readonly code: string };

const operatorNames: KeyNames = { what: "The operator's key", at: 'operatorKey', code: 'operator_key_invalid' };

/**
 * Builds the operator's key from its 32 bytes, or another account's that has a name of its own.
 * @throws BaseError `operator_key_invalid`, or the code of the other, when the text is not a usable secp256k1 key.
 */
export function operatorKeyOf(privateKey: string, { what, at, code }: KeyNames = operatorNames): OperatorKey {
  const text = privateKey.trim();
  const hex = (text.startsWith('0x') ? text : `0x${text}`) as Hex;
  const isHex = /^0x[0-9a-fA-F]{64}$/.test(hex);
  const key = isHex ? hexToBytes(hex) : new Uint8Array(32);
  if (!isHex || !secp256k1.privateKeyVerify(key)) {
    throw new BaseError(`${what} is not a secp256k1 private key.`, {
      code,
      hints: [`Give 64 hexadecimal digits (with or without 0x) in ${at}File or in the variable ${at}Env names.`],
    });
  }
  const publicKey = secp256k1.publicKeyCreate(key, false);
  const address = getAddress(bytesToHex(keccak256(publicKey.subarray(1)).subarray(12)));
  const signDigest = (digest: Hex): Hex => {
    const { signature, recid } = secp256k1.ecdsaSign(hexToBytes(digest), key);
    const bytes = new Uint8Array(65);
    bytes.set(signature, 0);
    bytes[64] = 27 + recid;
    return bytesToHex(bytes);
  };
  return { address, privateKey: hex, signDigest };
}
