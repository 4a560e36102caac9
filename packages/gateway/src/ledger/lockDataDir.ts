import { createHash, randomBytes, randomInt } from 'node:crypto';
import {
  closeSync,
  openSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { connect, createServer } from 'node:net';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { BaseError } from '@kedge/core';
import { makeFolder } from '@kedge/store/makeFolder';

/** A data folder that is this process's. */
export type DataDirLock = {
  /** False once another machine took this process for dead and the folder over: nothing may be written any more. */
  readonly isHeld: () => boolean;
  readonly release: () => Promise<void>;
};

export type LockOptions = {
  /** Names the running kernel, which knows of its own processes whether they live. */
  readonly kernel?: string;
  /** How often a holder gives a sign of life, for other machines. */
  readonly beatMs?: number;
  /** How long one of another machine must have given none. */
  readonly silenceMs?: number;
};

const attempts = 4;
const beatName = '.beat';

/**
 * Holds a data folder for this process: two gateways on one log would number receipts alike (R15). Who wants it listens on a
 * socket of its own name in the folder, and has it when nobody else there lives. Of two at once each sees the other, and of
 * this kernel's processes a connection tells at once, in whatever container they run: the kernel closes what they leave.
 * What another machine left, or this one before it booted, cannot be asked: it is watched for signs of life.
 * @throws BaseError `data_dir_in_use`.
 */
export async function lockDataDir(dataDir: string, options: LockOptions = {}): Promise<DataDirLock> {
  const { kernel = kernelId(), beatMs = 1_000, silenceMs = 8_000 } = options;
  makeFolder(dataDir, 0o700);
  const folder = socketFolder(realpathSync(dataDir));
  makeFolder(folder, 0o700);
  for (let attempt = 1; ; attempt++) {
    const own = await announce(folder, kernel);
    let isAlone = false;
    let other: string | undefined;
    try {
      other = await livingOther(folder, own.name, { kernel, silenceMs });
      isAlone = other === undefined;
    } finally {
      if (!isAlone) await own.withdraw();
    }
    if (other === undefined) return holding(join(folder, own.name), own.withdraw, beatMs);
    if (attempt === attempts) throw inUse(dataDir, other);
    // It may be one that begins, too, and saw this one: the next time one of them is first.
    await pause(randomInt(20, 150));
  }
}

function inUse(dataDir: string, other: string): BaseError {
  const holder = holderIn(other);
  const isHere = holder?.host === hostOf();
  const where = isHere ? '' : ` on the host ${holder?.host}`;
  const who = holder === undefined ? '' : `: process ${holder.pid}${where}, since ${holder.since}`;
  const stop = isHere
    ? `Stop it first: kill ${holder.pid}. Where kedge up or a service keeps it running, stop that.`
    : 'Stop it first, in whatever container or on whatever machine it runs.';
  return new BaseError(`Another gateway runs on this data folder${who}.`, {
    code: 'data_dir_in_use',
    values: { dataDir, ...holder },
    hints: [stop, 'Or give this gateway a dataDir of its own.'],
  });
}

type Announced = { readonly name: string; readonly withdraw: () => Promise<void> };

/** Makes this process visible to others, alive from the first moment. */
async function announce(folder: string, kernel: string): Promise<Announced> {
  const name = `${kernel}-${randomBytes(6).toString('hex')}${holderName()}`;
  const newName = `new-${name}`;
  const server = createServer((socket) => socket.destroy()).unref();
  // A socket's path has little room: the folder is named by a number.
  const fd = openSync(folder, 'r');
  const path = process.platform === 'linux' ? `/proc/self/fd/${fd}/${newName}` : join(folder, newName);
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => {
        closeSync(fd);
        resolve();
      });
    });
  const isListening = await new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(path, () => resolve(true));
  });
  if (!isListening) {
    // A file system without sockets, such as a folder that a virtual machine shares.
    closeSync(fd);
    writeFileSync(join(folder, name + beatName), '', { mode: 0o600 });
    return { name: name + beatName, withdraw: async () => rmSync(join(folder, name + beatName), { force: true }) };
  }
  // Only now: before it listens it would look like one that is dead.
  renameSync(join(folder, newName), join(folder, name));
  return {
    name,
    withdraw: async () => {
      rmSync(join(folder, name), { force: true });
      await close();
    },
  };
}

