import {
  attestationIdOf,
  channelIdOf,
  hashBody,
  hashReceipt,
  merkleTree,
  hexToBytes,
  labelHash,
  policyHashOf,
  rateQuoteDigest,
  receiptAnchorTree,
  receiptBatchDigest,
  receiptLeaf,
  seqOf,
  utf8,
  verdictTypeOf,
  voucherDigest,
  zeroHash,
  type Attestation,
  type Channel,
  type Hex,
  type Policy,
  type RateQuote,
  type Receipt,
} from '../src/index.js';
import { domain, keccak256, sha256 } from './fixture.js';

export const policy: Policy = {
  format: 'kedge-policy/1',
  unit: { name: 'unit', decimals: 3 },
  rates: { input_tokens: '1', output_tokens: '3' },
  caps: { unitsPerCall: '20000', inputTokensPerCall: 8192, outputTokensPerCall: 1024 },
  tokenizer: {
    encoding: 'o200k_base',
    package: 'gpt-tokenizer@3.4.0',
    vocabularySha256: `0x${'0c'.repeat(32)}`,
  },
  operators: ['0x3c44cdddb6a900fa2b585dd299e03d12fa4293bc'],
  models: ['kedge-docs'],
  licence: 'MIT',
  price: { asset: `0x${'00'.repeat(20)}`, numerator: '1000000000000', denominator: '1' },
};

/** The same with rates that an oracle moves. Its signers are accounts 5 and 6 of Foundry's well-known development phrase. */
export const oraclePolicy: Policy = {
  ...policy,
  format: 'kedge-policy/3',
  oracle: {
    signers: ['0x976ea74026e726554db657fa54763abd0c3a0aa9', '0x9965507d1a55bcc2695c58ba16fb37d819b0a4dc'],
    maxAgeSeconds: 300,
    callSeconds: 600,
    bounds: { input_tokens: { min: '1', max: '4' }, output_tokens: { min: '2', max: '9' } },
  },
};

export const rateQuote: RateQuote = {
  policyHash: policyHashOf(oraclePolicy, keccak256),
  sequence: 7n,
  observedAt: 1_790_000_000n,
  validUntil: 1_790_000_240n,
  rates: { input_tokens: '2', output_tokens: '5' },
};

export const channel: Channel = {
  holder: '0x90f79bf6eb2c4f870365e785982e1f101e93b906',
  tokenId: (2n << 64n) | (0x80000001n << 32n) | 2n,
  operator: '0x3c44cdddb6a900fa2b585dd299e03d12fa4293bc',
  channelKey: '0x3c44cdddb6a900fa2b585dd299e03d12fa4293bc',
  cap: 1_000_000n,
  rate: 1_000n,
  burst: 1_000_000n,
  deadline: 1_800_000_000n,
  grace: 86_400,
  mode: 'capped',
  salt: `0x${'5a'.repeat(32)}`,
};

export const salt: Hex = `0x${'17'.repeat(32)}`;

/** A statement about a class, and a verdict on it. */
export const statement: Attestation = {
  subjectKind: 'class',
  subjectId: 2n,
  attestationType: labelHash('licence', keccak256),
  version: 1,
  statementHash: `0x${'a7'.repeat(32)}`,
  uri: 'ipfs://bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku',
  attester: '0x70997970c51812dc3a010c7d01b50e0d17dc79c8',
  issuedAt: 1_790_000_000n,
  expireAt: 1_800_000_000n,
};

export function verdictOn(refersTo: Hex): Attestation {
  return {
    ...statement,
    attestationType: verdictTypeOf(keccak256),
    version: 3,
    attester: '0x90f79bf6eb2c4f870365e785982e1f101e93b906',
    expireAt: 0n,
    verdict: { refersTo, outcome: 'refuted', method: labelHash('document_review', keccak256) },
  };
}

/** Three receipts of one channel, each after the other. */
export function receiptsOf(channelId: Hex): Receipt[] {
  const receipts: Receipt[] = [];
  let cumulativeUnits = 0n;
  let previousReceiptHash = zeroHash;
  for (const [index, amount] of [40n, 7n, 130n].entries()) {
    const units = 12n + 3n * amount;
    cumulativeUnits += units;
    const receipt: Receipt = {
      channelId,
      tokenId: channel.tokenId,
      classId: 2n,
      policyHash: policyHashOf(policy, keccak256),
      seq: seqOf(1n, BigInt(index + 1)),
      requestHash: hashBody(salt, utf8(`request ${index}`), sha256),
      responseHash: hashBody(salt, utf8(`response ${index}`), sha256),
      metrics: [
        { metric: 'input_tokens', amount: 12n },
        { metric: 'output_tokens', amount },
      ],
      units,
      cumulativeUnits,
      previousReceiptHash,
      issuedAt: 1_790_000_000n + BigInt(index),
    };
    receipts.push(receipt);
    previousReceiptHash = hashReceipt(receipt, keccak256);
  }
  return receipts;
}

/** Every hash of the protocol over the data above: what the golden vectors hold still. */
export function vectors() {
  const channelId = channelIdOf(domain, channel, keccak256);
  const receipts = receiptsOf(channelId);
  const receiptHashes = receipts.map((receipt) => hashReceipt(receipt, keccak256));
  const leaves = receiptHashes.map((hash) => receiptLeaf(hash, keccak256));
  const tree = merkleTree(leaves.map(hexToBytes), keccak256);
  const batch = { operator: channel.operator, epoch: 1n, batch: 1n, root: tree.root };
  const second = { ...batch, batch: 2n, root: leaves[0]! };
  const last = receipts.length - 1;
  const attestationId = attestationIdOf(domain, statement, keccak256);
  const verdict = verdictOn(attestationId);
  const voucher = {
    channelId,
    cumulativeUnits: receipts[last]!.cumulativeUnits,
    receiptHash: receiptHashes[last]!,
    seq: receipts[last]!.seq,
  };
  return {
    policy: { policy, hash: policyHashOf(policy, keccak256) },
    channel: { domain, channel, id: channelId },
    voucher: { domain, voucher, digest: voucherDigest(domain, voucher, keccak256) },
    attestation: {
      domain,
      attestations: [statement, verdict],
      ids: [attestationId, attestationIdOf(domain, verdict, keccak256)],
    },
    rateQuote: {
      domain,
      policy: oraclePolicy,
      quote: rateQuote,
      digest: rateQuoteDigest(domain, rateQuote, keccak256),
    },
    receipt: { receipts, hashes: receiptHashes, leaves },
    merkle: { leaves, root: tree.root, paths: leaves.map((_, index) => tree.pathOf(index)) },
    batch: {
      domain,
      batches: [batch, second],
      digests: [batch, second].map((one) => receiptBatchDigest(domain, one, keccak256)),
      anchorRoot: receiptAnchorTree(domain, [batch, second], keccak256).root,
    },
  };
}
