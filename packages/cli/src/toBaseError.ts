import { BaseError, dataAnchoringTokenAbi, valueChannelsAbi, valueMarketAbi } from '@kedge/core';
import { decodeErrorResult, type Hex } from 'viem';
import { contractErrorText } from './contractErrors.js';

const allErrors = [...dataAnchoringTokenAbi, ...valueChannelsAbi, ...valueMarketAbi];

/**
 * Turns what a command threw into an error that says what to do next: reverts by the contracts' custom errors, an RPC
 * that does not answer, an account without funds, files that are missing. Anything else is returned as it is and
 * printed as a bug.
 */
export function toBaseError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const chain = causes(error);
  const revert = chain.map(revertData).find((data) => data !== undefined);
  if (revert !== undefined) return fromRevert(revert, error);
  const own = chain.find((item) => item instanceof BaseError);
  if (own !== undefined) return own;
  for (const item of chain) {
    const known = fromNamed(item, error) ?? fromSystem(item, error);
    if (known !== undefined) return known;
  }
  return error;
}

function causes(error: Error): Error[] {
  const all: Error[] = [];
  for (let item: unknown = error; item instanceof Error && !all.includes(item); item = item.cause) all.push(item);
  return all;
}

/** viem keeps the bytes of a revert in `raw`, or in `data` of the RPC's error. */
function revertData(error: Error): Hex | undefined {
  const { raw, data } = error as { raw?: unknown; data?: unknown };
  for (const bytes of [raw, data]) {
    if (typeof bytes === 'string' && /^0x[0-9a-f]{8,}$/i.test(bytes)) return bytes as Hex;
  }
  return undefined;
}

function fromRevert(data: Hex, cause: Error): BaseError {
  try {
    const { errorName, args } = decodeErrorResult({ abi: allErrors, data }) as { errorName: string; args?: readonly unknown[] };
    const { message, hints } = contractErrorText(errorName, args ?? []);
    return new BaseError(message, { hints, cause, code: errorName });
  } catch (undecodable) {
    return new BaseError(`a contract refused with an error that kedge does not know: ${data.slice(0, 10)}`, {
      hints: ['check that --contracts names contracts of this version of kedge'],
      cause: undecodable,
      code: 'unknown_revert',
    });
  }
}

function fromNamed(item: Error, cause: Error): BaseError | undefined {
  switch (item.name) {
    case 'HttpRequestError':
    case 'TimeoutError':
    case 'SocketClosedError':
    case 'WebSocketRequestError': {
      const url = (item as { url?: string }).url;
      return new BaseError(`the chain's RPC does not answer${url === undefined ? '' : `: ${withoutSecrets(url)}`}`, {
        kind: 'transient',
        hints: ['start the local stack with kedge up, or name another RPC with --rpc'],
        code: 'rpc_unreachable',
        cause,
      });
    }
    case 'WaitForTransactionReceiptTimeoutError':
      return new BaseError((item as { shortMessage?: string }).shortMessage ?? item.message, {
        kind: 'transient',
        hints: ['the transaction may still be mined: look with kedge status before sending it again'],
        code: 'transaction_pending',
        cause,
      });
    case 'InsufficientFundsError':
      return new BaseError('the account has too little ETH for the amount and the gas', {
        hints: ['fund it, or sign with another one: --account'],
        code: 'insufficient_funds',
        cause,
      });
    default:
      return undefined;
  }
}

function fromSystem(item: Error, cause: Error): BaseError | undefined {
  const { code, path } = item as NodeJS.ErrnoException;
  const messages: Readonly<Record<string, string>> = {
    ENOENT: 'does not exist',
    EACCES: 'may not be read or written by this user',
    EPERM: 'may not be changed by this user',
    EISDIR: 'is a folder, not a file',
    ENOTDIR: 'is not a folder',
    ENOSPC: 'cannot be written: the disk is full',
  };
  const message = code === undefined ? undefined : messages[code];
  if (message === undefined || path === undefined) return undefined;
  return new BaseError(`${path} ${message}`, { hints: ['check the path'], code: code!.toLowerCase(), cause });
}

/** RPC providers put keys into paths and queries: only the origin is shown. */
export function withoutSecrets(url: string): string {
  return URL.canParse(url) ? new URL(url).origin : url;
}
