import { readFileSync } from 'node:fs';
import path from 'node:path';
import { compileTrees, importsOf, readWithImports } from './compiler.js';
import type { Sources } from './compiler.js';
import { judge, openCourt } from './judge.js';
import type { Court, Targets } from './judge.js';
import { killersIn } from './killers.js';
import type { Mutant } from './mutant.js';
import { mutantsOf } from './mutantsOf.js';
import { childrenOf, isNode } from './node.js';
import { appendResult, readResults } from './results.js';
import { copyProject, filesIn, openWorkbench } from './workbench.js';

const OWN = 'contracts/src';

type MutationOptions = {
  readonly root: string;
  readonly targets: Targets;
  readonly mutants: readonly Mutant[];
  /** All mutants: what killed those that are judged already is tried first on their neighbours. */
  readonly known: readonly Mutant[];
  readonly forge: string;
  /** At most so many mutants of those that have no result yet. */
  readonly limit: number;
  /** Only files whose path contains this. */
  readonly only: string;
  /** Tries survivors again instead, with more runs and the long tests, and after tests were added. */
  readonly survivors: boolean;
  /** How many mutants are judged side by side: while the tests of one run, the next one is compiled. */
  readonly workers: number;
  readonly print: (line: string) => void;
};

/** Where results are kept, so that an interrupted run goes on, anywhere: the file is part of the repository. */
export function resultsFile(root: string): string {
  return path.join(root, 'packages/testing/mutation/results.jsonl');
}

/** The contracts and all their mutants, in an order that is the same each time and mixes all files. */
export function findMutants(root: string): { readonly targets: Targets; readonly mutants: readonly Mutant[] } {
  const files = filesIn(root, OWN);
  const closures = new Map(files.map((file) => [file, readWithImports(root, file)]));
  const sources = new Map([...closures.values()].flatMap((closure) => [...closure]));
  const trees = compileTrees(root, sources);
  const contains = new Map([...closures].filter(([file]) => isDeployed(file, trees.get(file))));
  const mutants = files
    .filter((file) => [...contains.values()].some((closure) => closure.has(file)))
    .flatMap((file) => mutantsOf(file, sources.get(file)!, trees.get(file)))
    .toSorted((a, b) => (a.id < b.id ? -1 : 1));
  return { targets: { contains, sources, harnesses: harnessesOf(root) }, mutants };
}

/** Tests deploy contracts by name, so that those that import code itself test a library from within. */
function harnessesOf(root: string): ReadonlyMap<string, Sources> {
  const harnesses = new Map<string, Sources>();
  for (const file of filesIn(root, 'contracts/test').filter((name) => name.endsWith('.t.sol'))) {
    const own = new Map<string, Buffer>();
    for (const imported of importsOf(file, readFileSync(path.join(root, file), 'utf8'))) {
      if (imported.startsWith(OWN) && !imported.includes('/interfaces/')) readWithImports(root, imported, own);
    }
    if (own.size !== 0) harnesses.set(file, own);
  }
  return harnesses;
}

/** Whether a file has a contract of its name that can be deployed. */
function isDeployed(file: string, tree: unknown): boolean {
  if (!isNode(tree)) throw new Error(`${file} has no syntax tree`);
  return childrenOf(tree).some(
    (node) =>
      node['name'] === path.basename(file, '.sol') && node['contractKind'] === 'contract' && node['abstract'] === false,
  );
}

/** Judges mutants and writes each result down at once. */
export async function runMutation(options: MutationOptions): Promise<void> {
  const { root, targets, mutants, print } = options;
  const results = readResults(resultsFile(root));
  const waiting = mutants
    .filter(({ file }) => file.includes(options.only))
    .filter(({ id }) => (options.survivors ? results.get(id)?.verdict === 'survived' : !results.has(id)))
    .slice(0, options.limit);
  print(`${mutants.length} mutants; ${waiting.length} to judge`);
  if (waiting.length === 0) return;
  const tests = testsIn(root);
  const killers = killersIn(options.known, results, (name) => tests.has(name));
  const deployed = [...targets.contains.keys()];
  const care = options.survivors ? 'thorough' : 'quick';
  const courts: Court[] = [];
  for (let at = 1; at <= options.workers; at++) {
    const bench = await openWorkbench(root, path.join(root, `.kedge/mutation/bench${at}`), options.forge, deployed);
    const harness = copyProject(root, path.join(root, `.kedge/mutation/harness${at}`), options.forge);
    courts.push(await openCourt({ root, targets, killers }, bench, harness, care));
  }
  // One queue for all of them.
  const queue = waiting.entries();
  await Promise.all(
    courts.map(async (court) => {
      for (const [at, mutant] of queue) {
        const result = await judge(court, mutant, care);
        appendResult(resultsFile(root), result);
        const where = `${mutant.file}:${mutant.line} ${mutant.within}`;
        print(`${at + 1}/${waiting.length} ${result.verdict.padEnd(10)} ${where} ${mutant.operator} ${result.by}`);
        if (result.verdict === 'survived') print(`  - ${mutant.original}\n  + ${mutant.replacement}`);
      }
    }),
  );
}

/** Names of the tests of the contracts. */
function testsIn(root: string): ReadonlySet<string> {
  const files = filesIn(root, 'contracts/test').map((file) => readFileSync(path.join(root, file), 'utf8'));
  return new Set(files.flatMap((text) => [...text.matchAll(/function (test\w*)\(/g)].map(([, name]) => name!)));
}
