import type { BaseError } from '@kedge/core';
import { within } from '../within.js';
import { unavailable } from './unavailable.js';

/** The requests under way, and their end where a gateway stops. */
export type Drain = {
  readonly running: () => number;
  /** Counts a request until what this answers with is called. */
  readonly onRequest: () => () => void;
  /** Lets nothing begin any more, and resolves when nothing runs, or after so many milliseconds. */
  readonly begin: (patienceMs: number) => Promise<void>;
  /** Why nothing begins any more; undefined as long as it may. */
  readonly refusal: () => BaseError | undefined;
};

export function createDrain(): Drain {
  let running = 0;
  let draining = false;
  let drained = (): void => undefined;
  return {
    running: () => running,
    onRequest: () => {
      running++;
      return () => {
        if (--running === 0) drained();
      };
    },
    begin: (patienceMs) => {
      draining = true;
      const ended = new Promise<void>((resolve) => (running === 0 ? resolve() : (drained = resolve)));
      return within(patienceMs, ended);
    },
    refusal: () => (draining ? unavailable('The gateway is stopping.', 'draining') : undefined),
  };
}
