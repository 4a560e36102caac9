import { type Hex, type Measured, type PolicyUsage, shownOutputOf, toleranceAt, usageTermsOf } from '@kedge/core';
import type { StructuredLog } from '../structuredLog.js';
import type { Call } from './call.js';

/** A call whose upstream counted otherwise than the gateway, beyond the tolerance of its policy. */
export type UsageDifference = {
  /** Unix time in milliseconds. */
  readonly at: number;
  readonly channelId: Hex;
  readonly model: string;
  readonly path: string;
  readonly gateway: { readonly inputTokens: number; readonly outputTokens: number };
  /** Null where the upstream said nothing. Output without reasoning that was not shown. */
  readonly upstream: { readonly inputTokens: number | null; readonly outputTokens: number | null };
  /** The clause of the policy, or what holds without one. */
  readonly terms: PolicyUsage;
};

/** Compares an upstream's `usage` with the gateway's own count. Which of them is charged, the policy says. */
export type UsageCheck = {
  readonly check: (measured: Measured, call: Pick<Call, 'served' | 'request' | 'surface'>) => void;
  /** The newest differences, the newest first; kept in memory only. */
  readonly recent: () => readonly UsageDifference[];
};

const quietMs = 60_000;
const mostKept = 256;

/** Keeps the newest differences, and logs them: for each channel and model once a minute, with how many calls had one. */
export function createUsageCheck(log: StructuredLog, now: () => number): UsageCheck {
  const seen = new Map<string, { loggedAt: number; since: number }>();
  const kept: UsageDifference[] = [];

  const logOnce = (difference: UsageDifference): void => {
    const { channelId, model, gateway, upstream, terms } = difference;
    const key = `${channelId}/${model}`;
    let entry = seen.get(key);
    if (entry === undefined) seen.set(key, (entry = { loggedAt: -Infinity, since: 0 }));
    entry.since++;
    if (now() - entry.loggedAt < quietMs) return;
    log.warn('usage_differs', {
      channelId,
      model,
      path: difference.path,
      calls: entry.since,
      inputTokens: gateway.inputTokens,
      upstreamInputTokens: upstream.inputTokens,
      outputTokens: gateway.outputTokens,
      upstreamOutputTokens: upstream.outputTokens,
      rules: terms.rules,
    });
    entry.loggedAt = now();
    entry.since = 0;
  };

  return {
    check: (measured, { served, request, surface }) => {
      if (measured.usage === undefined) return;
      const { inputTokens, outputTokens } = measured.counts;
      const terms = usageTermsOf(served.policy);
      const input = measured.usage.input;
      const output = shownOutputOf(measured);
      if (!differs(input, inputTokens, terms) && !differs(output, outputTokens, terms)) return;
      const difference: UsageDifference = {
        at: now(),
        channelId: served.channelId,
        model: request.model,
        path: surface.path,
        gateway: { inputTokens, outputTokens },
        upstream: { inputTokens: input ?? null, outputTokens: output ?? null },
        terms,
      };
      kept.unshift(difference);
      kept.length = Math.min(kept.length, mostKept);
      logOnce(difference);
    },
    recent: () => kept,
  };
}

function differs(theirs: number | undefined, own: number, terms: PolicyUsage): boolean {
  return theirs !== undefined && Math.abs(theirs - own) > toleranceAt(own, terms);
}
