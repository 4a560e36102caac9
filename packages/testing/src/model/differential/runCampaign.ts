import { createReferenceToken } from '../referenceToken.js';
import { lowerCase } from './abis.js';
import type { Chain } from './chain.js';
import type { Coverage } from './coverage.js';
import { describeCommand, Disagreement } from './disagreement.js';
import { runWorld, type Entry } from './runWorlds.js';
import { disagreementIn, shrink } from './shrink.js';

/** How far a campaign has come. World `n` follows from seed + n, so it goes on where it ended. */
export type Progress = {
  readonly seed: number;
  readonly worlds: number;
  readonly commands: number;
  readonly coverage: Coverage;
};

export type Campaign = {
  readonly chain: Chain;
  readonly progress: Progress;
  /** Until so many commands were run, over all worlds. */
  readonly commands: number;
  readonly worldLength: number;
  readonly onWorld?: (progress: Progress) => void;
  readonly shrinkSeconds?: number;
};

/** @throws Error with the fewest commands found that end in a disagreement, and how to run the world again. */
export async function runCampaign({
  chain,
  progress: start,
  commands,
  worldLength,
  onWorld = () => {},
  shrinkSeconds = 90,
}: Campaign): Promise<Progress> {
  let progress = start;
  while (progress.commands < commands) {
    const seed = progress.seed + progress.worlds;
    const length = Math.min(worldLength, commands - progress.commands);
    const history: Entry[] = [];
    const coverage = { ...progress.coverage };
    try {
      await runWorld(chain, { seed, length, coverage, history });
    } catch (error) {
      if (!(error instanceof Disagreement)) throw error;
      throw new Error(await explain(chain, seed, length, history, error, shrinkSeconds), { cause: error });
    }
    progress = { ...progress, worlds: progress.worlds + 1, commands: progress.commands + length, coverage };
    onWorld(progress);
  }
  return progress;
}

async function explain(
  chain: Chain,
  seed: number,
  length: number,
  history: readonly Entry[],
  error: Disagreement,
  seconds: number,
): Promise<string> {
  const { world } = createReferenceToken(lowerCase(chain.addresses));
  const end = Date.now() + seconds * 1000;
  const fewest = await shrink(chain, history, () => Date.now() < end);
  const found = await disagreementIn(chain, fewest);
  return [
    `seed ${seed}, command ${history.length}: ${error.message}`,
    `again: KEDGE_SEED=${seed} KEDGE_DIFFERENTIAL_COMMANDS=${length} npx vitest run packages/testing`,
    found ? `\nfewest commands found (${fewest.length}), which end so: ${found.message}` : '\nnot in a shorter history',
    ...(found ? fewest : history.slice(-20)).map(({ time, command }) => `${time} ${describeCommand(world, command)}`),
  ].join('\n');
}
