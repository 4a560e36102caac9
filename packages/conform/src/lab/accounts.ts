import type { Address } from '@kedge/core';
import { concat, keccak256, numberToHex, type LocalAccount, type PublicClient, type TransactionReceipt } from 'viem';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import { mostTries, nonceTaken, type Sender } from './sender.js';

/** Who acts: an account, or a contract of ours at `address`, which calls what the account tells it to. */
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

/** A run begins with the funder's transaction of this number. */
type Run = { readonly chainId: number; readonly target: Address; readonly run: number };

/** So many transactions back it is looked for runs that were broken off. */
const lookedBack = 64;

/**
 * Keys that only this run uses, derived from a signature of the funder: who has the funder's key can derive them again,
 * so nothing is lost when a run is broken off.
 */
async function deriveActors(funder: LocalAccount, { chainId, target, run }: Run): Promise<Record<ActorName, Actor>> {
  const message = `kedge conform: throw-away keys for ${target} on chain ${chainId}, run ${run}`;
  const seed = keccak256(await funder.signMessage({ message }));
  const actors = actorNames.map((name, index) => {
    const account = privateKeyToAccount(keccak256(concat([seed, numberToHex(index, { size: 32 })])));
    return [name, toActor(name, account)] as const;
  });
  return Object.fromEntries(actors) as Record<ActorName, Actor>;
}

/** The accounts of a run that was broken off, and what the last of them to give back has. */
export type BrokenOff = { readonly actors: Readonly<Record<ActorName, Actor>>; readonly held: bigint };

/** Runs of the funder that have not given back what they were sent: broken off, or still on their way. */
export async function findUnreturned(
  client: PublicClient,
  funder: LocalAccount,
  { run, ...where }: Run,
): Promise<BrokenOff[]> {
  const runs = Array.from({ length: Math.min(run, lookedBack) }, (_, back) => run - 1 - back);
  const all = await Promise.all(
    runs.map(async (earlier) => {
      const actors = await deriveActors(funder, { ...where, run: earlier });
      return { actors, held: await client.getBalance({ address: actors.creator.address }) };
    }),
  );
  return all.filter(({ held }) => held > 0n);
}

export function toActor(name: string, account: LocalAccount): Actor {
  return { name, address: account.address, account };
}

/** A run that was begun, and what the funder paid for that, fees included. */
export type Begun = {
  readonly run: number;
  readonly actors: Readonly<Record<ActorName, Actor>>;
  readonly paid: bigint;
};

/**
 * Takes the next run of the funder, and sends each actor what its work may cost. Of two that begin at once, one gets the
 * number, and the other one the next that is free: their keys are never the same.
 */
export async function beginRun(
  client: PublicClient,
  sender: Sender,
  funder: LocalAccount,
  where: Omit<Run, 'run'>,
): Promise<Begun> {
  const gasPrice = await sender.highestGasPrice();
  // Of two transactions that are the same to the last byte, both would think theirs was taken.
  const own = BigInt(generatePrivateKey()) % 2n ** 32n;
  const pay = ({ address }: Actor, name: ActorName) => {
    return { to: address, value: gasBudgets[name] * gasPrice + coins + own, gas: transferGas };
  };
  for (let tries = 0; tries < mostTries; tries++) {
    const run = await client.getTransactionCount({ address: funder.address, blockTag: 'pending' });
    const actors = await deriveActors(funder, { ...where, run });
    const [first, ...others] = actorNames;
    const payment = pay(actors[first], first);
    const receipt = await sender.sendAs(funder, run, payment);
    if (receipt === undefined) continue;
    let paid = payment.value + feeOf(receipt);
    for (const name of others) {
      const next = pay(actors[name], name);
      paid += next.value + feeOf(await sender.send(funder, next));
    }
    return { run, actors, paid };
  }
  throw nonceTaken(funder.address);
}

/**
 * Sends back what the actors have left, as far as it is worth its own gas; the creator, who is sent it first, is the last.
 * Answers how much came back.
 */
export async function returnFunds(
  client: PublicClient,
  sender: Sender,
  funder: Address,
  actors: Readonly<Record<ActorName, Actor>>,
): Promise<bigint> {
  let returned = 0n;
  for (const name of actorNames.toReversed()) {
    const { address, account } = actors[name];
    const balance = await client.getBalance({ address });
    // Chains that charge for data beside gas need a little more than the fee.
    const value = balance - transferGas * (await sender.highestGasPrice()) * 2n;
    if (value <= 0n) continue;
    await sender.send(account, { to: funder, value, gas: transferGas });
    returned += value;
  }
  return returned;
}

function feeOf({ gasUsed, effectiveGasPrice }: TransactionReceipt): bigint {
  return gasUsed * effectiveGasPrice;
}
