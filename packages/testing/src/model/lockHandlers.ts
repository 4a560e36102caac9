import type { Address, Hex } from '@kedge/core';
import { inside, isActor, react, type Call, type Handlers } from './call.js';
import { openChannel } from './channels.js';
import { consumeLocks, returnLock, type LockRequest, type LockUse } from './locks.js';
import { refuse } from './revert.js';
import { requireOwner, requireUnexpired, takeValue } from './tokens.js';
import { keyOf, type World } from './world.js';

export function lockHandlers(world: World): Handlers {
  const { token: self } = world.addresses;
  return {
    lock({ sender }: Call, tokenId: bigint, units: bigint, module: Address, data: Hex) {
      return inside(world, self, () => {
        const token = requireOwner(world, tokenId, sender);
        requireUnexpired(world, token);
        if (units === 0n) refuse('DATZeroUnits');
        takeValue(world, tokenId, units);
        const lockId = askModule(world, module, { holder: sender, token, units }, data);
        const key = keyOf(module, lockId);
        if (world.locks.has(key)) refuse('DATLockExists', module, lockId);
        world.locks.set(key, {
          module,
          lockId,
          tokenId,
          remaining: units,
          lockedAt: world.now(),
          expireAt: token.expireAt,
          ended: false,
        });
        world.emit(self, 'ValueLocked', tokenId, module, lockId, units);
        return lockId;
      });
    },
    consumeLocks: ({ sender }: Call, uses: readonly LockUse[], metricType: Hex, operator: Address) =>
      consumeLocks(world, sender, uses, metricType, operator),
    returnLock: ({ sender }: Call, lockId: Hex) => returnLock(world, sender, lockId),
  };
}

/** Asks the module for the lock's id. Only the channels and the actors are modules. */
function askModule(world: World, module: Address, request: LockRequest, data: Hex): Hex {
  if (module === world.addresses.channels) return openChannel(world, request, data);
  if (!isActor(world, module)) refuse('');
  react(world, module);
  return `0x${data.slice(2, 66).padEnd(64, '0')}`;
}
