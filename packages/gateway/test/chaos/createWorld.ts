import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Channel, type Hex, type Policy, type ProtocolDomain, zeroAddress } from '@kedge/core';
import { createKedgeClient, deployContracts, type KedgeClient } from '@kedge/sdk';
import { type Anvil, developmentAccount, startAnvil } from '@kedge/testing';
import { createMeteredClass } from '../support/createMeteredClass.js';
import { channelKey } from '../support/createStrictSetup.js';
import { operatorKey } from '../support/createTestSetup.js';
import { type HostileUpstream, startHostileUpstream } from './hostileUpstream.js';

export type WorldChannel = { readonly apiKey: string; readonly channelId: Hex; readonly channel: Channel };

/** A real chain with real contracts, an upstream that misbehaves, and a gateway's configuration. */
export type World = {
  readonly anvil: Anvil;
  readonly upstream: HostileUpstream;
  readonly configFile: string;
  readonly dataDir: string;
  readonly domain: ProtocolDomain;
  readonly operator: Hex;
  readonly policy: Policy;
  readonly channels: readonly WorldChannel[];
  /** A channel whose key only its client has. */
  readonly strict: WorldChannel;
  readonly client: KedgeClient;
  readonly tokenAddress: Hex;
  readonly close: () => Promise<void>;
};

/** @param caps What each channel locks, in base units: one channel a cap. */
export async function createWorld(caps: readonly bigint[]): Promise<World> {
  const [anvil, upstream] = await Promise.all([startAnvil(), startHostileUpstream()]);
  const folder = mkdtempSync(join(tmpdir(), 'kedge-chaos-'));
  const { publicClient } = anvil;
  const operator = developmentAccount(1).address;
  const deployment = await deployContracts({ publicClient, walletClient: anvil.walletOf(0) });
  const issuer = createKedgeClient({ publicClient, walletClient: anvil.walletOf(0), deployment });
  const client = createKedgeClient({ publicClient, walletClient: anvil.walletOf(2), deployment });
  const { classId, policy, policyHash } = await createMeteredClass(issuer);
  const price = { numerator: 10n ** 9n, denominator: 1n };
  const { lot } = await issuer.createLot({ classId, price, operatorBps: 2_000, refundable: true });
  const strictCap = 10_000_000n;
  const supply = caps.reduce((sum, cap) => sum + cap, strictCap);
  await issuer.openListing({ classId, lot, supply, expireAt: 0n });
  const { timestamp } = await publicClient.getBlock();
  const open = async (name: number, cap: bigint, terms: Pick<Channel, 'mode' | 'channelKey' | 'rate' | 'burst'>) => {
    const { tokenId } = await client.buyValue({ classId, lot, units: cap });
    const { channelId, channel } = await client.openChannel({
      tokenId,
      operator,
      cap,
      ...terms,
      // Further away than any clock is wrong.
      deadline: timestamp + 8n * 86_400n,
      salt: `0x${String(name).padStart(64, '0')}`,
    });
    return { apiKey: `kedge_chaos_${name}`, channelId, channel };
  };
  const channels: WorldChannel[] = [];
  for (const [index, cap] of caps.entries()) {
    channels.push(await open(index, cap, { mode: 'capped', channelKey: operator, rate: 1n, burst: cap }));
  }
  const strict = await open(caps.length, strictCap, {
    mode: 'strict',
    channelKey: channelKey.address,
    rate: 0n,
    burst: 0n,
  });
  const records = [...channels, strict].map(({ apiKey, channelId, channel }) => ({
    apiKeySha256: createHash('sha256').update(apiKey).digest('hex'),
    channel,
    channelId,
    classId,
    policy,
    policyHash,
    lotAsset: zeroAddress,
    edges: [],
  }));
  const write = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text, { mode: 0o600 });
    return join(folder, name);
  };
  const decimal = (_: string, value: unknown): unknown => (typeof value === 'bigint' ? String(value) : value);
  const dataDir = join(folder, 'ledger');
  const configFile = write(
    'config.json',
    JSON.stringify({
      dataDir,
      // So that kills meet files that end and begin, and starts begin from checkpoints.
      ledgerSegmentBytes: 65_536,
      upstream: { url: upstream.url, timeoutMs: 300 },
      rpcUrl: anvil.rpcUrl,
      chainId: deployment.chainId,
      contracts: deployment.contracts,
      operatorKeyFile: write('operator-key', operatorKey),
      contentStoreDir: join(folder, 'store'),
      channelsFile: write('channels.json', JSON.stringify(records, decimal)),
      batchIntervalMs: 400,
      contentionWaitMs: 200,
    }),
  );
  return {
    anvil,
    upstream,
    configFile,
    dataDir,
    domain: { chainId: deployment.chainId, verifyingContract: deployment.contracts.ValueChannels },
    operator,
    policy,
    channels,
    strict,
    client,
    tokenAddress: deployment.contracts.DataAnchoringToken,
    close: async () => {
      await Promise.all([upstream.close(), anvil.stop()]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
