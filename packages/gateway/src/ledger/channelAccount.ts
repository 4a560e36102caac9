import { type Hex, zeroHash } from '@kedge/core';
import type { KeyAccount } from '../keys/keyAccounts.js';
import { createUseWindows, type UseWindows } from './useWindows.js';

/** What the ledger knows of one channel. Changed by `reserve` and `commit` only, always in one turn of the event loop. */
export type ChannelAccount = {
  readonly channelId: Hex;
  /** Units of all receipts: what vouchers come to. */
  committedUnits: bigint;
  /** Worst cases of the calls that are running. */
  reservedUnits: bigint;
  /** How many they are. */
  runningCalls: number;
  readonly windows: UseWindows;
  /** In which the channel's next receipts are numbered. */
  epoch: bigint;
  /** Receipts of this epoch so far. */
  counter: bigint;
  lastSeq: bigint;
  lastReceiptHash: Hex;
  /** The newest receipt that is on disk: vouchers are made for this and nothing later. */
  durable: { readonly units: bigint; readonly seq: bigint; readonly receiptHash: Hex } | undefined;
  /** Calls that wait for reservations of others to end, first come first served. */
  readonly waiting: WaitingCall[];
};

/** A call that waits for reservations of others to end. */
export type WaitingCall = {
  /** What it waits for: room in the channel, or in its key. It waits behind those that wait for the same. */
  limit: KeyAccount | 'channel';
  /** Tries for its reservation; undefined when the wait is over, else what stands against it now. */
  readonly attempt: () => KeyAccount | 'channel' | undefined;
};

export function createChannelAccount(channelId: Hex, epoch: bigint): ChannelAccount {
  return {
    channelId,
    committedUnits: 0n,
    reservedUnits: 0n,
    runningCalls: 0,
    windows: createUseWindows(),
    epoch,
    counter: 0n,
    lastSeq: 0n,
    lastReceiptHash: zeroHash,
    durable: undefined,
    waiting: [],
  };
}

/** The accounts of all channels that were asked for: each the same object at every time. */
export type ChannelAccounts = {
  readonly of: (channelId: Hex) => ChannelAccount;
  /** Undefined: nobody asked for it yet. */
  readonly known: (channelId: Hex) => ChannelAccount | undefined;
  readonly all: () => Iterable<ChannelAccount>;
};

/** @param epoch In which a channel's receipts are numbered until its account says another. */
export function createChannelAccounts(epoch: () => bigint): ChannelAccounts {
  const accounts = new Map<Hex, ChannelAccount>();
  return {
    of: (channelId) => {
      let account = accounts.get(channelId);
      if (account === undefined) accounts.set(channelId, (account = createChannelAccount(channelId, epoch())));
      return account;
    },
    known: (channelId) => accounts.get(channelId),
    all: () => accounts.values(),
  };
}
