import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Channel,
  channelIdOf,
  encodeChannelRecords,
  type Hex,
  type Policy,
  policyHashOf,
  type ProtocolDomain,
} from '@kedge/core';
import { keccak256 } from '../../src/crypto/hashers.js';
import { createGateway, type Gateway, type GatewayConfigInput, type LotPrice, tokenizerPin } from '../../src/index.js';
import { createFakeChain, type FakeChain } from './fakeChain.js';

// Development keys: accounts 1 and 2 of the well-known test mnemonic of anvil and hardhat.
export const operatorKey = '0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d';
export const operatorAddress = '0x70997970C51812dc3A010C7d01b50e0d17dc79C8';
export const holderAddress = '0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC';
export const apiKey = 'kedge_test_key';

export const domain: ProtocolDomain = {
  chainId: 31337,
  verifyingContract: '0x00000000000000000000000000000000000000c1',
};

export function testPolicy(more: Partial<Policy> = {}): Policy {
  return {
    format: 'kedge-policy/1',
    unit: { name: 'unit', decimals: 3 },
    rates: { input_tokens: '1', output_tokens: '3' },
    caps: { outputTokensPerCall: 256 },
    tokenizer: tokenizerPin(),
    operators: [operatorAddress],
    models: ['demo'],
    licence: 'CC-BY-4.0',
    ...more,
  };
}

export type TestSetup = {
  readonly config: GatewayConfigInput;
  readonly chain: FakeChain;
  readonly policy: Policy;
  readonly channel: Channel;
  readonly channelId: Hex;
  readonly folder: string;
  readonly logs: Record<string, unknown>[];
  readonly start: (more?: Partial<GatewayConfigInput>) => Promise<Gateway>;
  /** The gateway's clock: milliseconds since 1970. */
  now: () => number;
  /** Another one, that never goes back: the same unless a test takes them apart. */
  elapsedMs: () => number;
  readonly remove: () => void;
};

/** A folder with a configuration and one open channel, behind the in-memory chain. */
export function createTestSetup(options: {
  readonly upstreamUrl: string;
  readonly policy?: Partial<Policy>;
  readonly channel?: Partial<Channel>;
  readonly config?: Partial<GatewayConfigInput>;
  /** Of every lot; without it none has one. */
  readonly price?: LotPrice;
}): TestSetup {
  const folder = mkdtempSync(join(tmpdir(), 'kedge-gateway-test-'));
  const policy = testPolicy(options.policy);
  const policyHash = policyHashOf(policy, keccak256);
  const now = BigInt(Math.floor(Date.now() / 1000));
  const channel: Channel = {
    holder: holderAddress,
    tokenId: (7n << 64n) | (0x80000001n << 32n) | 1n,
    operator: operatorAddress,
    channelKey: operatorAddress,
    cap: 1_000_000n,
    rate: 1_000n,
    burst: 1_000_000n,
    deadline: now + 86_400n,
    grace: 86_400,
    mode: 'capped',
    salt: `0x${'11'.repeat(32)}`,
    ...options.channel,
  };
  const channelId = channelIdOf(domain, channel, keccak256);
  const channelsFile = join(folder, 'channels.json');
  const record = {
    apiKeySha256: createHash('sha256').update(apiKey).digest('hex'),
    channel,
    channelId,
    classId: '7',
    policy,
    policyHash,
    lotAsset: `0x${'0'.repeat(40)}`,
    edges: [{ classId: '7', parentIndex: '0', asset: `0x${'0'.repeat(40)}` }],
    name: 'test',
  };
  writeFileSync(channelsFile, encodeChannelRecords([record]), { mode: 0o600 });
  const config: GatewayConfigInput = {
    dataDir: join(folder, 'gateway'),
    upstream: { url: options.upstreamUrl },
    rpcUrl: 'http://127.0.0.1:1',
    chainId: domain.chainId,
    contracts: {
      DataAnchoringToken: '0x00000000000000000000000000000000000000d1',
      ValueChannels: domain.verifyingContract,
    },
    operatorKeyEnv: 'OPERATOR_KEY',
    contentStoreDir: join(folder, 'store'),
    channelsFile,
    batchIntervalMs: 60_000,
    ...options.config,
  };
  const chain = createFakeChain(policyHash, now - 10n, options.price);
  const logs: Record<string, unknown>[] = [];
  const push = (level: string) => (event: string, fields?: object) => void logs.push({ level, event, ...fields });
  const log = { info: push('info'), warn: push('warn'), error: push('error') };
  const setup: TestSetup = {
    now: Date.now,
    elapsedMs: () => setup.now(),
    config,
    chain,
    policy,
    channel,
    channelId,
    folder,
    logs,
    start: (more) =>
      createGateway(
        { ...config, ...more },
        { chain, log, env: { OPERATOR_KEY: operatorKey }, now: () => setup.now(), elapsedMs: () => setup.elapsedMs() },
      ),
    // A worker whose gateway was killed may still write while it ends.
    remove: () => rmSync(folder, { recursive: true, force: true, maxRetries: 10 }),
  };
  return setup;
}
