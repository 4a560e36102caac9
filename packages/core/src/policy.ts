import { z } from 'zod';
import { canonicalJson } from './canonicalJson.js';
import { bytesToHex, utf8, type Address, type Hasher, type Hex } from './hex.js';
import { metricLabels, type MetricLabel } from './metrics.js';
import { addressSchema, decimalSchema, hashSchema, parseWith } from './schemas.js';

/** What value buys, in a hashed document: immutable once published (R25, L10). */
export type Policy = {
  /** Version 2 may have `surfaces`, `hours`, `usage` and `caps.windows`; in version 1 they are refused. */
  format: 'kedge-policy/1' | 'kedge-policy/2';
  /** Name of one whole unit, and how many decimals its base units have. */
  unit: { name: string; decimals: number };
  /** Base units for 1 of a metric, as decimal integers. A metric that is not named is refused. */
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
  rates: z
    .partialRecord(z.enum(metricLabels), decimalSchema(64))
    .refine((rates) => Object.keys(rates).length > 0, 'expected at least one rate'),
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

export const policySchema: z.ZodType<Policy> = z.discriminatedUnion('format', [firstVersion, secondVersion]);

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
