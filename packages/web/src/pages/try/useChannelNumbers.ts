import { channelModes, valueChannelsAbi, type Channel, type Hex } from '@kedge/core';
import type { KedgeReadClient } from '@kedge/sdk';
import { useQuery, type UseQueryResult } from '@tanstack/react-query';
import { useReader } from '../../wallet/useKedge.js';

/** What one watches while calling: the channel, and what its class and the classes above it received. */
export type ChannelNumbers = {
  readonly channel: Channel;
  readonly open: boolean;
  readonly capturedUnits: bigint;
  readonly unitDecimals: number;
  readonly classId: bigint;
  readonly operator: { readonly owed: bigint };
  /** The class that is called first, then its parents. In wei, settled so far. */
  readonly earners: readonly { readonly classId: bigint; readonly kind: string; readonly received: bigint }[];
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
  const channel = await readChannel(client, channelId);
  const classId = channel.tokenId >> 64n;
  const [state, info, owed] = await Promise.all([
    client.getChannelState({ channel }),
    client.getClass({ classId }),
    client.getOwed({ account: channel.operator }),
  ]);
  const ids = [classId, ...info.parents.map((parent) => parent.classId)];
  const earners = await Promise.all(
    ids.map(async (id) => {
      const [{ received }, { kind }] = await Promise.all([
        client.getRevenue({ classId: id }),
        id === classId ? info : client.getClass({ classId: id }),
      ]);
      return { classId: id, kind, received };
    }),
  );
  const { open, capturedUnits } = state;
  return { channel, open, capturedUnits, unitDecimals: info.unitDecimals, classId, operator: { owed }, earners };
}

const channels = new Map<Hex, Channel>();

/** A channel's terms are immutable, and only in the event of its opening. */
async function readChannel(client: KedgeReadClient, channelId: Hex): Promise<Channel> {
  const known = channels.get(channelId);
  if (known !== undefined) return known;
  const [opened] = await client.publicClient.getContractEvents({
    address: client.deployment.contracts.ValueChannels,
    abi: valueChannelsAbi,
    eventName: 'ChannelOpened',
    args: { channelId },
    fromBlock: 0n,
    strict: true,
  });
  if (opened === undefined) throw new Error(`no channel ${channelId} was opened on this chain`);
  const { channel } = opened.args;
  const read = { ...channel, mode: channelModes[channel.mode] ?? 'capped' };
  channels.set(channelId, read);
  return read;
}
