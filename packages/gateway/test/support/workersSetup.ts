import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { type Agent, request } from 'node:http';
import {
  type Channel,
  channelIdOf,
  decodeSignedReceipt,
  encodeChannelRecords,
  type Hex,
  type SignedReceipt,
  splitSeq,
} from '@kedge/core';
import { expect } from 'vitest';
import { keccak256 } from '../../src/crypto/hashers.js';
import type { GatewayConfigInput } from '../../src/index.js';
import { ownerOf } from '../../src/workers/ownerOf.js';
import { readLedger } from '../chaos/readLedger.js';
import { createTestSetup, domain, type TestSetup } from './createTestSetup.js';
import { failedChecks } from './failedChecks.js';
import { type GatewayProcess, startGatewayProcess } from './gatewayProcess.js';

/** `requests: 20` makes a call cost 20 units, whatever it says. */
export const perCall = 20n;
export const hello = { model: 'demo', messages: [{ role: 'user', content: 'Hi' }] };

export type TestChannel = { readonly apiKey: string; readonly channelId: Hex; readonly channel: Channel };
export type WorkersSetup = TestSetup & { readonly channels: readonly TestChannel[] };

/** A setup with so many channels, alike but for their salt and `more`. Of two workers, one serves every other channel. */
export function createWorkersSetup(
  count: number,
  options: Parameters<typeof createTestSetup>[0],
  more: (index: number) => Partial<Channel> = () => ({}),
): WorkersSetup {
  const setup = createTestSetup({ ...options, policy: { rates: { requests: perCall.toString() }, ...options.policy } });
  const [record] = JSON.parse(readFileSync(setup.config.channelsFile, 'utf8')) as [Record<string, object>];
  const channels = Array.from({ length: count }, (_, index): TestChannel => {
    // A worker serves what its id says, and ids are of the moment: so salts are tried until it says the right one.
    for (let attempt = 0; ; attempt++) {
      const salt = `0x${(attempt * count + index + 1).toString(16).padStart(64, '0')}` as const;
      const channel: Channel = { ...setup.channel, salt, ...more(index) };
      const channelId = channelIdOf(domain, channel, keccak256);
      if (ownerOf(channelId, 2) === index % 2) return { apiKey: `kedge_test_key_${index}`, channelId, channel };
    }
  });
  const records = channels.map(({ apiKey, channelId, channel }) => ({
    ...record,
    apiKeySha256: createHash('sha256').update(apiKey).digest('hex'),
    channel,
    channelId,
  }));
  writeFileSync(setup.config.channelsFile, encodeChannelRecords(records));
  return Object.assign(setup, { channels });
}

/** The gateway's data folder stays the same from one start to the next. */
export function startWorkers(
  setup: WorkersSetup,
  workers: number,
  more: Partial<GatewayConfigInput> = {},
): Promise<GatewayProcess> {
  // Segments so short that kills and starts meet several.
  return startGatewayProcess(setup, 'gateway', { workers, ledgerSegmentBytes: 65_536, ...more });
}

/** What the workers of a gateway said when they began to serve, the newest last. */
export function workersIn(log: readonly string[]): { worker: number; pid: number; epoch: bigint }[] {
  return log
    .filter((line) => line.includes('"event":"worker_ready"'))
    .map((line) => JSON.parse(line) as { worker: number; pid: number; epoch: string })
    .map(({ worker, pid, epoch }) => ({ worker, pid, epoch: BigInt(epoch) }));
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

export type Answer = {
  readonly status: number;
  readonly text: string;
  readonly signed: SignedReceipt | undefined;
  readonly code: string | undefined;
};

/** One call. Without an agent it has a connection of its own. @throws when the connection breaks. */
export function post(
  url: string,
  channel: Pick<TestChannel, 'apiKey'>,
  options: { readonly agent?: Agent; readonly body?: object; readonly key?: string; readonly path?: string } = {},
): Promise<Answer> {
  const headers = {
    'content-type': 'application/json',
    authorization: `Bearer ${channel.apiKey}`,
    ...(options.key === undefined ? {} : { 'idempotency-key': options.key }),
  };
  return new Promise((resolve, reject) => {
    const sent = request(
      `${url}${options.path ?? '/v1/chat/completions'}`,
      { method: 'POST', headers, agent: options.agent ?? false },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString();
          const status = response.statusCode ?? 0;
          const receipt = response.headers['kedge-receipt'] ?? /: kedge-receipt (\S+)\n\n/.exec(text)?.[1];
          const signed = receipt === undefined ? undefined : decodeSignedReceipt(String(receipt));
          const code = status === 200 ? undefined : (JSON.parse(text) as { error: { code: string } }).error.code;
          resolve({ status, text, signed, code });
        });
      },
    );
    sent.on('error', reject);
    sent.end(JSON.stringify(options.body ?? hello));
  });
}

/** Every receipt of a channel, asked of the gateway, and checked whole from the first to the last. */
export async function verifiedChain(
  url: string,
  setup: WorkersSetup,
  channel: TestChannel,
  epochs: readonly bigint[],
): Promise<SignedReceipt[]> {
  const receipts = await readLedger(url, channel, epochs);
  expect(await failedChecks(receipts, setup.policy)).toEqual([]);
  if (receipts[0] !== undefined) expect(receipts[0].receipt.previousReceiptHash).toMatch(/^0x0+$/);
  expect(receipts.at(-1)?.receipt.cumulativeUnits ?? 0n).toBe(
    receipts.reduce((sum, { receipt }) => sum + receipt.units, 0n),
  );
  return receipts;
}

export const epochOf = (signed: SignedReceipt | undefined): bigint => splitSeq(signed?.receipt.seq ?? 0n).epoch;

/** Each acknowledged receipt is in the chain, once; what is there beside them is no more than may be unacknowledged. */
export function expectRecorded(
  chain: readonly SignedReceipt[],
  acknowledged: readonly SignedReceipt[],
  mostUnacknowledged: number,
): void {
  const known = new Map(chain.map((signed) => [signed.receipt.seq, signed]));
  expect(new Set(acknowledged.map(({ receipt }) => receipt.seq)).size).toBe(acknowledged.length);
  for (const signed of acknowledged) expect(known.get(signed.receipt.seq)).toEqual(signed);
  expect(chain.length - acknowledged.length).toBeLessThanOrEqual(mostUnacknowledged);
}
