import { spawn } from 'node:child_process';
import { constants, setPriority } from 'node:os';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { reasonOf, type StructuredLog } from '../../structuredLog.js';
import type { SealedSegment } from './makeCheckpoint.js';

/** Has checkpoints made of sealed segments, one after another, beside what the gateway does. */
export type CheckpointKeeper = {
  readonly add: (segment: SealedSegment) => void;
  /** Resolves when nothing is made any more; what was not begun is made at the next start. */
  readonly close: () => Promise<void>;
};

/** Makes one, until `signal` ends it. */
export type MakeCheckpoint = (segment: SealedSegment, signal: AbortSignal) => Promise<void>;

/**
 * @param options.from The base of the newest checkpoint: of segments before it only indexes are made.
 * @param options.onMade The segment has its index now.
 */
export function keepCheckpoints(options: {
  readonly from: number;
  readonly make?: MakeCheckpoint | undefined;
  readonly onMade: (base: number) => void;
  readonly log: StructuredLog;
}): CheckpointKeeper {
  const { from, make = inOwnProcess, onMade, log } = options;
  const waiting: SealedSegment[] = [];
  const ending = new AbortController();
  let running: Promise<void> | undefined;

  const makeAll = async (): Promise<void> => {
    for (let next = waiting[0]; next !== undefined && !ending.signal.aborted; next = waiting[0]) {
      try {
        await make(next, ending.signal);
        onMade(next.base);
      } catch (error) {
        if (!ending.signal.aborted) log.warn('checkpoint_not_made', { ...next, reason: reasonOf(error) });
        // Each is made of the one before: tried again with the next segment. But an index alone at the next start.
        if (next.base >= from) break;
      }
      waiting.shift();
    }
    running = undefined;
  };

  return {
    add: (segment) => {
      waiting.push(segment);
      running ??= makeAll();
    },
    close: async () => {
      ending.abort();
      await running;
    },
  };
}

const program = fileURLToPath(new URL('./runMakeCheckpoint.js', import.meta.url));

/** It takes what processor time others leave. */
function inOwnProcess({ path, base }: SealedSegment, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, path, String(base)], {
      stdio: ['ignore', 'ignore', 'pipe'],
      signal,
      killSignal: 'SIGKILL',
      // It needs none of the gateway's keys.
      env: {},
    });
    let said = '';
    // Before anything else: nobody else hears that it could not be started, and that would end the gateway.
    child.on('error', reject);
    // It has none where too many files are open, whatever its type says.
    (child.stderr as Readable | undefined)?.on('data', (bytes: Buffer) => (said += bytes.toString()));
    child.once('spawn', () => lowerPriority(child.pid));
    child.once('close', (code) => (code === 0 ? resolve() : reject(new Error(said || `ended with ${code}`))));
  });
}

function lowerPriority(pid: number | undefined): void {
  try {
    if (pid !== undefined) setPriority(pid, constants.priority.PRIORITY_LOW);
  } catch {
    // It has ended, or may not be lowered: then it runs as it is.
  }
}
