import { afterWrites } from './afterWrites.js';
import type { ReadClient } from './client.js';
import { toChainError } from './toChainError.js';

/** Runs reads and turns what they throw into Kedge's error. */
export async function reading<value>(
  client: Pick<ReadClient, 'publicClient'>,
  doing: string,
  read: (publicClient: ReadClient['publicClient']) => Promise<value>,
): Promise<value> {
  return inWords(doing, async () => read(await afterWrites(client.publicClient)));
}

/** Turns what viem throws of parameters, or a wallet that is asked to sign, into Kedge's error. */
export async function inWords<value>(doing: string, run: () => value | Promise<value>): Promise<value> {
  try {
    return await run();
  } catch (error) {
    throw toChainError(error, doing);
  }
}
