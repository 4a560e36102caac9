type Log = { readonly msg: string };
export type Logger = { info(log: Log): void; warn(log: Log): void };

/** Of Ponder, half a minute after a block that had none after it. */
export const idleMessage = 'No new block received within expected time';

/** Has Ponder not warn of a chain without new blocks, for one that makes them for transactions only: where nothing happens, nothing is wrong. */
export function calmIdle(logger: Logger): void {
  const warn = logger.warn.bind(logger);
  logger.warn = (log) => (log.msg === idleMessage ? logger.info(log) : warn(log));
}
