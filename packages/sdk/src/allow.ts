import { BaseError, zeroAddress, type Address } from '@kedge/core';
import { parseAbi } from 'viem';
import type { WriteClient } from './client.js';
import { reading } from './reading.js';
import { writeContract } from './writeContract.js';

// Without return values: some assets return nothing from `approve`.
const assetAbi = parseAbi([
  'function allowance(address owner, address spender) view returns (uint256)',
  'function approve(address spender, uint256 amount)',
]);

/**
 * Lets `spender` take exactly `amount` of an ERC-20 asset from the wallet's account, where it may not yet. An allowance
 * that is too low is first set to zero, as some assets demand.
 */
export async function allow(client: WriteClient, asset: Address, spender: Address, amount: bigint): Promise<void> {
  if (asset === zeroAddress) return;
  const owner = client.walletClient.account.address;
  const allowed = await reading(client, 'read the allowance', async (chain) => {
    if ((await chain.getCode({ address: asset })) === undefined) {
      throw new BaseError('There is no asset at that address.', {
        code: 'asset_missing',
        values: { asset },
        hints: ['Give the address of an ERC-20 contract on this chain, or none for ETH.'],
      });
    }
    return chain.readContract({ address: asset, abi: assetAbi, functionName: 'allowance', args: [owner, spender] });
  });
  if (allowed >= amount) return;
  const approve = (value: bigint) =>
    writeContract(client, 'allow the payment', {
      address: asset,
      abi: assetAbi,
      functionName: 'approve',
      args: [spender, value],
    });
  if (allowed > 0n) await approve(0n);
  await approve(amount);
}
