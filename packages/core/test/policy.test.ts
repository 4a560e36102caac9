import { describe, expect, test } from 'vitest';
import { keccak256 as hashHex, toHex } from 'viem';
import {
  canonicalJson,
  formatUnits,
  metricLabels,
  metricTypeOf,
  parsePolicy,
  parseUnits,
  policyHashOf,
  unitsOf,
  unpricedTokens,
  type Policy,
} from '../src/index.js';
import { oraclePolicy, policy } from './examples.js';
import { fc, keccak256, uint } from './fixture.js';

describe('policy', () => {
  test('the hash is keccak-256 of the canonical JSON, whatever the order of the fields', () => {
    const shuffled = Object.fromEntries(Object.entries(policy).toReversed()) as Policy;
    const expected = hashHex(toHex(canonicalJson(policy)));
    expect(policyHashOf(policy, keccak256)).toBe(expected);
    expect(policyHashOf(shuffled, keccak256)).toBe(expected);
    expect(policyHashOf(parsePolicy(JSON.parse(JSON.stringify(shuffled))), keccak256)).toBe(expected);
  });

  test('L10: any change of a clause is another policy', () => {
    const changed: Policy[] = [
      { ...policy, rates: { ...policy.rates, output_tokens: '4' } },
      { ...policy, caps: { ...policy.caps, outputTokensPerCall: 1 } },
      { ...policy, operators: [] },
      { ...policy, unit: { ...policy.unit, decimals: 4 } },
    ];
    const hashes = changed.map((one) => policyHashOf(one, keccak256));
    expect(new Set([...hashes, policyHashOf(policy, keccak256)]).size).toBe(5);
  });

  test('one that prices one half of the tokens is told, unless it says with a rate of 0 that the other is free', () => {
    const half = (rates: Policy['rates'], surfaces?: string[]) =>
      unpricedTokens({ ...policy, rates, ...(surfaces === undefined ? {} : { surfaces }) });
    expect(half({ input_tokens: '1', output_tokens: '3' })).toBeUndefined();
    expect(half({ output_tokens: '3' })).toBe('input_tokens');
    expect(half({ input_tokens: '1', requests: '7' })).toBe('output_tokens');
    expect(half({ input_tokens: '0', output_tokens: '3' })).toBeUndefined();
    expect(half({ input_tokens: '1', output_tokens: '0' })).toBeUndefined();
    expect(half({ requests: '7' })).toBeUndefined();
    expect(half({ input_tokens: '1' }, ['/embeddings'])).toBeUndefined();
    expect(half({ input_tokens: '1' }, ['/embeddings', '/messages'])).toBe('output_tokens');
  });

  test.each<[string, unknown, string]>([
    ['an unknown clause', { ...policy, discount: 1 }, 'discount'],
    ['an unknown metric', { ...policy, rates: { words: '1' } }, 'rates'],
    ['a metric called __proto__', { ...policy, rates: JSON.parse('{"requests":"1","__proto__":"1"}') }, '__proto__'],
    ['no rate at all', { ...policy, rates: {} }, 'rates'],
    ['a rate with a fraction', { ...policy, rates: { requests: '0.5' } }, 'rates.requests'],
    ['a rate as a number', { ...policy, rates: { requests: 1 } }, 'rates.requests'],
    ['a rate beyond uint64', { ...policy, rates: { requests: (1n << 64n).toString() } }, 'rates.requests'],
    ['no output cap', { ...policy, caps: {} }, 'caps.outputTokensPerCall'],
    ['an operator that is no address', { ...policy, operators: ['0x12'] }, 'operators.0'],
    ['a price of nothing', { ...policy, price: { ...policy.price, numerator: '0' } }, 'price.numerator'],
    ['another format', { ...policy, format: 'kedge-policy/4' }, 'format'],
    ['a rate for the number of a quote', { ...policy, rates: { rate_quote: '1' } }, 'rates'],
    ['hours in version 1', { ...policy, hours: [{ from: '08:00', until: '18:00' }] }, 'hours'],
    ['a null', null, '(root)'],
  ])('%s is refused and named', (_, value, field) => {
    expect(() => parsePolicy(value)).toThrow(
      expect.objectContaining({ code: 'policy_invalid', message: expect.stringContaining(field) }),
    );
  });
});

