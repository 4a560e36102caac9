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
  const { code, path, syscall } = error as NodeJS.ErrnoException;
  if (code === 'ENOSPC' || code === 'EDQUOT') return diskFull(error, code, path);
  const messages: Readonly<Record<string, string>> = {
    // Node says so, too, of a folder that a read-only or full file system refuses to make.
    ENOENT: syscall === 'mkdir' ? 'cannot be made: the file system may be read-only or full' : 'does not exist',
    EACCES: 'may not be read or written by this user',
    EPERM: 'may not be changed by this user',
    EISDIR: 'is a folder, not a file',
    ENOTDIR: 'is not a folder',
    EROFS: 'cannot be written: the file system is read-only',
  };
  const message = code === undefined ? undefined : messages[code];
  if (message === undefined || path === undefined) return error;
  return new BaseError(`${path} ${message}.`, { hints: ['Check the path.'], code: code!.toLowerCase(), cause: error });
}

/** Node names the file only where it could not be made, not where it could not be filled. */
function diskFull(cause: Error, code: string, path = 'A file'): BaseError {
  const hints = ['Free some space and run the command again.'];
  return new BaseError(`${path} cannot be written: the disk is full.`, { hints, code: code.toLowerCase(), cause });
}
