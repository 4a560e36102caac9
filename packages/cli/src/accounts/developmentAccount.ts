import type { Hex } from '@kedge/core';
import { toHex } from 'viem';
import { hdKeyToAccount, mnemonicToAccount, type HDAccount } from 'viem/accounts';
import { developmentMnemonic, roles, type Role } from './roles.js';

const basePath = "m/44'/60'/0'/0";

// Stretching the mnemonic takes far longer than deriving an account from it, so it is done once.
let parent: ReturnType<HDAccount['getHdKey']> | undefined;
const accounts = new Map<Role, HDAccount>();

/**
 * The account of a role on the local development chain (development key, public).
 *
 * @example developmentAccount('consumer').address
 */
export function developmentAccount(role: Role): HDAccount {
  const known = accounts.get(role);
  if (known !== undefined) return known;
  parent ??= mnemonicToAccount(developmentMnemonic, { path: basePath }).getHdKey();
  // The type wants a whole path; this one goes on from the parent.
  const account = hdKeyToAccount(parent, { path: `m/${roles[role]}` as typeof basePath });
  accounts.set(role, account);
  return account;
}

/** The private key of such an account (development key, public). */
export function developmentKey(role: Role): Hex {
  const { privateKey } = developmentAccount(role).getHdKey();
  if (privateKey === null) throw new Error('the development mnemonic gives no key');
  return toHex(privateKey);
}
