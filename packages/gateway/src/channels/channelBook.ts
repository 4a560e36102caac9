import type { ApiKeyRecord, ChannelRecord, Hex } from '@kedge/core';
import { type ApiKeyAccess, checkKey } from '../keys/apiKeyAccess.js';
import type { KeyAccount } from '../keys/keyAccounts.js';
import { reasonOf, type StructuredLog } from '../structuredLog.js';
import { openChannelsFile } from './channelsFile.js';
import type { ChannelCheck, ServedChannel, ToldRefusal } from './servedChannel.js';

const recheckMs = 5_000;
// So many channels are checked at once, each with a few questions to the chain.
const checksAtOnce = 8;

/** Which API key pays from which channel. */
export type ChannelBook = {
  /** In shadow mode: what every call is metered against, whatever its key. */
  readonly anyone?: ServedChannel;
  /**
   * By the SHA-256 of a key, in hexadecimal digits without 0x.
   * @throws BaseError 401 when the key was revoked or has expired.
   */
  readonly find: (apiKeySha256: string) => ServedChannel | undefined;
  /** Keys with terms of their own. */
  readonly keyed: () => readonly { readonly channelId: Hex; readonly key: ApiKeyAccess }[];
  /**
   * Whether the file names the key, though its channel could not be checked yet (the chain does not answer, or does not know it).
   * A channel that continues another has no keys of its own: it is asked for by its id.
   */
  readonly isUnchecked: (key: string) => boolean;
  /** Why the key's channel is not served, where its caller can do something. */
  readonly refusalOf: (apiKeySha256: string) => ChannelRefusal | undefined;
  readonly byId: (channelId: Hex) => ServedChannel | undefined;
  /** The next channel that the same key pays from, when this one has no value left. */
  readonly after: (served: ServedChannel) => ServedChannel | undefined;
  /** Serves a channel to the keys of the one that it continues. */
  readonly addNext: (next: ServedChannel, capturedUnits: bigint) => void;
  readonly all: () => Iterable<ServedChannel>;
  readonly uncheckedCount: () => number;
  /** Neither served nor still to be checked. */
  readonly isUnserved: (channelId: Hex) => boolean;
  /** Reads the file again if it changed, and checks what is new or not yet checked. What it says is as of the call, or later. */
  readonly refresh: () => Promise<void>;
  /**
   * The same for a key that is not served, if the file changed or names it: of keys that are nobody's, which anyone can make
   * up, the chain is asked nothing.
   */
  readonly refreshFor: (apiKeySha256: string) => Promise<void>;
  /** The same if the file changed; what is unchecked is tried again now and then. */
  readonly watch: () => Promise<void>;
  /** Stops serving from a channel that is gone from the chain. */
  readonly drop: (channelId: Hex, how: Gone) => void;
};

/** How a channel went: for good, or with the block that opened it, which the chain lost and may open it in a later one. */
export type Gone = 'closed' | 'unseen';

/** A channel that is not served, and what callers with its keys are told. */
export type ChannelRefusal = ToldRefusal & { readonly channelId: Hex };

