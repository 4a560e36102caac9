import { BaseError, causesOf, type Hex } from '@kedge/core';
import { keccak256 } from 'viem';
import type { Wallet } from './client.js';
import { socketFailure } from './toChainError.js';

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

/**
 * A transaction that a node was handed, and may have taken.
 *
 * @param transactionHash where it is known, and nothing came of it for a while
 */
export function unsureError(cause: unknown, doing: string, { account }: Wallet, transactionHash?: Hex): BaseError {
  return new BaseError(`Could not ${doing} for sure: whether the node took the transaction is not known.`, {
    code: 'transaction_unsure',
    kind: 'transient',
    values: { account: account.address, ...(transactionHash === undefined ? {} : { transactionHash }) },
    hints: ['Look at the last transactions of the account before sending it again.'],
    cause,
  });
}

/** The hash of a transaction that was signed here, from the error of handing it over: viem puts into that what was sent. */
export function handedOver(error: unknown): Hex | undefined {
  for (const { message } of causesOf(error)) {
    const [, signed] = /"eth_sendRawTransaction","params":\["(0x[0-9a-f]+)"\]/.exec(message) ?? [];
    if (signed !== undefined) return keccak256(signed as Hex);
  }
  return undefined;
}

const sends = /"method":\s*"eth_send(Raw)?Transaction"/;
const hasIt = /already known|already imported|already exists|known transaction/i;
const ranOut = /timed? ?-?out/i;

/**
 * Whether the node may have taken the transaction: it did not answer in time, or it says when asked again that it has it, or has
 * had one with its nonce. That is an answer where the transport hands over once; another one tells the last answer only.
 */
export function isUnsure(error: unknown, { transport }: Partial<Pick<Wallet, 'transport'>>): boolean {
  const causes: (Error & { readonly status?: unknown })[] = causesOf(error);
  const names = causes.map(({ name }) => name);
  if (causes.some(({ message }) => hasIt.test(message))) return true;
  if (names.includes('NonceTooLowError')) return transport === undefined || !once.has(transport.type);
  // It does not say which question it leaves without an answer. Where it was shut before, viem says that the request failed.
  if (names.includes('SocketClosedError')) return !names.includes('WebSocketRequestError');
  const failed = socketFailure(error);
  const reasons: (Error & { readonly code?: unknown })[] = [...causes, ...causesOf(failed?.error)];
  if (reasons.some(({ code }) => unconnected.has(String(code)))) return false;
  if (failed !== undefined) return true;
  if (!causes.some(({ message }) => sends.test(message))) return false;
  return causes.some(({ name, status, message }) => {
    if (name === 'TimeoutError') return true;
    if (name === 'RpcRequestError') return ranOut.test(message);
    return (
      name === 'HttpRequestError' && !(typeof status === 'number' && status >= 400 && status < 500 && status !== 408)
    );
  });
}

/** viem's transports to one node: they do not hand a transaction over again. */
const once = new Set(['http', 'webSocket']);

/** Nothing was handed over. */
const unconnected = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']);
