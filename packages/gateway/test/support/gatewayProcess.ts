import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { GatewayConfigInput } from '../../src/index.js';
import { operatorKey, type TestSetup } from './createTestSetup.js';

export type GatewayProcess = {
  readonly url: string;
  readonly log: string[];
  readonly signal: (signal: NodeJS.Signals) => void;
  readonly ended: Promise<void>;
  readonly isRunning: () => boolean;
};

/** The gateway's own program. */
export const gatewayProgram = fileURLToPath(new URL('./gatewayProgram.mjs', import.meta.url));

const pathOf = (name: string): string => fileURLToPath(new URL(`./${name}`, import.meta.url));

/** What processes run is built first. */
export function buildGateway(): void {
  const root = fileURLToPath(new URL('../../../../', import.meta.url));
  const tsc = 'node_modules/typescript/bin/tsc';
  const built = spawnSync(process.execPath, [tsc, '--build', 'packages/gateway'], { cwd: root });
  if (built.status !== 0) throw new Error(String(built.stdout));
}

/** Starts a gateway that can be killed; its log's disk is full while a file `disk-full` is in the setup's folder. */
export async function startGatewayProcess(
  setup: TestSetup,
  name: string,
  more: Partial<GatewayConfigInput>,
): Promise<GatewayProcess> {
  const file = join(setup.folder, `${name}.json`);
  const { policyHash, openedAt } = setup.chain;
  const config = { ...setup.config, dataDir: join(setup.folder, name), ...more };
  writeFileSync(file, JSON.stringify({ config, policyHash, openedAt: openedAt.toString(), operatorKey }));
  const child: ChildProcess = spawn(
    process.execPath,
    ['--import', pathOf('fullDisk.mjs'), pathOf('gatewayProcess.mjs'), file],
    { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, KEDGE_FULL_DISK: join(setup.folder, 'disk-full') } },
  );
  const log: string[] = [];
  if (child.stderr !== null) createInterface(child.stderr).on('line', (line) => log.push(line));
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const url = await new Promise<string>((resolve, reject) => {
    if (child.stdout === null) return reject(new Error('no output'));
    createInterface(child.stdout).once('line', (line) => resolve((JSON.parse(line) as { url: string }).url));
    void ended.then(() => reject(new Error(`the gateway ended:\n${log.join('\n')}`)));
  });
  const isRunning = (): boolean => child.exitCode === null && child.signalCode === null;
  return { url, log, ended, isRunning, signal: (signal) => void child.kill(signal) };
}
