import * as z from 'zod';
import { canonicalJson } from './canonicalJson.js';
import { bytesToHex, utf8, zeroAddress, type Address, type Hasher, type Hex } from './hex.js';
import type { MetricLabel, RateLabel } from './metrics.js';
import { addressSchema, byRateSchema, decimalSchema, hashSchema, parseWith } from './schemas.js';

/** What value buys, in a hashed document: immutable once published (R25, L10). */
export type Policy = {
  /** Version 2 may have `surfaces`, `hours`, `usage` and `caps.windows`, version 3 also `oracle`; in earlier ones they are refused. */
  format: 'kedge-policy/1' | 'kedge-policy/2' | 'kedge-policy/3';
  /** Name of one whole unit, and how many decimals its base units have. */
  unit: { name: string; decimals: number };
  /**
   * Base units for 1 of a metric, as decimal integers. A surface is served where one of its metrics has a rate, and those that
   * have none are then free, but for images that are sent in. Under a rate quote, those of the quote.
   */
  rates: Partial<Record<MetricLabel, string>>;
  caps: {
    unitsPerCall?: string;
    inputTokensPerCall?: number;
    /** Upper bound of a call's output, and what a request that names none asks for. */
    outputTokensPerCall: number;
    /** What a channel may use within one minute, hour or day of UTC. */
    windows?: PolicyWindow[];
  };
  /** Served surfaces, as paths below /v1 ("/embeddings"); without it all that have a rate. */
  surfaces?: string[];
  /** When calls are served; without it always. */
  hours?: PolicyHours[];
  /** What an upstream's `usage` means; without it the gateway's count rules, with 10 % and 16 tokens of tolerance. */
  usage?: PolicyUsage;
  /** Whose quotes may move rates, and how far; without it `rates` always hold. */
  oracle?: PolicyOracle;
  /** The counter of tokens that gateway and verifiers agree on: package and version, and its vocabulary's SHA-256. */
  tokenizer: { encoding: 'o200k_base'; package: string; vocabularySha256: Hex };
  /** Who may serve under this policy. The hash covers their letter case. */
  operators: Address[];
  models: string[];
  licence: string;
  /** Smallest units of `asset` (zero address: ETH) for `denominator` base units. */
  price?: { asset: Address; numerator: string; denominator: string };
};

export type PolicyWindow = { seconds: 60 | 3600 | 86400; units?: string; requests?: number };

/** A time of every day, or of some days, in UTC: from `from` until before `until`, as HH:MM; `until` may be 24:00. */
export type PolicyHours = { days?: Weekday[]; from: string; until: string };

export const weekdays = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;
export type Weekday = (typeof weekdays)[number];

/**
 * Which count of tokens is charged. Counts that differ by no more than the larger of both tolerances agree. Where the upstream's
 * rules, the charge is its count, or what is nearest to it within the tolerance around the gateway's own.
 */
export type PolicyUsage = { rules: 'gateway' | 'upstream'; toleranceBasisPoints: number; toleranceTokens: number };

/**
 * Rates within bounds, from quotes that `threshold` of the `signers` sign (1 without it). A quote counts until `maxAgeSeconds`
 * after it was observed, or until it says so itself; a call that began by then is metered by it, when it ends within
 * `callSeconds` more. Without a quote that counts, the policy's own `rates` hold, which lie within the bounds, too.
 */
export type PolicyOracle = {
  /** In ascending order. */
  signers: Address[];
  threshold?: number;
  maxAgeSeconds: number;
  callSeconds: number;
  /** What a quote may say, by metric, both ends included, as decimal integers. A metric without bounds keeps its rate. */
  bounds: Partial<Record<RateLabel, { min: string; max: string }>>;
};

const positive = (bits: number) => decimalSchema(bits).refine((text) => text !== '0', 'expected more than 0');
const count = z.int().positive();

const windowSchema = z
  .strictObject({
    seconds: z.literal([60, 3600, 86400]),
    units: positive(64).exactOptional(),
    requests: count.exactOptional(),
  })
  .refine(({ units, requests }) => units !== undefined || requests !== undefined, 'expected units or requests');

