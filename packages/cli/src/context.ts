import { dirname, join, resolve } from 'node:path';
import { access } from 'node:fs/promises';
import type { Output } from './output.js';
import type { ChildCommand } from './up/child.js';

/** The value of an option as parsed: text, a flag, or the list of a repeatable one. */
export type OptionValue = string | boolean | readonly string[] | undefined;

/** What a command is given; it reads nothing else of the process. */
export type Context = {
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Positional arguments in order; those of a variadic one follow at the end. */
  readonly arguments: readonly string[];
  /** Options by camelCase name: `--data-dir` is `dataDir`, `--no-chain` sets `chain` to false. */
  readonly options: Readonly<Record<string, OptionValue>>;
  readonly output: Output;
  readonly stdin: NodeJS.ReadStream;
  /** Runs a program of ours until it ends; `onReady` hears its URL when it listens. Answers with its exit code. */
  readonly runForeground: (command: ChildCommand, what: string, onReady: (url: string) => void) => Promise<number>;
};

/** Name of the data folder. */
export const dataDirName = '.kedge';

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/**
 * The data folder: `--data-dir`, else the nearest `.kedge` with an `up.json` in the working folder or above, else
 * `.kedge` in the working folder (which need not exist).
 */
export async function dataDirOf(context: Pick<Context, 'cwd' | 'options'>): Promise<string> {
  const given = context.options['dataDir'];
  if (typeof given === 'string') return resolve(context.cwd, given);
  const here = join(context.cwd, dataDirName);
  for (let folder = context.cwd; ; folder = dirname(folder)) {
    const candidate = join(folder, dataDirName);
    if (await exists(join(candidate, 'up.json'))) return candidate;
    if (dirname(folder) === folder) return here;
  }
}
