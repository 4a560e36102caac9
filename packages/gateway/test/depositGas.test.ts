import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { DepositTerms, Hex } from '@kedge/core';
import { parseTransaction, toHex, type TransactionSerializedEIP1559 } from 'viem';
import { expect, onTestFinished, test } from 'vitest';
import { createDepositChain } from '../src/topUps/createDepositChain.js';
import { operatorKey } from './support/createTestSetup.js';

const address = (digit: string): Hex => `0x${digit.repeat(40)}`;
const word = (digit: string): Hex => `0x${digit.repeat(64)}`;

const terms: DepositTerms = {
  holder: address('1'),
  operator: address('4'),
  channelKey: address('4'),
  rate: 0n,
  burst: 0n,
  deadline: 2_000_000_000n,
  grace: 86_400,
  mode: 'capped',
  salt: word('5'),
  market: address('2'),
  classId: 7n,
  lot: 1,
  asset: address('3'),
  refundTo: address('1'),
};
// Longer than a plain account's: a wallet that is a contract checks it, with as much gas as it likes.
const authorization = {
  from: address('6'),
  value: 10n,
  validAfter: 0n,
  validBefore: 2_000_000_000n,
  nonce: word('7'),
  signature: `0x${'08'.repeat(66)}`,
} as const;

type Sent = TransactionSerializedEIP1559;

/** A node that says what a transaction would take and cost, and what of the one that is sent. */
async function startNode(gas: bigint, priorityFeeGwei = 1n, onSent: (raw: Sent) => object = () => ({ result: null })) {
  const answers: Record<string, unknown> = {
    eth_chainId: '0x7a69',
    eth_estimateGas: toHex(gas),
    eth_getBlockByNumber: { number: '0x1', baseFeePerGas: '0x1', transactions: [] },
    eth_maxPriorityFeePerGas: toHex(priorityFeeGwei * 10n ** 9n),
    eth_getTransactionCount: '0x0',
  };
  const asked: string[] = [];
  const node = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      const { id, method, params } = JSON.parse(body) as { id: number; method: string; params: [Sent] };
      asked.push(method);
      const outcome = method === 'eth_sendRawTransaction' ? onSent(params[0]) : { result: answers[method] ?? null };
      response.setHeader('content-type', 'application/json').end(JSON.stringify({ jsonrpc: '2.0', id, ...outcome }));
    });
  });
  await new Promise<void>((resolve) => node.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void node.close());
  const chain = createDepositChain({
    rpcUrl: `http://127.0.0.1:${(node.address() as AddressInfo).port}`,
    chainId: 31337,
    token: address('a'),
    deposits: address('b'),
    privateKey: operatorKey,
    settleMs: 50,
    maxFeePerGasGwei: 500,
  });
  return { chain, asked };
}

test('a payment whose signature takes millions of gas to check is refused: the operator pays for that gas', async () => {
  const { chain, asked } = await startNode(16_000_000n);
  const refused = { code: 'payment_invalid', status: 402, values: { gas: 16_000_000n } };
  await expect(chain.checkPayment(terms, authorization)).rejects.toMatchObject(refused);
  await expect(chain.payAndSweep(terms, authorization)).rejects.toMatchObject(refused);
  expect(new Set(asked)).toEqual(new Set(['eth_chainId', 'eth_estimateGas']));
});

test('a payment that takes what a sweep and the check of a signature take is none of these', async () => {
  const { chain } = await startNode(700_000n);
  await expect(chain.checkPayment(terms, authorization)).resolves.toBeUndefined();
});

test('a node that names a fee beyond what the operator pays is sent no transaction', async () => {
  const { chain, asked } = await startNode(700_000n, 501n);
  const refused = { code: 'gas_too_dear', shortMessage: expect.stringContaining('maxFeePerGasGwei allows 500') };
  await expect(chain.checkPayment(terms, authorization)).rejects.toMatchObject(refused);
  await expect(chain.payAndSweep(terms, authorization)).rejects.toMatchObject(refused);
  expect(asked).not.toContain('eth_sendRawTransaction');
});

test('fees do not grow with payments that the account has no coin for: none of them waits to be replaced', async () => {
  let hasCoin = false;
  const fees: (bigint | undefined)[] = [];
  const { chain } = await startNode(700_000n, 1n, (raw) => {
    fees.push(parseTransaction(raw).maxPriorityFeePerGas);
    return hasCoin
      ? { result: word('9') }
      : { error: { code: -32_000, message: 'insufficient funds for gas * price + value' } };
  });
  for (let count = 0; count < 3; count++)
    await expect(chain.payAndSweep(terms, authorization)).rejects.toMatchObject({ code: 'no_coin_for_gas' });
  hasCoin = true;
  await chain.payAndSweep(terms, authorization);
  const [gwei = 0n, ...others] = fees;
  expect(others).toEqual([gwei, gwei, gwei]);
  // This one waits.
  await chain.payAndSweep(terms, authorization);
  expect(fees.at(-1)).toBe((gwei * 5n) / 4n + 1n);
});
