// Channels that a gateway serves in a benchmark: all of one operator, with value that no run uses up.
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { channelIdOf, policyHashOf } from '@kedge/core';
import { tokenizerPin } from '@kedge/gateway';
import { keccak256 } from 'viem';
import { keyOf } from './bodies.mjs';

// A development key of the well-known test mnemonic.
export const operatorKey = '0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d';
const operator = '0x70997970C51812dc3A010C7d01b50e0d17dc79C8';
const zero = `0x${'0'.repeat(40)}`;
const hasher = (bytes) => keccak256(bytes, 'bytes');

/** What a gateway's configuration says of the chain, which no benchmark has. */
export const chainConfig = {
  rpcUrl: 'http://127.0.0.1:1',
  chainId: 31337,
  contracts: { DataAnchoringToken: zero, ValueChannels: zero },
  operatorKeyEnv: 'KEY',
};

/** Units of each channel. */
export const cap = 10n ** 15n;

/** Writes the file of so many channels, under one policy with these rates; the policy's hash. */
export function writeChannels(path, { count, rates, openedAt }) {
  const policy = {
    format: 'kedge-policy/1',
    unit: { name: 'unit', decimals: 3 },
    rates,
    caps: { outputTokensPerCall: 1024 },
    tokenizer: tokenizerPin(),
    operators: [operator],
    models: ['bench'],
    licence: 'MIT',
  };
  const policyHash = policyHashOf(policy, hasher);
  const records = Array.from({ length: count }, (_, index) => {
    const channel = {
      holder: operator,
      tokenId: 1n,
      operator,
      channelKey: operator,
      cap,
      rate: 1n,
      burst: cap,
      deadline: BigInt(openedAt + 86_400),
      grace: 86_400,
      mode: 'capped',
      salt: `0x${index.toString(16).padStart(64, '0')}`,
    };
    const channelId = channelIdOf({ chainId: chainConfig.chainId, verifyingContract: zero }, channel, hasher);
    const apiKeySha256 = createHash('sha256').update(keyOf(index, count)).digest('hex');
    return { apiKeySha256, channel, channelId, classId: '1', policy, policyHash, lotAsset: zero, edges: [] };
  });
  writeFileSync(
    path,
    JSON.stringify(records, (_, value) => (typeof value === 'bigint' ? `${value}` : value)),
  );
  return policyHash;
}
