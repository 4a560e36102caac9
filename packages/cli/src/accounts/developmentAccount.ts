import { isSameAddress, type Address, type Hex } from '@kedge/core';
import { toHex } from 'viem';
import { hdKeyToAccount, mnemonicToAccount, type HDAccount } from 'viem/accounts';
import { developmentMnemonic, roles, type Role } from './roles.js';

const basePath = "m/44'/60'/0'/0";
/** Accounts of the mnemonic whose keys development nodes print: hardhat these, anvil the first ten. */
const printedAccounts = 20;

// Stretching the mnemonic takes far longer than deriving an account from it, so it is done once.
let parent: ReturnType<HDAccount['getHdKey']> | undefined;
const accounts = new Map<number, HDAccount>();

/**
 * The account of a role on the local development chain (development key, public).
 *
 * @example developmentAccount('consumer').address
 */
export function developmentAccount(role: Role): HDAccount {
  return accountAt(roles[role]);
}

/** Whether anyone knows the key of an address, because it is one of those that development nodes print. */
export function isDevelopmentAddress(address: Address): boolean {
  return Array.from({ length: printedAccounts }, (_, index) => accountAt(index)).some((known) =>
    isSameAddress(known.address, address),
  );
}

function accountAt(index: number): HDAccount {
  const known = accounts.get(index);
  if (known !== undefined) return known;
  parent ??= mnemonicToAccount(developmentMnemonic, { path: basePath }).getHdKey();
  // The type wants a whole path; this one goes on from the parent.
  const account = hdKeyToAccount(parent, { path: `m/${index}` as typeof basePath });
  accounts.set(index, account);
  return account;
}

/** The private key of such an account (development key, public). */
export function developmentKey(role: Role): Hex {
  const { privateKey } = developmentAccount(role).getHdKey();
  if (privateKey === null) throw new Error('the development mnemonic gives no key');
  return toHex(privateKey);
}
