import {
  type Address,
  BaseError,
  channelDepositsAbi,
  type DepositTerms,
  depositTermsToAbi,
  type Hex,
} from '@kedge/core';
import { gasWithRoom, readRevert } from '@kedge/sdk';
import {
  BaseError as ViemError,
  encodeFunctionData,
  keccak256,
  type PublicClient,
  TransactionReceiptNotFoundError,
} from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { checkFees } from '../chain/checkFees.js';
import { type ConnectChain, sendRaw } from '../chain/connectChain.js';
import { type Fees, replacementFees } from '../chain/replacementFees.js';
import { reasonOf } from '../structuredLog.js';
import type { Authorization, DepositChain } from './depositChain.js';
import { isRefusal } from './isRefusal.js';
import { isUsedAt } from './readAuthorization.js';
import type { PaymentName } from './topUpRecord.js';

/** What sends payments. Its callers send one after another: they are numbered. */
export type PaymentSender = Pick<DepositChain, 'checkPayment' | 'payAndSweep'>;

// A sweep takes less than half. A payer that is a contract checks its signature with as much gas as it likes, and we pay for it.
const mostGas = 1_500_000n;

/** Payments are signed by a key of their own: the captures number the operator's transactions. */
export function createPaymentSender(
  connected: ConnectChain,
  options: {
    readonly chainId: number;
    readonly deposits: Address;
    readonly privateKey: Hex;
    /** How long a transaction is waited for. */
    readonly settleMs: number;
    readonly maxFeePerGasGwei: number;
  },
): PaymentSender {
  const { chainId, settleMs, maxFeePerGasGwei } = options;
  const account = privateKeyToAccount(options.privateKey);
  // What was sent last, and may wait.
  let last: { readonly nonce: number; readonly fees: Fees } | undefined;

  /** What waits with the same nonce is replaced: of two payments that share it, at most one is made, and the other made anew. */
  const feesOver = async (client: PublicClient, nonce: number): Promise<Fees> => {
    const { maxFeePerGas, maxPriorityFeePerGas } = await client.estimateFeesPerGas();
    const now = { maxFeePerGas, maxPriorityFeePerGas };
    return checkFees(last?.nonce === nonce ? replacementFees(now, last.fees) : now, maxFeePerGasGwei);
  };

  const send = async (client: PublicClient, raw: Hex, nonce: number, fees: Fees): Promise<void> => {
    const before = last;
    last = { nonce, fees };
    try {
      await sendRaw(client, raw, account.address);
    } catch (error) {
      // Nothing of it waits: fees over these would grow with every payment that comes before the account has coin.
      if (error instanceof BaseError && error.code === 'no_coin_for_gas') last = before;
      throw error;
    }
  };

  const waitFor = async (client: PublicClient, hash: Hex, nonce: number): Promise<void> => {
    const until = performance.now() + settleMs;
    for (let pause = 20; performance.now() < until; pause = Math.min(pause * 2, 1_000)) {
      const mined = await client.getTransactionCount({ address: account.address, blockTag: 'latest' });
      if (mined > nonce) return;
      try {
        await client.getTransactionReceipt({ hash });
        return;
      } catch (error) {
        if (!(error instanceof TransactionReceiptNotFoundError)) throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  };

  /**
   * Of a payment that the chain refuses: as of one block, for the answers may be those of several nodes.
   * @throws BaseError `payment_reverts` where nobody has paid it.
   */
  const requireUnpaid = async (client: PublicClient, asset: Address, payment: PaymentName, call: Call) => {
    const blockNumber = await client.getBlockNumber();
    const refusal = await client.estimateGas({ ...call, blockNumber }).then(notRefused, (cause: unknown) => cause);
    if (!isRefusal(refusal)) throw refusal;
    if (!(await isUsedAt(client, asset, payment, blockNumber))) throw reverts(refusal);
  };

  /** @throws BaseError `payment_reverts`; `payment_invalid` for one that takes too much gas. */
  const gasOf = async (client: PublicClient, { asset }: DepositTerms, payment: PaymentName, data: Hex) => {
    const call = { account: account.address, to: options.deposits, data };
    // After the newest block: what waits is replaced, and may be this very payment, after which it would revert.
    const gas = await client.estimateGas({ ...call, blockTag: 'latest' }).catch(async (cause: unknown) => {
      if (isRefusal(cause)) await requireUnpaid(client, asset, payment, call);
      throw cause;
    });
    if (gas > mostGas) throw tooDear(gas);
    return gas;
  };

  return {
    checkPayment: async (terms, authorization) => {
      const client = await connected();
      await gasOf(client, terms, authorization, callOf(terms, authorization));
      checkFees(await client.estimateFeesPerGas(), maxFeePerGasGwei);
    },
    payAndSweep: async (terms, authorization) => {
      const client = await connected();
      const data = callOf(terms, authorization);
      const gas = await gasOf(client, terms, authorization, data);
      const nonce = await client.getTransactionCount({ address: account.address, blockTag: 'latest' });
      const fees = await feesOver(client, nonce);
      const raw = await account.signTransaction({
        type: 'eip1559',
        chainId,
        nonce,
        to: options.deposits,
        data,
        gas: gasWithRoom(gas),
        ...fees,
      });
      await send(client, raw, nonce, fees);
      await waitFor(client, keccak256(raw), nonce);
    },
  };
}

/** A transaction that is to be estimated. */
type Call = { readonly account: Address; readonly to: Address; readonly data: Hex };

const notRefused = (): Error => new Error('The nodes do not agree on whether the payment would fail.');

function callOf(terms: DepositTerms, authorization: Authorization): Hex {
  return encodeFunctionData({
    abi: channelDepositsAbi,
    functionName: 'payAndSweep',
    args: [depositTermsToAbi(terms), authorization],
  });
}

function reverts(cause: unknown): BaseError {
  const data = cause instanceof ViemError ? dataOf(cause) : undefined;
  const revert = data === undefined ? undefined : readRevert(data);
  return new BaseError(revert?.message ?? 'The payment would fail on chain.', {
    code: 'payment_reverts',
    status: 402,
    cause,
    values: { reason: revert?.name ?? (cause instanceof ViemError ? cause.shortMessage : reasonOf(cause)) },
    hints: ['Nothing was paid. Sign a payment for what the offer asks.'],
  });
}

function tooDear(gas: bigint): BaseError {
  return new BaseError('The payment takes more gas on chain than is paid for it here.', {
    code: 'payment_invalid',
    status: 402,
    values: { gas, mostGas },
    hints: ['Nothing was paid. Pay from an account whose signature takes less to check.'],
  });
}

function dataOf(error: ViemError): Hex | undefined {
  let found: Hex | undefined;
  error.walk((cause) => {
    const { data } = cause as { data?: unknown };
    if (typeof data === 'string' && data.startsWith('0x')) found = data as Hex;
    return false;
  });
  return found;
}
