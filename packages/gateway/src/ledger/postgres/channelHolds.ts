import type { Hex } from '@kedge/core';
import type { StructuredLog } from '../../structuredLog.js';
import type { ChannelAccounts } from '../channelAccount.js';
import { ChannelsLostError } from '../channelsLostError.js';
import type { ChannelElsewhere } from '../ledger.js';
import type { GatewayLease } from './gatewayLease.js';
import type { SharedKeyUses } from './sharedKeyUses.js';
import { readInto, type SharedTables } from './sharedTables.js';

/** Which channels this run serves (R15). */
export type ChannelHolds = {
  /** As far as is known without asking. */
  readonly isHeld: (channelId: Hex) => boolean;
  /** Whether it was found to be ours and nothing was found since, though the lease may have lapsed. */
  readonly wasHeld: (channelId: Hex) => boolean;
  /** Whether nothing has to be read of it, because the account is the newest there is. */
  readonly isConfirmed: (channelId: Hex) => boolean;
  /** Undefined: it is held. Else it is found out, or taken over. */
  readonly placeOf: (channelId: Hex) => undefined | Promise<ChannelElsewhere | undefined>;
  /** Receipts that were numbered are not in the ledger. */
  readonly breakHold: (channelId: Hex, error: unknown) => void;
  /** Holds only those channels any more, and answers which they are. */
  readonly release: (isKept: (channelId: Hex) => boolean) => readonly Hex[];
};

/** A channel that this run holds, or asks for. */
type Hold = {
  /** Of the lease, when the database last said that the channel is ours. -1: it is not. */
  confirmedIn: number;
  /** Receipts that were numbered are not in the ledger: the account is read anew, in a new epoch. */
  isBroken: boolean;
  /** How often that happened. */
  breaks: number;
  asking: Promise<ChannelElsewhere | undefined> | undefined;
};

export function createChannelHolds(context: {
  readonly epoch: bigint;
  readonly lease: GatewayLease;
  readonly tables: SharedTables;
  readonly accounts: ChannelAccounts;
  readonly keyUses: SharedKeyUses;
  /** Before a channel is served: its vouchers, of which receipts cover `units`. */
  readonly readVouchers: (channelId: Hex, units: bigint) => Promise<void>;
  /** Before a channel is served that was not. */
  readonly onHeld: () => Promise<void>;
  readonly rootOf: (channelId: Hex) => Hex;
  /** Fails what waits to be written of a channel. */
  readonly reject: (channelId: Hex, error: unknown) => void;
  readonly log: StructuredLog;
}): ChannelHolds {
  const { epoch, lease, tables, accounts, keyUses, log } = context;
  const holds = new Map<Hex, Hold>();
  const holdOf = (channelId: Hex): Hold => {
    let hold = holds.get(channelId);
    if (hold === undefined) {
      holds.set(channelId, (hold = { confirmedIn: -1, isBroken: false, breaks: 0, asking: undefined }));
    }
    return hold;
  };
  const isHeld = (hold: Hold): boolean => hold.confirmedIn === lease.generation() && lease.isLive();

  const breakHold = (channelId: Hex, error: unknown): void => {
    const hold = holdOf(channelId);
    hold.confirmedIn = -1;
    hold.isBroken = true;
    hold.breaks++;
    context.reject(channelId, error);
  };

  const ask = async (channelId: Hex, hold: Hold): Promise<ChannelElsewhere | undefined> => {
    const generation = lease.generation();
    const { breaks } = hold;
    const held = await tables.holdChannel(channelId, context.rootOf(channelId), epoch, hold.isBroken);
    if (held.elsewhere !== undefined) {
      breakHold(channelId, new ChannelsLostError([channelId]));
      return held.elsewhere;
    }
    const { channelEpoch, channel } = held;
    await context.readVouchers(channelId, channel.head?.units ?? 0n);
    const spent = await keyUses.read(channelId);
    const account = accounts.of(channelId);
    if (account.epoch !== channelEpoch) await context.onHeld();
    // Receipts that were numbered failed meanwhile: what was just found is not what the account says.
    if (hold.breaks !== breaks) return ask(channelId, hold);
    if (account.epoch !== channelEpoch) {
      context.reject(channelId, new ChannelsLostError([channelId]));
      keyUses.take(channelId, spent);
      readInto(account, channel);
      account.epoch = channelEpoch;
      account.counter = 0n;
      log.info('channel_held', { channelId, epoch: channelEpoch });
    }
    hold.isBroken = false;
    hold.confirmedIn = generation;
    return undefined;
  };

  return {
    isHeld: (channelId) => isHeld(holdOf(channelId)),
    wasHeld: (channelId) => holdOf(channelId).confirmedIn !== -1,
    isConfirmed: (channelId) => holdOf(channelId).confirmedIn === lease.generation(),
    placeOf: (channelId) => {
      const hold = holdOf(channelId);
      if (isHeld(hold)) return undefined;
      hold.asking ??= ask(channelId, hold).finally(() => (hold.asking = undefined));
      return hold.asking;
    },
    breakHold,
    release: (isKept) => {
      const kept = [...holds.keys()].filter(isKept);
      for (const [channelId, hold] of holds) if (!isKept(channelId)) hold.confirmedIn = -1;
      return kept;
    },
  };
}
