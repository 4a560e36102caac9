import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Hex } from '@kedge/core';
import { writeWhole } from '../ledger/segments/writeWhole.js';

/**
 * Channels that nothing can be captured from any more, and when that was seen first. Only a memory of what the chain says: it may
 * be deleted, and is made again.
 */
export type EndedChannels = {
  /** Whether that was so long ago that no reorganisation of the chain, and no clock that was put right since, undoes it. */
  readonly isForGood: (channelId: Hex) => boolean;
  readonly note: (channelId: Hex, state: 'ended' | 'open') => void;
  /** Keeps what was noted since it was read. */
  readonly save: () => Promise<void>;
};

const finalSeconds = 86_400;
const linePattern = /^(0x[0-9a-f]{64}) (\d{10})$/;

export const endedChannelsIn = (dataDir: string): string => join(dataDir, 'ended-channels');

/** @param nowSeconds Unix time. */
export async function readEndedChannels(path: string, nowSeconds: () => number): Promise<EndedChannels> {
  const since = new Map<Hex, number>();
  // What cannot be read is as good as nothing: saving it says why.
  const text = await readFile(path, 'utf8').catch(() => '');
  for (const line of text.split('\n')) {
    const [, channelId, seconds] = linePattern.exec(line) ?? [];
    if (channelId !== undefined) since.set(channelId as Hex, Number(seconds));
  }
  let isChanged = false;
  return {
    isForGood: (channelId) => nowSeconds() - (since.get(channelId) ?? Infinity) > finalSeconds,
    note: (channelId, state) => {
      const known = since.get(channelId);
      if (state === 'open') isChanged = since.delete(channelId) || isChanged;
      // One that was seen later than now was seen by another clock.
      else if (known === undefined || known > nowSeconds()) {
        since.set(channelId, Math.floor(nowSeconds()));
        isChanged = true;
      }
    },
    save: async () => {
      if (!isChanged) return;
      isChanged = false;
      await writeWhole(path, () => [Buffer.from([...since].map((each) => `${each.join(' ')}\n`).join(''))]);
    },
  };
}
