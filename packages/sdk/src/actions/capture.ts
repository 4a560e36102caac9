import { encodeCaptureItems, type Address, type CaptureItem, type Deployment, type Hex } from '@kedge/core';
import type { Log } from 'viem';
import type { Sent, WriteClient } from '../client.js';
import { channelsOf, tokenOf } from '../contracts.js';
import { eventsOf } from '../eventsOf.js';
import { readRevert, type Revert } from '../toChainError.js';
import { sentOf, writeContract } from '../writeContract.js';

export type { CaptureItem } from '@kedge/core';

export type RoyaltyEdge = { readonly classId: bigint; readonly parentIndex: bigint; readonly asset: Address };

export type ReceiptAnchor = {
  readonly epoch: bigint;
  readonly firstBatch: bigint;
  readonly lastBatch: bigint;
  readonly root: Hex;
  readonly cid: string;
};

export type CaptureParameters = {
  readonly items: readonly CaptureItem[];
  /** Royalties to collect after the captures, in the same transaction (R19). */
  readonly edges?: readonly RoyaltyEdge[];
  /** Receipt roots to anchor in the name of the wallet's account (R16). */
  readonly anchors?: readonly ReceiptAnchor[];
};

export type CaptureOutcome = {
  readonly captured: readonly {
    readonly channelId: Hex;
    /** Base units taken now. */
    readonly units: bigint;
    /** Base units taken since opening. */
    readonly capturedUnits: bigint;
    readonly seq: bigint;
    readonly receiptHash: Hex;
  }[];
  /** Items that did nothing, with the reason; the others went on (R8). */
  readonly failed: readonly { readonly index: number; readonly channelId: Hex; readonly reason: Revert }[];
  readonly royalties: readonly {
    readonly classId: bigint;
    readonly parentId: bigint;
    readonly asset: Address;
    readonly amount: bigint;
  }[];
  readonly anchoredRoots: readonly Hex[];
};

/**
 * Takes what was signed and not yet taken from many channels (R8), collects royalties, anchors receipt roots. Anyone may
 * relay vouchers; the wallet of the channel key needs no signature. An item that fails is in `failed`; it does not throw.
 *
 * @example
 * const { captured, failed } = await capture(client, { items: [{ channel, voucher, signature }] });
 */
export async function capture(client: WriteClient, parameters: CaptureParameters): Promise<Sent & CaptureOutcome> {
  const receipt = await writeContract(client, 'capture', {
    ...channelsOf(client.deployment),
    functionName: 'capture',
    args: captureArgs(parameters),
  });
  return { ...sentOf(receipt), ...captureOutcome(client.deployment, receipt.logs) };
}

/**
 * What a capture did, from its receipt's logs.
 *
 * @example
 * const { captured } = captureOutcome(deployment, transactionReceipt.logs);
 */
export function captureOutcome(deployment: Deployment, logs: readonly Log[]): CaptureOutcome {
  const channels = channelsOf(deployment);
  const captured = eventsOf(channels, logs, 'ChannelCaptured');
  const failed = eventsOf(channels, logs, 'CaptureFailed');
  const anchored = eventsOf(channels, logs, 'ReceiptsAnchored');
  const royalties = eventsOf(tokenOf(deployment), logs, 'RoyaltyCollected');
  return {
    captured: captured.map(({ args }) => args),
    failed: failed.map(({ args }) => ({
      index: Number(args.index),
      channelId: args.channelId,
      reason: readRevert(args.reason) ?? {
        name: 'unknown',
        message: 'The item failed without a reason that can be read.',
        hints: [],
        values: { data: args.reason },
      },
    })),
    royalties: royalties.map(({ args: { classId, parentId, asset, amount } }) => ({
      classId,
      parentId,
      asset,
      amount,
    })),
    anchoredRoots: anchored.map(({ args }) => args.root),
  };
}

function captureArgs({ items, edges = [], anchors = [] }: CaptureParameters) {
  return [
    encodeCaptureItems(items),
    edges,
    anchors.map((anchor) => ({ ...anchor, epoch: Number(anchor.epoch) })),
  ] as const;
}
