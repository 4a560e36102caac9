import { existsSync, realpathSync } from 'node:fs';
import { delimiter, dirname, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Context } from './context.js';
import { shellWord } from './human.js';

const ownProgram = fileURLToPath(new URL('../bin/kedge.js', import.meta.url));

/**
 * What to type in the working folder to run this installation's `kedge`: in its clone `npx kedge`, which elsewhere would run
 * a package of that name from anywhere; elsewhere `kedge` where it is linked, else its file.
 */
export function kedgeCommand(
  { cwd, environment }: Pick<Context, 'cwd' | 'environment'>,
  program: string = ownProgram,
): string {
  if (leadsTo(foundAbove(cwd), program)) return 'npx kedge';
  return leadsTo(foundOnPath(environment['PATH'] ?? ''), program) ? 'kedge' : `node ${shellWord(program)}`;
}

/** As `npx` looks for it. */
function foundAbove(cwd: string): string | undefined {
  for (let folder = cwd; ; folder = dirname(folder)) {
    const file = join(folder, 'node_modules', '.bin', 'kedge');
    if (existsSync(file)) return file;
    if (dirname(folder) === folder) return undefined;
  }
}

/** As the user's shell does: folders that npm put before the others are only its programs'. */
function foundOnPath(path: string): string | undefined {
  return path
    .split(delimiter)
    .filter((folder) => folder !== '' && !folder.endsWith(join(sep, 'node_modules', '.bin')))
    .map((folder) => join(folder, 'kedge'))
    .find((file) => existsSync(file));
}

function leadsTo(file: string | undefined, program: string): boolean {
  return file !== undefined && existsSync(program) && realpathSync(file) === realpathSync(program);
}
