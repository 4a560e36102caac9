import { randomBytes } from 'node:crypto';
import { existsSync, realpathSync } from 'node:fs';
import { relative } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { BaseError, closeAll } from '@kedge/core';
import { bytesToHex } from 'viem';
import type { Context } from '../context.js';
import { dumpChain } from './chainDump.js';
import { killLiving } from './child.js';
import type { Services } from './createServices.js';
import type { Dashboard } from './dashboard.js';
import { dataPathsOf, makeFolder, makeFolders, type DataPaths } from '../files/dataPaths.js';
import { endLeftovers } from './endLeftovers.js';
import { choosePorts, completePorts, requireFreePorts, type Ports } from './ports.js';
import type { OtherUpstream } from './otherUpstream.js';
import { answersRpc } from './rpc.js';
import { kedgeCommand } from '../kedgeCommand.js';
import { outliveReaders } from './outliveReaders.js';
import { startStack } from './startStack.js';
import { listenForStop } from './stopSignals.js';
import { takeUpLock } from './upLock.js';
import { upScreen } from './upScreen.js';
import { readUpState, writeUpState, type UpState } from './upState.js';
import { startersOf } from './watchStarters.js';

/** What the user may decide. */
type UpOptions = {
  readonly dataDir: string;
  readonly upstream: OtherUpstream | undefined;
  /** Models of another upstream; empty: it is asked. */
  readonly models: readonly string[];
  /** Processes of the gateway that serve calls. */
  readonly workers: number | 'auto';
  readonly newPorts: boolean;
  readonly withIndexer: boolean;
};

/** Thrown inside when a signal arrives before everything runs. */
const stopped = new Error('stopped while starting');

/**
 * Runs the local stack until it is told to stop. Everything that it has made is kept, and found again the next time, at
 * whatever moment it is killed.
 *
 * @throws BaseError when another one runs, a port is taken, saved state is damaged, or a service cannot be kept running
 */
export async function runUp(
  context: Pick<Context, 'cwd' | 'environment' | 'output'>,
  options: UpOptions,
): Promise<void> {
  const { environment, output } = context;
  const { note } = output;
  makeFolder(options.dataDir);
  const paths = dataPathsOf(realpathSync(options.dataDir));
  makeFolders(paths);
  const startedBy = startersOf(environment);
  const onWait = (pid: number): void => note(`waiting for kedge up, process ${pid}, to stop`);
  outliveReaders([process.stdout, process.stderr]);
  const lock = await takeUpLock(paths.lock, paths.root, { startedBy, onWait });

  let services: Services | undefined;
  let dashboard: Dashboard | undefined;
  const stop = listenForStop(startedBy, () => {
    services?.killAll();
    note('stopped at once; the chain goes on from its last saved block');
    process.exit(130);
  });
  const failure = new AbortController();
  try {
    const state = await prepare(paths, options, note);
    const { upFile, view } = await startStack({
      paths,
      state,
      environment,
      note,
      upstream: options.upstream,
      models: options.models,
      workers: options.workers,
      withIndexer: options.withIndexer,
      onFailed: (error) => failure.abort(error),
      onServices: (made) => (services = made),
      onDashboard: (made) => (dashboard = made),
      checkStop: () => {
        if (stop.signal.aborted) throw stopped;
      },
    });
    const dataDir = relative(context.cwd, options.dataDir);
    const typed = { dataDir: dataDir.startsWith('..') ? options.dataDir : dataDir, command: kedgeCommand(context) };
    output.result(upFile, () => upScreen({ ...view, ...typed }));
    if (options.withIndexer) await startIndexer(services, note);
    await firstAbort([stop.signal, failure.signal]);
    if (!stop.signal.aborted) throw failure.signal.reason;
  } catch (error) {
    if (error !== stopped) throw error;
  } finally {
    await closeAll([
      () => {
        if (stop.signal.aborted)
          note(`stopping (${String(stop.signal.reason)}): the gateway finishes its calls and captures what was used`);
      },
      () => lock.markStopping(),
      () => dashboard?.close(),
      () => services?.stopAll(),
      killLiving,
      () => {
        if (stop.signal.aborted) note('stopped; the next start goes on from here');
      },
      lock.release,
      stop.dispose,
    ]);
  }
}

/** Last, so that nothing waits for it: it reads the chain from its first block and is ready some seconds later. */
async function startIndexer(services: Services | undefined, note: (line: string) => void): Promise<void> {
  await services?.indexer.start().catch((error: Error) => {
    note(`the indexer does not start; everything else runs: ${error.message}`);
  });
}

function firstAbort(signals: readonly AbortSignal[]): Promise<void> {
  const any = AbortSignal.any([...signals]);
  return new Promise((resolve) => {
    if (any.aborted) resolve();
    else any.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** Ends what a killed `up` left running, and finds the ports. */
async function prepare(paths: DataPaths, options: UpOptions, note: (line: string) => void): Promise<UpState> {
  const known = readUpState(paths.state);
  const found = await endLeftovers(paths, async () => {
    const url = `http://127.0.0.1:${known?.ports.chain}`;
    if (known === undefined || !(await answersRpc(url))) return;
    await dumpChain(url, paths.chainDump).catch((error: Error) =>
      note(`what the chain did last is lost: ${error.message}`),
    );
  });
  if (found.length > 0) note(`ended what an earlier kedge up left running: ${found.join(', ')}`);
  const state = known ?? {
    format: 'kedge-up/1',
    channelSalt: bytesToHex(randomBytes(32)),
    steps: {},
    ports: undefined,
  };
  const ports = await portsOf(paths.root, state.ports, options.newPorts);
  const ready: UpState = { ...state, ports };
  if (!isDeepStrictEqual(known?.ports, ports)) writeUpState(paths.state, ready);
  await requireFreePorts(ports);
  requireChainDump(paths, ready);
  return ready;
}

/** The ports that the folder has, where it has them. */
async function portsOf(folder: string, known: Partial<Ports> | undefined, wantsNew: boolean): Promise<Ports> {
  if (known === undefined || wantsNew) return choosePorts(folder, known);
  return completePorts(folder, known);
}

/** Without the chain, the ledger and the state file speak of value that is nowhere. */
function requireChainDump(paths: DataPaths, state: UpState): void {
  if (existsSync(paths.chainDump) || state.steps.contracts === undefined) return;
  throw new BaseError(`the saved chain ${paths.chainDump} is gone, but ${paths.root} was set up on it`, {
    code: 'chain_state_missing',
    hints: [
      'put back a copy of that file',
      `or move ${paths.root} away and run kedge up again: it then begins a new chain, and value bought on the old one is gone`,
    ],
  });
}
