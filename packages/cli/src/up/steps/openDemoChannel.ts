import { channelModes, valueChannelsAbi, type Address, type Hex } from '@kedge/core';
import type { KedgeClient } from '@kedge/sdk';
import { momentNow } from '../../chain/momentNow.js';
import { boughtUnits, channelBurst, channelDays, channelGrace, channelRate } from '../demoTerms.js';
import type { ChannelStep } from '../upState.js';
import { foundOr } from './foundOr.js';

/**
 * The consumer's channel to the operator over all that was bought, in capped mode: the operator's key signs vouchers. It is
 * found again by its salt, because its deadline depends on when it was opened.
 */
export function openDemoChannel(
  consumer: KedgeClient,
  operator: Address,
  tokenId: bigint,
  salt: Hex,
): Promise<ChannelStep> {
  const channels = { address: consumer.deployment.contracts.ValueChannels, abi: valueChannelsAbi } as const;
  const args = { holder: consumer.walletClient.account.address };
  return foundOr(
    async () => {
      const filter = { eventName: 'ChannelOpened', args, fromBlock: 0n, strict: true } as const;
      const opened = await consumer.publicClient.getContractEvents({ ...channels, ...filter });
      const event = opened.find(({ args: { channel } }) => channel.salt === salt);
      if (event === undefined) return undefined;
      const { channel, channelId } = event.args;
      return { ...channel, channelId, mode: channelModes[channel.mode] ?? 'capped' };
    },
    async () => {
      await consumer.openChannel({
        tokenId,
        operator,
        channelKey: operator,
        cap: boughtUnits,
        rate: channelRate,
        burst: channelBurst,
        deadline: (await momentNow(consumer.publicClient)) + channelDays * 86_400n,
        grace: channelGrace,
        mode: 'capped',
        salt,
      });
    },
  );
}
