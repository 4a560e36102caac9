import type { Sent, WriteClient } from '../client.js';
import { tokenOf } from '../contracts.js';
import { eventsOf } from '../eventsOf.js';
import { sentOf, writeContract } from '../writeContract.js';
import { refuseLargeShare, type MintParameters } from './mint.js';

export type MintBatchParameters = {
  readonly classId: bigint;
  readonly tokens: readonly Omit<MintParameters, 'classId'>[];
};

export type MintBatchReturn = Sent & {
  /** In the order of `tokens`. */
  readonly tokenIds: readonly bigint[];
};

/**
 * Mints many tokens of the wallet's own class with one transaction: all or nothing (P29). Each is as one of {@link mint}.
 *
 * @throws BaseError those of `mint`.
 *
 * @example
 * const { tokenIds } = await mintBatch(client, { classId, tokens: holders.map((to) => ({ to, value: 1_000n })) });
 */
export async function mintBatch(
  client: WriteClient,
  { classId, tokens }: MintBatchParameters,
): Promise<MintBatchReturn> {
  const items = tokens.map(({ to, value = 0n, shareRatio = 0n, expireAt = 0n }) => {
    refuseLargeShare(shareRatio);
    return { to, value, shareRatio, expireAt };
  });
  const token = tokenOf(client.deployment);
  const receipt = await writeContract(client, 'mint the tokens', {
    ...token,
    functionName: 'mintBatch',
    args: [classId, items],
  });
  const tokenIds = eventsOf(token, receipt.logs, 'Minted').map(({ args }) => args.tokenId);
  return { ...sentOf(receipt), tokenIds };
}
