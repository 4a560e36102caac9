import * as z from 'zod';
import { BaseError } from './baseError.js';
import {
  rateQuoteTypes,
  separatorOf,
  typedDigest,
  typeHashOf,
  type DomainOrSeparator,
  type ProtocolDomain,
} from './domain.js';
import { bytesToHex, utf8, writeHex, type Address, type Hasher, type Hex } from './hex.js';
import { isCanonicalSignature } from './isCanonicalSignature.js';
import { rateLabels, type RateLabel } from './metrics.js';
import type { Policy, PolicyOracle } from './policy.js';
import { byRateSchema, decimalSchema, hashSchema, hexSchema, parseWith, uintSchema } from './schemas.js';
import { writeUint } from './words.js';

/** What the signers of a policy's `oracle` say its rates are now. */
export type RateQuote = {
  readonly policyHash: Hex;
  /** From 1; each is signed with one content. */
  readonly sequence: bigint;
  /** Unix seconds. */
  readonly observedAt: bigint;
  /** Unix seconds, inclusive. */
  readonly validUntil: bigint;
  /** Base units for 1 of a metric, as decimal integers; the policy's own where it names none. */
  readonly rates: Readonly<Partial<Record<RateLabel, string>>>;
};

/** A quote with its signatures, in ascending order of the signers' addresses: 65 bytes `r | s | v` each. */
export type SignedRateQuote = { readonly quote: RateQuote; readonly signatures: readonly Hex[] };

/** {@link SignedRateQuote} as it travels: integers as decimal strings. */
export type SignedRateQuoteJson = {
  quote: {
    policyHash: Hex;
    sequence: string;
    observedAt: string;
    validUntil: string;
    rates: Partial<Record<RateLabel, string>>;
  };
  signatures: Hex[];
};

/** Name of the request header that says which quote a strict call is priced by: its sequence, or 0 for the policy's own rates. */
export const rateQuoteHeader = 'kedge-rate-quote';

/** How far ahead of the reader's clock a quote may have been observed. */
const skewSeconds = 30n;

export const signedRateQuoteSchema = z.strictObject({
  quote: z.strictObject({
    policyHash: hashSchema,
    sequence: uintSchema(64).refine((sequence) => sequence > 0n, 'expected more than 0'),
    observedAt: uintSchema(64),
    validUntil: uintSchema(64),
    rates: byRateSchema(decimalSchema(64)),
  }),
  signatures: z
    .array(hexSchema.refine((signature) => signature.length === 132, 'expected 65 bytes'))
    .min(1)
    .max(16),
});

/**
 * Reads a quote's JSON. Whether it counts, {@link checkRateQuote} says.
 *
 * @throws BaseError `rate_quote_invalid` (400), which names the offending fields.
 */
export function parseSignedRateQuote(json: unknown): SignedRateQuote {
  return parseWith(signedRateQuoteSchema, json, { what: 'The rate quote', code: 'rate_quote_invalid' });
}

/** A quote as JSON data: integers as decimal strings. */
export function signedRateQuoteToJson({ quote, signatures }: SignedRateQuote): SignedRateQuoteJson {
  const { policyHash, sequence, observedAt, validUntil, rates } = quote;
  return {
    quote: {
      policyHash,
      sequence: sequence.toString(),
      observedAt: observedAt.toString(),
      validUntil: validUntil.toString(),
      rates: { ...rates },
    },
    signatures: [...signatures],
  };
}

const quoteTypeHash = typeHashOf(rateQuoteTypes);
const rateTypeHash = typeHashOf({ Rate: rateQuoteTypes.Rate });

/**
 * EIP-712 digest of a quote: what its signers sign. Rates are in the registry's order.
 *
 * @param domain The domain of receipts and vouchers, or its separator computed once.
 *
 * @example
 * const signature = await account.sign({ hash: rateQuoteDigest(domain, signedQuote.quote, keccak256) });
 */
export function rateQuoteDigest(domain: DomainOrSeparator, quote: RateQuote, keccak256: Hasher): Hex {
  const data = new Uint8Array(6 * 32);
  const view = new DataView(data.buffer);
  data.set(quoteTypeHash(keccak256), 0);
  writeHex(data, 32, quote.policyHash, 32);
  writeUint(view, 64, quote.sequence, 64, 'sequence');
  writeUint(view, 96, quote.observedAt, 64, 'observedAt');
  writeUint(view, 128, quote.validUntil, 64, 'validUntil');
  data.set(hashRates(quote.rates, keccak256), 160);
  return typedDigest(separatorOf(domain, keccak256), bytesToHex(keccak256(data)), keccak256);
}

function hashRates(rates: RateQuote['rates'], keccak256: Hasher): Uint8Array {
  const named = rateLabels.filter((metric) => rates[metric] !== undefined);
  const hashes = new Uint8Array(named.length * 32);
  named.forEach((metric, index) => {
    const data = new Uint8Array(3 * 32);
    data.set(rateTypeHash(keccak256), 0);
    data.set(keccak256(utf8(metric)), 32);
    writeUint(new DataView(data.buffer), 64, BigInt(rates[metric]!), 64, metric);
    hashes.set(keccak256(data), index * 32);
  });
  return keccak256(hashes);
}

