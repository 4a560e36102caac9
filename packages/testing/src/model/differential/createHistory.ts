import type { Channel } from '@kedge/core';
import type { Random } from '../../createRandom.js';
import { eth } from '../assets.js';
import { createReferenceToken, type Command, type ReferenceToken } from '../referenceToken.js';
import { keyOf } from '../world.js';
import { lowerCase } from './abis.js';
import { genesis, type Chain } from './chain.js';
import { firstCommands, nextCommand } from './createCommands.js';
import { aLaterTime, createScene } from './scene.js';

/** A command and the second of its block. */
export type Entry = {
  readonly time: bigint;
  readonly command: Command;
  /** Terms of channels that came up with it: from then on they are looked at. */
  readonly channels: readonly Channel[];
};
export type History = readonly Entry[];
/** Who is there, and what each actor begins with. */
export type Cast = Pick<Chain, 'addresses' | 'wealth'>;

const longestBatch = 48;

/** The model of a chain on which nothing has happened yet. */
export function newReference({ addresses, wealth }: Cast): ReferenceToken {
  const reference = createReferenceToken(lowerCase(addresses));
  const { world } = reference;
  for (const actor of world.addresses.actors) world.balances.set(keyOf(eth, actor), wealth);
  reference.at(genesis);
  return reference;
}

/**
 * A world of `length` commands. The model alone carries them out: what it knows decides what is tried next. Where it breaks
 * down, the history ends with the command that it could not take.
 */
export function createHistory(cast: Cast, length: number, random: Random): History {
  const reference = newReference(cast);
  const scene = createScene(reference, random);
  const first = [...firstCommands(scene)];
  const history: Entry[] = [];
  let inBlock = 0;
  while (history.length < length) {
    const known = scene.channels.length;
    const command = first.shift() ?? nextCommand(scene);
    history.push({ time: reference.world.now(), command, channels: scene.channels.slice(known) });
    try {
      reference.execute(command);
    } catch {
      return history;
    }
    inBlock += 1;
    if (inBlock < longestBatch && !random.chance(8)) continue;
    inBlock = 0;
    reference.at(aLaterTime(scene));
  }
  return history;
}
