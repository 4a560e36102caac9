import type { ClassView } from '@kedge/sdk';
import type { Context } from '../context.js';
import { argument, parseInteger } from '../parse.js';
import { connect, type Connection } from './connect.js';
import { resolveWriter, type SigningWriter } from './resolveWriter.js';

/** What a command about one class begins with. */
type OwnClass = Pick<SigningWriter, 'signer' | 'write'> & {
  readonly connection: Connection;
  readonly classId: bigint;
  readonly found: ClassView;
};

/** Reads the class that the first argument names; its issuer signs, where `--account` names nobody else. */
export async function readOwnClass(context: Context): Promise<OwnClass> {
  const classId = parseInteger(argument(context, 0), 'classId');
  const connection = await connect(context);
  const found = await connection.client.getClass({ classId });
  const { signer, write } = await resolveWriter(context, connection, found.issuer);
  return { connection, classId, found, signer, write };
}
