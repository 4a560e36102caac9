import { type Address, channelDepositsAbi, depositTermsToAbi, type Hex } from '@kedge/core';
import { connectChain } from '../chain/connectChain.js';
import { createPaymentSender } from './createPaymentSender.js';
import type { DepositChain } from './depositChain.js';
import { readAuthorization } from './readAuthorization.js';
import { readLotOnSale } from './readLotOnSale.js';
import { readPaymentOutcomes } from './readPaymentOutcomes.js';

/** Deposits over JSON-RPC. */
export function createDepositChain(options: {
  readonly rpcUrl: string;
  readonly chainId: number;
  readonly token: Address;
  readonly deposits: Address;
  /** Of the account that sends payments: not the operator's. */
  readonly privateKey: Hex;
  /** How long a transaction is waited for. */
  readonly settleMs: number;
  readonly maxFeePerGasGwei: number;
}): DepositChain {
  const { token, deposits } = options;
  const connected = connectChain(options);
  return {
    ...createPaymentSender(connected, options),
    lotOnSale: async (classId, lot) => readLotOnSale(await connected(), token, classId, lot),
    depositOf: async (terms) => {
      const client = await connected();
      const args = [depositTermsToAbi(terms)] as const;
      return client.readContract({ address: deposits, abi: channelDepositsAbi, functionName: 'depositOf', args });
    },
    outcomesOf: async (sought) => (sought.length === 0 ? [] : readPaymentOutcomes(await connected(), deposits, sought)),
    blockNumber: async () => (await connected()).getBlockNumber(),
    authorizationNow: async ({ asset, payment }) => readAuthorization(await connected(), asset, payment),
  };
}
