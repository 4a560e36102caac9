import { BaseError } from '@kedge/core';
import type { Context } from '../context.js';
import { exitCodes } from '../output.js';
import { toBaseError } from '../toBaseError.js';

/** What could not be done, or not all of it, and why. */
export type Undone<item> = { readonly item: item; readonly error: BaseError };

/**
 * Does one thing after the other, each on its own: what the chain refuses of one keeps nobody from the others, nor from
 * hearing what was done. Only a chain that does not answer ends it early.
 *
 * @param work yields each part once it is done
 */
export async function doEach<item, part>(
  items: readonly item[],
  work: (item: item) => AsyncIterable<part>,
): Promise<{ readonly done: readonly part[]; readonly undone: readonly Undone<item>[] }> {
  const done: part[] = [];
  const undone: Undone<item>[] = [];
  for (const item of items) {
    try {
      for await (const part of work(item)) done.push(part);
    } catch (thrown) {
      const error = toBaseError(thrown);
      if (!(error instanceof BaseError)) throw thrown;
      undone.push({ item, error });
      if (error.kind === 'transient') break;
    }
  }
  return { done, undone };
}

/** The same for parts of one thing: what was refused first, or that the chain does not answer, is thrown after all that was done. */
export async function* throughAll<item, part>(
  items: readonly item[],
  work: (item: item) => AsyncIterable<part>,
): AsyncGenerator<part> {
  const { done, undone } = await doEach(items, work);
  yield* done;
  const worst = undone.find(({ error }) => error.kind === 'transient') ?? undone[0];
  if (worst !== undefined) throw worst.error;
}

/** Says what was not done, after what was; the exit code of the command. */
export function sayUndone({ output }: Pick<Context, 'output'>, errors: readonly BaseError[]): number {
  return errors.map((error) => output.error(error))[0] ?? exitCodes.ok;
}
