import { type Channel, type Hex, zeroHash } from '@kedge/core';
import { expect, test } from 'vitest';
import { createTrackedChannels } from '../src/capture/trackedChannels.js';
import type { ServedChannel } from '../src/channels/servedChannel.js';
import { createFakeChain } from './support/fakeChain.js';

test('a few channels at once are read from the chain: hundreds are read in the time of one capture', async () => {
  const ids = Array.from({ length: 20 }, (_, index): Hex => `0x${index.toString(16).padStart(64, '0')}`);
  const chain = createFakeChain(zeroHash, 1n);
  let running = 0;
  let most = 0;
  const slow: Pick<typeof chain, 'readChannel'> = {
    readChannel: async (channel, channelId) => {
      most = Math.max(most, ++running);
      const state = await chain.readChannel(channel, channelId);
      running--;
      return state;
    },
  };
  const gone: Hex[] = [];
  const quiet = (): void => undefined;
  const channels = createTrackedChannels(
    {
      ledger: { durableOf: () => ({ units: 20n, seq: 1n, receiptHash: zeroHash }) } as never,
      chain: { ...chain, ...slow },
      channelOf: () => ({ channel: { mode: 'capped', cap: 100n } as Channel }) as ServedChannel,
      voucherOf: () => undefined,
      onGone: (channelId) => void gone.push(channelId),
      elapsedMs: () => 0,
      log: { info: quiet, warn: quiet, error: quiet },
    },
    () => 1_000,
  );
  for (const id of ids) channels.track(id, 0n);
  expect(channels.behind()).toEqual(ids);
  // Of some it was captured meanwhile, and one was closed.
  for (const id of ids.slice(0, 12)) chain.captured.set(id, 20n);
  chain.closed.add(ids[19] as Hex);
  await channels.read(channels.behind());
  expect(channels.behind()).toEqual(ids.slice(12, 19));
  expect(gone).toEqual([ids[19]]);
  expect(most).toBe(8);
  chain.down = true;
  await expect(channels.read(ids)).rejects.toThrow('does not answer');
});
