import type { Address } from '@kedge/core';
import { concat, keccak256, numberToHex, type LocalAccount, type PublicClient } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import type { Sender } from './sender.js';

export type Actor = { readonly name: string; readonly address: Address; readonly account: LocalAccount };

/** Who takes part. `creator` makes classes and tokens, where anyone may; `owner` is whoever may, where a key is given. */
const actorNames = ['creator', 'alice', 'bob', 'operator', 'stranger'] as const;
export type ActorName = (typeof actorNames)[number];

/** Gas that each actor can pay for at twice the current base fee; what is left goes back. */
const gasBudgets: Readonly<Record<ActorName, bigint>> = {
  creator: 80_000_000n,
  alice: 30_000_000n,
  bob: 10_000_000n,
  operator: 10_000_000n,
  stranger: 10_000_000n,
};

const coins = 10n ** 12n;
const transferGas = 21_000n;

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
    return [name, toActor(name, account)] as const;
  });
  return Object.fromEntries(actors) as Record<ActorName, Actor>;
}

export function toActor(name: string, account: LocalAccount): Actor {
  return { name, address: account.address, account };
}

/** Sends each actor what its work may cost. */
export async function fundActors(
  sender: Sender,
  funder: LocalAccount,
  actors: Readonly<Record<ActorName, Actor>>,
): Promise<void> {
  const gasPrice = await sender.highestGasPrice();
  for (const name of actorNames) {
    const value = gasBudgets[name] * gasPrice + coins;
    await sender.send(funder, { to: actors[name].address, value, gas: transferGas });
  }
}

/** Sends back what the actors have left, as far as it is worth its own gas. */
export async function returnFunds(
  client: PublicClient,
  sender: Sender,
  funder: Address,
  actors: Readonly<Record<ActorName, Actor>>,
): Promise<void> {
  for (const name of actorNames) {
    const { address, account } = actors[name];
    const balance = await client.getBalance({ address });
    // Chains that charge for data beside gas need a little more than the fee.
    const value = balance - transferGas * (await sender.highestGasPrice()) * 2n;
    if (value > 0n) await sender.send(account, { to: funder, value, gas: transferGas });
  }
}
