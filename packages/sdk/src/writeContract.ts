import { BaseError } from '@kedge/core';
import type {
  Abi,
  AccessList,
  Chain,
  ContractFunctionArgs,
  ContractFunctionName,
  ContractFunctionParameters,
  Hex,
  TransactionReceipt,
} from 'viem';
import { afterWrites, noteBlock, sendWithNonce } from './afterWrites.js';
import type { ChainReader, Sent, Wallet, WriteClient } from './client.js';
import { handedOver, isUnsure, pendingError, unsureError } from './pendingError.js';
import { isAlive } from './readEvents.js';
import { requireArguments } from './requireArguments.js';
import { requireWalletChain } from './requireWalletChain.js';
import { toChainError } from './toChainError.js';

const localChainId = 31337;
/** So long a transaction is looked for that the node may not have taken. */
const unsureMs = 30_000;

/** A call that changes the chain. */
export type ContractCall<
  abi extends Abi,
  name extends ContractFunctionName<abi, 'nonpayable' | 'payable'>,
  args extends ContractFunctionArgs<abi, 'nonpayable' | 'payable', name>,
> = ContractFunctionParameters<abi, 'nonpayable' | 'payable', name, args> & {
  readonly value?: bigint;
  readonly accessList?: AccessList;
};

type Sender = Pick<WriteClient, 'publicClient' | 'walletClient'> & Partial<Pick<WriteClient, 'deployment' | 'mostGas'>>;

/**
 * Simulates a call, sends it and waits for its receipt. The simulation is where a refusal costs nothing and is readable.
 *
 * @param doing What is being done, as it continues "Could not …".
 *
 * @throws BaseError `wrong_chain`, `gas_above_limit` before anything is sent; what {@link toChainError} makes of the rest.
 */
export async function writeContract<
  const abi extends Abi,
  name extends ContractFunctionName<abi, 'nonpayable' | 'payable'>,
  args extends ContractFunctionArgs<abi, 'nonpayable' | 'payable', name>,
>(client: Sender, doing: string, call: ContractCall<abi, name, args>): Promise<TransactionReceipt> {
  const { publicClient, walletClient } = client;
  try {
    requireArguments(doing, call as never);
    const { account } = walletClient;
    const chainId = await requireWalletChain(client, doing);
    const asked = { ...call, account } as never;
    const reader = await afterWrites(publicClient);
    const { request } = await reader.simulateContract(asked);
    const gas = gasToSend(await reader.estimateContractGas(asked));
    if (client.mostGas !== undefined && gas > client.mostGas) throw tooMuchGas(doing, gas, client.mostGas);
    const chosen = { account, gas, chain: chainOf(walletClient), blockNumber: undefined };
    const send = (given: object) =>
      walletClient.writeContract({ ...(request as object), ...chosen, ...given } as never);
    return await sendAndWait(publicClient, walletClient, doing, send, chainId);
  } catch (error) {
    throw toChainError(error, doing, client.walletClient.account.address);
  }
}

/** What a call would be refused for now. Sends nothing. */
export async function refusalOf<
  const abi extends Abi,
  name extends ContractFunctionName<abi, 'nonpayable' | 'payable'>,
  args extends ContractFunctionArgs<abi, 'nonpayable' | 'payable', name>,
>(client: WriteClient, doing: string, call: ContractCall<abi, name, args>): Promise<BaseError | undefined> {
  try {
    requireArguments(doing, call as never);
    const reader = await afterWrites(client.publicClient);
    await reader.simulateContract({ ...call, account: client.walletClient.account } as never);
    return undefined;
  } catch (error) {
    return toChainError(error, doing, client.walletClient.account.address);
  }
}

/** EIP-7825: the most gas that one transaction may ask for. */
const mostGas = 2n ** 24n;

/** Chains refuse what asks for more than they allow: a large transaction has less room, and is not refused for it. */
function gasToSend(estimate: bigint): bigint {
  const gas = gasWithRoom(estimate);
  return gas > mostGas && estimate <= mostGas ? mostGas : gas;
}

function tooMuchGas(doing: string, gas: bigint, mostGas: bigint): BaseError {
  return new BaseError(
    `Could not ${doing}: it may take ${gas} units of gas, more than the ${mostGas} that are allowed.`,
    {
      code: 'gas_above_limit',
      values: { gas, mostGas },
      hints: ['Nothing was sent. Where an asset is moved, its own code may take as much as it is given.'],
    },
  );
}

