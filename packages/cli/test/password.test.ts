import { PassThrough } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { readPassword } from '../src/accounts/password.js';
import { createOutput } from '../src/output.js';

/** What comes of these chunks from a terminal, and all that was shown meanwhile. */
async function typing(...chunks: readonly (string | Uint8Array)[]) {
  let shown = '';
  const modes: boolean[] = [];
  const setRawMode = (mode: boolean) => void modes.push(mode);
  const stdin = Object.assign(new PassThrough(), { isTTY: true, setRawMode }) as unknown as typeof process.stdin;
  const write = (text: string) => (shown += text);
  const output = createOutput({ json: false, stdout: { write }, stderr: { write, isTTY: true } });
  const password = readPassword({ environment: {}, stdin, output }, 'Password: ');
  password.catch(() => undefined);
  for (const chunk of chunks) {
    await turn();
    (stdin as unknown as PassThrough).write(chunk);
  }
  return { password, shown: () => shown, modes };
}

test('a password is typed without an echo, and leaves the terminal as it was', async () => {
  const { password, shown, modes } = await typing('correct ', 'horse', '\r');
  expect(await password).toBe('correct horse');
  expect(shown().trimEnd()).toBe('Password:');
  expect(modes).toEqual([true, false]);
});

test.each([
  ['the backspace of Unix', ['horsf\u007fe\r']],
  ['the backspace of Windows', ['horsf\be\r']],
  ['a backspace over a character of two code units', ['horse😀\u007f\r']],
  ['keys that are no characters', ['hrse\u001b[D\u001b[D\u001b[D', 'o', '\r']],
])('%s edits it', async (_, chunks) => {
  const { password } = await typing(...chunks);
  expect(await password).toBe('horse');
});

test('a character that arrives in two pieces is one', async () => {
  const bytes = Buffer.from('é\r');
  const { password } = await typing(bytes.subarray(0, 1), bytes.subarray(1));
  expect(await password).toBe('é');
});

test.each([
  ['Ctrl-C', 'hor\u0003'],
  ['Ctrl-D', '\u0004'],
])('%s leaves it', async (_, keys) => {
  const { password, modes } = await typing(keys);
  await expect(password).rejects.toMatchObject({ code: 'interrupted' });
  expect(modes).toEqual([true, false]);
});

test('a password file without an end is given up', async () => {
  const { stdin } = process;
  const output = createOutput({ json: false, stdout: { write: () => true }, stderr: { write: () => true } });
  const environment = { KEDGE_KEYSTORE_PASSWORD_FILE: '/dev/zero' };
  await expect(readPassword({ environment, stdin, output }, '')).rejects.toMatchObject({ code: 'file_too_long' });
});
