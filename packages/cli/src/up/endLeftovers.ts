import { rmSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { serviceNames, type DataPaths, type ServiceName } from '../files/dataPaths.js';
import { readIfExists } from '../files/durableFile.js';
import { identitySchema, isRunning, type ProcessIdentity } from '../files/processIdentity.js';

const patience: Readonly<Record<ServiceName, number>> = {
  indexer: 3_000,
  gateway: 10_000,
  agent: 2_000,
  chain: 3_000,
};

/**
 * Ends services that outlived an `up` that was killed: the gateway first, so that it writes what it holds to a living
 * chain; the chain last, after `saveChain`.
 *
 * @returns the services that were found
 */
export async function endLeftovers(paths: DataPaths, saveChain: () => Promise<void>): Promise<ServiceName[]> {
  const found: ServiceName[] = [];
  for (const name of serviceNames.toReversed()) {
    const identity = readPid(paths.pid(name));
    if (identity !== undefined && isRunning(identity)) {
      found.push(name);
      if (name === 'chain') await saveChain();
      await end(identity, patience[name]);
    }
    rmSync(paths.pid(name), { force: true });
  }
  return found;
}

/** Undefined for a damaged one, too: whoever still runs is named when its port is found taken. */
function readPid(path: string): ProcessIdentity | undefined {
  try {
    return identitySchema.parse(JSON.parse(readIfExists(path) ?? 'null'));
  } catch {
    return undefined;
  }
}

async function end(identity: ProcessIdentity, patienceMilliseconds: number): Promise<void> {
  // It may have ended while the chain was saved.
  if (!isRunning(identity)) return;
  const killAt = performance.now() + patienceMilliseconds;
  process.kill(identity.pid, 'SIGTERM');
  let killed = false;
  while (isRunning(identity)) {
    if (!killed && performance.now() > killAt) {
      process.kill(identity.pid, 'SIGKILL');
      killed = true;
    }
    await delay(20);
  }
}
