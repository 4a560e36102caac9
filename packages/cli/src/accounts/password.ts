import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { BaseError } from '@kedge/core';
import type { Context } from '../context.js';
import { readGivenFile } from '../files/readGivenFile.js';

type Asking = Pick<Context, 'environment' | 'stdin' | 'output'>;

const withoutNewline = (text: string): string => text.replace(/\r?\n$/, '');

/**
 * The keystore's password: from the file that `KEDGE_KEYSTORE_PASSWORD_FILE` names, else `KEDGE_KEYSTORE_PASSWORD`, else
 * typed on the terminal without an echo. Never from the command line, where other users see it.
 */
export async function readPassword(context: Asking, prompt: string): Promise<string> {
  const file = context.environment['KEDGE_KEYSTORE_PASSWORD_FILE'];
  if (file !== undefined) return withoutNewline((await readGivenFile('', file)).toString());
  const given = context.environment['KEDGE_KEYSTORE_PASSWORD'];
  if (given !== undefined) return given;
  if (context.stdin.isTTY) return typed(context, prompt);
  throw new BaseError('A password is needed, and there is no terminal to ask on.', {
    hints: ['Set KEDGE_KEYSTORE_PASSWORD_FILE to a file that only you can read.'],
    code: 'no_password',
  });
}

/** A password for a new file: asked for twice on a terminal, and not empty. */
export async function readNewPassword(context: Asking, name: string): Promise<string> {
  const password = await readPassword(context, `New password for ${name}: `);
  if (password.length < 8) {
    throw new BaseError('The password is shorter than 8 characters.', {
      hints: ['Choose a longer one.'],
      code: 'weak_password',
    });
  }
  const { KEDGE_KEYSTORE_PASSWORD: given, KEDGE_KEYSTORE_PASSWORD_FILE: file } = context.environment;
  if (given === undefined && file === undefined && (await typed(context, 'Once more: ')) !== password) {
    throw new BaseError('The two passwords differ.', { hints: ['Try again.'], code: 'password_mismatch' });
  }
  return password;
}

/** A line of the terminal, which is not shown. Ctrl-C and Ctrl-D leave the question. */
function typed({ stdin, output }: Asking, prompt: string): Promise<string> {
  output.ask(prompt);
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: stdin, output: nowhere, terminal: true, historySize: 0 });
  return new Promise((done, fail) => {
    lines.once('line', (line) => {
      done(line);
      lines.close();
    });
    lines.once('close', () =>
      fail(new BaseError('Interrupted.', { hints: ['Nothing was changed.'], code: 'interrupted' })),
    );
  });
}
