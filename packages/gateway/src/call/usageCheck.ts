import type { Hex } from '@kedge/core';
import type { StructuredLog } from '../structuredLog.js';
import type { Measured } from '../surfaces/surface.js';

/** Compares an upstream's `usage` with the gateway's own count. The policy's tokenizer rules; a difference is only logged. */
export type UsageCheck = (measured: Measured, call: { readonly channelId: Hex; readonly model: string }) => void;

const tolerance = 0.1;
const smallDifference = 16;
const quietMs = 60_000;

/** Logs a difference of more than 10 % and 16 tokens: for each channel and model once a minute, with how many calls had one. */
export function createUsageCheck(log: StructuredLog, now: () => number): UsageCheck {
  const seen = new Map<string, { loggedAt: number; since: number }>();
  return ({ counts, usage }, { channelId, model }) => {
    if (usage === undefined) return;
    const { input, output } = usage;
    if (!differs(input, counts.inputTokens) && !differs(output, counts.outputTokens)) return;
    const key = `${channelId}/${model}`;
    let entry = seen.get(key);
    if (entry === undefined) seen.set(key, (entry = { loggedAt: -Infinity, since: 0 }));
    entry.since++;
    if (now() - entry.loggedAt < quietMs) return;
    log.warn('usage_differs', {
      channelId,
      model,
      calls: entry.since,
      inputTokens: counts.inputTokens,
      upstreamInputTokens: input,
      outputTokens: counts.outputTokens,
      upstreamOutputTokens: output,
    });
    entry.loggedAt = now();
    entry.since = 0;
  };
}

function differs(theirs: number | undefined, ours: number): boolean {
  if (theirs === undefined) return false;
  return Math.abs(theirs - ours) > Math.max(smallDifference, tolerance * Math.max(theirs, ours));
}