/** Keeps the channels file in memory. An unknown key makes the caller `refresh`, so a new channel needs no restart. */
export function createChannelBook(options: {
  readonly path: string;
  readonly check: (record: ChannelRecord) => Promise<ChannelCheck>;
  readonly keyAccountOf: (apiKeySha256: string) => KeyAccount;
  /** Unix time in seconds, with fractions. */
  readonly nowSeconds: () => number;
  readonly onServed: (channel: ServedChannel, capturedUnits: bigint) => void;
  readonly log: StructuredLog;
}): ChannelBook {
  const { path, log } = options;
  const file = openChannelsFile(path);
  let byKey = new Map<string, ServedChannel>();
  const byId = new Map<Hex, ServedChannel>();
  let unchecked = new Map<string, ChannelRecord>();
  let running: Promise<void> | undefined;
  let checkedAt = 0;
  // By the channel that a key was made for: those that continue it, in the order they were opened.
  const continued = new Map<Hex, ServedChannel[]>();
  // What the file says now, by channel: what is served may be older, and name keys that were revoked since.
  let listed = new Map<Hex, readonly ChannelRecord[]>();
  // Terms of the keys of channels that the file does not name any more, by channel.
  let left = new Map<Hex, readonly ApiKeyRecord[]>();
  // Channels that are not served any more, whose keys pay from the first that continues them.
  const ended = new Set<Hex>();
  const refused = new Map<string, ChannelRefusal>();

  /** Two keys may pay from one channel: they share its account. */
  const register = (record: ChannelRecord, served: ServedChannel): void => {
    byKey.set(record.apiKeySha256, { ...served, key: undefined });
    for (const key of record.keys ?? []) {
      const access = { ...key, account: options.keyAccountOf(key.apiKeySha256) };
      byKey.set(key.apiKeySha256, { ...served, key: access });
    }
  };

  /** Its keys go on with the next channel, on their terms, when their own was closed and taken out of the file. */
  const registerOrphan = (record: ChannelRecord, served: ServedChannel): void => {
    const rootId = rootIdOf(served);
    if (listed.has(rootId) || byKey.has(record.apiKeySha256)) return;
    register({ ...record, keys: left.get(rootId) }, served);
  };

  const registerNext = (rootId: Hex): void => {
    const next = continued.get(rootId)?.[0];
    if (next !== undefined) for (const record of listed.get(rootId) ?? []) register(record, next);
  };

  const addNext: ChannelBook['addNext'] = (next, capturedUnits) => {
    const { channelId } = next;
    const rootId = rootIdOf(next);
    if (byId.has(channelId)) return;
    continued.set(rootId, [...(continued.get(rootId) ?? []), next]);
    byId.set(channelId, next);
    options.onServed(next, capturedUnits);
    log.info('channel_served', { channelId, name: next.name, capturedUnits, continues: rootId });
    if (ended.has(rootId)) registerNext(rootId);
  };

  /** The file says something else now. */
  const list = (records: readonly ChannelRecord[]): void => {
    const known = new Map([...byKey.values()].map((served) => [served.channelId, served]));
    byKey = new Map();
    // Those that payments opened are in no file.
    unchecked = new Map([...unchecked].filter(([, { channelId }]) => !listed.has(channelId)));
    ended.clear();
    refused.clear();
    listed = recordsByChannel(records);
    left = keysLeftIn(records);
    // `byId` keeps them: what was used under a key that left is still captured.
    for (const record of records) {
      const served = known.get(record.channelId);
      if (record.continues !== undefined) {
        const next = byId.get(record.channelId);
        if (next === undefined) unchecked.set(record.channelId, record);
        else registerOrphan(record, next);
        continue;
      }
      if (served !== undefined) register(record, served);
      else for (const key of keysOf(record)) unchecked.set(key, record);
    }
  };

  /** Whose channel is not listed gets 401, which says nothing of why. */
  const sayUnlisted = (records: readonly ChannelRecord[]): void => {
    if (records.length === 0) {
      log[listed.size === 0 ? 'info' : 'warn']('channels_none', { path, hint: noneHint });
      return;
    }
    const now = new Set(records.map(({ channelId }) => channelId));
    const unlisted = [...listed.keys()].filter((channelId) => !now.has(channelId)).length;
    if (unlisted > 0) log.info('channels_unlisted', { path, unlisted, listed: now.size });
  };

  const refresh = async (): Promise<void> => {
    try {
      const records = await file.readIfChanged();
      if (records !== undefined) {
        sayUnlisted(records);
        list(records);
      }
    } catch (error) {
      log.error('channels_file_unreadable', { path, reason: reasonOf(error) });
      return;
    }
    checkedAt = performance.now();
    const records = [...new Set(unchecked.values())];
    while (records.length > 0) {
      const group = records.splice(0, checksAtOnce);
      const results = await Promise.allSettled(group.map(options.check));
      // In the file's order, which is that in which channels were opened.
      for (const [index, record] of group.entries()) {
        try {
          const outcome = results[index];
          if (outcome?.status !== 'fulfilled') throw outcome?.reason;
          apply(record, outcome.value);
        } catch (error) {
          log.warn('channel_unchecked', { channelId: record.channelId, reason: reasonOf(error) });
          putBehind(record);
        }
      }
      // A node that does not answer, or limits requests, is left alone for a while: thousands of channels would each wait for it.
      if (results.every(({ status }) => status === 'rejected')) return;
    }
  };

  /** The others are tried before it the next time. */
  const putBehind = (record: ChannelRecord): void => {
    for (const key of keysOf(record)) if (unchecked.delete(key)) unchecked.set(key, record);
  };

  const apply = (record: ChannelRecord, result: ChannelCheck): void => {
    const { channelId } = record;
    if (!result.usable && result.isUnseen === true) throw new Error(result.reason);
    for (const key of keysOf(record)) unchecked.delete(key);
    if (result.usable && record.continues !== undefined) {
      addNext(result.channel, result.capturedUnits);
      registerOrphan(record, result.channel);
    } else if (result.usable) {
      register(record, result.channel);
      byId.set(channelId, result.channel);
      options.onServed(result.channel, result.capturedUnits);
      log.info('channel_served', { channelId, name: record.name, capturedUnits: result.capturedUnits });
    } else {
      const { reason, told } = result;
      log.error('channel_refused', { channelId, name: record.name, reason });
      if (told !== undefined) for (const key of keysOf(record)) refused.set(key, { ...told, channelId });
      ended.add(channelId);
      registerNext(channelId);
    }
  };

  const refreshOnce = (): Promise<void> => (running ??= refresh().finally(() => (running = undefined)));

  return {
    find: (key) => {
      const served = byKey.get(key);
      if (served?.key !== undefined) checkKey(served.key, options.nowSeconds());
      return served;
    },
    keyed: () => [...byKey.values()].flatMap(({ channelId, key }) => (key === undefined ? [] : [{ channelId, key }])),
    isUnchecked: (key) => unchecked.has(key),
    refusalOf: (key) => refused.get(key),
    byId: (channelId) => byId.get(channelId),
    all: () => byId.values(),
    uncheckedCount: () => new Set([...unchecked.values()].map(({ channelId }) => channelId)).size,
    isUnserved: (channelId) =>
      !byId.has(channelId) && !(listed.get(channelId) ?? []).flatMap(keysOf).some((key) => unchecked.has(key)),
    // A run that is under way may have read the file before it changed.
    refresh: () => (running === undefined ? refreshOnce() : running.then(refreshOnce)),
    refreshFor: async (key) => {
      await running;
      const isChanged = await file.isChanged();
      if (unchecked.has(key) || isChanged) await refreshOnce();
      // Another began meanwhile, and what it will find was not there before.
      else await running;
    },
    watch: async () => {
      const isDue = unchecked.size > 0 && performance.now() - checkedAt > recheckMs;
      if (isDue || (await file.isChanged())) await refreshOnce();
    },
    after: (served) => {
      const next = continued.get(rootIdOf(served));
      if (next === undefined) return undefined;
      const found = next[next.findIndex(({ channelId }) => channelId === served.channelId) + 1];
      return found && { ...found, key: served.key };
    },
    addNext,
    drop: (channelId, how) => {
      const dropped = byId.get(channelId);
      byId.delete(channelId);
      if (dropped === undefined) return;
      const rootId = rootIdOf(dropped);
      const others = continued.get(rootId)?.filter((next) => next.channelId !== channelId) ?? [];
      continued.set(rootId, others);
      for (const [key, served] of byKey) {
        if (served.channelId !== channelId) continue;
        if (others[0] === undefined) byKey.delete(key);
        else byKey.set(key, { ...others[0], key: served.key });
      }
      if (how === 'closed') {
        ended.add(channelId);
        return;
      }
      const records = listed.get(channelId) ?? (dropped.continues === undefined ? [] : [dropped]);
      for (const record of records) for (const key of keysOf(record)) unchecked.set(key, record);
    },
  };
}

