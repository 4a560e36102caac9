import { BaseError } from '@kedge/core';
import { takeProcessLock, type ProcessLock } from '../files/processLock.js';

/**
 * Takes the lock of a data folder: one `kedge up` runs there.
 *
 * @throws BaseError code `already_running` with the process and the folder
 */
export function takeUpLock(
  path: string,
  folder: string,
  options?: Parameters<typeof takeProcessLock>[2],
): Promise<ProcessLock> {
  const refused = (pid: number): BaseError =>
    new BaseError(`kedge up already runs for ${folder}: process ${pid}`, {
      code: 'already_running',
      hints: [
        'see what it serves: kedge status',
        `stop it with Ctrl-C in its terminal, or: kill ${pid}`,
        'for a second stack of its own pass another --data-dir',
      ],
    });
  return takeProcessLock(path, refused, options);
}
