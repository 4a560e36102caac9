import { BaseError, valueChannelsAbi, type Hex } from '@kedge/core';
import { captureOutcome, readEvents, type CaptureOutcome } from '@kedge/sdk';
import { originOf, type Connection } from './chain/connect.js';
import type { Context } from './context.js';
import { problemOf } from './problemOf.js';

/** A transaction of the gateway, and what it did. */
export type Captured = CaptureOutcome & { readonly transactionHash: Hex };

const timeoutMilliseconds = 60_000;

/**
 * Asks a gateway to capture now and answers with what it captured. Only the gateway holds the vouchers of its channels; it
 * takes this from its own machine only.
 *
 * @throws BaseError `gateway_unreachable`, or what the gateway says
 */
export async function requestCapture(
  context: Pick<Context, 'output'>,
  connection: Connection,
  gatewayUrl: string,
): Promise<Captured[]> {
  const fromBlock = (await connection.client.publicClient.getBlockNumber({ cacheTime: 0 })) + 1n;
  const asking = fetch(`${originOf(gatewayUrl)}/admin/capture`, {
    method: 'POST',
    signal: AbortSignal.timeout(timeoutMilliseconds),
  });
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
  const body = await response.text();
  if (response.ok) return capturesSince(connection, fromBlock);
  const { detail, title, hints } = problemOf(body);
  throw new BaseError(`The gateway did not capture: ${detail ?? title ?? `it answered ${response.status}`}`, {
    kind: response.status >= 500 ? 'transient' : 'user',
    code: 'capture_refused',
    hints: hints ?? ["Its log says why; the local stack's is in .kedge/logs/gateway.log."],
  });
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
