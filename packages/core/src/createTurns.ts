/**
 * Does one thing after another. Each resolves, or fails, by itself: the next begins all the same.
 *
 * @example
 * const inTurn = createTurns();
 * await Promise.all([inTurn(async () => console.log('first')), inTurn(async () => console.log('second'))]);
 */
export function createTurns(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const turn = last.then(work);
    // Without what it came to, which would stay in memory with it.
    last = turn.then(nothing, nothing);
    return turn;
  };
}

const nothing = (): void => undefined;
