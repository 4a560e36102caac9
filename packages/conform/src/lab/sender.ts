import { BaseError, type Address, type Hex } from '@kedge/core';
import { keccak256, BaseError as ViemError, type LocalAccount, type PublicClient, type TransactionReceipt } from 'viem';
import { waitForReceipt } from './waitForReceipt.js';

/** Signs and sends; asks the chain for nothing that it can know itself. */
export type Sender = {
  readonly send: (account: LocalAccount, request: Sent) => Promise<TransactionReceipt>;
  /** Sends as the account's transaction of this number; answers nothing where another one has that number. */
  readonly sendAs: (account: LocalAccount, nonce: number, request: Sent) => Promise<TransactionReceipt | undefined>;
  /** The most that a unit of gas costs now. */
  readonly highestGasPrice: () => Promise<bigint>;
};

type Sent = { readonly to?: Address; readonly data?: Hex; readonly value?: bigint; readonly gas: bigint };

type Fees =
  | { readonly type: 'eip1559'; readonly maxFeePerGas: bigint; readonly maxPriorityFeePerGas: bigint }
  | { readonly type: 'legacy'; readonly gasPrice: bigint };

/** Fees are twice the base fee, which a chain cannot outgrow in this time. */
const feesLastMilliseconds = 5_000;

/** Whoever else sends from the account is not faster so often. */
export const mostTries = 20;

export function createSender(client: PublicClient, chainId: number): Sender {
  const nonces = new Map<Address, number>();
  let known: { readonly fees: Fees; readonly at: number } | undefined;
  const currentFees = async (): Promise<Fees> => {
    if (known !== undefined && Date.now() - known.at < feesLastMilliseconds) return known.fees;
    const fees = await readFees(client);
    known = { fees, at: Date.now() };
    return fees;
  };
  const sendAs: Sender['sendAs'] = async (account, nonce, request) => {
    const fees = await currentFees();
    const serializedTransaction = await account.signTransaction({ ...request, ...fees, chainId, nonce });
    // Where the answer is lost, only the chain knows whether it counts.
    nonces.delete(account.address);
    const hash = keccak256(serializedTransaction);
    try {
      await client.sendRawTransaction({ serializedTransaction });
    } catch (error) {
      if (!isNonceTaken(error)) throw error;
      // A node says so, too, of what it was handed twice.
      if ((await client.getTransaction({ hash }).catch(() => undefined)) === undefined) return undefined;
    }
    nonces.set(account.address, nonce + 1);
    return waitForReceipt(client, hash);
  };
  return {
    sendAs,
    async send(account, request) {
      const { address } = account;
      for (let tries = 1; ; tries++) {
        const nonce = nonces.get(address) ?? (await client.getTransactionCount({ address, blockTag: 'pending' }));
        const receipt = await sendAs(account, nonce, request);
        if (receipt !== undefined) return receipt;
        if (tries === mostTries) throw nonceTaken(address);
      }
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

function isNonceTaken(error: unknown): boolean {
  return error instanceof ViemError && takenWords.test(error.details ?? '');
}

/** As geth, Erigon, Nethermind, Besu, reth and anvil say it. */
const takenWords = /nonce (is )?too low|old ?nonce|already ?(known|imported|exists)|known transaction|replace/i;

export function nonceTaken(address: Address): BaseError {
  return new BaseError('The node takes no transaction of an account: another one has its nonce each time.', {
    code: 'nonce_used',
    kind: 'transient',
    values: { account: address },
    hints: ['Let nothing else send from that account meanwhile, or name another one with --account.'],
  });
}
