import {
  BaseError,
  hashReceipt,
  hexToBytes,
  merkleTree,
  type Metric,
  parsePolicy,
  policyHashOf,
  rateQuoteDigest,
  type Receipt,
  receiptBatchDigest,
  receiptLeaf,
  seqOf,
  signedReceiptToJson,
  type SignedRateQuote,
  verifyReceipts,
  zeroHash,
} from '@kedge/core';
import { developmentAccount } from '@kedge/testing';
import { secp256k1 } from '@noble/curves/secp256k1';
import { type Hex, numberToHex, recoverAddress } from 'viem';
import { describe, expect, test } from 'vitest';
import { keccak256 } from '../src/keccak256.js';
import { parseReceipts } from '../src/receipts/readReceipts.js';

// `kedge verify` and examples/verifyReceipt.mjs share no code. Whatever somebody makes of a good receipt, the two must say the same.
type Json = { [name: string]: unknown };
type Check = { readonly index: number; readonly name: string; readonly ok: boolean };
type Example = {
  readonly verify: (receipts: unknown, options: Json) => Check[];
  readonly policyHashOf: (policy: unknown) => Hex;
};
const example = (await import(new URL('../../../examples/verifyReceipt.mjs', import.meta.url).href)) as Example;

const domain = { chainId: 31337, verifyingContract: `0x${'cf'.repeat(20)}` } as const;
const operator = developmentAccount(2);
const oracle = developmentAccount(5);
const policy = parsePolicy({
  format: 'kedge-policy/3',
  unit: { name: 'unit', decimals: 3 },
  rates: { input_tokens: '1', output_tokens: '3' },
  caps: { unitsPerCall: '20000', inputTokensPerCall: 8192, outputTokensPerCall: 1024 },
  tokenizer: {
    encoding: 'o200k_base',
    package: 'gpt-tokenizer@3.4.0',
    vocabularySha256: `0x${'0c'.repeat(32)}`,
  },
  operators: [operator.address.toLowerCase()],
  models: ['kedge-docs'],
  licence: 'MIT',
  price: { asset: `0x${'00'.repeat(20)}`, numerator: '1000000000000', denominator: '1' },
  oracle: {
    signers: [oracle.address.toLowerCase()],
    maxAgeSeconds: 300,
    callSeconds: 600,
    bounds: { input_tokens: { min: '1', max: '4' }, output_tokens: { min: '2', max: '9' } },
  },
});
const policyHash = policyHashOf(policy, keccak256);
/** A policy with all that one may have. */
const full = {
  ...policy,
  caps: { ...policy.caps, windows: [{ seconds: 60, units: '5', requests: 3 }] },
  surfaces: ['/chat/completions', '/embeddings'],
  hours: [{ days: ['mon', 'sun'], from: '08:00', until: '24:00' }],
  usage: { rules: 'upstream', toleranceBasisPoints: 1000, toleranceTokens: 16 },
  oracle: { ...policy.oracle, threshold: 1 },
};
const bytes32 = (byte: string): Hex => `0x${byte.repeat(32)}`;
const usage: readonly Metric[] = [
  { metric: 'input_tokens', amount: 12n },
  { metric: 'output_tokens', amount: 40n },
];

/** Three receipts of one channel, each in a batch of its own: under the policy's rates, under a quote, and under its rates again. */
async function signedChain(): Promise<Json[]> {
  const quote = { policyHash, sequence: 7n, observedAt: 1_790_000_000n, validUntil: 1_790_000_240n };
  const rates = { input_tokens: '2', output_tokens: '5' };
  const hash = rateQuoteDigest(domain, { ...quote, rates }, keccak256);
  const rateQuote: SignedRateQuote = { quote: { ...quote, rates }, signatures: [await oracle.sign({ hash })] };
  const all: Json[] = [];
  let [previousReceiptHash, cumulativeUnits]: [Hex, bigint] = [zeroHash, 0n];
  for (const counter of [1n, 2n, 3n]) {
    const isQuoted = counter === 2n;
    const units = isQuoted ? 224n : 132n;
    cumulativeUnits += units;
    const receipt: Receipt = {
      channelId: bytes32('c1'),
      tokenId: (2n << 64n) | (0x80000001n << 32n) | 2n,
      classId: 2n,
      policyHash,
      seq: seqOf(1n, counter),
      requestHash: bytes32('ee'),
      responseHash: bytes32('ef'),
      metrics: isQuoted ? [...usage, { metric: 'rate_quote', amount: 7n }] : usage,
      units,
      cumulativeUnits,
      previousReceiptHash,
      issuedAt: 1_790_000_100n + counter,
    };
    previousReceiptHash = hashReceipt(receipt, keccak256);
    const leaves = [receiptLeaf(previousReceiptHash, keccak256), bytes32('a1'), bytes32('a2')].map(hexToBytes);
    const { root, pathOf } = merkleTree(leaves, keccak256);
    const batch = { operator: operator.address, epoch: 1n, batch: counter, root };
    const signature = await operator.sign({ hash: receiptBatchDigest(domain, batch, keccak256) });
    const proof = { batch, path: pathOf(0), signature, signer: operator.address, salt: bytes32('17') };
    all.push(signedReceiptToJson({ receipt, ...proof, ...(isQuoted ? { rateQuote } : {}) }) as unknown as Json);
  }
  return all;
}
const good = await signedChain();

