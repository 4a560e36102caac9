import { BaseError } from '@kedge/core';
import { toChainError } from '@kedge/sdk';
import { BaseError as ViemError } from 'viem';
import { lotNumberOf } from './chain/lotNumber.js';
import { commandHints } from './commandHints.js';
import { shellWord } from './human.js';

/**
 * Turns what a command threw into an error that says what to do next, in commands: reverts by the contracts' custom
 * errors, a chain that does not answer, files that are missing. Anything else is returned as it is: a bug.
 */
export function toBaseError(error: unknown): unknown {
  const known = error instanceof ViemError ? toChainError(error, 'read the chain') : fromSystem(error);
  if (!(known instanceof BaseError)) return known;
  const counted = withLotNumber(known);
  const hints = known.code === undefined ? undefined : commandHints[known.code];
  if (hints === undefined || (known.code === 'chain_unreachable' && known.hints.length > 0)) return counted;
  return counted.with({ hints });
}

/** A lot as it was given on the command line, not as the chain has it. */
function withLotNumber(error: BaseError): BaseError {
  const { lot } = error.values;
  const number = typeof lot === 'number' ? lotNumberOf(lot) : undefined;
  return number === undefined ? error : error.with({ values: { lot: number } });
}

function fromSystem(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof BaseError) return error;
  const { code, path, syscall } = error as NodeJS.ErrnoException;
  const unwritable = code === undefined ? undefined : unwritableFor[code];
  if (unwritable !== undefined) return cannotBeWritten(error, { code: code!, path, ...unwritable });
  const messages: Readonly<Record<string, string>> = {
    // Node says so, too, of a folder that a read-only or full file system refuses to make.
    ENOENT: syscall === 'mkdir' ? 'cannot be made: the file system may be read-only or full' : 'does not exist',
    EACCES: 'may not be read or written by this user',
    EPERM: 'may not be changed by this user',
    EISDIR: 'is a folder, not a file',
    ENOTDIR: 'is not a folder',
    EEXIST: syscall === 'mkdir' ? 'is not a folder' : 'exists already',
    ELOOP: 'leads from one symbolic link to the next without an end',
    ENAMETOOLONG: 'is too long a name',
    EMFILE: 'cannot be opened: this process has too many files open (ulimit -n)',
    EROFS: 'cannot be written: the file system is read-only',
  };
  const message = code === undefined ? undefined : messages[code];
  if (message === undefined || path === undefined) return error;
  const isForbidden = code === 'EACCES' || code === 'EPERM';
  const hint = isForbidden ? `See whose it is, and who may: ls -ld ${shellWord(path)}` : 'Check the path.';
  return new BaseError(`${path} ${message}.`, { hints: [hint], code: code!.toLowerCase(), cause: error });
}

const unwritableFor: Readonly<Record<string, { readonly reason: string; readonly hint: string }>> = {
  ENOSPC: { reason: 'the disk is full', hint: 'Free some space and run the command again.' },
  EDQUOT: { reason: 'the disk is full', hint: 'Free some space and run the command again.' },
  EFBIG: {
    reason: 'it would be larger than the file system or this session (ulimit -f) allows',
    hint: 'Raise the limit, or name a folder elsewhere, and run the command again.',
  },
};

/** Node names the file only where it could not be made, not where it could not be filled. */
function cannotBeWritten(
  cause: Error,
  { code, path = 'A file', reason, hint }: { code: string; path: string | undefined; reason: string; hint: string },
): BaseError {
  return new BaseError(`${path} cannot be written: ${reason}.`, { hints: [hint], code: code.toLowerCase(), cause });
}
