import { isBackedLot, zeroAddress, type Channel, type ChannelRecord, type Hex, type Policy } from '@kedge/core';
import type { TokenView } from '@kedge/sdk';
import type { Connection } from './connect.js';

/** What a gateway is told of a channel beside its terms and its key. */
type RecordContext = Pick<ChannelRecord, 'classId' | 'policy' | 'policyHash' | 'lotAsset' | 'edges'>;

/** Reads what belongs to every channel over a token: its policy, and what is collected for its class with each capture. */
export async function readRecordContext(
  connection: Connection,
  { classId, lot, policy: { hash } }: TokenView,
  policy: Policy,
): Promise<RecordContext> {
  const lotAsset = isBackedLot(lot) ? (await connection.client.getLot({ classId, lot })).asset : zeroAddress;
  const { edges } = await connection.client.getRoyaltyEdges({ classId, asset: lotAsset });
  return { classId, policy, policyHash: hash, lotAsset, edges };
}

/** An entry of the gateway's channels file. */
export function channelRecordOf(
  context: RecordContext,
  opened: {
    readonly channelId: Hex;
    readonly channel: Channel;
    readonly apiKeySha256: string;
    readonly name: string;
  },
): ChannelRecord {
  const { name, apiKeySha256, channel, channelId } = opened;
  return { name, apiKeySha256, channel, channelId, ...context };
}