const faultsIn = (checks: readonly Check[]): string[] =>
  checks.flatMap(({ ok, index, name }) => (ok ? [] : [`${index} ${name}`])).toSorted();

/** The faults that `kedge verify` finds, or that it refuses what it is given. */
async function byKedge(text: string): Promise<readonly string[]> {
  try {
    const receipts = parseReceipts(text, 'text');
    const recover = (digest: Hex, signature: Hex) => recoverAddress({ hash: digest, signature });
    return faultsIn(await verifyReceipts({ receipts, domain, policy, operator: operator.address, keccak256, recover }));
  } catch (error) {
    if (error instanceof BaseError && error.code === 'receipt_invalid') return ['refused'];
    throw error;
  }
}

function byExample(text: string): readonly string[] {
  const json: unknown = JSON.parse(text);
  try {
    const list = Array.isArray(json) ? json : [json];
    return faultsIn(example.verify(list, { domain, policy, operator: operator.address }));
  } catch (error) {
    // What it refuses, it says in its own words: no error of the language.
    if (error instanceof Error && error.constructor === Error) return ['refused'];
    throw error;
  }
}

/** Every place in the second receipt, the one under a quote, as the names that lead there. */
const places = placesIn(good[1], ['1']);

function placesIn(value: unknown, at: readonly string[]): (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [at];
  return [at, ...Object.entries(value).flatMap(([name, inner]) => placesIn(inner, [...at, name]))];
}

const valueAt = (place: readonly string[], within: unknown = good): unknown =>
  place.reduce<unknown>((value, name) => (value as Json)[name], within);

/** A copy in which `change` was applied to what holds a place. */
function changed(place: readonly string[], change: (holder: Json, name: string) => void, of: unknown = good): unknown {
  const copy = structuredClone(of) as Json;
  let holder = copy;
  for (const name of place.slice(0, -1)) holder = holder[name] as Json;
  change(holder, place.at(-1)!);
  return copy;
}

const odd: readonly unknown[] = [
  null,
  true,
  false,
  0,
  1,
  -1,
  1.5,
  7,
  1e21,
  2 ** 53,
  [],
  {},
  [[]],
  ['0x'],
  { length: 1 },
  '',
  ' ',
  '0',
  '1',
  '7',
  '-1',
  '+1',
  '01',
  '1.0',
  '1e3',
  ' 12',
  '12 ',
  '12\n',
  '٣',
  '0x',
  '0x10',
  '0X10',
  'NaN',
  'Infinity',
  'null',
  'toString',
  '__proto__',
  'constructor',
  'rate_quote',
  'requests',
  ...[2n ** 32n, 2n ** 32n - 1n, 2n ** 63n, 2n ** 64n, 2n ** 64n - 1n, 2n ** 256n, 2n ** 256n - 1n].map(String),
  '9'.repeat(78),
  '9'.repeat(79),
  '0x0',
  '0x00',
  `0x${'0'.repeat(64)}`,
  `0x${'f'.repeat(64)}`,
  `0x${'Ab'.repeat(32)}`,
  `0X${'ab'.repeat(32)}`,
  `0x${'ab'.repeat(31)}`,
  `0x${'ab'.repeat(33)}`,
  `0x${'ab'.repeat(32)}\n`,
  `0x${'00'.repeat(20)}`,
  operator.address,
  operator.address.toUpperCase(),
  `0x${'11'.repeat(64)}1b`,
  `0x${'00'.repeat(65)}`,
  `0x${'ff'.repeat(64)}1c`,
  `0x${'11'.repeat(65)}`,
];

