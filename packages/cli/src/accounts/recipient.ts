import type { Address } from '@kedge/core';
import { parseRecipient } from '../parse.js';
import { roleAccount } from './resolveAccount.js';
import { developmentChainId, isRole } from './roles.js';

/** Who is meant by an address, or, on the local development chain, by a role. `what` names it in the error. */
export function recipientOf(text: string, chainId: number, what: string): Address {
  if (chainId === developmentChainId && isRole(text)) return roleAccount(text).account.address;
  return parseRecipient(text, what);
}
