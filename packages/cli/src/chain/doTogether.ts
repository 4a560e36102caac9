import { BaseError } from '@kedge/core';
import { mostTogether } from '@kedge/sdk';
import { toBaseError } from '../toBaseError.js';
import { throughAll } from './doEach.js';

/** Things in their order, as many together as go into one transaction. */
export function batchesOf<item>(items: readonly item[]): item[][] {
  const count = Math.ceil(items.length / mostTogether);
  return Array.from({ length: count }, (_, at) => items.slice(at * mostTogether, (at + 1) * mostTogether));
}

/**
 * Does things with as few transactions as take them. What the chain refuses together is done one after the other, so that what
 * it refuses of one keeps nobody from the others; that refusal is thrown after all that was done.
 *
 * @param all does several with one transaction, or none of them
 */
export async function* doTogether<item, part>(
  items: readonly item[],
  all: (items: readonly item[]) => Promise<readonly part[]>,
  each: (item: item) => AsyncIterable<part>,
): AsyncGenerator<part> {
  yield* throughAll(batchesOf(items), async function* (some) {
    const parts = some.length > 1 ? await unlessRefused(all(some)) : undefined;
    if (parts === undefined) yield* throughAll(some, each);
    else yield* parts;
  });
}

/** Undefined where the chain refused it. A chain that does not answer would not answer for one either. */
async function unlessRefused<value>(work: Promise<value>): Promise<value | undefined> {
  try {
    return await work;
  } catch (thrown) {
    const error = toBaseError(thrown);
    if (!(error instanceof BaseError) || error.kind === 'transient') throw error;
    return undefined;
  }
}
