import type { TokenView } from '@kedge/sdk';
import type { Context } from '../context.js';
import { argument, parseInteger } from '../parse.js';
import { connect, type Connection } from './connect.js';
import { resolveWriter, type SigningWriter } from './resolveWriter.js';

/** What a command about one token begins with. */
export type OwnToken = Pick<SigningWriter, 'signer' | 'write'> & {
  readonly connection: Connection;
  readonly token: TokenView;
  /** Of the class, for amounts. */
  readonly unitDecimals: number;
};

/** Reads the token that the first argument names; its holder signs, where `--account` names nobody else. */
export async function readOwnToken(context: Context): Promise<OwnToken> {
  const tokenId = parseInteger(argument(context, 0), 'tokenId');
  const connection = await connect(context);
  const token = await connection.client.getToken({ tokenId });
  const { unitDecimals } = await connection.client.getClass({ classId: token.classId });
  const { signer, write } = await resolveWriter(context, connection, token.holder);
  return { connection, token, unitDecimals, signer, write };
}
