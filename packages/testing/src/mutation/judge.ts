import { compileContracts } from './compiler.js';
import type { Sources } from './compiler.js';
import { applyMutant } from './mutant.js';
import type { Mutant } from './mutant.js';
import type { Result } from './results.js';
import { exchangeCode, exchangeSource, runTests } from './workbench.js';
import type { Workbench } from './workbench.js';

/** Deployed contracts: their files, each with the files it contains, and all sources. */
export type Targets = {
  readonly contains: ReadonlyMap<string, Sources>;
  readonly sources: Sources;
  /** Tests that contain code of a library instead of deploying a contract: their files, each with the files it contains. */
  readonly harnesses: ReadonlyMap<string, Sources>;
};

export type Court = {
  readonly root: string;
  readonly bench: Workbench;
  /** Where tests are compiled with mutants of libraries. */
  readonly harness: Workbench;
  readonly targets: Targets;
  /** Creation code of the unchanged contracts, by file. */
  readonly originals: ReadonlyMap<string, string>;
};

type Stage = { readonly selection: readonly string[]; readonly runs: number; readonly seconds: number };

const NO_GAS = ['--no-match-path', 'contracts/test/gas/*'];
/** Long histories, and trees of a hundred thousand leaves. */
const LONG = 'invariant|test_L1toL7|testFuzz_L1toL7|.*AHundredThousand';

/** Cheap tests first; gas, which a mutant may change without being wrong, is not asked. */
const STAGES: readonly Stage[] = [
  { selection: [...NO_GAS, '--no-match-test', `^(testFuzz|${LONG})`], runs: 1, seconds: 240 },
  { selection: [...NO_GAS, '--match-test', '^testFuzz', '--no-match-test', `^(${LONG})`], runs: 16, seconds: 600 },
];
/** Asked where the others saw nothing: more runs of everything. */
const THOROUGH: Stage = { selection: NO_GAS, runs: 64, seconds: 1800 };

/** Compiles the unchanged contracts and sees their tests pass. */
export async function openCourt(root: string, bench: Workbench, harness: Workbench, targets: Targets): Promise<Court> {
  const originals = compileContracts(root, targets.sources, [...targets.contains.keys()], false);
  if (originals === undefined) throw new Error('the contracts do not compile');
  exchangeCode(bench, originals);
  for (const { selection, runs, seconds } of STAGES) {
    const { passed, failures } = await runTests(bench, selection, runs, seconds);
    if (!passed) throw new Error(`the tests fail without any mutant: ${failures.join(', ') || 'too slow'}`);
  }
  return { root, bench, harness, targets, originals };
}

/**
 * Compiles the contracts that contain the mutant, puts them in place of the originals, and runs the tests.
 * @param thorough also the long tests, those that contain a library's code, and more runs of all.
 */
export async function judge(court: Court, mutant: Mutant, thorough: 'thorough' | 'quick'): Promise<Result> {
  const code = compileMutant(court, mutant, false);
  if (code === undefined) return { id: mutant.id, verdict: 'invalid', by: 'compiler' };
  if ([...code].every(([file, object]) => object === court.originals.get(file))) {
    return { id: mutant.id, verdict: 'equivalent', by: 'compiler' };
  }
  exchangeCode(court.bench, new Map([...court.originals, ...code]));
  const stages = thorough === 'quick' ? STAGES : [...STAGES, THOROUGH];
  for (const { selection, runs, seconds } of stages) {
    const { passed, timedOut, failures } = await runTests(court.bench, selection, runs, seconds);
    if (!passed) return { id: mutant.id, verdict: 'killed', by: timedOut ? 'deadline' : failures[0]! };
    if (runs === 1 && isEquivalent(court, mutant)) return { id: mutant.id, verdict: 'equivalent', by: 'optimizer' };
  }
  const killer = thorough === 'quick' ? undefined : await killedInHarness(court, mutant);
  return { id: mutant.id, verdict: killer === undefined ? 'survived' : 'killed', by: killer ?? '' };
}

/** The test that kills the mutant among those that contain its file, if any. */
async function killedInHarness({ harness, targets }: Court, mutant: Mutant): Promise<string | undefined> {
  const tests = [...targets.harnesses].filter(([, sources]) => sources.has(mutant.file)).map(([file]) => file);
  const source = targets.sources.get(mutant.file)!;
  exchangeSource(harness, mutant.file, applyMutant(source, mutant));
  try {
    for (const test of tests) {
      const { passed, failures } = await runTests(harness, ['--match-path', test], 256, 600);
      if (!passed) return failures[0] ?? 'deadline';
    }
  } finally {
    exchangeSource(harness, mutant.file, source);
  }
  return undefined;
}

function affectedBy({ contains }: Targets, mutant: Mutant): readonly string[] {
  return [...contains].filter(([, sources]) => sources.has(mutant.file)).map(([file]) => file);
}

function compileMutant(court: Court, mutant: Mutant, optimizer: boolean): ReadonlyMap<string, string> | undefined {
  const { sources } = court.targets;
  const mutated = new Map(sources).set(mutant.file, applyMutant(sources.get(mutant.file)!, mutant));
  return compileContracts(court.root, mutated, affectedBy(court.targets, mutant), optimizer);
}

let optimizedOriginals: ReadonlyMap<string, string> | undefined;

/** Whether the optimizer makes the same of both. */
function isEquivalent(court: Court, mutant: Mutant): boolean {
  const { contains, sources } = court.targets;
  optimizedOriginals ??= compileContracts(court.root, sources, [...contains.keys()], true)!;
  const mutated = compileMutant(court, mutant, true);
  return affectedBy(court.targets, mutant).every((file) => mutated?.get(file) === optimizedOriginals!.get(file));
}
