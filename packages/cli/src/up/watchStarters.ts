import { commandLineOf, identityOf, isRunning, parentOf, type ProcessIdentity } from '../files/processIdentity.js';

const interval = 250;
const deepest = 6;

/**
 * The processes on whose behalf `npm start` or `npx` runs us: from our parent up to npm. None when we were started directly: then
 * a parent that ends (a shell with a job in the background) means nothing.
 */
export function startersOf(environment: Readonly<Record<string, string | undefined>>): ProcessIdentity[] {
  const event = environment['npm_lifecycle_event'];
  if (event !== 'start' && event !== 'npx') return [];
  const starters: ProcessIdentity[] = [];
  for (
    let pid = parentOf(process.pid);
    pid !== undefined && pid > 1 && starters.length < deepest;
    pid = parentOf(pid)
  ) {
    const identity = identityOf(pid);
    if (identity === undefined) break;
    starters.push(identity);
    if (/\bnpm\b/.test(commandLineOf(pid))) return starters;
  }
  return starters.slice(0, 1);
}

/** Calls `onGone` once when one of the processes has ended; they are not ours, so nobody tells us. */
export function watchStarters(starters: readonly ProcessIdentity[], onGone: () => void): { stop(): void } {
  const timer = setInterval(() => {
    if (starters.every(isRunning)) return;
    clearInterval(timer);
    onGone();
  }, interval);
  if (starters.length === 0) clearInterval(timer);
  return { stop: () => clearInterval(timer) };
}
