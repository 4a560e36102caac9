import { developmentAccount } from '../accounts/developmentAccount.js';
import { keystoreDirOf, listKeystore } from '../accounts/keystore.js';
import { developmentLabel, roles, type Role } from '../accounts/roles.js';
import { privateKeyToAddress } from 'viem/accounts';
import type { Command } from '../command.js';
import { table } from '../output.js';

export const accountList: Command = {
  name: 'account list',
  summary: 'list the accounts that kedge can sign with',
  description:
    'Lists keystore files, keys in the environment, and the roles of the local development chain. Shows addresses only; ' +
    'no password is needed.',
  arguments: [],
  options: [],
  examples: [{ command: 'kedge account list', summary: 'names and addresses' }],
  run: async (context) => {
    const stored = await listKeystore(keystoreDirOf(context));
    const accounts = [
      ...stored.map(({ name, address, problem }) => ({
        name,
        address: address ?? 'unknown',
        source: problem === undefined ? 'keystore' : `keystore: ${problem}`,
      })),
      ...environmentAccounts(context.environment),
      ...(Object.keys(roles) as Role[]).map((role) => ({
        name: role,
        address: developmentAccount(role).address,
        source: `local chain only (${developmentLabel})`,
      })),
    ];
    context.output.result({ accounts }, () =>
      table([['NAME', 'ADDRESS', 'FROM'], ...accounts.map(({ name, address, source }) => [name, address, source])]),
    );
  },
};

function environmentAccounts(environment: Readonly<Record<string, string | undefined>>) {
  return Object.entries(environment).flatMap(([variable, value]) => {
    const named = /^KEDGE_(?:([A-Z0-9_]+)_)?PRIVATE_KEY$/.exec(variable);
    if (named === null || value === undefined) return [];
    const key = value.trim().replace(/^0x/, '');
    const address =
      /^[0-9a-f]{64}$/i.test(key) && BigInt(`0x${key}`) > 0n ? privateKeyToAddress(`0x${key}`) : 'no private key';
    const name = named[1]?.toLowerCase().replaceAll('_', '-') ?? '(without --account)';
    return [{ name, address, source: `environment ${variable}` }];
  });
}