/** Other ways to write a value: of another letter case, of another length, as a number. */
function variantsOf(value: unknown): unknown[] {
  if (typeof value !== 'string') return [];
  const [isHex, isDecimal] = [value.startsWith('0x'), /^\d+$/.test(value)];
  return [
    `${value} `,
    ` ${value}`,
    `${value}\n`,
    `0${value}`,
    [value],
    { 0: value },
    ...(isHex ? [value.toUpperCase(), `0x${value.slice(2).toUpperCase()}`, value.toLowerCase()] : []),
    ...(isHex ? [`${value}00`, value.slice(0, -2), value.slice(0, -1), value.slice(2), `0x00${value.slice(2)}`] : []),
    ...(isDecimal ? [Number(value), `+${value}`, `${value}.0`, `${value}n`, `0x${BigInt(value).toString(16)}`] : []),
    ...(isDecimal ? [String(BigInt(value) + 1n), value === '0' ? '2' : String(BigInt(value) - 1n)] : []),
  ];
}

/** The same signature in the forms that libraries take for it. */
function formsOf(signature: Hex): Hex[] {
  const [r, s, v] = [signature.slice(2, 66), BigInt(`0x${signature.slice(66, 130)}`), signature.slice(130)];
  const flipped = v === '1b' ? '1c' : '1b';
  const higher = numberToHex(secp256k1.CURVE.n - s, { size: 32 }).slice(2);
  const parity = v === '1b' ? '00' : '01';
  const start = signature.slice(0, 130) as Hex;
  return [
    `0x${r}${higher}${flipped}`,
    `0x${r}${higher}${v}`,
    `${start}${parity}`,
    `${start}${flipped}`,
    start,
    `${start}00${v}`,
    `${start}1d`,
    `${start}${v}00`,
    `0x${r}${higher}${parity}`,
  ];
}

async function expectSame(value: unknown): Promise<readonly string[]> {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  const faults = await byKedge(text);
  expect(byExample(text), text).toEqual(faults);
  return faults;
}

