import type { ReadClient } from './client.js';
import { toChainError } from './toChainError.js';

/** Runs reads and turns what they throw into Kedge's error. */
export async function reading<value>(
  client: Pick<ReadClient, 'publicClient'>,
  doing: string,
  read: (publicClient: ReadClient['publicClient']) => Promise<value>,
): Promise<value> {
  try {
    return await read(client.publicClient);
  } catch (error) {
    throw toChainError(error, doing);
  }
}
