import { dataAnchoringTokenAbi, type Address } from '@kedge/core';
import { firstBlockOf, readEvents } from '@kedge/sdk';
import type { Connection } from './connect.js';

/** A revocation that is announced: neither carried out nor withdrawn, and not lapsed. */
export type PendingRevocation = {
  readonly tokenId: bigint;
  readonly holder: Address;
  /** From when on it may be carried out, Unix time: until then the holder may appeal, once. */
  readonly effectiveAt: bigint;
  readonly appealed: boolean;
  /** As the issuer gave it. */
  readonly reason: string;
};

/** The revocations that hang over the tokens of interest, in the order of their announcements. */
export async function readRevocations(
  { client, contracts }: Connection,
  concerns: (tokenId: bigint) => boolean,
): Promise<PendingRevocation[]> {
  const announced = await readEvents(client.publicClient, {
    address: contracts.DataAnchoringToken,
    abi: dataAnchoringTokenAbi,
    eventName: 'RevocationAnnounced',
    fromBlock: firstBlockOf(client.deployment),
  });
  // One that was withdrawn may have been announced anew, for another reason.
  const reasons = new Map(
    announced.filter(({ args }) => concerns(args.tokenId)).map(({ args: { tokenId, reason } }) => [tokenId, reason]),
  );
  const all = await Promise.all(
    [...reasons].map(async ([tokenId, reason]) => ({ tokenId, ...(await client.getRevocation({ tokenId })), reason })),
  );
  const pending = all.filter(({ effectiveAt }) => effectiveAt > 0n);
  return Promise.all(
    pending.map(async (each) => ({ ...each, holder: (await client.getToken({ tokenId: each.tokenId })).holder })),
  );
}
