import { valueChannelsAbi, type Hex } from '@kedge/core';
import { captureOutcome, readEvents, type CaptureOutcome } from '@kedge/sdk';
import * as z from 'zod';
import type { Connection } from '../chain/connect.js';
import type { Context } from '../context.js';
import { askGateway } from './askGateway.js';

/** A transaction of the gateway, and what it did. */
export type Captured = CaptureOutcome & { readonly transactionHash: Hex };

/**
 * Asks a gateway to capture now and answers with what it captured. Only the gateway holds the vouchers of its channels; it
 * takes this from its own machine only.
 *
 * @throws BaseError as `askGateway` does
 */
export async function requestCapture(
  context: Pick<Context, 'output'>,
  connection: Connection,
  gatewayUrl: string,
): Promise<Captured[]> {
  const fromBlock = (await connection.client.publicClient.getBlockNumber({ cacheTime: 0 })) + 1n;
  await askGateway(context, gatewayUrl, {
    path: '/admin/capture',
    method: 'POST',
    timeoutMilliseconds: 60_000,
    answer: z.object({ captured: z.literal(true) }),
  });
  return capturesSince(connection, fromBlock);
}

async function capturesSince({ client, publicClient, contracts }: Connection, fromBlock: bigint): Promise<Captured[]> {
  const channels = { address: contracts.ValueChannels, abi: valueChannelsAbi, fromBlock } as const;
  const events = [
    ...(await readEvents(client.publicClient, { ...channels, eventName: 'ChannelCaptured' })),
    ...(await readEvents(client.publicClient, { ...channels, eventName: 'ReceiptsAnchored' })),
  ];
  const hashes = [...new Set(events.map(({ transactionHash }) => transactionHash))];
  return Promise.all(
    hashes.map(async (transactionHash) => {
      const { logs } = await publicClient.getTransactionReceipt({ hash: transactionHash });
      return { transactionHash, ...captureOutcome(client.deployment, logs) };
    }),
  );
}