describe('policy, version 2', () => {
  const second: Policy = {
    ...policy,
    format: 'kedge-policy/2',
    caps: { ...policy.caps, windows: [{ seconds: 3600, units: '5000', requests: 10 }] },
    surfaces: ['/chat/completions', '/embeddings'],
    hours: [{ days: ['mon', 'fri'], from: '08:00', until: '24:00' }],
    usage: { rules: 'upstream', toleranceBasisPoints: 500, toleranceTokens: 8 },
  };

  test('is read with its clauses, and none of them are needed', () => {
    expect(parsePolicy(JSON.parse(JSON.stringify(second)))).toEqual(second);
    expect(parsePolicy({ ...policy, format: 'kedge-policy/2' })).toEqual({ ...policy, format: 'kedge-policy/2' });
  });

  test.each<[string, Record<string, unknown>, string]>([
    ['a window of nothing', { caps: { outputTokensPerCall: 1, windows: [{ seconds: 60 }] } }, 'caps.windows.0'],
    [
      'a window of 90 s',
      { caps: { outputTokensPerCall: 1, windows: [{ seconds: 90, requests: 1 }] } },
      'caps.windows.0',
    ],
    ['hours over midnight', { hours: [{ from: '22:00', until: '06:00' }] }, 'hours.0'],
    ['25 o’clock', { hours: [{ from: '25:00', until: '26:00' }] }, 'hours.0'],
    ['an unknown day', { hours: [{ days: ['day'], from: '08:00', until: '09:00' }] }, 'hours.0'],
    ['a surface that is no path', { surfaces: ['chat'] }, 'surfaces.0'],
    ['no ruler', { usage: { rules: 'nobody', toleranceBasisPoints: 0, toleranceTokens: 0 } }, 'usage.rules'],
  ])('%s is refused and named', (_, change, field) => {
    expect(() => parsePolicy({ ...second, ...change })).toThrow(
      expect.objectContaining({ code: 'policy_invalid', message: expect.stringContaining(field) }),
    );
  });
});

describe('policy, version 3', () => {
  const { oracle } = oraclePolicy;
  const [first, second] = oracle!.signers;
  const withOracle = (change: object) => ({ ...oraclePolicy, oracle: { ...oracle, ...change } });
  const bounds = (min: string, max: string) => ({ bounds: { output_tokens: { min, max } } });

  test('is read with its oracle, and does not need one', () => {
    expect(parsePolicy(JSON.parse(JSON.stringify(oraclePolicy)))).toEqual(oraclePolicy);
    expect(parsePolicy(withOracle({ threshold: 2 }))).toEqual(withOracle({ threshold: 2 }));
    expect(parsePolicy({ ...policy, format: 'kedge-policy/3' })).toEqual({ ...policy, format: 'kedge-policy/3' });
  });

  test.each<[string, unknown, string]>([
    ['an oracle in version 1', { ...oraclePolicy, format: 'kedge-policy/1' }, 'oracle'],
    ['an oracle in version 2', { ...oraclePolicy, format: 'kedge-policy/2' }, 'oracle'],
    ['nobody who signs', withOracle({ signers: [] }), 'oracle.signers'],
    ['signers out of order', withOracle({ signers: [second, first] }), 'oracle.signers'],
    ['one signer twice', withOracle({ signers: [first, first?.toUpperCase().replace('0X', '0x')] }), 'oracle.signers'],
    ['the zero address as a signer', withOracle({ signers: [`0x${'0'.repeat(40)}`] }), 'oracle.signers.0'],
    ['a threshold of more than all', withOracle({ threshold: 3 }), 'oracle'],
    ['a threshold of nobody', withOracle({ threshold: 0 }), 'oracle.threshold'],
    ['quotes that never age', withOracle({ maxAgeSeconds: 1e9 }), 'oracle.maxAgeSeconds'],
    ['no bounds', withOracle({ bounds: {} }), 'oracle.bounds'],
    ['bounds upside down', withOracle(bounds('4', '3')), 'oracle.bounds.output_tokens'],
    ['a static rate below its bounds', withOracle(bounds('4', '9')), 'rates.output_tokens'],
    ['a static rate above its bounds', withOracle(bounds('1', '2')), 'rates.output_tokens'],
    ['bounds of a metric that has no rate', withOracle({ bounds: { images: { min: '0', max: '1' } } }), 'rates.images'],
    ['bounds of an unknown metric', withOracle({ bounds: { rate_quote: { min: '0', max: '1' } } }), 'oracle.bounds'],
  ])('%s is refused and named', (_, value, field) => {
    expect(() => parsePolicy(value)).toThrow(
      expect.objectContaining({ code: 'policy_invalid', message: expect.stringContaining(field) }),
    );
  });
});

