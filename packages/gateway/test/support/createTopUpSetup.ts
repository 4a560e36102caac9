import { spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import {
  type Address,
  type Channel,
  channelIdOf,
  encodeChannelRecords,
  type Hex,
  isSameAddress,
  type Policy,
} from '@kedge/core';
import { createKedgeClient, deployContracts, type KedgeClient } from '@kedge/sdk';
import {
  type Anvil,
  authorizedErc20Abi,
  deployAuthorizedErc20,
  developmentAccount,
  developmentMnemonic,
  startAnvil,
} from '@kedge/testing';
import { bytesToHex } from 'viem';
import { mnemonicToAccount } from 'viem/accounts';
import { keccak256 } from '../../src/crypto/hashers.js';
import type { GatewayConfigInput } from '../../src/index.js';
import { createMeteredClass } from './createMeteredClass.js';
import { operatorKey } from './createTestSetup.js';
import { gatewayProgram } from './gatewayProcess.js';

const operator = developmentAccount(1).address;
/** Development account 5 sends payments and pays their gas, account 6 is the agent that pays. */
const sender = developmentAccount(5).address;
const senderKey = bytesToHex(
  mnemonicToAccount(developmentMnemonic, { addressIndex: 5 }).getHdKey().privateKey as Uint8Array,
);

export const apiKey = 'kedge_agent_key';
export const otherApiKey = 'kedge_other_agent_key';
export const payer = developmentAccount(6);
export const oneUnitCosts = 2n;

/** The real program in front of real contracts on a real chain, with two small channels whose holder is account 2. */
export type TopUpSetup = {
  readonly anvil: Anvil;
  readonly issuer: KedgeClient;
  readonly holder: KedgeClient;
  readonly operator: Address;
  readonly contracts: Awaited<ReturnType<typeof deployContracts>>['contracts'];
  readonly policy: Policy;
  readonly classId: bigint;
  readonly lot: number;
  readonly dollar: Address;
  readonly channel: Channel;
  readonly channelId: Hex;
  /** Of two workers, the other one serves it. */
  readonly otherChannelId: Hex;
  readonly config: GatewayConfigInput;
  /** Of the program that was started last. */
  readonly url: () => string;
  readonly log: string[];
  /** Starts one more program. */
  readonly start: (more?: {
    readonly [name in keyof GatewayConfigInput]?: GatewayConfigInput[name] | undefined;
  }) => Promise<void>;
  /** Ends the program that is reached there, or all. */
  readonly stop: (signal: NodeJS.Signals, url?: string) => Promise<void>;
  /** Dollars that the payer has. */
  readonly purse: () => Promise<bigint>;
  /** How many transactions of the account that sends payments are sent and not mined. */
  readonly waitingPayments: () => Promise<number>;
  readonly remove: () => Promise<void>;
};

export const fullPurse = 1_000_000n;

/** @param more Of its channels. */
export async function createTopUpSetup(upstreamUrl: string, more: Partial<Channel> = {}): Promise<TopUpSetup> {
  const anvil = await startAnvil();
  const folder = mkdtempSync(join(tmpdir(), 'kedge-gateway-topup-'));
  const { publicClient } = anvil;
  const deployment = await deployContracts({ publicClient, walletClient: anvil.walletOf(0) });
  const issuer = createKedgeClient({ publicClient, walletClient: anvil.walletOf(0), deployment });
  const holder = createKedgeClient({ publicClient, walletClient: anvil.walletOf(2), deployment });
  const dollar = await deployAuthorizedErc20({ publicClient, walletClient: anvil.walletOf(0) }, 10n ** 12n);
  const send = { address: dollar, abi: authorizedErc20Abi, functionName: 'transfer', chain: null } as const;
  const hash = await anvil.walletOf(0).writeContract({
    ...send,
    account: developmentAccount(0),
    args: [payer.address, fullPurse],
  });
  await publicClient.waitForTransactionReceipt({ hash });
  const { classId, policy, policyHash } = await createMeteredClass(issuer);
  const price = { numerator: oneUnitCosts, denominator: 1n };
  const { lot } = await issuer.createLot({ classId, asset: dollar, price, operatorBps: 2_000, refundable: true });
  await issuer.openListing({ classId, lot, supply: 1_000_000n, expireAt: 0n });
  const { timestamp } = await publicClient.getBlock();
  const open = async (isOurs: (channelId: Hex) => boolean) => {
    const { tokenId } = await issuer.mint({ classId, to: developmentAccount(2).address, value: 1_000n });
    const terms = {
      holder: developmentAccount(2).address,
      tokenId,
      operator,
      channelKey: operator,
      cap: 1_000n,
      rate: 1_000n,
      burst: 100_000n,
      deadline: timestamp + 86_400n,
      grace: 86_400,
      mode: 'capped',
      ...more,
    } as const;
    const domain = { chainId: deployment.chainId, verifyingContract: deployment.contracts.ValueChannels };
    for (let salt = 0; ; salt++) {
      const wanted = { ...terms, salt: `0x${salt.toString(16).padStart(64, '0')}` } as const;
      if (isOurs(channelIdOf(domain, wanted, keccak256))) return holder.openChannel(wanted);
    }
  };
  const { channel, channelId } = await open(() => true);
  const other = await open(
    (id) => (Number.parseInt(id.slice(-1), 16) - Number.parseInt(channelId.slice(-1), 16)) % 2 !== 0,
  );
  const channelsFile = join(folder, 'channels.json');
  const recordOf = (key: string, opened: { readonly channel: Channel; readonly channelId: Hex }) => ({
    apiKeySha256: createHash('sha256').update(key).digest('hex'),
    channel: opened.channel,
    channelId: opened.channelId,
    classId,
    policy,
    policyHash,
    lotAsset: dollar,
    edges: [],
  });
  const records = [recordOf(apiKey, { channel, channelId }), recordOf(otherApiKey, other)];
  writeFileSync(channelsFile, encodeChannelRecords(records), { mode: 0o600 });
  writeFileSync(join(folder, 'operator-key'), operatorKey, { mode: 0o600 });
  writeFileSync(join(folder, 'sender-key'), senderKey, { mode: 0o600 });
  const config: GatewayConfigInput = {
    dataDir: join(folder, 'ledger'),
    upstream: { url: upstreamUrl },
    rpcUrl: anvil.rpcUrl,
    chainId: deployment.chainId,
    contracts: deployment.contracts,
    operatorKeyFile: join(folder, 'operator-key'),
    contentStoreDir: join(folder, 'store'),
    channelsFile,
    // Captures would be among the transactions that tests look for.
    batchIntervalMs: 3_600_000,
    x402: {
      asset: { address: dollar, name: 'Dollar', version: '2' },
      lots: [{ classId: classId.toString(), lot }],
      minUnits: '2000',
      keyFile: join(folder, 'sender-key'),
    },
  };
  const log: string[] = [];
  let starts = 0;
  let url = '';
  const running = new Map<ChildProcess, string>();
  const stop = async (signal: NodeJS.Signals, at?: string): Promise<void> => {
    for (const [child, place] of running) {
      if (at !== undefined && at !== place) continue;
      running.delete(child);
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill(signal);
      await ended;
    }
  };
  return {
    anvil,
    issuer,
    holder,
    operator,
    contracts: deployment.contracts,
    policy,
    classId,
    lot,
    dollar,
    channel,
    channelId,
    otherChannelId: other.channelId,
    config,
    url: () => url,
    log,
    start: async (more) => {
      const file = join(folder, `gateway-${starts++}.json`);
      writeFileSync(file, JSON.stringify({ ...config, ...more }));
      const started = spawn(process.execPath, [gatewayProgram, '--config', file], {
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      running.set(started, '');
      createInterface({ input: started.stderr }).on('line', (line) => log.push(line));
      url = await new Promise((resolve, reject) => {
        createInterface({ input: started.stdout }).on('line', (line) => resolve(JSON.parse(line).url as string));
        started.once('exit', (code) => reject(new Error(`the gateway ended with ${code}:\n${log.join('\n')}`)));
      });
      running.set(started, url);
    },
    stop,
    purse: () =>
      publicClient.readContract({
        address: dollar,
        abi: authorizedErc20Abi,
        functionName: 'balanceOf',
        args: [payer.address],
      }),
    waitingPayments: async () => {
      const { pending } = await anvil.testClient.getTxpoolContent();
      const own = Object.entries(pending).find(([from]) => isSameAddress(from as Address, sender));
      return Object.keys(own?.[1] ?? {}).length;
    },
    remove: async () => {
      await stop('SIGKILL');
      await anvil.stop();
      // A worker whose gateway was killed may still write while it ends.
      rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
    },
  };
}
