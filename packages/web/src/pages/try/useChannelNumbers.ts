import { isBackedLot, splitTokenId, zeroAddress, type Address, type Channel, type Hex } from '@kedge/core';
import type { KedgeReadClient } from '@kedge/sdk';
import { useQuery, type UseQueryResult } from '@tanstack/react-query';
import { useReader } from '../../wallet/useKedge.js';

/** What one watches while calling: the channel, and what its class and the classes above it keep. */
export type ChannelNumbers = {
  readonly channel: Channel;
  readonly open: boolean;
  readonly capturedUnits: bigint;
  readonly unitDecimals: number;
  readonly classId: bigint;
  readonly operator: { readonly owed: bigint };
  /** What the units are paid in: that of their lot. */
  readonly asset: Address;
  /** The class that is called first, then its parents. What each keeps, in smallest units of the asset, settled so far. */
  readonly earners: readonly { readonly classId: bigint; readonly kind: string; readonly kept: bigint }[];
};

/** Reads them from the chain every two seconds; nothing of it needs the gateway or the indexer. */
export function useChannelNumbers(channelId: Hex | undefined): UseQueryResult<ChannelNumbers> {
  const client = useReader();
  return useQuery({
    queryKey: ['channel-numbers', channelId],
    enabled: channelId !== undefined,
    refetchInterval: 2_000,
    queryFn: () => readChannelNumbers(client, channelId!),
  });
}

async function readChannelNumbers(client: KedgeReadClient, channelId: Hex): Promise<ChannelNumbers> {
  const { channel, asset } = await readChannel(client, channelId);
  const { classId } = splitTokenId(channel.tokenId);
  const [state, info, owed] = await Promise.all([
    client.getChannelState({ channel }),
    client.getClass({ classId }),
    client.getOwed({ account: channel.operator, asset }),
  ]);
  const ids = [classId, ...info.parents.map((parent) => parent.classId)];
  const earners = await Promise.all(
    ids.map(async (id) => {
      const [{ received, royaltiesReserved }, { kind }] = await Promise.all([
        client.getRevenue({ classId: id, asset }),
        id === classId ? info : client.getClass({ classId: id }),
      ]);
      // What is set aside for parents stands with them, or the same would stand there twice.
      return { classId: id, kind, kept: received - royaltiesReserved };
    }),
  );
  const { open, capturedUnits } = state;
  return { channel, open, capturedUnits, unitDecimals: info.unitDecimals, classId, operator: { owed }, asset, earners };
}

type Known = { readonly channel: Channel; readonly asset: Address };

const channels = new Map<Hex, Known>();

/** A channel's terms and its lot's are immutable. */
async function readChannel(client: KedgeReadClient, channelId: Hex): Promise<Known> {
  const known = channels.get(channelId);
  if (known !== undefined) return known;
  const channel = await client.findChannel({ channelId });
  if (channel === undefined) throw new Error(`no channel ${channelId} was opened on this chain`);
  const { classId, lot } = splitTokenId(channel.tokenId);
  const asset = isBackedLot(lot) ? (await client.getLot({ classId, lot })).asset : zeroAddress;
  const read: Known = { channel, asset };
  channels.set(channelId, read);
  return read;
}
