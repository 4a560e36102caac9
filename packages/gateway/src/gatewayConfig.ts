import { readFileSync } from 'node:fs';
import { type Address, addressSchema, BaseError, parseWith } from '@kedge/core';
import { z } from 'zod';

const count = z.int().positive();
const unitsText = z.string().regex(/^\d{1,20}$/);

/** The configuration file of the gateway: what an operator decides. No secrets: keys are named, not written here. */
export const gatewayConfigSchema = z.strictObject({
  /** Folder of the ledger's log; belongs to this gateway alone. */
  dataDir: z.string().min(1),
  /** `postgres://user@host/database`: the ledger that gateways with one operator key share, instead of a log in `dataDir`. */
  ledger: z.url({ protocol: /^postgres(ql)?$/ }).exactOptional(),
  ledgerPasswordEnv: z.string().min(1).exactOptional(),
  ledgerPasswordFile: z.string().min(1).exactOptional(),
  /** How long after a gateway's last sign of life the others take its channels over. */
  ledgerLeaseMs: z.int().min(500).max(60_000).default(5_000),
  /** Where the other gateways reach this one. Without it: where it listens. */
  advertiseUrl: z.url({ protocol: /^https?$/ }).exactOptional(),
  /** Processes that serve calls, beside the one that has the log. 1: one process does both. "auto": as many as there are cores. */
  workers: z.union([z.int().min(1).max(256), z.literal('auto')]).default(1),
  host: z.string().default('127.0.0.1'),
  /** 0: any free port. */
  port: z.int().min(0).max(65535).default(0),
  upstream: z.strictObject({
    /** Base URL as an OpenAI client takes it; `/v1` is added when it has no path. */
    url: z.url({ protocol: /^https?$/ }),
    apiKeyEnv: z.string().min(1).exactOptional(),
    apiKeyFile: z.string().min(1).exactOptional(),
    /** Until the answer begins, and between two pieces of it. */
    timeoutMs: count.default(120_000),
    connections: count.default(128),
    /** How many calls wait for one of them, each held in memory, and for how long, before they are answered 503. */
    maxWaiting: z.int().min(0).default(1_024),
    maxWaitMs: count.default(30_000),
  }),
  rpcUrl: z.url({ protocol: /^https?$/ }),
  chainId: count,
  contracts: z.looseObject({
    DataAnchoringToken: addressSchema,
    ValueChannels: addressSchema,
    ChannelDeposits: addressSchema.exactOptional(),
  }),
  operatorKeyFile: z.string().min(1).exactOptional(),
  operatorKeyEnv: z.string().min(1).exactOptional(),
  contentStoreDir: z.string().min(1),
  channelsFile: z.string().min(1),
  /** R25: how often the chain is asked which policies are current. */
  policyWatchMs: count.default(5_000),
  /** Where signed rate quotes are asked for, for policies with an `oracle`. `PUT /admin/rates` takes them, too. */
  rateQuotes: z
    .strictObject({ url: z.url({ protocol: /^https?$/ }), everyMs: count.min(100).default(5_000) })
    .exactOptional(),
  batchIntervalMs: count.default(5_000),
  batchMaxReceipts: count.default(1_000),
  /** How long a call waits for value that only other calls' reservations hold, before it is answered 429. */
  contentionWaitMs: z.int().min(0).default(2_000),
  maxRequestBytes: count.default(1024 * 1024),
  /** Of a whole answer, and of a stream that is kept for an Idempotency-Key. At most what one record of the log takes. */
  maxAnswerBytes: count.max(48 * 1024 * 1024).default(32 * 1024 * 1024),
  /** How long a stop waits for running calls, and again for the last capture. */
  drainMs: count.default(15_000),
  /** R11: what is served to strict channels ahead of payment, in base units as decimal strings; see `ExposureTerms`. */
  strict: z
    .strictObject({
      startUnits: unitsText.exactOptional(),
      growthBasisPoints: z.int().min(0).max(100_000).default(1_000),
      holderUnits: unitsText.exactOptional(),
      totalUnits: unitsText.exactOptional(),
      /** How long a stream waits for the next voucher before it is cut. */
      voucherWaitMs: count.default(15_000),
    })
    .prefault({}),
  /** Spans of calls for the OpenTelemetry SDK that the process was started with. */
  traces: z.boolean().default(false),
  /** R28: calls without value are offered a payment by x402, which opens the next channel of their key. Without it: none. */
  x402: z
    .strictObject({
      /** An ERC-20 with EIP-3009, and the name and version of its EIP-712 domain. */
      asset: z.strictObject({ address: addressSchema, name: z.string().min(1), version: z.string().min(1) }),
      /** What is sold for it: for each class one lot that is priced in the asset. */
      lots: z.array(z.strictObject({ classId: z.string().regex(/^\d{1,20}$/), lot: z.int().nonnegative() })).min(1),
      /** What one payment buys at least, in base units; more where the call may need more. */
      minUnits: unitsText,
      /** How long a channel that is opened serves; up to a day more. */
      channelSeconds: count.default(30 * 86_400),
      /** How long a payment that is signed now may be sent. */
      maxTimeoutSeconds: count.default(300),
      /** How long a call waits for its payment to be mined. */
      settleMs: count.default(60_000),
      /** The key of the account that sends payments and pays their gas: not the operator's, whose transactions are numbered by captures. */
      keyFile: z.string().min(1).exactOptional(),
      keyEnv: z.string().min(1).exactOptional(),
    })
    .exactOptional(),
  /** R29: until a channel has been open this long, at most `exposureUnits` (a decimal string) are served from it. */
  finality: z.strictObject({ seconds: count, exposureUnits: unitsText }).exactOptional(),
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
    return readFileSync(source.file, 'utf8').trim();
  } catch (cause) {
    throw new BaseError(`${source.what} cannot be read.`, {
      code: 'secret_missing',
      cause,
      values: { file: source.file },
    });
  }
}
