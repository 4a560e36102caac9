import { dataAnchoringTokenAbi, valueChannelsAbi, valueMarketAbi, type Address } from '@kedge/core';
import { approvalHandlers } from './approvals.js';
import { assetHandlers, moveEth } from './assets.js';
import { batchHandlers } from './batches.js';
import { resaleHandlers } from './resales.js';
import type { Call, Handlers } from './call.js';
import { channelHandlers } from './channels.js';
import { classHandlers } from './classes.js';
import { lifecycleHandlers } from './lifecycle.js';
import { lockHandlers } from './lockHandlers.js';
import { lotHandlers } from './lots.js';
import { marketHandlers } from './market.js';
import { renewalHandlers } from './renewals.js';
import { refuse, Revert } from './revert.js';
import { revocationHandlers } from './revocations.js';
import { revenueHandlers } from './revenue.js';
import { tokenHandlers } from './tokenHandlers.js';
import { viewHandlers } from './views.js';
import { createWorld, type Addresses, type Armed, type Emitted, type World } from './world.js';

/** A call as it is sent: arguments in the order of the ABI. `receive` is ETH without data, `unknown` a selector of nothing. */
export type Command = {
  readonly sender: Address;
  readonly target: Address;
  readonly name: string;
  readonly args: readonly unknown[];
  readonly value: bigint;
};

export type Outcome = {
  readonly result?: unknown;
  readonly revert?: Revert;
  readonly emitted: readonly Emitted[];
};

export type ReferenceToken = {
  readonly world: World;
  /** Moves the clock. */
  readonly at: (time: bigint) => void;
  readonly execute: (command: Command) => Outcome;
  readonly read: (target: Address, name: string, args: readonly unknown[]) => Pick<Outcome, 'result' | 'revert'>;
};

const payable = new Set(
  [...dataAnchoringTokenAbi, ...valueMarketAbi, ...valueChannelsAbi].flatMap((item) =>
    item.type === 'function' && (item.stateMutability as string) === 'payable' ? [item.name as string] : [],
  ),
);

/**
 * `DataAnchoringToken` with its channels and its market, slow and obvious: maps, big integers, and a loop over all tokens
 * wherever the contracts have a trick. Written from docs/specs, to be compared with the contracts call by call.
 *
 * @example
 * const reference = createReferenceToken(addresses);
 * reference.at(1_800_000_000n);
 * const claim = { sender: holder, target: addresses.token, name: 'claim', args: [tokenId], value: 0n };
 * const { result, revert, emitted } = reference.execute(claim);
 */
export function createReferenceToken(addresses: Addresses): ReferenceToken {
  let time = 0n;
  const world: World = createWorld(
    addresses,
    () => time,
    (sender, target, name, args, value) => invoke({ sender, target, name, args, value }),
  );
  const contracts = handlersOf(world);
  const call = ({ sender, target, name, args, value }: Command): unknown => {
    // What the extension does it does for the token.
    if (target === addresses.extension && name !== 'receive') refuse('DATDirectCall');
    const handler = contracts.get(target)?.[name];
    if (handler === undefined) return refuse('');
    return (handler as (call: Call, ...rest: readonly unknown[]) => unknown)({ sender, value }, ...args);
  };
  const invoke = (command: Command): unknown => {
    moveEth(world, command.sender, command.target, command.value);
    if (command.value > 0n && !payable.has(command.name) && command.name !== 'receive') refuse('');
    return call(command);
  };
  for (const actor of addresses.actors) world.actors.set(actor, { rejectsEth: false, rejectsTokens: false });
  return {
    world,
    at(now) {
      time = now;
    },
    execute(command) {
      for (const key of world.emitted.keys()) world.emitted.delete(key);
      world.journal.commit();
      try {
        const result = world.journal.attempt(() => invoke(command));
        return { result, emitted: world.emitted.values() };
      } catch (revert) {
        if (revert instanceof Revert) return { revert, emitted: [] };
        throw revert;
      }
    },
    read(target, name, args) {
      try {
        return { result: call({ sender: target, target, name, args, value: 0n }) };
      } catch (revert) {
        if (revert instanceof Revert) return { revert };
        throw revert;
      }
    },
  };
}

function handlersOf(world: World): ReadonlyMap<Address, Handlers> {
  const { token, extension, channels, market, actors, assets } = world.addresses;
  // ETH comes with a call that says what it is for.
  const receive = ({ value }: Call) => refuse('DATWrongDeposit', 0n, value);
  return new Map<Address, Handlers>([
    [
      token,
      {
        ...classHandlers(world),
        ...tokenHandlers(world),
        ...lotHandlers(world),
        ...lifecycleHandlers(world),
        ...renewalHandlers(world),
        ...revocationHandlers(world),
        ...lockHandlers(world),
        ...revenueHandlers(world),
        ...viewHandlers(world),
        ...approvalHandlers(world),
        ...batchHandlers(world),
        ...resaleHandlers(world),
        receive,
      },
    ],
    [extension, { receive }],
    [channels, channelHandlers(world)],
    [market, marketHandlers(world)],
    ...actors.map((actor) => [actor, actorHandlers(world, actor)] as const),
    ...assets.map(({ address }) => [address, assetHandlers(world, address)] as const),
  ]);
}

/** How an actor is told what to do when it is called back. */
function actorHandlers(world: World, actor: Address): Handlers {
  const change = (changed: object) => world.actors.set(actor, { ...world.actors.get(actor)!, ...changed });
  return {
    setRejects: (_: Call, rejectsEth: boolean, rejectsTokens: boolean) => change({ rejectsEth, rejectsTokens }),
    arm: (_: Call, armed: Armed) => change({ armed }),
  };
}
