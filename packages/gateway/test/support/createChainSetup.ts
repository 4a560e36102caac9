import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Channel, encodeChannelRecords, type Hex, zeroAddress } from '@kedge/core';
import { createKedgeClient, deployContracts } from '@kedge/sdk';
import { type Anvil, developmentAccount, startAnvil } from '@kedge/testing';
import { createGateway, type Gateway, type GatewayConfigInput } from '../../src/index.js';
import type { GatewayContracts } from '../../src/gatewayConfig.js';
import { createMeteredClass } from './createMeteredClass.js';
import { operatorKey } from './createTestSetup.js';

const operator = developmentAccount(1).address;

/** The gateway in this process, in front of real contracts on a real chain, with capped channels that no one prompts to capture. */
export type ChainSetup = {
  readonly anvil: Anvil;
  readonly contracts: GatewayContracts;
  readonly channels: readonly { readonly apiKey: string; readonly channelId: Hex; readonly channel: Channel }[];
  readonly dataDir: string;
  readonly channelsFile: string;
  readonly logs: Record<string, unknown>[];
  /** The gateway's clock: milliseconds since 1970. */
  now: () => number;
  /** Another one, that never goes back: the same unless a test takes them apart. */
  elapsedMs: () => number;
  readonly start: (more?: Partial<GatewayConfigInput>) => Promise<Gateway>;
  readonly capturedOf: (channel: Channel) => Promise<bigint>;
  /** As its operator, past the gateway. */
  readonly closeChannel: (channel: Channel) => Promise<unknown>;
  /** The operator's next nonce by what is mined. */
  readonly nonce: () => Promise<number>;
  readonly remove: () => Promise<void>;
};

export async function createChainSetup(upstreamUrl: string, count: number): Promise<ChainSetup> {
  const anvil = await startAnvil();
  const folder = mkdtempSync(join(tmpdir(), 'kedge-gateway-captures-'));
  const { publicClient } = anvil;
  const deployment = await deployContracts({ publicClient, walletClient: anvil.walletOf(0) });
  const issuer = createKedgeClient({ publicClient, walletClient: anvil.walletOf(0), deployment });
  const holder = createKedgeClient({ publicClient, walletClient: anvil.walletOf(2), deployment });
  const { classId, policy, policyHash } = await createMeteredClass(issuer);
  const cap = 100_000n;
  const { tokenId } = await issuer.mint({
    classId,
    to: developmentAccount(2).address,
    value: cap * BigInt(count),
  });
  const { timestamp } = await publicClient.getBlock();
  const channels: { apiKey: string; channelId: Hex; channel: Channel }[] = [];
  for (let index = 0; index < count; index++) {
    const opened = await holder.openChannel({
      tokenId,
      operator,
      channelKey: operator,
      cap,
      rate: 1_000n,
      burst: cap,
      deadline: timestamp + 86_400n,
      mode: 'capped',
      salt: `0x${(index + 1).toString(16).padStart(64, '0')}`,
    });
    channels.push({ apiKey: `kedge_key_${index}`, channelId: opened.channelId, channel: opened.channel });
  }
  const channelsFile = join(folder, 'channels.json');
  const records = channels.map(({ apiKey, channel, channelId }) => ({
    apiKeySha256: createHash('sha256').update(apiKey).digest('hex'),
    channel,
    channelId,
    classId,
    policy,
    policyHash,
    lotAsset: zeroAddress,
    edges: [],
  }));
  writeFileSync(channelsFile, encodeChannelRecords(records), { mode: 0o600 });
  const config: GatewayConfigInput = {
    dataDir: join(folder, 'ledger'),
    upstream: { url: upstreamUrl },
    rpcUrl: anvil.rpcUrl,
    chainId: deployment.chainId,
    contracts: deployment.contracts,
    operatorKeyEnv: 'OPERATOR_KEY',
    contentStoreDir: join(folder, 'store'),
    channelsFile,
    batchIntervalMs: 3_600_000,
  };
  const logs: Record<string, unknown>[] = [];
  const push = (level: string) => (event: string, fields?: object) => void logs.push({ level, event, ...fields });
  const log = { info: push('info'), warn: push('warn'), error: push('error') };
  const setup: ChainSetup = {
    anvil,
    contracts: deployment.contracts,
    now: Date.now,
    elapsedMs: () => setup.now(),
    channels,
    dataDir: config.dataDir,
    channelsFile,
    logs,
    start: (more) =>
      createGateway(
        { ...config, ...more },
        { log, env: { OPERATOR_KEY: operatorKey }, now: () => setup.now(), elapsedMs: () => setup.elapsedMs() },
      ),
    capturedOf: async (channel) => (await holder.getChannelState({ channel })).capturedUnits,
    closeChannel: (channel) =>
      createKedgeClient({ publicClient, walletClient: anvil.walletOf(1), deployment }).closeChannel({ channel }),
    nonce: () => publicClient.getTransactionCount({ address: operator }),
    remove: async () => {
      await anvil.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  return setup;
}

/** One call; its status. */
export async function use(url: string, apiKey: string): Promise<number> {
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${apiKey}` },
    body: JSON.stringify({ model: 'demo', messages: [{ role: 'user', content: 'Hi' }] }),
  });
  await response.arrayBuffer();
  return response.status;
}