const noneHint =
  'Nobody is served: the channels file names no channel, or is not there. kedge channel open and kedge channel add write it; one that is put back is read within a second.';

/** The channel that the keys of a channel were made for. */
export function rootIdOf({ continues, channelId }: Pick<ServedChannel, 'continues' | 'channelId'>): Hex {
  return continues?.rootId ?? channelId;
}

/** The same by id; a channel that is not served is its own. */
export function rootIdIn(book: Pick<ChannelBook, 'byId'>, channelId: Hex): Hex {
  return rootIdOf(book.byId(channelId) ?? { channelId });
}

function recordsByChannel(records: readonly ChannelRecord[]): Map<Hex, readonly ChannelRecord[]> {
  const found = new Map<Hex, ChannelRecord[]>();
  for (const record of records) found.set(record.channelId, [...(found.get(record.channelId) ?? []), record]);
  return found;
}

/** Written with those that continue a channel. The first that names a key counts. */
function keysLeftIn(records: readonly ChannelRecord[]): Map<Hex, readonly ApiKeyRecord[]> {
  const found = new Map<Hex, readonly ApiKeyRecord[]>();
  for (const { continues, keys = [] } of records) {
    if (continues === undefined) continue;
    const before = found.get(continues.rootId) ?? [];
    const known = new Set(before.map(({ apiKeySha256 }) => apiKeySha256));
    found.set(continues.rootId, [...before, ...keys.filter(({ apiKeySha256 }) => !known.has(apiKeySha256))]);
  }
  return found;
}

function keysOf(record: ChannelRecord): string[] {
  // It has none of its own, whatever its entry says.
  if (record.continues !== undefined) return [record.channelId];
  return [record.apiKeySha256, ...(record.keys ?? []).map(({ apiKeySha256 }) => apiKeySha256)];
}
