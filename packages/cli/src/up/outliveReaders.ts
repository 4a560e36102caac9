/**
 * From now on nobody needs to read what this process writes to these streams. Ctrl-C ends `tee` in `kedge up 2>&1 | tee log` as
 * well, and closing a terminal ends all that reads from it: the next line that `up` writes fails then, some turns later, and must
 * not keep it from stopping its services. For good: the last line may fail after everything else is over.
 */
export function outliveReaders(streams: readonly Pick<NodeJS.EventEmitter, 'on' | 'removeAllListeners'>[]): void {
  for (const stream of streams) {
    stream.removeAllListeners('error');
    stream.on('error', () => {
      // There is nobody to tell.
    });
  }
}
