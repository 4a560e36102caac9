import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { valueChannelsAbi } from '@kedge/core';
import { auditSolvency } from '@kedge/conform';
import { freshSeed, testSeed } from '@kedge/testing';
import { beforeAll, expect, test } from 'vitest';
import { listBeside } from '../../src/ledger/segments/segmentFiles.js';
import { operatorKey } from '../support/createTestSetup.js';
import { buildGateway } from '../support/gatewayProcess.js';
import type { VoucherState } from '../support/strictClient.js';
import { checkChain, checkHistory } from './checkHistory.js';
import { createWorld, type World } from './createWorld.js';
import { startGatewayProcess } from './gatewayProcess.js';
import { acts, isHonest } from './hostileUpstream.js';
import type { StrictReport } from './payStrictly.js';
import { readLedger } from './readLedger.js';
import { callers, chances, type LoadReport, runLoad } from './runLoad.js';

// One small round in `npm test`. `npm run test:chaos` runs many large ones, and goes on where it was ended.
const rounds = Number(process.env['KEDGE_CHAOS_ROUNDS'] ?? 1);
const operations = Number(process.env['KEDGE_CHAOS_OPERATIONS'] ?? 800);
const kills = Number(process.env['KEDGE_CHAOS_KILLS'] ?? 4);
const isLong = rounds > 1;
const allFaults = [...acts.filter((act) => !isHonest(act)), ...Object.keys(chances)].toSorted();
const stateFile = fileURLToPath(new URL('../../cache/chaos.json', import.meta.url));

type Totals = {
  seed: number;
  rounds: number;
  operations: number;
  requests: number;
  receipts: number;
  undelivered: number;
  lost: number;
  /** Calls that the strict client paid and got, and those that broke. */
  paid: number;
  paidBroken: number;
  kills: number;
  /** By name, how often. */
  faults: Record<string, number>;
};

beforeAll(buildGateway);

test(
  'L2, L3, L8, L9, R12-R18: nothing is lost or charged twice while everything fails',
  async () => {
    const totals = begin();
    console.log(
      `chaos: seed ${totals.seed}, ${rounds} rounds of ${operations} calls and ${kills} kills, from ${totals.rounds}`,
    );
    while (totals.rounds < rounds) {
      await runRound(totals);
      totals.rounds++;
      if (isLong) save(totals);
      console.log(`chaos: ${JSON.stringify(totals)}`);
    }
    expect(totals.kills).toBeGreaterThanOrEqual(kills * rounds);
    const happened = Object.keys(totals.faults);
    // Rare ones need many calls.
    if (totals.operations >= 100_000) expect(happened.toSorted()).toEqual(allFaults);
    else expect(happened).not.toEqual([]);
  },
  isLong ? 12 * 3_600_000 : 600_000,
);

async function runRound(totals: Totals): Promise<void> {
  // The last channel has value for a few calls only.
  const world = await createWorld([1n, 1n, 1n, 0n].map((many) => (many === 1n ? BigInt(operations) * 300n : 20_000n)));
  try {
    const load = await runLoad({ world, seed: totals.seed + totals.rounds, operations, kills });
    expectNoSecrets(world, load);
    const log: string[] = [];
    const gateway = await startGatewayProcess(world.configFile, undefined, (line) => log.push(line));
    if (gateway === undefined) throw new Error(`The gateway does not start again:\n${log.join('\n')}`);
    expect(listBeside(join(world.dataDir, 'ledger.log'), 'checkpoint')).not.toEqual([]);
    // In the order in which they began, and so in the order of their numbers.
    const epochs = [...load.log, ...log].flatMap((line) => /"gateway_ready".*"epoch":"(\d+)"/.exec(line)?.[1] ?? []);
    const used: bigint[] = [];
    let lost = 0;
    for (const [index, channel] of world.channels.entries()) {
      const ledger = await readLedger(gateway.url, channel, epochs.map(BigInt));
      const calls = load.calls.filter((call) => call.channel === index);
      const { receipts, undelivered, ...report } = await checkHistory(world, index, calls, ledger);
      totals.receipts += receipts;
      totals.undelivered += undelivered;
      lost += report.lost;
      used.push(ledger.at(-1)?.receipt.cumulativeUnits ?? 0n);
    }
    const owed = await checkStrict(world, load.strict, gateway.url, epochs.map(BigInt));
    // R27: a gateway that goes away leaves charged and not handed over what it had under way at most.
    expect(lost).toBeLessThanOrEqual(load.kills * callers);
    totals.lost += lost;
    totals.paid += load.strict.answered;
    totals.paidBroken += load.strict.broken;
    expect(await gateway.stop('SIGTERM')).toBe(0);
    await expectSettled(world, used);
    const { capturedUnits } = await world.client.getChannelState({ channel: world.strict.channel });
    expect(capturedUnits).toBeGreaterThan(0n);
    expect(capturedUnits).toBeLessThanOrEqual(owed.signedUnits);
    expect(capturedUnits).toBeLessThanOrEqual(owed.usedUnits);
    totals.operations += load.calls.length;
    totals.requests += load.calls.reduce((sum, { attempts }) => sum + attempts.length, 0);
    totals.kills += load.kills;
    for (const [name, count] of Object.entries({ ...world.upstream.faults(), ...load.fileFaults })) {
      totals.faults[name] = (totals.faults[name] ?? 0) + count;
    }
  } finally {
    await world.close();
  }
}

