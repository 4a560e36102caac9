import type { Channel } from '@kedge/core';
import type { Command } from '../referenceToken.js';
import type { TokenRecord } from '../world.js';
import { captureOf, closeOf } from './commandsOfChannels.js';
import { anActor, command, mostly, type Scene } from './scene.js';

const metric = `0x${'7c'.repeat(32)}` as const;

/**
 * A command for which it matters that it is now, and not a second earlier or later: somebody tries to use what begins or ends
 * here. Undefined where nothing does. Left to chance, a command seldom meets its second.
 */
export function ofTheSecond(scene: Scene): Command | undefined {
  const { random, world, channels } = scene;
  const isNow = (...times: readonly bigint[]) =>
    times.some((time) => world.now() - 1n <= time && time <= world.now() + 1n);
  const ways: readonly (() => Command | undefined)[] = [
    ...world.tokens.values().flatMap((token) => {
      const { revocation, expireAt, activateAt } = token;
      const isDue = revocation && isNow(revocation.effectiveAt, revocation.effectiveAt + revocation.window);
      return [
        ...(isDue ? [() => aboutRevocation(scene, token)] : []),
        ...(isNow(expireAt, activateAt) ? [() => withToken(scene, token)] : []),
      ];
    }),
    ...world.classes
      .values()
      .flatMap(({ classId, issuer, announced, options }) => [
        ...(announced && isNow(announced.effectiveAt) ? [() => onToken(scene, 'activatePolicy', [classId])] : []),
        ...(isNow(options.sharesFrozenFrom)
          ? [() => command(mostly(scene, issuer), world.addresses.token, 'mint', [classId, anActor(scene), 5n, 7n, 0n])]
          : []),
      ]),
    ...channels
      .filter(({ deadline, grace }) => isNow(deadline, deadline + BigInt(grace)))
      .map((channel) => () => withChannel(scene, channel)),
  ];
  return ways.length === 0 ? undefined : random.pick(ways)();
}

function onToken(scene: Scene, name: string, args: readonly unknown[], value?: bigint): Command {
  return command(anActor(scene), scene.world.addresses.token, name, args, value);
}

function aboutRevocation(scene: Scene, { tokenId, classId, owner }: TokenRecord): Command {
  const { random, world } = scene;
  const { token } = world.addresses;
  return random.chance(60)
    ? command(mostly(scene, world.classes.get(classId)!.issuer), token, 'revoke', [tokenId])
    : command(mostly(scene, owner), token, 'appealRevocation', [tokenId, 'ipfs://statement']);
}

function withToken(scene: Scene, { tokenId, classId, owner }: TokenRecord): Command {
  const { random, world } = scene;
  return random.weighted<() => Command>([
    [3, () => command(mostly(scene, owner), world.addresses.token, 'recordUsage', [tokenId, metric, 1n])],
    [3, () => onToken(scene, 'settleRevenueETH', [classId], 1n + random.upTo(10n ** 18n))],
    [1, () => onToken(scene, 'observeExpiry', [tokenId])],
    [1, () => onToken(scene, 'sweepExpired', [tokenId])],
  ])();
}

function withChannel(scene: Scene, channel: Channel): Command | undefined {
  return scene.random.chance(70) ? captureOf(scene, () => channel) : closeOf(scene, channel);
}
