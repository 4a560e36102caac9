import type { ChannelRecord, Hex } from '@kedge/core';
import type { ChannelCheck, ServedChannel } from '../channels/servedChannel.js';
import type { StructuredLog } from '../structuredLog.js';
import type { OpenedRecord } from './topUpRecord.js';

/** Channels that payments opened. */
export type OpenedChannels = {
  readonly add: (opened: OpenedRecord) => void;
  readonly get: (channelId: Hex) => OpenedRecord | undefined;
  /** Whether the node did not know it yet, or no more, when it was asked last. */
  readonly isAwaited: (channelId: Hex) => boolean;
  /**
   * Serves what is not served yet, the oldest first.
   * @throws whatever the chain's client throws when the chain does not answer.
   */
  readonly serve: () => Promise<void>;
};

export function createOpenedChannels(options: {
  readonly check: (record: ChannelRecord) => Promise<ChannelCheck>;
  /** Serves a channel to the keys of the one that it continues. */
  readonly serve: (channel: ServedChannel, capturedUnits: bigint) => void;
  /** Whether a channel that was served is not now, because the chain lost the block that opened it, and may open it in a later one. */
  readonly isUnchecked: (channelId: Hex) => boolean;
  readonly log: StructuredLog;
}): OpenedChannels {
  const opened = new Map<Hex, OpenedRecord>();
  const unserved = new Map<Hex, OpenedRecord>();
  return {
    add: (entry) => {
      const { channelId } = entry.record;
      if (!opened.has(channelId)) unserved.set(channelId, entry);
      opened.set(channelId, entry);
    },
    get: (channelId) => opened.get(channelId),
    isAwaited: (channelId) => unserved.has(channelId) || options.isUnchecked(channelId),
    serve: async () => {
      for (const [channelId, { record, rootId, holder }] of unserved) {
        const result = await options.check(record);
        if (!result.usable && result.isUnseen === true) continue;
        if (!unserved.delete(channelId)) continue;
        if (result.usable) options.serve({ ...result.channel, continues: { rootId, holder } }, result.capturedUnits);
        else options.log.info('top_up_not_served', { channelId, reason: result.reason });
      }
    },
  };
}
