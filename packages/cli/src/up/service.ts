import { setTimeout as delay } from 'node:timers/promises';
import { BaseError, createTurns } from '@kedge/core';
import type { ServiceName } from '../files/dataPaths.js';
import { logTail, type Child } from './child.js';

/** How one service is kept running. */
type ServiceOptions = {
  readonly name: ServiceName;
  /** Starts it and resolves when it serves. */
  readonly start: () => Promise<Child>;
  /** Ms that it gets to end in peace. */
  readonly patience: number;
  /** Runs after it was started again because it had ended by itself. */
  readonly onRestarted?: () => Promise<void>;
  readonly note: (line: string) => void;
  /** Hears once that the service cannot be kept running. */
  readonly onFailed: (error: unknown) => void;
  /** Ms before each new start in a row; when they are used up the service has failed. */
  readonly delays?: readonly number[];
  /** Ms of service after which an end is no longer one in a row. */
  readonly steadyAfter?: number;
};

/** A service that is started again when it ends by itself. */
export type Service = {
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Stops it in peace and starts it again; does nothing before `start`. Where that fails for good, `onFailed` hears of it. */
  restart(): Promise<void>;
  /** Ends it at once, for good. */
  kill(): void;
  /** Process id of the present run. */
  pid(): number | undefined;
};

const standardDelays = [0, 250, 1_000, 3_000, 5_000];
const standardSteadyAfter = 5_000;

/** Keeps one service running until it is stopped. Starts, stops and restarts happen one after the other. */
export function createService(options: ServiceOptions): Service {
  const { delays = standardDelays, steadyAfter = standardSteadyAfter } = options;
  const closing = new AbortController();
  let child: Child | undefined;
  const inTurn = createTurns();
  let endsInARow = 0;
  let readyAt = 0;
  let wanted = false;

  const forgetOldEnds = (): void => {
    if (performance.now() - readyAt > steadyAfter) endsInARow = 0;
  };
  const launch = async (): Promise<void> => {
    const started = await options.start();
    child = started;
    readyAt = performance.now();
    void started.ended.then(({ text }) => {
      // `child` is another one, or none, when we ended this one ourselves.
      if (child !== started) return;
      child = undefined;
      forgetOldEnds();
      options.note(`the ${options.name} ended (${text}); starting it again`);
      inTurn(() => revive(started, text)).catch(options.onFailed);
    });
  };
  const halt = async (): Promise<void> => {
    const running = child;
    child = undefined;
    await running?.stop(options.patience);
  };
  /** Starts it after each pause in turn, until it runs; does nothing any more once it is to stop. */
  const keepStarting = async (reason: unknown): Promise<void> => {
    let last = reason;
    while (!closing.signal.aborted) {
      const pause = delays[endsInARow];
      if (pause === undefined) throw last;
      endsInARow += 1;
      await delay(pause, undefined, { signal: closing.signal }).catch(() => undefined);
      if (closing.signal.aborted) return;
      try {
        await launch();
        options.note(`the ${options.name} runs again`);
        return;
      } catch (error) {
        last = error;
      }
    }
  };
  const revive = async (ended: Child, reason: string): Promise<void> => {
    // A restart that came first in the queue has started it already.
    if (child !== undefined) return;
    await keepStarting(
      new BaseError(`the ${options.name} ended again and again, last with ${reason}`, {
        code: 'service_failed',
        hints: [`the end of ${ended.log.file}:\n${logTail(ended)}`],
      }),
    );
    if (!closing.signal.aborted) void options.onRestarted?.().catch(options.onFailed);
  };
  return {
    start: () => {
      wanted = true;
      return inTurn(launch);
    },
    stop: () => {
      closing.abort();
      return inTurn(halt);
    },
    restart: () =>
      inTurn(async () => {
        if (!wanted || closing.signal.aborted) return;
        forgetOldEnds();
        await halt();
        // What it needs may be away just then: it gets as many tries as after an end of its own.
        await launch().catch(keepStarting).catch(options.onFailed);
      }),
    kill: () => {
      closing.abort();
      const running = child;
      child = undefined;
      void running?.stop(0);
    },
    pid: () => child?.pid,
  };
}
