import { z } from 'zod';
import { canonicalJson } from './canonicalJson.js';
import { bytesToHex, utf8, type Address, type Hasher, type Hex } from './hex.js';
import { metricLabels, type MetricLabel } from './metrics.js';
import { addressSchema, decimalSchema, hashSchema, parseWith } from './schemas.js';

/** What value buys, in a hashed document: immutable once published (R25, L10). */
export type Policy = {
  format: 'kedge-policy/1';
  /** Name of one whole unit, and how many decimals its base units have. */
  unit: { name: string; decimals: number };
  /** Base units for 1 of a metric, as decimal integers. A metric that is not named is refused. */
  rates: Partial<Record<MetricLabel, string>>;
  caps: {
    unitsPerCall?: string;
    inputTokensPerCall?: number;
    /** Upper bound of a call's output, and what a request that names none asks for. */
    outputTokensPerCall: number;
  };
  /** The counter of tokens that gateway and verifiers agree on: package and version, and its vocabulary's SHA-256. */
  tokenizer: { encoding: 'o200k_base'; package: string; vocabularySha256: Hex };
  /** Who may serve under this policy. The hash covers their letter case. */
  operators: Address[];
  models: string[];
  licence: string;
  /** Smallest units of `asset` (zero address: ETH) for `denominator` base units. */
  price?: { asset: Address; numerator: string; denominator: string };
};

const positive = (bits: number) => decimalSchema(bits).refine((text) => text !== '0', 'expected more than 0');
const count = z.int().positive();

export const policySchema: z.ZodType<Policy> = z.strictObject({
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
