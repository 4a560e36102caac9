import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  dataAnchoringTokenBytecode,
  dataAnchoringTokenExtensionBytecode,
  dataAnchoringTokenSecondExtensionBytecode,
  dataAnchoringTokenThirdExtensionBytecode,
  valueChannelsBytecode,
  valueMarketBytecode,
} from '@kedge/core/bytecode';
import * as fc from 'fast-check';
import { concat, keccak256, toHex } from 'viem';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freshSeed, testSeed } from '../src/createRandom.js';
import { ChainFailure, createChain, type Chain } from '../src/model/differential/chain.js';
import { coverageText, missing } from '../src/model/differential/coverage.js';
import type { Entry } from '../src/model/differential/createHistory.js';
import { histories } from '../src/model/differential/histories.js';
import { replay, runCampaign, type Progress } from '../src/model/differential/runCampaign.js';

// Few commands in `npm test`. In `npm run test:deep` so many that every function and every error must come up; a run that
// was ended goes on where it was. A seed chooses the worlds again, a seed and a path the one history that a run has printed.
const commands = Number(process.env.KEDGE_DIFFERENTIAL_COMMANDS ?? 1500);
const deepCommands = 100_000;
const pathOfHistory = process.env.KEDGE_DIFFERENTIAL_PATH;
const worldLength = Math.min(1500, commands);
const worlds = Math.ceil(commands / worldLength);
const hours = 3_600_000;
const stateFile = fileURLToPath(new URL('../cache/differential.json', import.meta.url));
const folder = fileURLToPath(new URL('../src/model/', import.meta.url));
const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
/** Of contracts, model and commands: what was compared with other ones counts for nothing. */
const code = keccak256(
  concat([
    ...sources.toSorted().map((file) => toHex(readFileSync(path.join(folder, file)))),
    dataAnchoringTokenBytecode,
    dataAnchoringTokenExtensionBytecode,
    dataAnchoringTokenSecondExtensionBytecode,
    dataAnchoringTokenThirdExtensionBytecode,
    valueChannelsBytecode,
    valueMarketBytecode,
  ]),
);

let chain: Chain;
beforeAll(async () => {
  chain = await createChain();
});
afterAll(() => chain?.stop());

test(
  'L1-L7, L10: the contracts do what the reference model does, command by command',
  async () => {
    if (pathOfHistory !== undefined) return replay(chain, { seed: testSeed, path: pathOfHistory, worldLength });
    const isDeep = commands >= deepCommands;
    const started = Date.now();
    const start = begin(isDeep);
    console.log(`differential test: ${worlds} worlds, seed ${start.seed}, from world ${start.worlds}`);
    const { coverage } = await runCampaign({
      chain,
      progress: start,
      worlds,
      worldLength,
      onWorld(progress) {
        if (!isDeep) return;
        mkdirSync(path.dirname(stateFile), { recursive: true });
        writeFileSync(stateFile, JSON.stringify({ code, ...progress }));
        if (progress.worlds % 10 === 0)
          console.log(`${progress.worlds * worldLength} commands, ${progress.worlds} worlds`);
      },
    });
    const seconds = (Date.now() - started) / 1000;
    const speed = (((worlds - start.worlds) * worldLength) / seconds).toFixed(0);
    console.log(`${worlds} worlds, ${speed} commands a second; ${coverageText(coverage)}`);
    if (!isDeep) return;
    expect(missing(coverage), 'functions and errors that no command reached').toEqual([]);
    rmSync(stateFile);
  },
  6 * hours,
);

test('the differential test finds a difference, and tells of it in few commands', async () => {
  const [plain, taxed] = chain.addresses.assets;
  // The model is told that the second asset takes no fee, which is not so.
  const addresses = { ...chain.addresses, assets: [plain!, { ...taxed!, feeBps: 0n }] };
  const progress = { seed: 20, worlds: 0, coverage: {} };
  const misled = { ...chain, addresses };
  const campaign = { chain: misled, progress, worlds: 1, worldLength: 400, shrinkMs: Infinity };
  const error = await runCampaign(campaign).catch((reason: unknown) => reason as Error);
  if (!(error instanceof Error)) throw new Error('no difference was found');
  const [, fewest] = /fewest commands found \((\d+)\)/.exec(error.message) ?? [];
  // Somebody has units of the asset, allows the token to take them, and a class with a share exists to settle to.
  expect(Number(fewest), error.message).toBeLessThanOrEqual(8);
  // What is told to be typed finds the same commands, with the same end, at once.
  const [, found = ''] = /\nagain: KEDGE_SEED=20 KEDGE_DIFFERENTIAL_PATH=([\d:]+) /.exec(error.message) ?? [];
  const [, end] = /which end so: ([^]+)\n\nagain: /.exec(error.message) ?? [];
  const again = { seed: 20, path: found, worldLength: 400 };
  expect(end, error.message).toContain('.settleRevenueERC20(');
  await expect(replay(misled, again)).rejects.toThrow(end);
  await replay(chain, again);
});

test('a history is shrunk to the commands that matter, wherever they are', () => {
  const length = 300;
  let wanted: readonly Entry[] = [];
  const property = fc.property(histories(chain, length), (history) => {
    if (wanted.length === 0) wanted = [history[3]!, history[170]!, history[299]!];
    return !wanted.every((entry) => history.includes(entry));
  });
  const { counterexample, counterexamplePath: path, numShrinks } = fc.check(property, { seed: testSeed, numRuns: 1 });
  expect(counterexample).toEqual([wanted]);
  expect(numShrinks).toBeLessThan(100);
  expect(fc.sample(histories(chain, length), { seed: testSeed, path: path!, numRuns: 1 })).toEqual(counterexample);
});

test('a chain that breaks down is not taken for a difference', async () => {
  let resets = 0;
  const broken: Chain = {
    ...chain,
    reset: async () => void (resets += 1),
    run: () => Promise.reject(new ChainFailure('no answer')),
  };
  const progress = { seed: 20, worlds: 0, coverage: {} };
  const campaign = runCampaign({ chain: broken, progress, worlds: 2, worldLength: 100 });
  await expect(campaign).rejects.toThrow(new ChainFailure('no answer'));
  expect(resets).toBe(1);
});

function begin(isDeep: boolean): Progress {
  const chosen = process.env['KEDGE_SEED'];
  if (isDeep && chosen === undefined && existsSync(stateFile)) {
    const state = JSON.parse(readFileSync(stateFile, 'utf8')) as Progress & { readonly code: string };
    if (state.code === code && state.worlds < worlds) return state;
  }
  return { seed: isDeep ? freshSeed() : testSeed, worlds: 0, coverage: {} };
}