const hoursSchema = z
  .strictObject({
    days: z.array(z.enum(weekdays)).min(1).exactOptional(),
    from: z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/),
    until: z.string().regex(/^(([01]\d|2[0-3]):[0-5]\d|24:00)$/),
  })
  .refine(({ from, until }) => from < until, 'expected from before until: hours over midnight are two entries');

const firstVersion = z.strictObject({
  format: z.literal('kedge-policy/1'),
  unit: z.strictObject({ name: z.string().min(1).max(64), decimals: z.int().min(0).max(18) }),
  rates: byRateSchema(decimalSchema(64)),
  caps: z.strictObject({
    unitsPerCall: positive(64).exactOptional(),
    inputTokensPerCall: count.exactOptional(),
    outputTokensPerCall: count,
  }),
  tokenizer: z.strictObject({
    encoding: z.literal('o200k_base'),
    package: z.string().min(1),
    vocabularySha256: hashSchema,
  }),
  operators: z.array(addressSchema).min(1),
  models: z.array(z.string().min(1)).min(1),
  licence: z.string().min(1),
  price: z.strictObject({ asset: addressSchema, numerator: positive(96), denominator: positive(64) }).exactOptional(),
});

const secondVersion = firstVersion.extend({
  format: z.literal('kedge-policy/2'),
  caps: firstVersion.shape.caps.extend({ windows: z.array(windowSchema).min(1).max(8).exactOptional() }),
  surfaces: z
    .array(z.string().regex(/^(\/[a-z]+)+$/))
    .min(1)
    .exactOptional(),
  hours: z.array(hoursSchema).min(1).max(50).exactOptional(),
  usage: z
    .strictObject({
      rules: z.enum(['gateway', 'upstream']),
      toleranceBasisPoints: z.int().min(0).max(10_000),
      toleranceTokens: z.int().min(0).max(1_000_000),
    })
    .exactOptional(),
});

const oracleSchema = z
  .strictObject({
    signers: z
      .array(addressSchema.refine((signer) => signer !== zeroAddress, 'expected another than the zero address'))
      .min(1)
      .max(16)
      .refine(
        (signers) => signers.every((signer, at) => at === 0 || signers[at - 1]!.toLowerCase() < signer.toLowerCase()),
        'expected ascending addresses, each once',
      ),
    threshold: count.exactOptional(),
    maxAgeSeconds: count.max(86_400),
    callSeconds: count.max(86_400),
    bounds: byRateSchema(
      z
        .strictObject({ min: decimalSchema(64), max: decimalSchema(64) })
        .refine(({ min, max }) => BigInt(min) <= BigInt(max), 'expected min up to max'),
    ),
  })
  .refine(({ signers, threshold = 1 }) => threshold <= signers.length, 'expected a threshold of at most all signers');

const thirdVersion = secondVersion
  .extend({ format: z.literal('kedge-policy/3'), oracle: oracleSchema.exactOptional() })
  .superRefine(({ rates, oracle }, context) => {
    for (const [metric, { min, max }] of Object.entries(oracle?.bounds ?? {})) {
      const rate = rates[metric as RateLabel];
      if (rate !== undefined && BigInt(min) <= BigInt(rate) && BigInt(rate) <= BigInt(max)) continue;
      const message = `expected a rate within the bounds ${min} to ${max}: it holds where no quote does`;
      context.addIssue({ code: 'custom', path: ['rates', metric], message });
    }
  });

export const policySchema: z.ZodType<Policy> = z.discriminatedUnion('format', [
  firstVersion,
  secondVersion,
  thirdVersion,
]);

/**
 * Reads a policy. Unknown fields are refused: a reader must not agree to a clause that it does not understand.
 *
 * @throws BaseError `policy_invalid`, which names the offending fields.
 *
 * @example
 * const policy = parsePolicy(JSON.parse(text));
 */
export function parsePolicy(value: unknown): Policy {
  return parseWith(policySchema, value, { what: 'The policy', code: 'policy_invalid' });
}

/**
 * keccak-256 of the policy's canonical JSON: what `policyHash` is on chain.
 *
 * @example
 * const policyHash = policyHashOf(policy, keccak256);
 */
export function policyHashOf(policy: Policy, keccak256: Hasher): Hex {
  return bytesToHex(keccak256(utf8(canonicalJson(policy))));
}
