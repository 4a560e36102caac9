import { createInterface } from 'node:readline';
import { BaseError } from '@kedge/core';
import type { Option } from './command.js';
import type { Context } from './context.js';
import { usageError } from './usageError.js';

/** Of commands that cannot be undone. */
export const yesOption: Option = { flags: '--yes', summary: 'do not ask; needed where there is no terminal' };

/**
 * Asks on the terminal before something that cannot be undone, unless `--yes` is given.
 *
 * @param what a question in words, without its mark
 * @throws BaseError `not_confirmed` for any answer but yes; a usage error where nobody can be asked.
 */
export async function confirm(context: Pick<Context, 'stdin' | 'output' | 'options'>, what: string): Promise<void> {
  const { stdin, output, options } = context;
  if (options['yes'] === true) return;
  if (!stdin.isTTY) {
    throw usageError('This cannot be undone, and there is no terminal to ask on.', 'Pass --yes if you mean it.');
  }
  output.ask(`${what}? This cannot be undone. [y/N]`);
  const answer = await readLine(stdin);
  if (/^\s*(y|yes)\s*$/i.test(answer)) return;
  throw new BaseError('Not confirmed.', { code: 'not_confirmed', hints: ['Nothing was changed.'] });
}

/** Empty at the end of the input. */
function readLine(stdin: NodeJS.ReadStream): Promise<string> {
  const lines = createInterface({ input: stdin });
  return new Promise((done) => {
    lines.once('line', (line) => {
      done(line);
      lines.close();
    });
    lines.once('close', () => done(''));
  });
}
