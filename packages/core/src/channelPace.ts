import type { ChannelMode } from './channel.js';

const most = 2n ** 64n - 1n;

/**
 * How fast a channel may be captured when nobody says otherwise (R9): half at once, the rest within half an hour, so that
 * what an operator alone may take is bounded in time, too. A strict channel has no limit: its key signs for each call.
 *
 * @param terms `rate`, where it was chosen: base units a second.
 *
 * @returns base units a second, and base units beside them.
 *
 * @example
 * const { rate, burst } = channelPace({ mode: 'capped', cap: 3_600n }); // 1n, 1_800n
 */
export function channelPace({ mode, cap, rate }: { mode: ChannelMode; cap: bigint; rate?: bigint | undefined }): {
  readonly rate: bigint;
  readonly burst: bigint;
} {
  const chosen = rate ?? (mode === 'strict' ? 0n : divideUp(cap, 3_600n));
  return { rate: chosen, burst: chosen === 0n ? 0n : divideUp(cap, 2n) };
}

function divideUp(value: bigint, by: bigint): bigint {
  const result = (value + by - 1n) / by;
  return result > most ? most : result;
}
