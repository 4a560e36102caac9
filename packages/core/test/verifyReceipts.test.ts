import { describe, expect, test } from 'vitest';
import { recoverAddress, type Hex } from 'viem';
import { mnemonicToAccount } from 'viem/accounts';
import {
  channelIdOf,
  hashReceipt,
  hexToBytes,
  merkleTree,
  policyHashOf,
  rateQuoteDigest,
  receiptAnchorTree,
  receiptBatchDigest,
  receiptLeaf,
  seqOf,
  utf8,
  verifyReceipts,
  type RateQuote,
  type Receipt,
  type ReceiptBatch,
  type SignedRateQuote,
  type SignedReceipt,
  type VerifyReceiptsInput,
} from '../src/index.js';
import * as examples from './examples.js';
import { domain, keccak256, sha256 } from './fixture.js';

// Foundry's well-known development phrase: worthless keys.
const phrase = 'test test test test test test test test test test test junk';
const operator = mnemonicToAccount(phrase, { addressIndex: 2 });
const stranger = mnemonicToAccount(phrase, { addressIndex: 4 });
const recover = (hash: Hex, signature: Hex) => recoverAddress({ hash, signature });
const policy = examples.policy;

async function sign(
  receipts: readonly Receipt[],
  signer = operator,
  names = operator.address,
): Promise<SignedReceipt[]> {
  const leaves = receipts.map((one) => receiptLeaf(hashReceipt(one, keccak256), keccak256));
  const tree = merkleTree(leaves.map(hexToBytes), keccak256);
  const batch: ReceiptBatch = { operator: names, epoch: 1n, batch: 1n, root: tree.root };
  const signature = await signer.sign({ hash: receiptBatchDigest(domain, batch, keccak256) });
  return receipts.map((one, index) => ({
    receipt: one,
    batch,
    path: tree.pathOf(index),
    signature,
    signer: signer.address,
    salt: examples.salt,
  }));
}

const receipts = examples.receiptsOf(`0x${'c1'.repeat(32)}`);
const good = await sign(receipts);

async function failing(input: Partial<VerifyReceiptsInput>): Promise<string[]> {
  const checks = await verifyReceipts({ receipts: good, domain, keccak256, recover, policy, ...input });
  return checks.filter((check) => !check.ok).map((check) => `${check.index} ${check.name}`);
}

/** The receipts with one changed after signing, or before. */
const changed = (index: number, change: Partial<Receipt>) =>
  receipts.map((one, at) => (at === index ? { ...one, ...change } : one));

describe('verifyReceipts under a rate quote', () => {
  const { oraclePolicy, rateQuote } = examples;
  const oracle = mnemonicToAccount(phrase, { addressIndex: 6 });
  const policyHash = policyHashOf(oraclePolicy, keccak256);
  const under = async (change: Partial<RateQuote> = {}): Promise<SignedRateQuote> => {
    const quote = { ...rateQuote, ...change };
    return { quote, signatures: [await oracle.sign({ hash: rateQuoteDigest(domain, quote, keccak256) })] };
  };
  /** 12 tokens in at 2, 40 out at 5. */
  const quoted = (change: Partial<Receipt> = {}, sequence = 7n): Receipt => ({
    ...receipts[0]!,
    policyHash,
    metrics: [...receipts[0]!.metrics, { metric: 'rate_quote', amount: sequence }],
    units: 224n,
    cumulativeUnits: 224n,
    ...change,
  });
  async function unitsCheck(receipt: Receipt, rateQuote?: SignedRateQuote): Promise<string> {
    const [signed] = await sign([receipt]);
    const carried = rateQuote === undefined ? signed! : { ...signed!, rateQuote };
    const checks = await verifyReceipts({ receipts: [carried], domain, keccak256, recover, policy: oraclePolicy });
    expect(checks.filter(({ ok, name }) => !ok && name !== 'units')).toEqual([]);
    const found = checks.find(({ name }) => name === 'units')!;
    return `${found.ok ? 'ok' : 'not ok'}: ${found.detail}`;
  }

  test('units follow from the quote that the receipt names and carries, or from the policy’s own rates', async () => {
    expect(await unitsCheck(quoted(), await under())).toBe(
      'ok: by rate quote 7 the policy gives 224 base units, the receipt says 224',
    );
    expect(await unitsCheck({ ...receipts[0]!, policyHash })).toMatch(/^ok: the policy gives 132 base units/);
    expect(await unitsCheck(quoted({ units: 225n, cumulativeUnits: 225n }), await under())).toMatch(
      /^not ok: .* 224 base units/,
    );
  });

  test('a quote that does not count at issuedAt fails its receipt, with the clause', async () => {
    const late = rateQuote.validUntil + 601n;
    for (const [receipt, quote, clause] of [
      [quoted({ issuedAt: late }), await under(), 'oracle.callSeconds'],
      [quoted({ issuedAt: rateQuote.observedAt - 31n }), await under(), 'oracle.maxAgeSeconds'],
      [quoted(), await under({ rates: { output_tokens: '10' } }), 'oracle.bounds.output_tokens'],
      [quoted(), await under({ policyHash: `0x${'ab'.repeat(32)}` }), 'policyHash'],
      [quoted(), { ...(await under()), signatures: [`0x${'11'.repeat(64)}1b` as Hex] }, 'oracle.signers'],
    ] as const) {
      expect(await unitsCheck(receipt, quote)).toMatch(
        new RegExp(`^not ok: The rate quote does not count.*\\(${clause}\\)$`),
      );
    }
  });

  test('a quote that is named and not carried, carried and not named, another, or named twice fails', async () => {
    expect(await unitsCheck(quoted())).toBe('not ok: The receipt names rate quote 7 and carries none.');
    expect(await unitsCheck({ ...receipts[0]!, policyHash }, await under())).toMatch(/^not ok: .* none and carries 7/);
    expect(await unitsCheck(quoted({}, 8n), await under())).toMatch(/^not ok: .* 8 and carries 7/);
    const twice = quoted();
    expect(
      await unitsCheck({ ...twice, metrics: [...twice.metrics, ...twice.metrics.slice(2)] }, await under()),
    ).toMatch(/^not ok: The receipt names rate quote/);
  });
});