/** With its fees and its form of transactions, where the wallet has one; viem refuses to send without either word. */
export const chainOf = ({ chain }: Wallet): Chain | null => chain ?? null;

/**
 * Of an estimate, the gas to send: with room for a state that moves until the block. What is not used is not paid.
 *
 * @param estimate Units of gas, as the node estimates them.
 *
 * @example
 * gasWithRoom(100_000n); // 180_000n
 */
export function gasWithRoom(estimate: bigint): bigint {
  return (estimate * 13n) / 10n + 50_000n;
}

/**
 * Sends in turn and waits for the receipt, also where the answer was lost and the transaction is known. Refuses one that
 * reverted, and one of another transaction that took its place: of that viem returns the receipt. The same call at another price
 * is the same transaction.
 */
export async function sendAndWait(
  publicClient: ChainReader,
  walletClient: Wallet,
  doing: string,
  send: (given: { readonly nonce?: number }) => Promise<Hex>,
  chainId = publicClient.chain?.id,
): Promise<TransactionReceipt> {
  // There is but one node of a local chain.
  const isLocal = chainId === localChainId || chainId === undefined;
  const inOrder = () => (isLocal ? send({}) : sendWithNonce(walletClient, chainId, send));
  let unsure: unknown;
  const hash = await inTurn(sendersKey(walletClient, chainId), inOrder).catch(async (cause: unknown) => {
    if (!isUnsure(cause, walletClient)) throw cause;
    const signed = handedOver(cause);
    if (signed === undefined || !(await isAlive(publicClient))) throw unsureError(cause, doing, walletClient, signed);
    unsure = cause;
    return signed;
  });
  let replaced: 'cancelled' | 'replaced' | undefined;
  const waiting = publicClient.waitForTransactionReceipt({
    hash,
    onReplaced: ({ reason }) => {
      if (reason !== 'repriced') replaced = reason;
    },
    // A local chain mines at once, and nobody replaces a transaction there: while viem looks for one it hears of no block, and no
    // other block may come. Elsewhere the client's own interval fits the blocks.
    ...(chainId === localChainId ? { pollingInterval: 50, checkReplacement: false } : {}),
    // One that was lost on its way never comes.
    ...(unsure === undefined ? {} : { timeout: unsureMs }),
  });
  const receipt = await waiting.catch((cause: unknown) => {
    throw unsure === undefined ? pendingError(cause, doing, hash) : unsureError(unsure, doing, walletClient, hash);
  });
  if (!isLocal) noteBlock(publicClient, receipt.blockNumber);
  if (replaced !== undefined) {
    const how =
      replaced === 'cancelled' ? 'the wallet cancelled its transaction' : 'another transaction took its place';
    throw new BaseError(`Could not ${doing}: ${how}, so nothing of it was done.`, {
      code: 'transaction_replaced',
      values: { transactionHash: hash, replacedBy: receipt.transactionHash, reason: replaced },
      hints: ['If you did not mean to replace it in the wallet, do it again.'],
    });
  }
  if (receipt.status === 'reverted') {
    throw new BaseError(`Could not ${doing}: the transaction reverted, though its simulation did not.`, {
      code: 'transaction_reverted',
      values: { transactionHash: receipt.transactionHash, blockNumber: receipt.blockNumber },
      hints: ['Something changed between the two: read the state, then try again.'],
    });
  }
  return receipt;
}

/** What every writing action returns of its receipt. */
export function sentOf({ transactionHash, blockNumber, gasUsed }: TransactionReceipt): Sent {
  return { transactionHash, blockNumber, gasUsed };
}

const turns = new Map<unknown, Promise<unknown>>();

/**
 * Nonces are taken when a transaction is sent, from what the node has pending. So one sender sends one at a time; the
 * waiting for blocks overlaps.
 */
function inTurn(sender: unknown, send: () => Promise<Hex>): Promise<Hex> {
  const before = turns.get(sender) ?? Promise.resolve();
  const sent = before.then(send, send);
  turns.set(sender, sent);
  const forget = () => {
    if (turns.get(sender) === sent) turns.delete(sender);
  };
  sent.then(forget, forget);
  return sent;
}

/** Many clients may sign as one account. Elsewhere a person is asked, who may never answer: each wallet waits for itself. */
function sendersKey(wallet: Wallet, chainId: number | undefined): unknown {
  return wallet.account.type === 'local' ? `${chainId} ${wallet.account.address}` : wallet;
}
