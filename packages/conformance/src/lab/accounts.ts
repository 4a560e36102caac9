import type { Address } from '@kedge/core';
import {
  concat,
  createWalletClient,
  custom,
  keccak256,
  numberToHex,
  type Account,
  type LocalAccount,
  type PublicClient,
  type Transport,
  type WalletClient,
} from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { waitForReceipt } from './waitForReceipt.js';

export type Actor = {
  readonly name: string;
  readonly address: Address;
  readonly wallet: WalletClient<Transport, undefined, Account>;
};

/** Who takes part. `creator` makes classes and tokens, where anyone may; `owner` is whoever may, where a key is given. */
export const actorNames = ['creator', 'alice', 'bob', 'operator', 'stranger'] as const;
export type ActorName = (typeof actorNames)[number];

/** Gas that each actor can pay for at twice the current price; what is left goes back. */
const gasBudgets: Readonly<Record<ActorName, bigint>> = {
  creator: 80_000_000n,
  alice: 30_000_000n,
  bob: 10_000_000n,
  operator: 10_000_000n,
  stranger: 10_000_000n,
};

const coins = 10n ** 12n;

/**
 * Keys that only this run uses, derived from a signature of the funder: who has the funder's key can derive them again,
 * so nothing is lost when a run is broken off.
 */
export async function deriveActors(
  client: PublicClient,
  funder: LocalAccount,
  { chainId, target }: { readonly chainId: number; readonly target: Address },
): Promise<Record<ActorName, Actor>> {
  const run = await client.getTransactionCount({ address: funder.address });
  const message = `kedge conform: throw-away keys for ${target} on chain ${chainId}, run ${run}`;
  const seed = keccak256(await funder.signMessage({ message }));
  const actors = actorNames.map((name, index) => {
    const account = privateKeyToAccount(keccak256(concat([seed, numberToHex(index, { size: 32 })])));
    return [name, toActor(client, name, account)] as const;
  });
  return Object.fromEntries(actors) as Record<ActorName, Actor>;
}

export function toActor(client: PublicClient, name: string, account: LocalAccount): Actor {
  const wallet = createWalletClient({ account, transport: custom(client, { retryCount: 0 }) });
  return { name, address: account.address, wallet };
}

/** Sends each actor what its work may cost. */
export async function fundActors(
  client: PublicClient,
  funder: Actor,
  actors: Readonly<Record<ActorName, Actor>>,
): Promise<bigint> {
  const gasPrice = await client.getGasPrice();
  let sum = 0n;
  for (const name of actorNames) {
    const value = gasBudgets[name] * gasPrice * 2n + coins;
    const hash = await funder.wallet.sendTransaction({ to: actors[name].address, value, chain: null });
    await waitForReceipt(client, hash);
    sum += value;
  }
  return sum;
}

/** Sends back what the actors have left, as far as it is worth its own gas. Returns the sum. */
export async function returnFunds(
  client: PublicClient,
  funder: Address,
  actors: Readonly<Record<ActorName, Actor>>,
): Promise<bigint> {
  let sum = 0n;
  for (const name of actorNames) {
    const { address, wallet } = actors[name];
    const balance = await client.getBalance({ address });
    const { maxFeePerGas, maxPriorityFeePerGas } = await client.estimateFeesPerGas();
    const gas = 21_000n;
    // Chains that charge for data beside gas need a little more than the fee.
    const value = balance - gas * maxFeePerGas * 2n;
    if (value <= 0n) continue;
    const hash = await wallet.sendTransaction({ to: funder, value, gas, maxFeePerGas, maxPriorityFeePerGas, chain: null });
    await waitForReceipt(client, hash);
    sum += value;
  }
  return sum;
}
