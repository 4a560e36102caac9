import type { Hex } from '@kedge/core';
import type { KeyAccounts } from '../../keys/keyAccounts.js';
import type { ChannelAccounts } from '../channelAccount.js';
import type { KeyUse, SharedTables } from './sharedTables.js';

/** What keys with terms of their own have spent, at all gateways, as their accounts here have it. */
export type SharedKeyUses = {
  /** What the keys that pay from a channel are recorded with. */
  readonly read: (channelId: Hex) => Promise<KeyUse[]>;
  /** Takes what is recorded for a channel that was not held here all the time, and for others of which that is so. */
  readonly take: (channelId: Hex, recorded: readonly KeyUse[]) => void;
  /** What a call here spends, which its account has already. */
  readonly note: (channelId: Hex, key: string, units: bigint) => void;
};

export function createSharedKeyUses(context: {
  readonly tables: SharedTables;
  readonly accounts: ChannelAccounts;
  readonly keyAccountOf: KeyAccounts['accountOf'];
  /** The keys with terms of their own that pay from a channel, or from one that it continues. */
  readonly keysOf: (channelId: Hex) => readonly string[];
}): SharedKeyUses {
  // By channel and key: what the keys' accounts have in them.
  const counted = new Map<Hex, Map<string, bigint>>();
  const countedOf = (channelId: Hex): Map<string, bigint> => {
    let ofChannel = counted.get(channelId);
    if (ofChannel === undefined) counted.set(channelId, (ofChannel = new Map()));
    return ofChannel;
  };
  const setTo = (channelId: Hex, key: string, units: bigint): void => {
    const ofChannel = countedOf(channelId);
    context.keyAccountOf(key).committedUnits += units - (ofChannel.get(key) ?? 0n);
    ofChannel.set(key, units);
  };
  return {
    read: (channelId) => context.tables.keyUses(channelId, context.keysOf(channelId)),
    take: (channelId, recorded) => {
      // Of a key whose calls failed to be recorded there may be nothing.
      for (const key of countedOf(channelId).keys()) {
        if (!recorded.some((use) => use.channelId === channelId && use.key === key)) setTo(channelId, key, 0n);
      }
      for (const use of recorded) {
        // Held here since: what was counted is what is recorded, and what is about to be.
        if (context.accounts.known(use.channelId)?.epoch !== use.epoch) setTo(use.channelId, use.key, use.units);
      }
    },
    note: (channelId, key, units) => {
      const ofChannel = countedOf(channelId);
      ofChannel.set(key, (ofChannel.get(key) ?? 0n) + units);
    },
  };
}
