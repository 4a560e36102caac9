import type { Call } from '../call/callContext.js';
import type { ServedChannel } from '../channels/servedChannel.js';

/** A stretch of time. `lots`: units by lot, as a token's id without its serial. */
export type LiveStretch = {
  readonly index: number;
  calls: number;
  refused: number;
  units: bigint;
  readonly lots: Map<bigint, bigint>;
};

/** Counts what the gateway does now. Costs a call a handful of additions; who reads does the rest. */
export type LiveMeter = {
  /** The call holds its reservation. */
  readonly begin: (call: Call) => void;
  readonly charged: (served: ServedChannel, units: bigint) => void;
  readonly end: (call: Call) => void;
  readonly refused: () => void;
  /** Calls under way with the Unix second they began in, the oldest first. */
  readonly running: () => ReadonlyMap<Call, number>;
  /** The newest {@link liveStretches}, the oldest first, the last of which is not over. */
  readonly stretches: () => readonly LiveStretch[];
};

/** Seconds. */
export const stretchWidth = 5;
/** Five minutes. */
export const liveStretches = 60;

/** @param nowSeconds Unix time in seconds, with fractions. */
export function createLiveMeter(nowSeconds: () => number): LiveMeter {
  const running = new Map<Call, number>();
  const ring: LiveStretch[] = [];
  let newest = emptyStretch(0);

  const current = (): LiveStretch => {
    const index = Math.floor(nowSeconds() / stretchWidth);
    // A clock that was set back counts on where it was.
    if (index <= newest.index) return newest;
    newest = emptyStretch(index);
    ring[index % liveStretches] = newest;
    return newest;
  };

  return {
    begin: (call) => void running.set(call, nowSeconds()),
    charged: ({ channel }, units) => {
      const stretch = current();
      const lot = channel.tokenId >> 32n;
      stretch.calls++;
      stretch.units += units;
      stretch.lots.set(lot, (stretch.lots.get(lot) ?? 0n) + units);
    },
    end: (call) => void running.delete(call),
    refused: () => void current().refused++,
    running: () => running,
    stretches: () => {
      const { index: last } = current();
      return Array.from({ length: liveStretches }, (_, place) => {
        const index = last - liveStretches + 1 + place;
        const kept = ring[index % liveStretches];
        return kept?.index === index ? kept : emptyStretch(index);
      });
    },
  };
}

function emptyStretch(index: number): LiveStretch {
  return { index, calls: 0, refused: 0, units: 0n, lots: new Map() };
}
