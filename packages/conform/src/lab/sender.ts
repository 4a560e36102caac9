import type { Address, Hex } from '@kedge/core';
import type { LocalAccount, PublicClient, TransactionReceipt } from 'viem';
import { waitForReceipt } from './waitForReceipt.js';

/** Signs and sends; asks the chain for nothing that it can know itself. */
export type Sender = {
  readonly send: (
    account: LocalAccount,
    request: { readonly to?: Address; readonly data?: Hex; readonly value?: bigint; readonly gas: bigint },
  ) => Promise<TransactionReceipt>;
  /** The most that a unit of gas costs now. */
  readonly highestGasPrice: () => Promise<bigint>;
};

type Fees =
  | { readonly type: 'eip1559'; readonly maxFeePerGas: bigint; readonly maxPriorityFeePerGas: bigint }
  | { readonly type: 'legacy'; readonly gasPrice: bigint };

/** Fees are twice the base fee, which a chain cannot outgrow in this time. */
const feesLastMilliseconds = 5_000;

export function createSender(client: PublicClient, chainId: number): Sender {
  const nonces = new Map<Address, number>();
  let known: { readonly fees: Fees; readonly at: number } | undefined;
  const currentFees = async (): Promise<Fees> => {
    if (known !== undefined && Date.now() - known.at < feesLastMilliseconds) return known.fees;
    const fees = await readFees(client);
    known = { fees, at: Date.now() };
    return fees;
  };
  return {
    async send(account, request) {
      const { address } = account;
      const nonce = nonces.get(address) ?? (await client.getTransactionCount({ address, blockTag: 'pending' }));
      const fees = await currentFees();
      const serializedTransaction = await account.signTransaction({ ...request, ...fees, chainId, nonce });
      // Where the answer is lost, only the chain knows whether it counts.
      nonces.delete(address);
      const hash = await client.sendRawTransaction({ serializedTransaction });
      nonces.set(address, nonce + 1);
      return waitForReceipt(client, hash);
    },
    async highestGasPrice() {
      const fees = await currentFees();
      return fees.type === 'legacy' ? fees.gasPrice : fees.maxFeePerGas;
    },
  };
}

async function readFees(client: PublicClient): Promise<Fees> {
  const { baseFeePerGas } = await client.getBlock();
  const gasPrice = await client.getGasPrice();
  if (baseFeePerGas === null) return { type: 'legacy', gasPrice };
  const maxPriorityFeePerGas = gasPrice > baseFeePerGas ? gasPrice - baseFeePerGas : 1n;
  return { type: 'eip1559', maxFeePerGas: baseFeePerGas * 2n + maxPriorityFeePerGas, maxPriorityFeePerGas };
}
