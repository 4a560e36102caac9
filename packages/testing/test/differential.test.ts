import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  dataAnchoringTokenBytecode,
  dataAnchoringTokenExtensionBytecode,
  dataAnchoringTokenSecondExtensionBytecode,
  dataAnchoringTokenThirdExtensionBytecode,
  valueChannelsBytecode,
  valueMarketBytecode,
} from '@kedge/core/bytecode';
import { concat, keccak256 } from 'viem';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freshSeed, testSeed } from '../src/createRandom.js';
import { createChain, type Chain } from '../src/model/differential/chain.js';
import { coverageText, missing } from '../src/model/differential/coverage.js';
import { runCampaign, type Progress } from '../src/model/differential/runCampaign.js';

// Few commands in `npm test`. In `npm run test:deep` so many that every function and every error must come up; a run that
// was ended goes on where it was. A seed chooses the worlds again.
const worldLength = 1500;
const commands = Number(process.env.KEDGE_DIFFERENTIAL_COMMANDS ?? worldLength);
const deepCommands = 100_000;
const hours = 3_600_000;
const stateFile = fileURLToPath(new URL('../cache/differential.json', import.meta.url));
const code = keccak256(
  concat([
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
    const isDeep = commands >= deepCommands;
    const started = Date.now();
    const start = begin(isDeep);
    console.log(`differential test: ${commands} commands, seed ${start.seed}, from command ${start.commands}`);
    const { coverage, worlds } = await runCampaign({
      chain,
      progress: start,
      commands,
      worldLength,
      onWorld(progress) {
        if (!isDeep) return;
        mkdirSync(new URL('.', `file://${stateFile}`), { recursive: true });
        writeFileSync(stateFile, JSON.stringify({ code, ...progress }));
        if (progress.worlds % 10 === 0) console.log(`${progress.commands} commands, ${progress.worlds} worlds`);
      },
    });
    const seconds = (Date.now() - started) / 1000;
    const speed = ((commands - start.commands) / seconds).toFixed(0);
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
  const progress = { seed: 11, worlds: 0, commands: 0, coverage: {} };
  const campaign = { chain: { ...chain, addresses }, progress, commands: 400, worldLength: 400 };
  const error = await runCampaign(campaign).catch((reason: unknown) => reason as Error);
  if (!(error instanceof Error)) throw new Error('no difference was found');
  const fewest = Number(/fewest commands found \((\d+)\)/.exec(error.message)?.[1]);
  // Somebody has units of the asset, allows the token to take them, and a class with a share exists to settle to.
  expect(fewest, error.message).toBeLessThanOrEqual(8);
  expect(error.message).toContain('KEDGE_SEED=11 ');
});

function begin(isDeep: boolean): Progress {
  const chosen = process.env['KEDGE_SEED'];
  if (isDeep && chosen === undefined && existsSync(stateFile)) {
    const state = JSON.parse(readFileSync(stateFile, 'utf8')) as Progress & { readonly code: string };
    if (state.code === code && state.commands < commands) return state;
  }
  return { seed: isDeep ? freshSeed() : testSeed, worlds: 0, commands: 0, coverage: {} };
}
