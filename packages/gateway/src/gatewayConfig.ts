import { closeSync, openSync, readSync } from 'node:fs';
import { type Address, addressSchema, BaseError, parseWith } from '@kedge/core';
import * as z from 'zod';
import { outputLimitFields } from './surfaces/surface.js';

const count = z.int().positive();
const unitsText = z.string().regex(/^\d{1,20}$/);
const firstBackedLot = 2 ** 31;
// What is sold is backed, and on chain the highest bit of a backed lot is set.
const lotOnSale = z
  .int()
  .min(1)
  .max(2 ** 32 - 1)
  .transform((lot) => (lot < firstBackedLot ? firstBackedLot + lot : lot))
  .describe('As `kedge lot create` counts it, from 1, or its number on chain.');

/** The configuration file of the gateway: what an operator decides. No secrets: keys are named, not written here. */
export const gatewayConfigSchema = z.strictObject({
  dataDir: z
    .string()
    .min(1)
    .describe('Folder of the log and the answers that are kept; belongs to this gateway alone.'),
  ledgerSegmentBytes: z
    .int()
    .min(65_536)
    .max(2 ** 40)
    .default(256 * 1024 * 1024)
    .describe('How long a file of the log gets before the next one begins, in bytes.'),
  ledger: z
    .url({ protocol: /^postgres(ql)?$/, error: 'expected postgres://user@host/database' })
    .exactOptional()
    .describe(
      '`postgres://user@host/database`: the ledger that gateways with one operator key share, instead of a log.',
    ),
  ledgerPasswordEnv: z.string().min(1).exactOptional().describe('Environment variable with its password.'),
  ledgerPasswordFile: z.string().min(1).exactOptional().describe('File with its password.'),
  ledgerLeaseMs: z
    .int()
    .min(500)
    .max(60_000)
    .default(5_000)
    .describe("How long after a gateway's last sign of life the others take its channels over."),
  advertiseUrl: z
    .url({ protocol: /^https?$/ })
    .exactOptional()
    .describe('Where the other gateways reach this one. Without it: where it listens.'),
  workers: z
    .union([z.int().min(1).max(256), z.literal('auto')])
    .default(1)
    .describe(
      'Processes that serve calls, beside the one that has the log. 1: one process does both. `auto`: one for each core.',
    ),
  host: z.string().default('127.0.0.1').describe('Address to listen on.'),
  port: z.int().min(0).max(65535).default(0).describe('0: any free port.'),
  adminPort: z
    .int()
    .min(0)
    .max(65535)
    .default(0)
    .describe('Port on 127.0.0.1 of `/admin/`, which is not served elsewhere. 0: any free port.'),
  upstream: z
    .strictObject({
      url: z
        .url({ protocol: /^https?$/ })
        .describe('Base URL as an OpenAI client takes it; `/v1` is added when it has no path.'),
      apiKeyEnv: z.string().min(1).exactOptional().describe('Environment variable with its API key.'),
      apiKeyFile: z
        .string()
        .min(1)
        .exactOptional()
        .describe('File with its API key, which may be changed while the gateway runs.'),
      outputLimitField: z
        .enum(outputLimitFields)
        .exactOptional()
        .describe(
          'The field in which the limit of a chat completion is sent to it. Without it: `max_completion_tokens` to api.openai.com, whose reasoning models refuse the other, and `max_tokens` elsewhere.',
        ),
      timeoutMs: count.default(120_000).describe('Until the answer begins, and between two pieces of it.'),
      connections: count.default(128).describe('Connections to it at most.'),
      maxWaiting: z
        .int()
        .min(0)
        .default(1_024)
        .describe('How many calls wait for one of them, each held in memory, before calls are answered 503.'),
      maxWaitMs: count.default(30_000).describe('How long they wait before they are answered 503.'),
    })
    .describe('The API that calls are forwarded to.'),
  rpcUrl: z.url({ protocol: /^https?$/ }).describe('JSON-RPC of the chain.'),
  chainId: count.describe('The chain must have this id.'),
  contracts: z
    .looseObject({
      DataAnchoringToken: addressSchema,
      ValueChannels: addressSchema,
      ChannelDeposits: addressSchema.exactOptional().describe('Needed by `x402`.'),
    })
    .describe('Addresses, as `kedge deploy --json` prints them.'),
  operatorKeyFile: z.string().min(1).exactOptional().describe("File with the operator's private key."),
  operatorKeyEnv: z.string().min(1).exactOptional().describe("Environment variable with the operator's private key."),
  maxFeePerGasGwei: z
    .number()
    .min(0.000_001)
    .max(1_000_000)
    .default(500)
    .describe(
      "What captures and payments offer for a unit of gas at most, in gwei of the chain's coin, the priority fee included. While the node asks for more they wait.",
    ),
  contentStoreDir: z.string().min(1).describe('Folder where policies are found by their CID.'),
  channelsFile: z
    .string()
    .min(1)
    .describe(
      'Which API key pays from which channel; `kedge channel open`, `kedge channel add` and `kedge key create` write it.',
    ),
  policyWatchMs: count.default(5_000).describe('How often the chain is asked which policies are current (R25).'),
  rateQuotes: z
    .strictObject({
      url: z.url({ protocol: /^https?$/ }).describe('Answers with one quote or a list.'),
      everyMs: count.min(100).default(5_000).describe('How often it is asked.'),
    })
    .exactOptional()
    .describe(
      'Where signed rate quotes are asked for, for policies with an oracle. `PUT /admin/rates` takes them, too.',
    ),
  batchIntervalMs: count.default(5_000).describe('How often what was used is captured.'),
  batchMaxReceipts: count.default(1_000).describe('After so many receipts it is captured sooner.'),
  contentionWaitMs: z
    .int()
    .min(0)
    .default(2_000)
    .describe("How long a call waits for value that only other calls' reservations hold, before it is answered 429."),
  maxRequestBytes: count.default(1024 * 1024).describe('A longer request is answered 413.'),
  maxAnswerBytes: count
    .max(48 * 1024 * 1024)
    .default(32 * 1024 * 1024)
    .describe(
      'A longer answer of the upstream is refused, and not charged; a longer stream is not kept for its Idempotency-Key.',
    ),
  drainMs: count.default(15_000).describe('How long a stop waits for running calls, and again for the last capture.'),
  strict: z
    .strictObject({
      startUnits: unitsText
        .exactOptional()
        .describe(
          'Served before anything was paid. Without it: the longest answer under the policy; where no answer has a price, as of embeddings, that is nothing, and calls of a channel are served one at a time.',
        ),
      growthBasisPoints: z
        .int()
        .min(0)
        .max(100_000)
        .default(1_000)
        .describe('So much of what a channel has paid is served ahead beside that.'),
      holderUnits: unitsText.exactOptional().describe('To one holder at most. Without it: ten times `startUnits`.'),
      totalUnits: unitsText.exactOptional().describe('To all at most. Without it: a hundred times `startUnits`.'),
      voucherWaitMs: count.default(15_000).describe('How long a stream waits for the next voucher before it is cut.'),
    })
    .prefault({})
    .describe('What is served to strict channels ahead of payment (R11), in base units as decimal strings.'),
  traces: z
    .boolean()
    .default(false)
    .describe('Spans of calls for the OpenTelemetry SDK that the process was started with.'),
  x402: z
    .strictObject({
      asset: z
        .strictObject({ address: addressSchema, name: z.string().min(1), version: z.string().min(1) })
        .describe('An ERC-20 with EIP-3009, and the name and version of its EIP-712 domain.'),
      lots: z
        .array(z.strictObject({ classId: z.string().regex(/^\d{1,20}$/), lot: lotOnSale }))
        .min(1)
        .describe('What is sold for it: for each class one lot that is priced in the asset.'),
      minUnits: unitsText.describe('What one payment buys at least, in base units; more where the call may need more.'),
      channelSeconds: count
        .default(30 * 86_400)
        .describe('How long a channel that is opened serves; up to a day more.'),
      maxTimeoutSeconds: count.default(300).describe('How long a payment that is signed now may be sent.'),
      settleMs: count.default(60_000).describe('How long a call waits for its payment to be mined.'),
      keyFile: z
        .string()
        .min(1)
        .exactOptional()
        .describe(
          "File with the key of the account that sends payments and pays their gas: not the operator's, whose transactions are numbered by captures.",
        ),
      keyEnv: z.string().min(1).exactOptional().describe('Environment variable with that key.'),
    })
    .exactOptional()
    .describe('Calls without value are offered a payment by x402, which opens the next channel of their key (R28).'),
  finality: z
    .strictObject({
      seconds: z
        .int()
        .min(0)
        .exactOptional()
        .describe(
          'How long a channel counts as new; 0: never. Without it: 60, on the local development chain (31337) 0.',
        ),
      exposureUnits: unitsText
        .exactOptional()
        .describe(
          'Served from it until then, in base units as a decimal string. Without it: its first call, and up to a tenth of its cap.',
        ),
    })
    .prefault({})
    .describe('How much is served before the opening of a channel is final (R29).'),
});

