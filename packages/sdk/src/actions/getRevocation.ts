import type { ReadClient } from '../client.js';
import { tokenOf } from '../contracts.js';
import { reading } from '../reading.js';

/** @param effectiveAt Unix time; 0 when no revocation is pending. */
export type RevocationView = { readonly effectiveAt: bigint; readonly appealed: boolean };

/**
 * Reads whether a revocation hangs over a token: worth a look before one buys it.
 *
 * @throws BaseError `ERC8028NonexistentToken`.
 *
 * @example
 * const { effectiveAt } = await getRevocation(client, { tokenId });
 */
export async function getRevocation(
  client: ReadClient,
  { tokenId }: { readonly tokenId: bigint },
): Promise<RevocationView> {
  const [effectiveAt, appealed] = await reading(client, 'read the revocation', (chain) =>
    chain.readContract({ ...tokenOf(client.deployment), functionName: 'revocationOf', args: [tokenId] }),
  );
  return { effectiveAt, appealed };
}
