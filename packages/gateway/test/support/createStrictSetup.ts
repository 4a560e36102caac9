import type { Policy } from '@kedge/core';
import type { KedgeFetchParameters } from '@kedge/sdk';
import { privateKeyToAccount } from 'viem/accounts';
import type { GatewayConfigInput } from '../../src/index.js';
import { createTestSetup, domain, type TestSetup } from './createTestSetup.js';

/** Development key: account 4 of the well-known test mnemonic of anvil and hardhat. */
export const channelKey = privateKeyToAccount('0x47e179ec197488593b187f80a00eb0da91f1b9d0b13f8733639f19c30a34926a');

/** A setup whose one channel is strict: the test's own key signs for it. */
export function createStrictSetup(
  upstreamUrl: string,
  strict: NonNullable<GatewayConfigInput['strict']> = {},
  policy: Partial<Policy> = {},
): TestSetup {
  return createTestSetup({
    upstreamUrl,
    channel: { mode: 'strict', channelKey: channelKey.address, rate: 0n, burst: 0n },
    config: { strict },
    policy,
  });
}

/** What `kedgeFetch` is told of the setup's channel. */
export function strictChannelOf({ channel, channelId, policy }: TestSetup): KedgeFetchParameters {
  return { domain, channel, channelId, policy, account: channelKey };
}