describe('units', () => {
  test('are the sum of rate x amount, exact', () => {
    fc.assert(
      fc.property(uint(31), uint(31), uint(31), uint(31), (rateIn, rateOut, input, output) => {
        const rates = { input_tokens: rateIn.toString(), output_tokens: rateOut.toString() };
        const metrics = [
          { metric: 'input_tokens', amount: input },
          { metric: 'output_tokens', amount: output },
        ] as const;
        expect(unitsOf({ rates }, metrics)).toBe(rateIn * input + rateOut * output);
      }),
    );
    expect(unitsOf(policy, [])).toBe(0n);
  });

  test('a metric without a rate is refused with 403 and the clause, never free', () => {
    for (const amount of [1n, 0n]) {
      expect(() => unitsOf(policy, [{ metric: 'images', amount }])).toThrow(
        expect.objectContaining({ code: 'rate_missing', status: 403, values: { clause: 'rates.images', amount } }),
      );
    }
  });

  test('a sum beyond uint64 and a negative amount are refused', () => {
    const rates = { units: '2' };
    const max = (1n << 63n) - 1n;
    expect(unitsOf({ rates }, [{ metric: 'units', amount: max }])).toBe(max * 2n);
    for (const amount of [1n << 63n, -1n]) {
      expect(() => unitsOf({ rates }, [{ metric: 'units', amount }])).toThrow(
        expect.objectContaining({ code: 'units_out_of_range' }),
      );
    }
  });

  test('format and parse are each other’s inverse', () => {
    fc.assert(
      fc.property(fc.bigInt(), fc.integer({ min: 0, max: 18 }), (value, decimals) => {
        expect(parseUnits(formatUnits(value, decimals), decimals)).toBe(value);
      }),
    );
    expect(formatUnits(1_500n, 3)).toBe('1.5');
    expect(formatUnits(5n, 3)).toBe('0.005');
    expect(formatUnits(-5n, 3)).toBe('-0.005');
    expect(formatUnits(7n, 0)).toBe('7');
    expect(parseUnits('1000', 3)).toBe(1_000_000n);
    expect(parseUnits('1.500', 1)).toBe(15n);
  });

  test.each(['', '1.2345', '.5', '1,5', '1e3', '0x1', ' 1', '--1'])('%j is no number of units', (text) => {
    expect(() => parseUnits(text, 3)).toThrow(expect.objectContaining({ code: 'units_invalid' }));
  });
});

describe('metrics', () => {
  test('P26: a metric on chain is keccak-256 of its label, and no two are the same', () => {
    expect(metricTypeOf('input_tokens', keccak256)).toBe(hashHex(toHex('input_tokens')));
    expect(new Set(metricLabels.map((label) => metricTypeOf(label, keccak256))).size).toBe(metricLabels.length);
  });
});
