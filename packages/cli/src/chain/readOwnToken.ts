import type { TokenView } from '@kedge/sdk';
import { resolveAccount, type SigningAccount } from '../accounts/resolveAccount.js';
import type { Context } from '../context.js';
import { argument, parseInteger } from '../parse.js';
import { connect, type Connection } from './connect.js';
import { createWriter, type Writer } from './createWriter.js';

/** What a command about one token begins with. */
export type OwnToken = {
  readonly connection: Connection;
  readonly token: TokenView;
  /** Of the class, for amounts. */
  readonly unitDecimals: number;
  readonly signer: SigningAccount;
  readonly write: Writer['write'];
};

/** Reads the token that the first argument names; its holder signs, where `--account` names nobody else. */
export async function readOwnToken(context: Context): Promise<OwnToken> {
  const tokenId = parseInteger(argument(context, 0), 'tokenId');
  const connection = await connect(context);
  const token = await connection.client.getToken({ tokenId });
  const { unitDecimals } = await connection.client.getClass({ classId: token.classId });
  const signer = await resolveAccount(context, connection.chainId, token.holder);
  const { write } = createWriter(context, connection, signer);
  return { connection, token, unitDecimals, signer, write };
}