/** R8, R11, R13: of a client that signs for itself, no kill undoes what was acknowledged, and each side's loss is bounded. */
async function checkStrict(world: World, client: StrictReport, url: string, epochs: readonly bigint[]) {
  const ledger = await readLedger(url, world.strict, epochs);
  await checkChain(world, world.strict, ledger);
  const answer = await fetch(`${url}/v1/vouchers`, { headers: { authorization: `Bearer ${world.strict.apiKey}` } });
  const state = (await answer.json()) as VoucherState & { readonly exposureUnits: string };
  const usedUnits = ledger.at(-1)?.receipt.cumulativeUnits ?? 0n;
  const signedUnits = BigInt(state.newest?.voucher.cumulativeUnits ?? 0);
  expect(client.answered).toBeGreaterThan(0);
  expect(signedUnits).toBeGreaterThanOrEqual(client.keptUnits);
  expect(signedUnits).toBeLessThanOrEqual(client.signedUnits);
  expect(BigInt(state.committedUnits)).toBe(usedUnits);
  expect(usedUnits - signedUnits).toBeLessThanOrEqual(BigInt(state.exposureUnits));
  return { usedUnits, signedUnits };
}

/** L2, L3, R18: the chain has taken exactly what the receipts say, knows their roots, and holds what it owes. */
async function expectSettled(world: World, used: readonly bigint[]): Promise<void> {
  for (const [index, { channel }] of world.channels.entries()) {
    expect((await world.client.getChannelState({ channel })).capturedUnits, `channel ${index}`).toBe(used[index]);
  }
  const anchored = await world.anvil.publicClient.getContractEvents({
    address: world.domain.verifyingContract,
    abi: valueChannelsAbi,
    eventName: 'ReceiptsAnchored',
    fromBlock: 0n,
  });
  expect(anchored.length).toBeGreaterThan(0);
  const { publicClient } = world.anvil;
  const { solvent, differences } = await auditSolvency({ publicClient, address: world.tokenAddress });
  expect({ solvent, differences }).toEqual({ solvent: true, differences: [] });
}

function expectNoSecrets(world: World, { log }: LoadReport): void {
  const text = log.join('\n');
  for (const secret of [
    operatorKey.slice(2),
    '\\"call\\"',
    world.strict.apiKey,
    ...world.channels.map(({ apiKey }) => apiKey),
  ]) {
    expect(text.includes(secret), `the log tells ${secret}`).toBe(false);
  }
}

function begin(): Totals {
  if (isLong && existsSync(stateFile)) {
    const saved = JSON.parse(readFileSync(stateFile, 'utf8')) as Totals;
    if (saved.rounds < rounds) return saved;
  }
  const none = {
    rounds: 0,
    operations: 0,
    requests: 0,
    receipts: 0,
    undelivered: 0,
    lost: 0,
    paid: 0,
    paidBroken: 0,
    kills: 0,
  };
  return { seed: isLong ? freshSeed() : testSeed, ...none, faults: {} };
}

function save(totals: Totals): void {
  mkdirSync(new URL('.', `file://${stateFile}`), { recursive: true });
  writeFileSync(stateFile, JSON.stringify(totals));
}
