import type { Address, Hex } from '@kedge/core';
import type { ReadClient } from '../client.js';
import { channelsOf, firstBlockOf } from '../contracts.js';
import { plainAddress } from '../plainAddress.js';
import { readEvents } from '../readEvents.js';
import { reading } from '../reading.js';

export type FindReceiptAnchorParameters = {
  /** Who anchored: the operator of the receipt's batch. */
  readonly operator: Address;
  readonly epoch: bigint;
  readonly batch: bigint;
  /** Where to look from; default the first one of the deployment. */
  readonly fromBlock?: bigint;
};

export type AnchoredRoot = {
  readonly operator: Address;
  readonly epoch: bigint;
  readonly firstBatch: bigint;
  readonly lastBatch: bigint;
  readonly root: Hex;
  /** Where the content store has the leaves. */
  readonly cid: string;
  readonly blockNumber: bigint;
  readonly transactionHash: Hex;
};

/**
 * The event that anchored a receipt batch (R16), or undefined while it is not anchored.
 *
 * @example
 * const anchored = await findReceiptAnchor(client, { operator, epoch: signed.batch.epoch, batch: signed.batch.batch });
 */
export async function findReceiptAnchor(
  client: ReadClient,
  { operator, epoch, batch, fromBlock = firstBlockOf(client.deployment) }: FindReceiptAnchorParameters,
): Promise<AnchoredRoot | undefined> {
  const channels = channelsOf(client.deployment);
  const logs = await reading(client, 'look for the receipt root', (chain) =>
    readEvents(chain, {
      ...channels,
      eventName: 'ReceiptsAnchored',
      args: { operator: plainAddress(operator) },
      fromBlock,
    }),
  );
  const found = logs.find(
    ({ args }) => BigInt(args.epoch) === epoch && args.firstBatch <= batch && batch <= args.lastBatch,
  );
  if (found === undefined) return undefined;
  const { args, blockNumber, transactionHash } = found;
  return {
    operator: args.operator,
    epoch,
    firstBatch: args.firstBatch,
    lastBatch: args.lastBatch,
    root: args.root,
    cid: args.cid,
    blockNumber,
    transactionHash,
  };
}
