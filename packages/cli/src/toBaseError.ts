import { BaseError } from '@kedge/core';
import { toChainError } from '@kedge/sdk';
import { BaseError as ViemError } from 'viem';
import { commandHints } from './commandHints.js';

/**
 * Turns what a command threw into an error that says what to do next, in commands: reverts by the contracts' custom
 * errors, a chain that does not answer, files that are missing. Anything else is returned as it is: a bug.
 */
export function toBaseError(error: unknown): unknown {
  const known = error instanceof ViemError ? toChainError(error, 'read the chain') : fromSystem(error);
  if (!(known instanceof BaseError)) return known;
  const hints = known.code === undefined ? undefined : commandHints[known.code];
  if (hints === undefined || (known.code === 'chain_unreachable' && known.hints.length > 0)) return known;
  return known.with({ hints });
}

function fromSystem(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof BaseError) return error;
  const { code, path } = error as NodeJS.ErrnoException;
  const messages: Readonly<Record<string, string>> = {
    ENOENT: 'does not exist',
    EACCES: 'may not be read or written by this user',
    EPERM: 'may not be changed by this user',
    EISDIR: 'is a folder, not a file',
    ENOTDIR: 'is not a folder',
    ENOSPC: 'cannot be written: the disk is full',
    EROFS: 'cannot be written: the file system is read-only',
  };
  const message = code === undefined ? undefined : messages[code];
  if (message === undefined || path === undefined) return error;
  return new BaseError(`${path} ${message}.`, { hints: ['Check the path.'], code: code!.toLowerCase(), cause: error });
}
