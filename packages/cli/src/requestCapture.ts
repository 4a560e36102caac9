import { setTimeout as delay } from 'node:timers/promises';
import { BaseError, valueChannelsAbi, type Hex } from '@kedge/core';
import { captureOutcome, type CaptureOutcome } from '@kedge/sdk';
import { originOf, type Connection } from './chain/connect.js';
import { readEvents } from './chain/readEvents.js';
import type { Context } from './context.js';

/** A transaction of the gateway, and what it did. */
export type Captured = CaptureOutcome & { readonly transactionHash: Hex };

/** A gateway that has something to capture does so within its batch interval: twice the default. */
const patienceMilliseconds = 11_000;
const pollMilliseconds = 250;

/**
 * Asks a gateway to capture now and answers with what it captured. A gateway that cannot be asked captures by itself: it
 * is waited for, and nothing within two of its intervals means that nothing was left.
 */
export async function requestCapture(
  context: Pick<Context, 'output'>,
  connection: Connection,
  gatewayUrl: string,
): Promise<Captured[]> {
  const { publicClient } = connection.client;
  const fromBlock = (await publicClient.getBlockNumber({ cacheTime: 0 })) + 1n;
  const url = `${originOf(gatewayUrl)}/admin/capture`;
  const asking = fetch(url, { method: 'POST', signal: AbortSignal.timeout(60_000) });
  const response = await context.output.waitFor('the gateway to capture', asking).catch((cause: unknown) => {
    throw new BaseError(`The gateway does not answer at ${originOf(gatewayUrl)}.`, {
      kind: 'transient',
      code: 'gateway_unreachable',
      hints: [
        'Start it with kedge up, or name it with --gateway URL.',
        'What it has not captured is in its log, and is captured when it runs again.',
      ],
      cause,
    });
  });
  await response.body?.cancel();
  if (response.ok) return capturesSince(connection, fromBlock);
  if (response.status !== 404 && response.status !== 405) {
    throw new BaseError(`The gateway did not capture: it answered ${response.status}.`, {
      kind: response.status >= 500 ? 'transient' : 'user',
      code: 'capture_refused',
      hints: ["Its log says why; the local stack's is in .kedge/logs/gateway.log."],
    });
  }
  return context.output.waitFor('the gateway to capture by itself', untilCaptured(connection, fromBlock));
}

async function untilCaptured(connection: Connection, fromBlock: bigint): Promise<Captured[]> {
  const end = Date.now() + patienceMilliseconds;
  for (;;) {
    const captures = await capturesSince(connection, fromBlock);
    if (captures.length > 0 || Date.now() > end) return captures;
    await delay(pollMilliseconds);
  }
}

async function capturesSince({ client, contracts }: Connection, fromBlock: bigint): Promise<Captured[]> {
  const channels = { address: contracts.ValueChannels, abi: valueChannelsAbi, fromBlock } as const;
  const events = [
    ...(await readEvents(client.publicClient, { ...channels, eventName: 'ChannelCaptured' })),
    ...(await readEvents(client.publicClient, { ...channels, eventName: 'ReceiptsAnchored' })),
  ];
  const hashes = [...new Set(events.map(({ transactionHash }) => transactionHash))];
  return Promise.all(
    hashes.map(async (transactionHash) => {
      const { logs } = await client.publicClient.getTransactionReceipt({ hash: transactionHash });
      return { transactionHash, ...captureOutcome(client.deployment, logs) };
    }),
  );
}
