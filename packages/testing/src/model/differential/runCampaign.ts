import * as fc from 'fast-check';
import type { ReferenceToken } from '../referenceToken.js';
import { ChainFailure, type Chain } from './chain.js';
import type { Coverage } from './coverage.js';
import { newReference, type Entry, type History } from './createHistory.js';
import { describeCommand } from './disagreement.js';
import { histories } from './histories.js';
import { startContest, type Contest } from './startContest.js';

/** How far a campaign has come. World `n` is run `n` of fast-check with this seed, so it goes on where it ended. */
export type Progress = { readonly seed: number; readonly worlds: number; readonly coverage: Coverage };

type Campaign = {
  readonly chain: Chain;
  readonly progress: Progress;
  /** Until there were so many, of `worldLength` commands each. */
  readonly worlds: number;
  readonly worldLength: number;
  readonly onWorld?: (progress: Progress) => void;
  /** How long fewer commands are looked for once some have failed. */
  readonly shrinkMs?: number;
};

/** What is remembered of a campaign that has failed; the search for less goes on until `end`. */
type Failure = { readonly error: unknown; readonly commands: number; readonly end: number };

/**
 * Worlds one after the other, until the two disagree.
 *
 * @throws Error with the fewest commands found that end in a disagreement, and how to run them again.
 * @throws ChainFailure where the chain breaks down.
 */
export async function runCampaign(campaign: Campaign): Promise<Progress> {
  const { chain, worlds, worldLength, onWorld = () => {}, shrinkMs = 90_000 } = campaign;
  let { progress } = campaign;
  let failure: Failure | undefined;
  let isChainBroken = false;
  const property = fc.asyncProperty(histories(chain, worldLength), async (history) => {
    if (isChainBroken || (failure !== undefined && Date.now() >= failure.end)) return;
    const coverage = { ...progress.coverage };
    try {
      await runHistory(chain, history, coverage);
    } catch (error) {
      // A chain that broke down tells nothing of the commands: what was found before it stands.
      isChainBroken = error instanceof ChainFailure;
      if (isChainBroken && failure !== undefined) return;
      if (!isChainBroken) failure ??= { error, commands: history.length, end: Date.now() + shrinkMs };
      throw error;
    }
    if (failure !== undefined) return;
    progress = { ...progress, worlds: progress.worlds + 1, coverage };
    onWorld(progress);
  });
  const { seed, worlds: done } = progress;
  const details = await fc.check(property, { seed, path: String(done), numRuns: Math.max(0, worlds - done) });
  if (failure !== undefined) throw new Error(explain(campaign, failure, details), { cause: failure.error });
  if (details.failed) throw details.errorInstance;
  return progress;
}

/**
 * The one history that a campaign found, by its seed and path, once more.
 *
 * @throws Error with its commands where the two still disagree about it.
 */
export async function replay(
  chain: Chain,
  { seed, path, worldLength }: { readonly seed: number; readonly path: string; readonly worldLength: number },
): Promise<void> {
  const [history] = fc.sample(histories(chain, worldLength), { seed, path, numRuns: 1 });
  if (history === undefined)
    throw new Error(`seed ${seed} has no history with the path ${path}; take both from one run`);
  try {
    await runHistory(chain, history, {});
  } catch (error) {
    throw new Error([wordsOf(error), ...list(chain, history)].join('\n'), { cause: error });
  }
}

async function runHistory(chain: Chain, history: History, coverage: Coverage): Promise<void> {
  const contest = await startContest(chain, coverage);
  try {
    await fc.asyncModelRun(() => ({ model: contest.reference, real: contest }), history.map(asCommand));
    await contest.end();
  } finally {
    await contest.settled();
  }
}

function asCommand(entry: Entry): fc.AsyncCommand<ReferenceToken, Contest> {
  return {
    // What the model refuses is tried as well: the contracts must refuse it, too.
    check: () => true,
    run: (_, contest) => contest.take(entry),
    toString: () => `${entry.time} ${entry.command.name}`,
  };
}

function explain(
  { chain, progress, worldLength }: Campaign,
  { error, commands }: Failure,
  { counterexample, counterexamplePath, errorInstance }: fc.RunDetails<[History]>,
): string {
  const fewest = counterexample?.[0] ?? [];
  const variables = [
    `KEDGE_SEED=${progress.seed}`,
    `KEDGE_DIFFERENTIAL_PATH=${counterexamplePath}`,
    `KEDGE_DIFFERENTIAL_COMMANDS=${worldLength}`,
  ];
  return [
    `seed ${progress.seed}, a history of ${commands} commands: ${wordsOf(error)}`,
    `\nfewest commands found (${fewest.length}), which end so: ${wordsOf(errorInstance)}`,
    ...list(chain, fewest),
    `\nagain: ${variables.join(' ')} npx vitest run packages/testing/test/differential.test.ts`,
  ].join('\n');
}

function list(chain: Chain, history: History): readonly string[] {
  const { world } = newReference(chain);
  return history.map(({ time, command }) => `${time} ${describeCommand(world, command)}`);
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
