import { BaseError } from '@kedge/core';
import { type Database, isTimeout } from './database.js';

/**
 * Does what no other gateway does meanwhile. One that gives no sign of life for so long, because it is stopped or cut off,
 * has lost its turn: whoever is next goes on, and what it does when it wakes must be refused by what it finds.
 * @throws BaseError `turn_missed` when its turn does not come within the time of a statement; any error when it was lost.
 */
export function aloneAt<T>(
  database: Database,
  what: 'capture' | 'payment',
  silenceMs: number,
  work: () => Promise<T>,
): Promise<T> {
  const name = `kedge_gateway ${what}`;
  return database.onConnection(async (query) => {
    // Given back with its connection, however that ends.
    await query('select pg_advisory_lock(hashtextextended($1, 0))', [name]).catch((error: unknown) => {
      throw isTimeout(error) ? turnMissed(what, error) : error;
    });
    // PostgreSQL before version 14 has no such setting: there only a connection that breaks gives the lock back.
    const inSettings = `from pg_settings where name = 'idle_session_timeout'`;
    await query(`select set_config(name, $1, false) ${inSettings}`, [`${silenceMs}ms`]);
    let beating: Promise<unknown> | undefined;
    const beat = (): void => {
      beating ??= query('select').then(
        () => (beating = undefined),
        // What the work itself asks next fails, too.
        () => undefined,
      );
    };
    const timer = setInterval(beat, silenceMs / 4);
    const result = await work().finally(() => clearInterval(timer));
    await beating;
    await query(
      `select pg_advisory_unlock(hashtextextended($1, 0)), (select set_config(name, reset_val, false) ${inSettings})`,
      [name],
    );
    return result;
  });
}

function turnMissed(what: string, cause: unknown): BaseError {
  return new BaseError(`Another gateway is at a ${what}, and was not done in time.`, {
    code: 'turn_missed',
    kind: 'transient',
    cause,
    hints: ['Nothing is lost: it does the same for all gateways, or this one does when it is tried again.'],
  });
}
