const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Waits for work that comes after a change. Where Ctrl-C or another signal ends the program meanwhile, the change is undone first;
 * then the signal ends it as it would have.
 *
 * @example
 * const closed = await undoOnSignal(closeChannel(client, { channel }), () => writeFile('channels.json', text));
 */
export async function undoOnSignal<T>(work: Promise<T>, undo: () => Promise<void>): Promise<T> {
  const release = (): void => signals.forEach((signal) => process.off(signal, end));
  const end = (signal: NodeJS.Signals): void => {
    release();
    void undo().finally(() => process.kill(process.pid, signal));
  };
  for (const signal of signals) process.on(signal, end);
  return work.finally(release);
}