export type GatewayConfig = z.output<typeof gatewayConfigSchema>;
/** The same before defaults are filled in. */
export type GatewayConfigInput = z.input<typeof gatewayConfigSchema>;

/** Environment variables, of which secrets are read. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Contracts that the gateway talks to. */
export type GatewayContracts = { readonly DataAnchoringToken: Address; readonly ValueChannels: Address };

/**
 * Reads a configuration.
 * @throws BaseError `gateway_config_invalid`, naming the fields.
 */
export function parseGatewayConfig(value: unknown): GatewayConfig {
  return parseWith(gatewayConfigSchema, value, { what: "The gateway's configuration", code: 'gateway_config_invalid' });
}

/** A secret from the environment variable or the file that the configuration names; undefined when it names none. */
export function readSecret(
  source: { readonly env: string | undefined; readonly file: string | undefined; readonly what: string },
  env: Environment,
): string | undefined {
  if (source.env !== undefined) {
    const value = env[source.env]?.trim();
    if (value) return value;
    throw new BaseError(`${source.what} is not in the environment.`, {
      code: 'secret_missing',
      values: { variable: source.env },
      hints: [`Set ${source.env} before the gateway starts.`],
    });
  }
  if (source.file === undefined) return undefined;
  try {
    return readShort(source.file).trim();
  } catch (cause) {
    throw new BaseError(`${source.what} cannot be read.`, {
      code: 'secret_missing',
      cause,
      values: { file: source.file, reason: cause instanceof Error ? cause.message : String(cause) },
      hints: ['Check the path, and that this user may read it.'],
    });
  }
}

const longestSecret = 65_536;

/** A file may be without an end, such as /dev/zero: what is in a long one is no secret. */
function readShort(file: string): string {
  const descriptor = openSync(file, 'r');
  try {
    const bytes = Buffer.alloc(longestSecret);
    let length = 0;
    for (let read = -1; read !== 0 && length < longestSecret; length += read)
      read = readSync(descriptor, bytes, length, longestSecret - length, null);
    if (length === longestSecret) throw new Error('it is longer than any secret');
    return bytes.toString('utf8', 0, length);
  } finally {
    closeSync(descriptor);
  }
}
