import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  decodeSignedReceipt,
  type Hex,
  parseSignedReceipt,
  signedRateQuoteToJson,
  type SignedRateQuoteJson,
  signedReceiptToJson,
  type SignedReceiptJson,
  verifyReceipts,
} from '@kedge/core';
import { recoverAddress } from 'viem';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { keccak256 } from '../src/crypto/hashers.js';
import type { Gateway } from '../src/index.js';
import { apiKey, createTestSetup, domain, operatorAddress, type TestSetup } from './support/createTestSetup.js';
import { oracleTerms, putQuotes, signQuote } from './support/rateOracle.js';
import { answerWith, completion, type ScriptedUpstream, startScriptedUpstream } from './support/scriptedUpstream.js';

type Check = { readonly index: number; readonly name: string; readonly ok: boolean };
type Example = {
  readonly verify: (receipts: readonly SignedReceiptJson[], options: Record<string, unknown>) => Check[];
  readonly receiptHashOf: (receipt: unknown) => Hex;
  readonly batchDigestOf: (domain: unknown, batch: unknown) => Hex;
  readonly voucherDigestOf: (domain: unknown, voucher: unknown) => Hex;
  readonly channelIdOf: (domain: unknown, channel: unknown) => Hex;
  readonly policyHashOf: (policy: unknown) => Hex;
  readonly rateQuoteDigestOf: (domain: unknown, quote: unknown) => Hex;
  readonly leafOf: (receiptHash: Hex) => Hex;
  readonly rootOf: (leaf: Hex, path: readonly Hex[]) => Hex;
};
const file = new URL('../../../examples/verifyReceipt.mjs', import.meta.url);
const example = (await import(file.href)) as Example;

