import { generatePrivateKey } from 'viem/accounts';
import { keystoreDirOf, requireNewAccount, writeKeystore } from '../accounts/keystore.js';
import { readNewPassword } from '../accounts/password.js';
import type { Command } from '../command.js';
import { argument } from '../parse.js';

export const accountNew: Command = {
  name: 'account new',
  summary: 'make a key in the encrypted keystore',
  description:
    'Makes a new key and writes it to an encrypted keystore file (Web3 Secret Storage version 3) that only you can read. ' +
    'The password is asked for, or read from KEDGE_KEYSTORE_PASSWORD_FILE or KEDGE_KEYSTORE_PASSWORD. The key itself is ' +
    'never printed.',
  arguments: [{ name: 'name', summary: 'what --account will call it' }],
  options: [],
  examples: [{ command: 'kedge account new alice', summary: 'a key that commands use with --account alice' }],
  run: async (context) => {
    const name = argument(context, 0);
    const dir = keystoreDirOf(context);
    await requireNewAccount(dir, name);
    const password = await readNewPassword(context, name);
    const writing = writeKeystore(dir, name, generatePrivateKey(), password);
    const entry = await context.output.waitFor('the key to be encrypted', writing);
    context.output.result(entry, () => [
      `${name}  ${entry.address}`,
      `written to ${entry.path}: back it up together with the password`,
    ]);
  },
};
