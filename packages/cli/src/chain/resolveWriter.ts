import type { Address } from '@kedge/core';
import { resolveAccount, type SigningAccount } from '../accounts/resolveAccount.js';
import type { Role } from '../accounts/roles.js';
import type { Context } from '../context.js';
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
  const signer = await resolveAccount(context, connection.chainId, preferred);
  return { signer, ...createWriter(context, connection, signer) };
}