const vector = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../core/test/vectors/${name}.json`, import.meta.url), 'utf8')) as Record<
    string,
    never
  >;

describe('the verifier that shares no code agrees on the golden vectors', () => {
  test('R13: receipt hashes and leaves', () => {
    const { receipts, hashes, leaves } = vector('receipt') as Record<string, Hex[]>;
    expect(receipts?.map(example.receiptHashOf)).toEqual(hashes);
    expect(hashes?.map(example.leafOf)).toEqual(leaves);
  });
  test('R14: Merkle paths and batch digests', () => {
    const merkle = vector('merkle') as unknown as { leaves: Hex[]; root: Hex; paths: Hex[][] };
    merkle.leaves.forEach((leaf, index) => expect(example.rootOf(leaf, merkle.paths[index] ?? [])).toBe(merkle.root));
    const batch = vector('batch') as unknown as { domain: unknown; batches: unknown[]; digests: Hex[] };
    expect(batch.batches.map((each) => example.batchDigestOf(batch.domain, each))).toEqual(batch.digests);
  });
  test('R7, R8: channel ids and voucher digests', () => {
    const { domain: channelDomain, channel, id } = vector('channel');
    expect(example.channelIdOf(channelDomain, channel)).toBe(id);
    const { domain: voucherDomain, voucher, digest } = vector('voucher');
    expect(example.voucherDigestOf(voucherDomain, voucher)).toBe(digest);
  });
  test('rate quotes', () => {
    const { domain: quoteDomain, policy, quote, digest } = vector('rateQuote');
    expect(example.rateQuoteDigestOf(quoteDomain, quote)).toBe(digest);
    expect(example.policyHashOf(policy)).toBe((quote as unknown as { policyHash: Hex }).policyHash);
  });
  test('policy hashes', () => {
    const { policy, hash } = vector('policy');
    expect(example.policyHashOf(policy)).toBe(hash);
  });
});

describe('on live receipts it says what kedge verify says', () => {
  let upstream: ScriptedUpstream;
  let setup: TestSetup;
  let gateway: Gateway;
  const receipts: SignedReceiptJson[] = [];
  const bodies: { request: Buffer; response: Buffer }[] = [];

  beforeAll(async () => {
    upstream = await startScriptedUpstream(answerWith(completion('Hello.')));
    setup = createTestSetup({ upstreamUrl: upstream.url, policy: oracleTerms });
    gateway = await setup.start();
    const ask = async (content: string): Promise<void> => {
      const request = JSON.stringify({ model: 'demo', messages: [{ role: 'user', content }] });
      const response = await fetch(`${gateway.url}/v1/chat/completions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${apiKey}` },
        body: request,
      });
      const signed = decodeSignedReceipt(response.headers.get('kedge-receipt') ?? '');
      receipts.push(signedReceiptToJson(signed));
      bodies.push({ request: Buffer.from(request), response: Buffer.from(await response.arrayBuffer()) });
    };
    // Together, so that some batch holds more than one.
    await Promise.all(['Hi', 'Hi there'].map(ask));
    await putQuotes(gateway.url, await signQuote(setup.policy));
    await Promise.all(['And you?', 'Once more'].map(ask));
    receipts.sort((a, b) => Number(BigInt(a.receipt.seq) - BigInt(b.receipt.seq)));
  });
  afterAll(async () => {
    await gateway.close();
    await upstream.close();
    setup.remove();
  });

  /** What core's verifier, which `kedge verify` runs, finds wrong. */
  async function faultsByCore(list: readonly SignedReceiptJson[]): Promise<string[]> {
    const checks = await verifyReceipts({
      receipts: list.map(parseSignedReceipt),
      domain,
      policy: setup.policy,
      operator: operatorAddress,
      keccak256,
      recover: (hash, signature) => recoverAddress({ hash, signature }),
    });
    return faultsIn(checks);
  }
  const faultsByExample = (list: readonly SignedReceiptJson[]): string[] =>
    faultsIn(example.verify(list, { domain, policy: setup.policy, operator: operatorAddress }));
  const faultsIn = (checks: readonly Check[]): string[] =>
    checks
      .filter(({ ok }) => !ok)
      .map(({ index, name }) => `${index} ${name}`)
      .toSorted();

  test('good receipts are good to both, and so are their bodies', async () => {
    expect(await faultsByCore(receipts)).toEqual([]);
    expect(faultsByExample(receipts)).toEqual([]);
    const owners = receipts.map((receipt) =>
      bodies.filter((body) => example.verify([receipt], { domain, bodies: [body] }).every(({ ok }) => ok)),
    );
    expect(owners.map((own) => own.length)).toEqual([1, 1, 1, 1]);
  });

  test('whatever is changed in a receipt, both find the same faults', async () => {
    const raise = (text: string): string => String(BigInt(text) + 1n);
    const other = `0x${'5a'.repeat(32)}` as const;
    const changes: ((copy: SignedReceiptJson) => void)[] = [
      ({ receipt }) => (receipt.units = raise(receipt.units)),
      ({ receipt }) => (receipt.cumulativeUnits = raise(receipt.cumulativeUnits)),
      ({ receipt }) => (receipt.metrics[0]!.amount = raise(receipt.metrics[0]!.amount)),
      ({ receipt }) => (receipt.previousReceiptHash = other),
      ({ receipt }) => (receipt.policyHash = other),
      ({ receipt }) => (receipt.requestHash = other),
      ({ receipt }) => (receipt.issuedAt = raise(receipt.issuedAt)),
      ({ batch }) => (batch.root = other),
      ({ batch }) => (batch.epoch = raise(batch.epoch)),
      (copy) => (copy.path = [...copy.path, other]),
      (copy) => (copy.signature = `0x${'11'.repeat(64)}1b`),
      (copy) => (copy.signer = setup.channel.holder),
    ];
    for (const change of changes) {
      for (const index of receipts.keys()) {
        const copies = structuredClone(receipts);
        change(copies[index]!);
        const faults = faultsByExample(copies);
        expect(faults).toEqual(await faultsByCore(copies));
        expect(faults.length).toBeGreaterThan(0);
      }
    }
    const second = await signQuote(setup.policy, { sequence: 2n });
    const quotes: ((quote: SignedRateQuoteJson) => SignedRateQuoteJson | undefined)[] = [
      () => undefined,
      () => signedRateQuoteToJson(second),
      ({ quote, signatures }) => ({ quote: { ...quote, rates: { output_tokens: '6' } }, signatures }),
      ({ quote, signatures }) => ({ quote: { ...quote, rates: { output_tokens: '10' } }, signatures }),
      ({ quote, signatures }) => ({ quote: { ...quote, rates: { requests: '1' } }, signatures }),
      ({ quote, signatures }) => ({ quote: { ...quote, validUntil: '1' }, signatures }),
      ({ quote, signatures }) => ({ quote: { ...quote, observedAt: `${2n ** 63n}` }, signatures }),
      ({ quote, signatures }) => ({ quote: { ...quote, policyHash: other }, signatures }),
      ({ quote, signatures }) => ({ quote, signatures: [...signatures, ...signatures] }),
      ({ quote }) => ({ quote, signatures: [`0x${'11'.repeat(64)}1b`] }),
    ];
    for (const change of quotes) {
      const { rateQuote, ...bare } = receipts[3]!;
      const changed = change(rateQuote!);
      const copy = changed === undefined ? bare : { ...bare, rateQuote: changed };
      expect(faultsByExample([copy])).toEqual(['0 units']);
      expect(await faultsByCore([copy])).toEqual(['0 units']);
    }
    const stray = { ...receipts[0]!, rateQuote: receipts[3]!.rateQuote! };
    expect([faultsByExample([stray]), await faultsByCore([stray])]).toEqual([['0 units'], ['0 units']]);
    const gap = receipts.filter((_, index) => index !== 1);
    expect(faultsByExample(gap)).toEqual(await faultsByCore(gap));
    expect(faultsByExample(gap)).toEqual(['1 chain']);
  });

  const run = (content: string, ...options: readonly string[]) => {
    const path = join(setup.folder, 'receipts.json');
    writeFileSync(path, content);
    const args = [fileURLToPath(file), path, '--chain', `${domain.chainId}`, '--contract', domain.verifyingContract];
    return spawnSync(process.execPath, [...args, ...options], { encoding: 'utf8' });
  };

  test('the file runs by itself, and its exit code says what it found', () => {
    const good = run(JSON.stringify(receipts));
    expect([good.status, good.stderr]).toEqual([0, '']);
    const bad = structuredClone(receipts);
    bad[0]!.receipt.units = '1';
    expect(run(JSON.stringify(bad))).toMatchObject({ status: 1, stdout: expect.stringContaining('✗ receipt 1 path') });
  });

  test('it says what it did not check, and expects no operator that nobody named', () => {
    const bare = run(JSON.stringify(receipts)).stdout;
    expect(bare).toContain(`the batch is of ${operatorAddress}`);
    expect(bare.match(/^- not checked: .*$/gm)).toEqual([
      '- not checked: who the operator is: --operator <address>',
      '- not checked: units: --policy <file>',
      '- not checked: bodies: --request <file> --response <file>',
      '- not checked: whether the chain knows the channel, and the batch is anchored: kedge verify',
    ]);
    const named = run(JSON.stringify(receipts), '--operator', operatorAddress).stdout;
    expect(named).toContain(`expected ${operatorAddress}`);
    expect(named).not.toContain('who the operator is');
  });

  test('what it cannot check ends with 2 and one line', () => {
    const told = (...args: Parameters<typeof run>) => {
      const { status, stdout, stderr } = run(...args);
      return [status, stdout, stderr.trim().split('\n').length, stderr];
    };
    const receiptsText = JSON.stringify(receipts);
    expect(told('HTTP/1.1 200 OK')).toEqual([2, '', 1, expect.stringContaining('is not JSON')]);
    expect(told('{}')).toEqual([2, '', 1, expect.stringContaining('has no receipt')]);
    expect(told(receiptsText, '--polcy', 'x')).toEqual([2, '', 1, expect.stringContaining('--polcy')]);
    expect(told(receiptsText, '--policy', '/none')).toEqual([2, '', 1, expect.stringContaining('/none')]);
    expect(told(receiptsText, '--request', '/none')).toEqual([2, '', 1, expect.stringContaining('bodies are of one')]);
  });
});
