import type { Address } from '@kedge/core';
import { encodeRevert, refuse, Revert } from './revert.js';
import type { World } from './world.js';

/** Who calls, and how much ETH came with it. */
export type Call = { readonly sender: Address; readonly value: bigint };

/** One function of a contract: its arguments in the order of the ABI; it answers the result or throws a `Revert`. */
export type Handler = (call: Call, ...args: never[]) => unknown;
export type Handlers = Readonly<Record<string, Handler>>;

/** Refuses while `contract` pays, pulls or asks somebody. */
export function requireOutside(world: World, contract: Address): void {
  if (world.entered.get(contract)) refuse('ReentrancyGuardReentrantCall');
}

/** Work in which somebody else may call: until it is done, `contract` moves no other money. */
export function inside<Result>(world: World, contract: Address, work: () => Result): Result {
  requireOutside(world, contract);
  world.entered.set(contract, true);
  const result = work();
  world.entered.delete(contract);
  return result;
}

/** What an actor does when a contract calls it. */
export function react(world: World, actor: Address): void {
  const state = world.actors.get(actor)!;
  if (state.armed === undefined) return;
  const { target, name, args } = state.armed;
  const { armed: _, ...disarmed } = state;
  world.actors.set(actor, disarmed);
  try {
    world.journal.attempt(() => world.invoke(actor, target, name, args, 0n));
    world.emit(actor, 'Answered', true, '0x');
  } catch (error) {
    if (!(error instanceof Revert)) throw error;
    world.emit(actor, 'Answered', false, encodeRevert(error));
  }
}

export function isActor(world: World, account: Address): boolean {
  return world.addresses.actors.includes(account);
}

export function hasCode(world: World, account: Address): boolean {
  const { token, extension, channels, market, assets } = world.addresses;
  return (
    [token, extension, channels, market].includes(account) ||
    isActor(world, account) ||
    assets.some((asset) => asset.address === account)
  );
}
