import { hashTypedData, recoverAddress, type Hex } from 'viem';
import { mnemonicToAccount } from 'viem/accounts';
import { describe, expect, test } from 'vitest';
import {
  BaseError,
  checkRateQuote,
  parseSignedRateQuote,
  policyHashOf,
  protocolDomain,
  quotedPolicy,
  rateLabels,
  rateQuoteDigest,
  rateQuoteEnd,
  rateQuoteTypes,
  signedRateQuoteToJson,
  unitsOf,
  metricTypeOf,
  type Metric,
  type Policy,
  type RateLabel,
  type RateQuote,
  type SignedRateQuote,
} from '../src/index.js';
import { oraclePolicy as policy, rateQuote } from './examples.js';
import { bytes32, domain, fc, keccak256, uint } from './fixture.js';

// Foundry's well-known development phrase: worthless keys. Addresses ascend: 0x976e…, 0x9965….
const phrase = 'test test test test test test test test test test test junk';
const second = mnemonicToAccount(phrase, { addressIndex: 5 });
const first = mnemonicToAccount(phrase, { addressIndex: 6 });
const stranger = mnemonicToAccount(phrase, { addressIndex: 4 });
const both: Policy = { ...policy, oracle: { ...policy.oracle!, threshold: 2 } };
const recover = (hash: Hex, signature: Hex) => recoverAddress({ hash, signature });

async function signed(change: Partial<RateQuote> = {}, by = [first], at = domain): Promise<SignedRateQuote> {
  const quote = { ...rateQuote, ...change };
  const hash = rateQuoteDigest(at, quote, keccak256);
  return { quote, signatures: await Promise.all(by.map((account) => account.sign({ hash }))) };
}

type Context = Partial<Parameters<typeof checkRateQuote>[1]>;
/** The clause that a quote breaks; undefined for one that counts. */
async function brokenBy(quote: SignedRateQuote, context: Context = {}): Promise<unknown> {
  const under = context.policy ?? policy;
  try {
    await checkRateQuote(quote, {
      policy: under,
      policyHash: policyHashOf(policy, keccak256),
      domain,
      at: rateQuote.observedAt,
      of: 'call',
      keccak256,
      recover,
      ...context,
    });
    return undefined;
  } catch (error) {
    if (!(error instanceof BaseError)) throw error;
    expect(error).toMatchObject({ code: 'rate_quote_refused', status: 403 });
    return error.values['clause'];
  }
}

const rates = fc
  .dictionary(fc.constantFrom(...rateLabels), uint(64).map(String), { minKeys: 1 })
  .map((found) => found as Partial<Record<RateLabel, string>>);
const anyQuote: fc.Arbitrary<RateQuote> = fc.record({
  policyHash: bytes32,
  sequence: uint(64).map((sequence) => sequence || 1n),
  observedAt: uint(64),
  validUntil: uint(64),
  rates,
});

