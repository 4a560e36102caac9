import { fork } from 'node:child_process';
import type { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { Environment } from '../gatewayConfig.js';
import { reasonOf, type StructuredLog } from '../structuredLog.js';
import { createLink, type Link } from './createLink.js';
import { portToChild } from './portOf.js';
import type { KeeperProcedures, WorkerProcedures, WorkerStart } from './procedures.js';

/** One place among the workers: its process is started again whenever it ends. */
export type Worker = {
  /** Undefined while it does not serve. */
  readonly url: () => string | undefined;
  readonly link: () => Link<WorkerProcedures> | undefined;
  /** Has it serve a connection, now or once it serves again. */
  readonly give: (socket: Socket, bytes: Buffer) => void;
  /** Ends the process at once; another takes its place. */
  readonly replace: () => void;
  /** Lets its calls end, for so long at most. */
  readonly close: (patienceMs: number) => Promise<void>;
};

const program = fileURLToPath(new URL('./runWorker.js', import.meta.url));
const recording: ReadonlySet<string> = new Set<keyof KeeperProcedures>(['keepBatch', 'keepRecords']);
const mostWaiting = 4_096;
const lostOnItsWayMs = 30_000;
const firstPauseMs = 100;
const longestPauseMs = 5_000;
const steadyMs = 10_000;

/**
 * Starts a worker; resolves when it serves.
 * @throws what it throws when it cannot start the first time.
 */
export async function keepWorker(options: {
  readonly index: number;
  readonly env: Environment;
  /** What a process begins with: called when the one before has ended, and all that it asked for is done. */
  readonly begin: () => Promise<WorkerStart>;
  readonly procedures: KeeperProcedures;
  /** Where it is reached has changed. */
  readonly onPlace: () => void;
  readonly log: StructuredLog;
}): Promise<Worker> {
  const { index, log } = options;
  const waiting: { readonly socket: Socket; readonly bytes: Buffer }[] = [];
  let url: string | undefined;
  let link: Link<WorkerProcedures> | undefined;
  let kill: () => void = () => undefined;
  let disconnect: () => void = () => undefined;
  let ended: Promise<void> = Promise.resolve();
  let isClosing = false;

  const give = (socket: Socket, bytes: Buffer): void => {
    if (link !== undefined && url !== undefined) hand(link, socket, bytes);
    else if (isClosing || waiting.length >= mostWaiting) socket.destroy();
    else waiting.push({ socket, bytes });
  };

  /** Once the worker has it, or never will, it is closed here. Nobody else may serve it then: it may have begun to. */
  const hand = (to: Link<WorkerProcedures>, socket: Socket, bytes: Buffer): void => {
    const close = (): void => {
      clearTimeout(timer);
      socket.destroy();
    };
    const timer = setTimeout(close, lostOnItsWayMs);
    to.call('serve', bytes, socket).then(close, close);
  };

  const run = async (): Promise<void> => {
    const start = await options.begin();
    const child = fork(program, [], {
      serialization: 'advanced',
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      env: { ...process.env, ...options.env },
    });
    const port = portToChild(child);
    const own = createLink<WorkerProcedures>(port, options.procedures, recording);
    child.on('error', (error) => log.error('worker_failed', { worker: index, reason: reasonOf(error) }));
    child.once('exit', () => {
      link = undefined;
      url = undefined;
    });
    kill = () => void child.kill('SIGKILL');
    disconnect = () => child.connected && child.disconnect();
    // What it sent to be recorded before it ended is recorded first. What it asked the chain may take longer.
    ended = new Promise<void>((resolve) => port.onClosed(resolve)).then(own.idle);
    try {
      url = await own.call('start', start);
    } catch (error) {
      kill();
      await ended;
      throw error;
    }
    link = own;
    log.info('worker_ready', { worker: index, pid: child.pid, epoch: start.epoch });
    options.onPlace();
    for (const { socket, bytes } of waiting.splice(0)) give(socket, bytes);
  };

  const keep = async (): Promise<void> => {
    for (let pauseMs = firstPauseMs; ;) {
      const since = performance.now();
      await ended;
      if (isClosing) return;
      options.onPlace();
      log.error('worker_ended', { worker: index });
      if (performance.now() - since > steadyMs) pauseMs = firstPauseMs;
      try {
        await run();
        if (isClosing) disconnect();
      } catch (error) {
        log.error('worker_unstarted', { worker: index, reason: reasonOf(error) });
        await new Promise((resolve) => setTimeout(resolve, pauseMs));
        pauseMs = Math.min(pauseMs * 2, longestPauseMs);
      }
    }
  };

  await run();
  const kept = keep();

  return {
    url: () => url,
    link: () => link,
    give,
    replace: () => kill(),
    close: async (patienceMs) => {
      isClosing = true;
      for (const { socket } of waiting.splice(0)) socket.destroy();
      const timer = setTimeout(() => kill(), patienceMs);
      await link?.call('close', undefined).catch((error: unknown) => {
        log.warn('worker_unclosed', { worker: index, reason: reasonOf(error) });
      });
      disconnect();
      await kept;
      clearTimeout(timer);
    },
  };
}
