import { constants, getPriority, setPriority } from 'node:os';

/**
 * Puts a process behind those of normal priority. One that is further behind stays there, as where everything was started with
 * `nice`: only an administrator may raise a priority. One that has ended is nothing to fail by: whoever keeps it running sees it.
 */
export function lowerPriority(pid: number): void {
  try {
    setPriority(pid, Math.max(getPriority(pid), constants.priority.PRIORITY_BELOW_NORMAL));
  } catch (error) {
    if ((error as { readonly info?: { readonly code?: string } }).info?.code !== 'ESRCH') throw error;
  }
}