describe('verifyReceipts', () => {
  test('R14: receipts of an honest operator pass, in any order', async () => {
    const all = await verifyReceipts({
      receipts: good,
      domain,
      keccak256,
      recover,
      policy,
      operator: operator.address,
    });
    expect(all.every((check) => check.ok)).toBe(true);
    expect(all.map(({ index, name }) => `${index} ${name}`)).toEqual([
      '0 path',
      '0 signature',
      '0 units',
      '0 cumulative',
      ...[1, 2].flatMap((at) => [`${at} path`, `${at} signature`, `${at} units`, `${at} chain`, `${at} cumulative`]),
    ]);
    expect(await failing({ receipts: good.toReversed() })).toEqual([]);
    expect(await failing({ receipts: [good[1]!, good[1]!] })).toEqual([]);
    expect(await failing({ receipts: [] })).toEqual([]);
  });

  test('R14: a receipt that was changed after signing leaves its path', async () => {
    const forged = good.map((one, index) =>
      index === 2 ? { ...one, receipt: { ...one.receipt, issuedAt: 1n } } : one,
    );
    expect(await failing({ receipts: forged })).toEqual(['2 path']);
  });

  test('R14: another signer, another named operator, and an unreadable signature fail', async () => {
    expect(await failing({ receipts: await sign(receipts.slice(0, 1), stranger) })).toEqual(['0 signature']);
    const own = await sign(receipts.slice(0, 1), stranger, stranger.address);
    expect(await failing({ receipts: own })).toEqual([]);
    expect(await failing({ receipts: own, operator: operator.address })).toEqual(['0 signature']);
    expect(await failing({ receipts: [{ ...good[0]!, signature: '0x12' }] })).toEqual(['0 signature']);
    expect(await failing({ receipts: [{ ...good[0]!, signer: stranger.address }] })).toEqual(['0 signature']);
    expect(await failing({ receipts: good.slice(0, 1), domain: { ...domain, chainId: 1 } })).toEqual(['0 signature']);
  });

  test('R5, R14: who must have signed is the operator of the channel on chain, whoever the batch names', async () => {
    const { channel } = examples;
    const onChain = { channel, policyHash: policyHashOf(policy, keccak256) };
    const own = examples.receiptsOf(channelIdOf(domain, channel, keccak256)).slice(0, 1);
    expect(await failing({ receipts: await sign(own), onChain })).toEqual([]);
    const forged = await sign(own, stranger, stranger.address);
    expect(await failing({ receipts: forged })).toEqual([]);
    expect(await failing({ receipts: forged, onChain })).toEqual(['0 signature', '0 channel']);
  });

  test('R13: a receipt of another channel, token, class or policy, or beyond the cap, differs from the chain', async () => {
    const { channel } = examples;
    const onChain = { channel, policyHash: policyHashOf(policy, keccak256) };
    const [own] = examples.receiptsOf(channelIdOf(domain, channel, keccak256));
    const differing = async (change: Partial<Receipt>, facts = onChain): Promise<string | undefined> => {
      const input = { receipts: await sign([{ ...own!, ...change }]), domain, keccak256, recover, onChain: facts };
      return (await verifyReceipts(input)).find(({ name, ok }) => name === 'channel' && !ok)?.detail;
    };
    expect(await differing({})).toBeUndefined();
    expect(await differing({ channelId: examples.salt })).toMatch(/^the channel is 0x.* on chain, not 0x17/);
    expect(await differing({ tokenId: 5n })).toMatch(/^the token is /);
    expect(await differing({ classId: 5n })).toBe('the class is 2 on chain, not 5');
    expect(await differing({ policyHash: examples.salt })).toMatch(/^the policy is /);
    const small = { ...onChain, channel: { ...channel, cap: 1n } };
    expect(await differing({}, small)).toContain('its cap is 1, below 132 base units in all');
  });

  test('R13: units that the metrics do not give, and another policy, fail', async () => {
    const dear = await sign(changed(0, { units: 133n, cumulativeUnits: 133n }).slice(0, 1));
    expect(await failing({ receipts: dear })).toEqual(['0 units']);
    const other = { ...policy, licence: 'CC0' };
    expect(await failing({ receipts: good.slice(0, 1), policy: other })).toEqual(['0 units']);
    const unpriced = await sign(changed(0, { metrics: [{ metric: 'images', amount: 1n }] }).slice(0, 1));
    expect(await failing({ receipts: unpriced })).toEqual(['0 units']);
  });

  test('R13: a missing receipt, a cut chain and a wrong sum fail', async () => {
    expect(await failing({ receipts: [good[0]!, good[2]!] })).toEqual(['1 chain']);
    const cut = await sign(changed(1, { previousReceiptHash: `0x${'00'.repeat(32)}` }).slice(0, 2));
    expect(await failing({ receipts: cut })).toEqual(['1 chain']);
    const sum = await sign(changed(1, { cumulativeUnits: 1_000n }).slice(0, 2));
    expect(await failing({ receipts: sum })).toEqual(['1 cumulative']);
    const first = await sign(changed(0, { cumulativeUnits: 1_000n }).slice(0, 1));
    expect(await failing({ receipts: first })).toEqual(['0 cumulative']);
    const token = await sign(changed(1, { tokenId: 5n }).slice(0, 2));
    expect(await failing({ receipts: token })).toEqual(['1 chain']);
  });

  test('R15: two receipts with one seq are equivocation', async () => {
    const twice = await sign([receipts[0]!, { ...receipts[0]!, issuedAt: 5n }]);
    const checks = await verifyReceipts({ receipts: twice, domain, keccak256, recover });
    expect(checks.filter((check) => !check.ok)).toMatchObject([
      { index: 1, name: 'chain', detail: expect.stringContaining('1/1 was signed twice') },
    ]);
  });

  test('R15: a takeover raises the epoch, and the chain goes on', async () => {
    const next = await sign([receipts[0]!, { ...receipts[1]!, seq: seqOf(2n, 1n) }]);
    expect(await failing({ receipts: next })).toEqual([]);
  });

  test('R13: receipts of two channels are two chains', async () => {
    const other = examples.receiptsOf(`0x${'c2'.repeat(32)}`);
    expect(await failing({ receipts: await sign([...receipts, ...other]) })).toEqual([]);
  });

  test('R16: bodies are held against their salted hashes', async () => {
    const bodies = [{ request: utf8('request 0'), response: utf8('response 0') }, { response: utf8('response X') }];
    expect(await failing({ bodies, sha256 })).toEqual(['1 body']);
    await expect(failing({ bodies })).rejects.toMatchObject({ code: 'verify_input' });
  });

  test('R16: a batch is under the anchored root, or is not', async () => {
    const { batch } = good[0]!;
    const batches = [batch, { ...batch, batch: 2n, root: examples.salt }];
    const { root } = receiptAnchorTree(domain, batches, keccak256);
    const anchor = { operator: operator.address, epoch: 1n, firstBatch: 1n, lastBatch: 2n, root, batches };
    const one = good.slice(0, 1);
    expect(await failing({ receipts: one, anchors: [anchor] })).toEqual([]);
    expect(await failing({ receipts: one, anchors: [] })).toEqual(['0 anchor']);
    expect(await failing({ receipts: one, anchors: [{ ...anchor, root: examples.salt }] })).toEqual(['0 anchor']);
    expect(await failing({ receipts: one, anchors: [{ ...anchor, batches: batches.slice(1) }] })).toEqual(['0 anchor']);
    expect(await failing({ receipts: one, anchors: [{ ...anchor, firstBatch: 2n }] })).toEqual(['0 anchor']);
    expect(await failing({ receipts: one, anchors: [{ ...anchor, epoch: 2n }] })).toEqual(['0 anchor']);
  });
});
