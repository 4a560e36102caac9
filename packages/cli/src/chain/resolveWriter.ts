import { BaseError, type Address } from '@kedge/core';
import { resolveAccount, type SigningAccount } from '../accounts/resolveAccount.js';
import { isRole, type Role } from '../accounts/roles.js';
import type { Context } from '../context.js';
import { committedTokenOf } from './committedTokenOf.js';
import type { Connection } from './connect.js';
import { createWriter, type Writer } from './createWriter.js';

/** A writer, and as whom it writes. */
export type SigningWriter = Writer & { readonly signer: SigningAccount };

/** A writer for the account that {@link resolveAccount} finds. */
export async function resolveWriter(
  context: Context,
  connection: Connection,
  preferred: Role | Address,
): Promise<SigningWriter> {
  const signer = await resolveAccount(context, connection.chainId, preferred).catch(async (error: unknown) => {
    throw isRole(preferred) ? error : await sayIfVault(connection, preferred, error);
  });
  return { signer, ...createWriter(context, connection, signer) };
}

/** The vault of a committed token has no key that could be made. */
async function sayIfVault(connection: Connection, holder: Address, error: unknown): Promise<unknown> {
  if (!(error instanceof BaseError) || error.code !== 'no_account') return error;
  const tokenId = await committedTokenOf(connection, holder);
  if (tokenId === undefined) return error;
  return new BaseError(`Token ${tokenId} is committed to its contributors: it is in a vault that nobody signs for.`, {
    code: 'token_committed',
    values: { tokenId, vault: holder },
    hints: ['See what can be done with it: kedge contributors --help'],
    cause: error,
  });
}
