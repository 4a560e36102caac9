import { channelToAbi, type Channel } from '@kedge/core';
import type { Sent, WriteClient } from '../client.js';
import { operatorBondOf } from '../contracts.js';
import { sentOf, writeContract } from '../writeContract.js';

/**
 * Writes down how much of an open channel was captured, so that its holder can be paid from the operator's bond even when
 * the operator closes the channel before a fraud is proven. Anyone may call; `proveFraud` does so by itself.
 *
 * @example
 * await noteCapture(client, { channel });
 */
export async function noteCapture(client: WriteClient, { channel }: { readonly channel: Channel }): Promise<Sent> {
  const receipt = await writeContract(client, 'note what was captured', {
    ...operatorBondOf(client.deployment),
    functionName: 'noteCapture',
    args: [channelToAbi(channel)],
  });
  return sentOf(receipt);
}
