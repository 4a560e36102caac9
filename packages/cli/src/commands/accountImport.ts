import { text } from 'node:stream/consumers';
import { BaseError, type Hex } from '@kedge/core';
import { keystoreDirOf, requireNewAccount, writeKeystore } from '../accounts/keystore.js';
import { readNewPassword } from '../accounts/password.js';
import type { Command } from '../command.js';
import { argument } from '../parse.js';

export const accountImport: Command = {
  name: 'account import',
  summary: 'read a private key from stdin into the encrypted keystore',
  description:
    'Reads one private key (64 hex digits) from stdin and writes it to an encrypted keystore file. The password comes ' +
    'from KEDGE_KEYSTORE_PASSWORD_FILE or KEDGE_KEYSTORE_PASSWORD, because stdin is taken. Keys are never taken from ' +
    'the command line, where other users could read them.',
  arguments: [{ name: 'name', summary: 'what --account will call it' }],
  options: [],
  examples: [
    {
      command: 'KEDGE_KEYSTORE_PASSWORD_FILE=~/.kedge-password kedge account import alice < alice.key',
      summary: 'a key from a file that only you can read',
    },
  ],
  run: async (context) => {
    const name = argument(context, 0);
    const dir = keystoreDirOf(context);
    await requireNewAccount(dir, name);
    if (context.stdin.isTTY) {
      throw new BaseError('The key is read from stdin, which is a terminal that would show it.', {
        hints: ['Run: kedge account import <name> < file'],
        code: 'usage',
      });
    }
    const password = await readNewPassword(context, name);
    const key = (await text(context.stdin)).trim().replace(/^0x/, '');
    if (!/^[0-9a-f]{64}$/i.test(key) || BigInt(`0x${key}`) === 0n) {
      throw new BaseError('There is no private key on stdin.', {
        hints: ['It must be 64 hex digits.'],
        code: 'bad_key',
      });
    }
    const writing = writeKeystore(dir, name, `0x${key}` as Hex, password);
    const entry = await context.output.waitFor('the key to be encrypted', writing);
    context.output.result(entry, () => [`${name}  ${entry.address}`, `written to ${entry.path}`]);
  },
};
