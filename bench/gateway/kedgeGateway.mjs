// The gateway as `kedge up` starts it, but for its chain, which stands still: it is not what is measured.
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { channelIdOf, policyHashOf } from '@kedge/core';
import { createGateway, tokenizerPin } from '@kedge/gateway';
import { keccak256 } from 'viem';
import { keyOf } from './bodies.mjs';
import { options, ready } from './program.mjs';

const channels = Number(options.channels ?? 1);
const hasher = (bytes) => keccak256(bytes, 'bytes');
// A development key of the well-known test mnemonic.
const operatorKey = '0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d';
const operator = '0x70997970C51812dc3A010C7d01b50e0d17dc79C8';
const zero = `0x${'0'.repeat(40)}`;
const contracts = { DataAnchoringToken: zero, ValueChannels: zero };
const policy = {
  format: 'kedge-policy/1',
  unit: { name: 'unit', decimals: 3 },
  rates: { input_tokens: '1', output_tokens: '3' },
  caps: { outputTokensPerCall: 1024 },
  tokenizer: tokenizerPin(),
  operators: [operator],
  models: ['bench'],
  licence: 'MIT',
};
const policyHash = policyHashOf(policy, hasher);
const now = Math.floor(Date.now() / 1000);
const terms = {
  holder: operator,
  tokenId: 1n,
  operator,
  channelKey: operator,
  cap: 10n ** 15n,
  rate: 1n,
  burst: 10n ** 15n,
  deadline: BigInt(now + 86_400),
  grace: 86_400,
  mode: 'capped',
};
const channelsFile = join(options.dir, 'channels.json');
const records = Array.from({ length: channels }, (_, index) => {
  const channel = { ...terms, salt: `0x${index.toString(16).padStart(64, '0')}` };
  const channelId = channelIdOf({ chainId: 31337, verifyingContract: zero }, channel, hasher);
  const apiKeySha256 = createHash('sha256').update(keyOf(index, channels)).digest('hex');
  return { apiKeySha256, channel, channelId, classId: '1', policy, policyHash, lotAsset: zero, edges: [] };
});
writeFileSync(
  channelsFile,
  JSON.stringify(records, (_, value) => (typeof value === 'bigint' ? `${value}` : value)),
);
// The chain is not what is measured: it stands still. Everything else, anchoring blobs included, is the real program.
const captured = new Map();
let nonce = 0;
const chain = {
  readChannel: async (_, channelId) => ({
    open: true,
    capturedUnits: captured.get(channelId) ?? 0n,
    remainingUnits: terms.cap - (captured.get(channelId) ?? 0n),
    capturableUnits: terms.cap - (captured.get(channelId) ?? 0n),
    openedAt: BigInt(now),
    policyHash,
  }),
  readCurrentPolicy: async () => ({ hash: policyHash, uri: '' }),
  readLot: async () => undefined,
  minedNonce: async () => nonce,
  signCapture: async (capture, at) => {
    for (const { voucher } of capture.items) captured.set(voucher.channelId, voucher.cumulativeUnits);
    return { raw: '0x00', hash: `0x${at.toString(16)}`, nonce: at };
  },
  send: async () => void nonce++,
  outcomeOf: async () => ({ succeeded: true, blockNumber: 1n, gasUsed: 0n, failures: [] }),
};
const running = await createGateway(
  {
    dataDir: join(options.dir, 'gateway'),
    upstream: { url: options.upstream, ...(options.connections && { connections: Number(options.connections) }) },
    rpcUrl: 'http://127.0.0.1:1',
    chainId: 31337,
    contracts,
    operatorKeyEnv: 'KEY',
    contentStoreDir: join(options.dir, 'store'),
    channelsFile,
    batchMaxReceipts: 10_000,
    workers: Number(options.workers ?? 1),
  },
  { chain, env: { KEY: operatorKey } },
);
process.on('SIGTERM', () => void running.close().then(() => process.exit(0)));
ready(running.url);
