import { isNonTransferable, splitTokenId, zeroAddress, type Address, type Hex } from '@kedge/core';
import type { ReadClient } from '../client.js';
import { tokenOf } from '../contracts.js';
import { reading } from '../reading.js';

export type TokenView = {
  readonly tokenId: bigint;
  readonly classId: bigint;
  readonly lot: number;
  readonly serial: number;
  readonly holder: Address;
  /** Whether it stays with this holder for ever. */
  readonly nonTransferable: boolean;
  /** Spendable base units: what channels hold is not counted. */
  readonly value: bigint;
  readonly shareRatio: bigint;
  /** Last valid second, Unix time; 0 for ever. */
  readonly expireAt: bigint;
  /** The version that the token's value was made under. */
  readonly policy: { readonly version: number; readonly hash: Hex };
  /** What `claim` would pay now, in smallest units of the asset. */
  readonly pendingRevenue: bigint;
};

/**
 * Reads a token.
 *
 * @param parameters `asset`: of the pending revenue; zero address (default): ETH.
 *
 * @throws BaseError `ERC8028NonexistentToken`, `token_id_invalid`.
 *
 * @example
 * const { value, holder, pendingRevenue } = await getToken(client, { tokenId });
 */
export async function getToken(
  client: ReadClient,
  { tokenId, asset = zeroAddress }: { readonly tokenId: bigint; readonly asset?: Address },
): Promise<TokenView> {
  const token = tokenOf(client.deployment);
  const parts = splitTokenId(tokenId);
  const args = [tokenId] as const;
  const [holder, value, shareRatio, expireAt, policy, pendingRevenue] = await reading(
    client,
    'read the token',
    (chain) =>
      Promise.all([
        chain.readContract({ ...token, functionName: 'ownerOf', args }),
        chain.readContract({ ...token, functionName: 'valueOf', args }),
        chain.readContract({ ...token, functionName: 'shareRatioOf', args }),
        chain.readContract({ ...token, functionName: 'expireAtOf', args }),
        chain.readContract({ ...token, functionName: 'policyOfToken', args }),
        chain.readContract({ ...token, functionName: 'pendingRevenue', args: [tokenId, asset] }),
      ]),
  );
  const [version, hash] = policy;
  return {
    tokenId,
    ...parts,
    holder,
    nonTransferable: isNonTransferable(tokenId),
    value,
    shareRatio,
    expireAt,
    policy: { version, hash },
    pendingRevenue,
  };
}
