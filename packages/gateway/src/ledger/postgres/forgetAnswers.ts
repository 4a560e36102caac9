import { reasonOf, type StructuredLog } from '../../structuredLog.js';
import type { Database } from './database.js';

// With their bodies, which may be a megabyte each, they are gone within the time of one statement.
const atOnce = 100;

/** Removes answers whose keys are retained no more, from time to time. @returns Ends it. */
export function forgetAnswers(database: Database, everyMs: number, log: StructuredLog): () => Promise<void> {
  let running: Promise<void> | undefined;
  let stopped = false;

  const forget = async (): Promise<void> => {
    try {
      for (let count = atOnce; count === atOnce;) {
        if (stopped) return;
        // Locked first: of a key that is used again at this moment the new answer stays.
        const rows = await database.query(
          'kedge_forget_answers',
          `with old as (
            select channel_id, key_sha256 from kedge_gateway.answer
              where at < clock_timestamp() - interval '27 hours' limit ${atOnce} for update skip locked
          ) delete from kedge_gateway.answer a using old
              where a.channel_id = old.channel_id and a.key_sha256 = old.key_sha256 returning 1`,
          [],
        );
        count = rows.length;
      }
    } catch (error) {
      log.warn('answers_not_forgotten', { reason: reasonOf(error) });
    }
  };

  const timer = setInterval(() => (running ??= forget().finally(() => (running = undefined))), everyMs);
  return async () => {
    stopped = true;
    clearInterval(timer);
    await running;
  };
}
