import { zeroAddress, type Address } from '@kedge/core';
import { hasCode, isActor, react, type Call, type Handlers } from './call.js';
import { refuse } from './revert.js';
import { keyOf, type AssetMode, type World } from './world.js';

export const eth = zeroAddress;
const modes: readonly AssetMode[] = ['moves', 'false', 'reverts'];

export function balanceOf(world: World, asset: Address, account: Address): bigint {
  return world.balances.get(keyOf(asset, account)) ?? 0n;
}

export function allowanceOf(world: World, asset: Address, owner: Address, spender: Address): bigint {
  return world.allowances.get(keyOf(asset, owner, spender)) ?? 0n;
}

function add(world: World, asset: Address, account: Address, amount: bigint): void {
  world.balances.set(keyOf(asset, account), balanceOf(world, asset, account) + amount);
}

/** ETH with a call; the called decides what it thinks of it. */
export function moveEth(world: World, from: Address, to: Address, amount: bigint): void {
  if (balanceOf(world, eth, from) < amount) refuse('');
  add(world, eth, from, -amount);
  add(world, eth, to, amount);
}

/** Whether `to` takes a bare payment. Contracts of the project do not, actors as they like, anybody else does. */
export function sendEth(world: World, from: Address, to: Address, amount: bigint): boolean {
  if (isActor(world, to)) {
    if (world.actors.get(to)!.rejectsEth) return false;
    moveEth(world, from, to, amount);
    react(world, to);
    return true;
  }
  if (hasCode(world, to)) return false;
  moveEth(world, from, to, amount);
  return true;
}

/** An honest caller's `transfer`: an asset that says no in either way has not paid. */
export function transferAsset(world: World, asset: Address, from: Address, to: Address, amount: bigint): void {
  if (!moveAsset(world, asset, from, to, amount)) refuse('SafeERC20FailedOperation', asset);
}

/** `transferFrom` by `spender`; answers what arrived. */
export function pullAsset(world: World, asset: Address, spender: Address, from: Address, amount: bigint): bigint {
  if (!world.addresses.assets.some(({ address }) => address === asset)) refuse('');
  const before = balanceOf(world, asset, spender);
  const allowance = allowanceOf(world, asset, from, spender);
  const moved = moveAsset(world, asset, from, spender, amount, () => {
    if (allowance < amount) refuse('AssetAllowance', spender, allowance, amount);
    world.allowances.set(keyOf(asset, from, spender), allowance - amount);
  });
  if (!moved) refuse('SafeERC20FailedOperation', asset);
  const hook = world.assetHooks.get(asset);
  if (hook !== undefined) react(world, hook);
  return balanceOf(world, asset, spender) - before;
}

export function approveAsset(world: World, asset: Address, owner: Address, spender: Address, amount: bigint): void {
  world.allowances.set(keyOf(asset, owner, spender), amount);
}

function moveAsset(
  world: World,
  asset: Address,
  from: Address,
  to: Address,
  amount: bigint,
  authorise: () => void = () => {},
): boolean {
  for (const account of [from, to]) {
    const mode = world.assetModes.get(keyOf(asset, account)) ?? 'moves';
    if (mode === 'false') return false;
    if (mode === 'reverts') refuse('AssetRefused', account);
  }
  authorise();
  const balance = balanceOf(world, asset, from);
  if (balance < amount) refuse('AssetBalance', from, balance, amount);
  const { feeBps } = world.addresses.assets.find(({ address }) => address === asset)!;
  add(world, asset, from, -amount);
  add(world, asset, to, amount - (amount * feeBps) / 10_000n);
  return true;
}

/** The functions of an asset that the test calls itself. */
export function assetHandlers(world: World, asset: Address): Handlers {
  return {
    approve({ sender }: Call, spender: Address, amount: bigint) {
      approveAsset(world, asset, sender, spender, amount);
    },
    mint(_: Call, to: Address, amount: bigint) {
      add(world, asset, to, amount);
    },
    setHook(_: Call, actor: Address) {
      if (actor === zeroAddress) world.assetHooks.delete(asset);
      else world.assetHooks.set(asset, actor);
    },
    setMode(_: Call, account: Address, mode: number) {
      world.assetModes.set(keyOf(asset, account), modes[mode]!);
    },
  };
}
