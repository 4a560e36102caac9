// Each step of a metered call alone, on the same bodies: microseconds a call, best of 5 rounds.
import { createHash } from 'node:crypto';
import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { domainSeparatorOf, receiptBatchDigest } from '@kedge/core';
import { answer, keyOf, question } from './bodies.mjs';
import { options } from './program.mjs';

const dist = '../../packages/gateway/dist/';
const { keccak256 } = await import(`${dist}crypto/hashers.js`);
const { sealReceipt } = await import(`${dist}ledger/sealReceipt.js`);
const { hashSalted } = await import(`${dist}crypto/hashSalted.js`);
const { operatorKeyOf } = await import(`${dist}crypto/operatorKey.js`);
const { tokenizerPin } = await import(`${dist}tokens/tokenizerPin.js`);
const { chatCompletions } = await import(`${dist}surfaces/chatCompletions.js`);
const { receiptText } = await import(`${dist}call/receiptText.js`);
const { encodeBatchRecord } = await import(`${dist}ledger/batchRecord.js`);
const { encodeFrame } = await import(`${dist}ledger/frame.js`);
const { receiptTree } = await import(`${dist}ledger/receiptTree.js`);
const { signedReceiptsOf } = await import(`${dist}ledger/signedReceipts.js`);
const perBatch = 30;
const policy = {
  rates: { input_tokens: '1', output_tokens: '3' },
  caps: { outputTokensPerCall: 1024 },
  tokenizer: tokenizerPin(),
  models: ['bench'],
};
const [requestBytes, answerBytes] = [Buffer.from(question), Buffer.from(answer)];
const opened = chatCompletions.open(policy, requestBytes);
const salt = `0x${'ab'.repeat(32)}`;
const receipt = {
  channelId: salt,
  tokenId: (7n << 64n) | 1n,
  classId: 7n,
  policyHash: salt,
  seq: (1n << 40n) | 77n,
  requestHash: salt,
  responseHash: salt,
  metrics: [
    { metric: 'input_tokens', amount: 46n },
    { metric: 'output_tokens', amount: 157n },
  ],
  units: 517n,
  cumulativeUnits: 123_456n,
  previousReceiptHash: salt,
  issuedAt: 1_700_000_000n,
};
const sealed = sealReceipt(receipt);
const { receiptHash } = sealed;
const hashes = Array.from({ length: perBatch }, () => sealed.hashBytes);
const receipts = hashes.map(() => ({ sealed, receipt, salt }));
// A development key of the well-known test mnemonic.
const key = operatorKeyOf('0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d');
const batch = { operator: key.address, epoch: 1n, batch: 1n, root: receiptHash };
const separator = domainSeparatorOf({ chainId: 31337, verifyingContract: key.address }, keccak256);
const signature = key.signDigest(receiptHash);
const signed = signedReceiptsOf({ ...batch, signature, receipts }, key.address)[3];
const file = openSync(join(options.dir, 'stages.log'), 'w');
writeSync(file, Buffer.alloc(4 * 1024 * 1024), 0, 4 * 1024 * 1024, 0);
fdatasyncSync(file);
const record = encodeBatchRecord(batch, signature, receipts);
const costs = {};
const measure = (name, work, calls = 1, rounds = 4_000) => {
  const times = Array.from({ length: 5 }, () => {
    const begun = performance.now();
    for (let round = 0; round < rounds; round++) work();
    return ((performance.now() - begun) * 1000) / rounds / calls;
  });
  costs[name] = Number(Math.min(...times).toFixed(2));
};
measure('authenticate', () => createHash('sha256').update(keyOf(0, 1)).digest('hex'));
measure('parse and quote', () => chatCompletions.open(policy, requestBytes));
measure('write request', () => opened.forward({ outputLimitField: 'max_tokens' }));
measure('measure answer', () => opened.measure(answerBytes, answer));
measure('hash bodies', () => [hashSalted(salt, requestBytes), hashSalted(salt, answerBytes)]);
measure('hash receipt', () => sealReceipt(receipt));
measure(
  'tree and paths',
  () => hashes.map((_, index) => receiptTree(hashes).pathOf(index)).length,
  perBatch * perBatch,
  100,
);
measure('sign', () => key.signDigest(receiptBatchDigest(separator, batch, keccak256)), perBatch, 400);
measure('encode', () => encodeFrame(0, 3, [encodeBatchRecord(batch, signature, receipts)]), perBatch, 400);
measure('write and sync', () => (writeSync(file, record, 0, record.length, 0), fdatasyncSync(file)), perBatch, 60);
measure('receipt text', () => receiptText(signed));
closeSync(file);
process.stdout.write(`${JSON.stringify(costs)}\n`);
