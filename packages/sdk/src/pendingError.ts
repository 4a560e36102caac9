import { BaseError, type Hex } from '@kedge/core';
import type { Wallet } from './client.js';
import { causesOf } from './toChainError.js';

/** Whatever ends the waiting for a transaction that was sent, who sends it again pays twice: the hash is what to look for. */
export function pendingError(cause: unknown, doing: string, transactionHash: Hex): BaseError {
  return new BaseError(`Could not ${doing} for sure: the transaction was sent, and is in no block that is known yet.`, {
    code: 'transaction_pending',
    kind: 'transient',
    values: { transactionHash },
    hints: ['Look for the transaction before sending it again.'],
    cause,
  });
}

/** A node that was handed a transaction and gave no answer. */
export function unsureError(cause: unknown, doing: string, { account }: Wallet): BaseError {
  return new BaseError(`Could not ${doing} for sure: the node did not say whether it took the transaction.`, {
    code: 'transaction_unsure',
    kind: 'transient',
    values: { account: account.address },
    hints: ['Look at the last transactions of the account before sending it again.'],
    cause,
  });
}

const sends = /"method":\s*"eth_send(Raw)?Transaction"/;
const hasIt = /already known|already imported|already exists|known transaction/i;

/** Whether the node may have taken the transaction: it did not answer in time, or it says when asked again that it has it. */
export function isUnsure(error: unknown): boolean {
  const causes: (Error & { readonly status?: unknown; readonly code?: unknown })[] = causesOf(error);
  if (causes.some(({ message }) => hasIt.test(message))) return true;
  if (!causes.some(({ message }) => sends.test(message))) return false;
  if (causes.some(({ code }) => unconnected.has(String(code)))) return false;
  return causes.some(({ name, status }) => {
    if (name === 'TimeoutError') return true;
    return name === 'HttpRequestError' && !(typeof status === 'number' && status >= 400 && status < 500);
  });
}

/** Nothing was handed over. */
const unconnected = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']);
