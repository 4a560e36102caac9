import { BaseError, type Address, type Hex } from '@kedge/core';
import type { LocalAccount } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import type { Context } from '../context.js';
import { developmentAccount, developmentKey, isDevelopmentAddress } from './developmentAccount.js';
import { keystoreDirOf, readKeystore } from './keystore.js';
import { readPassword } from './password.js';
import { developmentChainId, developmentLabel, isRole, roles, type Role } from './roles.js';

/** An account that can sign, and how it is shown. */
export type SigningAccount = {
  readonly account: LocalAccount;
  /** `consumer 0x… (development key, public)`, `alice 0x…`. */
  readonly label: string;
  readonly role?: Role;
};

type Asking = Pick<Context, 'environment' | 'stdin' | 'output' | 'options'>;

/** A role's development account, with its label. */
export function roleAccount(role: Role): SigningAccount {
  const account = developmentAccount(role);
  return { account, role, label: `${role} ${account.address} (${developmentLabel})` };
}

/** The role whose development account has this address. */
export function roleOfAddress(address: Address): Role | undefined {
  const wanted = address.toLowerCase();
  return (Object.keys(roles) as Role[]).find((role) => developmentAccount(role).address.toLowerCase() === wanted);
}

/**
 * Who signs. With `--account <name>`: `KEDGE_<NAME>_PRIVATE_KEY`, else the keystore's file of that name, else, on the
 * local development chain, the role. Without it: on the local development chain `preferred`; elsewhere `KEDGE_PRIVATE_KEY`.
 *
 * @param preferred a role, or the address that must sign (its role is looked up)
 * @throws BaseError which says how to give a key; keys are never taken from the command line
 */
export async function resolveAccount(
  context: Asking,
  chainId: number,
  preferred: Role | Address,
): Promise<SigningAccount> {
  const name = context.options['account'];
  if (typeof name === 'string') return namedAccount(context, chainId, name);
  if (chainId === developmentChainId) {
    const role = isRole(preferred) ? preferred : roleOfAddress(preferred as Address);
    if (role !== undefined) return roleAccount(role);
  }
  const key = context.environment['KEDGE_PRIVATE_KEY'];
  if (key !== undefined) return fromKey(chainId, { text: key, source: 'KEDGE_PRIVATE_KEY' });
  throw new BaseError(
    isRole(preferred)
      ? `Chain ${chainId} is not the local development chain, so an account must be named.`
      : `No key is at hand for ${preferred}.`,
    {
      hints: [
        'Pass --account <name>. Make such a key: kedge account new <name>',
        'Or set KEDGE_PRIVATE_KEY in the environment.',
      ],
      code: 'no_account',
    },
  );
}

/**
 * The private key of an account, for a program of ours that signs with it: found as {@link resolveAccount} finds a named
 * account, and given to that program by its environment only.
 *
 * @throws BaseError `no_account`, `bad_key`, `development_key`
 */
export async function privateKeyOf(context: Asking, chainId: number, name: string): Promise<Hex> {
  const stored = await storedKey(context, name);
  if (stored !== undefined) return parseKey(chainId, stored);
  if (isRole(name) && chainId === developmentChainId) return developmentKey(name);
  throw unknownAccount(context, chainId, name);
}

async function namedAccount(context: Asking, chainId: number, name: string): Promise<SigningAccount> {
  const stored = await storedKey(context, name);
  if (stored !== undefined) return fromKey(chainId, stored, name);
  if (isRole(name) && chainId === developmentChainId) return roleAccount(name);
  throw unknownAccount(context, chainId, name);
}

type StoredKey = { readonly text: string; readonly source: string };

/** From the environment or the keystore. */
async function storedKey(context: Asking, name: string): Promise<StoredKey | undefined> {
  if (/^(0x)?[0-9a-f]{64}$/i.test(name)) {
    throw new BaseError('--account takes a name, not a private key: other users can read command lines.', {
      hints: [
        'Treat that key as known to others.',
        'Put a key into KEDGE_<NAME>_PRIVATE_KEY, or: kedge account import <name>',
      ],
      code: 'usage',
    });
  }
  const variable = variableOf(name);
  const text = context.environment[variable];
  if (text !== undefined) return { text, source: variable };
  const password = (): Promise<string> => readPassword(context, `Password for ${name}: `);
  const stored = await readKeystore(keystoreDirOf(context), name, password);
  return stored === undefined ? undefined : { text: stored, source: `the keystore's ${name}` };
}

function variableOf(name: string): string {
  return `KEDGE_${name.toUpperCase().replaceAll('-', '_')}_PRIVATE_KEY`;
}

function unknownAccount(context: Asking, chainId: number, name: string): BaseError {
  if (isRole(name)) {
    return developmentKeyRefused(`${name} is`, chainId);
  }
  return new BaseError(`There is no account "${name}".`, {
    hints: [
      `Looked for ${variableOf(name)} in the environment and ${name}.json in ${keystoreDirOf(context)}.`,
      'See what there is: kedge account list',
    ],
    code: 'no_account',
  });
}

function fromKey(chainId: number, stored: StoredKey, name?: string): SigningAccount {
  const account = privateKeyToAccount(parseKey(chainId, stored));
  return { account, label: name === undefined ? account.address : `${name} ${account.address}` };
}

function parseKey(chainId: number, { text, source }: StoredKey): Hex {
  const trimmed = text.trim();
  const key: Hex = trimmed.startsWith('0x') ? (trimmed as Hex) : `0x${trimmed}`;
  const address = addressOfKey(key);
  if (address === undefined)
    throw new BaseError(`${source} holds no private key.`, { hints: ['It must be 64 hex digits.'], code: 'bad_key' });
  if (chainId !== developmentChainId && isDevelopmentAddress(address)) {
    throw developmentKeyRefused(`${source} holds`, chainId, { address });
  }
  return key;
}

function developmentKeyRefused(what: string, chainId: number, values: { readonly address?: Address } = {}): BaseError {
  return new BaseError(`${what} a ${developmentLabel}, for the local chain only; this is chain ${chainId}.`, {
    hints: [
      'Anyone can spend what that key holds: use one of your own.',
      'Pass --account <name>. Make such a key: kedge account new <name>',
    ],
    values,
    code: 'development_key',
  });
}

/** The error of what is no key stays here on purpose: its message may carry the key. */
function addressOfKey(key: Hex): Address | undefined {
  if (!/^0x[0-9a-f]{64}$/i.test(key)) return undefined;
  try {
    return privateKeyToAccount(key).address;
  } catch {
    return undefined;
  }
}
