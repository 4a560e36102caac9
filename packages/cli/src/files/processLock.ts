import { linkSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { BaseError } from '@kedge/core';
import * as z from 'zod';
import { readIfExists, writeDurably } from './durableFile.js';
import { namingFile } from './namingFile.js';
import { identitySchema, isRunning, ownIdentity, type ProcessIdentity } from './processIdentity.js';

const lockSchema = identitySchema.extend({
  /** The processes on whose behalf it runs (npm and what npm started); it ends when one of them does. */
  startedBy: z.array(identitySchema),
  stopping: z.boolean(),
});
type LockContent = z.infer<typeof lockSchema>;

/** The right to be the only process that works on something: the stack of a data folder, a channel's vouchers. */
export type ProcessLock = {
  /** Tells a successor that waiting for us is worth it. Where that cannot be written, as on a full disk, one is refused. */
  markStopping(): void;
  release(): void;
};

const stoppingPatience = 20_000;

/**
 * Takes a lock file. A lock whose process is gone is taken over; a holder that is about to stop is waited for.
 *
 * @throws what `refused` makes of the process that holds it
 */
export async function takeProcessLock(
  path: string,
  refused: (pid: number) => BaseError,
  options: {
    startedBy?: readonly ProcessIdentity[];
    onWait?: (pid: number) => void;
    /** Waits for any holder, as long as for one that stops: what it does is soon over. */
    isBrief?: true;
  } = {},
): Promise<ProcessLock> {
  const own = { ...ownIdentity(), startedBy: [...(options.startedBy ?? [])], stopping: false };
  const patienceEnds = performance.now() + stoppingPatience;
  let told = false;
  while (!create(path, own)) {
    const text = readIfExists(path);
    if (text === undefined) continue;
    const holder = parse(text);
    if (holder === undefined || !isRunning(holder)) {
      removeStale(path, text);
      continue;
    }
    const leaving = options.isBrief === true || holder.stopping || !holder.startedBy.every(isRunning);
    if (!leaving || performance.now() > patienceEnds) throw refused(holder.pid);
    if (!told) options.onWait?.(holder.pid);
    told = true;
    await delay(50);
  }
  return {
    markStopping: () => {
      try {
        writeDurably(path, JSON.stringify({ ...own, stopping: true }));
      } catch {
        // No reason to stop in another way, and its error would stand in the place of why we stop.
      }
    },
    release: () => rmSync(path, { force: true }),
  };
}

/** Appears at once with its whole content, or not at all: no reader ever sees half a lock. */
function create(path: string, content: LockContent): boolean {
  const draft = `${path}.${content.pid}`;
  try {
    writeFileSync(draft, JSON.stringify(content), { mode: 0o600 });
    linkSync(draft, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    return namingFile(path)(error);
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Removes exactly the lock that was read as stale; one that another starter made meanwhile is put back. */
function removeStale(path: string, staleText: string): void {
  const aside = `${path}.${process.pid}.stale`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  if (readIfExists(aside) !== staleText) linkSync(aside, path);
  rmSync(aside, { force: true });
}

function parse(text: string): LockContent | undefined {
  try {
    return lockSchema.parse(JSON.parse(text));
  } catch {
    // Written whole or not at all, so what does not parse was not written by a living `up`.
    return undefined;
  }
}
