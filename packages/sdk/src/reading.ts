import { afterWrites } from './afterWrites.js';
import type { ReadClient } from './client.js';
import { requireArguments } from './requireArguments.js';
import { toChainError } from './toChainError.js';

/** Runs reads and turns what they throw into Kedge's error. */
export async function reading<value>(
  client: Pick<ReadClient, 'publicClient'>,
  doing: string,
  read: (publicClient: ReadClient['publicClient']) => Promise<value>,
): Promise<value> {
  return inWords(doing, async () => {
    const reader = await afterWrites(client.publicClient);
    const readContract: typeof reader.readContract = async (call) => {
      requireArguments(doing, call as never);
      return reader.readContract(call);
    };
    return read({ ...reader, readContract });
  });
}

/** Turns what viem throws of parameters, or a wallet that is asked to sign, into Kedge's error. */
export async function inWords<value>(doing: string, run: () => value | Promise<value>): Promise<value> {
  try {
    return await run();
  } catch (error) {
    throw toChainError(error, doing);
  }
}
