import { BaseError } from '@kedge/core';
import type { ReadClient } from '../client.js';
import { reading } from '../reading.js';

const hints = [
  'Name the RPC URL and the addresses of one chain.',
  'Deploy the contracts there with: kedge deploy --rpc URL',
];

/**
 * Finds out whether the chain is the deployment's, and has code at each address.
 *
 * @throws BaseError `chain_mismatch` with both chain ids, `contract_missing` with the contracts that are not there,
 * `chain_unreachable`.
 *
 * @example
 * await checkDeployment(client);
 */
export async function checkDeployment(client: ReadClient): Promise<void> {
  const { chainId, contracts } = client.deployment;
  const entries = Object.entries(contracts);
  const [found, codes] = await reading(client, 'look for the contracts', (chain) =>
    Promise.all([chain.getChainId(), Promise.all(entries.map(([, address]) => chain.getCode({ address })))]),
  );
  if (found !== chainId) {
    throw new BaseError(`The contracts are on chain ${chainId}, the RPC is of chain ${found}.`, {
      code: 'chain_mismatch',
      values: { expected: chainId, found },
      hints,
    });
  }
  const missing = entries.filter((_, index) => (codes[index] ?? '0x') === '0x');
  if (missing.length > 0) {
    throw new BaseError(`Chain ${chainId} has no code at the address of ${missing.map(([name]) => name).join(', ')}.`, {
      code: 'contract_missing',
      values: Object.fromEntries(missing),
      hints,
    });
  }
}
