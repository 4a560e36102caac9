import {
  channelIdOf,
  hashBody,
  hashReceipt,
  hexToBytes,
  merkleTree,
  receiptBatchDigest,
  receiptLeaf,
  seqOf,
  utf8,
  zeroHash,
  type Channel,
  type Hex,
  type Receipt,
  type ReceiptBatch,
} from '@kedge/core';
import type { KedgeReadClient } from '@kedge/sdk';
import { keccak256 as keccak, sha256 as sha } from 'viem';
import { mnemonicToAccount } from 'viem/accounts';
import { expect, test } from 'vitest';
import { checkCall } from '../src/pages/try/checkCall.js';
import { verdictsOf } from '../src/pages/try/verdictsOf.js';
import type { FinishedCall } from '../src/pages/try/streamChat.js';

const keccak256 = (bytes: Uint8Array): Uint8Array => keccak(bytes, 'bytes');
const sha256 = (bytes: Uint8Array): Uint8Array => sha(bytes, 'bytes');

// Foundry's well-known development phrase: worthless keys.
const phrase = 'test test test test test test test test test test test junk';
const operator = mnemonicToAccount(phrase, { addressIndex: 2 });
const stranger = mnemonicToAccount(phrase, { addressIndex: 4 });

const domain = { chainId: 31337, verifyingContract: `0x${'ca'.repeat(20)}` } as const;
const policyHash: Hex = `0x${'90'.repeat(32)}`;
const channel: Channel = {
  holder: `0x${'b0'.repeat(20)}`,
  tokenId: (2n << 64n) | 1n,
  operator: operator.address,
  channelKey: operator.address,
  cap: 1_000_000n,
  rate: 1_000n,
  burst: 1_000_000n,
  deadline: 1_800_000_000n,
  grace: 86_400,
  mode: 'capped',
  salt: zeroHash,
};
const channelId = channelIdOf(domain, channel, keccak256);
const [request, response, salt] = [utf8('{}'), utf8('data: {}\n\n'), `0x${'17'.repeat(32)}` as Hex];

/** A call whose receipt somebody signed who names himself as its operator. */
async function callSignedBy(signer: typeof operator): Promise<FinishedCall> {
  const receipt: Receipt = {
    channelId,
    tokenId: channel.tokenId,
    classId: 2n,
    seq: seqOf(1n, 1n),
    previousReceiptHash: zeroHash,
    policyHash,
    metrics: [{ metric: 'input_tokens', amount: 12n }],
    units: 12n,
    cumulativeUnits: 12n,
    requestHash: hashBody(salt, request, sha256),
    responseHash: hashBody(salt, response, sha256),
    issuedAt: 1_790_000_000n,
  };
  const leaf = receiptLeaf(hashReceipt(receipt, keccak256), keccak256);
  const tree = merkleTree([hexToBytes(leaf)], keccak256);
  const batch: ReceiptBatch = { operator: signer.address, epoch: 1n, batch: 1n, root: tree.root };
  const signature = await signer.sign({ hash: receiptBatchDigest(domain, batch, keccak256) });
  const signed = { receipt, batch, path: tree.pathOf(0), signature, signer: signer.address, salt };
  return { answer: '', receipt: signed, request, response };
}

/** A chain on which `opened` is the only channel. */
function chainWith(opened: Channel | undefined): KedgeReadClient {
  const chain = {
    deployment: { chainId: domain.chainId, contracts: { ValueChannels: domain.verifyingContract } },
    findChannel: async () => opened,
    findReceiptAnchor: async () => undefined,
    getToken: async () => ({ classId: 2n, policy: { hash: policyHash, version: 1 } }),
    publicClient: { readContract: async () => ['ipfs://policy', policyHash] },
  };
  return chain as unknown as KedgeReadClient;
}

async function failing(call: FinishedCall, opened: Channel | undefined): Promise<string[]> {
  const checks = await checkCall(call, undefined, { client: chainWith(opened), contentUrl: undefined });
  return checks.filter(({ ok }) => !ok).map(({ name }) => name);
}

test('R14: the receipt of an answer is good when the operator of its channel on chain signed it', async () => {
  expect(await failing(await callSignedBy(operator), channel)).toEqual([]);
});

test('R14: a receipt that somebody else signed, as the operator that it names, is not good', async () => {
  expect(await failing(await callSignedBy(stranger), channel)).toEqual(['signature', 'channel']);
});

test('R13: units that nobody could check, because the policy is not at hand, are not called verified', async () => {
  const call = await callSignedBy(operator);
  const checks = await checkCall(call, undefined, { client: chainWith(channel), contentUrl: undefined });
  const open = ['Units not checked: no policy', 'Not anchored yet'].map((text) => ({ text, tone: 'open' }));
  expect(verdictsOf(checks)).toEqual([{ text: 'Receipt verified in your browser', tone: 'good' }, ...open]);
  const units = { index: 0, name: 'units', ok: true, detail: '' } as const;
  expect(verdictsOf([...checks, units]).map(({ text }) => text)).not.toContain('Units not checked: no policy');
  expect(verdictsOf([...checks, { ...units, ok: false }])[0]).toEqual({ text: 'The receipt is not good', tone: 'bad' });
});

test('R13: a receipt of a channel that was never opened is not good', async () => {
  expect(await failing(await callSignedBy(stranger), undefined)).toEqual(['channel']);
});
