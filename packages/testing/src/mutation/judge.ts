import { compileContracts } from './compiler.js';
import type { Sources } from './compiler.js';
import { killersNear, rememberKiller } from './killers.js';
import type { Killers } from './killers.js';
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
  /** Deployed files whose code contains a declaration, as far as its mutants have shown. */
  readonly reached: Map<string, readonly string[]>;
  readonly killers: Killers;
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

/** What a mutant has to survive. */
type Care = 'thorough' | 'quick';

const stagesOf = (care: Care): readonly Stage[] => (care === 'quick' ? STAGES : [...STAGES, THOROUGH]);

/** Compiles the unchanged contracts and sees pass what mutants have to survive. */
export async function openCourt(
  { root, targets, killers }: Pick<Court, 'root' | 'targets' | 'killers'>,
  bench: Workbench,
  harness: Workbench,
  care: Care,
): Promise<Court> {
  const originals = compileContracts(root, targets.sources, [...targets.contains.keys()], false);
  if (originals === undefined) throw new Error('the contracts do not compile');
  exchangeCode(bench, originals);
  for (const { selection, runs, seconds } of stagesOf(care)) {
    const { passed, failures } = await runTests(bench, selection, runs, seconds);
    if (!passed) throw new Error(`the tests fail without any mutant: ${failures.join(', ') || 'too slow'}`);
  }
  return { root, bench, harness, targets, originals, reached: new Map(), killers };
}

/**
 * Compiles the contracts that contain the mutant, puts them in place of the originals, and runs the tests.
 * @param care thorough: also the long tests, those that contain a library's code, and more runs of all.
 */
export async function judge(court: Court, mutant: Mutant, care: Care): Promise<Result> {
  const code = compileMutant(court, mutant, false);
  if (code === undefined) return { id: mutant.id, verdict: 'invalid', by: 'compiler' };
  const changed = [...code].filter(([file, object]) => object !== court.originals.get(file)).map(([file]) => file);
  if (changed.length === 0) return { id: mutant.id, verdict: 'equivalent', by: 'compiler' };
  if (!court.reached.has(declarationOf(mutant))) court.reached.set(declarationOf(mutant), changed);
  exchangeCode(court.bench, new Map([...court.originals, ...code]));
  const killer = care === 'quick' ? undefined : await killedInHarness(court, mutant);
  if (killer !== undefined) return { id: mutant.id, verdict: 'killed', by: killer };
  for (const { selection, runs, seconds } of [...stageOf(killersNear(court.killers, mutant)), ...stagesOf(care)]) {
    const { passed, timedOut, failures } = await runTests(court.bench, selection, runs, seconds);
    if (!passed && failures[0]?.startsWith('test') === true) rememberKiller(court.killers, mutant, failures[0]!);
    if (!passed) return { id: mutant.id, verdict: 'killed', by: timedOut ? 'deadline' : failures[0]! };
    if (runs === 1 && isEquivalent(court, mutant)) return { id: mutant.id, verdict: 'equivalent', by: 'optimizer' };
  }
  return { id: mutant.id, verdict: 'survived', by: '' };
}

/** Tests that killed the mutant's neighbours are asked before all others: most often one of them kills it too. */
function stageOf(tests: readonly string[]): readonly Stage[] {
  if (tests.length === 0) return [];
  const selection = [...NO_GAS, '--match-test', `^(${tests.join('|')})\\(`];
  return [{ selection, runs: 16, seconds: 240 }];
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

/**
 * Deployed files whose code the mutant may change. Where another mutant of the same declaration changed the code of some
 * and not of others, the others do not contain it.
 */
function affectedBy({ targets, reached }: Court, mutant: Mutant): readonly string[] {
  return (
    reached.get(declarationOf(mutant)) ??
    [...targets.contains].filter(([, sources]) => sources.has(mutant.file)).map(([file]) => file)
  );
}

function declarationOf({ file, declaredAt }: Mutant): string {
  return `${file}:${declaredAt}`;
}

function compileMutant(court: Court, mutant: Mutant, optimizer: boolean): ReadonlyMap<string, string> | undefined {
  const { contains, sources } = court.targets;
  const affected = affectedBy(court, mutant);
  const needed = new Map(affected.flatMap((file) => [...contains.get(file)!]));
  needed.set(mutant.file, applyMutant(sources.get(mutant.file)!, mutant));
  return compileContracts(court.root, needed, affected, optimizer);
}

let optimizedOriginals: ReadonlyMap<string, string> | undefined;

/** Whether the optimizer makes the same of both. */
function isEquivalent(court: Court, mutant: Mutant): boolean {
  const { contains, sources } = court.targets;
  optimizedOriginals ??= compileContracts(court.root, sources, [...contains.keys()], true)!;
  const mutated = compileMutant(court, mutant, true);
  return affectedBy(court, mutant).every((file) => mutated?.get(file) === optimizedOriginals!.get(file));
}
