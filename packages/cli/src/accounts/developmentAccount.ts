import { mnemonicToAccount, type HDAccount } from 'viem/accounts';
import { developmentMnemonic, roles, type Role } from './roles.js';

const cache = new Map<Role, HDAccount>();

/**
 * The account of a role on the local development chain (development key, public).
 *
 * @example developmentAccount('consumer').address
 */
export function developmentAccount(role: Role): HDAccount {
  const known = cache.get(role);
  if (known !== undefined) return known;
  const account = mnemonicToAccount(developmentMnemonic, { addressIndex: roles[role] });
  cache.set(role, account);
  return account;
}