describe('a rate quote', () => {
  test('its digest is viem’s hashTypedData, with the rates in the registry’s order', () => {
    fc.assert(
      fc.property(anyQuote, (quote) => {
        const named = rateLabels.filter((metric) => quote.rates[metric] !== undefined);
        const message = {
          ...quote,
          rates: named.map((metric) => ({
            metricType: metricTypeOf(metric, keccak256),
            rate: BigInt(quote.rates[metric]!),
          })),
        };
        const typed = {
          domain: protocolDomain(domain),
          types: rateQuoteTypes,
          primaryType: 'RateQuote',
          message,
        } as const;
        expect(rateQuoteDigest(domain, quote, keccak256)).toBe(hashTypedData(typed));
      }),
    );
  });

  test('comes back from its JSON as it went in, and what is changed in the JSON is refused in our words', () => {
    const signature = fc
      .uint8Array({ minLength: 65, maxLength: 65 })
      .map((bytes): Hex => `0x${Buffer.from(bytes).toString('hex')}`);
    const any = fc.record({ quote: anyQuote, signatures: fc.array(signature, { minLength: 1, maxLength: 16 }) });
    fc.assert(
      fc.property(any, (quote) => {
        expect(parseSignedRateQuote(JSON.parse(JSON.stringify(signedRateQuoteToJson(quote))))).toEqual(quote);
      }),
    );
    const json = signedRateQuoteToJson({ quote: rateQuote, signatures: [`0x${'11'.repeat(65)}`] });
    const fields = ['policyHash', 'sequence', 'observedAt', 'validUntil', 'rates'];
    fc.assert(
      fc.property(fc.constantFrom(...fields, 'more'), fc.jsonValue(), (field, value) => {
        const changed = { ...json, quote: { ...json.quote, [field]: value } };
        try {
          const { quote } = parseSignedRateQuote(changed);
          expect(quote.sequence).toBeGreaterThan(0n);
        } catch (error) {
          expect(error).toMatchObject({ code: 'rate_quote_invalid', status: 400 });
        }
      }),
    );
    for (const bad of [
      null,
      [],
      {},
      { ...json, signatures: [] },
      { ...json, signatures: ['0x12'] },
      { ...json, more: 1 },
    ]) {
      expect(() => parseSignedRateQuote(bad)).toThrow(expect.objectContaining({ code: 'rate_quote_invalid' }));
    }
  });

  test('counts while it is fresh: from when it was observed, give or take a clock, to its own end or its age', async () => {
    const quote = await signed();
    const { observedAt, validUntil } = rateQuote;
    expect(await brokenBy(quote)).toBeUndefined();
    expect(await brokenBy(quote, { at: observedAt - 30n })).toBeUndefined();
    expect(await brokenBy(quote, { at: observedAt - 31n })).toBe('oracle.maxAgeSeconds');
    expect(await brokenBy(quote, { at: validUntil })).toBeUndefined();
    expect(await brokenBy(quote, { at: validUntil + 1n })).toBe('validUntil');
    const long = await signed({ validUntil: observedAt + 10_000n });
    expect(rateQuoteEnd(policy.oracle!, long.quote)).toBe(observedAt + 300n);
    expect(await brokenBy(long, { at: observedAt + 300n })).toBeUndefined();
    expect(await brokenBy(long, { at: observedAt + 301n })).toBe('oracle.maxAgeSeconds');
  });

  test('counts for a receipt as long as a call may run that began in time', async () => {
    const quote = await signed();
    const end = rateQuote.validUntil + 600n;
    expect(await brokenBy(quote, { at: end, of: 'receipt' })).toBeUndefined();
    expect(await brokenBy(quote, { at: end + 1n, of: 'receipt' })).toBe('oracle.callSeconds');
    expect(await brokenBy(quote, { at: rateQuote.observedAt - 31n, of: 'receipt' })).toBe('oracle.maxAgeSeconds');
  });

  test('counts within the bounds, both ends included, for metrics that have bounds', async () => {
    for (const [output, clause] of [
      ['2', undefined],
      ['9', undefined],
      ['1', 'output_tokens'],
      ['10', 'output_tokens'],
    ] as const) {
      const found = await brokenBy(await signed({ rates: { output_tokens: output } }));
      expect(found).toBe(clause && `oracle.bounds.${clause}`);
    }
    expect(await brokenBy(await signed({ rates: { requests: '1' } }))).toBe('oracle.bounds.requests');
  });

  test('counts for one policy, chain and contract', async () => {
    const other = { chainId: 1, verifyingContract: domain.verifyingContract } as unknown as typeof domain;
    const contract = { ...domain, verifyingContract: `0x${'c1'.repeat(20)}` } as unknown as typeof domain;
    expect(await brokenBy(await signed({}, [first], other))).toBe('oracle.signers');
    expect(await brokenBy(await signed({}, [first], contract))).toBe('oracle.signers');
    expect(await brokenBy(await signed({ policyHash: `0x${'ab'.repeat(32)}` }))).toBe('policyHash');
    const { oracle: _, ...without } = policy;
    expect(await brokenBy(await signed(), { policy: without })).toBe('oracle');
  });

  test('counts with the signatures of k of n signers, each once, in ascending order', async () => {
    expect(await brokenBy(await signed({}, [second]))).toBeUndefined();
    expect(await brokenBy(await signed({}, [stranger]))).toBe('oracle.signers');
    expect(await brokenBy(await signed({}, [first, stranger]))).toBe('oracle.signers');
    expect(await brokenBy(await signed(), { policy: both })).toBe('oracle.threshold');
    expect(await brokenBy(await signed({}, [first, second]), { policy: both })).toBeUndefined();
    expect(await brokenBy(await signed({}, [first, first]), { policy: both })).toBe('oracle.signers');
    expect(await brokenBy(await signed({}, [second, first]), { policy: both })).toBe('oracle.signers');
    expect(await brokenBy({ quote: rateQuote, signatures: [`0x${'00'.repeat(65)}`] })).toBe('oracle.signers');
    const { quote, signatures } = await signed();
    expect(await brokenBy({ quote: { ...quote, sequence: 8n }, signatures })).toBe('oracle.signers');
  });

  test('L10: whatever is quoted, a call costs no less and no more than the bounds of its policy allow', async () => {
    const { bounds } = policy.oracle!;
    const at = (edge: 'min' | 'max'): Policy['rates'] =>
      Object.fromEntries(Object.entries(bounds).map(([metric, both]) => [metric, both[edge]]));
    let counted = 0;
    await fc.assert(
      fc.asyncProperty(fc.nat(12), fc.nat(12), uint(32), uint(32), async (input, output, inputs, outputs) => {
        const quote = await signed({ rates: { input_tokens: `${input}`, output_tokens: `${output}` } });
        const metrics: Metric[] = [
          { metric: 'input_tokens', amount: inputs },
          { metric: 'output_tokens', amount: outputs },
          { metric: 'rate_quote', amount: quote.quote.sequence },
        ];
        const isWithin = input >= 1 && input <= 4 && output >= 2 && output <= 9;
        expect((await brokenBy(quote)) === undefined).toBe(isWithin);
        if (!isWithin) return;
        counted++;
        const units = unitsOf(quotedPolicy(policy, quote.quote), metrics);
        expect(units).toBeGreaterThanOrEqual(unitsOf({ rates: at('min') }, metrics.slice(0, 2)));
        expect(units).toBeLessThanOrEqual(unitsOf({ rates: at('max') }, metrics.slice(0, 2)));
        expect(units).toBe(BigInt(input) * inputs + BigInt(output) * outputs);
      }),
    );
    expect(counted).toBeGreaterThan(10);
  });

  test('what it does not name keeps the policy’s own rate', () => {
    const { rates: found } = quotedPolicy(policy, { ...rateQuote, rates: { output_tokens: '5' } });
    expect(found).toEqual({ input_tokens: '1', output_tokens: '5', rate_quote: '0' });
  });
});
