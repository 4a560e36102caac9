import { depositTermsToAbi, zeroAddress, type Address, type DepositTerms } from '@kedge/core';
import { erc20Abi } from 'viem';
import type { ReadClient } from '../client.js';
import { channelDepositsOf } from '../contracts.js';
import { reading } from '../reading.js';

/** Where to pay for a channel's continuation, and what is there already. */
export type Deposit = {
  readonly address: Address;
  /** Smallest units of the terms' asset that are deposited. */
  readonly amount: bigint;
};

/**
 * Reads the deposit address of terms (R28). It may be paid before there is any code.
 *
 * @throws BaseError `contract_missing` where the deployment is older.
 *
 * @example
 * const { address } = await getDeposit(client, { terms: depositTerms });
 */
export async function getDeposit(client: ReadClient, { terms }: { readonly terms: DepositTerms }): Promise<Deposit> {
  const deposits = channelDepositsOf(client.deployment);
  return reading(client, 'read the deposit', async (chain) => {
    const args = [depositTermsToAbi(terms)] as const;
    const address = await chain.readContract({ ...deposits, functionName: 'depositOf', args });
    const amount =
      terms.asset === zeroAddress
        ? await chain.getBalance({ address })
        : await chain.readContract({
            address: terms.asset,
            abi: erc20Abi,
            functionName: 'balanceOf',
            args: [address],
          });
    return { address, amount };
  });
}
