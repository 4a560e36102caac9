import { BaseError } from './baseError.js';
import { causesOf } from './causesOf.js';

/**
 * What is thrown of a node that was asked for the events of a single block: that the node refuses them, and what to do, as one
 * does that keeps none so old. Whatever else it threw, such as that it does not answer, is returned as it is.
 *
 * @param error As viem throws it; its classes are known by their names.
 *
 * @example
 * throw refusedEvents(error, 0n);
 */
export function refusedEvents(error: unknown, block: bigint): unknown {
  const causes: Refusal[] = causesOf(error);
  const refusal = causes.find(isRefusal);
  if (refusal === undefined || causes.some(({ name }) => name === 'LimitExceededRpcError')) return error;
  return new BaseError(`The node refuses the events of block ${block}.`, {
    code: 'events_unavailable',
    values: { block, node: refusal.details },
    hints: [
      'It may keep only those of newer blocks: ask a node that keeps all, such as an archive node.',
      'If the contracts are newer than what it lacks, name the block of their deployment.',
    ],
    cause: error,
  });
}

type Refusal = Error & { readonly status?: unknown; readonly details?: string };

function isRefusal({ name, status }: Refusal): boolean {
  if (name === 'RpcRequestError') return true;
  if (name !== 'HttpRequestError' || typeof status !== 'number') return false;
  return status >= 400 && status < 500 && status !== 408 && status !== 429;
}
