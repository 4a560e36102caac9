import {
  type Address,
  BaseError,
  channelDepositsAbi,
  channelFromAbi,
  dataAnchoringTokenAbi,
  type DepositTerms,
  depositTermsToAbi,
  type Hex,
  isSameAddress,
  valueMarketAbi,
} from '@kedge/core';
import { gasWithRoom, readRevert } from '@kedge/sdk';
import {
  BaseError as ViemError,
  encodeFunctionData,
  keccak256,
  parseAbi,
  type PublicClient,
  TransactionReceiptNotFoundError,
} from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { checkFees } from '../chain/checkFees.js';
import { connectChain, sendRaw } from '../chain/connectChain.js';
import { type Fees, replacementFees } from '../chain/replacementFees.js';
import { reasonOf } from '../structuredLog.js';
import type { Authorization, DepositChain } from './depositChain.js';

const authorizationAbi = parseAbi(['event AuthorizationUsed(address indexed authorizer, bytes32 indexed nonce)']);

// A sweep takes less than half. A payer that is a contract checks its signature with as much gas as it likes, and we pay for it.
const mostGas = 1_500_000n;

/** Deposits over JSON-RPC. What is sent is signed by a key of its own: the operator's transactions are numbered by the captures. */
export function createDepositChain(options: {
  readonly rpcUrl: string;
  readonly chainId: number;
  readonly token: Address;
  readonly deposits: Address;
  readonly privateKey: Hex;
  /** How long a transaction is waited for. */
  readonly settleMs: number;
  readonly maxFeePerGasGwei: number;
}): DepositChain {
  const { chainId, settleMs, maxFeePerGasGwei } = options;
  const account = privateKeyToAccount(options.privateKey);
  const connected = connectChain(options);
  const deposits = { address: options.deposits, abi: channelDepositsAbi } as const;
  const token = { address: options.token, abi: dataAnchoringTokenAbi } as const;
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

  const callOf = (terms: DepositTerms, authorization: Authorization): Hex =>
    encodeFunctionData({
      abi: channelDepositsAbi,
      functionName: 'payAndSweep',
      args: [depositTermsToAbi(terms), authorization],
    });

  /** @throws BaseError `payment_reverts`; `payment_invalid` for one that takes too much gas. */
  const gasOf = async (client: PublicClient, data: Hex): Promise<bigint> => {
    const gas = await client
      .estimateGas({ account: account.address, to: options.deposits, data })
      .catch((cause: unknown) => {
        throw isRefusal(cause) ? reverts(cause) : cause;
      });
    if (gas > mostGas) throw tooDear(gas);
    return gas;
  };

  return {
    lotOnSale: async (classId, lot) => {
      const client = await connected();
      const known = await orNothing(
        Promise.all([
          client.readContract({ ...token, functionName: 'lotInfo', args: [classId, lot] }),
          client.readContract({ ...token, functionName: 'isSuperseded', args: [classId, lot] }),
        ]),
      );
      if (known === undefined) return undefined;
      const [{ terms }, isSuperseded] = known;
      if (isSuperseded) return undefined;
      // A seller of another kind has no listings: whether it sells is found out before anything is paid.
      const listing = await orNothing(
        client.readContract({
          address: terms.seller,
          abi: valueMarketAbi,
          functionName: 'listingOf',
          args: [classId, lot],
        }),
      );
      if (listing?.open === false) return undefined;
      return {
        asset: terms.asset,
        numerator: terms.priceNumerator,
        denominator: terms.priceDenominator,
        market: terms.seller,
        supply: listing?.supply,
        expireAt: listing?.expireAt ?? 0n,
      };
    },
    depositOf: async (terms) => {
      const client = await connected();
      return client.readContract({ ...deposits, functionName: 'depositOf', args: [depositTermsToAbi(terms)] });
    },
    outcomesOf: async (sought) => {
      if (sought.length === 0) return [];
      const client = await connected();
      const fromBlock = sought.map((one) => one.fromBlock).reduce((least, block) => (block < least ? block : least));
      const [sweeps, uses] = await Promise.all([
        client.getContractEvents({
          ...deposits,
          eventName: 'DepositSwept',
          args: { deposit: sought.map((one) => one.deposit) },
          fromBlock,
          strict: true,
        }),
        client.getContractEvents({
          address: sought.map((one) => one.asset),
          abi: authorizationAbi,
          eventName: 'AuthorizationUsed',
          args: {
            authorizer: sought.map((one) => one.payment.from),
            nonce: sought.map((one) => one.payment.nonce),
          },
          fromBlock,
          strict: true,
        }),
      ]);
      return sought.map(({ payment, deposit, asset, fromBlock: from }) => ({
        paidIn: uses.find(
          ({ address, args, blockNumber }) =>
            blockNumber >= from &&
            isSameAddress(address, asset) &&
            isSameAddress(args.authorizer, payment.from) &&
            args.nonce === payment.nonce,
        )?.transactionHash,
        swept: sweeps
          .filter(({ args, blockNumber }) => blockNumber >= from && isSameAddress(args.deposit, deposit))
          .map(({ args, transactionHash }) => ({
            channelId: args.channelId,
            channel: channelFromAbi(args.channel),
            spent: args.spent,
            transaction: transactionHash,
          })),
      }));
    },
    blockNumber: async () => (await connected()).getBlockNumber(),
    checkPayment: async (terms, authorization) => {
      const client = await connected();
      await gasOf(client, callOf(terms, authorization));
      checkFees(await client.estimateFeesPerGas(), maxFeePerGasGwei);
    },
    payAndSweep: async (terms, authorization) => {
      const client = await connected();
      const data = callOf(terms, authorization);
      const gas = await gasOf(client, data);
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

/** The node ran it and says no: not that the node is out of reach. */
function isRefusal(error: unknown): boolean {
  if (!(error instanceof ViemError)) return false;
  return (
    error.walk((cause) => /revert|no data|ZeroData/i.test(`${(cause as Error).name} ${(cause as Error).message}`)) !==
    null
  );
}

/** What the chain says, undefined where it refuses to. */
function orNothing<T>(answer: Promise<T>): Promise<T | undefined> {
  return answer.catch((error: unknown) => {
    if (isRefusal(error)) return undefined;
    throw error;
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