describe('the two verifiers say the same', () => {
  test('of good receipts, in any order, alone and with gaps, and of one that is given twice', async () => {
    expect(await expectSame(good)).toEqual([]);
    expect(await expectSame(good.toReversed())).toEqual([]);
    for (const one of good) expect(await expectSame(one)).toEqual([]);
    expect(await expectSame([good[0], good[2]])).toEqual(['1 chain']);
    expect(await expectSame([good[0], good[0], good[1]])).toEqual([]);
    for (const value of [null, 1, 'x', [[]], [null], [good], {}, ['x']]) await expectSame(JSON.stringify(value));
  });

  test('of receipts in which one value is missing, or written otherwise', async () => {
    expect(places.length).toBeGreaterThan(40);
    let refused = 0;
    let failed = 0;
    const count = (faults: readonly string[]): void => {
      if (faults[0] === 'refused') refused++;
      else if (faults.length > 0) failed++;
    };
    for (const place of places.slice(1)) {
      count(await expectSame(changed(place, (holder, name) => delete holder[name])));
      for (const value of odd) count(await expectSame(changed(place, (holder, name) => (holder[name] = value))));
      for (const value of variantsOf(valueAt(place)))
        count(await expectSame(changed(place, (holder, name) => (holder[name] = value))));
    }
    expect([refused > 1_000, failed > 100]).toEqual([true, true]);
  });

  test('of receipts with a member that is unknown, or named twice', async () => {
    const text = JSON.stringify(good[1]);
    for (const place of places.filter((each) => typeof valueAt(each) === 'object')) {
      for (const name of ['more', '', '__proto__', 'toString', 'rateQuote', 'receipt', 'requests', '0', 'length']) {
        for (const value of ['1', 'null', '{}', '[]']) {
          const marked = changed(place, (holder, last) => Object.assign(holder[last] as Json, { marked: 1 }));
          await expectSame(JSON.stringify(marked).replace('"marked":1', `${JSON.stringify(name)}:${value}`));
        }
      }
    }
    for (const [name] of text.matchAll(/"\w+":/g)) {
      await expectSame(text.replace(name, `${name}"1",${name}`));
      await expectSame(text.replace(name, `${name}null,${name}`));
    }
  });

  test('of paths, metrics and batches that were rearranged', async () => {
    const [one, two] = good as [Json & { path: Hex[] }, Json];
    const changes: Json[] = [
      { path: [] },
      { path: one.path.toReversed() },
      { path: [...one.path, ...one.path] },
      { path: Array(64).fill(zeroHash) },
      { path: Array(65).fill(zeroHash) },
      { path: one.path.join('') },
      { batch: two['batch'] },
      { batch: two['batch'], signature: two['signature'] },
      { receipt: two['receipt'] },
      { receipt: { ...(one['receipt'] as Json), metrics: [] } },
      { rateQuote: two['rateQuote'] },
      { signer: developmentAccount(4).address },
      { batch: { ...(one['batch'] as Json), operator: operator.address.toLowerCase() } },
    ];
    for (const metrics of [usage.toReversed(), [...usage, ...usage], Array(12).fill(usage[0])]) {
      const written = metrics.map(({ metric, amount }: Metric) => ({ metric, amount: String(amount) }));
      changes.push({ receipt: { ...(one['receipt'] as Json), metrics: written } });
    }
    for (const change of changes) await expectSame([{ ...one, ...change }, two]);
    for (const change of changes) await expectSame({ ...two, ...change });
  });

  test('R14, R26: of signatures in forms that the chain does not take', async () => {
    const signed = good[1] as Json & { signature: Hex; rateQuote: { signatures: Hex[]; quote: Json } };
    for (const signature of formsOf(signed.signature)) {
      expect(await expectSame({ ...signed, signature }), signature).toEqual(['0 signature']);
    }
    for (const signature of formsOf(signed.rateQuote.signatures[0]!)) {
      const faults = await expectSame({ ...signed, rateQuote: { ...signed.rateQuote, signatures: [signature] } });
      expect([['0 units'], ['refused']]).toContainEqual(faults);
    }
    const signatures = [signed.rateQuote.signatures[0]!, signed.rateQuote.signatures[0]!];
    await expectSame({ ...signed, rateQuote: { ...signed.rateQuote, signatures } });
  });

  test('of policies in which something is missing, unknown, or written otherwise', async () => {
    const [first] = good as [Json];
    const recover = (digest: Hex, signature: Hex) => recoverAddress({ hash: digest, signature });
    const options = { domain, operator: operator.address };
    const refused = { kedge: 0, example: 0 };
    /** The faults of a good receipt by this policy, and its hash. */
    const readByKedge = async (value: unknown): Promise<unknown> => {
      try {
        const read = parsePolicy(value);
        const receipts = parseReceipts(JSON.stringify(first), 'text');
        const checks = await verifyReceipts({ ...options, receipts, policy: read, keccak256, recover });
        return [policyHashOf(read, keccak256), faultsIn(checks)];
      } catch (error) {
        if (!(error instanceof BaseError) || error.code !== 'policy_invalid') throw error;
        refused.kedge++;
        return 'refused';
      }
    };
    const readByExample = (value: unknown): unknown => {
      try {
        return [example.policyHashOf(value), faultsIn(example.verify([first], { ...options, policy: value }))];
      } catch (error) {
        if (!(error instanceof Error) || error.constructor !== Error) throw error;
        refused.example++;
        return 'refused';
      }
    };
    const expectSamePolicy = async (value: unknown): Promise<void> => {
      const json: unknown = JSON.parse(JSON.stringify(value));
      expect(readByExample(json), JSON.stringify(value)).toEqual(await readByKedge(json));
    };
    const { oracle: _, ...withoutOracle } = full;
    const bases: readonly unknown[] = [
      full,
      { ...withoutOracle, format: 'kedge-policy/2' },
      { ...policy, format: 'kedge-policy/1' },
      policy,
    ];
    for (const base of bases) await expectSamePolicy(base);
    for (const value of odd) await expectSamePolicy(value);
    for (const place of placesIn(full, []).slice(1)) {
      const put = (value: unknown) => changed(place, (holder, name) => (holder[name] = value), full);
      const value = valueAt(place, full);
      await expectSamePolicy(changed(place, (holder, name) => delete holder[name], full));
      for (const other of [...odd, ...variantsOf(value), 60, 61, '24:00', '00:00', 86_400, 86_401]) {
        await expectSamePolicy(put(other));
      }
      if (typeof value === 'object')
        for (const name of ['more', '', 'toString', 'length', 'rate_quote', 'requests', 'threshold'])
          await expectSamePolicy(put(Array.isArray(value) ? [...value, ...value] : { ...value, [name]: '1' }));
    }
    expect(refused.kedge).toBeGreaterThan(1_000);
  });
});
