import { BaseError } from '@kedge/core';

/**
 * A later step of a command whose earlier ones are on chain. Where it fails, the error names what they made and how to go on from
 * there: the same command again would make it twice.
 *
 * @param made what there is now, such as `{ classId: 3n }`
 * @param next the sentence that says how to go on
 */
export async function afterDone<value>(
  step: Promise<value>,
  made: Readonly<Record<string, unknown>>,
  next: string,
): Promise<value> {
  try {
    return await step;
  } catch (cause) {
    if (!(cause instanceof BaseError)) throw cause;
    throw cause.with({ values: made, hints: [next, ...cause.hints] });
  }
}
