import type { Address } from '@kedge/core';
import { isAddress } from 'viem';
import { notAnAddress, parseRecipient } from '../parse.js';
import { roleAccount } from './resolveAccount.js';
import { developmentChainId, isRole, roles } from './roles.js';

/** Who is meant by an address, or, on the local development chain, by a role. `what` names it in the error. */
export function recipientOf(text: string, chainId: number, what: string): Address {
  if (chainId !== developmentChainId || isAddress(text)) return parseRecipient(text, what);
  if (isRole(text)) return roleAccount(text).account.address;
  throw notAnAddress(text, what, ` or a role, ${Object.keys(roles).join(', ')}`).with({
    hints: ['See the addresses that there are: kedge account list'],
  });
}
