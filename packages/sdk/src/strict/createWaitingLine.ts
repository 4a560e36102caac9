import type { VoucherAccount } from './voucherAccount.js';

/** Where one call waits that was refused because others take up what is served ahead of payment. */
export type WaitingPlace = {
  /**
   * Whether to send the call again: true as soon as another one has ended since there were `endedBefore`, false when none is
   * left to wait for, or when it waited for too long. One call at a time is told so.
   * @throws what the call was aborted with.
   */
  readonly mayRetry: (endedBefore: number) => Promise<boolean>;
  /** The call is over: the next one has its turn. */
  readonly leave: () => void;
};

/** How long a call waits in all. A stream that nobody reads does not end. */
const longestWaitMs = 60_000;
/** How long a call that was sent again keeps its turn. A refusal takes less: after that it runs, and another one may fit too. */
const turnMs = 250;

/**
 * A line for the calls of one channel. The operator serves only so much ahead of payment (R11), so parallel calls may have to
 * wait for one another. They are sent again one by one, in their order: together they would refuse each other again.
 */
export function createWaitingLine({
  endedCount,
  runningCount,
  nextEnd,
}: Pick<VoucherAccount, 'endedCount' | 'runningCount' | 'nextEnd'>): (signal: AbortSignal) => WaitingPlace {
  let last: Promise<unknown> = Promise.resolve();

  return (signal) => {
    let turn: Promise<unknown> | undefined;
    let passOn = (): void => undefined;
    let passing: ReturnType<typeof setTimeout> | undefined;
    let waitedTooLong: ReturnType<typeof setTimeout> | undefined;
    let isOver = false;
    let finish = (): void => undefined;
    const over = new Promise<void>((resolve) => {
      finish = () => {
        isOver = true;
        resolve();
      };
    });

    const enter = (): Promise<unknown> => {
      const before = last;
      last = Promise.all([before, new Promise<void>((resolve) => (passOn = resolve))]);
      return before;
    };
    const pass = (): void => {
      clearTimeout(passing);
      turn = undefined;
      passOn();
    };

    return {
      mayRetry: async (endedBefore) => {
        // Of an abort that was before, its event says nothing.
        signal.throwIfAborted();
        clearTimeout(passing);
        if (waitedTooLong === undefined) {
          waitedTooLong = setTimeout(finish, longestWaitMs);
          signal.addEventListener('abort', finish);
        }
        await Promise.race([(turn ??= enter()), over]);
        for (;;) {
          signal.throwIfAborted();
          if (isOver) return false;
          if (endedCount() !== endedBefore) {
            passing = setTimeout(pass, turnMs);
            return true;
          }
          if (runningCount() === 0) return false;
          await Promise.race([nextEnd(), over]);
        }
      },
      leave: () => {
        clearTimeout(waitedTooLong);
        signal.removeEventListener('abort', finish);
        pass();
      },
    };
  };
}
