import type { Mutant } from './mutant.js';
import type { Result } from './results.js';

/** Names of tests by the declaration or the file whose mutants they killed, the latest first. */
export type Killers = Map<string, readonly string[]>;

/** So many tests still take less time than forge's start. */
const REMEMBERED = 6;

/** What the results so far say, of tests that there still are. */
export function killersIn(
  mutants: readonly Mutant[],
  results: ReadonlyMap<string, Result>,
  isTest: (name: string) => boolean,
): Killers {
  const killers: Killers = new Map();
  for (const mutant of mutants) {
    const result = results.get(mutant.id);
    if (result?.verdict === 'killed' && isTest(result.by)) rememberKiller(killers, mutant, result.by);
  }
  return killers;
}

/** Puts the test in front of those that are asked about the mutant's neighbours. */
export function rememberKiller(killers: Killers, mutant: Mutant, test: string): void {
  for (const place of placesOf(mutant)) {
    const others = (killers.get(place) ?? []).filter((name) => name !== test);
    killers.set(place, [test, ...others].slice(0, REMEMBERED));
  }
}

/** Tests that killed mutants of the same function, then of the same file. */
export function killersNear(killers: Killers, mutant: Mutant): readonly string[] {
  return [...new Set(placesOf(mutant).flatMap((place) => killers.get(place) ?? []))];
}

function placesOf({ file, declaredAt }: Mutant): readonly string[] {
  return [`${file}:${declaredAt}`, file];
}
