import { watchStarters } from './watchStarters.js';
import type { ProcessIdentity } from '../files/processIdentity.js';

/** Why `up` should stop. */
type StopReason = 'SIGINT' | 'SIGTERM' | 'SIGHUP' | 'SIGQUIT' | 'its starter ended';

type StopSignals = {
  /** Aborts at the first signal; its reason is a `StopReason`. */
  readonly signal: AbortSignal;
  /** Takes the handlers away. */
  dispose(): void;
};

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const;
/** One Ctrl-C under npx arrives twice: from the terminal and, passed on, from npm. */
const oneKeyPress = 1_000;

/**
 * Listens for Ctrl-C and its like, and for the end of the npm that started us. `onForce` hears of a signal that comes
 * while stopping is already under way.
 */
export function listenForStop(
  starters: readonly ProcessIdentity[],
  onForce: () => void,
  now: () => number = () => performance.now(),
): StopSignals {
  const controller = new AbortController();
  let first = 0;
  const stop = (reason: StopReason): void => {
    if (!controller.signal.aborted) {
      first = now();
      controller.abort(reason);
    } else if (reason !== 'its starter ended' && now() - first > oneKeyPress) onForce();
  };
  const listeners = signals.map((name) => ({ name, listener: () => stop(name) }));
  for (const { name, listener } of listeners) process.on(name, listener);
  const watch = watchStarters(starters, () => stop('its starter ended'));
  return {
    signal: controller.signal,
    dispose: () => {
      for (const { name, listener } of listeners) process.off(name, listener);
      watch.stop();
    },
  };
}
