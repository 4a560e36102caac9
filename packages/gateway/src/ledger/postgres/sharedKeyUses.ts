import type { Hex } from '@kedge/core';
import type { KeyAccounts } from '../../keys/keyAccounts.js';
import type { ChannelAccounts } from '../channelAccount.js';
import type { KeyUse, SharedTables } from './sharedTables.js';

/** What keys with terms of their own have spent, at all gateways, as their accounts here have it. */
export type SharedKeyUses = {
  /** What the keys that pay from a channel are recorded with. */
  readonly read: (channelId: Hex) => Promise<KeyUse[]>;
  /** Takes what is recorded, unless the channel was held here all the time. */
  readonly take: (use: KeyUse) => void;
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
  const counted = new Map<string, bigint>();
  return {
    read: (channelId) => context.tables.keyUses(channelId, context.keysOf(channelId)),
    take: ({ channelId, key, units, epoch }) => {
      // Held here since: what was counted is what is recorded, and what is about to be.
      if (context.accounts.known(channelId)?.epoch === epoch) return;
      const name = `${channelId}/${key}`;
      context.keyAccountOf(key).committedUnits += units - (counted.get(name) ?? 0n);
      counted.set(name, units);
    },
    note: (channelId, key, units) => {
      const name = `${channelId}/${key}`;
      counted.set(name, (counted.get(name) ?? 0n) + units);
    },
  };
}