/** The process that announces itself, in its name: read without asking it, whether it stands still or runs elsewhere. */
function holderName(): string {
  return `-${process.pid}-${Math.floor(Date.now() / 1_000)}-${hostOf()}`;
}

function holderIn(name: string): { readonly pid: number; readonly since: string; readonly host: string } | undefined {
  const [, pid, seconds, host] = /-[0-9a-f]{12}-(\d+)-(\d+)-(.*?)(?:\.beat)?$/.exec(name) ?? [];
  if (pid === undefined || host === undefined) return undefined;
  return { pid: Number(pid), since: new Date(Number(seconds) * 1_000).toISOString(), host };
}

/** A container has its own, by which it is found. Cut: a socket's path has little room. */
function hostOf(): string {
  return process.platform === 'linux' ? hostname().replaceAll('/', '').slice(0, 32) : 'here';
}

/** The name of another that lives, if any. */
async function livingOther(
  folder: string,
  own: string,
  { kernel, silenceMs }: { readonly kernel: string; readonly silenceMs: number },
): Promise<string | undefined> {
  for (const name of readdirSync(folder)) {
    if (name === own || name.startsWith('new-')) continue;
    const path = join(folder, name);
    const isAsked = name.startsWith(`${kernel}-`) && !name.endsWith(beatName);
    if (await (isAsked ? answers(folder, name) : givesSigns(path, silenceMs))) return name;
    // No other ever has its name.
    rmSync(path, { force: true });
  }
  return undefined;
}

function holding(path: string, withdraw: () => Promise<void>, beatMs: number): DataDirLock {
  let isHeld = true;
  let beatAt = performance.now();
  const beat = (): void => {
    beatAt = performance.now();
    const now = new Date();
    try {
      utimesSync(path, now, now);
    } catch (error) {
      // Else it is the file system's trouble, which the log has as well.
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') isHeld = false;
    }
  };
  const timer = setInterval(beat, beatMs).unref();
  return {
    isHeld: () => {
      // It stood still, and wakes up: what it was about to write may come before its timers.
      if (isHeld && performance.now() - beatAt > 2 * beatMs) beat();
      return isHeld;
    },
    release: () => {
      clearInterval(timer);
      return withdraw();
    },
  };
}

function answers(folder: string, name: string): Promise<boolean> {
  const fd = openSync(folder, 'r');
  const path = process.platform === 'linux' ? `/proc/self/fd/${fd}/${name}` : join(folder, name);
  return new Promise<boolean>((resolve) => {
    const socket = connect(path, () => {
      socket.destroy();
      resolve(true);
    });
    // One that may not be asked, or that is asked by too many, lives.
    socket.once('error', ({ code }: NodeJS.ErrnoException) => resolve(code !== 'ECONNREFUSED' && code !== 'ENOENT'));
  }).finally(() => closeSync(fd));
}

/** Looked at by its changes alone: clocks of two machines differ. */
async function givesSigns(path: string, silenceMs: number): Promise<boolean> {
  const before = modifiedAt(path);
  const until = performance.now() + silenceMs;
  while (performance.now() < until) {
    await pause(Math.min(500, silenceMs / 4));
    const now = modifiedAt(path);
    if (now === undefined) return false;
    if (now !== before) return true;
  }
  return false;
}

function modifiedAt(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs;
}

/** On Linux in the data folder, which containers may share; elsewhere, where there are none, where the path is short. */
function socketFolder(dataDir: string): string {
  if (process.platform === 'linux') return join(dataDir, 'lock');
  return join(tmpdir(), `kedge-${createHash('sha256').update(dataDir).digest('hex').slice(0, 16)}`);
}

function kernelId(): string {
  if (process.platform !== 'linux') return 'here';
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').slice(0, 8);
  } catch {
    // Nobody is of the same one, then: all are watched.
    return randomBytes(4).toString('hex');
  }
}
