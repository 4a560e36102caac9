import * as fc from 'fast-check';
import { randomFrom } from '../../createRandom.js';
import { createHistory, type Cast, type History } from './createHistory.js';

/** Which pieces are left out next: those of `size` commands, the last before `end` first. */
type Place = { readonly size: number; readonly end: number; readonly hasChanged: boolean };

/** Histories of `length` commands, which are shrunk to parts of themselves. */
export function histories(cast: Cast, length: number): fc.Arbitrary<History> {
  return new Histories(cast, length);
}

/**
 * Commands follow from the state that those before them led to, so they cannot be drawn one by one as `fc.commands` does.
 * Once drawn they are fixed: a history that lacks some of its commands has the others as they were.
 */
class Histories extends fc.Arbitrary<History> {
  readonly #cast: Cast;
  readonly #length: number;

  constructor(cast: Cast, length: number) {
    super();
    this.#cast = cast;
    this.#length = length;
  }

  override generate(source: fc.Random): fc.Value<History> {
    const random = randomFrom(() => source.nextInt(-0x80000000, 0x7fffffff) >>> 0);
    return new fc.Value(createHistory(this.#cast, this.#length, random), undefined);
  }

  override canShrinkWithoutContext(value: unknown): value is History {
    return Array.isArray(value);
  }

  override shrink(history: History, context: unknown): fc.Stream<fc.Value<History>> {
    const half = Math.max(1, Math.ceil(history.length / 2));
    const place = (context as Place | undefined) ?? { size: half, end: history.length, hasChanged: false };
    return fc.stream(shorter(history, place));
  }
}

/**
 * Without one half, then without a quarter, and so on down to single commands, for as long as leaving one of these out still
 * fails. Where it does, fast-check asks anew, and the search goes on at the same place. Later commands go first, because they
 * build upon the earlier.
 */
function* shorter(history: History, { size, end, hasChanged }: Place): Generator<fc.Value<History>, void> {
  for (let before = end; before > 0; before -= size) {
    const start = Math.max(0, before - size);
    yield new fc.Value(history.toSpliced(start, before - start), { size, end: start, hasChanged: true });
  }
  if (size === 1 && !hasChanged) return;
  yield* shorter(history, { size: Math.ceil(size / 2), end: history.length, hasChanged: false });
}
