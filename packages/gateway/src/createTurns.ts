/** Does one thing after another; each resolves and fails by itself. */
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
