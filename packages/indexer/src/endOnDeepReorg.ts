import type { Logger } from './calmIdle.js';

/** Of Ponder, where the chain replaced what it took for final. */
export const deepReorgMessage = 'Encountered unrecoverable reorg';

/**
 * Ends the process where the chain replaced blocks that Ponder took for final. It would try for ten minutes, and answer with what
 * is no more; the next start builds anew what has to be.
 *
 * @param end called once
 */
export function endOnDeepReorg(logger: Logger, end: () => void): void {
  const warn = logger.warn.bind(logger);
  let hasEnded = false;
  logger.warn = (log) => {
    warn(log);
    if (hasEnded || log.msg !== deepReorgMessage) return;
    hasEnded = true;
    end();
  };
}
