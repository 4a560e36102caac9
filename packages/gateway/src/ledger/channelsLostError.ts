import { BaseError, type Hex } from '@kedge/core';

/** Channels that this gateway no longer numbers receipts of (R15). Nothing of the batch that held them was written. */
export class ChannelsLostError extends BaseError {
  private readonly channelIds: ReadonlySet<Hex>;

  constructor(channelIds: readonly Hex[]) {
    super('Another gateway serves this channel now: the call was not recorded, and nothing was charged for it.', {
      code: 'channel_elsewhere',
      status: 503,
      kind: 'transient',
      values: { channelId: channelIds[0], retryAfterSeconds: 1 },
      hints: ['Make the call again.'],
    });
    this.channelIds = new Set(channelIds);
  }

  /** Whether the channel is among those lost. */
  has(channelId: Hex): boolean {
    return this.channelIds.has(channelId);
  }
}