/** The last Unix second at which a call may begin under a quote. */
export function rateQuoteEnd({ maxAgeSeconds }: PolicyOracle, { observedAt, validUntil }: RateQuote): bigint {
  const oldest = observedAt + BigInt(maxAgeSeconds);
  return validUntil < oldest ? validUntil : oldest;
}

/** Whether a moment (Unix seconds) lies within a quote's time: of a call that begins, or of the receipt of one that began in it. */
export function rateQuoteCounts(oracle: PolicyOracle, quote: RateQuote, at: bigint, of: 'call' | 'receipt'): boolean {
  const end = rateQuoteEnd(oracle, quote) + (of === 'receipt' ? BigInt(oracle.callSeconds) : 0n);
  return quote.observedAt <= at + skewSeconds && at <= end;
}

/**
 * A policy with the rates of a quote. The quote itself becomes a metric that costs nothing, so that a receipt which names it
 * has a rate for everything that it names.
 *
 * @example
 * unitsOf(quotedPolicy(policy, signedQuote.quote), receipt.metrics);
 */
export function quotedPolicy(policy: Policy, { rates }: RateQuote): Policy {
  return { ...policy, rates: { ...policy.rates, ...rates, rate_quote: '0' } };
}

/**
 * Whether a quote moves the rates of a policy at a moment.
 *
 * @param at Unix seconds: of a receipt, its `issuedAt`.
 * @param of `call`: a call begins now. `receipt`: one that began in time ended now, within the policy's `callSeconds`.
 * @throws BaseError `rate_quote_refused` (403), whose `values.clause` names the clause of the policy that is broken.
 *
 * @example
 * const policyHash = policyHashOf(policy, keccak256);
 * await checkRateQuote(signedQuote, { policy, policyHash, domain, at: receipt.issuedAt, of: 'receipt', keccak256, recover });
 */
export async function checkRateQuote(
  { quote, signatures }: SignedRateQuote,
  context: {
    readonly policy: Policy;
    readonly policyHash: Hex;
    readonly domain: ProtocolDomain | Hex;
    readonly at: bigint;
    readonly of: 'call' | 'receipt';
    readonly keccak256: Hasher;
    readonly recover: (digest: Hex, signature: Hex) => Address | Promise<Address>;
  },
): Promise<void> {
  const { policy, policyHash, at, keccak256 } = context;
  const { oracle } = policy;
  const { sequence } = quote;
  if (oracle === undefined) throw refused('oracle', 'the policy takes none', { sequence });
  if (quote.policyHash !== policyHash) throw refused('policyHash', `it is of policy ${quote.policyHash}`, { sequence });
  for (const [metric, rate] of Object.entries(quote.rates)) {
    const bounds = oracle.bounds[metric as RateLabel];
    const clause = `oracle.bounds.${metric}`;
    if (bounds === undefined) throw refused(clause, `the policy does not let ${metric} be quoted`, { sequence });
    if (BigInt(rate) < BigInt(bounds.min) || BigInt(rate) > BigInt(bounds.max)) {
      throw refused(clause, `its rate of ${rate} for ${metric} is outside of ${bounds.min} to ${bounds.max}`, {
        sequence,
      });
    }
  }
  checkTime(quote, oracle, at, context.of);
  const { signers, threshold = 1 } = oracle;
  const digest = rateQuoteDigest(context.domain, quote, keccak256);
  let before = '';
  for (const signature of signatures) {
    let signer: string;
    if (!isCanonicalSignature(signature)) {
      throw refused('oracle.signers', 'one of its signatures is not r, s (the lower one) and v (27 or 28)', {
        sequence,
      });
    }
    try {
      signer = (await context.recover(digest, signature)).toLowerCase();
    } catch {
      throw refused('oracle.signers', 'one of its signatures is of nobody', { sequence });
    }
    if (!signers.some((allowed) => allowed.toLowerCase() === signer)) {
      throw refused('oracle.signers', `${signer} signed it, who is none of the policy's signers`, { sequence });
    }
    if (signer <= before)
      throw refused('oracle.signers', 'its signers are not in ascending order', { sequence, signer });
    before = signer;
  }
  if (signatures.length < threshold) {
    throw refused('oracle.threshold', `${signatures.length} signed it, the policy asks for ${threshold}`, { sequence });
  }
}

function checkTime(quote: RateQuote, oracle: PolicyOracle, at: bigint, of: 'call' | 'receipt'): void {
  const { sequence, observedAt, validUntil } = quote;
  if (rateQuoteCounts(oracle, quote, at, of)) return;
  if (observedAt > at + skewSeconds) {
    throw refused('oracle.maxAgeSeconds', `it was observed ${observedAt - at} s ahead`, { sequence, observedAt, at });
  }
  if (of === 'receipt') {
    const late = at - rateQuoteEnd(oracle, quote);
    throw refused('oracle.callSeconds', `it ended ${late} s before`, { sequence, callSeconds: oracle.callSeconds, at });
  }
  if (at > validUntil) throw refused('validUntil', `it ended ${at - validUntil} s ago`, { sequence, validUntil, at });
  throw refused('oracle.maxAgeSeconds', `it is ${at - observedAt} s old`, { sequence, observedAt, at });
}

function refused(clause: string, why: string, values: Readonly<Record<string, unknown>>): BaseError {
  return new BaseError(`The rate quote does not count: ${why}.`, {
    code: 'rate_quote_refused',
    status: 403,
    values: { clause, ...values },
    hints: ["Without a quote that counts, the policy's own rates hold."],
  });
}
