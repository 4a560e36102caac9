import {
  channelIdOf,
  channelToJson,
  decodeSignedVoucher,
  hashReceipt,
  policyHashOf,
  receiptBatchDigest,
  receiptLeaf,
  seqOf,
  signedReceiptToJson,
  signedVoucherToJson,
  tokenizer,
  unitsOf,
  voucherHeader,
  zeroAddress,
  zeroHash,
  type Channel,
  type Policy,
  type SignedVoucher,
} from '@kedge/core';

import { privateKeyToAccount } from 'viem/accounts';
import { expect, test } from 'vitest';
import { kedgeFetch } from '../src/index.js';
import { keccak256 } from '../src/keccak256.js';
import { someHash } from './fixture.js';

const key = privateKeyToAccount(someHash);
const operator = privateKeyToAccount(`0x${'cd'.repeat(32)}`);
const domain = { chainId: 1, verifyingContract: zeroAddress };
const policy: Policy = {
  format: 'kedge-policy/1',
  unit: { name: 'unit', decimals: 0 },
  rates: { input_tokens: '1', output_tokens: '1' },
  caps: { outputTokensPerCall: 100 },
  tokenizer,
  operators: [operator.address],
  models: ['demo'],
  licence: 'CC-BY-4.0',
};
const policyHash = policyHashOf(policy, keccak256);
const first: Channel = {
  holder: key.address,
  tokenId: 1n,
  operator: operator.address,
  channelKey: key.address,
  cap: 1_000n,
  rate: 0n,
  burst: 0n,
  deadline: 9_999_999_999n,
  grace: 86_400,
  mode: 'strict',
  salt: zeroHash,
};
const firstId = channelIdOf(domain, first, keccak256);
const next: Channel = { ...first, tokenId: 2n, salt: firstId };
const nextId = channelIdOf(domain, next, keccak256);

/** A receipt for a call that nobody made. */
async function forged(units: bigint): Promise<unknown> {
  const metrics = [{ metric: 'output_tokens' as const, amount: 50n }];
  const ids = { channelId: nextId, tokenId: next.tokenId, classId: 0n, policyHash };
  const hashes = {
    requestHash: zeroHash,
    responseHash: zeroHash,
    previousReceiptHash: units === 50n ? zeroHash : someHash,
  };
  const spent = { metrics, units: unitsOf(policy, metrics), cumulativeUnits: units, issuedAt: 1n };
  const receipt = { ...ids, ...hashes, ...spent, seq: seqOf(0n, units) };
  const root = receiptLeaf(hashReceipt(receipt, keccak256), keccak256);
  const batch = { operator: operator.address, epoch: 0n, batch: units, root };
  const signature = await operator.sign({ hash: receiptBatchDigest(domain, batch, keccak256) });
  return signedReceiptToJson({ receipt, batch, path: [], signature, signer: operator.address, salt: zeroHash });
}

test('R11: an operator that names one channel as the next one again and again gets one voucher, not one each time', async () => {
  let newest: SignedVoucher | undefined;
  let asked = 0;
  let reads = 0;
  let claimed = 0n;
  const hostile = async (input: string, init: RequestInit): Promise<Response> => {
    if (++asked > 200) throw new Error('The client asks on and on.');
    if (input.endsWith('/chat/completions')) {
      const signed = decodeSignedVoucher(new Headers(init.headers).get(voucherHeader)!);
      if (signed.voucher.channelId === nextId) newest = signed;
      return Response.json({ error: { code: 'value_exhausted' } }, { status: 402 });
    }
    if (init.method === 'POST') return Response.json({});
    const isNext = input.endsWith(nextId);
    // As much more as one call may come to, each time that the client begins with the channel.
    if (isNext && reads++ % 3 === 0) claimed = (newest?.voucher.cumulativeUnits ?? 0n) + 50n;
    return Response.json({
      newest: isNext && newest !== undefined ? signedVoucherToJson(newest) : null,
      committedUnits: isNext ? String(claimed) : '0',
      lastReceipt: isNext ? await forged(claimed) : null,
      next: [{ channelId: nextId, channel: channelToJson(next), policyHash }],
    });
  };
  const paid = kedgeFetch({ domain, channel: first, channelId: firstId, policy, account: key, fetch: hostile });
  const body = JSON.stringify({ model: 'demo', messages: [{ role: 'user', content: 'Hello' }] });
  const answer = await paid('http://gateway/v1/chat/completions', { method: 'POST', body });
  expect(answer.status).toBe(402);
  await paid.idle();
  // The input, and what a client without memory may have lost: of one call.
  expect(newest?.voucher.cumulativeUnits).toBe(58n);
});
